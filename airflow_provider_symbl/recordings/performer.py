"""Carries out what the night's core asks for: each action with one or a few calls to ledger, storage and Symbl.

Nothing is decided here but what an answer means; and nothing is kept, so that any action may be cut off by a kill.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pendulum

from airflow_provider_symbl.client.endpoints import AUDIO_FILE, AUDIO_URL, TEXT, VIDEO_FILE, VIDEO_URL
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
    printable,
)
from airflow_provider_symbl.recordings.core import events
from airflow_provider_symbl.recordings.facts import Answer, Done, Unfit
from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex, find_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.models import Submission
    from airflow_provider_symbl.recordings.core.events import Event
    from airflow_provider_symbl.recordings.discovery import RecordingSource
    from airflow_provider_symbl.recordings.facts import Inspection, NotMade, RecordingFile
    from airflow_provider_symbl.recordings.landing import Landing
    from airflow_provider_symbl.recordings.ledger.ledger import Ledger
    from airflow_provider_symbl.recordings.settings import NightSettings

log = logging.getLogger(__name__)

SOURCES = {
    ("audio", "file"): AUDIO_FILE,
    ("audio", "url"): AUDIO_URL,
    ("video", "file"): VIDEO_FILE,
    ("video", "url"): VIDEO_URL,
}
FEATURE_STATUS = {"insights": "get_insights_status", "callScore": "get_call_score_status"}
CLOCK_SKEW = 600.0
"""Seconds by which what Symbl calls a conversation's start may come before its submission."""
LINK_SECONDS = 24 * 3600
"""How long a link is valid; a job may wait in Symbl's queue before it is fetched."""
MESSAGE_LENGTH = 500
PAID_TWICE = "paid twice: its answer came after it was judged lost (conversation {})"
SUPERSEDED = "replaced while it was sent: conversation {} was paid for"


