"""Submitting once, whatever happens: what is written down around a submission, and what a later try makes of it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_symbl.durable.submission_state import Record, SubmissionState
from airflow_provider_symbl.exceptions import SymblError, SymblNotFoundError, SymblUnknownSubmissionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.models import Submission
    from airflow_provider_symbl.client.reconciliation import SubmissionEvidence

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SubmissionRequest:
    """What a task wants submitted.

    :param fingerprint: a hash of call, target and parameters, by which a later try knows it again.
    :param size: bytes of its file, None where there is none or nobody can tell.
    :param open: gives the content to send, checked.
    :param intend: takes the evidence by which the submission of that content can be found again.
    :param send: submits, or appends, the content under that intent's name.
    :param job_timeout: seconds that the job may take.
    :param may_repeat: whether to submit again where nobody can tell whether the first one was taken.
    """

    fingerprint: str
    size: int | None
    open: Callable[[], object]
    intend: Callable[[object], SubmissionEvidence]
    send: Callable[[SubmissionEvidence, object], Submission]
    job_timeout: float
    may_repeat: bool


class SubmitOnce:
    """Makes one job of one order, over all tries of a task.

    Before the submission leaves, the intent is written down; after the answer, the ids. A later try finds either: with
    the ids it goes on where the last one stopped; with an intent alone it looks for what was made of it.

    :param memory: what earlier tries wrote down.
    :param client: of the account.
    """

    def __init__(self, memory: SubmissionState, client: SymblClient) -> None:
        self._memory = memory
        self._client = client

    def submit_or_resume(self, order: SubmissionRequest) -> Record:
        """Return the job and conversation of an order: those of an earlier try, or new ones.

        :param order: what to submit.
        :raises SymblUnknownSubmissionError: it left, no answer came, and what became of it cannot be found out; a
            later try looks again, and submits again where it finds nothing.
        :raises AirflowFailException: the same, where it must not be submitted again.
        :raises SymblConcurrencyLimitError: the account is full; nothing was made.
        """
        record = self._memory.load(order.fingerprint, order.size)
        if record is not None and record.conversation_id is None:
            record = self._reconcile(record, order)
            if record is None and not order.may_repeat:
                message = "an earlier try submitted this and was stopped before the answer came"
                raise AirflowFailException(_unknown(message))
        elif record is not None:
            record = self._resume(record)
        return record or self._submit(order)

    def _submit(self, order: SubmissionRequest) -> Record:
        content = order.open()
        intent = order.intend(content)
        record = Record(self._memory.generation, order.fingerprint, order.size, intent)
        self._memory.save(record)
        try:
            made = order.send(intent, content)
        except SymblUnknownSubmissionError as error:
            return self._reconcile(record, order) or self._give_up(error, order)
        except SymblError:
            # Refused, or never sent: there is nothing that a later try could find.
            self._memory.clear()
            raise
        return self._save_ids(replace(record, conversation_id=made.conversation_id, job_id=made.job_id), order)

    def _reconcile(self, record: Record, order: SubmissionRequest) -> Record | None:
        log.warning("A submission left and no answer was seen: looking for what it made")
        conversation_id = record.intent.find(self._client)
        if conversation_id is None:
            return None
        log.info("Found it again: conversation %s", conversation_id)
        return self._save_ids(replace(record, conversation_id=conversation_id), order)

    def _save_ids(self, record: Record, order: SubmissionRequest) -> Record:
        kept = replace(record, deadline=time.time() + order.job_timeout)
        log.info("Symbl made %s", kept)
        try:
            self._memory.save(kept)
        except SymblError:
            # The job is there and this try goes on with it; a later one would have to look for it.
            log.warning("Symbl made %s, which could not be written down", kept, exc_info=True)
        return kept

    def _give_up(self, error: SymblUnknownSubmissionError, order: SubmissionRequest) -> Record:
        if order.may_repeat:
            raise error
        raise AirflowFailException(_unknown(str(error))) from error

    def _resume(self, record: Record) -> Record | None:
        """Return what an earlier try made, None where its job failed, so that another one is due."""
        if record.job_id is None:
            log.info("Going on with %s, which an earlier try submitted", record)
            return record
        try:
            job = self._client.get_job(record.job_id)
        except SymblNotFoundError as error:
            return self._without_job(record, error)
        log.info("Going on with %s, which an earlier try submitted: %s", record, job.status)
        return None if job.status == "failed" else record

    def _without_job(self, record: Record, error: SymblNotFoundError) -> Record:
        """Symbl may forget jobs, while conversations stay until somebody deletes them."""
        try:
            self._client.get_conversation(str(record.conversation_id))
        except SymblNotFoundError:
            message = f"an earlier try made {record}, of which Symbl knows neither; clear the task to submit anew"
            raise AirflowFailException(message) from error
        log.warning("Symbl no longer knows the job of %s; its end is read from the conversation", record)
        return replace(record, job_id=None)


def _unknown(what: str) -> str:
    return f"{what}; whether Symbl took it is unknown. Look at the conversation; to submit it again, clear the task"
