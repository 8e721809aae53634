"""A symbl-local that can be killed and started again, and a client that submits all kinds of things to it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import wave
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import requests

from demo.processes import PROC, free_port, wait_until
from tests.support.audio import RECORDINGS
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    import random
    from pathlib import Path

MEDIA_SHARE = 0.25
APPEND_SHARE = 0.4
TIMEOUT = 120.0
MARK = "SYMBL_LOCAL_CRASH_TEST"
"""A variable in the server's environment, by which all of its processes are known."""
CLIPS = {0: ["Good morning, everyone."], 3: ["What are you working on today?"], 6: ["I will start the test soon."]}
"""What is heard in two seconds of the recording, by the second at which they begin."""


@dataclass
class Submission:
    """A submission.

    :param content: the messages that it makes.
    :param ids: the answer; None where it was lost.
    """

    kind: str
    content: list[str]
    ids: dict[str, str] | None = None


@dataclass
class Conversation:
    """A conversation: what was sent to it, in order."""

    name: str
    sent: list[Submission]

    @property
    def id(self) -> str | None:
        """Its id, where the answer to its first submission came."""
        return self.sent[0].ids["conversationId"] if self.sent[0].ids else None


@dataclass
class Server:
    """symbl-local on a folder, as a process that can be killed and started again.

    :param folder: its own.
    :param options: further ones of the command.
    """

    folder: Path
    options: tuple[str, ...] = ()
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
        limit = ["--max-concurrent-jobs", str(10 * SIZES.server_crash_jobs)]
        command = [sys.executable, "-m", "airflow_provider_symbl.local_server", *options, *account, *limit]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.options],
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Wait until it answers, and get a token."""
        wait_until(self._token, seconds=TIMEOUT, what="symbl-local to answer", every=0.02)

    def kill(self) -> None:
        """Kill it, none of its children, and wait until all of them are gone."""
        self.process.kill()
        self.process.wait()
        self.wait_until_nothing_runs()

    def wait_until_nothing_runs(self) -> None:
        """Wait until none of its processes is there."""
        wait_until(lambda: True if not self.processes() else None, seconds=TIMEOUT, what="the workers to end")

    def processes(self) -> list[int]:
        """List its processes, itself and those that it left behind included."""
        mark = f"{MARK}={self.folder}".encode()
        return [int(path.parent.name) for path in PROC.glob("[0-9]*/environ") if mark in _environment_of(path)]

    def job_statuses(self) -> Counter[str]:
        """Count the jobs by where their work stands, from a copy of the folder of a server that is dead."""
        copy = shutil.copytree(self.folder / "data", self.folder / "copy", dirs_exist_ok=True)
        with contextlib.closing(sqlite3.connect(copy / "symbl-local.sqlite3")) as database:
            rows = database.execute("SELECT value FROM record WHERE kind = 'job'").fetchall()
        shutil.rmtree(copy)
        return Counter(json.loads(value)["actual"] for (value,) in rows)

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = self.session.get(self.url + path, params=query, timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _token(self) -> Literal[True] | None:
        grant = {"type": "application", "appId": "an-id", "appSecret": "a-secret"}
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(requests.ConnectionError):
            answer = self.session.post(f"{self.url}/oauth2/token:generate", json=grant, timeout=TIMEOUT)
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
    rng: random.Random
    conversations: list[Conversation] = field(default_factory=list)

    @property
    def sent(self) -> list[Submission]:
        """All submissions."""
        return [sent for conversation in self.conversations for sent in conversation.sent]

    @property
    def accepted(self) -> int:
        """How many were answered."""
        return sum(sent.ids is not None for sent in self.sent)

    def submit(self) -> bool:
        """Submit something, and tell whether it was answered."""
        known = [conversation for conversation in self.conversations if conversation.id]
        if known and self.rng.random() < APPEND_SHARE:
            conversation = self.rng.choice(known)
        else:
            conversation = Conversation(f"Conversation {len(self.conversations)}", [])
            self.conversations.append(conversation)
        sent, path, options = self._random_content(conversation)
        conversation.sent.append(sent)
        with contextlib.suppress(requests.RequestException):  # killed before the answer, or in the middle of it
            method, below = ("PUT", f"/{conversation.id}") if conversation.id else ("POST", "")
            url = f"{self.server.url}/v1/process/{path}{below}"
            answer = self.server.session.request(method, url, timeout=TIMEOUT, **options)
            assert answer.status_code == 201, answer.text
            sent.ids = answer.json()
        return sent.ids is not None

    def _random_content(self, conversation: Conversation) -> tuple[Submission, str, dict[str, Any]]:
        """Make a text, a file or a link: what it says, the call, and what is sent."""
        named = {} if conversation.sent else {"name": conversation.name}
        if self.rng.random() >= MEDIA_SHARE:
            words = [
                f"{conversation.name}, message {len(self.sent)}, part {part}." for part in range(self.rng.randint(1, 3))
            ]
            body = {"messages": [{"payload": {"content": one}} for one in words], **named}
            return Submission("text", words), "text", {"json": body}
        second = self.rng.choice(list(CLIPS))
        if self.rng.random() < 1 / 2:
            return Submission("file", CLIPS[second]), "audio", {"data": clip(second), "params": named}
        body = {"url": f"{self.recordings}/{second}", **named}
        return Submission("link", CLIPS[second]), "audio/url", {"json": body}


def clip(second: int) -> bytes:
    """Cut two seconds out of a recording."""
    buffer = io.BytesIO()
    with wave.open(str(RECORDINGS / "meetings" / "stand-up.wav")) as whole, wave.open(buffer, "wb") as part:
        part.setparams(whole.getparams())
        whole.setpos(second * whole.getframerate())
        part.writeframes(whole.readframes(2 * whole.getframerate()))
    return buffer.getvalue()
