"""symbl-local is killed at random moments: all that it accepted is done once, and nothing of it is left running."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import wave
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pytest
import requests

from demo.processes import PROC, free_port, wait_until
from tests.support.audio import RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SEED = 20_261_123
JOBS = 100
KILLS = 9
SHARE = 12
"""How many of them are submitted at most between two kills."""
MEDIA_SHARE = 0.25
APPEND_SHARE = 0.4
PATIENCE = 120.0
MARK = "SYMBL_LOCAL_CRASH_TEST"
"""A variable in the server's environment, by which all of its processes are known."""
CLIPS = {0: ["Good morning, everyone."], 3: ["What are you working on today?"], 6: ["I will start the test soon."]}
"""What is heard in two seconds of the recording, by the second at which they begin."""
DRIP_SECONDS = 0.1
"""How long a download lasts at least, so that some are under way at a kill."""


@dataclass
class Sent:
    """A submission.

    :param content: the messages that it makes.
    :param ids: the answer; None where it was lost.
    """

    kind: str
    content: list[str]
    ids: dict[str, str] | None = None


@dataclass
class Talk:
    """A conversation: what was sent to it, in order."""

    name: str
    sent: list[Sent]

    @property
    def id(self) -> str | None:
        """Its id, where the answer to its first submission came."""
        return self.sent[0].ids["conversationId"] if self.sent[0].ids else None


