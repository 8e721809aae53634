"""How early a deferred task goes on: not before Airflow has noticed that it was deferred."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_symbl.operators.conversation import SymblGetConversationOperator
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.sensors.job import SymblJobSensor
from airflow_provider_symbl.triggers.job import SymblJobTrigger
from airflow_provider_symbl.triggers.resumption import shortest_deferral
from tests.support.airflow_tasks import events_of, rebuilt, run
from tests.support.scripted_symbl import SUBMITTED, Reply, ScriptedSymbl, job

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import BaseOperator

JOB_ID, CONVERSATION_ID = SUBMITTED["jobId"], SUBMITTED["conversationId"]
INSIGHTS = {"featureList": ["insights"]}
PACE: dict[str, Any] = {"poll_interval": 0.02, "max_poll_interval": 0.05}

TASKS: dict[str, Callable[[], BaseOperator]] = {
    "submit": lambda: SymblSubmitTextOperator(
        task_id="t", messages=[{"payload": {"content": "Good morning."}}], deferrable=True, **PACE
    ),
    "get": lambda: SymblGetConversationOperator(
        task_id="t", conversation_id=CONVERSATION_ID, features=INSIGHTS, deferrable=True, **PACE
    ),
    "sensor": lambda: SymblJobSensor(task_id="t", job_id=JOB_ID, deferrable=True),
}


@pytest.fixture(autouse=True)
def _heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Airflow's workers notice the end of a task within 45 s."""
    monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "45")


def test_it_is_twice_what_a_worker_may_take_to_notice_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is ten seconds unless Airflow is set otherwise."""
    assert shortest_deferral() == 90
    monkeypatch.delenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL")
    assert shortest_deferral() == 10


@pytest.mark.parametrize("make", TASKS.values(), ids=TASKS)
def test_every_deferral_says_when_it_may_end(scripted_symbl: ScriptedSymbl, make: Callable[[], BaseOperator]) -> None:
    """It counts from the deferral, in the stored form of the trigger."""
    scripted_symbl.on("POST", "/v1/process/text", Reply(201, SUBMITTED))
    scripted_symbl.on("GET", f"/v1/job/{JOB_ID}", job("in_progress"))
    scripted_symbl.on("GET", f"/v1/conversations/{CONVERSATION_ID}/lm-insights/status", job("in_progress"))
    before = time.time()
    with pytest.raises(TaskDeferred) as caught:
        run(make())
    assert before + 90 <= caught.value.trigger.serialize()[1]["not_before"] <= time.time() + 90


def test_room_is_not_waited_for_less(scripted_symbl: ScriptedSymbl) -> None:
    """A deferral until the account has room is one too."""
    scripted_symbl.on("POST", "/v1/process/text", Reply(429, {"message": "limit"}))
    before = time.time()
    with pytest.raises(TaskDeferred) as caught:
        run(TASKS["submit"]())
    assert caught.value.trigger.moment.timestamp() >= before + 90


async def test_the_event_waits_for_that_time(scripted_symbl: ScriptedSymbl) -> None:
    """A job that is over before then is seen, and told then; after a move to another triggerer, too."""
    scripted_symbl.on("GET", f"/v1/job/{JOB_ID}", job("completed"))
    not_before = time.time() + 1.0
    trigger = SymblJobTrigger(
        job_id=JOB_ID, conversation_id=None, deadline=not_before + 600, not_before=not_before, **PACE
    )
    (event,) = await events_of(rebuilt(trigger))
    assert event.payload["status"] == "completed"
    assert not_before <= time.time() < not_before + 60
    assert scripted_symbl.count("GET", f"/v1/job/{JOB_ID}") == 1
