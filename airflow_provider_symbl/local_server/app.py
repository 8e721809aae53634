"""The application: every route, and what stands behind it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from uvicorn.server import ServerState

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.openapi import document
from airflow_provider_symbl.local_server.api.operations import Operation, routes
from airflow_provider_symbl.local_server.api.paths import CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import HANDLERS, JsonResponse, UnsupportedCallError
from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer
from airflow_provider_symbl.local_server.jobs.downloads import Limits
from airflow_provider_symbl.local_server.jobs.job_queue import JobQueue
from airflow_provider_symbl.local_server.middleware.faults import Faults
from airflow_provider_symbl.local_server.middleware.request_log import RequestPipeline
from airflow_provider_symbl.local_server.page.routes import PageRoutes
from airflow_provider_symbl.local_server.routes.control import ControlRoutes, package_version
from airflow_provider_symbl.local_server.routes.conversations import ConversationRoutes
from airflow_provider_symbl.local_server.routes.experiences import ExperienceRoutes
from airflow_provider_symbl.local_server.routes.insights import InsightRoutes
from airflow_provider_symbl.local_server.routes.messages import MessageRoutes
from airflow_provider_symbl.local_server.routes.submissions import SubmissionRoutes
from airflow_provider_symbl.local_server.routes.trackers import TrackerRoutes
from airflow_provider_symbl.local_server.security.authentication import Accounts
from airflow_provider_symbl.local_server.security.control_access import ControlAccessMiddleware
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.api.operations import Endpoint
    from airflow_provider_symbl.local_server.store.memory_store import Store

STOP_TIMEOUT = 2.0
MAX_RECORDING_BYTES = 8 * 1024**3

NOT_BUILT: Mapping[tuple[str, str], str] = {
    ("GET", f"{CONVERSATION_PATH}/intents"): "find intents",
    ("GET", f"{CONVERSATION_PATH}/callscore"): "score calls: that takes judgement",
    ("GET", f"{CONVERSATION_PATH}/bookmarks"): "keep bookmarks",
    ("POST", f"{CONVERSATION_PATH}/bookmarks"): "keep bookmarks",
    ("GET", f"{CONVERSATION_PATH}/bookmarks-summary"): "summarise bookmarks",
    ("PUT", f"{CONVERSATION_PATH}/experiences/url"): "lead to pages of other makers",
    ("GET", "/v1/groups/{group_id}/conversations"): "keep groups of conversations",
}
"""Calls that Symbl has had and this server refuses, with a verb phrase that completes "symbl-local does not"."""


class NotUrl(StringConvertor):
    """A path segment other than the literal ``url``, which names a call and never a conversation."""

    regex = "(?!url(?:/|$))[^/]+"


register_url_convertor("not_url", NotUrl())


@dataclass(frozen=True)
class Settings:
    """How a server is set up.

    :param max_concurrent_jobs: the account's cap.
    :param model: a faster-whisper model's name or folder; None for the offline one.
    :param workers: how many recordings are recognised at a time.
    :param token_lifetime: seconds.
    :param speaker_model: a file that tells voices apart; None refuses to.
    :param allow_private_urls: whether recordings are fetched from, and webhooks sent to, addresses that are not public.
    :param max_recording_bytes: the longest recording that is taken or fetched.
    """

    app_id: str
    app_secret: str
    max_concurrent_jobs: int = 50
    model: str | None = None
    workers: int = 1
    token_lifetime: float = 86_400.0
    speaker_model: str | None = None
    allow_private_urls: bool = False
    max_recording_bytes: int = MAX_RECORDING_BYTES


class Application:
    """One server's parts, put together.

    :param settings: how it is set up.
    :param store: what it knows.
    :param spool: a folder for bodies and downloads.
    """

    def __init__(self, settings: Settings, store: Store, spool: Path) -> None:
        self.server_state = ServerState()
        self.recogniser = RecogniserPool(settings.model, settings.workers, settings.speaker_model)
        limits = Limits(settings.allow_private_urls, settings.max_recording_bytes)
        self.jobs = JobQueue(store, self.recogniser, settings.max_concurrent_jobs, spool, limits)
        self._accounts = Accounts(store, settings.app_id, settings.app_secret, settings.token_lifetime)
        self.faults = Faults()
        analyzer = ConversationAnalyzer(store)
        page = PageRoutes(store, analyzer)
        rooms = (
            self._accounts,
            SubmissionRoutes(store, self.jobs, self.recogniser),
            ExperienceRoutes(store),
            ConversationRoutes(store),
            MessageRoutes(store, analyzer),
            InsightRoutes(store, self.jobs, analyzer),
            TrackerRoutes(store),
            ControlRoutes(store, self.jobs, self.recogniser, self._accounts, self.faults, server=self.server_state),
            page,
        )
        self.operations = [*(operation for room in rooms for operation in room.operations()), *_refused()]
        self.operations.append(_described(self.operations))
        self.routes = [*routes(self.operations, self._accounts.guard), *page.routes()]
        starlette = Starlette(routes=self.routes, exception_handlers=HANDLERS, lifespan=self._lifespan)
        starlette.router.redirect_slashes = False  # a path that the contract does not have is not found
        longest = settings.max_recording_bytes
        journal = RequestPipeline(
            starlette, store, self.faults, self._accounts, spool=spool, max_recording_bytes=longest
        )
        self.asgi = ControlAccessMiddleware(journal, settings.app_id, settings.app_secret)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self.jobs.resume()
        yield
        await self.jobs.stop()


def _described(operations: list[Operation]) -> Operation:
    """Make the call that shows the OpenAPI document, itself included."""

    async def described(_request: Request) -> Response:
        return JsonResponse(document(operations, package_version()))

    path, summary = "/__local__/openapi.json", "Show this document"
    return Operation("GET", path, described, summary, {"type": "object"}, tag="Control", is_guarded=False)


def _refused() -> list[Operation]:
    extra: dict[str, Any] = {"tag": "Refused", "is_checked": False}
    return [
        Operation(method, path, _not_built(what), f"Refused: symbl-local does not {what}", schemas.ERROR, 501, **extra)
        for (method, path), what in NOT_BUILT.items()
    ]


def _not_built(what: str) -> Endpoint:
    async def refused(_request: Request) -> Response:
        raise UnsupportedCallError(what)

    return refused
