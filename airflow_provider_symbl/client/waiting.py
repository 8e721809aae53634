"""Waiting for a job: when to ask again, what each answer means and when to give up; no I/O, one policy for all."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

from airflow_provider_symbl.client.shapes import refuse
from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblConcurrencyLimitError,
    SymblError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblServerError,
    SymblTransportError,
    SymblUnknownJobStatusError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.models import Job
    from airflow_provider_symbl.client.shapes import JsonValue

POLL_INTERVAL = 5.0
MAX_POLL_INTERVAL = 60.0
JOB_TIMEOUT = 4 * 3600.0
GROWTH = 1.5
JITTER = 0.1
AUTHENTICATION_PATIENCE = 300.0
"""Seconds for which refused tokens are taken for a passing fault: the job was submitted with the same credentials."""

PASSING_ERRORS = (SymblTransportError, SymblServerError, SymblConcurrencyLimitError)

Answered_co = TypeVar("Answered_co", covariant=True)


class StatusReader(Protocol[Answered_co]):
    """What a client must be able to read; the asynchronous one answers with awaitables."""

    def get_job(self, job_id: str) -> Answered_co:
        """Read the state of a job."""

    def get_insights_status(self, conversation_id: str) -> Answered_co:
        """Read the state of a conversation's insights."""

    def get_call_score_status(self, conversation_id: str) -> Answered_co:
        """Read the state of a conversation's call score."""


def features_asked(features: Mapping[str, JsonValue] | None) -> list[str]:
    """Return what has to be waited for besides the job.

    :param features: Symbl's parameter of that name, checked.
    """
    asked = (features or {}).get("featureList", ())
    # Insights first: a call score is made from them.
    return [name for name in ("insights", "callScore") if name in asked]


def check_intervals(poll_interval: object, max_poll_interval: object) -> None:
    """Check the pauses between polls.

    :param poll_interval: seconds before the first poll.
    :param max_poll_interval: the most seconds between two polls.
    :raises SymblConfigurationError: one is no number above 0, or the first exceeds the second.
    """
    check_seconds("poll_interval", poll_interval)
    check_seconds("max_poll_interval", max_poll_interval)
    if float(poll_interval) > float(max_poll_interval):  # type: ignore[arg-type]  # both were checked to be numbers
        refuse("poll_interval", poll_interval, f"at most max_poll_interval, {max_poll_interval}")


def check_seconds(name: str, given: object) -> float:
    """Check a duration and return it.

    :param name: whose it is.
    :param given: seconds.
    :raises SymblConfigurationError: it is no number above 0.
    """
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < float("inf"):
        refuse(name, given, "seconds, a number above 0")
    return float(given)


class Wait:
    """One wait: for the job, then for what ``features`` asked for.

    The caller sleeps for :meth:`pause`, asks with :meth:`ask`, and hands in the answer or the error until
    :attr:`is_over`.

    :param job_id: the job.
    :param conversation_id: its conversation, needed for features and told in errors.
    :param features: what else to wait for: insights, callScore.
    :param deadline: when to give up, in seconds since the epoch, so that it means the same in every process.
    :param poll_interval: seconds before the first poll; each further pause is half as long again.
    :param max_poll_interval: the most seconds between two polls.
    """

    def __init__(
        self,
        *,
        job_id: str,
        conversation_id: str | None,
        features: list[str],
        deadline: float,
        poll_interval: float = POLL_INTERVAL,
        max_poll_interval: float = MAX_POLL_INTERVAL,
    ) -> None:
        check_intervals(poll_interval, max_poll_interval)
        if features and conversation_id is None:
            refuse("conversation_id", None, "the conversation's id, where features are waited for")
        self._job_id = job_id
        self._conversation_id = conversation_id
        self._stages = ["job", *features]
        self._deadline = deadline
        self._poll_interval = poll_interval
        self._max_poll_interval = max_poll_interval
        self._interval = poll_interval
        self._least_pause = 0.0
        self._refused_since: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether everything that was waited for is completed."""
        return not self._stages

    def pause(self) -> float:
        """Return the seconds to sleep before the next poll; the last poll falls on the deadline.

        :raises SymblJobTimeoutError: the deadline has passed.
        """
        left = self._deadline - time.time()
        if left <= 0:
            reason = f"not completed at its deadline ({self._stages[0]}); it goes on at Symbl, which cannot cancel it"
            raise SymblJobTimeoutError(reason, self._job_id, self._conversation_id)
        spread = self._interval * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads requests in time, guards nothing
        pause = max(min(spread, self._max_poll_interval), self._least_pause)
        self._interval = min(self._interval * GROWTH, self._max_poll_interval)
        self._least_pause = 0.0
        return min(pause, left)

    def ask(self, client: StatusReader[Answered_co]) -> Answered_co:
        """Read the state of what is waited for now.

        :param client: either client; what the asynchronous one returns is to be awaited.
        """
        if self._stages[0] == "job":
            return client.get_job(self._job_id)
        conversation_id = self._conversation_id or ""
        if self._stages[0] == "insights":
            return client.get_insights_status(conversation_id)
        return client.get_call_score_status(conversation_id)

    def take(self, job: Job) -> bool:
        """Take an answer, and tell whether what was asked for is completed.

        :param job: the state that was read.
        :raises SymblJobFailedError: it failed.
        :raises SymblUnknownJobStatusError: the status is none that Symbl documents.
        """
        self._refused_since = None
        if job.status == "completed":
            self._stages.pop(0)
            self._interval = self._poll_interval
            return True
        if job.status == "failed":
            reason = f"{self._stages[0]} failed: {job.message or 'Symbl names no reason'}"
            raise SymblJobFailedError(reason, self._job_id, self._conversation_id)
        if job.status not in {"scheduled", "in_progress"}:
            reason = f"{self._stages[0]} has the status {job.status!r}, which Symbl does not document"
            raise SymblUnknownJobStatusError(reason, self._job_id, self._conversation_id)
        return False

    def take_error(self, error: SymblError) -> None:
        """Take a poll that failed: a failed poll is not a failed job.

        :param error: why the poll failed; raised again where asking once more would not help.
        """
        if isinstance(error, SymblAuthenticationError):
            now = time.time()
            self._refused_since = self._refused_since or now
            if now - self._refused_since < AUTHENTICATION_PATIENCE:
                return
        if not isinstance(error, PASSING_ERRORS):
            raise error
        if isinstance(error, SymblConcurrencyLimitError):
            self._least_pause = error.retry_after or 0.0
