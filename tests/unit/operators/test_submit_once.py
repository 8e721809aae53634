"""One submission over all tries of a task, with Airflow's task state store: found again, looked for, and sent anew."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import (
    SymblError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblTransportError,
)
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from tests.support.airflow_tasks import TaskState, context_of, execute, run, to_the_end
from tests.unit.operators.tries import MESSAGES, MORE, PACE, KilledError, Killing, all_kinds, fault, jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

KEY = "symbl_submission"

pytestmark = pytest.mark.usefixtures("connection", "short_search")


@all_kinds
def test_the_intent_is_written_down_before_and_the_ids_after(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """What is kept holds a hash of what was submitted, and nothing of what was said."""
    task, state = make(job_timeout=900), Killing().at(1, after=True)
    with pytest.raises(KilledError):
        run(task, state)
    intent = state.get(KEY)
    assert (intent["conversation_id"], intent["job_id"]) == (None, None)
    assert jobs(symbl_local) == []
    fresh = TaskState()
    result = run(make(job_timeout=900), fresh)
    kept = fresh.get(KEY)
    assert {"conversation_id": kept["conversation_id"], "job_id": kept["job_id"]} == result
    assert len(kept["fingerprint"]) == 64
    assert "One more thing" not in json.dumps(kept)


@all_kinds
def test_a_retry_goes_on_with_the_job_of_the_try_before(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """A kill after the ids were stored costs nothing: one job, the same ids."""
    state = Killing().at(2, after=True)
    with pytest.raises(KilledError):
        run(make(deferrable=deferrable), state)
    (made,) = jobs(symbl_local)
    result = to_the_end(make(deferrable=deferrable), state)
    assert result == {"conversation_id": made["conversationId"], "job_id": made["jobId"]}
    assert len(jobs(symbl_local)) == 1


@all_kinds
def test_a_completed_job_is_returned_by_every_later_try(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """As when the process died before its result was stored."""
    state = TaskState()
    results = [to_the_end(make(deferrable=deferrable), state) for _ in range(3)]
    assert results[0] == results[1] == results[2]
    assert len(jobs(symbl_local)) == 1


@all_kinds
def test_a_kill_before_the_ids_were_stored_is_made_good(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """What the submission made is found by its name, or by what the conversation holds; its job's id is not."""
    state = Killing().at(2, after=False)
    with pytest.raises(KilledError):
        run(make(deferrable=deferrable), state)
    (made,) = jobs(symbl_local)
    _until_over(symbl_local)
    result = to_the_end(make(deferrable=deferrable), state)
    assert result == {"conversation_id": made["conversationId"], "job_id": None}
    assert len(jobs(symbl_local)) == 1
    assert to_the_end(make(deferrable=deferrable), state) == result


