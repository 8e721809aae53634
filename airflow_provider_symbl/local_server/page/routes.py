"""Routes of the page for people at ``/__local__/``: its files, and what it reads beside the control routes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import Route

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.operations import Operation, query_of
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.timestamps import iso
from airflow_provider_symbl.local_server.api.validation import integer, text
from airflow_provider_symbl.local_server.intelligence import resources
from airflow_provider_symbl.local_server.routes.control import CONTROL_REFUSALS
from airflow_provider_symbl.local_server.routes.lookup import get_conversation_or_404, paginate
from airflow_provider_symbl.local_server.routes.serializers import serialize_member
from airflow_provider_symbl.local_server.store.conversation_index import span
from airflow_provider_symbl.local_server.store.records import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer, ConversationView
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation, Job, Member, Message, Part, Word

FOLDER = Path(__file__).parent / "static"
FILE_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""The files that a browser fetches, by suffix; it runs no script that comes as anything else."""

HEAD_BYTES = 12
OTHER_TYPE = "application/octet-stream"
MAGIC = {
    b"RIFF": "audio/wav",
    b"ID3": "audio/mpeg",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
    b"\x1aE\xdf\xa3": "video/webm",
}
"""What a recording begins with; MP4 and MP3 without a tag are told otherwise."""

FRAME_SYNC = 0xFFE0
FRAME_LAYER = 0x0006
"""Bits of an MPEG audio frame's head: eleven that are set, and two that only AAC leaves unset."""

LIST_QUERY = {"name": text, "limit": integer(0, 1000), "offset": integer(0)}
DEFAULT_LIMIT = 50
RESOURCES = (resources.summary, resources.topics, resources.action_items, resources.questions, resources.follow_ups)


class PageRoutes:
    """Endpoints for the page. Like the control routes they ask for no token, and no read counts as one of a status.

    :param store: what it shows.
    :param analyzer: gives views of conversations, and analyses them off the event loop.
    """

    def __init__(self, store: Store, analyzer: ConversationAnalyzer) -> None:
        self._store = store
        self._analyzer = analyzer
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
        more: dict[str, Any] = {"tag": "Control", "is_guarded": False, "refuses": CONTROL_REFUSALS}
        not_found = {**more, "refuses": (404, *CONTROL_REFUSALS)}
        listed, shown, insights = schemas.LISTED, schemas.READ, schemas.FOUND
        return [
            Operation("GET", many, self.listing, "List conversations for the page", listed, query=LIST_QUERY, **more),
            Operation("GET", one, self.conversation, "Show a conversation for the page", shown, **not_found),
            Operation(
                "GET",
                f"{one}/insights",
                self.insights,
                "Show insights for the page",
                insights,
                **not_found,
            ),
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

    async def listing(self, request: Request) -> Response:
        """List conversations, the latest made first; ``total`` counts those beyond ``limit`` too."""
        given = query_of(request)
        name = given.get("name", "").casefold()
        conversations = [one for one in reversed(self._store.conversations()) if name in one.name.casefold()]
        page = paginate(conversations, given, DEFAULT_LIMIT)
        return JsonResponse({"conversations": [self._entry(one) for one in page], "total": len(conversations)})

    async def conversation(self, request: Request) -> Response:
        """Show what a reader of a conversation needs; times are in seconds from its beginning.

        :raises ApiError: there is no such conversation.
        """
        conversation = get_conversation_or_404(self._store, request)
        entry = {**self._entry(conversation), "jobs": [_job(job) for job in self._store.jobs_of(conversation.id)]}
        messages = await self._analyzer.run(partial(_messages, self._analyzer.view(conversation)))
        return JsonResponse({**entry, **messages})

    async def insights(self, request: Request) -> Response:
        """Show the insights of a conversation: summary, topics, action items, questions and follow-ups.

        :raises ApiError: there is no such conversation.
        """
        view = self._analyzer.view(get_conversation_or_404(self._store, request))
        return JsonResponse(await self._analyzer.run(partial(_insights, view)))

    async def recording(self, request: Request) -> Response:
        """Give the recording of a job, or the range of it that is asked for.

        :raises ApiError: there is no such job, it has no recording, or is not shown completed.
        """
        job_id = request.path_params["job_id"]
        path = self._recording_of(job_id)
        if path is None:
            raise ApiError(404, f"There is no recording of a job with id {job_id}")
        return FileResponse(path, media_type=await to_thread.run_sync(media_type, path))

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

    def _recording_of(self, job_id: str) -> Path | None:
        job = self._store.job(job_id)
        if job is None or self._store.conversation(job.conversation_id) is None:
            return None
        parts = self._store.visible_parts(job.conversation_id)
        path = next((part.recording for part in parts if part.job_id == job_id), None)
        return path if path and path.is_file() else None


def media_type(path: Path) -> str:
    """Tell from the head of a recording what it is; what a client called it is not kept.

    :param path: the recording.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[4:8] == b"ftyp":
        return "video/mp4"
    if _is_mpeg_frame(head):
        return "audio/mpeg"
    return next((known for magic, known in MAGIC.items() if head.startswith(magic)), OTHER_TYPE)


def _is_mpeg_frame(head: bytes) -> bool:
    first = int.from_bytes(head[:2])
    return first & FRAME_SYNC == FRAME_SYNC and first & FRAME_LAYER != 0


def _insights(view: ConversationView) -> dict[str, object]:
    return {kind: things for resource in RESOURCES for kind, things in resource(view).items()}


def _messages(view: ConversationView) -> dict[str, object]:
    messages = [_message(one, part, view.start, view.members) for part in view.parts for one in part.messages]
    return {"messages": messages, "recordings": _recordings(view.parts, view.start)}


def _message(message: Message, part: Part, start: datetime, members: Mapping[str, Member]) -> dict[str, object]:
    member = members.get(message.member_id or "")
    return {
        "id": message.id,
        "jobId": part.job_id,
        "text": message.text,
        "from": member and serialize_member(member)["name"],
        **_times(message, start),
        "words": [{"word": word.text, **_times(word, start)} for word in message.words],
    }


def _recordings(parts: Sequence[Part], start: datetime) -> list[dict[str, object]]:
    recordings = ((part, path) for part in parts if (path := part.recording) and path.is_file())
    return [
        {
            "jobId": part.job_id,
            "url": f"recordings/{part.job_id}",
            "startOffset": _seconds(part.start - start),
            "seconds": _seconds(part.end - part.start),
            "mediaType": media_type(path),
        }
        for part, path in recordings
    ]


def _job(job: Job) -> dict[str, object]:
    reason = job.message if job.shown is Status.FAILED else None
    return {"jobId": job.id, "status": job.shown.value, "message": reason}


def _times(timed: Message | Word, start: datetime) -> dict[str, float]:
    return {"timeOffset": _seconds(timed.start - start), "duration": _seconds(timed.end - timed.start)}


def _seconds(length: timedelta) -> float:
    return length / timedelta(seconds=1)
