"""What all tests share: an Airflow of their own, one symbl-local, emptied before each use, and a connection to it.

Airflow reads its settings when it is first imported, so its home is chosen here, before any test module is.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import tokens
from tests.support.symbl_local import SymblLocal

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server import pytest_plugin

if "airflow" not in sys.modules:
    _home = tempfile.mkdtemp(prefix="symbl-tests-airflow-")
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    Path(_home, "dags").mkdir()
    os.environ |= {
        "AIRFLOW_HOME": _home,
        "AIRFLOW__CORE__DAGS_FOLDER": f"{_home}/dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_home}/airflow.db",
        # There is no scheduler here that a deferred task could be too early for.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "0",
    }

pytest_plugins = ["airflow_provider_symbl.local_server.pytest_plugin"]


@pytest.fixture(scope="session")
def running_symbl_local(symbl_local_server: pytest_plugin.SymblLocal) -> SymblLocal:
    """Return the one symbl-local of all tests, with whatever is in it."""
    return SymblLocal(symbl_local_server.url, symbl_local_server.app_id, symbl_local_server.app_secret)


@pytest.fixture
def symbl_local(running_symbl_local: SymblLocal, monkeypatch: pytest.MonkeyPatch) -> SymblLocal:
    """Return the running symbl-local, empty, with no token of it kept in this process."""
    running_symbl_local.reset()
    monkeypatch.setattr(tokens, "_caches", {})
    return running_symbl_local


@pytest.fixture
def connection(symbl_connection: str) -> str:
    """Make ``symbl_default`` lead to symbl-local, and return its id."""
    return symbl_connection
