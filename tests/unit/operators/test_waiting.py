"""The one submission, and the wait for its job: the same ends in the worker and in the triggerer."""

from __future__ import annotations

import concurrent.futures
import datetime
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_symbl.exceptions import (
    SymblConcurrencyLimitError,
    SymblError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblTransportError,
    SymblUnknownJobStatusError,
    SymblUnknownSubmissionError,
)
from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.support.airflow_tasks import run, to_the_end
from tests.support.scripted_symbl import SUBMITTED, TOKEN_PATH, Reply, ScriptedSymbl, job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

MESSAGES = [{"payload": {"content": "Good morning."}}]
JOB_ID, CONVERSATION_ID = SUBMITTED["jobId"], SUBMITTED["conversationId"]
IDS = {"conversation_id": CONVERSATION_ID, "job_id": JOB_ID}
JOB_PATH = f"/v1/job/{JOB_ID}"
SUBMIT = ("POST", "/v1/process/text")
APPEND = ("PUT", f"/v1/process/text/{CONVERSATION_ID}")

PACE: dict[str, Any] = {"poll_interval": 0.02, "max_poll_interval": 0.05}


def make_submit(**changes: Any) -> SymblSubmitTextOperator:
    """Make a submit that asks often."""
    return SymblSubmitTextOperator(task_id="send", **({"messages": MESSAGES, **PACE} | changes))


def make_append(**changes: Any) -> SymblAppendTextOperator:
    """Make an append that asks often."""
    arguments = {"messages": MESSAGES, "conversation_id": CONVERSATION_ID, **PACE}
    return SymblAppendTextOperator(task_id="send", **(arguments | changes))


def hold(server: ScriptedSymbl, *, messages: int = 0) -> None:
    """Have Symbl hold no conversation but the one that is appended to."""
    said = [{"id": str(number), "text": f"Message {number}."} for number in range(messages)]
    server.on("GET", "/v1/conversations", Reply(body={"conversations": []}))
    server.on("GET", f"/v1/conversations/{CONVERSATION_ID}/messages", Reply(body={"messages": said}))


def accept(server: ScriptedSymbl, *jobs: Reply) -> None:
    """Have a submit accepted, and its job read as told."""
    server.on(*SUBMIT, Reply(201, SUBMITTED))
    server.on("GET", JOB_PATH, *jobs)


