"""Middleware that reads and notes each request: what really arrived, for tests to look at, with every secret masked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from airflow_provider_symbl.local_server.api.bodies import (
    SCOPE_KEY,
    Body,
    BodyMemory,
    declared_length,
    in_time,
    limit,
    refuse,
)
from airflow_provider_symbl.local_server.api.leniency import Leniency, reading
from airflow_provider_symbl.local_server.api.paths import CONTROL_PREFIX
from airflow_provider_symbl.local_server.api.responses import ApiError, StorageError
from airflow_provider_symbl.local_server.middleware.connections import keep
from airflow_provider_symbl.local_server.middleware.faults import JOB_FAULT_KEY, SEARCHED, RequestInFlight
from airflow_provider_symbl.local_server.store.journal import JournalEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_symbl.local_server.middleware.faults import Faults
    from airflow_provider_symbl.local_server.security.authentication import Accounts
    from airflow_provider_symbl.local_server.settings import ServerSettings
    from airflow_provider_symbl.local_server.store.memory_store import Store

LOGGER = logging.getLogger(__name__)
MASK = "***"
EMPTY = hashlib.sha256().hexdigest()
MOST_SHARED = 64
SECRETS = ("appSecret", "refreshToken")
DEEPEST = 64
"""How deep a body may be nested if it is kept; what is much deeper could be read, and not be written again."""


class RequestPipeline:
    """ASGI middleware: reads each request to its end, notes it, and hands it on; faults meet it on the way.

    A JSON body of up to 1 MiB is kept; of others, length and digest only. What all of them take is bounded
    (:class:`.Journal`).

    :param settings: among them the longest recording that is taken.
    :param app: what answers.
    :param store: where the notes go; the control routes are not noted.
    :param faults: decide which requests go on.
    :param accounts: tell whose long bodies are worth a place on disk.
    :param spool: the folder for long bodies.
    """

    def __init__(
        self,
        settings: ServerSettings,
        app: ASGIApp,
        store: Store,
        faults: Faults,
        accounts: Accounts,
        *,
        spool: Path,
    ) -> None:
        self._app = app
        self._store = store
        self._faults = faults
        self._accounts = accounts
        self._spool = spool
        self._max_recording_bytes = settings.max_recording_bytes
        self._is_strict = settings.strict
        self._headers = SharedTexts()
        self._memory = BodyMemory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let the server start and stop."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        entry = _entry(scope, self._headers)
        is_welcome = scope["path"].startswith(CONTROL_PREFIX) or self._accounts.admits(Headers(scope=scope))
        if is_welcome:
            keep(scope)
        spool = self._spool if is_welcome else None
        body = Body(spool, limit(scope["path"], self._max_recording_bytes), self._memory)
        if not scope["path"].startswith(CONTROL_PREFIX):
            self._store.journal.append(entry)
        try:
            await self._hand_on(RequestInFlight(scope, receive, _noting(entry, send)), entry, body)
        except (ClientDisconnect, asyncio.CancelledError):  # nobody waits for an answer any more
            entry.body_size = body.size
        except Exception as error:  # noqa: BLE001 - it is answered; the server would log its text, which may hold what was said
            LOGGER.error("A request: %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))  # noqa: TRY400 - the same
        finally:
            body.discard()

    async def _hand_on(self, request: RequestInFlight, entry: JournalEntry, body: Body) -> None:
        if await self._faults.pass_through("before_body", request):
            refusal = await _refusal(body, request)
            if refusal:
                entry.body_size = body.size
                await refuse(refusal, request.receive, request.send)
                return
            keep(request.scope)
            self._note(entry, body, Headers(scope=request.scope).get("content-type", ""))
            request.head = body.head(SEARCHED)
            if await self._faults.pass_through("before_job", request):
                scope = {**request.scope, SCOPE_KEY: body, JOB_FAULT_KEY: request.job_fault}
                try:
                    with reading(self._leniency(scope["path"], entry)):
                        await self._app(scope, request.receive, self._answering(request))
                finally:
                    self._store.journal.recount(entry)

    def _leniency(self, path: str, entry: JournalEntry) -> Leniency:
        # The control routes are nobody's but ours: what is misspelt there is a mistake.
        return Leniency(self._is_strict or path.startswith(CONTROL_PREFIX), entry.odd)

    def _note(self, entry: JournalEntry, body: Body, content_type: str) -> None:
        entry.body_size = body.size
        entry.body_sha256 = body.sha256 if body.size else EMPTY
        if "json" in content_type and not body.is_large:
            text = _showable(body.content())
            if text is not None:
                self._store.journal.keep_body(entry, text)

    def _answering(self, request: RequestInFlight) -> Send:
        goes_on = True

        async def answering(event: Message) -> None:
            nonlocal goes_on
            if event["type"] == "http.response.start":
                goes_on = await self._faults.pass_through("after_job", request)
            if goes_on:
                await request.send(event)

        return answering


async def _refusal(body: Body, request: RequestInFlight) -> ApiError | None:
    """Read a body, and tell why it is not taken."""
    try:
        await body.read(in_time(request.receive), declared_length(request.scope))
    except ApiError as error:
        return error
    except OSError as error:
        return StorageError(error)
    return None


def masked(body: object) -> object:
    """Hide the App Secret and refresh tokens in a parsed body.

    :param body: parsed JSON.
    """
    if not isinstance(body, dict):
        return body
    return {name: MASK if name in SECRETS else value for name, value in body.items()}


class SharedTexts:
    """Texts of which most are the same, as the headers of one client: each is held once, as long as they are few."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def one(self, text: str) -> str:
        """Give the text, as the object that others hold already where there is one."""
        if len(self._texts) >= MOST_SHARED:
            self._texts.clear()
        return self._texts.setdefault(text, text)


def _entry(scope: Scope, shared: SharedTexts) -> JournalEntry:
    headers = {name.decode("latin-1"): _header(name, value) for name, value in scope["headers"]}
    return JournalEntry(
        method=scope["method"],
        path=scope["path"],
        query_string=scope["query_string"].decode("latin-1"),
        headers=shared.one(json.dumps(headers, separators=(",", ":"))),
    )


def _header(name: bytes, value: bytes) -> str:
    if name == b"authorization":
        return f"Bearer {MASK}" if value[:7].lower() == b"bearer " else MASK
    return MASK if name == b"x-api-key" else value.decode("latin-1")


def _showable(content: bytes) -> str | None:
    """Write a body anew without its secrets; None if it is no JSON, or could not be written in the journal's answer.

    It is kept as text, since parsed it would take up to some twenty times as much memory.
    """
    try:
        body = json.loads(content)
        text = json.dumps(masked(body), allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None
    return text if _depth_is_at_most(DEEPEST, body) else None


def _depth_is_at_most(most: int, value: object) -> bool:
    level = [value]
    for _ in range(most):
        level = [child for item in level for child in _children(item)]
        if not level:
            return True
    return False


def _children(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _noting(entry: JournalEntry, send: Send) -> Send:
    async def noting(event: Message) -> None:
        if event["type"] == "http.response.start":
            entry.status = _status(event)
        await send(event)

    return noting


def _status(event: MutableMapping[str, Any]) -> int:
    return int(event["status"])
