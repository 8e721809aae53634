"""What Airflow stores for its UI of tasks that it has run: their links, and the events of their outlets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dag_run import Run, TaskKey, run_dags
from tests.unit.links.dags import linked

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.process

ENDED = [TaskKey("sync"), TaskKey("unwaited"), TaskKey("mapped", 0), TaskKey("deferred"), TaskKey("append")]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording whose job fails."""
    file = tmp_path_factory.mktemp("broken") / "broken.wav"
    file.write_bytes(b"RIFF\xff\x00\x00\x00WAVE" + bytes(range(256)))
    return file


@pytest.fixture(scope="module")
def observed(
    airflow_database: None,  # noqa: ARG001 - the run needs it
    running_symbl_local: SymblLocal,
    clips: Path,
    broken: Path,
) -> Run:
    """Run the DAG once for all tests here; each job takes two polls."""
    running_symbl_local.reset()
    running_symbl_local.progress(by="polls", polls=2)
    params = {"clips": str(clips), "broken": str(broken)}
    environment = {"AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(running_symbl_local.connection)}
    return run_dags(Path(linked.__file__), ["linked"], params, environment)["linked"]


@pytest.mark.parametrize("key", ENDED)
def test_a_finished_task_leads_to_its_conversation(
    observed: Run, running_symbl_local: SymblLocal, key: TaskKey
) -> None:
    """Whichever process of it was the last one: Airflow stores the link again at the end of each."""
    assert observed.states[key] == "success", observed.log
    conversation_id = observed.results[key]["conversation_id"]
    assert observed.links[key] == {
        "Conversation": f"{running_symbl_local.url}/__local__/#conversations/{conversation_id}"
    }


def test_a_task_whose_job_failed_leads_to_its_conversation(observed: Run, running_symbl_local: SymblLocal) -> None:
    """Where its people look first."""
    assert observed.states[TaskKey("failed")] == "failed"
    page = f"{running_symbl_local.url}/__local__/#conversations/"
    assert observed.links[TaskKey("failed")]["Conversation"].startswith(page)


@pytest.mark.skipif(not linked.OUTLETS, reason="dag.test of Airflow 3.0 makes no asset known")
def test_the_event_of_an_outlet_tells_conversation_and_recording(observed: Run, clips: Path) -> None:
    """Though the task was deferred in between."""
    assert observed.events == {
        TaskKey("deferred"): {
            linked.CALLS.uri: {
                "conversation_id": observed.results[TaskKey("deferred")]["conversation_id"],
                "recording": (clips / "stand-up.wav").as_uri(),
            }
        }
    }


def test_nothing_of_it_tells_what_was_said(observed: Run) -> None:
    """Links and events are shown to everybody who may see the DAG."""
    assert "canary" not in observed.shown
