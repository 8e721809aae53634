"""Resources: the JSON that each read of what is found in a conversation gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.analysis import SUPPORTED_LANGUAGE
from airflow_provider_symbl.local_server.intelligence.analytics import measure_talk_time
from airflow_provider_symbl.local_server.intelligence.entities import find_entities
from airflow_provider_symbl.local_server.intelligence.insights import ACTION_ITEM, FOLLOW_UP, QUESTION, find_insights
from airflow_provider_symbl.local_server.intelligence.sentiment import mean_sentiment, score_sentiment
from airflow_provider_symbl.local_server.intelligence.serializers import (
    serialize_entities,
    serialize_overview,
    serialize_phrases,
    serialize_question,
    serialize_sentiment_chunk,
    serialize_share,
    serialize_summary_sentence,
    serialize_talk_time,
    serialize_task,
    serialize_topic,
    serialize_tracker_matches,
)
from airflow_provider_symbl.local_server.intelligence.summaries import (
    questions_with_replies,
    sentiment_chunks,
    summarise,
)
from airflow_provider_symbl.local_server.intelligence.topics import find_topics
from airflow_provider_symbl.local_server.intelligence.tracking import find_tracker_matches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.entities import Entity
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.serializers import JsonObject
    from airflow_provider_symbl.local_server.intelligence.topics import Topic
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Message

FEWEST_MESSAGES = 2
"""Messages in which a topic must occur to be an abstract one."""


def topics(
    view: ConversationView, *, sentiment: bool = False, parent_refs: bool = False, vocabulary: Sequence[str] = ()
) -> JsonObject:
    """List the topics, the surest first.

    :param sentiment: the mean sentiment of the messages of each topic.
    :param parent_refs: the longer topics that contain it.
    :param vocabulary: phrases that are topics wherever they occur.
    """
    topics = find_topics(view, vocabulary)
    sentiments = _topic_sentiments(view, topics) if sentiment else {}
    among = topics if parent_refs else None
    return {
        "topics": [
            {**serialize_topic(topic, among), **({"sentiment": sentiments[topic.id]} if sentiment else {})}
            for topic in topics
        ]
    }


def abstract_topics(view: ConversationView) -> JsonObject:
    """List the topics that at least two messages share; they are the words of the messages, not abstracted."""
    topics = (topic for topic in find_topics(view) if len(topic.message_ids) >= FEWEST_MESSAGES)
    keys = ("id", "text", "type", "score", "messageIds")
    serialized = ({**serialize_topic(topic), "type": "abstract_topic"} for topic in topics)
    return {"abstractTopics": [{key: topic[key] for key in keys} for topic in serialized]}


def questions(view: ConversationView) -> JsonObject:
    """List the questions."""
    return {"questions": _insights(view, QUESTION)}


def action_items(view: ConversationView) -> JsonObject:
    """List the action items."""
    return {"actionItems": _insights(view, ACTION_ITEM)}


def follow_ups(view: ConversationView) -> JsonObject:
    """List the follow-ups."""
    return {"followUps": _insights(view, FOLLOW_UP)}


def insights(view: ConversationView) -> JsonObject:
    """List questions, action items and follow-ups in the order in which they were said."""
    return {"insights": _insights(view)}


def comprehensive_action_items(view: ConversationView) -> JsonObject:
    """List action items in the form of Symbl's labs."""
    return {"actionItems": [_with_refs(item) for item in _insights(view, ACTION_ITEM)]}


def entities(view: ConversationView) -> JsonObject:
    """List the entities: keys of the 2022 responses, and beside them those of the later ones."""
    return {"entities": serialize_entities(view, find_entities(view))}


def trackers(view: ConversationView) -> list[JsonObject]:
    """List the trackers of which a phrase occurs, with each place."""
    return [serialize_tracker_matches(matches) for matches in find_tracker_matches(view).values()]


def analytics(view: ConversationView) -> JsonObject:
    """Measure talk time, silence, overlap and pace."""
    analytics = measure_talk_time(view)
    metrics = {
        "total_silence": analytics.silence,
        "total_talk_time": analytics.talk,
        "total_overlap": analytics.overlap,
    }
    return {
        "metrics": [serialize_share(kind, share) for kind, share in metrics.items()],
        "members": [serialize_talk_time(member) for member in analytics.members],
    }


def summary(view: ConversationView) -> JsonObject:
    """Summarise in sentences that were really said."""
    return {"summary": [serialize_summary_sentence(sentence) for sentence in summarise(view)]}


def lm_insights(view: ConversationView) -> list[JsonObject]:
    """Give an overview in a list of one, as far as rules can tell it; objections and scores are left out."""
    if not view.messages:
        return []
    insights = find_insights(view)
    tasks = [insight for insight in insights if insight.type != QUESTION]
    pairs = questions_with_replies(view, [insight for insight in insights if insight.type == QUESTION])
    overview = serialize_overview(view, summarise(view), tasks, pairs)
    chunks = [serialize_sentiment_chunk(chunk) for chunk in sentiment_chunks(view)]
    return [{**overview, "callSentiment": {"chunks": chunks}}]


def message_sentiment(text: str) -> JsonObject:
    """Score the sentiment of a message.

    :param text: its text, in English.
    """
    return score_sentiment(text).serialized


def phrases(message: Message, options: AnalysisOptions) -> list[JsonObject]:
    """List what is to be done according to a message, if phrases are asked for.

    :param options: those of its part.
    """
    is_asked = options.phrases and options.language == SUPPORTED_LANGUAGE
    return serialize_phrases(message.text) if is_asked else []


def _insights(view: ConversationView, *types: str) -> list[JsonObject]:
    insights = find_insights(view, *types)
    by_message: dict[str, list[Entity]] = {}
    for entity in find_entities(view) if any(insight.type != QUESTION for insight in insights) else ():
        by_message.setdefault(entity.message.id, []).append(entity)
    return [_insight(insight, by_message) for insight in insights]


def _insight(insight: Insight, entities_of: Mapping[str, Sequence[Entity]]) -> JsonObject:
    if insight.type == QUESTION:
        return serialize_question(insight)
    return serialize_task(insight, entities_of.get(insight.message.id, ()))


def _with_refs(item: JsonObject) -> JsonObject:
    ids = item["messageIds"]
    rest = {key: value for key, value in item.items() if key != "messageIds"}
    return {**rest, "messageRefs": [{"id": message_id} for message_id in (ids if isinstance(ids, list) else [])]}


def _topic_sentiments(view: ConversationView, topics: Sequence[Topic]) -> dict[str, JsonObject]:
    ids = {message_id for topic in topics for message_id in topic.message_ids}
    scores = {message.id: score_sentiment(message.text) for message, _ in view.analyzed_messages if message.id in ids}
    return {
        topic.id: mean_sentiment([scores[message_id] for message_id in topic.message_ids]).serialized
        for topic in topics
    }
