"""Web servers that are not ours: recordings are fetched from them, and webhooks go to them."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tests.support.local_client import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

STOP_CHECK_INTERVAL = 0.01
"""Seconds in which a server notices that it is to stop; http.server's own half second is as long as many a test."""


@dataclass
class WebServer:
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
        return [self.posts.get(timeout=TIMEOUT) for _ in range(count)]


@contextlib.contextmanager
def running_web_server() -> Iterator[WebServer]:
    """Run one, for as long as the context lasts."""
    known = WebServer()
    handler = type("Handler", (_Handler,), {"web_server": known})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        known.url = f"http://127.0.0.1:{listening.server_port}"
        known.may_answer.set()
        thread = threading.Thread(target=listening.serve_forever, args=(STOP_CHECK_INTERVAL,))
        thread.start()
        yield known
        known.may_answer.set()
        listening.shutdown()
        thread.join()


class ClipServer:
    """A folder on the web, for as long as its context lasts.

    :param folder: what is served.
    """

    def __init__(self, folder: Path) -> None:
        self._posts: queue.SimpleQueue[Any] = queue.SimpleQueue()
        handler = functools.partial(_ClipHandler, self._posts, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(STOP_CHECK_INTERVAL,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_post(self) -> dict[str, Any]:
        """Wait for the next webhook, and return its JSON with the path that it came to, as ``{"path": …, **body}``."""
        post: dict[str, Any] = self._posts.get(timeout=TIMEOUT)
        return post


class _Handler(http.server.BaseHTTPRequestHandler):
    web_server: WebServer

    def do_GET(self) -> None:
        self.web_server.asked.put(self.path)
        self.web_server.may_answer.wait(TIMEOUT)
        status, headers, body = self.web_server.pages[self.path]
        self._answer(status, headers, body)

    def do_POST(self) -> None:
        self.web_server.posts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.web_server.may_answer.wait(TIMEOUT)
        self._answer(self.web_server.pages.get(self.path, (200, {}, b""))[0], {}, b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _ClipHandler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, posts: queue.SimpleQueue[Any], *args: Any, **options: Any) -> None:
        self._posts = posts
        super().__init__(*args, **options)

    def log_message(self, *_: object) -> None:
        """Leave the tests' output alone."""

    def do_POST(self) -> None:
        """Take what a webhook brings."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._posts.put({"path": self.path, **body})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
