"""Submits: each attempt under its claim, with what its answer means written down."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_symbl.client.retries import PASSING_REFUSALS, time_limit
from airflow_provider_symbl.client.uploads import Upload
from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblConfigurationError,
    SymblError,
    SymblNotFoundError,
    SymblStorageError,
    SymblUnknownSubmissionError,
)
from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.facts import Answer, Done
from airflow_provider_symbl.recordings.ledger.closed_index import union_by_key
from airflow_provider_symbl.recordings.options import SOURCES
from airflow_provider_symbl.recordings.performer.context import ActionContext, cut_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.client.models import Submission
    from airflow_provider_symbl.recordings.core.events import Event
    from airflow_provider_symbl.recordings.facts import NotMade

LINK_SECONDS = 24 * 3600
"""How long a link is valid; a job may wait in Symbl's queue before it is fetched."""
PAID_TWICE = "paid twice: its answer came after it was judged lost (conversation {})"
SUPERSEDED = "replaced while it was sent: conversation {} was paid for"


class Submitting(ActionContext):
    """Claims, looks once more, sends, and writes down what came of it."""

    def _claim(self, action: actions.MakeClaim) -> Event:
        try:
            now = self.source.look(action.file)
            if now is None:
                return events.Claimed(action.key, "gone")
            if (now.version, now.size) != (action.file.version, action.file.size):
                return events.Claimed(action.key, "changed")
            is_ours = self.ledger.claim(action.key, action.number, action.claim)
        except SymblError as error:
            return events.Claimed(action.key, "error", str(error))
        return events.Claimed(action.key, "won" if is_ours else "lost")

    def _relook(self, action: actions.Relook) -> Event:
        # Of all keys, since each segment is read once: what is claimed later must be known by then.
        closed = union_by_key(self.ledger.newly_closed())
        return events.Relooked(action.claimed, closed, self.ledger.is_paused())

    def _withdraw(self, action: actions.Withdraw) -> Event:
        self.ledger.withdraw(action.key, action.number)
        return events.Withdrawn(action.key)

    def _send(self, action: actions.Send) -> Iterator[Event]:
        key = action.key
        seconds = action.claim.ends - self.clock()
        if seconds <= 0:
            yield events.Sent(key, "cut", message="its time was over before it was sent")
            return
        try:
            with time_limit(seconds):
                upload, made = self._submit(action, seconds)
        except SymblError as error:
            yield self._not_made(action, error)
            return
        # Made, and not written down: it is a step of its own, so that a simulation can stop or delay a process here.
        yield events.Tick()
        try:
            yield self._made(action, upload, made)
        except SymblStorageError as error:
            # A later look finds it by its token.
            yield events.Sent(key, "unknown", message=str(error))

    def _made(self, action: actions.Send, upload: Upload | None, made: Submission) -> Event:
        key, number = action.key, action.number
        answer = Answer(self.settings.night, self.clock(), made.conversation_id, made.job_id)
        if not self.note_answer(key, number, answer):
            return self._late(key, number, answer)
        if upload is not None and action.claim.sha256 is not None and upload.sha256 != action.claim.sha256:
            note = SUPERSEDED.format(made.conversation_id)
            done = self.finished(key, number, Done(self.settings.night, self.clock(), "replaced", note, note=note))
            return events.Sent(key, "superseded", answer, done, note)
        return events.Sent(key, "made", answer)

    def _submit(self, action: actions.Send, seconds: float) -> tuple[Upload | None, Submission]:
        file, inspection = action.file, action.inspection
        token = self.ledger.token(action.key, action.number)
        name = inspection.parameters.get("name") or self.name or file.path
        parameters: dict[str, Any] = {**inspection.parameters, "name": f"{name} ({token})"}
        source = SOURCES[inspection.kind, self.send]
        if inspection.kind == "text":
            with self.source.open(file) as stream:
                content = stream.read()
            if action.claim.sha256 not in {None, hashlib.sha256(content).hexdigest()}:
                raise SymblStorageError(f"{file.path} was changed since it was looked into")
            return None, self.sender.submit(source, json.loads(content), **parameters)
        if self.send == "url":
            link = self.source.link(file, LINK_SECONDS)
            return None, self.sender.submit(source, link, **parameters)
        is_hashed = action.claim.sha256 is not None
        upload = Upload(self.source.stored_path(file), ends=time.monotonic() + seconds, is_hashed=is_hashed)
        return upload, self.sender.submit(source, upload, **parameters)

    def _not_made(self, action: actions.Send, error: SymblError) -> Event:
        """Return what an error means for a submission."""
        key, number, message = action.key, action.number, cut_message(str(error))
        if isinstance(error, SymblConcurrencyLimitError):
            return events.Sent(key, "full", message=message, retry_after=error.retry_after)
        if isinstance(error, SymblUnknownSubmissionError):
            return events.Sent(key, "unknown", message=message)
        if isinstance(error, (SymblAuthenticationError, SymblNotFoundError)):
            # No recording's fault: neither a wrong secret nor a wrong host gets better with the next one.
            return events.Sent(key, "stopped", message=message)
        if isinstance(error, SymblConfigurationError) and self.source.look(action.file) is None:
            return self._note_not_made(key, number, "cut", "gone", message)
        is_refused = isinstance(error, SymblBadRequestError) and error.status_code not in PASSING_REFUSALS
        if is_refused or isinstance(error, SymblConfigurationError):
            # What is wrong with its content or parameters stays so.
            return self._note_not_made(key, number, "refused", "refused", message)
        return events.Sent(key, "cut", message=message)

    def _release(self, action: actions.Release) -> Event:
        # Where it cannot be written, the claim has no answer, and a later look finds nothing.
        return self._note_not_made(action.key, action.number, action.not_made, "released", "")

    def _note_not_made(
        self, key: str, number: int, not_made: NotMade, outcome: Literal["gone", "refused", "released"], message: str
    ) -> Event:
        answer = Answer(self.settings.night, self.clock(), not_made=not_made, message=message)
        if not self.note_answer(key, number, answer):
            answer = self.standing_answer(key, number) or answer
        done = None
        if answer.not_made == "refused":
            done = Done(self.settings.night, self.clock(), "refused", message, is_final=True)
            done = self.finished(key, number, done)
        return events.Sent(key, outcome, answer, done, message)

    def _late(self, key: str, number: int, answer: Answer) -> Event:
        """Return what it means that an answer stands already: somebody found ours, or judged it lost."""
        standing = self.standing_answer(key, number)
        if standing is None:
            return events.Sent(key, "unknown")
        if standing.conversation_id == answer.conversation_id:
            return events.Sent(key, "made", standing)
        note = PAID_TWICE.format(answer.conversation_id)
        done = self.finished(key, number, Done(self.settings.night, self.clock(), "never ended", note, note=note))
        return events.Sent(key, "late", standing, done, note)
