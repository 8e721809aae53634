"""The answers of the API's intelligence calls: what each gives for a conversation, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence import answers
from airflow_provider_symbl.local_server.intelligence.analysis import UNDERSTOOD
from airflow_provider_symbl.local_server.intelligence.analytics import measured
from airflow_provider_symbl.local_server.intelligence.entities import entities as found_entities
from airflow_provider_symbl.local_server.intelligence.insights import ACTION_ITEM, FOLLOW_UP, QUESTION
from airflow_provider_symbl.local_server.intelligence.insights import insights as found_insights
from airflow_provider_symbl.local_server.intelligence.key_phrases import spans
from airflow_provider_symbl.local_server.intelligence.sentiment import mean
from airflow_provider_symbl.local_server.intelligence.sentiment import sentiment as judged
from airflow_provider_symbl.local_server.intelligence.summaries import answered, moods, summarised
from airflow_provider_symbl.local_server.intelligence.topics import topics as found_topics
from airflow_provider_symbl.local_server.intelligence.tracking import tracked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.answers import Shape
    from airflow_provider_symbl.local_server.intelligence.entities import Entity
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.topics import Topic
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Message

SHARED = 2
"""Messages in which a topic must occur to be an abstract one."""


def topics(
    talk: ConversationView, *, sentiment: bool = False, parent_refs: bool = False, vocabulary: Sequence[str] = ()
) -> Shape:
    """List what was talked about, the surest first.

    :param sentiment: how the messages of each topic sound, on average.
    :param parent_refs: the longer topics that contain it.
    :param vocabulary: phrases that are topics wherever they occur.
    """
    found = found_topics(talk, vocabulary)
    sounds = _sounds(talk, found) if sentiment else {}
    among = found if parent_refs else None
    return {
        "topics": [
            {**answers.topic_shape(topic, among), **({"sentiment": sounds[topic.id]} if sentiment else {})}
            for topic in found
        ]
    }


def abstract_topics(talk: ConversationView) -> Shape:
    """List the topics that at least two messages share; nothing is abstracted from what was said."""
    found = (topic for topic in found_topics(talk) if len(topic.message_ids) >= SHARED)
    keys = ("id", "text", "type", "score", "messageIds")
    shown = ({**answers.topic_shape(topic), "type": "abstract_topic"} for topic in found)
    return {"abstractTopics": [{key: topic[key] for key in keys} for topic in shown]}


def questions(talk: ConversationView) -> Shape:
    """List what was asked."""
    return {"questions": _insights(talk, QUESTION)}


def action_items(talk: ConversationView) -> Shape:
    """List what somebody is to do."""
    return {"actionItems": _insights(talk, ACTION_ITEM)}


def follow_ups(talk: ConversationView) -> Shape:
    """List what is to be taken up again."""
    return {"followUps": _insights(talk, FOLLOW_UP)}


def insights(talk: ConversationView) -> Shape:
    """List questions, action items and follow-ups in the order in which they were said."""
    return {"insights": _insights(talk)}


def comprehensive_action_items(talk: ConversationView) -> Shape:
    """List action items in the form of Symbl's labs."""
    found = _insights(talk, ACTION_ITEM)
    return {"actionItems": [_with_refs(item) for item in found]}


def entities(talk: ConversationView) -> Shape:
    """List the entities named: keys of the 2022 responses, and beside them those of the later ones."""
    return {"entities": answers.entity_shapes(talk, found_entities(talk))}


def trackers(talk: ConversationView) -> list[Shape]:
    """List the trackers of which a phrase occurs, with each place."""
    return [answers.tracker_shape(found) for found in tracked(talk).values()]


def analytics(talk: ConversationView) -> Shape:
    """Measure who talked how much."""
    found = measured(talk)
    metrics = {"total_silence": found.silence, "total_talk_time": found.talk, "total_overlap": found.overlap}
    return {
        "metrics": [answers.share_shape(kind, share) for kind, share in metrics.items()],
        "members": [answers.talking_shape(talking) for talking in found.members],
    }


def summary(talk: ConversationView) -> Shape:
    """Summarise in sentences that were really said."""
    return {"summary": [answers.summary_shape(sentence) for sentence in summarised(talk)]}


def lm_insights(talk: ConversationView) -> list[Shape]:
    """Give an overview in a list of one, as far as rules can tell it; objections and scores are left out."""
    if not talk.messages:
        return []
    found = found_insights(talk)
    steps = [insight for insight in found if insight.type != QUESTION]
    pairs = answered(talk, [insight for insight in found if insight.type == QUESTION])
    overview = answers.overview_shape(talk, summarised(talk), steps, pairs)
    return [{**overview, "callSentiment": {"chunks": [answers.mood_shape(mood) for mood in moods(talk)]}}]


def message_sentiment(text: str) -> Shape:
    """Judge whether a message sounds pleased or displeased.

    :param text: what was said, in English.
    """
    return judged(text).shown


def phrases(message: Message, wanted: AnalysisOptions) -> list[Shape]:
    """List what is to be done according to a message, if phrases are wanted.

    :param wanted: what its part asks for.
    """
    return answers.phrase_shapes(message.text) if wanted.phrases and wanted.language == UNDERSTOOD else []


def key_phrase_spans(talk: ConversationView, *, only_insights: bool) -> Mapping[str, list[tuple[int, int]]]:
    """Find what a transcript highlights: by message id, beginnings and ends in the text, in order and apart.

    :param only_insights: in messages that are insights, rather than in all.
    """
    return spans(talk, only_insights=only_insights)


def _insights(talk: ConversationView, *types: str) -> list[Shape]:
    found = found_insights(talk, *types)
    by_message: dict[str, list[Entity]] = {}
    for entity in found_entities(talk) if any(insight.type != QUESTION for insight in found) else ():
        by_message.setdefault(entity.message.id, []).append(entity)
    return [_insight(insight, by_message) for insight in found]


def _insight(insight: Insight, entities_of: Mapping[str, Sequence[Entity]]) -> Shape:
    if insight.type == QUESTION:
        return answers.question_shape(insight)
    return answers.undertaking_shape(insight, entities_of.get(insight.message.id, ()))


def _with_refs(item: Shape) -> Shape:
    ids = item["messageIds"]
    rest = {key: value for key, value in item.items() if key != "messageIds"}
    return {**rest, "messageRefs": [{"id": message_id} for message_id in (ids if isinstance(ids, list) else [])]}


def _sounds(talk: ConversationView, found: Sequence[Topic]) -> dict[str, Shape]:
    spoken = {message_id for topic in found for message_id in topic.message_ids}
    judgements = {message.id: judged(message.text) for message, _ in talk.understood if message.id in spoken}
    return {topic.id: mean([judgements[message_id] for message_id in topic.message_ids]).shown for topic in found}
