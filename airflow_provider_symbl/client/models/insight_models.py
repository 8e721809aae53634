"""What Symbl finds in a conversation: topics, insights, entities, trackers, analytics, and the summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from airflow_provider_symbl.client.models.conversation_models import Member, Sentiment
from airflow_provider_symbl.client.models.model import Model
from airflow_provider_symbl.client.models.readers import (
    anything,
    boolean,
    json_object,
    key,
    list_of,
    number,
    optional,
    phrase,
    required_text,
    text,
)
from airflow_provider_symbl.client.validators import Json  # noqa: TC001 - the types of fields are read at run time


@dataclass(frozen=True, slots=True)
class Reference(Model):
    """Where in a conversation something was found.

    :param id: the message, or the insight.
    :param text: what it says.
    :param offset: the place in that text, in characters; -1 where the wording is similar, not the same.
    :param type: of an insight, which kind it is.
    :param start_time: ISO-8601.
    :param end_time: ISO-8601.
    """

    id: Annotated[str, text] = ""
    text: Annotated[str, text] = ""
    offset: Annotated[float | None, number] = None
    type: Annotated[str, text] = ""
    start_time: Annotated[str, text] = ""
    end_time: Annotated[str, text] = ""


REFERENCES = list_of(Reference.from_json)


@dataclass(frozen=True, slots=True)
class SummarySentence(Model):
    """One sentence of a summary.

    :param id: Symbl's id of the sentence.
    :param text: what it says.
    :param message_refs: the messages that it was made of.
    :param start_time: ISO-8601.
    :param end_time: ISO-8601.
    :param raw: the whole object that Symbl sent, for storing without loss.
    """

    id: Annotated[str, text]
    text: Annotated[str, required_text]
    message_refs: Annotated[list[Reference], REFERENCES] = field(default_factory=list, hash=False)
    start_time: Annotated[str, text] = ""
    end_time: Annotated[str, text] = ""
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Topic(Model):
    """Something that was talked about.

    :param id: Symbl's id of the topic.
    :param text: its name.
    :param type: topic.
    :param score: how sure Symbl is, from 0 to 1.
    :param message_ids: the messages that it was found in.
    :param sentiment: how it was talked about, where that was asked for.
    :param parent_refs: the topics above it, each with its type and text, where they were asked for.
    :param raw: the whole object that Symbl sent.
    """

    id: Annotated[str, text]
    text: Annotated[str, required_text]
    type: Annotated[str, text] = ""
    score: Annotated[float | None, number] = None
    message_ids: Annotated[list[str], list_of(text)] = field(default_factory=list, hash=False)
    sentiment: Annotated[Sentiment | None, optional(Sentiment.from_json)] = None
    parent_refs: Annotated[list[Reference], REFERENCES] = field(default_factory=list, hash=False)
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class EntityMatch(Model):
    """A wording of an entity, and where it was found.

    :param value: as it was said.
    :param message_refs: the places.
    """

    value: Annotated[Json, anything, "detectedValue", "value"] = field(default=None, hash=False)
    message_refs: Annotated[list[Reference], REFERENCES] = field(default_factory=list, hash=False)


@dataclass(frozen=True, slots=True)
class Entity(Model):
    """A person, a place, a time or another thing that was named.

    Symbl has two forms of it: one wording with ``message_refs``, and since 2023 several, as ``matches``.

    :param type: its kind, such as person; Symbl's own spelling.
    :param text: as it was said; empty in the form with matches.
    :param value: what it means: text, an object or nothing, as Symbl gives it.
    :param message_refs: where it was found.
    :param matches: the wordings, each with the places where it was found.
    :param id: Symbl's id of it.
    :param sub_type: its kind, narrower.
    :param category: Custom or Managed.
    :param custom_type: the kind that the submission gave it.
    :param start: of a range, its start.
    :param end: of a range, its end, which is not in it.
    :param offset: of an entity in an insight, its place in the insight's text.
    :param raw: the whole object that Symbl sent.
    """

    type: Annotated[str, text] = ""
    text: Annotated[str, text] = ""
    value: Annotated[Json, anything] = field(default=None, hash=False)
    message_refs: Annotated[list[Reference], REFERENCES] = field(default_factory=list, hash=False)
    matches: Annotated[list[EntityMatch], list_of(EntityMatch.from_json)] = field(default_factory=list, hash=False)
    id: Annotated[str, text] = ""
    sub_type: Annotated[str, text] = ""
    category: Annotated[str, text] = ""
    custom_type: Annotated[str, text] = ""
    start: Annotated[str, text] = ""
    end: Annotated[str, text] = ""
    offset: Annotated[float | None, number] = None
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Insight(Model):
    """A question, an action item or a follow-up.

    :param id: Symbl's id of the insight.
    :param text: what it says.
    :param type: question, action_item or follow_up.
    :param score: how sure Symbl is, from 0 to 1.
    :param message_ids: the messages that it was found in.
    :param speaker: who said it; None where Symbl does not know.
    :param assignee: who is to do it; None where Symbl does not know.
    :param due_by: until when, ISO-8601.
    :param definitive: whether Symbl takes it as settled; None where it does not say.
    :param entities: who and what is named in it.
    :param phrases: key phrases in it.
    :param raw: the whole object that Symbl sent.
    """

    id: Annotated[str, text]
    text: Annotated[str, required_text]
    type: Annotated[str, text] = ""
    score: Annotated[float | None, number] = None
    message_ids: Annotated[list[str], list_of(text)] = field(default_factory=list, hash=False)
    speaker: Annotated[Member | None, optional(Member.from_json), "from"] = None
    assignee: Annotated[Member | None, optional(Member.from_json)] = None
    due_by: Annotated[str, text] = ""
    definitive: Annotated[bool | None, boolean] = None
    entities: Annotated[list[Entity], list_of(Entity.from_json)] = field(default_factory=list, hash=False)
    phrases: Annotated[list[str], list_of(phrase)] = field(default_factory=list, hash=False)
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class TrackerMatch(Model):
    """A wording of a tracker, and where it was found.

    :param type: vocabulary.
    :param value: the entry of the vocabulary.
    :param message_refs: the messages.
    :param insight_refs: the insights.
    """

    type: Annotated[str, text] = ""
    value: Annotated[Json, anything] = field(default=None, hash=False)
    message_refs: Annotated[list[Reference], REFERENCES] = field(default_factory=list, hash=False)
    insight_refs: Annotated[list[Reference], REFERENCES] = field(default_factory=list, hash=False)


@dataclass(frozen=True, slots=True)
class Tracker(Model):
    """A tracker that was found in a conversation.

    :param id: Symbl's id of the tracker.
    :param name: its name.
    :param matches: what was found of it.
    :param raw: the whole object that Symbl sent.
    """

    id: Annotated[str, text] = ""
    name: Annotated[str, text] = ""
    matches: Annotated[list[TrackerMatch], list_of(TrackerMatch.from_json)] = field(default_factory=list, hash=False)
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Metric(Model):
    """A time of the whole conversation.

    :param type: total_silence, total_talk_time or total_overlap.
    :param percent: its share of the conversation.
    :param seconds: how long.
    """

    type: Annotated[str, text] = ""
    percent: Annotated[float | None, number, "percent", "percentage"] = None
    seconds: Annotated[float | None, number] = None


def _words_per_minute(given: Json) -> float | None:
    return key(given, "wpm", number) if json_object(given) else None


@dataclass(frozen=True, slots=True)
class OverlappingMember(Model):
    """Somebody who spoke at the same time as a member.

    :param id: the other member.
    :param name: the name that is shown.
    :param email: the address, where one is known.
    :param percent: the share of the conversation.
    :param seconds: how long.
    """

    id: Annotated[str, text] = ""
    name: Annotated[str, text] = ""
    email: Annotated[str, text, "userId", "email"] = ""
    percent: Annotated[float | None, number] = None
    seconds: Annotated[float | None, number] = None


def _overlap_seconds(given: Json) -> float | None:
    return key(given, "overlapDuration", number) if json_object(given) else None


def _overlapping_members(given: Json) -> list[OverlappingMember]:
    read = list_of(OverlappingMember.from_json)
    return key(given, "overlappingMembers", read) if json_object(given) else []


@dataclass(frozen=True, slots=True)
class MemberAnalytics(Model):
    """How one member took part.

    :param id: the member; empty where Symbl does not know who spoke.
    :param name: the name that is shown.
    :param email: the address, where one is known.
    :param words_per_minute: the pace of speech.
    :param talk_time: how long the member spoke.
    :param listen_time: how long the member listened.
    :param overlap_seconds: how long the member spoke together with others.
    :param overlapping_members: with whom.
    :param raw: the whole object that Symbl sent.
    """

    id: Annotated[str, text] = ""
    name: Annotated[str, text] = ""
    email: Annotated[str, text, "userId", "email"] = ""
    words_per_minute: Annotated[float | None, _words_per_minute, "pace"] = None
    talk_time: Annotated[Metric | None, optional(Metric.from_json)] = None
    listen_time: Annotated[Metric | None, optional(Metric.from_json)] = None
    overlap_seconds: Annotated[float | None, _overlap_seconds, "overlap"] = None
    overlapping_members: Annotated[list[OverlappingMember], _overlapping_members, "overlap"] = field(
        default_factory=list, hash=False
    )
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Analytics(Model):
    """How long people spoke, and how long nobody did.

    :param metrics: of the whole conversation.
    :param members: of each member.
    :param raw: the whole object that Symbl sent.
    """

    metrics: Annotated[list[Metric], list_of(Metric.from_json)] = field(default_factory=list, hash=False)
    members: Annotated[list[MemberAnalytics], list_of(MemberAnalytics.from_json)] = field(
        default_factory=list, hash=False
    )
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)
