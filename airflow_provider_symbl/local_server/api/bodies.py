"""Request bodies: read to the end before any response, in constant memory, hashed on the way, of limited length."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, cast

from anyio import to_thread
from starlette.requests import ClientDisconnect

from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse

if TYPE_CHECKING:
    from typing import BinaryIO

    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

SCOPE_KEY = "symbl_local.body"

BLOCK = 1024 * 1024
"""Bytes that are kept in memory; whatever is longer goes to disk in blocks of this size."""
MAX_PENDING_BYTES = 32 * 1024**2
"""Bytes of all bodies on their way that are kept in memory, but for the next."""
LEAST_PENDING = 64 * 1024
"""Bytes that a body may keep in memory however many others there are."""
MAX_OTHER_BYTES = 8 * 1024**2
"""The longest body of a call that brings no recording; parsed in memory, its JSON takes several times that."""
RECORDING = re.compile(r"/v1/process/(audio|video)(/(?!url(/|$))[^/]+)?")
"""The paths to which recordings are sent."""
SHORT = ("/oauth2/", "/v1/manage/tracker", "/__local__/")
"""The calls whose bodies are short: trackers have had this limit at Symbl (6.1), and for a token anybody may ask."""
LEAST_RATE = (8 * 1024, 30.0)
"""How many bytes of a body must arrive in how many seconds."""
DRAIN_SECONDS = 10.0
"""How long the rest of too long a body is read and thrown away: most clients send all before they read an answer."""


class TooLongError(ApiError):
    """A body is longer than its call may have.

    :param limit: bytes.
    :param given: what completes the sentence that says how long it is.
    """

    def __init__(self, limit: int, given: str) -> None:
        super().__init__(413, f"The request body must be at most {limit} bytes long, but is {given}")


@dataclass
class BodyMemory:
    """What all bodies that are on their way hold in memory together.

    :param limit: bytes beyond which each holds :data:`LEAST_PENDING` at most.
    """

    limit: int = MAX_PENDING_BYTES
    held: int = 0


class TooSlowError(ApiError):
    """A body does not come."""

    def __init__(self) -> None:
        super().__init__(408, "Of the request body, {} bytes must arrive every {:g} s".format(*LEAST_RATE))


class Body:
    """A request's body.

    :param spool: the folder for what does not stay in memory; None throws that away, since the call is refused anyway.
    :param limit: the bytes that it may have.
    :param memory: is shared with all others.
    """

    def __init__(self, spool: Path | None, limit: int, memory: BodyMemory | None = None) -> None:
        self.size = 0
        self._memory = memory or BodyMemory()
        self._limit = limit
        self._spool = spool
        self._hash = hashlib.sha256()
        self._pending = bytearray()
        self._path: Path | None = None
        self._is_spilled = False

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of what was read."""
        return self._hash.hexdigest()

    @property
    def is_large(self) -> bool:
        """Whether reading it takes long enough to keep others waiting."""
        return self.size > BLOCK

    async def read(self, receive: Receive, declared: int | None) -> None:
        """Read all of it.

        :param receive: where the server hands over what arrives.
        :param declared: how long the client says it is, if it does.
        :raises ClientDisconnect: the client left before the end.
        :raises TooLongError: it is longer than it may be; nothing of it is kept.
        """
        if declared is not None and declared > self._limit:
            raise TooLongError(self._limit, str(declared))
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise ClientDisconnect
            more = event.get("more_body", False)
            await self._take(event.get("body", b""))
        if self._is_spilled:
            await to_thread.run_sync(self._spill)
            self._empty()
        else:
            self._hash.update(self._pending)

    def head(self, length: int) -> bytes:
        """Give its first bytes.

        :param length: how many at most.
        """
        if self._path is None:
            return bytes(self._pending[:length])
        with self._path.open("rb") as file:
            return file.read(length)

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return BytesIO(self._pending) if self._path is None else self._path.open("rb")

    def content(self) -> bytes:
        """Give all of it; for JSON, which is parsed whole anyway."""
        return bytes(self._pending) if self._path is None else self._path.read_bytes()

    def save(self) -> Path:
        """Hand it over as a file, which belongs to the caller from now on."""
        path, self._path = self._path, None
        if path is None:
            path = new_file(cast("Path", self._spool))  # what is refused is not saved
            path.write_bytes(self._pending)
        return path

    def keep(self) -> tuple[bytes, Path | None]:
        """Hand it over as it is: what is in memory, or a file, which belongs to the caller from now on."""
        return (b"", self.save()) if self.is_large else (self.content(), None)

    def discard(self) -> None:
        """Delete what is on disk, unless it was handed over."""
        self._empty()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    async def _take(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._limit:
            self.discard()
            raise TooLongError(self._limit, "longer")
        self._pending += data
        self._memory.held += len(data)
        most = BLOCK if self._memory.held <= self._memory.limit else LEAST_PENDING
        if len(self._pending) > most:
            await to_thread.run_sync(self._spill)
            self._empty()

    def _spill(self) -> None:
        self._is_spilled = True
        self._hash.update(self._pending)
        if self._spool:
            self._path = self._path or new_file(self._spool)
            with self._path.open("ab") as file:
                file.write(self._pending)

    def _empty(self) -> None:
        """Hold nothing in memory; on the event loop, where alone what all hold is counted."""
        self._memory.held -= len(self._pending)
        self._pending.clear()


def limit(path: str, max_recording_bytes: int) -> int:
    """Tell how many bytes the body of a call may have.

    :param path: the call's.
    :param max_recording_bytes: what a recording may have.
    """
    if path.startswith(SHORT):
        return BLOCK
    return max_recording_bytes if RECORDING.fullmatch(path) else MAX_OTHER_BYTES


def declared_length(scope: Scope) -> int | None:
    """Tell how long a client says its body is; the server has refused by then what is no number.

    :param scope: the request's.
    """
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), None)


def in_time(receive: Receive) -> Receive:
    """Let whoever reads a body wait no longer than a body may take, however long that is.

    :param receive: the request's.
    :return: raises :class:`TooSlowError`.
    """
    least, seconds = LEAST_RATE
    loop = asyncio.get_running_loop()
    arrived, deadline = 0, loop.time() + seconds

    async def receiving() -> Message:
        nonlocal arrived, deadline
        try:
            async with asyncio.timeout_at(deadline):
                event = await receive()
        except TimeoutError:
            raise TooSlowError from None
        arrived += len(event.get("body", b""))
        if arrived >= least:
            arrived, deadline = 0, loop.time() + seconds
        return event

    return receiving


async def refuse(error: ApiError, receive: Receive, send: Send) -> None:
    """Answer at once, for who reads at once; then throw the rest away for a while, and close the connection.

    :param error: the refusal.
    :param receive: the request's.
    :param send: likewise.
    """
    answer = JsonResponse(error.body, error.status, {"Connection": "close"})
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    await send({"type": "http.response.body"})


def new_file(spool: Path) -> Path:
    """Make an empty file that nobody else has.

    :param spool: the folder to make it in.
    """
    with NamedTemporaryFile(dir=spool, delete=False) as file:
        return Path(file.name)


def received(request: Request) -> Body:
    """Give the body that was read before the request came to its route."""
    return cast("Body", request.scope[SCOPE_KEY])
