"""Reading, listing and deleting conversations, and reading jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server import moments
from airflow_provider_symbl.local_server.authentication import require_json
from airflow_provider_symbl.local_server.bodies import received
from airflow_provider_symbl.local_server.parameters import parse_object, read_query
from airflow_provider_symbl.local_server.responses import (
    JsonResponse,
    NotBuiltError,
    RefusalError,
    UnknownConversationError,
)
from airflow_provider_symbl.local_server.rules import WHOLE, choice, flag, instant, integer, refusal, shape
from airflow_provider_symbl.local_server.shapes import (
    conversation_shape,
    job_shape,
    member_shape,
    message_shape,
    span,
)
from airflow_provider_symbl.local_server.transcripts import markdown, srt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.authentication import Endpoint
    from airflow_provider_symbl.local_server.jobs import Jobs
    from airflow_provider_symbl.local_server.records import Conversation
    from airflow_provider_symbl.local_server.store import Store

MESSAGES_QUERY = shape({"verbose": flag, "sentiment": flag})
TRANSCRIPT = shape(
    {
        "contentType": choice("text/markdown", "text/srt"),
        "createParagraphs": flag,
        "showSpeakerSeparation": flag,
        "phrases": shape({"highlightOnlyInsightKeyPhrases": flag, "highlightAllKeyPhrases": flag}),
    },
    ("contentType",),
)
SORTS = ("conversation.startTime", "conversation.endTime", "conversation.name")
LIST_QUERY = shape(
    {
        "limit": integer(0, 65536),
        "offset": integer(0),
        "order": choice("asc", "desc"),
        "sort": choice(*SORTS),
        "startTime": instant,
        "endTime": instant,
    }
)
USUAL_WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class Listed:
    """A conversation in a list, with what it is sorted by."""

    name: str
    start: datetime
    end: datetime
    shown: dict[str, object]

    def key(self, sort: str) -> Any:  # noqa: ANN401 - a name or a moment; a list is sorted by one of them
        """Give what to sort by.

        :param sort: one of :data:`SORTS`.
        """
        return {SORTS[0]: self.start, SORTS[1]: self.end, SORTS[2]: self.name}[sort]


class Conversations:
    """Endpoints that read what jobs have found.

    :param store: where it is.
    :param jobs: counts reads of a status.
    """

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    async def job(self, request: Request) -> Response:
        """Show a job.

        :raises RefusalError: there is no such job.
        """
        job_id = request.path_params["job_id"]
        job = self._store.job(job_id)
        if job is None:
            raise RefusalError(404, f"Job with id {job_id} not found")
        return JsonResponse(job_shape(self._jobs.read(job)))

    async def conversation(self, request: Request) -> Response:
        """Show a conversation.

        :raises RefusalError: there is no such conversation.
        """
        return JsonResponse(self._shown(self._found(request)))

    async def listing(self, request: Request) -> Response:
        """List conversations, those whose jobs are not done included.

        :raises RefusalError: a query parameter is not allowed.
        """
        query = read_query(request.url.query)
        if "filter" in query:
            raise refusal("filter", "is not understood by symbl-local: list by time, and filter what comes")
        given = LIST_QUERY(WHOLE, query)
        start, end = _window(given)
        listed = [entry for entry in self._listed() if start <= entry.start <= end]
        sort, offset = given.get("sort", SORTS[0]), given.get("offset", 0)
        listed.sort(key=lambda entry: entry.key(sort), reverse=given.get("order") == "desc")
        page = listed[offset : offset + given.get("limit", 20)]
        return JsonResponse({"conversations": [entry.shown for entry in page]})

    async def messages(self, request: Request) -> Response:
        """Show what was said, as far as jobs are completed.

        :raises RefusalError: there is no such conversation, or a query parameter is not allowed.
        """
        conversation = self._found(request)
        given = MESSAGES_QUERY(WHOLE, read_query(request.url.query))
        if given.get("sentiment"):
            raise NotBuiltError("tell the sentiment of messages")
        start, _ = span(conversation, self._store.visible_parts(conversation.id))
        members = {member.id: member for member in self._store.members(conversation.id)}
        verbose = given.get("verbose", False)
        messages = [
            message_shape(message, conversation.id, start, members, verbose=verbose)
            for message in self._store.messages(conversation.id)
        ]
        return JsonResponse({"messages": messages})

    async def members(self, request: Request) -> Response:
        """Show who took part.

        :raises RefusalError: there is no such conversation.
        """
        members = self._store.members(self._found(request).id)
        return JsonResponse({"members": [member_shape(member) for member in members]})

    async def summary(self, request: Request) -> Response:
        """Refuse: 404 while a job of the conversation is not over, as the contract says (4.9), and then for good.

        :raises RefusalError: always.
        """
        jobs = self._store.jobs_of(self._found(request).id)
        if not all(job.shown.is_terminal for job in jobs):
            raise RefusalError(404, "There is no summary while a job of the conversation is not over.")
        raise NotBuiltError("write summaries")

    async def transcript(self, request: Request) -> Response:
        """Write a transcript.

        :raises RefusalError: there is no such conversation, or the body is not allowed.
        """
        conversation = self._found(request)
        require_json(request)
        given = TRANSCRIPT(WHOLE, parse_object(received(request).content()))
        if any(given.get("phrases", {}).values()):
            raise NotBuiltError("find key phrases to highlight")
        return JsonResponse({"transcript": self._transcript(conversation, given)})

    async def delete(self, request: Request) -> Response:
        """Delete a conversation; its running jobs fail.

        :raises RefusalError: there is no such conversation.
        """
        self._store.remove_conversation(self._found(request).id)
        return JsonResponse({"message": "successfully deleted the conversation"})

    def feature_status(self, feature: str, what: str) -> Endpoint:
        """Make the endpoint of an add-on's status.

        :param feature: the add-on, in Symbl's words.
        :param what: how to call it where it was not asked for.
        """

        async def status(request: Request) -> Response:
            conversation = self._found(request)
            asked = [job for job in self._store.jobs_of(conversation.id) if feature in job.features]
            if not asked:
                raise RefusalError(404, f"No job of this conversation asked for {what}")
            state = self._jobs.read_feature(asked[-1], feature)
            return JsonResponse({"jobId": asked[-1].id, "status": state.value})

        return status

    def not_built(self, what: str) -> Endpoint:
        """Make the endpoint of a read that the API has and this server has not.

        :param what: a verb phrase that completes "symbl-local does not".
        """

        async def refused(request: Request) -> Response:
            self._found(request)
            raise NotBuiltError(what)

        return refused

    def _found(self, request: Request) -> Conversation:
        conversation = self._store.conversation(request.path_params["conversation_id"])
        if conversation is None:
            raise UnknownConversationError
        return conversation

    def _shown(self, conversation: Conversation) -> dict[str, object]:
        parts = self._store.visible_parts(conversation.id)
        return conversation_shape(conversation, parts, self._store.members(conversation.id))

    def _listed(self) -> list[Listed]:
        listed = []
        for conversation in self._store.conversations():
            start, end = span(conversation, self._store.visible_parts(conversation.id))
            listed.append(Listed(conversation.name, start, end, self._shown(conversation)))
        return listed

    def _transcript(self, conversation: Conversation, given: Mapping[str, Any]) -> dict[str, object]:
        content_type, speakers = given["contentType"], given.get("showSpeakerSeparation", False)
        messages = self._store.messages(conversation.id)
        members = {member.id: member for member in self._store.members(conversation.id)}
        if content_type == "text/srt":
            start, _ = span(conversation, self._store.visible_parts(conversation.id))
            subtitles = srt(messages, members, start, speakers=speakers)
            return {"payload": {"content": subtitles, "contentType": content_type}}
        paragraphs = given.get("createParagraphs", False)
        payload = markdown(messages, members, paragraphs=paragraphs, speakers=speakers)
        return {"payload": payload, "contentType": content_type}


def _window(given: Mapping[str, Any]) -> tuple[datetime, datetime]:
    now = moments.now()
    end = given.get("endTime", now)
    start = given.get("startTime", end - USUAL_WINDOW)
    for label, moment in (("startTime", start), ("endTime", end)):
        if moment > moments.now():
            raise refusal(label, f"must be earlier than now, but is {moments.iso(moment)}")
    if start >= end:
        raise refusal("startTime", f'must be earlier than "endTime" ({moments.iso(end)})')
    return start, end
