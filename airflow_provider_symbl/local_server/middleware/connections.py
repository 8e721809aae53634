"""Connections that can be cut from inside a request, which ASGI has no words for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from starlette.types import Receive, Scope
    from uvicorn.server import ServerState

ABORT = "symbl_local.abort"
MAX_HEAD_BYTES = 256 * 1024
"""The longest request line and headers together: uvicorn's faster parser has no limit, and slows down as they grow."""


def cuttable(protocol: type[asyncio.Protocol]) -> type[asyncio.Protocol]:
    """Make an HTTP protocol whose requests hold, in their state, the means to cut their connection.

    It relies on no more than what uvicorn hands to any protocol class: the state that requests begin with.

    :param protocol: one of uvicorn's, whichever parser it uses.
    """
    made: type[asyncio.Protocol] = type("CuttableProtocol", (_Cuttable, protocol), {})
    return made


async def cut(scope: Scope, receive: Receive) -> None:
    """Close a request's connection without an answer, and wait until the server knows.

    :param scope: the request's.
    :param receive: likewise.
    """
    scope["state"][ABORT]()
    while (await receive())["type"] != "http.disconnect":
        pass


def cut_others(server: ServerState, scope: Scope) -> None:
    """Close all connections but one without an answer, and give up what they asked for.

    :param server: whose connections.
    :param scope: the request's whose connection is spared.
    """
    for connection in list(server.connections):
        if connection.transport.abort != scope["state"][ABORT]:
            connection.transport.abort()
    for task in server.tasks - {asyncio.current_task()}:
        task.cancel()


class _Cuttable(asyncio.Protocol):
    def __init__(self, *, app_state: dict[str, Any], **others: Any) -> None:
        self._request_state = {**app_state}
        self._is_in_head = False
        self._head_bytes = 0
        super().__init__(app_state=self._request_state, **others)  # type: ignore[call-arg]  # the base is uvicorn's protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._request_state[ABORT] = cast("asyncio.Transport", transport).abort
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._is_in_head else 0
        if self._head_bytes > MAX_HEAD_BYTES:
            self._request_state[ABORT]()

    def on_message_begin(self) -> None:
        self._is_in_head = True
        super().on_message_begin()  # type: ignore[misc]  # called by httptools alone; h11 has a limit of its own

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()  # type: ignore[misc]  # likewise


PROTOCOL = cuttable(AutoHTTPProtocol)
