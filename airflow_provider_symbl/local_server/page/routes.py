"""Routes of the page for people at ``/__local__/``: its files, and what it reads beside the control routes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from airflow_provider_symbl.local_server.api.operations import Operation, query_of
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.timestamps import iso
from airflow_provider_symbl.local_server.api.validation import integer, text
from airflow_provider_symbl.local_server.page import page_schemas, transcript_files
from airflow_provider_symbl.local_server.page.media_types import media_type
from airflow_provider_symbl.local_server.page.reader import findings_of, messages_of
from airflow_provider_symbl.local_server.page.search import find
from airflow_provider_symbl.local_server.routes.control import CONTROL_REFUSALS
from airflow_provider_symbl.local_server.routes.lookup import get_conversation_or_404, paginate
from airflow_provider_symbl.local_server.routes.serializers import serialize_member
from airflow_provider_symbl.local_server.store.conversation_index import span
from airflow_provider_symbl.local_server.store.records import Status

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_provider_symbl.local_server.api.operations import Endpoint, Schema
    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer
    from airflow_provider_symbl.local_server.jobs.job_view import JobView
    from airflow_provider_symbl.local_server.page.search import Found
    from airflow_provider_symbl.local_server.security.authentication import Accounts
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation, Job

FOLDER = Path(__file__).parent / "static"
FILE_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""The files that a browser fetches, by suffix; it runs no script that comes as anything else."""

LIST_QUERY = {"search": text, "limit": integer(0, 1000), "offset": integer(0)}
DEFAULT_LIMIT = 50
JOBS_QUERY = {"failed": integer(0, 10_000), "others": integer(0, 10_000)}
"""How many of each are listed."""


