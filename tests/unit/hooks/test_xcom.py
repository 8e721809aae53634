"""What the hook returns leaves a task by XCom and arrives in the next as plain dicts, with nothing to configure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.client import SymblClient
from tests.support.dag_run import Run, TaskKey, run_dags
from tests.unit.hooks.dags import reads

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.process

PLAIN = {"dict", "list", "str", "int", "float", "bool", "NoneType"}


@pytest.fixture(scope="module")
def run(
    airflow_database: None,  # noqa: ARG001 - the run needs it
    running_symbl_local: SymblLocal,
) -> Run:
    """Run the DAG once for all tests here."""
    running_symbl_local.reset()
    running_symbl_local.progress(by="at_once")
    environment = {"AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(running_symbl_local.connection)}
    return run_dags(Path(reads.__file__), ["reads"], {}, environment)["reads"]


def used(run: Run, name: str) -> dict[str, Any]:
    """Return what the second task told of what the first had returned."""
    told: dict[str, Any] = run.results[TaskKey("use")][name]
    return told


def test_every_task_succeeds(run: Run) -> None:
    """Whatever it returned or took."""
    assert {key.task_id for key, state in run.states.items() if state != "success"} == set(), run.log


@pytest.mark.parametrize("name", ["submission", "job", "list", *reads.OF_CONVERSATION])
def test_a_result_arrives_as_plain_data(run: Run, name: str) -> None:
    """Which Airflow reads without an allow list."""
    told = used(run, name)
    assert set(told["kinds"]) <= PLAIN
    assert told["first"]


@pytest.mark.parametrize("name", [name for name in reads.OF_CONVERSATION if name != "get_insights_status"])
def test_a_result_arrives_as_it_was_read(run: Run, running_symbl_local: SymblLocal, name: str) -> None:
    """Under the names that its attributes have."""
    conversation_id = used(run, "submission")["first"]["conversation_id"]
    with SymblClient(running_symbl_local.settings) as client:
        found = getattr(client, name)(conversation_id)
    first = found[0] if isinstance(found, list) else found
    assert used(run, name)["first"] == (first if isinstance(first, str) else dict(first))


def test_what_a_task_returned_is_no_line_of_the_log(run: Run) -> None:
    """Airflow writes one for each; that 3.0 writes every XCom at DEBUG besides is its own."""
    told = [line for line in run.log.splitlines() if "Returned value was" in line]
    assert any("[Message(id=" in line for line in told)
    assert not any(reads.SAID in line for line in told)
