"""Polling for a job: when to poll again, what each response means and when to give up; no I/O, one policy for all."""

from __future__ import annotations

import datetime
import logging
import random
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from airflow_provider_symbl.client.retries import PASSING_REFUSALS
from airflow_provider_symbl.client.validators import invalid_value
from airflow_provider_symbl.exceptions import (
    SymblApiError,
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblNotFoundError,
    SymblServerError,
    SymblTransportError,
    SymblUnknownJobStatusError,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_symbl.client.models import Job, Message
    from airflow_provider_symbl.client.validators import Json

POLL_INTERVAL = 5.0
MAX_POLL_INTERVAL = 60.0
JOB_TIMEOUT = 4 * 3600.0
GROWTH = 1.5
JITTER = 0.1
AUTHENTICATION_GRACE = 300.0
"""Seconds for which refused tokens are taken for a passing fault: the job was submitted with the same credentials."""
REFUSAL_GRACE = 30.0
"""The same for every other refusal: a job may not be known at once, and a gateway may answer in Symbl's place."""
LEAST_REFUSALS = 3
"""How many of them there must be in that time, however long the pauses."""
LAST_POLL = 3.0
"""Seconds for the poll that falls on the deadline: what a wait may last beyond it, whatever the server does."""
TELL_EVERY = 300.0
"""Seconds after which a log is told again what stayed."""
REASON_LENGTH = 500
POLLED = "Symbl %s: %s"
POLL_FAILED = "Symbl %s: a poll failed, asking again: %s"
STABLE_READS = 3
"""Reads in a row that find the same messages, after which no more are expected."""

PASSING_ERRORS = (SymblTransportError, SymblServerError, SymblConcurrencyLimitError)

Result_co = TypeVar("Result_co", covariant=True)


class StatusReader(Protocol[Result_co]):
    """What a client must be able to read; the asynchronous one returns awaitables."""

    def get_job(self, job_id: str) -> Result_co:
        """Read the state of a job."""

    def get_insights_status(self, conversation_id: str) -> Result_co:
        """Read the state of a conversation's insights."""

    def get_call_score_status(self, conversation_id: str) -> Result_co:
        """Read the state of a conversation's call score."""

    def get_summary(self, conversation_id: str) -> object:
        """Read a conversation's summary, or return an awaitable of it."""

    def get_messages(self, conversation_id: str) -> object:
        """Read a conversation's messages, or return an awaitable of them."""


def features_asked(features: Mapping[str, Json] | None) -> list[str]:
    """Return what has to be waited for besides the job.

    :param features: Symbl's parameter of that name, checked.
    """
    asked = (features or {}).get("featureList", ())
    # Insights first: a call score is made from them.
    return [name for name in ("insights", "callScore") if name in asked]


def as_seconds(given: object) -> Any:  # noqa: ANN401 - a number, unless it is wrong and yet to be checked
    """Return a timedelta in seconds, anything else as it is.

    :param given: a duration.
    """
    return given.total_seconds() if isinstance(given, datetime.timedelta) else given


def most_between(poll_interval: object, max_poll_interval: object) -> Any:  # noqa: ANN401 - a number, unless it is wrong and yet to be checked
    """Return the most seconds between two polls: where nobody says, a minute, or the first pause where that is longer.

    :param poll_interval: seconds before the first poll.
    :param max_poll_interval: what somebody says.
    """
    if max_poll_interval is not None:
        return as_seconds(max_poll_interval)
    first = as_seconds(poll_interval)
    return max(MAX_POLL_INTERVAL, first) if isinstance(first, (int, float)) else MAX_POLL_INTERVAL


def check_intervals(poll_interval: object, max_poll_interval: object) -> None:
    """Check the pauses between polls.

    :param poll_interval: seconds before the first poll.
    :param max_poll_interval: the most seconds between two polls.
    :raises SymblConfigurationError: one is no number above 0, or the first exceeds the second.
    """
    check_seconds("poll_interval", poll_interval)
    check_seconds("max_poll_interval", max_poll_interval)
    if float(poll_interval) > float(max_poll_interval):  # type: ignore[arg-type]  # both were checked to be numbers
        invalid_value("poll_interval", poll_interval, f"at most max_poll_interval, {max_poll_interval}")


def pause_after(polls: int, first: float, most: float, at_least: float = 0.0) -> float:
    """Return the seconds to wait before polling again: a backoff by half with each poll, with jitter.

    :param polls: how often was polled so far.
    :param first: seconds before the first poll.
    :param most: the most seconds between two polls.
    :param at_least: seconds that Symbl asked to wait, whatever the others say.
    """
    # A float's range ends long after any pause has reached its most.
    interval = min(first * GROWTH ** min(polls, 100), most)
    longest = min(interval * (1 + JITTER), most)
    shortest = min(interval * (1 - JITTER), longest * (1 - JITTER))
    pause = random.uniform(shortest, longest)  # noqa: S311 - spreads requests in time, guards nothing
    return max(pause, at_least)


def check_seconds(name: str, given: object) -> float:
    """Check a duration and return it.

    :param name: whose it is.
    :param given: seconds.
    :raises SymblConfigurationError: it is no number above 0.
    """
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < float("inf"):
        invalid_value(name, given, "seconds, a number above 0")
    return float(given)


class JobPoller:
    """Job poller: a state machine that waits for the job, then for what ``features`` asked for.

    The caller sleeps for :meth:`pause`, reads with :meth:`poll`, and hands in the response or the error until
    :attr:`is_over`. It is our own so that worker, sensor and triggerer share one policy, each sleeping in its own way.
    Without the job's id the end is read from the conversation: a summary, which there is once its jobs are over; for an
    append, and without summaries, messages that no longer change.

    :param job_id: the job; None where its id was lost.
    :param conversation_id: its conversation, needed for features and without a job, and told in errors.
    :param features: what else to wait for: insights, callScore.
    :param deadline: when to give up, in seconds since the epoch, so that it means the same in every process.
    :param poll_interval: seconds before the first poll; each further pause is half as long again.
    :param max_poll_interval: the most seconds between two polls.
    :param messages_before: without a job, how many messages the conversation held before an append.
    :param limit: the argument that set the deadline, told in the error; empty where the caller names none.
    :param recording: whose job it is, told in logs; empty where nobody knows.
    :param is_job_over: whether only ``features`` are waited for, since the job is known to be completed.
    """

    def __init__(
        self,
        *,
        job_id: str | None,
        conversation_id: str | None,
        features: list[str],
        deadline: float,
        poll_interval: float = POLL_INTERVAL,
        max_poll_interval: float = MAX_POLL_INTERVAL,
        messages_before: int | None = None,
        limit: str = "",
        recording: str = "",
        is_job_over: bool = False,
    ) -> None:
        check_intervals(poll_interval, max_poll_interval)
        if (features or job_id is None) and conversation_id is None:
            invalid_value("conversation_id", None, "the conversation's id, where features or a lost job are waited for")
        job = "job" if job_id is not None else "summary" if messages_before is None else "messages"
        self._job_id = job_id
        self._conversation_id = conversation_id
        self._stages = [*features] if is_job_over else [job, *features]
        self._deadline = deadline
        self._poll_interval = poll_interval
        self._max_poll_interval = max_poll_interval
        self._messages_before = messages_before or 0
        self._limit = limit
        self._recording = recording
        self._held: list[tuple[str, str]] = []
        self._same_reads = 0
        self._polls = 0
        self._least_pause = 0.0
        self._refusals: dict[float, list[float]] = {}
        self._last_error: SymblError | None = None
        self._told: dict[int, tuple[str, float]] = {}
        self.last_status = ""
        """What the last response said, for logs."""
        self.log_level = logging.INFO
        """How loud a log is told of the last poll: what has not changed is told every few minutes."""

    @property
    def is_over(self) -> bool:
        """Whether everything that was waited for is completed."""
        return not self._stages

    @property
    def subject(self) -> str:
        """What is waited for, for logs."""
        known = f"job {self._job_id}" if self._job_id is not None else f"conversation {self._conversation_id}"
        return printable(f"{known} ({self._recording})" if self._recording else known)

    @property
    def is_refused(self) -> bool:
        """Whether the last poll got a refusal, which is final if it stays."""
        return isinstance(self._last_error, SymblApiError) and not isinstance(self._last_error, PASSING_ERRORS)

    def check_deadline(self) -> float:
        """Return the seconds that are left.

        :raises SymblJobTimeoutError: the deadline has passed.
        """
        left = self._deadline - time.time()
        if left <= 0:
            at = f"its deadline, that of {self._limit}" if self._limit else "its deadline"
            reason = f"not completed at {at} ({self._stages[0]}); it goes on at Symbl, which cannot cancel it"
            if self._last_error is not None:
                reason += f"; the last poll failed: {self._last_error}"
            raise SymblJobTimeoutError(reason, self._job_id, self._conversation_id)
        return left

    def pause(self, wanted: float | None = None) -> float:
        """Return the seconds to sleep before the next poll; the last poll falls on the deadline.

        :param wanted: seconds that the caller knows better than the backoff; what Symbl asked to wait counts still.
        :raises SymblJobTimeoutError: the deadline has passed.
        """
        least, self._least_pause = self._least_pause, 0.0
        backoff = pause_after(self._polls, self._poll_interval, self._max_poll_interval, least)
        self._polls += 1
        return min(backoff if wanted is None else max(wanted, least), self.check_deadline())

    def seconds_to_ask(self) -> float:
        """Return the seconds after which a poll is given up, whatever it waits for."""
        return max(0.0, self._deadline - time.time()) + LAST_POLL

    def poll(self, client: StatusReader[Result_co]) -> Result_co:
        """Read the state of what is waited for now.

        :param client: either client; what the asynchronous one returns is to be awaited.
        """
        conversation_id = self._conversation_id or ""
        reads: dict[str, Callable[[], Any]] = {
            "job": lambda: client.get_job(self._job_id or ""),
            "summary": lambda: client.get_summary(conversation_id),
            "messages": lambda: client.get_messages(conversation_id),
            "insights": lambda: client.get_insights_status(conversation_id),
            "callScore": lambda: client.get_call_score_status(conversation_id),
        }
        response: Result_co = reads[self._stages[0]]()
        return response

    def on_response(self, response: object) -> bool:
        """Take a response, and tell whether what was asked for is completed.

        :param response: what the poll returned.
        :raises SymblJobFailedError: it failed.
        :raises SymblUnknownJobStatusError: the status is none that Symbl documents.
        """
        self._refusals.clear()
        self._last_error = None
        tells_end: dict[str, Callable[[Any], bool]] = {"summary": self._has_summary, "messages": self._is_settled}
        is_completed = tells_end.get(self._stages[0], self._is_done)(response)
        self._set_log_level(logging.INFO, f"{self._stages[0]}: {self.last_status}")
        if is_completed:
            self._stages.pop(0)
            self._polls = 0
            return True
        return False

    def on_error(self, error: SymblError) -> None:
        """Take a poll that failed: a failed poll is not a failed job.

        :param error: why the poll failed; raised again where asking once more would not help.
        """
        self._set_log_level(logging.WARNING, str(error))
        if self._stages[0] == "summary" and self._says_no_summary(error):
            return
        self._last_error = error
        if not isinstance(error, PASSING_ERRORS) and not self._may_pass(error):
            raise error
        if isinstance(error, SymblConcurrencyLimitError):
            self._least_pause = error.retry_after or 0.0

    def _may_pass(self, error: SymblError) -> bool:
        """Count a refusal, and tell whether it may still pass; each kind has its own time."""
        if not isinstance(error, SymblApiError):
            return False
        grace = AUTHENTICATION_GRACE if isinstance(error, SymblAuthenticationError) else REFUSAL_GRACE
        refusals = self._refusals.setdefault(grace, [])
        refusals.append(time.time())
        return len(refusals) < LEAST_REFUSALS or refusals[-1] - refusals[0] < grace

    def _set_log_level(self, level: int, told: str) -> None:
        now = time.time()
        before, at = self._told.get(level, ("", 0.0))
        is_due = told != before or now - at >= TELL_EVERY
        self.log_level = level if is_due else logging.DEBUG
        if is_due:
            self._told[level] = told, now

    def _is_done(self, job: Job) -> bool:
        self.last_status = printable(job.status[:REASON_LENGTH])
        if job.status == "failed":
            reason = f"{self._stages[0]} failed: {job.message[:REASON_LENGTH] or 'Symbl names no reason'}"
            raise SymblJobFailedError(reason, self._job_id, self._conversation_id)
        if job.status not in {"scheduled", "in_progress", "completed"}:
            reason = f"{self._stages[0]} has the status {job.status[:REASON_LENGTH]!r}, which Symbl does not document"
            raise SymblUnknownJobStatusError(reason, self._job_id, self._conversation_id)
        return job.status == "completed"

    def _has_summary(self, _summary: object) -> bool:
        self.last_status = "completed: it has a summary"
        return True

    def _is_settled(self, messages: list[Message]) -> bool:
        held = [(message.id, message.text) for message in messages]
        is_same = len(held) > self._messages_before and held == self._held
        self._same_reads = self._same_reads + 1 if is_same else 1
        self._held = held
        self.last_status = f"{len(held)} messages"
        return is_same and self._same_reads >= STABLE_READS

    def _says_no_summary(self, error: SymblError) -> bool:
        """Tell whether an error says that there is no summary yet, or none at all, so that messages must tell."""
        if isinstance(error, SymblNotFoundError):
            return True
        is_refused = isinstance(error, SymblBadRequestError) and error.status_code not in PASSING_REFUSALS
        if is_refused or (isinstance(error, SymblServerError) and error.status_code == HTTPStatus.NOT_IMPLEMENTED):
            self._stages[0] = "messages"
            return True
        return False
