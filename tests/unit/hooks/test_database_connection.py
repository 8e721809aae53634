"""A connection that only Airflow's database holds, in a real ``dag.test()``: no environment variable helps it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dag_run import TaskKey, run_dags
from tests.unit.hooks.dags import in_database

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal


@pytest.mark.usefixtures("airflow_database")
@pytest.mark.process
def test_a_deferred_task_finds_a_connection_in_airflows_database(symbl_local: SymblLocal) -> None:
    """``airflow dags test`` waits in its own process, whose supervisor answers no asynchronous look-up."""
    fields = {
        "conn_type": "symbl",
        "login": symbl_local.app_id,
        "password": symbl_local.app_secret,
        "host": symbl_local.url,
        "extra": {"max_retries": 1},
    }
    add = ["connections", "add", in_database.CONN_ID, "--conn-json", json.dumps(fields)]
    subprocess.run([sys.executable, "-m", "airflow", *add], check=True, capture_output=True, timeout=120)
    symbl_local.progress(by="polls", polls=3)
    run = run_dags(Path(in_database.__file__), ["in_database"], {}, {})["in_database"]
    assert set(run.states.values()) == {"success"}, run.log
    assert run.log.count("Trigger completed") == 2
    assert run.results[TaskKey("read")] == 1
    assert symbl_local.app_secret not in run.shown
