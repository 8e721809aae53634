"""The page for people at ``/__local__/``: its files, and what it reads beside the control routes."""

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
from airflow_provider_symbl.local_server.intelligence import api
from airflow_provider_symbl.local_server.routes.control import BY_THE_DOOR
from airflow_provider_symbl.local_server.routes.conversations import get_conversation_or_404
from airflow_provider_symbl.local_server.routes.serializers import member_shape, span
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

LISTING = {"name": text, "limit": integer(0, 1000), "offset": integer(0)}
USUAL_LIMIT = 50
INSIGHTS = (api.summary, api.topics, api.action_items, api.questions, api.follow_ups)


class Page:
    """Endpoints for the page. Like the control routes they ask for no token, and no read counts as one of a status.

    :param store: what it shows.
    :param talks: hands conversations to the rooms that search them.
    """

    def __init__(self, store: Store, talks: ConversationAnalyzer) -> None:
        self._store = store
        self._talks = talks
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
        more: dict[str, Any] = {"tag": "Control", "is_guarded": False, "refuses": BY_THE_DOOR}
        gone = {**more, "refuses": (404, *BY_THE_DOOR)}
        listed, shown, found = schemas.LISTED, schemas.READ, schemas.FOUND
        return [
            Operation("GET", many, self.listing, "List conversations for the page", listed, query=LISTING, **more),
            Operation("GET", one, self.conversation, "Show a conversation for the page", shown, **gone),
            Operation(
                "GET",
                f"{one}/insights",
                self.insights,
                "Show what was found for the page",
                found,
                **gone,
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
        wanted, offset = given.get("name", "").casefold(), given.get("offset", 0)
        named = [one for one in reversed(self._store.conversations()) if wanted in one.name.casefold()]
        page = named[offset : offset + given.get("limit", USUAL_LIMIT)]
        return JsonResponse({"conversations": [self._entry(one) for one in page], "total": len(named)})

    async def conversation(self, request: Request) -> Response:
        """Show what a reader of a conversation needs; times are in seconds from its beginning.

        :raises ApiError: there is no such conversation.
        """
        conversation = get_conversation_or_404(self._store, request)
        shown = {**self._entry(conversation), "jobs": [_job(job) for job in self._store.jobs_of(conversation.id)]}
        said = await self._talks.search(partial(_said, self._talks.of(conversation)))
        return JsonResponse({**shown, **said})

    async def insights(self, request: Request) -> Response:
        """Show what was found in a conversation: summary, topics, action items, questions and follow-ups.

        :raises ApiError: there is no such conversation.
        """
        talk = self._talks.of(get_conversation_or_404(self._store, request))
        return JsonResponse(await self._talks.search(partial(_insights, talk)))

    async def recording(self, request: Request) -> Response:
        """Give the recording that a job has heard, or the range of it that is asked for.

        :raises ApiError: there is no such job, it has no recording, or is not shown completed.
        """
        job_id = request.path_params["job_id"]
        path = self._heard_by(job_id)
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
            "members": [member_shape(member) for member in self._store.members(conversation.id)],
        }

    def _heard_by(self, job_id: str) -> Path | None:
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


def _insights(talk: ConversationView) -> dict[str, object]:
    return {kind: things for find in INSIGHTS for kind, things in find(talk).items()}


def _said(talk: ConversationView) -> dict[str, object]:
    messages = [_message(one, part, talk.start, talk.members) for part in talk.parts for one in part.messages]
    return {"messages": messages, "recordings": _recordings(talk.parts, talk.start)}


def _message(message: Message, part: Part, start: datetime, members: Mapping[str, Member]) -> dict[str, object]:
    member = members.get(message.member_id or "")
    return {
        "id": message.id,
        "jobId": part.job_id,
        "text": message.text,
        "from": member and member_shape(member)["name"],
        **_times(message, start),
        "words": [{"word": word.text, **_times(word, start)} for word in message.words],
    }


def _recordings(parts: Sequence[Part], start: datetime) -> list[dict[str, object]]:
    heard = ((part, path) for part in parts if (path := part.recording) and path.is_file())
    return [
        {
            "jobId": part.job_id,
            "url": f"recordings/{part.job_id}",
            "startOffset": _seconds(part.start - start),
            "seconds": _seconds(part.end - part.start),
            "mediaType": media_type(path),
        }
        for part, path in heard
    ]


def _job(job: Job) -> dict[str, object]:
    reason = job.message if job.shown is Status.FAILED else None
    return {"jobId": job.id, "status": job.shown.value, "message": reason}


def _times(said: Message | Word, start: datetime) -> dict[str, float]:
    return {"timeOffset": _seconds(said.start - start), "duration": _seconds(said.end - said.start)}


def _seconds(length: timedelta) -> float:
    return length / timedelta(seconds=1)