@all_kinds
def test_a_refused_submission_leaves_nothing_to_look_for(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """What Symbl refused it did not take, so that the next try submits without looking."""
    fault(symbl_local, status=400, body={"message": "no"})
    state = TaskState()
    with pytest.raises(AirflowFailException, match="answered 400: no"):
        run(make(), state)
    assert state.kept == {}


@all_kinds
def test_a_failed_job_is_submitted_anew(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """By the next try; the one that saw it fail says so with both ids."""
    fault(symbl_local, job="failed", message="unreadable")
    state = TaskState()
    with pytest.raises(SymblJobFailedError, match="unreadable"):
        to_the_end(make(deferrable=deferrable), state)
    result = to_the_end(make(deferrable=deferrable), state)
    failed, made = jobs(symbl_local)
    assert (failed["status"], made["status"]) == ("failed", "completed")
    assert result["job_id"] == made["jobId"]


@pytest.mark.usefixtures("airflow_3_3")
@all_kinds
def test_a_clear_submits_anew(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """Airflow 3.3 keeps the state over a clear, and counts it."""
    state = TaskState()
    first = to_the_end(make(deferrable=deferrable), state)
    state.clear()
    second = to_the_end(make(deferrable=deferrable), state)
    assert [job["jobId"] for job in jobs(symbl_local)] == [first["job_id"], second["job_id"]]


def test_another_input_is_another_submission(
    symbl_local: SymblLocal,
    tmp_path: Path,
    logged: Callable[[], str],
) -> None:
    """A retry whose messages, parameters or file changed is not taken for the same."""
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(MESSAGES))
    state, pace = TaskState(), {"task_id": "send", **PACE}
    inputs: list[dict[str, Any]] = [
        {"messages": MESSAGES},
        {"messages": MORE},
        {"messages": MORE, "name": "Ours"},
        {"messages": MORE, "name": "Ours", "extra_parameters": {"timezoneOffset": 0}},
        {"messages": str(file)},
    ]
    for number, given in enumerate(inputs, start=1):
        to_the_end(SymblSubmitTextOperator(**given, **pace), state)
        to_the_end(SymblSubmitTextOperator(**given, **pace), state)
        assert len(symbl_local.submissions()) == number
    file.write_text(json.dumps(MESSAGES + MORE))
    to_the_end(SymblSubmitTextOperator(messages=str(file), **pace), state)
    assert len(symbl_local.submissions()) == 6
    file.unlink()
    to_the_end(SymblSubmitTextOperator(messages=str(file), **pace), state)
    assert len(symbl_local.submissions()) == 6
    assert "An earlier try submitted something else, which goes on by itself: job" in logged()


def test_a_new_version_with_one_more_parameter_knows_the_submission_again(
    symbl_local: SymblLocal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A parameter that is not given is no part of what was submitted: an upgrade between two tries costs nothing."""
    state = TaskState()
    with monkeypatch.context() as earlier_version:
        earlier_version.setattr(SymblSubmitTextOperator, "parameter_names", ("name", "detect_phrases"))
        first = run(SymblSubmitTextOperator(task_id="send", messages=MORE, **PACE), state)
    assert run(SymblSubmitTextOperator(task_id="send", messages=MORE, **PACE), state) == first
    assert len(symbl_local.submissions()) == 1


def test_a_store_that_cannot_be_read_is_not_an_empty_store(symbl_local: SymblLocal) -> None:
    """Nothing is submitted, and a retry may find the store again."""
    state = TaskState(is_broken=True)
    with pytest.raises(SymblError, match=r"cannot be read, so nothing is submitted.*the API server is away") as caught:
        run(SymblSubmitTextOperator(task_id="send", messages=MORE), state)
    assert not isinstance(caught.value, SymblTransportError)
    assert symbl_local.submissions() == []


def test_before_airflow_3_3_there_is_no_memory(symbl_local: SymblLocal, logged: Callable[[], str]) -> None:
    """Each try submits, and says so; within one a lost answer is still made good."""
    symbl_local.progress(by="at_once")

    def run_without_store() -> None:
        task = SymblSubmitTextOperator(task_id="send", messages=MORE, **PACE)
        context = context_of(task)
        del context["task_state_store"]
        execute(task, context)

    fault(symbl_local, at="after_job", cut=True)
    run_without_store()
    run_without_store()
    fault(symbl_local, status=400, body={"message": "no"})
    with pytest.raises(AirflowFailException, match="answered 400: no"):
        run_without_store()
    assert len(symbl_local.submissions()) == 3
    assert logged().count("a retry submits again") == 3


@pytest.mark.parametrize("is_deleted", [False, True], ids=["job forgotten", "all gone"])
def test_a_job_that_symbl_forgot_is_not_submitted_again(
    symbl_local: SymblLocal,
    is_deleted: bool,  # noqa: FBT001 - a case of the test
) -> None:
    """The conversation tells its end; without it the task says how to begin anew."""
    task, state = functools.partial(SymblSubmitTextOperator, task_id="send", messages=MORE, **PACE), TaskState()
    result = run(task(), state)
    fault(symbl_local, call="GET /v1/job/*", status=404, body={"message": "Job was not found"}, times=None)
    if is_deleted:
        with SymblClient(symbl_local.settings) as client:
            client.delete_conversation(result["conversation_id"])
        with pytest.raises(AirflowFailException, match="of which Symbl knows neither; clear the task to submit anew"):
            run(task(), state)
    else:
        assert run(task(), state) == {"conversation_id": result["conversation_id"], "job_id": None}
    assert len(symbl_local.submissions()) == 1


def test_the_deadline_outlives_the_tries(symbl_local: SymblLocal, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """It counts from the submission: a later try looks once and does not wait as long again."""
    fault(symbl_local, job_seconds=600)
    make_task = functools.partial(
        SymblSubmitTextOperator, task_id="send", messages=MORE, deferrable=deferrable, job_timeout=0.2, **PACE
    )
    state = TaskState()
    with pytest.raises(SymblJobTimeoutError):
        to_the_end(make_task(), state)
    reads = len([call for call in symbl_local.requests() if call["path"].startswith("/v1/job/")])
    with pytest.raises(SymblJobTimeoutError, match="goes on at Symbl"):
        run(make_task(), state)
    after = [call for call in symbl_local.requests() if call["path"].startswith("/v1/job/")]
    assert len(after) == reads + 1
    assert len(symbl_local.submissions()) == 1


def test_the_state_of_a_task_that_waits_for_room_names_no_submission(symbl_local: SymblLocal) -> None:
    """A worker that dies meanwhile leaves nothing to look for."""
    fault(symbl_local, status=429, body={"message": "limit"})
    state = TaskState()
    with pytest.raises(TaskDeferred):
        run(SymblSubmitTextOperator(task_id="send", messages=MORE, deferrable=True, **PACE), state)
    assert state.kept == {}


def _until_over(server: SymblLocal) -> None:
    with SymblClient(server.settings) as client:
        for job in jobs(server):
            client.wait_for_job(job["jobId"], **PACE)
