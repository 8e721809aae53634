"""Airflow's execution_timeout ends a try that is deferred, whatever it waits for; Airflow itself does not see to it."""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_symbl.exceptions import SymblConcurrencyLimitError, SymblJobTimeoutError
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from tests.support.airflow_tasks import TaskState, resume, run, to_the_end
from tests.support.scripted_symbl import SUBMITTED, Reply, ScriptedSymbl, job
from tests.unit.operators.tries import MESSAGES, PACE, fault

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

FULL = Reply(429, {"message": "limit of concurrent jobs"})
SUBMIT = ("POST", "/v1/process/text")
JOB_PATH = f"/v1/job/{SUBMITTED['jobId']}"


def make(seconds: float, **changes: Any) -> SymblSubmitTextOperator:
    """Make a deferrable submit with an execution_timeout."""
    limit = datetime.timedelta(seconds=seconds)
    arguments: dict[str, Any] = {"messages": MESSAGES, "deferrable": True, "execution_timeout": limit, **PACE}
    return SymblSubmitTextOperator(task_id="send", **(arguments | changes))


def since(seconds: float) -> TaskState:
    """Return the state of a task whose try began some seconds ago."""
    return TaskState(started=datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds))


def deferred_by(task: SymblSubmitTextOperator, state: TaskState) -> Any:  # noqa: ANN401 - Airflow's exception
    """Run a task until it defers, and return what it raised."""
    with pytest.raises(TaskDeferred) as caught:
        run(task, state)
    return caught.value


@pytest.mark.usefixtures("connection")
def test_a_deferred_task_ends_at_its_execution_timeout(symbl_local: SymblLocal) -> None:
    """The error names the limit and both ids; the four hours of job_timeout are not waited for."""
    fault(symbl_local, job_seconds=600)
    told = r"conversation \d+: not completed at its deadline, that of execution_timeout \(job\); it goes on at Symbl"
    start = time.monotonic()
    with pytest.raises(SymblJobTimeoutError, match=told):
        to_the_end(make(1.0))
    assert time.monotonic() - start < 30


@pytest.mark.usefixtures("connection")
def test_the_earlier_limit_ends_the_wait(symbl_local: SymblLocal) -> None:
    """A job_timeout that is over before the execution_timeout is the one that is named."""
    fault(symbl_local, job_seconds=600)
    with pytest.raises(SymblJobTimeoutError, match="at its deadline, that of job_timeout"):
        to_the_end(make(600, job_timeout=0.3))


@pytest.mark.usefixtures("connection")
def test_it_counts_from_the_start_of_the_try(symbl_local: SymblLocal) -> None:
    """What the worker needed before it deferred is part of it; a later try has its own."""
    fault(symbl_local, job_seconds=600)
    first, second = since(40), since(0)
    for state in (first, second):
        deadline = deferred_by(make(100), state).trigger.serialize()[1]["deadline"]
        assert deadline == state.started.timestamp() + 100
        second.kept = first.kept


@pytest.mark.usefixtures("connection")
def test_it_spans_the_wait_for_room_and_the_wait_for_the_job(symbl_local: SymblLocal) -> None:
    """Also on an Airflow that tells a task which resumes another start than its first."""
    fault(symbl_local, status=429, body={"message": "limit of concurrent jobs"})
    fault(symbl_local, job_seconds=600)
    state = since(40)
    end = state.started.timestamp() + 100
    waits_for_room = deferred_by(make(100), state)
    state.started = datetime.datetime.now(datetime.UTC)
    with pytest.raises(TaskDeferred) as caught:
        resume(make(100), waits_for_room, state)
    assert caught.value.trigger.serialize()[1]["deadline"] == end


def test_room_is_waited_for_no_longer(scripted_symbl: ScriptedSymbl) -> None:
    """The error holds Symbl's words and the limit, whichever is the earlier one."""
    scripted_symbl.on(*SUBMIT, FULL)
    told = "limit of concurrent jobs; there was no room before the end of "
    with pytest.raises(SymblConcurrencyLimitError, match=told + "execution_timeout"):
        to_the_end(make(1.5))
    with pytest.raises(SymblConcurrencyLimitError, match=told + "job_timeout"):
        to_the_end(make(600, job_timeout=0.5))


def test_a_try_whose_time_is_over_does_not_defer(scripted_symbl: ScriptedSymbl) -> None:
    """It returns from the wait for room too late to wait for its job, which it names."""
    scripted_symbl.on(*SUBMIT, FULL, Reply(201, SUBMITTED))
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    state = since(0)
    waits_for_room = deferred_by(make(30), state)
    assert waits_for_room.kwargs["end"] == state.started.timestamp() + 30
    waits_for_room.kwargs["end"] = time.time()
    with pytest.raises(SymblJobTimeoutError, match=f"{SUBMITTED['jobId']}.*execution_timeout"):
        resume(make(30), waits_for_room, state)


def test_without_one_job_timeout_alone_counts(scripted_symbl: ScriptedSymbl) -> None:
    """As before."""
    scripted_symbl.on(*SUBMIT, Reply(201, SUBMITTED))
    arguments = deferred_by(make(1, execution_timeout=None, job_timeout=900), since(5000)).trigger.serialize()[1]
    assert arguments["limit"] == "job_timeout"
    assert arguments["deadline"] > time.time() + 800


@pytest.mark.usefixtures("connection")
def test_in_a_worker_airflow_itself_sees_to_it(symbl_local: SymblLocal) -> None:
    """A task that does not defer is ended by Airflow's own alarm, and not by two of them."""
    symbl_local.progress(by="polls", polls=2)
    assert to_the_end(make(1, deferrable=False), since(3600))["job_id"]
