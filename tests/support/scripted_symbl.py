"""A server that answers as a test tells it: for faults that a healthy Symbl does not show."""

from __future__ import annotations

import dataclasses
import http.server
import json
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_PATH = "/oauth2/token:generate"
SUBMITTED = {"conversationId": "5815170693595136", "jobId": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"}


@dataclasses.dataclass(frozen=True)
class Reply:
    """One answer.

    :param status: HTTP status; 0 cuts the connection instead, once the request was read.
    :param body: what is sent as JSON.
    :param headers: further headers.
    :param when: what to wait for before, a minute at most.
    """

    status: int = 200
    body: Any = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    when: threading.Event | None = None


def job(status: str, **more: str) -> Reply:
    """Return the answer to a read of a job."""
    return Reply(body={"id": SUBMITTED["jobId"], "status": status, **more})


class ScriptedSymbl:
    """Runs the server; tokens are handed out unless the script says otherwise."""

    app_id = "scripted-app-id"
    app_secret = "scripted-app-secret"

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []
        self._tokens = 0
        self._script: dict[tuple[str, str], list[Reply]] = {}
        script = self

        class Handler(_Handler):
            symbl = script

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, *replies: Reply) -> None:
        """Say what to answer to a call; the last reply stands for all that follow.

        :param method: HTTP method.
        :param path: path without query.
        :param replies: one for each call.
        """
        self._script[method, path] = list(replies)

    def reply_to(self, method: str, path: str) -> Reply:
        """Note a call, and return its answer."""
        self.received.append((method, path))
        replies = self._script.get((method, path))
        if replies is None and path == TOKEN_PATH:
            self._tokens += 1
            return Reply(body={"accessToken": f"scripted-token-{self._tokens}", "expiresIn": 3600})
        if replies is None:
            return Reply(404, {"message": f"the script has no {method} {path}"})
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def count(self, method: str, path: str) -> int:
        """Return how often a call came."""
        return self.received.count((method, path))


class _Handler(http.server.BaseHTTPRequestHandler):
    symbl: ScriptedSymbl
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        reply = self.symbl.reply_to(self.command, self.path.partition("?")[0])
        if reply.when is not None:
            reply.when.wait(60)
        self.close_connection = True
        if reply.status:
            body = json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(body)), "Connection": "close", **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Leave the tests' output alone."""
