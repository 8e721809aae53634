"""Extractive summaries: whole sentences of messages, picked by rules; and what the ``lm-insights`` call tells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.insights import QUESTION, find_insights
from airflow_provider_symbl.local_server.intelligence.language.sentences import split_sentences
from airflow_provider_symbl.local_server.intelligence.sentiment import mean_sentiment, score_sentiment
from airflow_provider_symbl.local_server.intelligence.topics import find_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.language.sentences import Sentence
    from airflow_provider_symbl.local_server.intelligence.sentiment import Sentiment
    from airflow_provider_symbl.local_server.intelligence.topics import Topic
    from airflow_provider_symbl.local_server.store.records import Message

FEWEST_SENTENCES = 3
"""A shorter conversation gets no summary (contract, section 4.9)."""
ONE_IN, MOST_SENTENCES = 5, 10
FEWEST_WORDS = 5
INSIGHT_WEIGHT = 1.0
"""What a sentence weighs for being an action item or a follow-up, as much as the surest topic does."""
MOST_CHUNKS = 10


@dataclass(frozen=True)
class SummarySentence:
    """A sentence of a summary."""

    id: str
    text: str
    message: Message


@dataclass(frozen=True)
class SentimentChunk:
    """The sentiment of some messages in a row.

    :param telling: the message whose sentiment is nearest to it.
    """

    messages: tuple[Message, ...]
    sentiment: Sentiment
    telling: Message


def summarise(view: ConversationView) -> list[SummarySentence]:
    """Pick one sentence in five, at most ten, in the order in which they were said.

    A sentence weighs the scores of the topics in it, and one more where it is an action item or a follow-up; questions
    and sentences of fewer than five words weigh nothing, and what weighs nothing is not picked.

    :param view: the conversation, which is summarised once.
    """
    return view.once(_summarise)


def _summarise(view: ConversationView) -> list[SummarySentence]:
    candidates = [
        (message, sentence) for message, _ in view.analyzed_messages for sentence in split_sentences(message.text)
    ]
    if len(candidates) < FEWEST_SENTENCES:
        return []
    weights = _weights(view, candidates)
    most = min(MOST_SENTENCES, max(1, round(len(candidates) / ONE_IN)))
    heaviest = sorted(range(len(candidates)), key=lambda at: -weights[at])[:most]
    picked = (candidates[at] for at in sorted(heaviest) if weights[at])
    summary = (SummarySentence(view.stable_id("summary", s.text, m.id), s.text, m) for m, s in picked)
    return list({sentence.id: sentence for sentence in summary}.values())


def _weights(view: ConversationView, candidates: list[tuple[Message, Sentence]]) -> list[float]:
    insights = find_insights(view)
    questions = {(insight.message.id, insight.start) for insight in insights if insight.type == QUESTION}
    tasks = {(insight.message.id, insight.start) for insight in insights} - questions
    topics = _topics_by_message(find_topics(view))
    return [
        INSIGHT_WEIGHT * ((message.id, sentence.start) in tasks) + _topic_weight(topics.get(message.id, []), sentence)
        if (message.id, sentence.start) not in questions and len(sentence.text.split()) >= FEWEST_WORDS
        else 0.0
        for message, sentence in candidates
    ]


def _topics_by_message(topics: list[Topic]) -> dict[str, list[tuple[int, Topic]]]:
    by_message: dict[str, list[tuple[int, Topic]]] = {}
    for topic in topics:
        for mention in topic.mentions:
            by_message.setdefault(mention.message.id, []).append((mention.start, topic))
    return by_message


def _topic_weight(places: list[tuple[int, Topic]], sentence: Sentence) -> float:
    return sum({topic.id: topic.score for at, topic in places if sentence.start <= at < sentence.end}.values())


def questions_with_replies(view: ConversationView, questions: Iterable[Insight]) -> Iterator[tuple[Insight, str]]:
    """Pair each question with what another member said next; one that nobody followed is left out.

    :param view: the conversation.
    :param questions: what was asked in it.
    """
    replies = _replies(view.messages)
    for question in questions:
        reply = replies.get(question.message.id)
        if reply is not None:
            yield question, reply.text


def sentiment_chunks(view: ConversationView) -> Iterator[SentimentChunk]:
    """Score the sentiment of a conversation in up to ten chunks of as many messages each.

    :param view: the conversation.
    """
    messages = [message for message, _ in view.analyzed_messages]
    size = max(1, math.ceil(len(messages) / MOST_CHUNKS))
    for at in range(0, len(messages), size):
        chunk = messages[at : at + size]
        scores = [score_sentiment(message.text) for message in chunk]
        whole = mean_sentiment(scores)
        nearest = min(range(len(chunk)), key=lambda place: abs(scores[place].score - whole.score))
        yield SentimentChunk(tuple(chunk), whole, chunk[nearest])


def _replies(messages: tuple[Message, ...]) -> dict[str, Message]:
    """Give for each message the next one of another member, where both members are known."""
    replies: dict[str, Message] = {}
    later: Message | None = None
    reply: Message | None = None
    for message in reversed(messages):
        if later is not None and later.member_id != message.member_id:
            reply = later
        if reply is not None and reply.member_id and message.member_id:
            replies[message.id] = reply
        later = message
    return replies
