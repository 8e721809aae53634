"""Connections: how many there may be, how long one may keep still, and cutting them from inside a request.

ASGI has no words for any of it, and uvicorn no limits: whoever opens connections and sends nothing, or half a head, or
reads no answer, would have them for ever. Our own, in front of uvicorn's parsers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import time
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send
    from uvicorn.server import ServerState

CONNECTION = "symbl_local.connection"
MAX_CONNECTIONS = 512
MAX_HEAD_BYTES = 64 * 1024
"""The longest request line and headers together."""
HEAD_SECONDS = 15.0
"""How long a head may take, from the connection's beginning or the end of the request before."""
STALL_SECONDS = 60.0
"""How long a client may take for the next few bytes of an answer, before the rest is thrown away."""
STALL_BYTES = 8 * 1024
"""How many bytes these are."""
LINGER_SECONDS = 2.0
"""How long the rest of what is refused is thrown away: most clients send all before they read an answer."""
LOOK_EVERY = 1.0
HEAD_TOO_LONG = f"The request line and the headers together must be at most {MAX_HEAD_BYTES} bytes long, but are longer"
TOO_MANY = "All of this server's {count} connections are in use"
REASONS = {431: "Request Header Fields Too Large", 503: "Service Unavailable"}


def guarded(protocol: type[asyncio.Protocol], max_connections: int = MAX_CONNECTIONS) -> type[asyncio.Protocol]:
    """Put the limits in front of an HTTP protocol; its requests hold their connection in their state.

    It relies on what uvicorn hands to any protocol class: the state that requests begin with, and the set of all
    connections. The callbacks of the faster parser tell where a head ends; the other one has a limit of its own.

    :param protocol: one of uvicorn's, whichever parser it uses.
    :param max_connections: how many there may be at a time. When there are more, the one goes that has waited longest
        for a request, or for the body of one without a token.
    """
    limits = {"max_connections": max_connections, "counts_heads": hasattr(protocol, "on_message_begin")}
    made: type[asyncio.Protocol] = type("GuardedProtocol", (Connection, protocol), limits)
    return made


class Connection(asyncio.Protocol):
    """One client's connection, as far as the limits go."""

    max_connections = MAX_CONNECTIONS
    counts_heads = True

    def __init__(self, *, server_state: ServerState, app_state: dict[str, Any], **others: Any) -> None:
        self._all = _connections(server_state)
        self._is_answering = False
        self._is_refused = False
        self._is_before_body = True
        self._head_bytes = 0
        self._unsent = 0
        self._since = self._unsent_since = time.monotonic()
        self.may_be_dropped = True
        """Whether it makes room for another: as long as it has asked for nothing that is worth its place."""
        state = {**app_state, CONNECTION: self}
        super().__init__(server_state=server_state, app_state=state, **others)  # type: ignore[call-arg]  # the base is uvicorn's protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and make room for it."""
        self._wire = cast("asyncio.Transport", transport)
        super().connection_made(transport)
        if len(self._all) > self.max_connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Hand on what arrives; a head by pieces, so that no more of too long a one is parsed than is allowed."""
        rest = data
        while rest and not self._is_refused and not self._wire.is_closing():
            piece = rest[: MAX_HEAD_BYTES - self._head_bytes] if self._is_before_body and self.counts_heads else rest
            rest = rest[len(piece) :]
            self._head_bytes += len(piece)
            super().data_received(piece)
            if self.counts_heads and self._head_bytes >= MAX_HEAD_BYTES:
                self._refuse(431, HEAD_TOO_LONG)

    def on_headers_complete(self) -> None:
        """Count no more: what follows is a body, or the next head."""
        self._is_before_body = False
        self._head_bytes = 0
        super().on_headers_complete()  # type: ignore[misc]  # called by httptools alone, whose protocol has it

    def on_body(self, body: bytes) -> None:
        """Count no more; headers may follow the last chunk of a body, and are as long at most."""
        self._head_bytes = 0
        super().on_body(body)  # type: ignore[misc]  # likewise

    def on_message_complete(self) -> None:
        """Count the next head."""
        self._is_before_body = True
        super().on_message_complete()  # type: ignore[misc]  # likewise

    def cut(self) -> None:
        """Close it without an answer."""
        self._wire.abort()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Let the head be over until the answer is."""
        self._is_answering = True
        try:
            yield
        finally:
            self._is_answering = False
            self.may_be_dropped = True
            self._since = time.monotonic()

    def look(self, now: float) -> None:
        """Cut it if it has kept still for too long.

        :param now: by the monotonic clock.
        """
        limit = LINGER_SECONDS if self._is_refused else HEAD_SECONDS
        is_late = not self._is_answering and now - self._since > limit
        if is_late or self._is_stalled(now):
            self.cut()

    def _is_stalled(self, now: float) -> bool:
        """Tell whether the client reads nothing of what is there for it."""
        unsent = self._wire.get_write_buffer_size()
        if not unsent or self._unsent - unsent >= STALL_BYTES or unsent > self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return now - self._unsent_since > STALL_SECONDS

    def _make_room(self) -> None:
        waiting = [other for other in self._all if other.may_be_dropped and other is not self]
        if waiting:
            oldest = min(waiting, key=lambda other: other._since)  # noqa: SLF001 - another of its own kind
            self._all.discard(oldest)
            oldest.cut()
        else:
            self._refuse(503, TOO_MANY.format(count=self.max_connections))

    def _refuse(self, status: int, message: str) -> None:
        """Answer what is not parsed, throw the rest away for a while, and close the connection."""
        self._is_refused = True
        self._since = time.monotonic()
        if self._is_answering:
            self.cut()
            return
        body = json.dumps({"message": message}).encode()
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
        self._wire.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        self._wire.write_eof()


class ConnectionMiddleware:
    """ASGI middleware before everything else: tells a connection when a request begins and ends.

    :param app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        connection = _connection(scope)
        with connection.answering() if connection else contextlib.nullcontext():
            await self._app(scope, receive, send)


async def enforce_limits(server: ServerState) -> None:
    """Look after the connections until cancelled.

    :param server: whose connections.
    """
    while True:
        await asyncio.sleep(LOOK_EVERY)
        now = time.monotonic()
        for connection in list(_connections(server)):
            connection.look(now)


def keep(scope: Scope) -> None:
    """Let a request's connection make room for no other until its answer is there.

    :param scope: the request's.
    """
    connection = _connection(scope)
    if connection:
        connection.may_be_dropped = False


async def cut(scope: Scope, receive: Receive) -> None:
    """Close a request's connection without an answer, and wait until the server knows.

    :param scope: the request's.
    :param receive: likewise.
    """
    scope["state"][CONNECTION].cut()
    while (await receive())["type"] != "http.disconnect":
        pass


def cut_others(server: ServerState, scope: Scope) -> None:
    """Close all connections but one without an answer, and give up what they asked for.

    :param server: whose connections.
    :param scope: the request's whose connection is spared.
    """
    for connection in list(_connections(server)):
        if connection is not _connection(scope):
            connection.cut()
    for task in server.tasks - {asyncio.current_task()}:
        task.cancel()


def _connections(server: ServerState) -> set[Connection]:
    return cast("set[Connection]", server.connections)


def _connection(scope: Scope) -> Connection | None:
    """Give a request's connection; there is none in a test without a socket, nor where the server starts and ends."""
    found: Connection | None = scope.get("state", {}).get(CONNECTION)
    return found


def allowed_connections() -> int:
    """Tell how many connections there may be, of the files that the process may open: half of those at most."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, files // 2)


PROTOCOL = AutoHTTPProtocol