class PageRoutes:
    """Endpoints for the page. Like the control routes they ask for no token, and no read counts as one of a status.

    What the page changes, it changes by the API's own calls, with a token that it is given here.

    :param store: what it shows.
    :param job_view: tells how far jobs have come.
    :param analyzer: gives views of conversations, and analyses them off the event loop.
    :param accounts: gives the token.
    """

    def __init__(self, store: Store, job_view: JobView, analyzer: ConversationAnalyzer, accounts: Accounts) -> None:
        self._store = store
        self._job_view = job_view
        self._analyzer = analyzer
        self._accounts = accounts
        self._files = {file.name: file for file in FOLDER.iterdir() if file.suffix in FILE_TYPES}

    def routes(self) -> list[Route]:
        """List the routes that give files."""
        return [
            Route("/__local__", self.redirect),
            Route("/__local__/", self.index),
            Route("/__local__/page/{file}", self.file),
            Route("/__local__/recordings/{job_id}", self.recording),
        ]

    def operations(self) -> list[Operation]:
        """List the calls."""
        many, one = "/__local__/conversations", "/__local__/conversations/{conversation_id}"
        lists: list[tuple[str, Endpoint, str, Schema, dict[str, Any]]] = [
            (many, self.listing, "List conversations for the page", page_schemas.LISTED, LIST_QUERY),
            ("/__local__/jobs/failed-first", self.jobs, "List jobs for the page", page_schemas.JOBS, JOBS_QUERY),
        ]
        of_one: list[tuple[str, Endpoint, str, Schema | str]] = [
            (one, self.conversation, "Show a conversation for the page", page_schemas.READ),
            (f"{one}/insights", self.insights, "Show insights for the page", page_schemas.FOUND),
            (f"{one}/transcript.json", self.everything, "Give all of a conversation to take away", {"type": "object"}),
            *(
                (f"{one}/transcript.{suffix}", self._transcript(suffix), "Give a transcript to take away", media)
                for suffix, (media, _) in transcript_files.FORMS.items()
            ),
        ]
        common: dict[str, Any] = {"tag": "Control", "is_guarded": False, "refuses": CONTROL_REFUSALS}
        not_found = {**common, "refuses": (404, *CONTROL_REFUSALS)}
        return [
            *(
                Operation("GET", path, endpoint, summary, answer, query=query, **common)
                for path, endpoint, summary, answer, query in lists
            ),
            *(
                Operation("GET", path, endpoint, summary, answer, **not_found)
                for path, endpoint, summary, answer in of_one
            ),
            Operation("POST", "/__local__/tokens", self.token, "Give the page a token", page_schemas.TOKEN, **common),
        ]

    async def redirect(self, _request: Request) -> Response:
        """Lead to the page, whose own links are relative to it."""
        return RedirectResponse("/__local__/")

    async def index(self, _request: Request) -> Response:
        """Give the page itself."""
        return FileResponse(FOLDER / "index.html", media_type="text/html")

    async def file(self, request: Request) -> Response:
        """Give a script, style sheet or picture of the page.

        :raises ApiError: there is no such file.
        """
        name = request.path_params["file"]
        if name not in self._files:
            raise ApiError(404, f"The page has no file {name!r}")
        path = self._files[name]
        return FileResponse(path, media_type=FILE_TYPES[path.suffix])

    async def token(self, _request: Request) -> Response:
        """Give the account's token to whom control access lets in: they see all that it would show them."""
        return JsonResponse({"accessToken": self._accounts.current_token().text})

    async def jobs(self, request: Request) -> Response:
        """List the jobs that failed, and apart from them the others; of both the newest first."""
        given = query_of(request)
        newest_first = self._store.jobs()[::-1]
        failed = [job for job in newest_first if job.shown is Status.FAILED]
        others = [job for job in newest_first if job.shown is not Status.FAILED]
        return JsonResponse(
            {
                "failed": [self._job(job) for job in failed[: given.get("failed", DEFAULT_LIMIT)]],
                "others": [self._job(job) for job in others[: given.get("others", DEFAULT_LIMIT)]],
                "failedTotal": len(failed),
                "total": len(newest_first),
                "running": self._store.active_jobs(),
            }
        )

    async def listing(self, request: Request) -> Response:
        """List conversations, the latest made first; ``total`` counts those beyond ``limit`` too."""
        given = query_of(request)
        found = await self._find(given.get("search", ""))
        page = paginate(found, given, DEFAULT_LIMIT)
        shown = [{**self._entry(one.conversation), "said": one.excerpt} for one in page if self._is_there(one)]
        return JsonResponse({"conversations": shown, "total": len(found)})

    async def conversation(self, request: Request) -> Response:
        """Show what a reader of a conversation needs; times are in seconds from its beginning.

        :raises ApiError: there is no such conversation.
        """
        conversation = get_conversation_or_404(self._store, request)
        jobs = [_progress(self._job(job)) for job in self._store.jobs_of(conversation.id)]
        entry = {**self._entry(conversation), "jobs": jobs}
        messages = await self._analyzer.run(partial(messages_of, self._analyzer.view(conversation)))
        return JsonResponse({**entry, **messages})

    async def insights(self, request: Request) -> Response:
        """Show what was found in a conversation.

        :raises ApiError: there is no such conversation.
        """
        view = self._analyzer.view(get_conversation_or_404(self._store, request))
        return JsonResponse(await self._analyzer.run(partial(findings_of, view)))

    async def everything(self, request: Request) -> Response:
        """Give the whole conversation as a file: messages with the times of their words, and what was found.

        :raises ApiError: there is no such conversation.
        """
        conversation = get_conversation_or_404(self._store, request)
        entry, view = self._entry(conversation), self._analyzer.view(conversation)

        def write() -> bytes:
            shown = {**entry, "messages": messages_of(view)["messages"], "insights": findings_of(view)}
            return _encoded(transcript_files.as_json(shown))

        file_headers = transcript_files.headers(conversation.name, conversation.id, "json")
        return Response(await self._analyzer.run(write), headers=file_headers, media_type="application/json")

    async def recording(self, request: Request) -> Response:
        """Give the recording of a job, or the range of it that is asked for.

        :raises ApiError: there is no such job, it has no recording, or is not shown completed.
        """
        job_id = request.path_params["job_id"]
        path = self._recording_of(job_id)
        if path is None:
            raise ApiError(404, f"There is no recording of a job with id {job_id}")
        return FileResponse(path, media_type=await to_thread.run_sync(media_type, path))

    def _transcript(self, suffix: str) -> Endpoint:
        media, write = transcript_files.FORMS[suffix]

        async def endpoint(request: Request) -> Response:
            conversation = get_conversation_or_404(self._store, request)
            view = self._analyzer.view(conversation)
            content = await self._analyzer.run(lambda: _encoded(write(view)))
            file_headers = transcript_files.headers(conversation.name, conversation.id, suffix)
            return Response(content, headers=file_headers, media_type=media)

        return endpoint

    async def _find(self, wanted: str) -> list[Found]:
        conversations = self._store.conversations()[::-1]
        if not wanted.strip():
            return find([(one, ()) for one in conversations], "")
        job = self._store.job(wanted.strip())
        with_parts = [(one, self._store.visible_parts(one.id)) for one in conversations]
        return await self._analyzer.run(partial(find, with_parts, wanted, [job.conversation_id] if job else []))

    def _is_there(self, found: Found) -> bool:
        return (
            self._store.conversation(found.conversation.id) is not None
        )  # it may be deleted while others are searched

    def _entry(self, conversation: Conversation) -> dict[str, object]:
        parts = self._store.visible_parts(conversation.id)
        start, end = span(conversation, parts)
        return {
            "id": conversation.id,
            "name": conversation.name,
            "startTime": iso(start),
            "endTime": iso(end),
            "messageCount": sum(len(part.messages) for part in parts),
            "members": [serialize_member(member) for member in self._store.members(conversation.id)],
        }

    def _job(self, job: Job) -> dict[str, object]:
        conversation = self._store.conversation(job.conversation_id)
        return {
            "jobId": job.id,
            "conversationId": job.conversation_id,
            "name": conversation and conversation.name,
            "status": job.shown.value,
            "message": job.message if job.shown is Status.FAILED else None,
            "submitted": iso(job.submitted),
            "seconds": job.seconds,
            "progress": self._job_view.fraction(job.id),
        }

    def _recording_of(self, job_id: str) -> Path | None:
        job = self._store.job(job_id)
        if job is None or self._store.conversation(job.conversation_id) is None:
            return None
        parts = self._store.visible_parts(job.conversation_id)
        path = next((part.recording for part in parts if part.job_id == job_id), None)
        return path if path and path.is_file() else None


def _progress(job: dict[str, object]) -> dict[str, object]:
    return {name: job[name] for name in ("jobId", "status", "message", "progress")}


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")  # a client may have sent half a surrogate pair
