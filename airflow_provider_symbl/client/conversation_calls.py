"""The calls of one conversation: its state, its data, what was said, what Symbl found in it, and what can be corrected.

Described once for both transports, as those in :mod:`airflow_provider_symbl.client.calls`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

from airflow_provider_symbl.client.calls import Call, Query, each, of_conversation
from airflow_provider_symbl.client.endpoints import Effect
from airflow_provider_symbl.client.models import (
    Analytics,
    Conversation,
    Entity,
    Insight,
    Job,
    Member,
    Message,
    Records,
    SummarySentence,
    Topic,
    Tracker,
)
from airflow_provider_symbl.client.models.readers import (
    json_object,
    key,
    required_list_of,
    required_object,
    required_text,
)
from airflow_provider_symbl.client.validators import (
    CONVERSATION_METADATA,
    SPEAKER_EVENTS,
    Json,
    JsonObject,
    choice,
    path_id,
    text,
)
from airflow_provider_symbl.exceptions import SymblNotFoundError

TRANSCRIPT_FORMATS = {"markdown": "text/markdown", "srt": "text/srt"}


def get_insights_status(conversation_id: str) -> Call[Job]:
    """Read the state of the insights that ``features`` asked for."""
    return of_conversation("/lm-insights/status", conversation_id, Job.from_json)


def get_call_score_status(conversation_id: str) -> Call[Job]:
    """Read the state of the call score that ``features`` asked for."""
    return of_conversation("/callscore/status", conversation_id, Job.from_json)


def get_conversation(conversation_id: str) -> Call[Conversation]:
    """Read a conversation's own data.

    :raises SymblNotFoundError: there is no such conversation.
    """
    return of_conversation("", conversation_id, Conversation.from_json)


def get_messages(conversation_id: str, *, verbose: bool = False, sentiment: bool = False) -> Call[list[Message]]:
    """Read what was said, in order. Before the job is completed it may be a part of it only.

    :param verbose: with the single words and their times.
    :param sentiment: with the sentiment of each message.
    """
    query = _wanted(verbose=verbose, sentiment=sentiment)
    return of_conversation("/messages", conversation_id, each("messages", Message.from_json), query)


def get_summary(conversation_id: str) -> Call[list[SummarySentence]]:
    """Read the summary, sentence by sentence.

    :raises SymblNotFoundError: a job of the conversation is not over.
    """
    return of_conversation("/summary", conversation_id, each("summary", SummarySentence.from_json))


def get_members(conversation_id: str) -> Call[list[Member]]:
    """Read who takes part."""
    return of_conversation("/members", conversation_id, each("members", Member.from_json))


def get_transcript(conversation_id: str, *, format: str = "markdown") -> Call[str]:  # noqa: A002 - the public name
    """Read the whole transcript as one text.

    :param format: markdown or srt.
    """
    choice(*TRANSCRIPT_FORMATS)("format", format)
    asked: dict[str, Json] = {"contentType": TRANSCRIPT_FORMATS[format], "showSpeakerSeparation": True}
    if format == "markdown":
        asked["createParagraphs"] = True
    return of_conversation("/transcript", conversation_id, _transcript_text, method="POST", payload=asked)


def get_topics(conversation_id: str, *, sentiment: bool = False, parent_refs: bool = False) -> Call[list[Topic]]:
    """Read what was talked about.

    :param sentiment: with the sentiment of each topic.
    :param parent_refs: with the topics above each; Symbl gives these and sentiments not together.
    """
    query = _wanted(sentiment=sentiment, parentRefs=parent_refs)
    return of_conversation("/topics", conversation_id, each("topics", Topic.from_json), query)


def get_questions(conversation_id: str) -> Call[list[Insight]]:
    """Read what was asked."""
    return of_conversation("/questions", conversation_id, each("questions", Insight.from_json))


def get_action_items(conversation_id: str) -> Call[list[Insight]]:
    """Read what is to be done."""
    return of_conversation("/action-items", conversation_id, each("actionItems", Insight.from_json))


def get_follow_ups(conversation_id: str) -> Call[list[Insight]]:
    """Read what is to be talked about again."""
    return of_conversation("/follow-ups", conversation_id, each("followUps", Insight.from_json))


def get_insights(conversation_id: str) -> Call[list[Insight]]:
    """Read questions, action items and follow-ups together."""
    return of_conversation("/insights", conversation_id, each("insights", Insight.from_json))


def get_entities(conversation_id: str) -> Call[list[Entity]]:
    """Read who and what was named; empty unless the submission asked for it by ``detect_entities``."""
    return of_conversation("/entities", conversation_id, each("entities", Entity.from_json))


def get_trackers(conversation_id: str) -> Call[list[Tracker]]:
    """Read which trackers were found, and where."""
    return of_conversation("/trackers", conversation_id, _trackers)


def get_analytics(conversation_id: str) -> Call[Analytics]:
    """Read how long each member spoke, and how long nobody did."""
    return of_conversation("/analytics", conversation_id, _analytics)


def update_member(conversation_id: str, member_id: str, *, name: str, email: str | None = None) -> Call[str]:
    """Change a member's name or address, and return what Symbl says to it.

    :param member_id: the member.
    :param name: the name from now on.
    :param email: the address from now on; two members with one address become one. None leaves it as it is.
    :raises SymblNotFoundError: there is no such conversation or member.
    """
    part = quote(path_id("member_id", member_id), safe="")
    changed = {"id": member_id, "name": text("name", name)}
    if email is not None:
        changed["email"] = text("email", email)
    return _change(f"/members/{part}", conversation_id, changed)


def update_speaker_events(conversation_id: str, speaker_events: Sequence[Mapping[str, Json]]) -> Call[str]:
    """Tell who spoke when, and return what Symbl says to it.

    :param speaker_events: ``{"type": "started_speaking" or "stopped_speaking", "user": {"id", "name", "email"},
        "offset": {"seconds", "nanos"}}`` each.
    :raises SymblConfigurationError: names what is wrong; nothing was sent.
    """
    return _change("/speakers", conversation_id, {"speakerEvents": SPEAKER_EVENTS("speaker_events", speaker_events)})


def update_conversation_metadata(conversation_id: str, metadata: Mapping[str, str]) -> Call[dict[str, Json]]:
    """Set a conversation's metadata, and return what it has now.

    :param metadata: texts of at most 128 characters by names of your own.
    :raises SymblConfigurationError: names what is wrong; nothing was sent.
    """
    payload = {"metadata": CONVERSATION_METADATA("metadata", metadata)}
    return of_conversation("", conversation_id, _metadata, method="PUT", effect=Effect.CHANGE, payload=payload)


def delete_conversation(conversation_id: str) -> Call[None]:
    """Delete a conversation for good.

    :raises SymblNotFoundError: there is no such conversation.
    """

    def parse(data: Json) -> None:
        said = key(data, "message", required_text)
        # Symbl's reference shows this message without saying which status it comes with.
        if "does not exist" in said:
            raise SymblNotFoundError(HTTPStatus.NOT_FOUND, said, call.endpoint.method, call.path)

    call = of_conversation("", conversation_id, parse, method="DELETE", effect=Effect.CHANGE)
    return call


def _wanted(**asked: bool) -> Query:
    return tuple((name, "true") for name, is_wanted in asked.items() if is_wanted)


def _change(below: str, conversation_id: str, payload: JsonObject) -> Call[str]:
    return of_conversation(below, conversation_id, _message, method="PUT", effect=Effect.CHANGE, payload=payload)


def _message(data: Json) -> str:
    return key(data, "message", required_text)


def _metadata(data: Json) -> dict[str, Json]:
    return key(data, "metadata", json_object)


def _trackers(data: Json) -> list[Tracker]:
    # Recorded as a bare list; Symbl's newer clients read an object.
    if isinstance(data, list):
        return Records(required_list_of(Tracker.from_json)(data))
    return each("trackers", Tracker.from_json)(data)


def _analytics(data: Json) -> Analytics:
    given = required_object(data)
    for name in ("metrics", "members"):
        key(given, name, required_list_of(json_object))
    return Analytics.from_json(given)


def _transcript_text(data: Json) -> str:
    # Symbl's reference shows the text one level deeper for SRT; its own Go client reads both the same way.
    def read(payload: Json) -> str:
        return key(payload, "content", required_text) if isinstance(payload, Mapping) else required_text(payload)

    return key(data, "transcript", lambda transcript: key(transcript, "payload", read))
