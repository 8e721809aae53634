"""A data folder of which a part is damaged: the rest is served, what is not says so, and nothing is thrown away."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from airflow_provider_symbl.local_server.speech.transcription import StoppedError
from tests.support.fault_rules import until
from tests.support.local_client import TIMEOUT, Local

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_symbl.local_server.speech.transcription import Transcription, TranscriptionOptions

DAMAGE = b'{"id": "half a rec'


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Local]:
    """Run a server on a folder, and give a client of it."""
    with LocalServer(data_dir=folder, app_id="an-id", app_secret="a-secret") as server:
        local = Local(server)
        yield local
        local.session.close()


def damage(folder: Path, kind: str, record_id: str = "%") -> Callable[[], list[bytes]]:
    """Damage records as a failing disk would, and return what reads them."""

    def read() -> list[bytes]:
        with contextlib.closing(sqlite3.connect(folder / "symbl-local.sqlite3")) as database:
            rows = database.execute("SELECT value FROM record WHERE kind = ? AND id LIKE ?", (kind, record_id))
            return [value for (value,) in rows]

    with contextlib.closing(sqlite3.connect(folder / "symbl-local.sqlite3")) as database, database:
        database.execute("UPDATE record SET value = ? WHERE kind = ? AND id LIKE ?", (DAMAGE, kind, record_id))
    return read


@pytest.fixture
def two(tmp_path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the ids of two conversations that a server left in its folder."""
    with running(tmp_path) as local:
        local.progress(by="at_once")
        return local.text("The first."), local.text("The second.")


def test_results_that_are_damaged_are_shown_as_a_failure(
    tmp_path: Path, two: tuple[dict[str, str], dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Rather than as silence; the log names the record, which stays as it is, and all else is served."""
    damaged, whole = two
    read = damage(tmp_path, "part", damaged["jobId"])
    with running(tmp_path) as local:
        assert local.job(damaged) == {
            "id": damaged["jobId"],
            "status": "failed",
            "message": "What was found is damaged in the data folder of symbl-local, and cannot be read",
        }
        assert (local.texts(damaged), local.texts(whole)) == ([], ["The second."])
        local.text("The third.")
    assert f"The data folder {tmp_path}: the record part {damaged['jobId']} is left out" in caplog.text
    assert read() == [DAMAGE]


@pytest.mark.parametrize("kind", ["job", "conversation", "tracker", "progress", "reads", "token"])
def test_the_rest_is_served_whichever_record_is_damaged(
    tmp_path: Path, two: tuple[dict[str, str], dict[str, str]], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """New work is taken, and nothing of a damaged token is logged."""
    with running(tmp_path) as local:
        tracker = {"name": "Refunds", "vocabulary": ["money back"]}
        assert local.send("POST", "/v1/manage/tracker", json=tracker).ok
        local.progress(by="polls", polls=2)
        token = str(local.session.headers["Authorization"]).removeprefix("Bearer ")
        local.job(local.text("Read once."))
    read = damage(tmp_path, kind, two[0]["conversationId"] if kind == "conversation" else "%")
    assert set(read()) == {DAMAGE}
    with running(tmp_path) as local:
        if kind not in {"job", "conversation"}:
            assert local.texts(two[0]) == ["The first."]
        if kind != "job":
            assert local.texts(two[1]) == ["The second."]
        local.progress(by="at_once")
        assert local.texts(local.text("Another.")) == ["Another."]
    assert f"the record {kind} " in caplog.text
    assert token not in caplog.text


def test_a_submission_that_is_damaged_fails_and_its_recording_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever mends the folder may have a use for it."""

    def busy(
        _: RecogniserPool, _path: Path, _how: TranscriptionOptions, stopped: threading.Event, _tell: object
    ) -> Transcription:
        stopped.wait(TIMEOUT)
        raise StoppedError

    monkeypatch.setattr(RecogniserPool, "recognise", busy)
    with running(tmp_path) as local:
        ids = local.submit("audio", data=b"noise")
    damage(tmp_path, "submission")
    with running(tmp_path) as local:
        until(lambda: local.job(ids)["status"] == "failed")
        assert local.job(ids)["message"].startswith("What was submitted could not be read again after a restart")
    assert [file.read_bytes() for file in (tmp_path / "symbl-local.spool").iterdir()] == [b"noise"]
