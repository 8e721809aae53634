"""Retry policy and backoff: which call may be sent again after which failure, and after how long; no I/O.

They are our own: tenacity and urllib3's Retry cannot tell a submission that left from one that never did, and urllib3
takes every PUT for idempotent, so that it would append twice. Both sleep by themselves, too; these rules serve a thread
and an event loop alike.
"""

from __future__ import annotations

import contextlib
import email.utils
import math
import random
import socket
import time
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING

import pendulum

from airflow_provider_symbl.client.endpoints import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500
PASSING_REFUSALS = frozenset({408, 409, 423, 425})
"""The request came too slowly, too early or at a bad moment: the same one may be taken next time."""
TRANSIENT_REFUSALS = frozenset({408, 425})
"""Those of them that a server need not have looked at the request for (RFC 9110, 15.5.9; RFC 8470, 5.2)."""

_until: ContextVar[float] = ContextVar("until", default=math.inf)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End each call of this thread within a time, with its token, its pauses and its retries.

    :param seconds: how long from now.
    """
    before = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(before)


def seconds_left() -> float:
    """Return how long a call of this thread may take from now, at least 0."""
    return max(0.0, _until.get() - time.monotonic())


class Failure(Enum):
    """How far a call without a response had come."""

    NOT_TAKEN = "not_taken"
    """No connection, or cut before the first byte of the body left: the server cannot have acted."""
    LOST = "lost"
    """Sent, at least in part, and no response: the server may or may not have acted."""
    CUT_SHORT = "cut_short"
    """We ended the body before its announced length, so the server cannot have acted; the file, or the time for it, is
    to blame."""
    UNRESOLVED = "unresolved"
    """The name of the host, or of its proxy, has no address: nothing was sent, and asking at once changes nothing."""
    UNTRUSTED = "untrusted"
    """The server's certificate is not accepted; nothing was sent and another try would end the same way."""
    TOO_LONG = "too_long"
    """Sent, and the answer was longer than any of Symbl's: it would be so again."""


def failure_to_resolve(problem: socket.gaierror) -> Failure:
    """Tell a name that has no address from a name service that does not answer, which may a moment later.

    :param problem: what the resolver said.
    """
    return Failure.NOT_TAKEN if problem.errno == socket.EAI_AGAIN else Failure.UNRESOLVED


def is_retryable_failure(effect: Effect, failure: Failure) -> bool:
    """Tell whether a call that got no response may be sent again: an idempotent one, or one that never left.

    :param effect: what the call does.
    :param failure: how far it had come.
    """
    if failure in {Failure.CUT_SHORT, Failure.UNRESOLVED, Failure.UNTRUSTED, Failure.TOO_LONG}:
        return False
    return failure is Failure.NOT_TAKEN or effect is Effect.READ


def is_retryable_status(effect: Effect, status_code: int) -> bool:
    """Tell whether a call that got this status may be sent again, whatever the pause.

    429 creates no job, so it may follow any call. After a 5xx nobody knows what the server did.

    :param effect: what the call does.
    :param status_code: the response's HTTP status.
    """
    is_passing = status_code >= SERVER_ERRORS or status_code in TRANSIENT_REFUSALS
    return status_code == TOO_MANY_REQUESTS or (is_passing and effect is Effect.READ)


def backoff(attempt: int, retry_after: float | None = None) -> float:
    """Return the seconds before a call is sent again: exponential backoff with jitter, or what the server asked.

    :param attempt: how often the call was sent so far, from 1.
    :param retry_after: seconds of a Retry-After header; held to one minute, after which asking again is harmless.
    """
    if retry_after is not None:
        return min(retry_after, LONGEST_PAUSE)
    ceiling = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads requests in time, guards nothing


def seconds_of_date(header: str | None) -> float | None:
    """Return the seconds since the epoch that an HTTP date names; None where it is missing or unreadable.

    :param header: an HTTP date (RFC 9110, 5.6.7).
    """
    try:
        # A moment without a zone is one of UTC to pendulum, as HTTP has it.
        return pendulum.instance(email.utils.parsedate_to_datetime(header or "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after_seconds(header: str | None, date_header: str | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for; None where it is missing or unreadable.

    :param header: a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    :param date_header: the server's clock, by which it named that date; without it this machine's.
    """
    if header is None:
        return None
    # OverflowError: digits without end, which either reading of the header turns into a number first.
    try:
        return max(0.0, float(int(header)))
    except (ValueError, OverflowError):
        pass
    moment = seconds_of_date(header)
    if moment is None:
        return None
    now = seconds_of_date(date_header)
    return max(0.0, moment - (pendulum.now().timestamp() if now is None else now))


class RetryPolicy:
    """The retry policy of one call: counts how often it was sent, and says whether and when it may be sent again.

    :param effect: what the call does.
    :param max_retries: how often it may be sent again.
    :param retry_concurrency_limit: whether a submission that was refused with 429 may be.
    """

    def __init__(self, effect: Effect, max_retries: int, *, retry_concurrency_limit: bool = True) -> None:
        self._effect = effect
        self._left = max_retries
        self._retry_concurrency_limit = retry_concurrency_limit
        self._attempt = 0

    def pause_after_failure(self, failure: Failure) -> float | None:
        """Return the seconds to wait after no response; None where the call may not be sent again.

        :param failure: how far the call had come.
        """
        return self._pause(None) if is_retryable_failure(self._effect, failure) else None

    def pause_after_status(self, status_code: int, retry_after: float | None) -> float | None:
        """Return the seconds to wait after a response that is no success; None where it is final.

        :param status_code: the response's HTTP status.
        :param retry_after: seconds that the server asked to wait.
        """
        is_full = status_code == TOO_MANY_REQUESTS and self._effect is Effect.SUBMISSION
        if is_full and not self._retry_concurrency_limit:
            return None
        return self._pause(retry_after) if is_retryable_status(self._effect, status_code) else None

    def _pause(self, retry_after: float | None) -> float | None:
        self._attempt += 1
        if self._attempt > self._left:
            return None
        return backoff(self._attempt, retry_after)
