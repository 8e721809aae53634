"""A disk that is full: what cannot be kept is refused and says so, what was accepted waits, and reads go on."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.api import bodies
from airflow_provider_symbl.local_server.jobs import downloads, job_runner, job_view
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from airflow_provider_symbl.local_server.speech.transcription import (
    JobFailureError,
    Sentence,
    SpokenWord,
    Transcription,
)
from airflow_provider_symbl.local_server.store.data_dir import DataDir
from tests.support.fault_rules import until
from tests.support.local_client import TIMEOUT, Local, message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from airflow_provider_symbl.local_server.store.data_dir import Change
    from tests.support.web_server import WebServer

FULL = "The disk of symbl-local failed, and nothing was changed: "
HEARD = Transcription(1.0, ((Sentence((SpokenWord("Hello.", 0.0, 1.0, 1.0),)),),))


class Disk:
    """The disk below the data folder: full while it is told to be, for all that is written or for what holds a text."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self.refused = 0
        self.only_for = b""
        write = DataDir.write

        def written(folder: DataDir, changes: Iterable[Change]) -> None:
            changes = list(changes)
            if self.is_full and any(self.only_for in (value or b"") for _, _, value in changes):
                self.refused += 1
                raise sqlite3.OperationalError("database or disk is full")
            write(folder, changes)

        monkeypatch.setattr(DataDir, "write", written)
        monkeypatch.setattr(job_runner, "WRITE_AGAIN_SECONDS", 0.02)
        monkeypatch.setattr(job_view, "SHOW_AGAIN_SECONDS", 0.02)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Return the disk, which has room."""
    return Disk(monkeypatch)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """Return a client of a server with a data folder."""
    with LocalServer(data_dir=tmp_path, allow_private_urls=True) as server:
        local = Local(server)
        yield local
        local.session.close()


@pytest.fixture
def hearing(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let every recording be heard when this is set."""
    may_end = threading.Event()

    def heard(_: RecogniserPool, path: Path, *_others: object) -> Transcription:
        assert may_end.wait(TIMEOUT)
        if path.read_bytes() == b"noise":
            raise JobFailureError("Nothing can be heard")
        return HEARD

    monkeypatch.setattr(RecogniserPool, "recognise", heard)
    yield may_end
    may_end.set()


def _refuse_to_make(_spool: Path) -> Path:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_submission_that_cannot_be_kept_is_refused(local: Local, disk: Disk) -> None:
    """It says why, and leaves nothing behind; the next one is taken when there is room again."""
    disk.is_full = True
    answer = local.send("POST", "/v1/process/text", json={"messages": [message("Hello.")]})
    assert (answer.status_code, answer.json()) == (507, {"message": f"{FULL}database or disk is full"})
    assert local.get("/__local__/jobs")["jobs"] == []
    disk.is_full = False
    ids = local.text("Hello again.")
    until(lambda: local.texts(ids) == ["Hello again."])


@pytest.mark.parametrize(
    ("is_replaced", "said"),
    [(False, "No such file or directory"), (True, "The data folder was replaced by another")],
)
def test_a_folder_that_is_gone_takes_no_submission(
    local: Local,
    tmp_path: Path,
    is_replaced: bool,  # noqa: FBT001 - a parameter of the test
    said: str,
) -> None:
    """Whatever SQLite would still write, nobody would find again; reads go on."""
    ids = local.text("Hello.")
    until(lambda: local.job(ids)["status"] == "completed")
    shutil.rmtree(tmp_path)
    if is_replaced:
        tmp_path.mkdir()
        (tmp_path / "symbl-local.sqlite3").touch()
    answer = local.send("POST", "/v1/process/text", json={"messages": [message("Hello again.")]})
    assert (answer.status_code, answer.json()) == (507, {"message": f"{FULL}{said}"})
    assert local.texts(ids) == ["Hello."]


def test_a_recording_that_has_no_room_is_refused(local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is made of it."""
    monkeypatch.setattr(bodies, "new_file", _refuse_to_make)
    answer = local.send("POST", "/v1/process/audio", data=bytes(3_000_000))
    assert (answer.status_code, answer.json()) == (507, {"message": f"{FULL}No space left on device"})
    assert local.journal()[-1]["status"] == 507
    assert list((tmp_path / "symbl-local.spool").iterdir()) == []


def test_a_download_that_has_no_room_fails_with_the_reason(
    local: Local, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job was accepted, so it is the job that says so."""
    monkeypatch.setattr(downloads, "new_file", _refuse_to_make)
    ids = local.submit("audio/url", json={"url": web_server.serve("/a.wav", b"RIFF")})
    until(lambda: local.job(ids)["status"] == "failed")
    reason = "The download from 127.0.0.1 cannot be kept on symbl-local's disk: No space left on device"
    assert local.job(ids)["message"] == reason


@pytest.mark.parametrize(("recording", "status"), [(b"speech", "completed"), (b"noise", "failed")])
def test_what_was_found_waits_for_room(
    local: Local, disk: Disk, hearing: threading.Event, recording: bytes, status: str
) -> None:
    """The job is not over before its end is written, reads go on meanwhile, and nothing is done twice."""
    ids = local.submit("audio", data=recording)
    disk.is_full = True
    hearing.set()
    until(lambda: disk.refused > 2)
    assert local.job(ids)["status"] in {"scheduled", "in_progress"}
    assert local.send("GET", "/v1/conversations").status_code == 200
    disk.is_full = False
    until(lambda: local.job(ids)["status"] == status)
    assert local.texts(ids) == (["Hello."] if status == "completed" else [])


def test_an_end_that_is_shown_later_waits_for_room_too(local: Local, disk: Disk) -> None:
    """By time, what is shown follows the work."""
    local.progress(by="time", seconds=0.1)
    disk.only_for, disk.is_full = b'"shown":"completed"', True
    ids = local.text("Hello.")
    until(lambda: disk.refused > 2)
    assert local.job(ids)["status"] in {"scheduled", "in_progress"}
    disk.is_full = False
    until(lambda: local.job(ids)["status"] == "completed")


def test_a_server_that_starts_on_a_full_disk_takes_up_its_work_when_there_is_room(
    tmp_path: Path, disk: Disk, hearing: threading.Event
) -> None:
    """What it was given before is not lost."""
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        ids = local.submit("audio", data=b"speech")
        local.session.close()
    disk.is_full = True
    hearing.set()
    with LocalServer(data_dir=tmp_path) as server:
        until(lambda: disk.refused > 2)
        disk.is_full = False
        local = Local(server)
        until(lambda: local.job(ids)["status"] == "completed")
        assert local.texts(ids) == ["Hello."]
        local.session.close()