@dataclass(frozen=True)
class Performer:
    """Carries out actions; each method ends in one event.

    :param settings: of the night.
    :param ledger: open.
    :param source: of the recordings.
    :param inspect: looks into a file; None where it is gone.
    :param sender: a client that sends a submission once, and tells a full account at once.
    :param reader: a client that reads, and tries again by itself.
    :param landing: writes the results.
    :param clock: seconds since the epoch, by Symbl's clock where it is known.
    :param send: whether a file is sent, or a link to it.
    :param name: what stands in front of the token in a conversation's name; empty for the recording's path.
    """

    settings: NightSettings
    ledger: Ledger
    source: RecordingSource
    inspect: Callable[[RecordingFile], Inspection | Unfit | None]
    sender: SymblClient
    reader: SymblClient
    landing: Landing
    clock: Callable[[], float] = time.time
    send: Literal["file", "url"] = "file"
    name: str = ""

    def perform(self, action: events.Action) -> Iterator[Event]:
        """Carry out an action, and yield what comes of it.

        :param action: of the core.
        :raises SymblError: the night as a whole cannot go on.
        """
        carry_out: Mapping[type, Callable[[Any], Event]] = {
            events.ReadFacts: self._read_facts,
            events.Inspect: self._inspect,
            events.FindClosed: self._find_closed,
            events.MakeClaim: self._claim,
            events.Relook: self._relook,
            events.Withdraw: self._withdraw,
            events.Release: self._release,
            events.Reconcile: self._reconcile,
            events.Poll: self._poll,
            events.Land: self._land,
            events.Finish: self._finish,
            events.Delete: self._delete,
            events.Rerender: self._rerender,
            events.Compact: self._compact,
        }
        if isinstance(action, events.ListFiles):
            yield from self._list()
        elif isinstance(action, events.Send):
            yield from self._send(action)
        else:
            yield carry_out[type(action)](action)

    # The plan.

    def _read_facts(self, _: events.ReadFacts) -> Event:
        self.ledger.delete_leftovers()
        unreadable: dict[str, str] = {}
        # First what is open, then what is closed: a key that is closed in between stands in both.
        attempts = self.ledger.attempts(unreadable)
        index = ClosedIndex(self.settings.night)
        for closed in self.ledger.closed():
            index.add(closed)
        remembered = self.ledger.remembered(self.settings.night)
        return events.FactsRead(attempts, index, remembered, unreadable, is_paused=self.ledger.is_paused())

    def _list(self) -> Iterator[Event]:
        for page in self.source.pages():
            yield events.Listed(page, is_last=False)
        yield events.Listed((), is_last=True)

    def _inspect(self, action: events.Inspect) -> Event:
        return events.Inspected(action.file, self.inspect(action.file))

    def _find_closed(self, action: events.FindClosed) -> Event:
        lasting = {digest: found for digest, found in action.inspected.items() if _is_lasting(found)}
        self.ledger.remember(self.settings.night, lasting)
        return events.ClosedFound(find_keys(self.ledger, action.keys) if action.keys else {})

    # One submission.

    def _claim(self, action: events.MakeClaim) -> Event:
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

    def _relook(self, action: events.Relook) -> Event:
        # Of all keys, since each segment is read once: what is claimed later must be known by then.
        closed = {one.key: one for one in self.ledger.newly_closed()}
        return events.Relooked(action.claimed, closed, self.ledger.is_paused())

    def _withdraw(self, action: events.Withdraw) -> Event:
        self.ledger.withdraw(action.key, action.number)
        return events.Withdrawn(action.key)

    def _send(self, action: events.Send) -> Iterator[Event]:
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

    def _made(self, action: events.Send, upload: Upload | None, made: Submission) -> Event:
        key, number = action.key, action.number
        answer = Answer(self.settings.night, self.clock(), made.conversation_id, made.job_id)
        if not self._note_answer(key, number, answer):
            return self._late(key, number, answer)
        if upload is not None and action.claim.sha256 is not None and upload.sha256 != action.claim.sha256:
            note = SUPERSEDED.format(made.conversation_id)
            done = self._finished(key, number, Done(self.settings.night, self.clock(), "replaced", note, note=note))
            return events.Sent(key, "superseded", answer, done, note)
        return events.Sent(key, "made", answer)

    def _submit(self, action: events.Send, seconds: float) -> tuple[Upload | None, Submission]:
        file, inspection = action.file, action.inspection
        token = self.ledger.token(action.key, action.number)
        name = inspection.parameters.get("name") or self.name or file.path
        parameters: dict[str, Any] = {**inspection.parameters, "name": f"{name} ({token})"}
        upload = None
        if inspection.kind == "text":
            with self.source.open(file) as stream:
                content = stream.read()
            if action.claim.sha256 not in {None, hashlib.sha256(content).hexdigest()}:
                raise SymblStorageError(f"{file.path} was changed since it was looked into")
            return None, self.sender.submit(TEXT, json.loads(content), **parameters)
        if self.send == "url":
            link = self.source.link(file, LINK_SECONDS)
            return None, self.sender.submit(SOURCES[inspection.kind, "url"], link, **parameters)
        is_hashed = action.claim.sha256 is not None
        upload = Upload(self.source.stored_path(file), ends=time.monotonic() + seconds, is_hashed=is_hashed)
        return upload, self.sender.submit(SOURCES[inspection.kind, "file"], upload, **parameters)

    def _not_made(self, action: events.Send, error: SymblError) -> Event:
        """Return what an error means for a submission."""
        key, number, message = action.key, action.number, _cut(str(error))
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

    def _release(self, action: events.Release) -> Event:
        # Where it cannot be written, the claim has no answer, and a later look finds nothing.
        return self._note_not_made(action.key, action.number, action.not_made, "released", "")

    def _note_not_made(
        self, key: str, number: int, not_made: NotMade, outcome: Literal["gone", "refused", "released"], message: str
    ) -> Event:
        answer = Answer(self.settings.night, self.clock(), not_made=not_made, message=message)
        if not self._note_answer(key, number, answer):
            answer = self._standing_answer(key, number) or answer
        done = None
        if answer.not_made == "refused":
            done = Done(self.settings.night, self.clock(), "refused", message, is_final=True)
            done = self._finished(key, number, done)
        return events.Sent(key, outcome, answer, done, message)

    def _late(self, key: str, number: int, answer: Answer) -> Event:
        """Return what it means that an answer stands already: somebody found ours, or judged it lost."""
        standing = self._standing_answer(key, number)
        if standing is None:
            return events.Sent(key, "unknown")
        if standing.conversation_id == answer.conversation_id:
            return events.Sent(key, "made", standing)
        note = PAID_TWICE.format(answer.conversation_id)
        done = self._finished(key, number, Done(self.settings.night, self.clock(), "never ended", note, note=note))
        return events.Sent(key, "late", standing, done, note)

    def _note_answer(self, key: str, number: int, answer: Answer) -> bool:
        """Write an answer down; ids that cannot be written are not lost: a later look finds them by their token."""
        try:
            return self.ledger.answer(key, number, answer)
        except SymblStorageError as error:
            log.warning("%s: the answer to a submission could not be written down, trying once more: %s", key, error)
            return self.ledger.answer(key, number, answer)

    def _standing_answer(self, key: str, number: int) -> Answer | None:
        return next((one.answer for one in self.ledger.attempts_of(key) if one.number == number), None)

    def _finished(self, key: str, number: int, done: Done) -> Done:
        """Write an end down, and return the one that stands."""
        if self.ledger.finish(key, number, done):
            return done
        standing = next((one.done for one in self.ledger.attempts_of(key) if one.number == number), None)
        return standing or done

    # What becomes of it.

    def _reconcile(self, action: events.Reconcile) -> Event:
        asked = [key for key, _, _ in action.claims]
        tokens = {self.ledger.token(key, number): (key, number) for key, number, _ in action.claims}
        since = min(begins for _, _, begins in action.claims) - CLOCK_SKEW
        answers: dict[str, Answer] = {}
        try:
            for conversation in self.reader.list_conversations(start_time=pendulum.from_timestamp(max(since, 0.0))):
                token = (conversation.name or "").rpartition("(")[2].removesuffix(")")
                if token in tokens:
                    self._adopt(*tokens.pop(token), conversation.id, answers)
            for key, number in tokens.values():
                if key in action.judged:
                    answer = Answer(self.settings.night, self.clock(), not_made="lost")
                    is_first = self.ledger.answer(key, number, answer)
                    answers[key] = answer if is_first else self._standing_answer(key, number) or answer
        except SymblError as error:
            return events.Reconciled(asked, answers, str(error))
        return events.Reconciled(asked, answers)

    def _adopt(self, key: str, number: int, conversation_id: str, answers: dict[str, Answer]) -> None:
        answer = Answer(self.settings.night, self.clock(), conversation_id)
        is_first = self.ledger.answer(key, number, answer)
        answers[key] = answer if is_first else self._standing_answer(key, number) or answer

    def _poll(self, action: events.Poll) -> Event:
        job_id, conversation_id = action.answer.job_id, str(action.answer.conversation_id)
        try:
            if job_id is None:
                return self._poll_conversation(action.key, conversation_id)
            job = self.reader.get_job(job_id)
            if job.status == "completed":
                for feature in action.features:
                    job = getattr(self.reader, FEATURE_STATUS[feature])(conversation_id)
                    if job.status != "completed":
                        break
        except SymblNotFoundError as error:
            return self._job_gone(action.key, conversation_id, error)
        except SymblError as error:
            retry_after = getattr(error, "retry_after", None)
            return events.Polled(action.key, "unknown", str(error), retry_after)
        status = {"completed": "completed", "failed": "failed", "scheduled": "running", "in_progress": "running"}
        state = status.get(job.status, "unknown")
        message = job.message if state == "failed" else job.status if state == "unknown" else ""
        return events.Polled(action.key, state, _cut(message))  # type: ignore[arg-type]  # all are states

    def _poll_conversation(self, key: str, conversation_id: str) -> Event:
        """Read what a conversation holds whose job is not known."""
        held = [(message.id, message.text) for message in self.reader.get_messages(conversation_id)]
        seen = hashlib.sha256(repr(held).encode("utf-8", "surrogatepass")).hexdigest() if held else ""
        return events.Polled(key, "running", seen=seen)

    def _job_gone(self, key: str, conversation_id: str, error: SymblNotFoundError) -> Event:
        """Return what it means that Symbl does not know a job: it may forget one, and keep its conversation."""
        try:
            self.reader.get_conversation(conversation_id)
            return self._poll_conversation(key, conversation_id)
        except SymblNotFoundError:
            return events.Polled(key, "gone", _cut(f"Symbl knows neither its job nor its conversation: {error}"))
        except SymblError as problem:
            return events.Polled(key, "unknown", str(problem))

    def _land(self, action: events.Land) -> Event:
        attempt, night = action.attempt, self.settings.night
        conversation_id = str(attempt.answer.conversation_id) if attempt.answer is not None else ""
        try:
            folder, files = self.landing.land(self.reader, conversation_id, action.path, attempt.claim)
            done = Done(night, self.clock(), completed=action.completed, files=files, folder=folder)
        except SymblNotFoundError as error:
            done = Done(night, self.clock(), "job failed", _cut(f"its conversation is gone: {error}"))
        except SymblError as error:
            return events.Landed(action.key, None, str(error), is_storage=isinstance(error, SymblStorageError))
        return events.Landed(action.key, self._finished(action.key, attempt.number, done))

    def _rerender(self, action: events.Rerender) -> Event:
        try:
            folder, files = self.landing.rerender(str(action.closed.conversation_id), action.closed.folder)
        except SymblError as error:
            return events.Landed(action.key, None, str(error), is_storage=isinstance(error, SymblStorageError))
        return events.Landed(action.key, Done(self.settings.night, self.clock(), files=files, folder=folder))

    def _finish(self, action: events.Finish) -> Event:
        return events.Finished(action.key, self._finished(action.key, action.number, action.done))

    def _delete(self, action: events.Delete) -> Event:
        try:
            self.reader.delete_conversation(action.conversation_id)
        except SymblNotFoundError:
            log.info("Symbl conversation %s was deleted before", printable(action.conversation_id))
        except SymblError as error:
            return events.Deleted(action.key, is_deleted=False, message=str(error))
        self.ledger.mark_deleted(action.key, action.number)
        return events.Deleted(action.key, is_deleted=True)

    def _compact(self, action: events.Compact) -> Event:
        self.ledger.compact(action.attempts, action.extra)
        self.ledger.merge()
        return events.Compacted()


def _is_lasting(file_facts: Inspection | Unfit) -> bool:
    """Tell whether another try may rely on what was found, and a ledger may hold it: no secret, no passing trouble."""
    if isinstance(file_facts, Unfit):
        return file_facts.is_final
    return not {"webhook_url", "extra_parameters", "metadata"} & file_facts.parameters.keys()


def _cut(message: str) -> str:
    return printable(message[:MESSAGE_LENGTH])
