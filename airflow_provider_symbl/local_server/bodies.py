"""Request bodies: read to their end before any answer, in constant memory, and hashed on the way."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, cast

from anyio import to_thread
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive

SCOPE_KEY = "symbl_local.body"

BLOCK = 1024 * 1024
"""Bytes that are kept in memory; whatever is longer goes to disk in blocks of this size."""


class Body:
    """A request's body.

    :param spool: the folder for what does not stay in memory.
    """

    def __init__(self, spool: Path) -> None:
        self.size = 0
        self._spool = spool
        self._hash = hashlib.sha256()
        self._pending = bytearray()
        self._path: Path | None = None

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of what was read."""
        return self._hash.hexdigest()

    @property
    def is_large(self) -> bool:
        """Whether reading it takes long enough to keep others waiting."""
        return self._path is not None

    async def read(self, receive: Receive) -> None:
        """Read all of it.

        :param receive: where the server hands over what arrives.
        :raises ClientDisconnect: the client left before the end.
        """
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise ClientDisconnect
            more = event.get("more_body", False)
            await self._take(event.get("body", b""))
        if self.is_large:
            await to_thread.run_sync(self._spill)
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

    def content(self) -> bytes:
        """Give all of it; for JSON, which is parsed whole anyway."""
        return bytes(self._pending) if self._path is None else self._path.read_bytes()

    def save(self) -> Path:
        """Hand it over as a file, which belongs to the caller from now on."""
        path, self._path = self._path, None
        if path is None:
            path = new_file(self._spool)
            path.write_bytes(self._pending)
        return path

    def keep(self) -> tuple[bytes, Path | None]:
        """Hand it over as it is: what is in memory, or a file, which belongs to the caller from now on."""
        return (b"", self.save()) if self.is_large else (self.content(), None)

    def discard(self) -> None:
        """Delete what is on disk, unless it was handed over."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    async def _take(self, data: bytes) -> None:
        self.size += len(data)
        self._pending += data
        if len(self._pending) > BLOCK:
            await to_thread.run_sync(self._spill)

    def _spill(self) -> None:
        self._path = self._path or new_file(self._spool)
        self._hash.update(self._pending)
        with self._path.open("ab") as file:
            file.write(self._pending)
        self._pending.clear()


def new_file(spool: Path) -> Path:
    """Make an empty file that nobody else has.

    :param spool: the folder to make it in.
    """
    with NamedTemporaryFile(dir=spool, delete=False) as file:
        return Path(file.name)


def received(request: Request) -> Body:
    """Give the body that was read before the request came to its route."""
    return cast("Body", request.scope[SCOPE_KEY])
