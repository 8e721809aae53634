"""The journal: what really arrived, for tests to look at, with every secret masked."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from anyio import to_thread
from starlette.requests import ClientDisconnect

from airflow_provider_symbl.local_server.bodies import SCOPE_KEY, Body
from airflow_provider_symbl.local_server.faults import CONTROL_PREFIX, FATE_KEY, SEARCHED, Call
from airflow_provider_symbl.local_server.store import JournalEntry

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_symbl.local_server.faults import Faults
    from airflow_provider_symbl.local_server.store import Store

MASK = "***"


class Journal:
    """Reads each request to its end, notes it, and hands it on; faults meet it on the way.

    :param app: what answers.
    :param store: where the notes go; the control routes are not noted.
    :param faults: decide which requests go on.
    :param spool: the folder for long bodies.
    """

    def __init__(self, app: ASGIApp, store: Store, faults: Faults, spool: Path) -> None:
        self._app = app
        self._store = store
        self._faults = faults
        self._spool = spool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let the server start and stop."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry, body = _entry(scope), Body(self._spool)
        if not scope["path"].startswith(CONTROL_PREFIX):
            self._store.journal.append(entry)
        try:
            await self._hand_on(Call(scope, receive, _noting(entry, send)), entry, body)
        except (ClientDisconnect, asyncio.CancelledError):  # nobody waits for an answer any more
            entry.body_size = body.size
        finally:
            body.discard()

    async def _hand_on(self, call: Call, entry: JournalEntry, body: Body) -> None:
        if await self._faults.pass_through("before_body", call):
            await body.read(call.receive)
            await _noted(entry, body)
            call.head = body.head(SEARCHED)
            if await self._faults.pass_through("before_job", call):
                scope = {**call.scope, SCOPE_KEY: body, FATE_KEY: call.fate}
                await self._app(scope, call.receive, self._answering(call))

    def _answering(self, call: Call) -> Send:
        goes_on = True

        async def answering(event: Message) -> None:
            nonlocal goes_on
            if event["type"] == "http.response.start":
                goes_on = await self._faults.pass_through("after_job", call)
            if goes_on:
                await call.send(event)

        return answering


def masked(body: Any) -> Any:  # noqa: ANN401 - any JSON
    """Hide the App Secret in a parsed body.

    :param body: parsed JSON.
    """
    return {**body, "appSecret": MASK} if isinstance(body, dict) and "appSecret" in body else body


def _entry(scope: Scope) -> JournalEntry:
    query = scope["query_string"].decode("latin-1")
    return JournalEntry(
        method=scope["method"],
        path=scope["path"],
        query_string=query,
        query=[[name, value] for name, value in parse_qsl(query, keep_blank_values=True)],
        headers={name.decode("latin-1"): _header(name, value) for name, value in scope["headers"]},
    )


def _header(name: bytes, value: bytes) -> str:
    if name == b"authorization":
        return f"Bearer {MASK}" if value[:7].lower() == b"bearer " else MASK
    return MASK if name == b"x-api-key" else value.decode("latin-1")


async def _noted(entry: JournalEntry, body: Body) -> None:
    if body.is_large:
        await to_thread.run_sync(_note_body, entry, body)
    else:
        _note_body(entry, body)


def _note_body(entry: JournalEntry, body: Body) -> None:
    entry.body_size = body.size
    entry.body_sha256 = body.sha256
    if "json" in entry.headers.get("content-type", ""):
        try:
            entry.body = masked(json.loads(body.content()))
        except (ValueError, RecursionError):
            entry.body = None


def _noting(entry: JournalEntry, send: Send) -> Send:
    async def noting(event: Message) -> None:
        if event["type"] == "http.response.start":
            entry.status = _status(event)
        await send(event)

    return noting


def _status(event: MutableMapping[str, Any]) -> int:
    return int(event["status"])
