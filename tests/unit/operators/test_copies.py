"""Operators and sensors that were used, copied and pickled: mapped tasks, executors and tests of DAGs do so."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.sensors.job import SymblJobSensor
from airflow_provider_symbl.triggers.job import SymblJobTrigger
from tests.support.airflow_tasks import run
from tests.unit.operators.tries import MESSAGES, PACE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.symbl_local import SymblLocal

COPIES: Mapping[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),  # noqa: S301 - what was pickled a moment ago
}


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("way", COPIES)
def test_a_used_operator_can_be_copied_and_used_again(symbl_local: SymblLocal, way: str) -> None:
    """Each of the two submits for itself."""
    symbl_local.progress(by="at_once")
    task = SymblSubmitTextOperator(task_id="submit", messages=MESSAGES, **PACE)
    first = run(task)
    second = run(COPIES[way](task))
    assert first["job_id"] != second["job_id"]
    assert [call["status"] for call in symbl_local.submissions()] == [201, 201]


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("way", COPIES)
def test_a_used_sensor_can_be_copied_and_used_again(symbl_local: SymblLocal, way: str) -> None:
    """The copy asks for the same job."""
    symbl_local.progress(by="at_once")
    submitted = run(SymblSubmitTextOperator(task_id="submit", messages=MESSAGES, **PACE))
    sensor = SymblJobSensor(task_id="wait", **submitted, poke_interval=0.02)
    run(sensor)
    before = len(symbl_local.requests(f"/v1/job/{submitted['job_id']}"))
    run(COPIES[way](sensor))
    assert len(symbl_local.requests(f"/v1/job/{submitted['job_id']}")) == before + 1


@pytest.mark.usefixtures("connection")
def test_a_pickled_task_holds_no_secret(symbl_local: SymblLocal) -> None:
    """It names its connection, as the DAG file does."""
    symbl_local.progress(by="at_once")
    task = SymblSubmitTextOperator(task_id="submit", messages=MESSAGES, **PACE)
    sensor = SymblJobSensor(task_id="wait", **run(task), poke_interval=0.02)
    run(sensor)
    assert symbl_local.app_secret.encode() not in pickle.dumps(task) + pickle.dumps(sensor)


@pytest.mark.parametrize("way", COPIES)
def test_a_trigger_can_be_copied(way: str) -> None:
    """It is what its arguments say."""
    trigger = SymblJobTrigger(job_id="a-job", conversation_id=None, deadline=1.0)
    assert COPIES[way](trigger).serialize() == trigger.serialize()
