"""Serializers of insights, topics, entities, tracker matches, analytics and summaries: the JSON of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api.responses import plain_number
from airflow_provider_symbl.local_server.api.timestamps import iso
from airflow_provider_symbl.local_server.intelligence.key_phrases import action_phrases
from airflow_provider_symbl.local_server.intelligence.language.cues import lowered
from airflow_provider_symbl.local_server.intelligence.language.word_lists import PERSON
from airflow_provider_symbl.local_server.intelligence.topics import parents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.analytics import MemberTalkTime, Share
    from airflow_provider_symbl.local_server.intelligence.entities import Entity
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.people import Assignee
    from airflow_provider_symbl.local_server.intelligence.summaries import SentimentChunk, SummarySentence
    from airflow_provider_symbl.local_server.intelligence.topics import Topic
    from airflow_provider_symbl.local_server.intelligence.tracking import TrackerMatch
    from airflow_provider_symbl.local_server.store.records import Member, Message

LONGEST_QUOTE = 1000
"""Characters of a message that are repeated beside each entity and tracker match; offsets count in the whole."""
UNKNOWN_SPEAKER = "unknown_speaker"
TIMES = {"date", "datetime", "daterange"}
SMALL = 3
"""Sentences of the smaller summary."""

JsonObject = dict[str, object]


def serialize_person(member: Member | None, *, is_mail: bool = False) -> JsonObject:
    """Show a speaker or an assignee; nobody is an empty object.

    :param is_mail: give the e-mail address, as for an assignee, rather than the user id.
    """
    if member is None:
        return {}
    known = {"email": member.email} if is_mail else {"userId": member.user_id}
    named = {"id": member.id, "name": member.name or member.user_id, **known}
    return {key: value for key, value in named.items() if value is not None}


def serialize_assignee(assignee: Assignee | None) -> JsonObject:
    """Show who is to do something; somebody who was only named has nothing but the name."""
    if assignee is None:
        return {}
    return serialize_person(assignee.member, is_mail=True) if assignee.member else {"name": assignee.name}


def serialize_topic(topic: Topic, candidates: Iterable[Topic] | None = None) -> JsonObject:
    """Show a topic.

    :param candidates: the topics among which its parents are; None where parents are not asked for.
    """
    parent_refs = [{"type": "topic", "text": parent.text} for parent in parents(topic, candidates or ())]
    return {
        "id": topic.id,
        "text": topic.text,
        "type": "topic",
        "score": plain_number(topic.score),
        "messageIds": topic.message_ids,
        "parentRefs": parent_refs,
    }


def serialize_question(insight: Insight) -> JsonObject:
    """Show a question."""
    return {
        "id": insight.id,
        "text": insight.text,
        "type": insight.type,
        "score": plain_number(insight.score),
        "messageIds": [insight.message.id],
        "from": serialize_person(insight.speaker),
    }


def serialize_task(insight: Insight, entities: Sequence[Entity]) -> JsonObject:
    """Show an action item or a follow-up.

    :param entities: those of its message.
    """
    due = {"dueBy": iso(insight.due)} if insight.due else {}
    return {
        **serialize_question(insight),
        "entities": [_entity_in(insight, entity) for entity in entities if _is_in(insight, entity)],
        "phrases": serialize_phrases(insight.text) if insight.options.phrases else [],
        "definitive": insight.is_definitive,
        "assignee": serialize_assignee(insight.assignee),
        **due,
    }


def serialize_phrases(text: str) -> list[JsonObject]:
    """Show what is to be done according to a text, each phrase once."""
    phrases = {text[start:end]: None for start, end in action_phrases(text)}
    return [{"type": "action_phrase", "text": phrase} for phrase in phrases]


def serialize_entities(view: ConversationView, entities: Iterable[Entity]) -> list[JsonObject]:
    """Show entities, those of the same text and meaning as one, in both generations' keys."""
    by_key: dict[tuple[str | None, ...], list[Entity]] = {}
    for entity in entities:
        value = [day.isoformat() for day in entity.bounds] if entity.bounds else [entity.value]
        key = entity.type, entity.custom_type, *value, entity.text.casefold()
        by_key.setdefault(key, []).append(entity)
    return [{"id": view.stable_id("entity", *key), **_entity(occurrences)} for key, occurrences in by_key.items()]


def serialize_tracker_matches(matches: Sequence[TrackerMatch]) -> JsonObject:
    """Show a tracker.

    :param matches: of its phrases, at least one.
    """
    tracker = matches[0].tracker
    return {"id": tracker.id, "name": tracker.name, "matches": [_tracker_match(match) for match in matches]}


def serialize_share(kind: str, share: Share) -> JsonObject:
    """Show a metric.

    :param kind: ``total_silence``, ``total_talk_time`` or ``total_overlap``.
    """
    return {"type": kind, "percent": plain_number(share.percent), "seconds": plain_number(share.seconds)}


def serialize_talk_time(talk_time: MemberTalkTime) -> JsonObject:
    """Show the talk time of a member; Symbl's ``overlap`` is empty for whatever was not said live."""
    member = talk_time.member
    return {
        **(serialize_person(member) if member else {"name": UNKNOWN_SPEAKER}),
        "pace": {"wpm": talk_time.pace},
        "talkTime": _time_share(talk_time.talk),
        "listenTime": _time_share(talk_time.listen),
        "overlap": {},
    }


