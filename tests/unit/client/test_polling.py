"""Waiting for a job: how often it is asked for, what each answer means, and when the wait ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client import client as client_module
from airflow_provider_symbl.client import polling
from airflow_provider_symbl.client.polling import JOB_TIMEOUT, features_asked
from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConfigurationError,
    SymblError,
    SymblJobError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblNotFoundError,
    SymblUnknownJobStatusError,
)
from tests.support.scripted_server import TOKEN_PATH, Answer, Cut, ScriptedServer
from tests.unit.client.client_fixtures import JOB_PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.client import SymblClient

INSIGHTS_PATH = "/v1/conversations/c-1/lm-insights/status"
SCORE_PATH = "/v1/conversations/c-1/callscore/status"
BOTH = {"featureList": ["callScore", "insights"]}


class Clock:
    """A clock that sleeping moves at once."""

    def __init__(self) -> None:
        self.now = self.start = 1_800_000_000.0
        self.gaps: list[float] = []
        self.then: Callable[[], None] | None = None

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.gaps.append(seconds)
        self.now += seconds
        if self.then is not None:
            self.then()

    @property
    def passed(self) -> float:
        """Seconds since the test began."""
        return self.now - self.start


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the client wait by a clock of the test's own."""
    own = Clock()
    monkeypatch.setattr(polling, "time", own)
    monkeypatch.setattr(client_module, "time", own)
    return own


def state(status: str, **more: str) -> Answer:
    """Make the answer of a job call."""
    return Answer(content={"id": "job-1", "status": status, **more})


RUNNING, DONE = state("in_progress"), state("completed")


def test_a_job_is_asked_for_until_it_is_completed(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """Each poll after a pause."""
    server.answer(JOB_PATH, state("scheduled"), RUNNING, DONE)
    job = client.wait_for_job("job-1")
    assert (job.id, job.status) == ("job-1", "completed")
    assert len(server.received(JOB_PATH)) == len(clock.gaps) == 3


def test_pauses_grow_from_five_seconds_to_a_minute(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """A job of ten minutes costs few polls and is noticed within a minute of its end."""
    server.answer(JOB_PATH, RUNNING)
    clock.then = lambda: server.answer(JOB_PATH, DONE if clock.passed >= 600 else RUNNING)
    client.wait_for_job("job-1")
    assert len(server.received(JOB_PATH)) <= 25
    assert 4.5 <= clock.gaps[0] <= 5.5
    assert max(clock.gaps) <= 60
    assert clock.passed <= 660
    for shorter, longer in zip(clock.gaps[:6], clock.gaps[1:7], strict=True):
        assert 1.5 * 0.8 <= longer / shorter <= 1.5 * 1.25


def test_the_pauses_are_the_callers(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """From one bound to the other."""
    server.answer(JOB_PATH, *[RUNNING] * 9, DONE)
    client.wait_for_job("job-1", poll_interval=1, max_poll_interval=2.0)
    assert 0.9 <= clock.gaps[0] <= 1.1
    assert all(1.8 <= gap <= 2.0 for gap in clock.gaps[2:])


def test_two_waits_do_not_poll_in_step(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """Jobs that were submitted together are not asked for together."""
    server.answer(JOB_PATH, DONE)
    for _ in range(20):
        client.wait_for_job("job-1")
    assert len(set(clock.gaps)) == 20


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"message": "no audio stream"}, "no audio stream"), ({}, "Symbl names no reason")],
)
def test_a_failed_job_is_an_error_with_its_reason(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    more: dict[str, str],
    reason: str,
) -> None:
    """Never a normal return."""
    server.answer(JOB_PATH, RUNNING, state("failed", **more))
    with pytest.raises(SymblJobFailedError) as caught:
        client.wait_for_job("job-1", conversation_id="c-1")
    assert str(caught.value) == f"Symbl job job-1 of conversation c-1: job failed: {reason}"
    assert (caught.value.job_id, caught.value.conversation_id) == ("job-1", "c-1")
    assert len(clock.gaps) == 2


