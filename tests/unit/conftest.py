"""What the tests of the Airflow side share: servers, recordings and object storage."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from airflow_provider_symbl.client import polling, reconciliation, tokens
from tests.support.audio import RECORDINGS, cut_clips
from tests.support.object_storage import Memory
from tests.support.scripted_symbl import ScriptedSymbl
from tests.support.web_server import ClipServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


STARTS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"})
"""What Python's audit events call the start of a process."""


def pytest_configure(config: pytest.Config) -> None:
    """Let ``make quick`` fail where it starts a process: the test that does is not marked."""
    if "not process" not in config.getoption("markexpr"):
        return

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        test = os.environ.get("PYTEST_CURRENT_TEST")
        if event in STARTS and test:
            message = f"{test} starts a process: mark it with pytest.mark.process"
            raise RuntimeError(message)

    sys.addaudithook(refuse)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the first two seconds of each example recording."""
    folder = tmp_path_factory.mktemp("clips")
    cut_clips(RECORDINGS.rglob("*.*"), folder)
    return folder


@pytest.fixture(scope="session")
def clips_url(clips: Path) -> Iterator[str]:
    """Serve the clips, and take webhooks, over http."""
    with ClipServer(clips) as server:
        yield server.url


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Make the database that running a DAG needs."""
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


@pytest.fixture
def scripted_symbl(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedSymbl]:
    """Make ``symbl_default`` lead to a server that answers as the test tells it; the client sends each call once."""
    monkeypatch.setattr(tokens, "_caches", {})
    monkeypatch.setattr(reconciliation, "SEARCH_TIMEOUT", 0.0)
    with ScriptedSymbl() as server:
        fields = {
            "conn_type": "symbl",
            "login": server.app_id,
            "password": server.app_secret,
            "host": server.url,
            "extra": {"max_retries": 0, "timeout": 10},
        }
        monkeypatch.setenv("AIRFLOW_CONN_SYMBL_DEFAULT", json.dumps(fields))
        yield server


@pytest.fixture
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make refusals of a poll final after a moment."""
    monkeypatch.setattr(polling, "REFUSAL_GRACE", 0.2)
    monkeypatch.setattr(polling, "AUTHENTICATION_GRACE", 0.2)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Return what gives all that was logged so far, by Airflow's loggers and by Python's, which are the same in 3.0."""
    caplog.set_level("INFO")
    written = logging.Formatter()  # the message, and the traceback where there is one
    with structlog.testing.capture_logs() as entries:
        yield lambda: "\n".join(
            [
                *(f"{entry['log_level']}: {entry['event']}" for entry in entries),
                *(f"{record.levelname.lower()}: {written.format(record)}" for record in caplog.records),
            ]
        )


@pytest.fixture
def broken_recording(tmp_path: Path) -> Path:
    """Return a file that begins as a recording does and is none: Symbl takes it, and its job fails."""
    file = tmp_path / "broken.wav"
    file.write_bytes(b"RIFF\xff\x00\x00\x00WAVE" + bytes(range(256)))
    return file


@pytest.fixture
def attach_storage(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes a file system known to Airflow, for one test."""
    from airflow.sdk.io import store  # noqa: PLC0415 - loads much, and few tests need it

    monkeypatch.setattr(store, "_STORE_CACHE", {})

    def attach(protocol: str, storage: Memory, conn_id: str | None = None) -> None:
        store.attach(protocol=protocol, conn_id=conn_id, fs=storage)

    return attach


@pytest.fixture
def memory(attach_storage: Callable[..., None]) -> Memory:
    """Return empty object storage that Airflow knows as ``memory://shelf@…``."""
    storage = Memory()
    attach_storage("memory", storage, conn_id="shelf")
    return storage