@pytest.mark.usefixtures("connection")
def test_a_task_waits_for_its_job(symbl_local: SymblLocal, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """It submits once, asks until the job is completed, and returns both ids."""
    symbl_local.progress(by="polls", polls=3)
    result = to_the_end(make_submit(deferrable=deferrable))
    assert set(result) == {"conversation_id", "job_id"}
    assert len(symbl_local.submissions()) == 1
    assert len(symbl_local.requests(f"/v1/job/{result['job_id']}")) == 3


@pytest.mark.usefixtures("connection")
def test_a_task_that_does_not_wait_returns_at_once(symbl_local: SymblLocal, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """Both ids are known; the job is not asked for, and the triggerer is not needed."""
    symbl_local.progress(by="polls", polls=100_000)
    result = run(make_submit(wait_for_completion=False, deferrable=deferrable))
    assert set(result) == {"conversation_id", "job_id"}
    assert symbl_local.requests(f"/v1/job/{result['job_id']}") == []


def test_a_deferral_carries_what_the_triggerer_needs(scripted_symbl: ScriptedSymbl) -> None:
    """The deadline counts from the submission, features and pauses are the task's own."""
    accept(scripted_symbl)
    features = {"featureList": ["callScore", "insights"]}
    before = time.time()
    with pytest.raises(TaskDeferred) as caught:
        run(make_submit(deferrable=True, job_timeout=900, features=features))
    after = time.time()
    _, arguments = caught.value.trigger.serialize()
    assert before + 900 <= arguments.pop("deadline") <= after + 900
    del arguments["not_before"]
    assert arguments == {
        **IDS,
        **PACE,
        "symbl_conn_id": "symbl_default",
        "features": ["insights", "callScore"],
        "messages_before": None,
        "limit": "job_timeout",
        "recording": "",
        "is_job_over": False,
    }
    assert caught.value.method_name == "execute_complete"
    # Airflow's own timeout would end the task without a word, and leave the trigger's event unread.
    assert caught.value.timeout is None


@pytest.mark.usefixtures("connection")
@pytest.mark.process
def test_a_failed_job_fails_the_task_and_may_be_retried(
    broken_recording: Path,
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """The error names both ids and Symbl's reason; a retry submits anew."""
    task = SymblSubmitAudioFileOperator(task_id="send", file=broken_recording, deferrable=deferrable, **PACE)
    with pytest.raises(SymblJobFailedError, match=r"Symbl job \S+ of conversation \d+: job failed: \S+"):
        to_the_end(task)


def test_a_job_that_is_not_over_in_time_fails_the_task(
    scripted_symbl: ScriptedSymbl,
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """``job_timeout`` is wall clock since the submission; the error names both ids."""
    accept(scripted_symbl, job("in_progress"))
    start = time.monotonic()
    with pytest.raises(SymblJobTimeoutError, match=f"{JOB_ID} of conversation {CONVERSATION_ID}.*goes on at Symbl"):
        to_the_end(make_submit(deferrable=deferrable, job_timeout=0.4))
    assert time.monotonic() - start >= 0.4


def test_an_unknown_status_fails_the_task(scripted_symbl: ScriptedSymbl, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """It is never taken for a success."""
    accept(scripted_symbl, job("in_progress"), job("done"))
    with pytest.raises(SymblUnknownJobStatusError, match="'done'"):
        to_the_end(make_submit(deferrable=deferrable))


def test_faults_of_a_poll_are_waited_out(scripted_symbl: ScriptedSymbl, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """A failed poll is not a failed job."""
    accept(scripted_symbl, Reply(503), Reply(0), Reply(429), Reply(401), Reply(401), job("completed"))
    assert to_the_end(make_submit(deferrable=deferrable)) == IDS
    assert scripted_symbl.count(*SUBMIT) == 1


@pytest.mark.usefixtures("_short_grace")
def test_a_job_that_symbl_forgot_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """404 that stays is final."""
    accept(scripted_symbl, job("in_progress"), Reply(404, {"message": "Job was not found"}))
    with pytest.raises(AirflowFailException, match="Job was not found"):
        to_the_end(make_submit(deferrable=deferrable))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
@pytest.mark.parametrize(("make", "call"), [(make_submit, SUBMIT), (make_append, APPEND)], ids=["submit", "append"])
def test_a_refusal_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    status: int,
    make: Callable[..., SymblSubmissionOperator],
    call: tuple[str, str],
) -> None:
    """No retry mends it; the message holds Symbl's own words and no secret."""
    hold(scripted_symbl)
    scripted_symbl.on(*call, Reply(status, {"message": "Symbl's own words"}))
    with pytest.raises(AirflowFailException, match=f"{call[0]} {call[1]} answered {status}: Symbl's own words") as e:
        run(make())
    assert scripted_symbl.app_secret not in str(e.value)
    assert "scripted-token" not in str(e.value)


def test_refused_credentials_fail_the_task_for_good(scripted_symbl: ScriptedSymbl) -> None:
    """A wrong App Secret is not tried again and again."""
    scripted_symbl.on("POST", TOKEN_PATH, Reply(401, {"message": "Invalid credentials"}))
    with pytest.raises(AirflowFailException, match="Invalid credentials"):
        run(make_submit())
    assert scripted_symbl.received == [("POST", TOKEN_PATH)]


@pytest.mark.usefixtures("connection")
def test_an_append_to_no_conversation_fails_the_task_for_good() -> None:
    """The server does not know it."""
    with pytest.raises(AirflowFailException, match="/v1/conversations/9999999999999999/messages answered 404"):
        run(make_append(conversation_id="9999999999999999"))


def test_a_full_account_is_waited_for(scripted_symbl: ScriptedSymbl, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """429 makes no job, so the task submits again, in the same try, as soon as there is room."""
    full = Reply(429, {"message": "limit of concurrent jobs"})
    scripted_symbl.on(*SUBMIT, full, full, Reply(201, SUBMITTED))
    scripted_symbl.on("GET", JOB_PATH, job("completed"))
    assert to_the_end(make_submit(deferrable=deferrable)) == IDS
    assert scripted_symbl.count(*SUBMIT) == 3


def test_a_deferrable_task_holds_no_worker_while_there_is_no_room(scripted_symbl: ScriptedSymbl) -> None:
    """It submits once and leaves; Symbl's wish for a pause is granted."""
    scripted_symbl.on(*SUBMIT, Reply(429, {"message": "limit"}, {"Retry-After": "120"}))
    before = datetime.datetime.now(datetime.UTC)
    with pytest.raises(TaskDeferred) as caught:
        run(make_submit(deferrable=True))
    assert caught.value.trigger.moment >= before + datetime.timedelta(seconds=120)
    assert scripted_symbl.count(*SUBMIT) == 1


def test_an_account_that_stays_full_may_be_retried(scripted_symbl: ScriptedSymbl, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """Room is waited for as long as a job would be; then the task says what Symbl said."""
    scripted_symbl.on(*SUBMIT, Reply(429, {"message": "limit of concurrent jobs"}))
    with pytest.raises(SymblConcurrencyLimitError, match="limit of concurrent jobs"):
        to_the_end(make_submit(deferrable=deferrable, job_timeout=0.5))
    assert scripted_symbl.count(*SUBMIT) > 1


def test_a_host_that_is_down_may_be_retried(scripted_symbl: ScriptedSymbl) -> None:
    """No token, no submission: nothing is unknown."""
    scripted_symbl.on("POST", TOKEN_PATH, Reply(503))
    with pytest.raises(SymblError, match="503") as caught:
        run(make_append())
    assert not isinstance(caught.value, SymblUnknownSubmissionError)
    assert scripted_symbl.received == [("POST", TOKEN_PATH)]


LOST = {"cut": Reply(0), "500": Reply(500), "503": Reply(503), "no ids": Reply(201, {"conversationId": "1"})}


@pytest.mark.parametrize("reply", LOST.values(), ids=LOST)
def test_an_unknown_submit_may_be_retried(scripted_symbl: ScriptedSymbl, reply: Reply) -> None:
    """By default a submit whose answer was lost raises what ``retries`` mends; it was sent once."""
    hold(scripted_symbl)
    scripted_symbl.on(*SUBMIT, reply)
    with pytest.raises(SymblUnknownSubmissionError, match="may or may not exist"):
        run(make_submit())
    assert scripted_symbl.count(*SUBMIT) == 1


@pytest.mark.parametrize("reply", LOST.values(), ids=LOST)
def test_an_unknown_append_fails_the_task_for_good(scripted_symbl: ScriptedSymbl, reply: Reply) -> None:
    """By default: a second copy would corrupt the conversation. It was sent once."""
    hold(scripted_symbl)
    scripted_symbl.on(*APPEND, reply)
    with pytest.raises(AirflowFailException, match="may or may not exist"):
        run(make_append())
    assert scripted_symbl.count(*APPEND) == 1


def test_who_asks_for_it_gets_the_other_way(scripted_symbl: ScriptedSymbl) -> None:
    """``on_unknown_submission`` turns either default round."""
    hold(scripted_symbl)
    scripted_symbl.on(*SUBMIT, Reply(0))
    scripted_symbl.on(*APPEND, Reply(0))
    with pytest.raises(AirflowFailException, match="may or may not exist"):
        run(make_submit(on_unknown_submission="fail"))
    with pytest.raises(SymblTransportError, match="may or may not exist"):
        run(make_append(on_unknown_submission="resubmit"))


@pytest.mark.usefixtures("_short_grace")
def test_a_task_tells_its_ids_as_soon_as_it_has_them(
    scripted_symbl: ScriptedSymbl,
    logged: Callable[[], str],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """Whatever happens then, the log says what was made."""
    accept(scripted_symbl, Reply(404))
    with pytest.raises(AirflowFailException):
        to_the_end(make_submit(deferrable=deferrable))
    assert f"Symbl made job {JOB_ID} of conversation {CONVERSATION_ID}" in logged()
    assert scripted_symbl.app_secret not in logged()
    assert "scripted-token" not in logged()
    assert "Good morning" not in logged()


def test_each_line_of_a_wait_names_the_recording(
    scripted_symbl: ScriptedSymbl,
    logged: Callable[[], str],
    tmp_path: Path,
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """Who reads the triggerer's log of a night sees whose poll failed."""
    recording = tmp_path / "standup.json"
    recording.write_text(json.dumps(MESSAGES))
    accept(scripted_symbl, job("in_progress"), Reply(503), job("completed"))
    to_the_end(make_submit(messages=str(recording), deferrable=deferrable))
    subject = f"job {JOB_ID} (standup.json)"
    assert f"info: Symbl {subject}: in_progress" in logged()
    assert f"warning: Symbl {subject}: a poll failed, asking again" in logged()
    assert f"info: Symbl {subject}: completed" in logged()


def test_a_kill_while_waiting_says_what_goes_on(scripted_symbl: ScriptedSymbl, logged: Callable[[], str]) -> None:
    """Symbl cannot cancel: who kills the task reads which job and conversation remain."""
    accept(scripted_symbl, job("in_progress"))
    task = make_submit(job_timeout=600)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(run, task)
        while not scripted_symbl.count("GET", JOB_PATH) and not waiting.done():
            time.sleep(0.01)
        task.on_kill()
        accept(scripted_symbl, job("completed"))
    assert waiting.result() == IDS
    assert f"warning: Symbl cannot cancel a job: {JOB_ID} of conversation {CONVERSATION_ID} goes on" in logged()


def test_a_kill_before_the_submission_says_nothing(logged: Callable[[], str]) -> None:
    """There is nothing that goes on."""
    make_submit().on_kill()
    assert "cannot cancel" not in logged()


@pytest.mark.parametrize("event", [None, "success", {"status": "completed"}], ids=str)
def test_an_event_of_something_else_is_no_success(event: object) -> None:
    """A task ends well only for its own trigger's word."""
    with pytest.raises(SymblError, match="not one of SymblJobTrigger"):
        make_submit().execute_complete({}, event)


def test_a_resumed_task_needs_nothing_but_the_event() -> None:
    """It may resume on another machine, with no connection at hand."""
    event = {"status": "completed", **IDS, "error": "", "message": ""}
    assert make_submit(symbl_conn_id="nowhere").execute_complete({}, event) == IDS