@pytest.mark.parametrize("status", ["paused", "COMPLETED", "", "None"])
def test_a_status_that_nobody_knows_is_an_error(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    status: str,
) -> None:
    """Neither a success nor an endless wait."""
    server.answer(JOB_PATH, state(status))
    with pytest.raises(SymblUnknownJobStatusError, match=f"job has the status '{status}', which Symbl does not docum"):
        client.wait_for_job("job-1")
    assert len(clock.gaps) == 1


@pytest.mark.parametrize("seconds", [3.0, 100.0, 3600.0])
def test_the_last_poll_falls_on_the_deadline(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    seconds: float,
) -> None:
    """The error says that the job goes on, for Symbl cannot cancel it."""
    server.answer(JOB_PATH, RUNNING)
    with pytest.raises(SymblJobTimeoutError, match=r"not completed at its deadline \(job\); it goes on at Symbl"):
        client.wait_for_job("job-1", deadline=clock.now + seconds)
    assert clock.passed == pytest.approx(seconds, abs=1e-3)
    assert len(server.received(JOB_PATH)) == len(clock.gaps)


def test_a_job_that_ends_at_the_deadline_is_completed(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
) -> None:
    """The last poll counts."""
    server.answer(JOB_PATH, RUNNING)
    clock.then = lambda: server.answer(JOB_PATH, DONE if clock.passed >= 99.99 else RUNNING)
    assert client.wait_for_job("job-1", deadline=clock.now + 100).status == "completed"


