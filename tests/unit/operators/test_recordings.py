"""A night in a real run of its DAG: what lies where afterwards, what Symbl received, and what the user is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.dag_run import Run, TaskKey, run_dags
from tests.unit.operators.dags import night

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

RECORDINGS = Path(__file__).parents[3] / "example_dags" / "recordings"

pytestmark = [pytest.mark.usefixtures("airflow_database"), pytest.mark.process]


def run_night(symbl_local: SymblLocal, **arguments: Any) -> Run:
    """Run one night, and return its run."""
    environment = {
        "AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(symbl_local.connection),
        "NIGHT": json.dumps(arguments, default=str),
    }
    return run_dags(Path(night.__file__), ["night"], {}, environment)["night"]


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    """Make a folder with three chats, an empty file and a note."""
    folder = tmp_path / "recordings"
    (folder / "day").mkdir(parents=True)
    for number in range(3):
        chat = [{"payload": {"content": f"Shall we meet on day {number}?"}, "from": {"name": "Anna"}}]
        (folder / "day" / f"{number}.json").write_text(json.dumps(chat))
    (folder / "empty.wav").touch()
    (folder / "note.txt").write_text("Not a recording.")
    return folder


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_night_lands_what_is_there_and_tells_of_the_rest(
    symbl_local: SymblLocal, chats: Path, tmp_path: Path, *, deferrable: bool
) -> None:
    """In the worker, and in the triggerer."""
    symbl_local.progress(by="polls", polls=2)
    run = run_night(symbl_local, recordings=chats, results=tmp_path / "results", deferrable=deferrable)
    assert set(run.states.values()) == {"success"}, run.log
    result = run.results[TaskKey("process")]
    assert result["balance"] == {"found": 5, "landed": 3, "failed": 1, "waiting": 0, "quarantined": 0, "skipped": 1}
    for number in range(3):
        text = (tmp_path / "results" / "day" / f"{number}.json" / "transcript.txt").read_text()
        assert f"Shall we meet on day {number}?" in text
    assert len(symbl_local.requests("/v1/process/text")) == 3
