"""What was found, in the shapes in which the API shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api.timestamps import iso
from airflow_provider_symbl.local_server.intelligence.key_phrases import action_phrases
from airflow_provider_symbl.local_server.intelligence.topics import parents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.analytics import Share, Talking
    from airflow_provider_symbl.local_server.intelligence.entities import Entity
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.summaries import Mood, Summarised
    from airflow_provider_symbl.local_server.intelligence.topics import Topic
    from airflow_provider_symbl.local_server.intelligence.tracking import Tracked
    from airflow_provider_symbl.local_server.store.records import Member, Message

LONGEST_QUOTE = 1000
"""Characters of a message that are repeated beside each thing found in it; offsets count in the whole message."""
SMALL = 3
"""Sentences of the smaller summary."""

Shape = dict[str, object]


def person_shape(member: Member | None, *, is_mail: bool = False) -> Shape:
    """Show who said or is to do something; nobody is an empty object.

    :param is_mail: give the e-mail address, as for an assignee, rather than the user id.
    """
    if member is None:
        return {}
    known = {"email": member.email} if is_mail else {"userId": member.user_id}
    named = {"id": member.id, "name": member.name or member.user_id, **known}
    return {key: value for key, value in named.items() if value is not None}


def topic_shape(topic: Topic, among: Iterable[Topic] | None = None) -> Shape:
    """Show a topic.

    :param among: the topics of which its parents are; None where parents are not asked for.
    """
    found = [{"type": "topic", "text": parent.text} for parent in parents(topic, among or ())]
    return {
        "id": topic.id,
        "text": topic.text,
        "type": "topic",
        "score": topic.score,
        "messageIds": topic.message_ids,
        "parentRefs": found,
    }


def question_shape(insight: Insight) -> Shape:
    """Show a question."""
    return {
        "id": insight.id,
        "text": insight.text,
        "type": insight.type,
        "score": insight.score,
        "messageIds": [insight.message.id],
        "from": person_shape(insight.speaker),
    }


def undertaking_shape(insight: Insight, entities: Sequence[Entity]) -> Shape:
    """Show an action item or a follow-up.

    :param entities: those of its message.
    """
    due = {"dueBy": iso(insight.due)} if insight.due else {}
    return {
        **question_shape(insight),
        "entities": [_entity_in(insight, entity) for entity in entities if _is_in(insight, entity)],
        "phrases": phrase_shapes(insight.text) if insight.wanted.phrases else [],
        "definitive": insight.is_definitive,
        "assignee": person_shape(insight.assignee, is_mail=True),
        **due,
    }


def phrase_shapes(text: str) -> list[Shape]:
    """Show what is to be done according to a text, each phrase once."""
    found = {text[start:end]: None for start, end in action_phrases(text)}
    return [{"type": "action_phrase", "text": phrase} for phrase in found]


def entity_shapes(talk: ConversationView, found: Iterable[Entity]) -> list[Shape]:
    """Show entities, those of the same text and meaning as one, in both generations' keys."""
    alike: dict[tuple[str | None, ...], list[Entity]] = {}
    for entity in found:
        key = entity.type, entity.custom_type, entity.value, entity.text.casefold()
        alike.setdefault(key, []).append(entity)
    return [{"id": talk.identity("entity", *key), **_entity_shape(entities)} for key, entities in alike.items()]


def tracker_shape(found: Sequence[Tracked]) -> Shape:
    """Show a tracker.

    :param found: its phrases, at least one.
    """
    tracker = found[0].tracker
    return {"id": tracker.id, "name": tracker.name, "matches": [_match_shape(tracked) for tracked in found]}


def share_shape(kind: str, share: Share) -> Shape:
    """Show a metric.

    :param kind: ``total_silence``, ``total_talk_time`` or ``total_overlap``.
    """
    return {"type": kind, "percent": share.percent, "seconds": share.seconds}


def talking_shape(talking: Talking) -> Shape:
    """Show how much a member talked; Symbl's ``overlap`` is empty for whatever was not said live."""
    return {
        **person_shape(talking.member),
        "pace": {"wpm": talking.pace},
        "talkTime": {"percentage": talking.talk.percent, "seconds": talking.talk.seconds},
        "listenTime": {"percentage": talking.listen.percent, "seconds": talking.listen.seconds},
        "overlap": {},
    }


