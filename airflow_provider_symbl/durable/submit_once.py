"""Submitting once, whatever happens: what is written down around a submission, and what a later try makes of it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from airflow_provider_symbl.durable.submission_state import Record, SubmissionState
from airflow_provider_symbl.exceptions import (
    SymblError,
    SymblNotFoundError,
    SymblUnknownSubmissionError,
    SymblUnrepeatableSubmissionError,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.models import Job, Submission
    from airflow_provider_symbl.client.reconciliation import SubmissionEvidence

log = logging.getLogger(__name__)

Opened = TypeVar("Opened")
"""A content that can be sent: messages, a path or a link."""


@dataclass(frozen=True)
class SubmissionRequest(Generic[Opened]):
    """What is to be submitted.

    :param fingerprint: the idempotency key: a hash of call, target and parameters, by which a later try knows it again.
    :param size: bytes of its file, None where there is none or nobody can tell.
    :param open: gives the content to send, checked.
    :param take_evidence: takes the evidence by which the submission of that content can be found again.
    :param send: submits, or appends, the content under that evidence's name.
    :param job_timeout: seconds that the job may take.
    :param may_repeat: whether to submit again where nobody can tell whether the first one was taken.
    """

    fingerprint: str
    size: int | None
    open: Callable[[], Opened]
    take_evidence: Callable[[Opened], SubmissionEvidence]
    send: Callable[[SubmissionEvidence, Opened], Submission]
    job_timeout: float
    may_repeat: bool


class SubmitOnce:
    """Idempotent submission: an idempotency key of our own with a write-ahead intent record, since Symbl takes no key.

    Before the submission leaves, its intent is written down; after the answer, the ids. A later try finds either: with
    the ids it goes on where the last one stopped; with an intent alone it looks for what was made of it. Airflow's
    ``ResumableJobMixin`` is not used: it writes nothing before the call, loses the result when it attaches again, and
    knows nothing of deferral.

    :param state: what earlier tries wrote down.
    :param client: of the account.
    """

    def __init__(self, state: SubmissionState, client: SymblClient) -> None:
        self._state = state
        self._client = client
        self.job: Job | None = None
        """The job as this try found it; None where it is new, or its id was lost."""

    def submit_or_resume(self, request: SubmissionRequest[Opened]) -> Record:
        """Return the job and conversation of a request: those of an earlier try, or new ones.

        :param request: what to submit.
        :raises SymblUnknownSubmissionError: it left, no answer came, and what became of it cannot be found out; a
            later try looks again, and submits again where it finds nothing.
        :raises SymblUnrepeatableSubmissionError: the same, where it must not be submitted again.
        :raises SymblConcurrencyLimitError: the account is full; nothing was made.
        """
        record = self._load(request)
        if record is not None and record.conversation_id is None:
            record = self._reconcile(record, request)
            if record is None and not request.may_repeat:
                raise _unrepeatable("an earlier try submitted this and was stopped before the answer came")
        elif record is not None:
            record = self._resume(record)
        return record or self._submit(request)

    def _load(self, request: SubmissionRequest[Opened]) -> Record | None:
        record = self._state.load(request.fingerprint, request.size)
        if record is None or record.generation == self._state.generation:
            return record
        # Who has a task go on after a clear begins to wait anew: else a job that took too long could never be had.
        renewed = replace(record, generation=self._state.generation, deadline=time.time() + request.job_timeout)
        self._state.save(renewed)
        return renewed

    def _submit(self, request: SubmissionRequest[Opened]) -> Record:
        content = request.open()
        evidence = request.take_evidence(content)
        record = Record(self._state.generation, request.fingerprint, request.size, evidence)
        self._state.save(record)
        try:
            made = request.send(evidence, content)
        except SymblUnknownSubmissionError as error:
            return self._reconcile(record, request) or self._give_up(error, request)
        except SymblError:
            # Refused, or never sent: there is nothing that a later try could find.
            self._state.clear()
            raise
        return self._save_ids(replace(record, conversation_id=made.conversation_id, job_id=made.job_id), request)

    def _reconcile(self, record: Record, request: SubmissionRequest[Opened]) -> Record | None:
        log.warning("A submission left and no answer was seen: looking for what it made")
        conversation_id = record.evidence.find(self._client)
        if conversation_id is None:
            return None
        log.info("Found it again: conversation %s", printable(conversation_id))
        return self._save_ids(replace(record, conversation_id=conversation_id), request)

    def _save_ids(self, record: Record, request: SubmissionRequest[Opened]) -> Record:
        made = replace(record, deadline=time.time() + request.job_timeout)
        log.info("Symbl made %s", made)
        try:
            self._state.save(made)
        except SymblError:
            # The job is there and this try goes on with it; a later one would have to look for it.
            log.warning("Symbl made %s, which could not be written down", made, exc_info=True)
        return made

    def _give_up(self, error: SymblUnknownSubmissionError, request: SubmissionRequest[Opened]) -> Record:
        if request.may_repeat:
            raise error
        raise _unrepeatable(str(error)) from error

    def _resume(self, record: Record) -> Record | None:
        """Return what an earlier try made, None where its job failed, so that another one is due."""
        if record.job_id is None:
            log.info("Going on with %s, which an earlier try submitted", record)
            return record
        try:
            job = self._client.get_job(record.job_id)
        except SymblNotFoundError as error:
            return self._without_job(record, error)
        log.info("Going on with %s, which an earlier try submitted: %s", record, printable(job.status))
        if job.status == "failed":
            return None
        self.job = job
        return record

    def _without_job(self, record: Record, error: SymblNotFoundError) -> Record:
        """Symbl may forget jobs, while conversations stay until somebody deletes them."""
        try:
            self._client.get_conversation(str(record.conversation_id))
        except SymblNotFoundError:
            message = f"an earlier try made {record}, of which Symbl knows neither"
            raise SymblUnrepeatableSubmissionError(message) from error
        log.warning("Symbl no longer knows the job of %s; its end is read from the conversation", record)
        return replace(record, job_id=None)


def _unrepeatable(what: str) -> SymblUnrepeatableSubmissionError:
    return SymblUnrepeatableSubmissionError(f"{what}; whether Symbl took it is unknown. Look at the conversation")