@dataclass
class Server:
    """symbl-local on a folder, as a process that can be killed and started again.

    :param folder: its own.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self._environment = {**os.environ, MARK: str(self.folder)}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; it may not answer yet."""
        options = ["--port", str(self.port), "--data-dir", str(self.folder / "data"), "--workers", "2"]
        account = ["--app-id", "an-id", "--app-secret", "a-secret", "--allow-private-urls"]
        command = [sys.executable, "-m", "airflow_provider_symbl.local_server", *options, *account]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--max-concurrent-jobs", str(10 * JOBS)], env=self._environment, stdout=log, stderr=log
            )

    def wait(self) -> None:
        """Wait until it answers, and get a token."""
        wait_until(self._token, seconds=PATIENCE, what="symbl-local to answer", every=0.02)

    def kill(self) -> None:
        """Kill it, none of its children, and wait until all of them are gone."""
        self.process.kill()
        self.process.wait()
        self.wait_until_nothing_runs()

    def wait_until_nothing_runs(self) -> None:
        """Wait until none of its processes is there."""
        wait_until(lambda: True if not self.processes() else None, seconds=PATIENCE, what="the workers to end")

    def processes(self) -> list[int]:
        """List its processes, itself and those that it left behind included."""
        mark = f"{MARK}={self.folder}".encode()
        return [int(path.parent.name) for path in PROC.glob("[0-9]*/environ") if mark in _environment_of(path)]

    def standing(self) -> Counter[str]:
        """Count the jobs by where their work stands, from a copy of the folder of a server that is dead."""
        copy = shutil.copytree(self.folder / "data", self.folder / "copy", dirs_exist_ok=True)
        with contextlib.closing(sqlite3.connect(copy / "symbl-local.sqlite3")) as database:
            rows = database.execute("SELECT value FROM record WHERE kind = 'job'").fetchall()
        shutil.rmtree(copy)
        return Counter(json.loads(value)["actual"] for (value,) in rows)

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = self.session.get(self.url + path, params=query, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _token(self) -> Literal[True] | None:
        grant = {"type": "application", "appId": "an-id", "appSecret": "a-secret"}
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(requests.ConnectionError):
            answer = self.session.post(f"{self.url}/oauth2/token:generate", json=grant, timeout=PATIENCE)
            self.session.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
            return True
        return None


def _environment_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile, or is somebody else's
        return b""


@dataclass
class Client:
    """Somebody who submits all kinds of things, one after the other.

    :param recordings: where clips can be fetched.
    """

    server: Server
    recordings: str
    chance: random.Random
    talks: list[Talk] = field(default_factory=list)

    @property
    def sent(self) -> list[Sent]:
        """All submissions."""
        return [sent for talk in self.talks for sent in talk.sent]

    @property
    def accepted(self) -> int:
        """How many were answered."""
        return sum(sent.ids is not None for sent in self.sent)

    def submit(self) -> bool:
        """Submit something, and tell whether it was answered."""
        known = [talk for talk in self.talks if talk.id]
        if known and self.chance.random() < APPEND_SHARE:
            talk = self.chance.choice(known)
        else:
            talk = Talk(f"Talk {len(self.talks)}", [])
            self.talks.append(talk)
        sent, path, options = self._something(talk)
        talk.sent.append(sent)
        with contextlib.suppress(requests.RequestException):  # killed before the answer, or in the middle of it
            method, below = ("PUT", f"/{talk.id}") if talk.id else ("POST", "")
            url = f"{self.server.url}/v1/process/{path}{below}"
            answer = self.server.session.request(method, url, timeout=PATIENCE, **options)
            assert answer.status_code == 201, answer.text
            sent.ids = answer.json()
        return sent.ids is not None

    def _something(self, talk: Talk) -> tuple[Sent, str, dict[str, Any]]:
        """Make a text, a file or a link: what it says, the call, and what is sent."""
        named = {} if talk.sent else {"name": talk.name}
        if self.chance.random() >= MEDIA_SHARE:
            words = [
                f"{talk.name}, message {len(self.sent)}, part {part}." for part in range(self.chance.randint(1, 3))
            ]
            body = {"messages": [{"payload": {"content": one}} for one in words], **named}
            return Sent("text", words), "text", {"json": body}
        second = self.chance.choice(list(CLIPS))
        if self.chance.random() < 1 / 2:
            return Sent("file", CLIPS[second]), "audio", {"data": clip(second), "params": named}
        body = {"url": f"{self.recordings}/{second}", **named}
        return Sent("link", CLIPS[second]), "audio/url", {"json": body}


def clip(second: int) -> bytes:
    """Cut two seconds out of a recording."""
    buffer = io.BytesIO()
    with wave.open(str(RECORDINGS / "meetings" / "stand-up.wav")) as whole, wave.open(buffer, "wb") as part:
        part.setparams(whole.getparams())
        whole.setpos(second * whole.getframerate())
        part.writeframes(whole.readframes(2 * whole.getframerate()))
    return buffer.getvalue()


class _Recordings(http.server.BaseHTTPRequestHandler):
    may_end: threading.Event

    def do_GET(self) -> None:
        """Serve a clip in two halves, with a pause between them."""
        body = clip(int(self.path[1:]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # whoever asked was killed
            self.wfile.write(body[:1000])
            self.may_end.wait(DRIP_SECONDS)
            self.wfile.write(body[1000:])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def recordings() -> Iterator[str]:
    """Serve the clips, slowly."""
    _Recordings.may_end = threading.Event()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Recordings) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Return a server that is not started yet."""
    server = Server(tmp_path)
    yield server
    server.process.kill()
    server.process.wait()
    server.session.close()


def test_what_was_accepted_is_done_once_whenever_the_server_is_killed(
    server: Server, recordings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed nine times over a hundred jobs, it completes each, and adds its content once and in order."""
    client = Client(server, recordings, random.Random(SEED))  # noqa: S311 - a test's dice
    kills = [_live_and_die(client, number) for number in range(KILLS)]
    server.start()
    server.wait()
    while client.accepted < JOBS:
        assert client.submit()
    jobs = wait_until(lambda: _all_over(server), seconds=PATIENCE, what="all jobs to end")
    _check_jobs(client, jobs)
    talks = server.get("/v1/conversations", limit="1000")["conversations"]
    for talk in client.talks:
        _check(server, talk, [found["id"] for found in talks if found["name"] == talk.name])
    _check_files(client)
    assert len(server.processes()) > 1, "recognition runs in processes of its own"
    server.process.terminate()
    assert server.process.wait() == 0
    server.wait_until_nothing_runs()
    with capsys.disabled():
        _report(client, kills, jobs)


def _live_and_die(client: Client, number: int) -> str:
    """Start the server, submit what a life's share is, kill it meanwhile, and tell how it stood then."""
    server, chance = client.server, client.chance
    moment = chance.uniform(*[(0.0, 0.1), (0.5, 4.0), (0.0, 1.0)][number % 3])
    is_up = number % 3 < 2  # else it is killed as it comes up, while it takes up the work of before
    server.start()
    if is_up:
        server.wait()
    killer = threading.Timer(moment, server.process.kill)
    killer.start()
    for _ in range(SHARE if is_up else 0):
        if not client.submit():
            break
    killer.join()
    server.kill()
    return f"{moment:.2f} s after it {'answered' if is_up else 'was started'}: {dict(server.standing())}"


def _all_over(server: Server) -> list[dict[str, Any]] | None:
    jobs: list[dict[str, Any]] = server.get("/__local__/jobs")["jobs"]
    return jobs if all(job["status"] in {"completed", "failed"} for job in jobs) else None


def _check(server: Server, talk: Talk, ids: Sequence[str]) -> None:
    """Find each submission's messages once and in order; one that was not answered may be missing, as a whole."""
    assert ids == [talk.id] if talk.id else len(ids) <= 1
    for conversation_id in ids:
        found = [message["text"] for message in server.get(f"/v1/conversations/{conversation_id}/messages")["messages"]]
        assert _fits(found, talk.sent), (found, talk.sent)


def _fits(found: Sequence[str], sent: Sequence[Sent]) -> bool:
    if not sent:
        return not found
    content, rest = sent[0].content, sent[1:]
    is_there = list(found[: len(content)]) == content and _fits(found[len(content) :], rest)
    return is_there or (sent[0].ids is None and _fits(found, rest))


def _check_jobs(client: Client, jobs: Sequence[dict[str, Any]]) -> None:
    """Find each accepted job completed, and of the others at most one each."""
    assert Counter(job["message"] or job["status"] for job in jobs) == {"completed": len(jobs)}
    counts = Counter(job["jobId"] for job in jobs)
    assert max(counts.values()) == 1
    accepted = [sent.ids["jobId"] for sent in client.sent if sent.ids]
    assert set(accepted) <= counts.keys()
    assert len(accepted) <= len(jobs) <= len(client.sent)


def _check_files(client: Client) -> None:
    """Find each recording once, and none that nobody asks for."""
    media = [sent.ids is not None for sent in client.sent if sent.kind != "text"]
    kept = list((client.server.folder / "data" / "symbl-local.spool").iterdir())
    assert sum(media) <= len(kept) <= len(media)


def _report(client: Client, kills: Sequence[str], jobs: Sequence[dict[str, Any]]) -> None:
    kinds = Counter(
        f"{sent.kind}{' appended' if place else ''}" for talk in client.talks for place, sent in enumerate(talk.sent)
    )
    figures = [
        f"seed {SEED}, {len(kills)} kills:",
        *(f"    {kill}" for kill in kills),
        f"{client.accepted} jobs accepted, {len(client.sent) - client.accepted} not answered, {len(jobs)} made",
        f"sent: {dict(kinds)}",
        f"ended: {dict(Counter(job['status'] for job in jobs))}",
    ]
    print("", *figures, sep="\n")  # noqa: T201 - the figures that are asked for
