"""A server whose answers drip in, never end or unpack to a multiple: ``python -m tests.support.hostile_server``.

What it does with a request is told by the last part of the path: ``drip-…``, ``drip-head-…``, ``endless-…``,
``bomb-…``; ``running-…`` is a job without end, and everything else one that is completed at the second poll.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import threading
from collections import Counter
from typing import Self

TOKEN = {"accessToken": "token-of-a-hostile-server", "expiresIn": 86400}
UNPACKED = 200 << 20
"""Bytes that a bomb unpacks to; packed it is shorter than any bound."""
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class HostileServer:
    """Runs the server in a thread of its own.

    :param credentials: what to do with token calls: answer, drip or drip-head.
    """

    def __init__(self, credentials: str = "answer") -> None:
        self.polls: Counter[str] = Counter()
        self._credentials = credentials
        self._bomb = gzip.compress(bytes(UNPACKED))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self.listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, and leave every connection."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def listen(self) -> asyncio.Server:
        """Take connections."""
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(OSError, RuntimeError):
                writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1].partition("?")[0]
        length = [line.partition(":")[2] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
        await reader.readexactly(int(length[0]) if length else 0)
        self.polls[path] += 1
        kind = self._credentials if "token" in path else path.rpartition("/")[2]
        if "token" in path and kind == "answer":
            await _send(writer, json.dumps(TOKEN).encode())
        elif kind.startswith("drip-head"):
            await _drip(writer, f"{HEAD}X-Slow: ".encode())
        elif kind.startswith("drip"):
            await _drip(writer, f"{HEAD}Content-Length: 100000\r\n\r\n".encode())
        elif kind.startswith("endless"):
            await _send_for_ever(writer)
        elif kind.startswith("bomb"):
            await _send(writer, self._bomb, "Content-Encoding: gzip\r\n")
        else:
            is_over = self.polls[path] > 1 and not kind.startswith("running")
            status = "completed" if is_over else "in_progress"
            await _send(writer, json.dumps({"id": kind, "status": status, "messages": []}).encode())


async def _send(writer: asyncio.StreamWriter, body: bytes, headers: str = "") -> None:
    writer.write(f"{HEAD}{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, begin: bytes) -> None:
    writer.write(begin)
    while True:
        await writer.drain()
        await asyncio.sleep(1)
        writer.write(b" ")


async def _send_for_ever(writer: asyncio.StreamWriter) -> None:
    writer.write(f"{HEAD}Connection: close\r\n\r\n".encode())
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def _main() -> None:
    server = await HostileServer().listen()
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201 - who started it reads this
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
