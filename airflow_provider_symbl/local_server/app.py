"""The application: every route, and what stands behind it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.routing import Route
from uvicorn.server import ServerState

from airflow_provider_symbl.local_server.authentication import Accounts
from airflow_provider_symbl.local_server.control import Control
from airflow_provider_symbl.local_server.conversations import Conversations
from airflow_provider_symbl.local_server.faults import Faults
from airflow_provider_symbl.local_server.jobs import Jobs
from airflow_provider_symbl.local_server.journal import Journal
from airflow_provider_symbl.local_server.responses import HANDLERS, NotBuiltError
from airflow_provider_symbl.local_server.speech import Recogniser
from airflow_provider_symbl.local_server.submissions import Submissions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.authentication import Endpoint
    from airflow_provider_symbl.local_server.store import Store

STOP_TIMEOUT = 2.0

NOT_BUILT: Mapping[tuple[str, str], str] = {
    ("GET", "topics"): "find topics",
    ("GET", "questions"): "find questions",
    ("GET", "action-items"): "find action items",
    ("GET", "follow-ups"): "find follow-ups",
    ("GET", "insights"): "find insights",
    ("GET", "entities"): "find entities",
    ("GET", "analytics"): "compute analytics",
    ("GET", "trackers"): "detect trackers",
    ("GET", "trackers-detected"): "detect trackers",
    ("GET", "intents"): "find intents",
    ("GET", "abstract-topics"): "find abstract topics",
    ("GET", "comprehensive/action-items"): "find comprehensive action items",
    ("GET", "callscore"): "score calls",
    ("GET", "lm-insights"): "write insights of a language model",
    ("GET", "bookmarks"): "keep bookmarks",
    ("POST", "bookmarks"): "keep bookmarks",
    ("GET", "bookmarks-summary"): "summarise bookmarks",
    ("PUT", "members/{member_id}"): "rename members",
    ("PUT", "speakers"): "take speaker events",
    ("POST", "experiences"): "show conversations in a browser",
    ("PUT", "experiences/url"): "show conversations in a browser",
}
"""Method and path below a conversation, and a verb phrase that completes "symbl-local does not"."""


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
    """

    app_id: str
    app_secret: str
    max_concurrent_jobs: int = 50
    model: str | None = None
    workers: int = 1
    token_lifetime: float = 86_400.0


class Application:
    """One server's parts, put together.

    :param settings: how it is set up.
    :param store: what it knows.
    :param spool: a folder for bodies and downloads.
    """

    def __init__(self, settings: Settings, store: Store, spool: Path) -> None:
        self.server_state = ServerState()
        self.recogniser = Recogniser(settings.model, settings.workers)
        self.jobs = Jobs(store, self.recogniser, settings.max_concurrent_jobs, settings.workers, spool)
        self._accounts = Accounts(store, settings.app_id, settings.app_secret, settings.token_lifetime)
        self._submissions = Submissions(store, self.jobs, self.recogniser)
        self._conversations = Conversations(store, self.jobs)
        self.faults = Faults()
        control = Control(store, self.jobs, self.recogniser, self._accounts, self.faults, server=self.server_state)
        routes = [*control.routes(), *self._contract()]
        starlette = Starlette(routes=routes, exception_handlers=HANDLERS, lifespan=self._lifespan)
        starlette.router.redirect_slashes = False  # a path that the contract does not have is not found
        self.asgi = Journal(starlette, store, self.faults, spool)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self.jobs.start()
        self.jobs.resume()
        yield
        await self.jobs.stop(STOP_TIMEOUT)

    def _contract(self) -> list[Route]:
        return [
            Route("/oauth2/token:generate", self._accounts.generate_token, methods=["POST"]),
            self._route("POST", "/oauth2/token:refresh", _not_built("refresh tokens: generate answers at any time")),
            self._route("DELETE", "/oauth2/token:revoke", _not_built("revoke tokens: they expire by themselves")),
            *self._submission_routes(),
            *self._conversation_routes(),
        ]

    def _submission_routes(self) -> list[Route]:
        calls = self._submissions
        endpoints = {
            "text": calls.text,
            "audio/url": calls.audio_url,
            "audio": calls.audio_file,
            "video/url": calls.video_url,
            "video": calls.video_file,
        }
        routes = []
        for path, endpoint in endpoints.items():
            routes.append(self._route("POST", f"/v1/process/{path}", endpoint))
            routes.append(self._route("PUT", f"/v1/process/{path}/{{conversation_id:not_url}}", endpoint))
        return routes

    def _conversation_routes(self) -> list[Route]:
        reads, one = self._conversations, "/v1/conversations/{conversation_id}"
        return [
            self._route("GET", "/v1/job/{job_id}", reads.job),
            self._route("GET", "/v1/conversations", reads.listing),
            self._route("GET", one, reads.conversation),
            self._route("DELETE", one, reads.delete),
            self._route("PUT", one, reads.not_built("change a conversation's metadata")),
            self._route("GET", f"{one}/messages", reads.messages),
            self._route("GET", f"{one}/members", reads.members),
            self._route("GET", f"{one}/summary", reads.summary),
            self._route("POST", f"{one}/transcript", reads.transcript),
            self._route("GET", f"{one}/lm-insights/status", reads.feature_status("insights", "insights")),
            self._route("GET", f"{one}/callscore/status", reads.feature_status("callScore", "a call score")),
            *(self._route(verb, f"{one}/{path}", reads.not_built(what)) for (verb, path), what in NOT_BUILT.items()),
            self._route("GET", "/v1/groups/{group_id}/conversations", _not_built("keep groups of conversations")),
        ]

    def _route(self, method: str, path: str, endpoint: Endpoint) -> Route:
        return Route(path, self._accounts.guard(endpoint), methods=[method])


def _not_built(what: str) -> Endpoint:
    async def refused(_request: Request) -> Response:
        raise NotBuiltError(what)

    return refused
