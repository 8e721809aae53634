"""Which failure of which call may be sent again, and after how long: the rules themselves, without a network."""

from __future__ import annotations

import datetime
import email.utils
import socket

import pytest

from airflow_provider_symbl.client.endpoints import Effect
from airflow_provider_symbl.client.retries import (
    Failure,
    RetryPolicy,
    backoff,
    failure_to_resolve,
    is_retryable_failure,
    is_retryable_status,
    retry_after_seconds,
)


def http_date(seconds_from_now: float) -> str:
    """Write a moment as HTTP does."""
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds_from_now)
    return email.utils.format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    ("effect", "repeated"),
    [
        (Effect.READ, {Failure.NOT_TAKEN, Failure.LOST}),
        (Effect.CHANGE, {Failure.NOT_TAKEN}),
        (Effect.SUBMISSION, {Failure.NOT_TAKEN}),
    ],
)
def test_what_may_be_lost_is_repeated_only_by_reads(effect: Effect, repeated: set[Failure]) -> None:
    """An untrusted server, and a name without an address, is never asked again."""
    assert {failure for failure in Failure if is_retryable_failure(effect, failure)} == repeated


def test_a_name_service_that_does_not_answer_is_asked_again() -> None:
    """It says of itself that it may answer a moment later; that a name does not exist stays so."""
    assert failure_to_resolve(socket.gaierror(socket.EAI_AGAIN, "try again")) is Failure.NOT_TAKEN
    assert failure_to_resolve(socket.gaierror(socket.EAI_NONAME, "not known")) is Failure.UNRESOLVED


@pytest.mark.parametrize(
    ("effect", "repeated"),
    [(Effect.READ, {408, 425, 429, 500, 502, 503, 504}), (Effect.CHANGE, {429}), (Effect.SUBMISSION, {429})],
)
def test_too_many_requests_may_follow_any_call_and_faults_of_server_or_moment_reads_only(
    effect: Effect, repeated: set[int]
) -> None:
    """429 creates no job; after a 5xx nobody knows."""
    statuses = (200, 201, 301, 400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504)
    assert {status for status in statuses if is_retryable_status(effect, status)} == repeated


def test_pauses_double_with_jitter_up_to_a_minute() -> None:
    """Clients that failed together do not come back together."""
    ceilings = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    for attempt, ceiling in enumerate(ceilings, start=1):
        drawn = {backoff(attempt) for _ in range(50)}
        assert ceiling / 2 <= min(drawn) < max(drawn) <= ceiling


@pytest.mark.parametrize(("asked", "pause"), [(0.0, 0.0), (7.0, 7.0), (60.0, 60.0), (86400.0, 60.0)])
def test_what_the_server_asks_for_is_waited_up_to_a_minute(asked: float, pause: float) -> None:
    """A minute later, asking again is harmless."""
    assert backoff(1, asked) == pause


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        ("-5", 0.0),
        ("", None),
        ("soon", None),
        ("1.5", None),
        ("inf", None),
        ("9" * 400, None),
        ("9" * 5000, None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 +99999999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 251_000_000_000.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_garbage_is_nothing(header: str | None, seconds: float | None) -> None:
    """No header can end a call in anything but its own error."""
    expected = seconds if seconds is None else pytest.approx(seconds, rel=0.01)
    assert retry_after_seconds(header) == expected


def test_a_date_to_come_is_the_seconds_until_then() -> None:
    """RFC 9110, 10.2.3."""
    assert retry_after_seconds(http_date(90)) == pytest.approx(90, abs=2)


def test_a_call_is_sent_again_only_so_often() -> None:
    """Failures and statuses count alike."""
    policy = RetryPolicy(Effect.READ, 3)
    assert policy.pause_after_failure(Failure.LOST) is not None
    assert policy.pause_after_status(503, None) is not None
    assert policy.pause_after_status(429, 9.0) == 9.0
    assert policy.pause_after_failure(Failure.NOT_TAKEN) is None


def test_a_final_failure_uses_up_no_attempt() -> None:
    """An answer that is final has no pause."""
    policy = RetryPolicy(Effect.SUBMISSION, 1)
    assert policy.pause_after_status(404, None) is None
    assert policy.pause_after_failure(Failure.LOST) is None
    assert policy.pause_after_status(429, None) is not None
