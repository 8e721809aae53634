"""What the server's tests share: a running server, a plain client for it, recordings, and a stranger on the web."""

from __future__ import annotations

import http.server
import io
import json
import math
import queue
import struct
import threading
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import requests

from airflow_provider_symbl.local_server.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDINGS = Path(__file__).parents[3] / "example_dags" / "recordings"
PATIENCE = 60.0
"""Seconds after which what a test waits for is taken never to come."""


class Local:
    """A client that sends what it is told and hides nothing."""

    def __init__(self, server: LocalServer) -> None:
        self.url = server.url
        self.credentials = {"type": "application", "appId": server.app_id, "appSecret": server.app_secret}
        self.session = requests.Session()
        self.authorise()

    def authorise(self) -> None:
        """Get a token and use it from now on."""
        token = self.send("POST", "/oauth2/token:generate", json=self.credentials).json()["accessToken"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and give the answer, whatever it is."""
        return self.session.request(method, self.url + path, timeout=PATIENCE, **options)

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = self.send("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def submit(self, path: str, method: str = "POST", **options: Any) -> dict[str, str]:
        """Submit something that must be taken, and give its ids."""
        answer = self.send(method, f"/v1/process/{path}", **options)
        assert answer.status_code == 201, answer.text
        ids: dict[str, str] = answer.json()
        return ids

    def text(self, *contents: str, **more: Any) -> dict[str, str]:
        """Submit a text of some messages that nobody in particular said."""
        return self.submit("text", json={"messages": [message(content) for content in contents], **more})

    def append(self, conversation_id: str, *contents: str, **more: Any) -> dict[str, str]:
        """Append a text."""
        body = {"messages": [message(content) for content in contents], **more}
        return self.submit(f"text/{conversation_id}", "PUT", json=body)

    def job(self, ids: dict[str, str]) -> dict[str, str]:
        """Read a submission's job."""
        job: dict[str, str] = self.get(f"/v1/job/{ids['jobId']}")
        return job

    def of(self, ids: dict[str, str], what: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Read something of a submission's conversation."""
        return self.get(f"/v1/conversations/{ids['conversationId']}/{what}", **query)

    def messages(self, ids: dict[str, str], **query: Any) -> list[dict[str, Any]]:
        """Read the messages of a submission's conversation."""
        found: list[dict[str, Any]] = self.of(ids, "messages", **query)["messages"]
        return found

    def texts(self, ids: dict[str, str]) -> list[str]:
        """Read what was said."""
        return [message["text"] for message in self.messages(ids)]

    def progress(self, **setting: Any) -> None:
        """Set the progress of the jobs to come."""
        answer = self.send("PUT", "/__local__/progress", json=setting)
        assert answer.status_code == 200, answer.text

    def journal(self) -> list[dict[str, Any]]:
        """Read what arrived."""
        found: list[dict[str, Any]] = self.get("/__local__/journal")["requests"]
        return found


@dataclass
class Stranger:
    """A web server that is not ours: it serves what a test puts there, and keeps what is posted to it."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    posts: queue.Queue[dict[str, str]] = field(default_factory=queue.Queue)
    asked: queue.Queue[str] = field(default_factory=queue.Queue)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Put something at a path, and give its URL."""
        self.pages[path] = (status, headers, body)
        return self.url + path

    def posted(self, count: int) -> list[dict[str, str]]:
        """Wait for some posts."""
        return [self.posts.get(timeout=PATIENCE) for _ in range(count)]


class _Handler(http.server.BaseHTTPRequestHandler):
    stranger: Stranger

    def do_GET(self) -> None:
        self.stranger.asked.put(self.path)
        self.stranger.may_answer.wait(PATIENCE)
        status, headers, body = self.stranger.pages[self.path]
        self._answer(status, headers, body)

    def do_POST(self) -> None:
        self.stranger.posts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.stranger.may_answer.wait(PATIENCE)
        self._answer(self.stranger.pages.get(self.path, (200, {}, b""))[0], {}, b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Sound:
    """A recording that is put together from tones and silence."""

    rate: int = 16_000
    channels: int = 1
    frames: bytes = b""

    def tone(self, seconds: float, hertz: float = 440.0) -> Self:
        """Add a tone on all channels."""
        steps = range(int(seconds * self.rate))
        wave_form = (int(8000 * math.sin(2 * math.pi * hertz * step / self.rate)) for step in steps)
        self.frames += b"".join(struct.pack("<h", value) * self.channels for value in wave_form)
        return self

    def silence(self, seconds: float) -> Self:
        """Add silence."""
        self.frames += bytes(2 * self.channels * int(seconds * self.rate))
        return self

    def wav(self) -> bytes:
        """Write it as a WAV file."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(self.channels)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self.frames)
        return buffer.getvalue()


def message(content: str, name: str | None = None, user_id: str | None = None, **times: str) -> dict[str, Any]:
    """Make a message of a text submission."""
    person = {key: value for key, value in {"name": name, "userId": user_id}.items() if value}
    parts = {"payload": {"content": content}, "from": person, "duration": times}
    return {key: value for key, value in parts.items() if value}


@pytest.fixture(scope="package")
def server() -> Iterator[LocalServer]:
    """Run one server for all of these tests."""
    with LocalServer(allow_private_urls=True) as running:
        yield running


@pytest.fixture
def local(server: LocalServer) -> Iterator[Local]:
    """Return a client of the server, which has forgotten everything."""
    requests.post(f"{server.url}/__local__/reset", timeout=PATIENCE).raise_for_status()
    client = Local(server)
    yield client
    client.session.close()


@pytest.fixture
def at_once(local: Local) -> Local:
    """Return a client whose submissions are done when they are answered."""
    local.progress(by="at_once")
    return local


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Run a web server that is not ours."""
    known = Stranger()
    handler = type("Handler", (_Handler,), {"stranger": known})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        known.url = f"http://127.0.0.1:{listening.server_port}"
        known.may_answer.set()
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield known
        known.may_answer.set()
        listening.shutdown()
        thread.join()
