"""Reading what was said in a conversation, by whom, and as a transcript; and correcting who said it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.operations import Operation, body_of, query_of
from airflow_provider_symbl.local_server.api.parameters import EMAIL
from airflow_provider_symbl.local_server.api.paths import CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse, UnknownConversationError
from airflow_provider_symbl.local_server.api.validation import (
    Validator,
    boolean,
    enum,
    integer,
    list_of,
    object_of,
    text,
    validation_error,
)
from airflow_provider_symbl.local_server.intelligence.api import key_phrase_spans, message_sentiment, phrases
from airflow_provider_symbl.local_server.routes.conversations import get_conversation_or_404
from airflow_provider_symbl.local_server.routes.serializers import member_shape, message_shape, span
from airflow_provider_symbl.local_server.routes.transcripts import markdown, srt
from airflow_provider_symbl.local_server.store.members import MemberDirectory, turns_of, with_member, with_turns
from airflow_provider_symbl.local_server.store.records import Speaker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer, ConversationView
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation, Member, Part

NANOS = 1e-9
MEMBER = object_of({"id": text, "name": text, "email": EMAIL}, ("id", "name"))
PERSON = object_of({"id": text, "name": text, "email": EMAIL})


def _user(label: str, value: object) -> dict[str, str]:
    given: dict[str, str] = PERSON(label, value)
    if not given:
        raise validation_error(label, "must have an id, a name or an email")
    return given


USER = Validator(_user, {**PERSON.schema, "minProperties": 1})
SPEAKER_EVENT = object_of(
    {
        "type": enum("started_speaking", "stopped_speaking"),
        "user": USER,
        "offset": object_of({"seconds": integer(0), "nanos": integer(0)}, ("seconds",)),
    },
    ("type", "user", "offset"),
)
SPEAKER_EVENTS = object_of({"speakerEvents": list_of(SPEAKER_EVENT)}, ("speakerEvents",))
TRANSCRIPT = object_of(
    {
        "contentType": enum("text/markdown", "text/srt"),
        "createParagraphs": boolean,
        "showSpeakerSeparation": boolean,
        "phrases": object_of({"highlightOnlyInsightKeyPhrases": boolean, "highlightAllKeyPhrases": boolean}),
    },
    ("contentType",),
)


class Reads:
    """Endpoints for messages, members and transcripts.

    :param store: where they are.
    :param talks: hands conversations to the rooms that search them.
    """

    def __init__(self, store: Store, talks: ConversationAnalyzer) -> None:
        self._store = store
        self._talks = talks

    def operations(self) -> list[Operation]:
        """List the calls."""
        gone = (404,)
        query = {"verbose": boolean, "sentiment": boolean}
        said = schemas.MESSAGE_ANSWER
        member = f"{CONVERSATION_PATH}/members/{{member_id}}"
        return [
            Operation(
                "GET",
                f"{CONVERSATION_PATH}/messages",
                self.messages,
                "List messages",
                schemas.MESSAGES,
                query=query,
                refuses=gone,
            ),
            Operation(
                "GET", f"{CONVERSATION_PATH}/members", self.members, "List members", schemas.MEMBERS, refuses=gone
            ),
            Operation("PUT", member, self.update_member, "Rename or merge a member", said, body=MEMBER, refuses=gone),
            Operation(
                "PUT",
                f"{CONVERSATION_PATH}/speakers",
                self.tell_speakers,
                "Tell who spoke when",
                said,
                body=SPEAKER_EVENTS,
                refuses=gone,
            ),
            Operation(
                "POST",
                f"{CONVERSATION_PATH}/transcript",
                self.transcript,
                "Write a transcript",
                schemas.TRANSCRIPT,
                body=TRANSCRIPT,
                refuses=gone,
            ),
        ]

    async def messages(self, request: Request) -> Response:
        """Show what was said, as far as jobs are completed.

        :raises ApiError: there is no such conversation.
        """
        talk, given = self._talks.of(get_conversation_or_404(self._store, request)), query_of(request)
        verbose, sentiment = given.get("verbose", False), given.get("sentiment", False)
        shown = await self._talks.search(lambda: _messages(talk, verbose=verbose, sentiment=sentiment))
        return JsonResponse({"messages": shown})

    async def members(self, request: Request) -> Response:
        """Show who took part.

        :raises ApiError: there is no such conversation.
        """
        members = self._store.members(get_conversation_or_404(self._store, request).id)
        return JsonResponse({"members": [member_shape(member) for member in members]})

    async def update_member(self, request: Request) -> Response:
        """Rename a member, or merge it with who has the same e-mail address.

        :raises ApiError: there is no such conversation or member, or the ids in path and body differ.
        """
        given = body_of(request)
        async with self._store.changing(request.path_params["conversation_id"]):
            conversation = get_conversation_or_404(self._store, request)
            if given["id"] != request.path_params["member_id"]:
                raise validation_error("id", "must be the id in the path")
            updated = self._updated(conversation, given)
            parts = self._store.parts(conversation.id)
            await self._keep(conversation.id, parts, with_member(parts, updated))
        return JsonResponse(
            {"message": f"Member with id: {updated.id} for conversationId: {conversation.id} updated successfully!"}
        )

    async def tell_speakers(self, request: Request) -> Response:
        """Give each message to who was speaking.

        :raises ApiError: there is no such conversation.
        """
        async with self._store.changing(request.path_params["conversation_id"]):
            conversation = get_conversation_or_404(self._store, request)
            parts = self._store.visible_parts(conversation.id)
            company = MemberDirectory(self._store.known_members(conversation.id))
            start, _ = span(conversation, parts)
            given = body_of(request)["speakerEvents"]
            told = await self._talks.search(lambda: with_turns(parts, turns_of(_events(given, company)), start))
            await self._keep(conversation.id, parts, told)
        return JsonResponse({"message": f"Speakers of conversationId: {conversation.id} updated successfully!"})

    async def transcript(self, request: Request) -> Response:
        """Write a transcript.

        :raises ApiError: there is no such conversation.
        """
        talk = self._talks.of(get_conversation_or_404(self._store, request))
        given = body_of(request)
        return JsonResponse({"transcript": await self._talks.search(lambda: _transcript(talk, given))})

    def _updated(self, conversation: Conversation, given: Mapping[str, str]) -> Member:
        known = {member.id: member for member in self._store.known_members(conversation.id)}
        if given["id"] not in known:
            raise ApiError(404, "The memberId is either invalid or does not exist.")
        named = replace(known[given["id"]], name=given["name"])
        return replace(named, user_id=given["email"]) if "email" in given else named

    async def _keep(self, conversation_id: str, before: list[Part], after: list[Part]) -> None:
        changed = [new for old, new in zip(before, after, strict=True) if new != old]
        packed = [await self._store.pack(part) for part in changed]
        if self._store.conversation(conversation_id) is None:
            raise UnknownConversationError
        self._store.put_parts(conversation_id, changed, packed)


def _messages(talk: ConversationView, *, verbose: bool, sentiment: bool) -> list[dict[str, object]]:
    return [
        {
            **message_shape(message, talk.conversation_id, talk.start, talk.members, verbose=verbose),
            "phrases": phrases(message, part.wanted),
            **({"sentiment": message_sentiment(message.text)} if sentiment and part.wanted.language == "en" else {}),
        }
        for part in talk.parts
        for message in part.messages
    ]


def _events(given: Sequence[Mapping[str, Any]], company: MemberDirectory) -> list[tuple[bool, Member, float]]:
    seen: dict[str, str] = {}
    get_conversation_or_404 = [_member(entry["user"], company, seen) for entry in given]
    # Later events may tell more of the same member.
    forms = {member.id: member for member in get_conversation_or_404}
    return [
        (entry["type"] == "started_speaking", forms[member.id], _seconds(entry["offset"]))
        for entry, member in zip(given, get_conversation_or_404, strict=True)
    ]


def _member(user: Mapping[str, str], company: MemberDirectory, seen: dict[str, str]) -> Member:
    """Find who a user is, or make a member.

    :param seen: the members, by the client's own ids, that earlier events told of; kept up here.
    """
    user_id, email = user.get("id"), user.get("email")
    earlier = company.by_id(seen.get(user_id)) if user_id and not email else None
    member = company.by_id(user_id) or earlier or company.member(Speaker(user.get("name"), email or user_id))
    seen.update({user_id: member.id} if user_id else {})
    return member


def _seconds(offset: Mapping[str, int]) -> float:
    return offset["seconds"] + offset.get("nanos", 0) * NANOS


def _transcript(talk: ConversationView, given: Mapping[str, Any]) -> dict[str, object]:
    content_type, speakers = given["contentType"], given.get("showSpeakerSeparation", False)
    messages = talk.messages
    if content_type == "text/srt":
        subtitles = srt(messages, talk.members, talk.start, speakers=speakers)
        return {"payload": {"content": subtitles, "contentType": content_type}}
    wanted = given.get("phrases", {})
    is_marked, is_all = any(wanted.values()), wanted.get("highlightAllKeyPhrases", False)
    marks = key_phrase_spans(talk, only_insights=not is_all) if is_marked else {}
    paragraphs = given.get("createParagraphs", False)
    payload = markdown(messages, talk.members, marks, paragraphs=paragraphs, speakers=speakers)
    return {"payload": payload, "contentType": content_type}
