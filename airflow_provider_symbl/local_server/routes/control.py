"""Control routes, apart from those of the API: health, reset, journal, jobs, progress, faults and expiring tokens."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.operations import Operation, body_of, query_of
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.timestamps import iso
from airflow_provider_symbl.local_server.api.validation import Validator, enum, integer, number, object_of
from airflow_provider_symbl.local_server.middleware.connections import cut_others
from airflow_provider_symbl.local_server.middleware.fault_rules import FAULT
from airflow_provider_symbl.local_server.store.records import Progress

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from uvicorn.server import ServerState

    from airflow_provider_symbl.local_server.api.operations import Endpoint, Schema
    from airflow_provider_symbl.local_server.jobs.job_queue import JobQueue
    from airflow_provider_symbl.local_server.middleware.faults import Faults
    from airflow_provider_symbl.local_server.security.authentication import Accounts
    from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Job

DISTRIBUTION = "airflow-provider-symbl"
CONTROL_REFUSALS = (401, 403)
"""Statuses with which control access refuses a request before they get here."""


def _progress(label: str, value: object) -> Progress:
    setting = PROGRESS_FIELDS(label, value)
    needed = {"polls": "polls", "time": "seconds"}.get(setting["by"])
    if needed and needed not in setting:
        raise ApiError(400, f'"{needed}" is required when "by" is "{setting["by"]}"')
    for name in setting.keys() - {"by", needed}:
        raise ApiError(400, f'"{name}" is not allowed when "by" is "{setting["by"]}"')
    return Progress(**setting)


PROGRESS_FIELDS = object_of(
    {"by": enum("work", "at_once", "polls", "time"), "polls": integer(1), "seconds": number(0)}, ("by",)
)
PROGRESS_SETTING = Validator(_progress, PROGRESS_FIELDS.schema)
"""The validator of the progress setting, in one of its four forms."""


class ControlRoutes:
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
        jobs: JobQueue,
        recogniser: RecogniserPool,
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

    def operations(self) -> list[Operation]:
        """List the calls."""
        done, progress, faults = schemas.DONE, "/__local__/progress", "/__local__/faults"
        not_found = {"refuses": (404, *CONTROL_REFUSALS)}
        calls: list[tuple[str, str, Endpoint, str, Schema, dict[str, Any]]] = [
            ("POST", "/__local__/reset", self.reset, "Forget everything", done, {}),
            ("POST", "/__local__/restart", self.restart, "Be as after a kill and a new start", done, {}),
            ("GET", "/__local__/journal", self.journal, "Show what arrived", schemas.JOURNAL, {}),
            ("GET", "/__local__/jobs", self.jobs, "Show jobs", schemas.JOBS, {"query": {"limit": integer(0)}}),
            ("GET", progress, self.progress, "Show what jobs follow", schemas.PROGRESS, {}),
            ("PUT", progress, self.set_progress, "Say what jobs follow", schemas.PROGRESS, {"body": PROGRESS_SETTING}),
            ("GET", faults, self.faults, "Show the fault rules", schemas.FAULTS, {}),
            ("POST", faults, self.add_fault, "Add a fault rule", schemas.FAULT, {"body": FAULT, "status": 201}),
            ("DELETE", faults, self.clear_faults, "Clear all fault rules", done, {}),
            ("DELETE", f"{faults}/{{fault_id}}", self.clear_fault, "Clear a fault rule", done, not_found),
            ("POST", "/__local__/tokens/expire", self.expire_tokens, "Refuse all tokens so far", done, {}),
        ]
        open_to_all: dict[str, Any] = {"tag": "Control", "is_guarded": False}
        common = {**open_to_all, "refuses": CONTROL_REFUSALS}
        return [
            Operation(
                "GET", "/__local__/health", self.health, "Say that the server is up", schemas.HEALTH, **open_to_all
            ),
            *(
                Operation(method, path, endpoint, summary, answer, **{**common, **more})
                for method, path, endpoint, summary, answer, more in calls
            ),
        ]

    async def health(self, _request: Request) -> Response:
        """Say that the server is up, and what it is."""
        model, workers = self._recogniser.name, self._recogniser.workers
        return JsonResponse({"status": "ok", "version": package_version(), "model": model, "workers": workers})

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
        """Show what arrived, in blocks that a thread makes: a long journal keeps nobody waiting."""
        return StreamingResponse(self._store.journal.blocks(), media_type="application/json")

    async def jobs(self, request: Request) -> Response:
        """Show all jobs, or the newest few, in order of submission; it counts as no read of their status."""
        jobs = self._store.jobs()
        newest = jobs[max(0, len(jobs) - query_of(request).get("limit", len(jobs))) :]
        counts = {"total": len(jobs), "running": self._store.active_jobs()}
        return JsonResponse({"jobs": [self._job(job) for job in newest], **counts})

    async def progress(self, _request: Request) -> Response:
        """Show the progress setting."""
        return JsonResponse(self._store.progress.setting)

    async def set_progress(self, request: Request) -> Response:
        """Change the progress setting for the jobs to come.

        :raises ApiError: the body is not a progress setting.
        """
        self._store.set_progress(body_of(request))
        return await self.progress(request)

    async def faults(self, _request: Request) -> Response:
        """Show the fault rules, and what has become of them."""
        return JsonResponse({"faults": self._faults.shown})

    async def add_fault(self, request: Request) -> Response:
        """Add a fault rule, and show it.

        :raises ApiError: the body is not a rule.
        """
        return JsonResponse(self._faults.add(body_of(request)), 201)

    async def clear_faults(self, _request: Request) -> Response:
        """Clear all fault rules, and let go the calls that they hold."""
        self._faults.clear()
        return JsonResponse({"status": "ok"})

    async def clear_fault(self, request: Request) -> Response:
        """Clear a fault rule, and let go the calls that it holds.

        :raises ApiError: there is no such rule in force.
        """
        fault_id = request.path_params["fault_id"]
        if not self._faults.clear_one(fault_id):
            raise ApiError(404, f"There is no fault rule with id {fault_id}")
        return JsonResponse({"status": "ok"})

    async def expire_tokens(self, _request: Request) -> Response:
        """Refuse every token handed out so far."""
        self._accounts.expire_tokens()
        return JsonResponse({"status": "ok"})

    def _job(self, job: Job) -> dict[str, object]:
        conversation = self._store.conversation(job.conversation_id)
        return {
            "jobId": job.id,
            "conversationId": job.conversation_id,
            "name": conversation and conversation.name,
            "status": job.shown.value,
            "message": job.message,
            "submitted": iso(job.submitted),
            "seconds": job.seconds,
            "progress": self._jobs.view.fraction(job.id),
        }


def package_version() -> str:
    """Tell the installed package's version, as far as it is installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "not installed"
