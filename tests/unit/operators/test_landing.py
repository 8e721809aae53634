"""A conversation from its submission to its files in a real run: what was said is in the files and nowhere else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dag_run import TaskKey, run_dags
from tests.unit.operators.dags import landing

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

CANARY = "zanzibar-canary"
ADDRESS, NUMBER = "ann.canary@mail.example.com", "415-555-2671"


@pytest.mark.usefixtures("airflow_database")
@pytest.mark.process
def test_what_was_said_is_in_the_files_and_nowhere_else(symbl_local: SymblLocal, tmp_path: Path) -> None:
    """Not in Airflow's database, its logs, or anything else in its home; what is redacted not even in the files."""
    said = f"The word is {CANARY}. Write to {ADDRESS} or call {NUMBER}."
    chat = tmp_path / "chat.json"
    chat.write_text(json.dumps([{"payload": {"content": said}, "from": {"name": "Ann"}}]))
    results = tmp_path / "results"
    environment = {
        "AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(symbl_local.connection),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "CHAT": str(chat),
        "RESULTS": str(results),
    }
    symbl_local.progress(by="polls", polls=3)
    run = run_dags(Path(landing.__file__), ["landing"], {}, environment)["landing"]
    assert set(run.states.values()) == {"success"}, run.log
    manifest = run.results[TaskKey("land")]
    assert manifest["redacted"]["email"] >= 1
    assert manifest["redacted"]["phone"] >= 1
    landed = {file.name: file.read_bytes() for file in (results / "chat").iterdir()}
    assert landed.keys() == manifest["files"].keys()
    assert CANARY in landed["transcript.txt"].decode()
    secrets = [ADDRESS, NUMBER, NUMBER.replace("-", ""), symbl_local.app_secret]
    for content in landed.values():
        assert [secret for secret in secrets if secret.encode() in content] == []
    home = Path(os.environ["AIRFLOW_HOME"])
    kept = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    assert kept
    # In a test run, Airflow's own supervisor prints at DEBUG what it is told to mask.
    shown = "\n".join(line for line in run.shown.splitlines() if "msg=MaskSecret(" not in line)
    everywhere = {**kept, Path("terminal"): shown.encode()}
    found = [
        (file, text) for file, content in everywhere.items() for text in (CANARY, *secrets) if text.encode() in content
    ]
    assert found == []
    assert symbl_local.requests(f"/v1/conversations/{manifest['conversation_id']}")[-1]["method"] == "DELETE"
