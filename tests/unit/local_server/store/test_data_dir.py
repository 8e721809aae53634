"""State that outlives the server: what is kept, what is taken up again, and which folders are refused."""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import sqlite3
import subprocess
import sys
import threading
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_symbl.local_server import __main__ as command
from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from airflow_provider_symbl.local_server.speech.transcription import Sentence, SpokenWord, StoppedError, Transcription
from airflow_provider_symbl.local_server.store.data_dir import FORMAT, FORMAT_AT, DataDir, DataDirError
from tests.support.audio import RECORDINGS, Sound
from tests.support.local_client import TIMEOUT, Local, message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_symbl.local_server.speech.transcription import TranscriptionOptions
    from tests.support.web_server import WebServer

MODULE = "airflow_provider_symbl.local_server"
DATABASE = "symbl-local.sqlite3"
LATE_PARCEL = RECORDINGS / "calls" / "late-parcel.wav"
LONG_TEXT = 1_200_000


@contextlib.contextmanager
def running(folder: Path | str, **options: Any) -> Iterator[Local]:
    """Run a server on a folder, and give a client of it."""
    with LocalServer(data_dir=folder, allow_private_urls=True, **options) as server:
        local = Local(server)
        yield local
        local.session.close()


@contextlib.contextmanager
def command_on(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run the command on a folder, and give its process and what it says of itself."""
    arguments = [sys.executable, "-m", MODULE, "--port", "0", "--data-dir", str(folder)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(5)]
        said = {"url": lines[0].split()[-1], "id": lines[1].split()[-1], "secret": lines[2].split()[-1]}
        try:
            yield process, said
        finally:
            process.kill()


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each channel of every recording say the same, at once."""
    words = (SpokenWord(" Hello", 0.1234, 0.4, 0.987654321), SpokenWord(" there.", 0.5, 0.9, 1.0))

    def heard(_: RecogniserPool, _path: Path, how: TranscriptionOptions, *_others: object) -> Transcription:
        return Transcription(1.5, ((Sentence(words),),) * (2 if how.by_channel else 1))

    monkeypatch.setattr(RecogniserPool, "recognise", heard)


@pytest.fixture
def recognition(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Let no recording ever be done; released once for each recording that is begun."""
    begun = threading.Semaphore(0)

    def busy(
        _: RecogniserPool, path: Path, _how: TranscriptionOptions, stopped: threading.Event, _tell: object
    ) -> Transcription:
        assert path.stat().st_size
        begun.release()
        stopped.wait(TIMEOUT)
        raise StoppedError

    monkeypatch.setattr(RecogniserPool, "recognise", busy)
    return begun


def wait_for(local: Local, ids: dict[str, str], status: str = "completed") -> dict[str, str]:
    """Wait until a job is shown so."""
    while (job := local.job(ids))["status"] != status:
        assert job["status"] in {"scheduled", "in_progress"}, job
    return job


def everything(local: Local) -> dict[str, Any]:
    """Read all that there is to read, without counting as a read of a status."""
    found = {path: local.get(path) for path in ("/__local__/jobs", "/__local__/progress")}
    found["list"] = local.get("/v1/conversations", endTime=timestamps.iso(timestamps.now()))
    for conversation in found["list"]["conversations"]:
        path = f"/v1/conversations/{conversation['id']}"
        found[path] = [local.get(path), local.get(f"{path}/members"), local.get(f"{path}/messages", verbose="true")]
    return found


def spooled(folder: Path) -> list[Path]:
    """List the recordings that are kept."""
    return list((folder / "symbl-local.spool").iterdir())


@pytest.mark.usefixtures("hears")
def test_what_is_over_stays_as_it_was(tmp_path: Path) -> None:
    """To the last character and millisecond; tokens and the progress setting too."""
    features = {"features": {"featureList": ["insights"]}}
    with running(tmp_path / "made" / "anew") as local:
        local.progress(by="at_once")
        times = {"startTime": "2026-01-02T03:04:05.678901Z", "endTime": "2026-01-02T05:04:06.5+02:00"}
        said = [message("Größe \U0001f600", "Ann", "ann@example.com", **times), message("Yes.", "Bob")]
        ids = local.submit("text", json={"messages": said, "name": "A talk", **features})
        channels = {"enableSeparateRecognitionPerChannel": "true"}
        local.submit(f"audio/{ids['conversationId']}", "PUT", data=b"noise", params=channels)
        deleted = local.text("Never mind.")
        local.send("DELETE", f"/v1/conversations/{deleted['conversationId']}")
        local.submit("audio/url", json={"url": "http://127.0.0.1:9/"})
        local.text("The last.")
        before, token = everything(local), local.session.headers["Authorization"]
    with running(tmp_path / "made" / "anew") as local:
        assert everything(local) == before
        assert local.session.headers["Authorization"] == token
        assert len(local.messages(ids)) == 4
        assert local.of(ids, "lm-insights/status")["status"] == "completed"


@pytest.mark.process
def test_what_was_not_over_is_worked_on_again(tmp_path: Path, web_server: WebServer) -> None:
    """In order per conversation, from what was submitted; nothing is done twice or left behind."""
    web_server.may_answer.clear()
    body = {"url": web_server.serve("/a.mp4", b"noise"), "name": "A film", "webhookUrl": f"{web_server.url}/hook"}
    with running(tmp_path) as local:
        first = local.submit("video/url", json=body)
        web_server.asked.get(timeout=TIMEOUT)
        second = local.append(first["conversationId"], "Afterwards.", confidenceThreshold=0.5)
        third = local.append(first["conversationId"], "x" * LONG_TEXT)
        assert len(spooled(tmp_path)) >= 1
    web_server.may_answer.set()
    with running(tmp_path) as local:
        assert wait_for(local, first, "failed")["message"].startswith("The recording has the wrong format: got text; ")
        wait_for(local, second)
        wait_for(local, third)
        assert local.texts(first) == ["Afterwards.", "x" * LONG_TEXT]
        assert [job["jobId"] for job in local.get("/__local__/jobs")["jobs"]] == [
            ids["jobId"] for ids in (first, second, third)
        ]
        while web_server.posts.get(timeout=TIMEOUT) != {"jobId": first["jobId"], "status": "failed"}:
            pass
        assert spooled(tmp_path) == []


def test_recordings_wait_in_the_folder(tmp_path: Path, recognition: threading.Semaphore) -> None:
    """As often as the server is started; they are deleted with the end of their job."""
    with running(tmp_path) as local:
        ids = local.submit("audio", data=Sound().tone(0.1).wav(), headers={"Content-Type": "audio/wav"})
        assert recognition.acquire(timeout=TIMEOUT)
    (tmp_path / "symbl-local.spool" / "nobody's").write_bytes(b"left behind by a kill")
    for _ in range(2):
        with running(tmp_path) as local:
            assert recognition.acquire(timeout=TIMEOUT)
            assert local.job(ids)["status"] == "in_progress"
            assert len(spooled(tmp_path)) == 1


def test_a_submission_whose_file_is_gone_fails(tmp_path: Path, recognition: threading.Semaphore) -> None:
    """It says why, and holds up nobody."""
    with running(tmp_path) as local:
        busy = local.submit("audio", data=b"noise")
        assert recognition.acquire(timeout=TIMEOUT)
        ids = local.append(busy["conversationId"], "x" * LONG_TEXT)
    for path in spooled(tmp_path):
        path.unlink()
    with running(tmp_path) as local:
        reason = "What was submitted could not be read again after a restart: its file is gone, or damaged"
        assert wait_for(local, ids, "failed")["message"] == reason


def test_progress_by_polls_goes_on_counting(tmp_path: Path) -> None:
    """The reads before the restart count, of jobs and of add-ons."""
    with running(tmp_path) as local:
        local.progress(by="polls", polls=3)
        ids = local.text("Hello.", features={"featureList": ["insights"]})
        assert [local.job(ids)["status"] for _ in range(2)] == ["scheduled", "in_progress"]
    with running(tmp_path) as local:
        assert local.texts(ids) == []
        assert local.job(ids)["status"] == "completed"
        shown = [local.of(ids, "lm-insights/status")["status"] for _ in range(2)]
        assert shown == ["scheduled", "in_progress"]
    with running(tmp_path) as local:
        assert local.of(ids, "lm-insights/status")["status"] == "completed"
        assert local.get("/__local__/progress") == {"by": "polls", "polls": 3}


def test_progress_by_time_counts_from_the_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time goes by while the server is not running."""
    with running(tmp_path) as local:
        local.progress(by="time", seconds=3600)
        ids = local.text("Hello.")
        while local.job(ids)["status"] != "in_progress":
            pass
    with running(tmp_path) as local:
        assert local.job(ids)["status"] == "in_progress"
    now = timestamps.now
    monkeypatch.setattr(timestamps, "now", lambda: now() + timedelta(hours=2))
    with running(tmp_path) as local:
        wait_for(local, ids)
        assert local.texts(ids) == ["Hello."]


def test_tokens_that_were_made_to_expire_stay_so(tmp_path: Path) -> None:
    """Whatever is forgotten is forgotten for good."""
    with running(tmp_path) as local:
        token = local.session.headers["Authorization"]
        assert local.send("POST", "/__local__/tokens/expire").status_code == 200
    with running(tmp_path) as local:
        assert local.session.headers["Authorization"] != token


def test_a_reset_forgets_what_is_kept(tmp_path: Path, recognition: threading.Semaphore) -> None:
    """But the account."""
    with running(tmp_path) as local:
        account = local.credentials
        local.progress(by="polls", polls=2)
        local.submit("audio", data=b"noise")
        assert recognition.acquire(timeout=TIMEOUT)
        local.send("POST", "/__local__/reset")
        assert spooled(tmp_path) == []
    with running(tmp_path) as local:
        assert local.get("/__local__/jobs")["jobs"] == []
        assert local.get("/__local__/progress") == {"by": "work"}
        assert local.credentials == account


def test_the_account_is_kept_unless_it_is_given(tmp_path: Path) -> None:
    """What is given is for that one time."""
    with running(tmp_path) as local:
        kept = local.credentials
    with running(tmp_path, app_id="given") as local:
        assert local.credentials == {**kept, "appId": "given"}
    with running(tmp_path, app_secret="given") as local:
        assert local.credentials == {**kept, "appSecret": "given"}
    with running(str(tmp_path)) as local:
        assert local.credentials == kept


def test_nobody_else_may_read_the_folder(tmp_path: Path) -> None:
    """It holds a secret, and what was said."""
    with running(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "new" / DATABASE).stat().st_mode & 0o777 == 0o600


@pytest.mark.process
def test_a_killed_command_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    """Killed in the middle of a recording and started again, it makes one job of it, with its messages once."""
    with command_on(tmp_path) as (process, said):
        session, grant = requests.Session(), {"type": "application", "appId": said["id"], "appSecret": said["secret"]}
        answer = session.post(f"{said['url']}/oauth2/token:generate", json=grant, timeout=TIMEOUT)
        session.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        audio = f"{said['url']}/v1/process/audio"
        ids = session.post(audio, data=LATE_PARCEL.read_bytes(), timeout=TIMEOUT).json()
        while session.get(f"{said['url']}/v1/job/{ids['jobId']}", timeout=TIMEOUT).json()["status"] == "scheduled":
            pass
        process.send_signal(signal.SIGKILL)
        assert process.wait(TIMEOUT) == -signal.SIGKILL
    with command_on(tmp_path) as (_, again):
        assert {**again, "url": ""} == {**said, "url": ""}
        job = f"{again['url']}/v1/job/{ids['jobId']}"
        while (status := session.get(job, timeout=TIMEOUT).json()["status"]) != "completed":
            assert status in {"scheduled", "in_progress"}
        jobs = session.get(f"{again['url']}/__local__/jobs", timeout=TIMEOUT).json()["jobs"]
        path = f"{again['url']}/v1/conversations/{ids['conversationId']}/messages"
        first = session.get(path, timeout=TIMEOUT).json()["messages"]
    session.close()
    assert [job["jobId"] for job in jobs] == [ids["jobId"]]
    with running(tmp_path) as local:
        assert local.messages(ids) == first
        assert len({said["startTime"] for said in first}) == len(first) > 3


def test_a_change_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    """A job's end and what it has found are one change."""

    def broken() -> Iterator[tuple[str, str, bytes]]:
        yield ("part", "1", b"found")
        raise KeyboardInterrupt

    with DataDir(tmp_path) as folder:
        with pytest.raises(KeyboardInterrupt):
            folder.write(broken())
        assert folder.records("part") == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_restart_in_place_is_like_a_kill_and_a_new_start(
    tmp_path: Path, recognition: threading.Semaphore, caplog: pytest.LogCaptureFixture, *, kept: bool
) -> None:
    """Other connections are cut; what a folder keeps goes on, and what is in memory alone is gone."""
    waiting: list[BaseException] = []

    def wait(client: Local) -> None:
        with pytest.raises(requests.ConnectionError) as cut:
            client.append(ids["conversationId"], "Afterwards.")
        waiting.append(cut.value)

    with LocalServer(data_dir=tmp_path if kept else None) as server:
        local, other = Local(server), Local(server)
        done = local.text("Before.")
        wait_for(local, done)
        ids = local.submit("audio", data=b"noise")
        assert recognition.acquire(timeout=TIMEOUT)
        local.progress(by="at_once")
        thread = threading.Thread(target=wait, args=(other,))
        thread.start()
        while len(local.get("/__local__/jobs")["jobs"]) < 3:
            pass
        assert local.send("POST", "/__local__/restart").json() == {"status": "ok"}
        thread.join(TIMEOUT)
        statuses = [job["status"] for job in local.get("/__local__/jobs")["jobs"]]
        if kept:
            assert recognition.acquire(timeout=TIMEOUT)
            assert statuses == ["completed", "in_progress", "scheduled"]
            assert local.texts(done) == ["Before."]
            assert local.get("/__local__/progress") == {"by": "at_once"}
        else:
            assert statuses == []
            assert local.send("GET", "/v1/conversations").status_code == 401
        local.session.close()
        other.session.close()
    assert len(waiting) == 1
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_folder_has_one_server_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second does not start, and the first goes on."""
    with running(tmp_path) as local:
        with pytest.raises(DataDirError, match="in use by another symbl-local"), LocalServer(data_dir=tmp_path):
            pass
        assert command.main(["--port", "0", "--data-dir", str(tmp_path)]) == 1
        assert f"The data folder {tmp_path} is in use by another symbl-local" in capsys.readouterr().err
        local.text("Hello.")


def garbage(path: Path) -> None:
    """Write what is no database."""
    path.write_bytes(b"What is this?" * 100)


def foreign(path: Path) -> None:
    """Write somebody else's database."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE record (kind, id, value)")


def newer(path: Path) -> None:
    """Write a database of a version to come."""
    with DataDir(path.parent):
        pass
    data = bytearray(path.read_bytes())
    data[FORMAT_AT : FORMAT_AT + 4] = (FORMAT + 1).to_bytes(4, "big")
    path.write_bytes(data)


def older(path: Path) -> None:
    """Write a database of format 1, as the first servers did."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            PRAGMA application_id = 1398361410;
            PRAGMA user_version = 1;
            PRAGMA journal_mode = WAL;
            CREATE TABLE record (kind TEXT NOT NULL, id TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, id));
            INSERT INTO record VALUES ('account', 'app_id', 'an-id');
            INSERT INTO record VALUES ('sent', '1', '{"call":"text","query":"","content":"e30=","file":null}');
        """)


def damaged(path: Path) -> None:
    """Write a database that ends after its header."""
    with DataDir(path.parent):
        pass
    path.write_bytes(path.read_bytes()[:100] + b"?" * 10_000)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (garbage, f"cannot be used: {DATABASE} was not written by symbl-local"),
        (foreign, f"cannot be used: {DATABASE} was not written by symbl-local"),
        (
            newer,
            f"cannot be used: {DATABASE} was written by a newer symbl-local (format 3, this one has 2): name another",
        ),
        (
            older,
            f"cannot be used: {DATABASE} was written by an older symbl-local (format 1, this one has 2): name another",
        ),
        (damaged, "cannot be used: "),
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone(
    tmp_path: Path, spoil: Callable[[Path], None], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says which folder and why; its exit code is 1."""
    file = tmp_path / DATABASE
    spoil(file)
    before = file.read_bytes()
    assert command.main(["--port", "0", "--data-dir", str(tmp_path), "--app-id", "1", "--app-secret", "2"]) == 1
    assert f"The data folder {tmp_path} {said}" in capsys.readouterr().err
    assert file.read_bytes() == before


@pytest.mark.process
def test_records_of_servers_with_other_fields_are_read(tmp_path: Path) -> None:
    """What a later one has added is ignored, and what an earlier one did not have yet takes its default."""
    with running(tmp_path) as local:
        local.progress(by="polls", polls=2)
        ids = local.text("Hello.")
        assert local.job(ids)["status"] == "scheduled"
        local.submit("audio", data=b"noise")
    with DataDir(tmp_path) as folder:
        for kind in ("conversation", "job", "token", "progress"):
            for name, value in folder.records(kind):
                folder.write([(kind, name, _changed(json.loads(value)))])
        for name, value in folder.records("part"):
            folder.write([("part", name, zlib.compress(_changed(json.loads(zlib.decompress(value)))))])
    with running(tmp_path) as local:
        assert wait_for(local, ids) == {"id": ids["jobId"], "status": "completed"}
        assert local.texts(ids) == ["Hello."]
        assert local.of(ids, "members") == {"members": []}
        assert local.get("/__local__/progress") == {"by": "polls", "polls": 1}


def _changed(record: dict[str, Any]) -> bytes:
    """Give a record with fields that nobody knows, and without those that have not always been there."""
    missing = ("features", "fault", "analysis_options", "source", "metadata", "polls")
    kept = {name: value for name, value in record.items() if name not in missing}
    return json.dumps({**kept, "added": {"later": [1]}, "rank": 7}).encode()


@pytest.mark.parametrize("below", ["file", "file/folder"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, below: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1."""
    (tmp_path / "file").touch()
    folder = tmp_path / below
    assert command.main(["--port", "0", "--data-dir", str(folder)]) == 1
    assert f"The data folder {folder} cannot be used: " in capsys.readouterr().err


@pytest.mark.parametrize("obstacle", [DATABASE, "symbl-local.lock", "symbl-local.spool/folder"])
def test_a_folder_in_which_something_is_in_the_way_is_named(tmp_path: Path, obstacle: str) -> None:
    """And is free for others again."""
    (tmp_path / obstacle).mkdir(parents=True)
    with pytest.raises(DataDirError, match="cannot be used"), LocalServer(data_dir=tmp_path):
        pass
    (tmp_path / obstacle).rmdir()
    with LocalServer(data_dir=tmp_path):
        pass
