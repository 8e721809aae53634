"""Follows what was submitted: lost answers, polls, results, failures, deletions."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import logging
from typing import TYPE_CHECKING

import pendulum

from airflow_provider_symbl.exceptions import (
    SymblError,
    SymblNotFoundError,
    SymblStorageError,
    printable,
)
from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.facts import Answer, Done
from airflow_provider_symbl.recordings.performer.context import ActionContext, cut_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.recordings.core.events import Event

log = logging.getLogger(__name__)

FEATURE_STATUS = {"insights": "get_insights_status", "callScore": "get_call_score_status"}
CLOCK_SKEW = 600.0
"""Seconds by which what Symbl calls a conversation's start may come before its submission."""


class Following(ActionContext):
    """Looks for lost answers, polls, lands, and writes down how attempts ended."""

    def _reconcile(self, action: actions.Reconcile) -> Event:
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
                    answers[key] = answer if is_first else self.standing_answer(key, number) or answer
        except SymblError as error:
            return events.Reconciled(asked, answers, str(error))
        return events.Reconciled(asked, answers)

    def _adopt(self, key: str, number: int, conversation_id: str, answers: dict[str, Answer]) -> None:
        answer = Answer(self.settings.night, self.clock(), conversation_id)
        is_first = self.ledger.answer(key, number, answer)
        answers[key] = answer if is_first else self.standing_answer(key, number) or answer

    def _poll(self, action: actions.Poll) -> Event:
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
        return events.Polled(action.key, state, cut_message(message))  # type: ignore[arg-type]  # all are states

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
            return events.Polled(key, "gone", cut_message(f"Symbl knows neither its job nor its conversation: {error}"))
        except SymblError as problem:
            return events.Polled(key, "unknown", str(problem))

    def _land(self, action: actions.Land) -> Event:
        attempt, night = action.attempt, self.settings.night
        conversation_id = str(attempt.answer.conversation_id) if attempt.answer is not None else ""
        try:
            folder, files = self.landing.land(self.reader, conversation_id, action.path, attempt.claim)
            done = Done(night, self.clock(), completed=action.completed, files=files, folder=folder)
        except SymblNotFoundError as error:
            done = Done(night, self.clock(), "job failed", cut_message(f"its conversation is gone: {error}"))
        except SymblError as error:
            return events.Landed(action.key, None, str(error), is_storage=isinstance(error, SymblStorageError))
        done = self.finished(action.key, attempt.number, done)
        # Where the files lie is written down; a night of many thousands need not remember it.
        return events.Landed(action.key, dataclasses.replace(done, files=_names_alone(tuple(done.files))))

    def _rerender(self, action: actions.Rerender) -> Event:
        try:
            folder, files = self.landing.rerender(str(action.closed.conversation_id), action.closed.folder)
        except SymblError as error:
            return events.Landed(action.key, None, str(error), is_storage=isinstance(error, SymblStorageError))
        return events.Landed(action.key, Done(self.settings.night, self.clock(), files=files, folder=folder))

    def _finish(self, action: actions.Finish) -> Event:
        return events.Finished(action.key, self.finished(action.key, action.number, action.done))

    def _delete(self, action: actions.Delete) -> Event:
        try:
            self.reader.delete_conversation(action.conversation_id)
        except SymblNotFoundError:
            log.info("Symbl conversation %s was deleted before", printable(action.conversation_id))
        except SymblError as error:
            return events.Deleted(action.key, is_deleted=False, message=str(error))
        self.ledger.mark_deleted(action.key, action.number)
        return events.Deleted(action.key, is_deleted=True)

    def _compact(self, action: actions.Compact) -> Event:
        self.ledger.compact(action.attempts, action.extra)
        self.ledger.merge()
        return events.Compacted()


@functools.cache
def _names_alone(names: tuple[str, ...]) -> Mapping[str, Mapping[str, str | int]]:
    """Return files without their facts: one object for all recordings that have the same."""
    return {name: {} for name in names}
