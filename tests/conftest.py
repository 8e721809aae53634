"""What all tests share: an Airflow of their own, one symbl-local, emptied before each use, and a connection to it.

Airflow reads its settings when it is first imported, so its home is chosen here, before any test module is.
"""

from __future__ import annotations

import atexit
import dataclasses
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_symbl.client import tokens
from airflow_provider_symbl.client.settings import ClientSettings
from airflow_provider_symbl.local_server.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

if "airflow" not in sys.modules:
    _home = tempfile.mkdtemp(prefix="symbl-tests-airflow-")
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    Path(_home, "dags").mkdir()
    os.environ |= {
        "AIRFLOW_HOME": _home,
        "AIRFLOW__CORE__DAGS_FOLDER": f"{_home}/dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_home}/airflow.db",
    }

RECORDINGS = Path(__file__).parent.parent / "example_dags" / "recordings"


@dataclasses.dataclass(frozen=True)
class SymblLocal:
    """A running symbl-local, as tests use it."""

    url: str
    app_id: str
    app_secret: str

    @property
    def settings(self) -> ClientSettings:
        """Settings of a client that reaches it."""
        return ClientSettings(self.app_id, self.app_secret, self.url)

    def journal(self, path: str = "") -> list[dict[str, Any]]:
        """Return the requests that it received, those of one path where one is given."""
        found: list[dict[str, Any]] = requests.get(f"{self.url}/__local__/journal", timeout=10).json()["requests"]
        return [request for request in found if path in ("", request["path"])]

    def submissions(self) -> list[dict[str, Any]]:
        """Return the submits and appends that it received."""
        return [request for request in self.journal() if request["path"].startswith("/v1/process/")]

    def progress(self, **setting: str | float) -> None:
        """Say how the jobs from now on get on, such as ``by="polls", polls=3``."""
        requests.put(f"{self.url}/__local__/progress", json=setting, timeout=10).raise_for_status()

    def reset(self) -> None:
        """Make it forget everything."""
        requests.post(f"{self.url}/__local__/reset", timeout=10).raise_for_status()


@pytest.fixture(scope="session")
def running_symbl_local() -> Iterator[SymblLocal]:
    """Run one symbl-local for all tests."""
    with LocalServer() as server:
        yield SymblLocal(server.url, server.app_id, server.app_secret)


@pytest.fixture
def symbl_local(running_symbl_local: SymblLocal, monkeypatch: pytest.MonkeyPatch) -> SymblLocal:
    """Return the running symbl-local, empty, with no token of it kept in this process."""
    running_symbl_local.reset()
    monkeypatch.setattr(tokens, "_caches", {})
    return running_symbl_local


@pytest.fixture
def connection(symbl_local: SymblLocal, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make ``symbl_default`` lead to symbl-local, and return its id."""
    fields = {
        "conn_type": "symbl",
        "login": symbl_local.app_id,
        "password": symbl_local.app_secret,
        "host": symbl_local.url,
    }
    monkeypatch.setenv("AIRFLOW_CONN_SYMBL_DEFAULT", json.dumps(fields))
    return "symbl_default"
