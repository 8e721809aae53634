"""A running server: in the background of a test or a notebook, or in the foreground of the command."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self

import uvicorn

from airflow_provider_symbl.local_server.app import STOP_TIMEOUT, Application
from airflow_provider_symbl.local_server.intelligence import analysis
from airflow_provider_symbl.local_server.middleware.connections import (
    MAX_HEAD_BYTES,
    PROTOCOL,
    allowed_connections,
    guarded,
)
from airflow_provider_symbl.local_server.settings import ServerSettings
from airflow_provider_symbl.local_server.store.data_dir import DataDir
from airflow_provider_symbl.local_server.store.memory_store import Store
from airflow_provider_symbl.local_server.store.sqlite_store import SqliteStore
from airflow_provider_symbl.local_server.store.temporary_spool import TemporarySpool

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

START_TIMEOUT = 30.0
BACKLOG = 2048
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what somebody may have asked for, by --host
"""The addresses of no machine, which stand for all of this one's, and the loopback address of each kind."""
ACCEPTED_AT_ONCE = 64
"""How many connections asyncio takes at a time: what is too many is dropped before more of them are."""
Keywords = ParamSpec("Keywords")


def _keywords_of(
    make: Callable[Keywords, ServerSettings],
) -> Callable[[Callable[[LocalServer, ServerSettings], None]], Callable[Concatenate[LocalServer, Keywords], None]]:
    """Let a constructor take the fields of the settings as keywords, typed, without naming them again."""

    def decorate(
        init: Callable[[LocalServer, ServerSettings], None],
    ) -> Callable[Concatenate[LocalServer, Keywords], None]:
        def with_keywords(server: LocalServer, /, *args: Keywords.args, **options: Keywords.kwargs) -> None:
            init(server, make(*args, **options))

        return with_keywords

    return decorate


class LocalServer:
    """symbl-local in a thread of its own, from entering the context to leaving it.

    Its keywords are the fields of :class:`~airflow_provider_symbl.local_server.settings.ServerSettings`, which says
    what each of them does: ``LocalServer(port=8765, data_dir="symbl")``.

    :raises OSError: on entering, if the address cannot be listened on.
    :raises DataDirError: on entering, if the data folder cannot be used, or is in use.
    """

    @_keywords_of(ServerSettings)
    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self.app_id = settings.app_id or secrets.token_hex(16)
        self.app_secret = settings.app_secret or secrets.token_hex(32)
        self.url = ""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            store, spool = self._state(stack)
            self._socket = _listen(self._settings.host, self._settings.port)
            self._stack = stack.pop_all()
        self.url = _url(self._socket)
        self._application = Application(self._settings, store, spool, app_id=self.app_id, app_secret=self.app_secret)
        self._server = _Server(self._application)
        self._thread = threading.Thread(target=self._serve, name="symbl-local", daemon=True)
        self._thread.start()
        if not self._server.is_up.wait(START_TIMEOUT):
            self.__exit__(None, None, None)
            raise RuntimeError(f"symbl-local did not come up within {START_TIMEOUT} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.ask_to_end()
        self._thread.join(3 * STOP_TIMEOUT)
        self._stack.close()

    def warm_up(self) -> None:
        """Load the libraries that search conversations, and the speech model, now rather than with the first of each.

        :raises JobFailureError: the model cannot be loaded; says what to install.
        :raises StoppedError: the server was left in the meantime.
        """
        self._application.recogniser.load()
        analysis.warm_up()

    def _state(self, stack: contextlib.ExitStack) -> tuple[Store, Path]:
        """Open the store, and the folder for its files."""
        if self._settings.data_dir is None:
            return Store(), stack.enter_context(TemporarySpool()).path
        kept = stack.enter_context(DataDir(Path(self._settings.data_dir)))
        self.app_id = self._settings.app_id or kept.account("app_id", self.app_id)
        self.app_secret = self._settings.app_secret or kept.account("app_secret", self.app_secret)
        return SqliteStore(kept), kept.spool

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


class _Server(uvicorn.Server):
    """Uvicorn, with a way to know that it is up, and to end it from another thread."""

    def __init__(self, application: Application) -> None:
        config = uvicorn.Config(
            application.asgi,
            http=guarded(PROTOCOL, allowed_connections()),
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            backlog=ACCEPTED_AT_ONCE,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self.server_state = application.server_state
        self.is_up = threading.Event()
        self._application = application

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(
                BACKLOG
            )  # uvicorn's own is a number for both: how many wait, and how many are taken at once
        self.is_up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Calls that a fault holds, or whose answer waits for the end of the work, would hold up a graceful shutdown.
        self._application.faults.clear()
        await self._application.jobs.drop()
        await super().shutdown(sockets)

    def ask_to_end(self) -> None:
        self.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named by its number, TCP is recognised by asyncio, which then turns Nagle's delay off: 40 ms a request otherwise.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _url(listening: socket.socket) -> str:
    """Give the URL that leads there from this machine: who listens on all addresses is reached by the loopback one."""
    host, port = listening.getsockname()[:2]
    host = EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
