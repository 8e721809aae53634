"""The ASGI application: store, jobs and routes put together, behind the middleware."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import RedirectResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.openapi import document
from airflow_provider_symbl.local_server.api.operations import Operation, routes
from airflow_provider_symbl.local_server.api.paths import CONTROL_PREFIX, CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import HANDLERS, JsonResponse, UnsupportedCallError
from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer
from airflow_provider_symbl.local_server.jobs.job_queue import JobQueue
from airflow_provider_symbl.local_server.middleware.connections import ConnectionMiddleware, enforce_limits
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
    from airflow_provider_symbl.local_server.settings import ServerSettings
    from airflow_provider_symbl.local_server.store.memory_store import Store

STOP_TIMEOUT = 2.0

UNSUPPORTED: Mapping[tuple[str, str], str] = {
    ("GET", f"{CONVERSATION_PATH}/intents"): "find intents",
    ("GET", f"{CONVERSATION_PATH}/callscore"): "score calls: that takes judgement",
    ("GET", f"{CONVERSATION_PATH}/bookmarks"): "keep bookmarks",
    ("POST", f"{CONVERSATION_PATH}/bookmarks"): "keep bookmarks",
    ("GET", f"{CONVERSATION_PATH}/bookmarks-summary"): "summarise bookmarks",
    ("PUT", f"{CONVERSATION_PATH}/experiences/url"): "lead to pages of other makers",
    ("GET", "/v1/groups/{group_id}/conversations"): "keep groups of conversations",
}
"""Calls of Symbl's that this server refuses, with a verb phrase that completes "symbl-local does not"."""


class NotUrl(StringConvertor):
    """A path segment other than the literal ``url``, which names a call and never a conversation."""

    regex = "(?!url(?:/|$))[^/]+"


register_url_convertor("not_url", NotUrl())


class Application:
    """One server, without its socket and its thread.

    :param settings: its options.
    :param store: its state.
    :param spool: the folder for request bodies and downloads.
    :param app_id: the App ID to accept.
    :param app_secret: the App Secret to accept.
    """

    def __init__(self, settings: ServerSettings, store: Store, spool: Path, *, app_id: str, app_secret: str) -> None:
        self.server_state = ServerState()
        self.recogniser = RecogniserPool.from_settings(settings)
        self.jobs = JobQueue(settings, store, self.recogniser, spool)
        self._accounts = Accounts(settings, store, app_id=app_id, app_secret=app_secret)
        self.faults = Faults()
        analyzer = ConversationAnalyzer(store)
        page = PageRoutes(store, self.jobs.view, analyzer, self._accounts)
        groups = (
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
        self.operations = [*(operation for group in groups for operation in group.operations()), *_unsupported_calls()]
        self.operations.append(_openapi(self.operations))
        self.routes = [Route("/", _lead_to_page), *routes(self.operations, self._accounts.guard), *page.routes()]
        starlette = Starlette(routes=self.routes, exception_handlers=HANDLERS, lifespan=self._lifespan)
        starlette.router.redirect_slashes = False  # a path that the contract does not have is not found
        pipeline = RequestPipeline(settings, starlette, store, self.faults, self._accounts, spool=spool)
        self.asgi = ConnectionMiddleware(ControlAccessMiddleware(pipeline, app_id, app_secret))

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        limits = asyncio.create_task(enforce_limits(self.server_state))
        self.jobs.resume()
        yield
        limits.cancel()
        await self.jobs.stop()


async def _lead_to_page(_request: Request) -> Response:
    """Lead who types the server's address to the page for people."""
    return RedirectResponse(f"{CONTROL_PREFIX}/")


def _openapi(operations: list[Operation]) -> Operation:
    """Make the call that shows the OpenAPI document, itself included."""

    async def show(_request: Request) -> Response:
        return JsonResponse(document(operations, package_version()))

    path, summary = "/__local__/openapi.json", "Show this document"
    return Operation("GET", path, show, summary, {"type": "object"}, tag="Control", is_guarded=False)


def _unsupported_calls() -> list[Operation]:
    extra: dict[str, Any] = {"tag": "Refused", "is_checked": False}
    return [
        Operation(
            method, path, _unsupported(what), f"Refused: symbl-local does not {what}", schemas.ERROR, 501, **extra
        )
        for (method, path), what in UNSUPPORTED.items()
    ]


def _unsupported(what: str) -> Endpoint:
    async def refuse(_request: Request) -> Response:
        raise UnsupportedCallError(what)

    return refuse
