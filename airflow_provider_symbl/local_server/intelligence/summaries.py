"""Summaries and overviews: whole sentences that were really said, picked by plain rules."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.insights import QUESTION, insights
from airflow_provider_symbl.local_server.intelligence.sentences import sentences
from airflow_provider_symbl.local_server.intelligence.sentiment import mean, sentiment
from airflow_provider_symbl.local_server.intelligence.topics import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.sentences import Sentence
    from airflow_provider_symbl.local_server.intelligence.sentiment import Sentiment
    from airflow_provider_symbl.local_server.intelligence.topics import Topic
    from airflow_provider_symbl.local_server.store.records import Message

FEWEST_SENTENCES = 3
"""A shorter conversation gets no summary (contract, section 4.9)."""
ONE_IN, MOST_SENTENCES = 5, 10
FEWEST_WORDS = 5
AS_INSIGHT = 1.0
"""What a sentence weighs for being an action item or a follow-up, as much as the surest topic does."""
MOST_CHUNKS = 10


@dataclass(frozen=True)
class Summarised:
    """A sentence of a summary."""

    id: str
    text: str
    message: Message


def summarised(talk: ConversationView) -> list[Summarised]:
    """Pick one sentence in five, at most ten, in the order in which they were said.

    A sentence weighs the scores of the topics in it, and one more where it is an action item or a follow-up; questions
    and sentences of fewer than five words weigh nothing, and what weighs nothing is not picked.

    :param talk: the conversation.
    """
    said = [(message, sentence) for message, _ in talk.understood for sentence in sentences(message.text)]
    if len(said) < FEWEST_SENTENCES:
        return []
    weights = _weights(talk, said)
    heaviest = sorted(range(len(said)), key=lambda at: -weights[at])[
        : min(MOST_SENTENCES, max(1, round(len(said) / ONE_IN)))
    ]
    picked = (said[at] for at in sorted(heaviest) if weights[at])
    found = (Summarised(talk.identity("summary", s.text, m.id), s.text, m) for m, s in picked)
    return list({sentence.id: sentence for sentence in found}.values())


def _weights(talk: ConversationView, said: list[tuple[Message, Sentence]]) -> list[float]:
    found = insights(talk)
    asked = {(insight.message.id, insight.start) for insight in found if insight.type == QUESTION}
    undertaken = {(insight.message.id, insight.start) for insight in found} - asked
    about = _about(topics(talk))
    return [
        AS_INSIGHT * ((message.id, sentence.start) in undertaken) + _topical(about.get(message.id, []), sentence)
        if (message.id, sentence.start) not in asked and len(sentence.text.split()) >= FEWEST_WORDS
        else 0.0
        for message, sentence in said
    ]


def _about(found: list[Topic]) -> dict[str, list[tuple[int, Topic]]]:
    about: dict[str, list[tuple[int, Topic]]] = {}
    for topic in found:
        for mention in topic.mentions:
            about.setdefault(mention.message.id, []).append((mention.start, topic))
    return about


def _topical(places: list[tuple[int, Topic]], sentence: Sentence) -> float:
    return sum({topic.id: topic.score for at, topic in places if sentence.start <= at < sentence.end}.values())


@dataclass(frozen=True)
class Mood:
    """How a stretch of a conversation sounds.

    :param telling: the message that sounds most like it.
    """

    messages: tuple[Message, ...]
    sentiment: Sentiment
    telling: Message


def answered(talk: ConversationView, questions: Iterable[Insight]) -> Iterator[tuple[Insight, str]]:
    """Pair each question with what another member said next; one that nobody followed is left out.

    :param talk: the conversation.
    :param questions: what was asked in it.
    """
    replies = _replies(talk.messages)
    for question in questions:
        reply = replies.get(question.message.id)
        if reply is not None:
            yield question, reply.text


def moods(talk: ConversationView) -> Iterator[Mood]:
    """Judge a conversation in up to ten stretches of as many messages each.

    :param talk: the conversation.
    """
    messages = [message for message, _ in talk.understood]
    size = max(1, math.ceil(len(messages) / MOST_CHUNKS))
    for at in range(0, len(messages), size):
        chunk = messages[at : at + size]
        judged = [sentiment(message.text) for message in chunk]
        whole = mean(judged)
        nearest = min(range(len(chunk)), key=lambda place: abs(judged[place].score - whole.score))
        yield Mood(tuple(chunk), whole, chunk[nearest])


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