def test_a_deadline_that_has_passed_asks_nothing(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """A retry that comes too late costs no request."""
    with pytest.raises(SymblJobTimeoutError) as caught:
        client.wait_for_job("job-1", deadline=clock.now)
    assert isinstance(caught.value, SymblJobError)
    assert server.connections == 0


def test_nobody_waits_for_ever(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """Without a deadline it is four hours."""
    server.answer(JOB_PATH, RUNNING)
    with pytest.raises(SymblJobTimeoutError):
        client.wait_for_job("job-1", max_poll_interval=3600.0)
    assert clock.passed == pytest.approx(JOB_TIMEOUT, abs=1e-3) == 4 * 3600


PASSING = {
    "cut": Answer(cut=Cut.AFTER_BODY),
    "server error": Answer(503),
    "limit": Answer(429),
    "not JSON": Answer(content=b"<html>"),
    "no status": Answer(content={"id": "job-1"}),
    "redirect": Answer(302),
}


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING)
def test_a_failed_poll_is_not_a_failed_job(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    answer: Answer,
) -> None:
    """The wait itself asks again, at its own pace: each poll is sent once."""
    server.answer(JOB_PATH, RUNNING, answer, answer, DONE)
    assert client.wait_for_job("job-1").status == "completed"
    assert len(server.received(JOB_PATH)) == len(clock.gaps) == 4


def test_a_token_call_that_fails_for_a_while_does_not_end_the_wait(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
) -> None:
    """It is a part of the poll."""
    token = Answer(content={"accessToken": "t", "expiresIn": 86400})
    server.answer(TOKEN_PATH, Answer(500), Answer(cut=Cut.AFTER_BODY), token)
    server.answer(JOB_PATH, DONE)
    assert client.wait_for_job("job-1").status == "completed"
    assert len(server.received(TOKEN_PATH)) == len(clock.gaps) == 3


def test_retry_after_holds_the_next_poll_back(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """Only the next one, and beyond the longest pause if Symbl asks for it."""
    server.answer(JOB_PATH, Answer(429, headers={"Retry-After": "90"}), RUNNING, DONE)
    client.wait_for_job("job-1")
    assert clock.gaps[1] == 90
    assert clock.gaps[2] < 20


@pytest.mark.parametrize(("status", "error"), [(404, SymblNotFoundError), (400, SymblBadRequestError)])
def test_a_poll_that_cannot_succeed_ends_the_wait(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    status: int,
    error: type[SymblError],
) -> None:
    """An unknown job stays unknown: after half a minute from the first refusal, and not before."""
    server.answer(JOB_PATH, RUNNING, Answer(status))
    with pytest.raises(error):
        client.wait_for_job("job-1", max_poll_interval=10.0)
    assert 30 <= clock.passed - sum(clock.gaps[:2]) <= 40


@pytest.mark.parametrize("status", [400, 404, 405, 408, 409, 410, 422, 423, 425, 451])
def test_a_refusal_that_passes_does_not_end_the_wait(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    status: int,
) -> None:
    """A job may not be known at once, and a gateway may answer in Symbl's place; far apart, each is one that passes."""
    server.answer(JOB_PATH, *[Answer(status), *[RUNNING] * 30] * 3, *[Answer(status)] * 2, DONE)
    assert client.wait_for_job("job-1").status == "completed"
    assert len(server.received(JOB_PATH)) == len(clock.gaps) == 96


def test_two_kinds_of_refusals_have_each_its_own_time(
    client: SymblClient, server: ScriptedServer, clock: Clock
) -> None:
    """A refused token before does not make the first 404 final."""
    server.answer(JOB_PATH, *[Answer(401)] * 30, Answer(404), DONE)
    assert client.wait_for_job("job-1", max_poll_interval=10.0).status == "completed"
    assert clock.passed > 90


def test_a_refusal_of_the_token_call_passes_too(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """It is a part of the poll."""
    token = Answer(content={"accessToken": "t", "expiresIn": 86400})
    server.answer(TOKEN_PATH, Answer(404), Answer(408), token)
    server.answer(JOB_PATH, DONE)
    assert client.wait_for_job("job-1").status == "completed"
    assert len(clock.gaps) == 3


def test_the_deadline_tells_what_the_last_poll_met(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """Else nobody would know why the job's end was not seen."""
    server.answer(JOB_PATH, Answer(503, {"message": "down for the night"}))
    with pytest.raises(
        SymblJobTimeoutError, match=r"deadline \(job\).*the last poll failed: .*503: down for the night"
    ):
        client.wait_for_job("job-1", deadline=clock.now + 60)


@pytest.mark.parametrize("status", [408, 409, 423, 425])
def test_a_refusal_that_passes_does_not_say_that_there_are_no_summaries(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    status: int,
) -> None:
    """Messages that have settled meanwhile would be taken for the end."""
    server.answer(SUMMARY_PATH, Answer(404), Answer(status), Answer(content={"summary": []}))
    wait_without_job(client, clock)
    assert len(clock.gaps) == 3


def test_a_log_is_told_of_changes_and_every_few_minutes(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An hour of polls is a dozen lines, and an outage is not told at each of its polls."""
    caplog.set_level("DEBUG", logger="airflow_provider_symbl")
    server.answer(JOB_PATH, state("scheduled"), *[RUNNING] * 60, *[Answer(503)] * 30, DONE)
    client.wait_for_job("job-1")
    told = [record.getMessage().partition(": ")[2] for record in caplog.records if record.levelname == "INFO"]
    assert told[:2] == ["scheduled", "in_progress"]
    assert told[-1] == "completed"
    assert set(told[1:-1]) == {"in_progress"}
    assert 8 <= len(told) <= 16
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert 3 <= len(warned) <= 8
    assert len([record for record in caplog.records if "Symbl job job-1:" in record.getMessage()]) == len(clock.gaps)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_tokens_are_borne_for_five_minutes(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    status: int,
) -> None:
    """The job was submitted with the same credentials, so the fault may pass."""
    server.answer(JOB_PATH, Answer(status))
    clock.then = lambda: server.answer(JOB_PATH, DONE if clock.passed >= 280 else Answer(status))
    assert client.wait_for_job("job-1", max_poll_interval=20.0).status == "completed"


def test_tokens_that_stay_refused_end_the_wait(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """After five minutes from the first refusal, and not before."""
    server.answer(JOB_PATH, Answer(401))
    with pytest.raises(SymblAuthenticationError):
        client.wait_for_job("job-1", max_poll_interval=20.0)
    assert 300 <= clock.passed - clock.gaps[0] <= 320


def test_a_good_answer_starts_the_five_minutes_anew(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """Refusals far apart are each a passing fault."""
    server.answer(JOB_PATH, *[Answer(401), *[RUNNING] * 30] * 3, DONE)
    assert client.wait_for_job("job-1", max_poll_interval=20.0).status == "completed"
    assert clock.passed > 1200


def test_features_are_waited_for_after_the_job(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """Insights first, for a call score is made from them; each wait starts with short pauses again."""
    server.answer(JOB_PATH, *[RUNNING] * 9, DONE)
    server.answer(INSIGHTS_PATH, Answer(content={"jobId": "job-1", "status": "in_progress"}), DONE)
    server.answer(SCORE_PATH, Answer(content={"jobId": "job-1", "status": "scheduled"}), DONE)
    assert client.wait_for_job("job-1", conversation_id="c-1", features=BOTH).status == "completed"
    polls = [request.path for request in server.requests if request.path != TOKEN_PATH]
    assert polls == [JOB_PATH] * 10 + [INSIGHTS_PATH] * 2 + [SCORE_PATH] * 2
    assert clock.gaps[9] > 50
    assert clock.gaps[10] <= 5.5


@pytest.mark.parametrize(
    ("features", "paths"),
    [
        (None, []),
        ({}, []),
        ({"featureList": []}, []),
        ({"featureList": ["insights"]}, [INSIGHTS_PATH]),
        ({"featureList": ["callScore"]}, [SCORE_PATH]),
    ],
)
def test_only_what_was_asked_for_is_waited_for(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    features: dict[str, Any] | None,
    paths: list[str],
) -> None:
    """No request is made for the others."""
    for path in (JOB_PATH, INSIGHTS_PATH, SCORE_PATH):
        server.answer(path, DONE)
    client.wait_for_job("job-1", conversation_id="c-1", features=features)
    assert [request.path for request in server.requests if request.path != TOKEN_PATH] == [JOB_PATH, *paths]
    assert len(clock.gaps) == 1 + len(paths)


def test_a_failed_feature_is_an_error_that_names_it(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """The job itself was completed."""
    server.answer(JOB_PATH, DONE)
    server.answer(INSIGHTS_PATH, state("failed"))
    with pytest.raises(SymblJobFailedError, match="conversation c-1: insights failed: Symbl names no reason"):
        client.wait_for_job("job-1", conversation_id="c-1", features=BOTH)
    assert len(clock.gaps) == 2


def test_the_deadline_counts_for_features_too(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """It is one deadline for all, and the error says what was missing."""
    server.answer(JOB_PATH, DONE)
    server.answer(INSIGHTS_PATH, DONE)
    server.answer(SCORE_PATH, RUNNING)
    with pytest.raises(SymblJobTimeoutError, match=r"at its deadline \(callScore\)"):
        client.wait_for_job("job-1", conversation_id="c-1", features=BOTH, deadline=clock.now + 60)
    assert clock.passed == pytest.approx(60, abs=1e-3)


def test_features_need_the_conversation(client: SymblClient, server: ScriptedServer) -> None:
    """Their statuses are read by it."""
    with pytest.raises(SymblConfigurationError, match=r"^conversation_id: got nothing; allowed: the conversation's id"):
        client.wait_for_job("job-1", features=BOTH)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("intervals", "message"),
    [
        ({"poll_interval": 0}, "poll_interval: got 0; allowed: seconds, a number above 0"),
        ({"poll_interval": "5"}, "poll_interval: got '5'; allowed: seconds, a number above 0"),
        ({"poll_interval": True}, "poll_interval: got True; allowed: seconds, a number above 0"),
        ({"max_poll_interval": float("inf")}, "max_poll_interval: got inf; allowed: seconds, a number above 0"),
        ({"max_poll_interval": float("nan")}, "max_poll_interval: got nan; allowed: seconds, a number above 0"),
        (
            {"poll_interval": 61, "max_poll_interval": 60.0},
            "poll_interval: got 61; allowed: at most max_poll_interval, 60.0",
        ),
    ],
)
def test_bad_intervals_are_refused(
    client: SymblClient,
    server: ScriptedServer,
    intervals: dict[str, Any],
    message: str,
) -> None:
    """Before anything is sent."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.wait_for_job("job-1", **intervals)
    assert str(caught.value) == message
    assert server.connections == 0


def test_features_come_in_the_order_of_their_making() -> None:
    """However they were written."""
    assert features_asked(BOTH) == ["insights", "callScore"]


SUMMARY_PATH, MESSAGES_PATH = "/v1/conversations/c-1/summary", "/v1/conversations/c-1/messages"


def held(*texts: str) -> Answer:
    """Make the answer of a messages call."""
    return Answer(content={"messages": [{"id": text, "text": text} for text in texts]})


def wait_without_job(client: SymblClient, clock: Clock, messages_before: int | None = None) -> None:
    """Wait for the conversation c-1, ten minutes at most."""
    client.poll_until_over(
        polling.JobPoller(
            job_id=None,
            conversation_id="c-1",
            features=[],
            deadline=clock.now + 600,
            messages_before=messages_before,
        )
    )


def test_without_a_job_the_summary_tells_the_end(client: SymblClient, server: ScriptedServer, clock: Clock) -> None:
    """It is 404 until the jobs are over; a poll that fails tells nothing."""
    server.answer(SUMMARY_PATH, Answer(404), Answer(503), Answer(404), Answer(content={"summary": []}))
    wait_without_job(client, clock)
    assert len(server.received(SUMMARY_PATH)) == len(clock.gaps) == 4


@pytest.mark.parametrize("status", [400, 501])
def test_without_summaries_settled_messages_tell_the_end(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
    status: int,
) -> None:
    """Three reads in a row find the same ones, and some."""
    server.answer(SUMMARY_PATH, Answer(status))
    server.answer(MESSAGES_PATH, held(), held(), held(), held("a"), held("a"), held("a", "b"), held("a", "b"))
    wait_without_job(client, clock)
    assert len(server.received(SUMMARY_PATH)) == 1
    assert len(server.received(MESSAGES_PATH)) == 8


def test_an_append_without_a_job_is_over_once_what_it_added_has_settled(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
) -> None:
    """A summary would be that of what was there before."""
    server.answer(MESSAGES_PATH, held("a"), held("a"), held("a"), held("a"), held("a", "b"))
    wait_without_job(client, clock, messages_before=1)
    assert len(server.received(MESSAGES_PATH)) == 7
    assert server.received(SUMMARY_PATH) == []


def test_without_a_job_the_deadline_names_the_conversation(
    client: SymblClient,
    server: ScriptedServer,
    clock: Clock,
) -> None:
    """Nobody knows the job's id."""
    server.answer(SUMMARY_PATH, Answer(404))
    with pytest.raises(SymblJobTimeoutError, match=r"job not known of conversation c-1: not completed at its deadline"):
        wait_without_job(client, clock)


def test_without_a_job_the_conversation_must_be_named() -> None:
    """There is nothing else to ask for."""
    with pytest.raises(SymblConfigurationError, match="conversation_id"):
        polling.JobPoller(job_id=None, conversation_id=None, features=[], deadline=0.0)
