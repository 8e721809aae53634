"""A real HTTP server on loopback that answers from a script, cuts connections, and keeps what it received."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import hashlib
import http.server
import json
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

TOKEN_PATH = "/oauth2/token:generate"
TOKEN = "token-one-which-is-secret"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER without waiting: closing the socket resets the connection."""


class Cut(enum.Enum):
    """Where the server cuts the connection."""

    BEFORE_BODY = enum.auto()
    WITHIN_BODY = enum.auto()
    AFTER_BODY = enum.auto()
    WITHIN_ANSWER = enum.auto()


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the server does with one request.

    :param status: HTTP status.
    :param content: the body: bytes as they are, everything else as JSON.
    :param headers: further headers.
    :param cut: where the connection is cut instead of a whole answer.
    :param read_when: set when the request's body may be read.
    :param answer_when: set when the answer may be sent.
    """

    status: int = 200
    content: Any = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cut: Cut | None = None
    read_when: threading.Event | None = None
    answer_when: threading.Event | None = None

    @property
    def body(self) -> bytes:
        """The bytes that are sent."""
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()

    def release(self) -> None:
        """Let everything go on that waits."""
        for event in (self.read_when, self.answer_when):
            if event is not None:
                event.set()


@dataclasses.dataclass(frozen=True)
class Received:
    """One request as it arrived; names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The raw path."""
        return self.target.partition("?")[0]

    @property
    def query_string(self) -> str:
        """The raw query."""
        return self.target.partition("?")[2]

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True, strict_parsing=bool(self.query_string)))

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever JSON was sent
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def sha256(self) -> str:
        """The body's digest."""
        return hashlib.sha256(self.body).hexdigest()


class ScriptedServer(http.server.ThreadingHTTPServer):
    """Answers each path from its own script, whose last answer repeats.

    Tokens are handed out unless a script says otherwise; a path without a script answers 404, and a call with one of
    ``refused_tokens`` 401.

    :param tls: speak TLS with this context.
    :param cut_connections: how many connections to reset as soon as they are made.
    :param is_listening: False refuses connections until :meth:`listen`.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        cut_connections: int = 0,
        is_listening: bool = True,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.server_bind()
        self.requests: list[Received] = []
        self.connections = 0
        self.refused_tokens: set[str] = set()
        self._tls = tls
        self._cut_connections = cut_connections
        self._scripts: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self.answer(TOKEN_PATH, Answer(content={"accessToken": TOKEN, "expiresIn": 86400}))
        if is_listening:
            self.listen()

    def __enter__(self) -> Self:
        """Return the server, to be stopped at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let nobody wait any longer, and stop."""
        for answer in (answer for script in self._scripts.values() for answer in script):
            answer.release()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.server_address[1]}"

    def listen(self) -> None:
        """Take connections from now on."""
        self.server_activate()
        self._thread.start()

    def answer(self, path: str, *answers: Answer) -> None:
        """Give the answers of a path, in order.

        :param path: the raw path, without a query.
        """
        self._scripts[path] = list(answers)

    def received(self, path: str) -> list[Received]:
        """Return what arrived at a path."""
        return [request for request in self.requests if request.path == path]

    def take(self, path: str) -> Answer:
        """Return the next answer of a path's script."""
        with self._lock:
            script = self._scripts.get(path, [Answer(404, {"message": "nothing here"})])
            return script.pop(0) if len(script) > 1 else script[0]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Count each connection, and reset the first ones where that was asked for."""
        connection, address = super().get_request()
        self.connections += 1
        if self.connections <= self._cut_connections:
            reset(connection)
        return connection, address

    def verify_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> bool:  # noqa: ANN401, ARG002 - the base class's signature
        """Refuse what was reset already."""
        return isinstance(request, socket.socket) and request.fileno() != -1

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:  # noqa: ANN401 - the base class's signature
        """Shake hands where TLS is spoken, and answer until the other side is gone."""
        assert isinstance(request, socket.socket)
        with contextlib.suppress(OSError):
            connection = self._tls.wrap_socket(request, server_side=True) if self._tls else request
            with self._lock:
                self._open.add(connection)
            try:
                super().finish_request(connection, client_address)
            finally:
                with self._lock:
                    self._open.discard(connection)
                connection.close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ScriptedServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        answer = self.server.take(self.path.partition("?")[0])
        if answer.read_when is not None:
            answer.read_when.wait()
        body = self._body(answer.cut)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append(Received(self.command, self.path, headers, body))
        if headers.get("authorization", "").removeprefix("Bearer ") in self.server.refused_tokens:
            answer = Answer(401, {"message": "Token validation failed for provided token."})
        if answer.answer_when is not None:
            answer.answer_when.wait()
        if answer.cut in {Cut.BEFORE_BODY, Cut.WITHIN_BODY, Cut.AFTER_BODY}:
            self.close_connection = True
            reset(self.connection)
        else:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = _answer  # noqa: N815 - the names that the standard library calls

    def _body(self, cut: Cut | None) -> bytes:
        size = int(self.headers.get("Content-Length", "0"))
        if cut is Cut.BEFORE_BODY:
            return b""
        return self.rfile.read(size // 2 if cut is Cut.WITHIN_BODY else size)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.cut is Cut.WITHIN_ANSWER:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(answer.body)


def reset(connection: socket.socket) -> None:
    """Cut a connection so that the other side notices at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
