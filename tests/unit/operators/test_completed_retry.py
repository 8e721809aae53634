"""A retry that finds its job completed returns at once: it neither defers nor sleeps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblUnknownJobStatusError
from tests.support.airflow_tasks import TaskState, run, to_the_end
from tests.support.scripted_symbl import SUBMITTED, Reply, ScriptedSymbl, job
from tests.unit.operators.tries import PACE, KilledError, Killing, all_kinds, jobs, submits

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

SLOW: dict[str, Any] = {"poll_interval": 30, "max_poll_interval": 60}
"""With these a test that has to wait for a poll is seen to."""
JOB_PATH = f"/v1/job/{SUBMITTED['jobId']}"


def killed_after_its_submission(task: SymblSubmissionOperator) -> TaskState:
    """Kill a try as soon as the ids are stored, and return what is left of it."""
    state = Killing().at(2, after=True)
    with pytest.raises(KilledError):
        run(task, state)
    return state


def wait_for_all(server: SymblLocal) -> None:
    """Wait until the jobs of the tasks are over."""
    with SymblClient(server.settings) as client:
        for made in jobs(server):
            client.wait_for_job(made["jobId"], **PACE)


@all_kinds
@pytest.mark.usefixtures("connection")
def test_a_completed_job_is_returned_at_once(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """One read tells; there is no deferral, and no pause."""
    state = killed_after_its_submission(make(deferrable=deferrable))
    wait_for_all(symbl_local)
    (made,) = jobs(symbl_local)
    reads, start = len(symbl_local.requests(f"/v1/job/{made['jobId']}")), time.monotonic()
    result = run(make(deferrable=deferrable, **SLOW), state)
    assert result == {"conversation_id": made["conversationId"], "job_id": made["jobId"]}
    assert len(symbl_local.requests(f"/v1/job/{made['jobId']}")) == reads + 1
    assert time.monotonic() - start < SLOW["poll_interval"] / 2


@submits
@pytest.mark.usefixtures("connection")
def test_a_completed_job_is_returned_after_its_deadline_too(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """What was completed while the tries had no time left is no timeout."""
    state = killed_after_its_submission(make(deferrable=deferrable, job_timeout=0.001))
    wait_for_all(symbl_local)
    assert run(make(deferrable=deferrable, job_timeout=0.001, **SLOW), state)["job_id"]


@submits
@pytest.mark.usefixtures("connection")
def test_a_job_that_is_not_over_is_waited_for(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """The look costs nothing where it comes too early."""
    symbl_local.progress(by="polls", polls=4)
    state = killed_after_its_submission(make(deferrable=deferrable))
    assert to_the_end(make(deferrable=deferrable), state)["job_id"]
    assert len(jobs(symbl_local)) == 1


@submits
@pytest.mark.usefixtures("connection")
def test_features_are_looked_at_once(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """What was asked for besides is waited for where it is not completed, and read once where it is."""
    features = {"featureList": ["insights"]}
    symbl_local.progress(by="polls", polls=3)
    state = killed_after_its_submission(make(features=features))
    wait_for_all(symbl_local)
    with pytest.raises(TaskDeferred):
        run(make(features=features, deferrable=True), state)
    assert to_the_end(make(features=features), state) == run(make(features=features, deferrable=True, **SLOW), state)
    assert len(jobs(symbl_local)) == 1


@pytest.mark.parametrize("make", ["submit text"], indirect=True)
def test_a_retry_judges_the_status_as_every_poll_does(
    scripted_symbl: ScriptedSymbl,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """One that nobody knows is no success, and is not waited out."""
    scripted_symbl.on("POST", "/v1/process/text", Reply(201, SUBMITTED))
    state = killed_after_its_submission(make(deferrable=True))
    scripted_symbl.on("GET", JOB_PATH, job("done"))
    with pytest.raises(SymblUnknownJobStatusError, match="'done'"):
        run(make(deferrable=True), state)


@submits
@pytest.mark.usefixtures("connection", "short_search")
def test_a_conversation_whose_job_is_lost_is_looked_at_once(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """Its summary tells that it is over; the retry after the one that found it again does not wait either."""
    state = Killing().at(2, after=False)
    with pytest.raises(KilledError):
        run(make(enable_summary=True), state)
    wait_for_all(symbl_local)
    found = run(make(enable_summary=True, deferrable=True, **SLOW), state)
    assert run(make(enable_summary=True, deferrable=True, **SLOW), state) == found
    assert found["job_id"] is None
