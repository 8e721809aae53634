"""Overviews: what the newer ``lm-insights`` call tells, as far as plain rules can tell it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.sentiment import mean, sentiment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.intelligence.conversation import ConversationView
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.sentiment import Sentiment
    from airflow_provider_symbl.local_server.store.records import Message

MOST_CHUNKS = 10


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
