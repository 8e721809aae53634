"""Routes of messages, members and transcripts; and of the calls that correct who said what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.operations import Operation, body_of, query_of
from airflow_provider_symbl.local_server.api.parameters import EMAIL
from airflow_provider_symbl.local_server.api.paths import CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import (
    ApiError,
    JsonResponse,
    UnknownConversationError,
    encode_list,
    json_text,
)
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
from airflow_provider_symbl.local_server.intelligence.key_phrases import key_phrase_spans
from airflow_provider_symbl.local_server.intelligence.resources import message_sentiment, phrases
from airflow_provider_symbl.local_server.routes.lookup import get_conversation_or_404
from airflow_provider_symbl.local_server.routes.serializers import serialize_member, serialize_message
from airflow_provider_symbl.local_server.routes.transcripts import markdown, srt
from airflow_provider_symbl.local_server.store.conversation_index import span
from airflow_provider_symbl.local_server.store.members import MemberDirectory, turns_of, with_member, with_turns
from airflow_provider_symbl.local_server.store.records import Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer, ConversationView
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation, Member, Part

NANOS = 1e-9
REFLECTED = "The update should be reflected in all messages and insights along with this conversation"
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
        "offset": object_of({"seconds": integer(0), "nanos": integer(0)}),  # one SDK leaves out what is zero
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


class MessageRoutes:
    """Endpoints for messages, members and transcripts.

    :param store: where they are.
    :param analyzer: gives views of conversations, and analyses them off the event loop.
    """

    def __init__(self, store: Store, analyzer: ConversationAnalyzer) -> None:
        self._store = store
        self._analyzer = analyzer

    def operations(self) -> list[Operation]:
        """List the calls."""
        not_found = (404,)
        query = {"verbose": boolean, "sentiment": boolean}
        answer = schemas.MESSAGE_ANSWER
        member = f"{CONVERSATION_PATH}/members/{{member_id}}"
        return [
            Operation(
                "GET",
                f"{CONVERSATION_PATH}/messages",
                self.messages,
                "List messages",
                schemas.MESSAGES,
                query=query,
                refuses=not_found,
            ),
            Operation(
                "GET", f"{CONVERSATION_PATH}/members", self.members, "List members", schemas.MEMBERS, refuses=not_found
            ),
            Operation(
                "PUT", member, self.update_member, "Rename or merge a member", answer, body=MEMBER, refuses=not_found
            ),
            Operation(
                "PUT",
                f"{CONVERSATION_PATH}/speakers",
                self.update_speakers,
                "Tell who spoke when",
                answer,
                body=SPEAKER_EVENTS,
                refuses=not_found,
            ),
            Operation(
                "POST",
                f"{CONVERSATION_PATH}/transcript",
                self.transcript,
                "Write a transcript",
                schemas.TRANSCRIPT,
                body=TRANSCRIPT,
                refuses=not_found,
            ),
        ]

    async def messages(self, request: Request) -> Response:
        """Show the messages of completed jobs.

        :raises ApiError: there is no such conversation.
        """
        view, given = self._analyzer.view(get_conversation_or_404(self._store, request)), query_of(request)
        verbose, sentiment = given.get("verbose", False), given.get("sentiment", False)
        messages = _messages(view, verbose=verbose, sentiment=sentiment)
        return json_text(await self._analyzer.run(lambda: encode_list("messages", messages)))

    async def members(self, request: Request) -> Response:
        """Show who took part.

        :raises ApiError: there is no such conversation.
        """
        members = self._store.members(get_conversation_or_404(self._store, request).id)
        return JsonResponse({"members": [serialize_member(member) for member in members]})

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
            {
                "message": f"Member with id: {updated.id} for conversationId: {conversation.id} updated successfully! "
                f"{REFLECTED}"
            }
        )

    async def update_speakers(self, request: Request) -> Response:
        """Give each message to who was speaking.

        :raises ApiError: there is no such conversation.
        """
        async with self._store.changing(request.path_params["conversation_id"]):
            conversation = get_conversation_or_404(self._store, request)
            parts = self._store.visible_parts(conversation.id)
            directory = MemberDirectory(self._store.known_members(conversation.id))
            start, _ = span(conversation, parts)
            given = body_of(request)["speakerEvents"]
            corrected = await self._analyzer.run(lambda: with_turns(parts, turns_of(_events(given, directory)), start))
            await self._keep(conversation.id, parts, corrected)
        return JsonResponse(
            {"message": f"Speaker events associated for conversationId: {conversation.id} successfully! {REFLECTED}"}
        )

    async def transcript(self, request: Request) -> Response:
        """Write a transcript.

        :raises ApiError: there is no such conversation.
        """
        view = self._analyzer.view(get_conversation_or_404(self._store, request))
        given = body_of(request)
        return JsonResponse({"transcript": await self._analyzer.run(lambda: _transcript(view, given))})

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


def _messages(view: ConversationView, *, verbose: bool, sentiment: bool) -> Iterator[dict[str, object]]:
    return (
        {
            **serialize_message(message, view.conversation_id, view.start, view.members, verbose=verbose),
            "phrases": phrases(message, part.analysis_options),
            **(
                {"sentiment": message_sentiment(message.text)}
                if sentiment and part.analysis_options.language == "en"
                else {}
            ),
        }
        for part in view.parts
        for message in part.messages
    )


def _events(given: Sequence[Mapping[str, Any]], directory: MemberDirectory) -> list[tuple[bool, Member, float]]:
    seen: dict[str, str] = {}
    members = [_member(entry["user"], directory, seen) for entry in given]
    # Later events may tell more of the same member.
    latest = {member.id: member for member in members}
    return [
        (entry["type"] == "started_speaking", latest[member.id], _seconds(entry["offset"]))
        for entry, member in zip(given, members, strict=True)
    ]


def _member(user: Mapping[str, str], directory: MemberDirectory, seen: dict[str, str]) -> Member:
    """Find who a user is, or make a member.

    :param seen: the members, by the client's own ids, that earlier events told of; kept up here.
    """
    user_id, email = user.get("id"), user.get("email")
    earlier = directory.by_id(seen.get(user_id)) if user_id and not email else None
    member = directory.by_id(user_id) or earlier or directory.member(Speaker(user.get("name"), email or user_id))
    seen.update({user_id: member.id} if user_id else {})
    return member


def _seconds(offset: Mapping[str, int]) -> float:
    return offset.get("seconds", 0) + offset.get("nanos", 0) * NANOS


def _transcript(view: ConversationView, given: Mapping[str, Any]) -> dict[str, object]:
    content_type = given["contentType"]
    messages = view.messages
    if content_type == "text/srt":
        return {
            "payload": {"content": srt(messages, view.members, view.start, speakers=False), "contentType": content_type}
        }
    highlights = given.get("phrases", {})
    is_marked, is_all = any(highlights.values()), highlights.get("highlightAllKeyPhrases", False)
    marks = key_phrase_spans(view, only_insights=not is_all) if is_marked else {}
    paragraphs = given.get("createParagraphs", False)
    speakers = given.get("showSpeakerSeparation", False)
    payload = markdown(messages, view.members, marks, paragraphs=paragraphs, speakers=speakers)
    return {"payload": payload, "contentType": content_type}