def summary_shape(sentence: Summarised) -> Shape:
    """Show a sentence of a summary, in the keys of both the reference and the newer clients."""
    message = sentence.message
    times = {"startTime": iso(message.start), "endTime": iso(message.end)}
    return {"id": sentence.id, "text": sentence.text, "messageRefs": [{"id": message.id}], **times}


def overview_shape(
    talk: ConversationView,
    summary: Sequence[Summarised],
    steps: Sequence[Insight],
    pairs: Iterable[tuple[Insight, str]],
) -> Shape:
    """Show an overview, apart from how it sounds.

    :param steps: action items and follow-ups.
    :param pairs: questions, each with its answer.
    """
    said = [sentence.text for sentence in summary]
    return {
        "attendees": [person_shape(member) for member in talk.members.values()],
        "meetingName": talk.name,
        "startTime": iso(talk.start),
        "callSummary": {
            "executiveSummary": " ".join(said),
            "longSummary": _points_shape(said),
            "smallSummary": _points_shape(said[:SMALL]),
        },
        "callNextSteps": {"nextSteps": [{"step": step.text} for step in steps]},
        "callQuestionAndAnswers": {
            "questionsAndAnswers": [_pair_shape(question, answer) for question, answer in pairs]
        },
    }


def mood_shape(mood: Mood) -> Shape:
    """Show how a stretch of a conversation sounds."""
    return {
        "startTime": iso(mood.messages[0].start),
        "endTime": iso(mood.messages[-1].end),
        "polarityScore": mood.sentiment.score,
        "sentiment": mood.sentiment.suggested,
        "summary": mood.telling.text,
    }


def _points_shape(said: list[str]) -> Shape:
    return {"paragraphs": [" ".join(said)] if said else [], "bulletPoints": said}


def _pair_shape(question: Insight, answer: str) -> Shape:
    asker = question.speaker.name or question.speaker.user_id if question.speaker else None
    return {"question": question.text, "answer": answer, "questionBy": asker or ""}


def _is_in(insight: Insight, entity: Entity) -> bool:
    return insight.start <= entity.offset and entity.end <= insight.start + len(insight.text)


def _entity_in(insight: Insight, entity: Entity) -> Shape:
    place = {"text": entity.text, "offset": entity.offset - insight.start}
    return {"type": entity.type, **place, "value": entity.value, **_detail(entity)}


def _detail(entity: Entity) -> Shape:
    custom = {"customType": entity.custom_type} if entity.custom_type is not None else {}
    bounds = entity.bounds and {"start": entity.bounds[0].isoformat(), "end": entity.bounds[1].isoformat()}
    return {**custom, **(bounds or {})}


def _entity_shape(alike: Sequence[Entity]) -> Shape:
    first = alike[0]
    is_custom = first.custom_type is not None
    refs = [_ref(entity.message, entity.offset) for entity in alike]
    times = ({"startTime": iso(entity.message.start), "endTime": iso(entity.message.end)} for entity in alike)
    later = [{**ref, **when} for ref, when in zip(refs, times, strict=True)]
    return {
        "type": first.type,
        "value": first.value,
        "text": first.text,
        "messageRefs": refs,
        **_detail(first),
        "category": "Custom" if is_custom else "Managed",
        **({"subType": first.custom_type} if is_custom else {}),
        "matches": [{"detectedValue": first.text, "messageRefs": later}],
    }


def _match_shape(tracked: Tracked) -> Shape:
    return {
        "type": "vocabulary",
        "value": tracked.phrase,
        "messageRefs": [_ref(mention.message, mention.start) for mention in tracked.mentions],
        "insightRefs": [
            {"id": insight.id, "type": insight.type, "text": insight.text[:LONGEST_QUOTE], "offset": offset}
            for insight, offset in tracked.insights
        ],
    }


def _ref(message: Message, offset: int) -> Shape:
    return {"id": message.id, "text": message.text[:LONGEST_QUOTE], "offset": offset}