def _time_share(share: Share) -> JsonObject:
    return {"percentage": plain_number(share.percent), "seconds": plain_number(share.seconds)}


def serialize_summary_sentence(sentence: SummarySentence) -> JsonObject:
    """Show a sentence of a summary, in the keys of both the reference and the newer clients."""
    message = sentence.message
    times = {"startTime": iso(message.start), "endTime": iso(message.end)}
    return {"id": sentence.id, "text": sentence.text, "messageRefs": [{"id": message.id}], **times}


def serialize_overview(
    view: ConversationView,
    summary: Sequence[SummarySentence],
    tasks: Sequence[Insight],
    pairs: Iterable[tuple[Insight, str]],
) -> JsonObject:
    """Show an overview without its sentiment.

    :param tasks: action items and follow-ups.
    :param pairs: questions, each with its answer.
    """
    texts = [sentence.text for sentence in summary]
    return {
        "attendees": [serialize_person(member) for member in view.members.values()],
        "meetingName": view.name,
        "startTime": iso(view.start),
        "callSummary": {
            "executiveSummary": " ".join(texts),
            "longSummary": _points(texts),
            "smallSummary": _points(texts[:SMALL]),
        },
        "callNextSteps": {"nextSteps": [{"step": task.text} for task in tasks]},
        "callQuestionAndAnswers": {"questionsAndAnswers": [_pair(question, answer) for question, answer in pairs]},
    }


def serialize_sentiment_chunk(chunk: SentimentChunk) -> JsonObject:
    """Show the sentiment of some messages in a row."""
    return {
        "startTime": iso(chunk.messages[0].start),
        "endTime": iso(chunk.messages[-1].end),
        "polarityScore": plain_number(chunk.sentiment.score),
        "sentiment": chunk.sentiment.suggested,
        "summary": chunk.telling.text,
    }


def _points(texts: list[str]) -> JsonObject:
    return {"paragraphs": [" ".join(texts)] if texts else [], "bulletPoints": texts}


def _pair(question: Insight, answer: str) -> JsonObject:
    asker = question.speaker.name or question.speaker.user_id if question.speaker else None
    return {"question": question.text, "answer": answer, "questionBy": asker or ""}


def _is_in(insight: Insight, entity: Entity) -> bool:
    return insight.start <= entity.offset and entity.end <= insight.start + len(insight.text)


def _entity_in(insight: Insight, entity: Entity) -> JsonObject:
    is_person = entity.type == PERSON
    text = entity.text if is_person or entity.custom_type is not None else lowered(entity.text)
    place = {"type": entity.type, "text": text, "offset": entity.offset - insight.start}
    value = {"value": _person(insight, entity)} if is_person else _value(entity)
    return {**place, **value, **_detail(entity)}


def _person(insight: Insight, entity: Entity) -> JsonObject:
    assignee = insight.assignee
    is_assignee = assignee is not None and assignee.member == entity.member and assignee.name == entity.value
    named = serialize_person(entity.member) if entity.member else {"name": entity.value}
    return {"assignee": is_assignee, **named}


def _value(entity: Entity) -> JsonObject:
    """Give a value as Symbl has it: in lower case but for the client's own; a range has none."""
    if entity.value is None:
        return {}
    is_said = entity.custom_type is None and entity.type not in TIMES
    return {"value": lowered(entity.value) if is_said else entity.value}


def _detail(entity: Entity) -> JsonObject:
    custom = {"customType": entity.custom_type} if entity.custom_type is not None else {}
    bounds = entity.bounds and {"start": entity.bounds[0].isoformat(), "end": entity.bounds[1].isoformat()}
    return {**custom, **(bounds or {})}


def _entity(occurrences: Sequence[Entity]) -> JsonObject:
    first = occurrences[0]
    is_custom = first.custom_type is not None
    refs = [_ref(entity.message, entity.offset) for entity in occurrences]
    times = ({"startTime": iso(entity.message.start), "endTime": iso(entity.message.end)} for entity in occurrences)
    later = [{**ref, **when} for ref, when in zip(refs, times, strict=True)]
    return {
        "type": first.type,
        **_value(first),
        "text": first.text if is_custom else lowered(first.text),
        "messageRefs": refs,
        **_detail(first),
        "category": "Custom" if is_custom else "Managed",
        **({"subType": first.custom_type} if is_custom else {}),
        "matches": [{"detectedValue": first.text, "messageRefs": later}],
    }


def _tracker_match(match: TrackerMatch) -> JsonObject:
    return {
        "type": "vocabulary",
        "value": match.phrase,
        "messageRefs": [_ref(place.message, place.offset) for place in match.places],
        "insightRefs": [
            {"id": insight.id, "type": insight.type, "text": insight.text[:LONGEST_QUOTE], "offset": offset}
            for insight, offset in match.insights
        ],
    }


def _ref(message: Message, offset: int) -> JsonObject:
    return {"id": message.id, "text": message.text[:LONGEST_QUOTE], "offset": offset}
