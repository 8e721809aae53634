"""The server's own routes, apart from the API's: health, reset, journal, jobs, progress, faults and expiring tokens."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from starlette.routing import Route

from airflow_provider_symbl.local_server.bodies import received
from airflow_provider_symbl.local_server.connections import cut_others
from airflow_provider_symbl.local_server.faults import read_fault
from airflow_provider_symbl.local_server.parameters import parse_object
from airflow_provider_symbl.local_server.progress import read_progress
from airflow_provider_symbl.local_server.responses import JsonResponse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from uvicorn.server import ServerState

    from airflow_provider_symbl.local_server.authentication import Accounts
    from airflow_provider_symbl.local_server.faults import Faults
    from airflow_provider_symbl.local_server.jobs import Jobs
    from airflow_provider_symbl.local_server.speech import Recogniser
    from airflow_provider_symbl.local_server.store import Store

DISTRIBUTION = "airflow-provider-symbl"


class Control:
    """Endpoints for whoever runs the server; they ask for no token.

    :param store: what they show and clear.
    :param jobs: the work that a reset gives up.
    :param recogniser: its model is named under health.
    :param accounts: their tokens can be made to expire.
    :param faults: the rules that are added and cleared.
    :param server: its connections are cut by a restart.
    """

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        recogniser: Recogniser,
        accounts: Accounts,
        faults: Faults,
        *,
        server: ServerState,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._recogniser = recogniser
        self._accounts = accounts
        self._faults = faults
        self._server = server

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/__local__/health", self.health),
            Route("/__local__/reset", self.reset, methods=["POST"]),
            Route("/__local__/restart", self.restart, methods=["POST"]),
            Route("/__local__/journal", self.journal),
            Route("/__local__/jobs", self.jobs),
            Route("/__local__/progress", self.progress, methods=["GET"]),
            Route("/__local__/progress", self.set_progress, methods=["PUT"]),
            Route("/__local__/faults", self.faults, methods=["GET"]),
            Route("/__local__/faults", self.add_fault, methods=["POST"]),
            Route("/__local__/faults", self.clear_faults, methods=["DELETE"]),
            Route("/__local__/tokens/expire", self.expire_tokens, methods=["POST"]),
        ]

    async def health(self, _request: Request) -> Response:
        """Say that the server is up, and what it is."""
        return JsonResponse({"status": "ok", "version": package_version(), "model": self._recogniser.name})

    async def reset(self, _request: Request) -> Response:
        """Forget everything; the results of running work are dropped, and held calls let go."""
        self._store.clear()
        await self._jobs.drop()
        self._faults.clear()
        return JsonResponse({"status": "ok"})

    async def restart(self, request: Request) -> Response:
        """Be as after a kill and a new start: all other connections are cut, and memory is what the folder holds.

        Answered when that is done and the unfinished jobs are taken up again.
        """
        cut_others(self._server, request.scope)
        self._store.restart()
        await self._jobs.drop()
        self._jobs.resume()
        self._faults.clear()
        return JsonResponse({"status": "ok"})

    async def journal(self, _request: Request) -> Response:
        """Show what arrived."""
        return JsonResponse({"requests": [asdict(entry) for entry in self._store.journal]})

    async def jobs(self, _request: Request) -> Response:
        """Show all jobs; it counts as no read of their status."""
        shown = [
            {
                "jobId": job.id,
                "conversationId": job.conversation_id,
                "status": job.shown.value,
                "message": job.message,
                "seconds": job.seconds,
            }
            for job in self._store.jobs()
        ]
        return JsonResponse({"jobs": shown})

    async def progress(self, _request: Request) -> Response:
        """Show the progress setting."""
        return JsonResponse(self._store.progress.setting)

    async def set_progress(self, request: Request) -> Response:
        """Change the progress setting for the jobs to come.

        :raises RefusalError: the body is not a progress setting.
        """
        self._store.set_progress(read_progress(parse_object(received(request).content())))
        return await self.progress(request)

    async def faults(self, _request: Request) -> Response:
        """Show the fault rules, and what has become of them."""
        return JsonResponse({"faults": self._faults.shown})

    async def add_fault(self, request: Request) -> Response:
        """Add a fault rule, and show it.

        :raises RefusalError: the body is not a rule.
        """
        rule = read_fault(parse_object(received(request).content()))
        return JsonResponse(self._faults.add(rule), 201)

    async def clear_faults(self, _request: Request) -> Response:
        """Clear all fault rules, and let go the calls that they hold."""
        self._faults.clear()
        return JsonResponse({"status": "ok"})

    async def expire_tokens(self, _request: Request) -> Response:
        """Refuse every token handed out so far."""
        self._accounts.expire_tokens()
        return JsonResponse({"status": "ok"})


def package_version() -> str:
    """Tell the installed package's version, as far as it is installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "not installed"
