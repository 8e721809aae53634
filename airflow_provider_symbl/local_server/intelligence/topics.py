"""Topics: the phrases that a conversation keeps to, in the words in which they were said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.keywords import keywords
from airflow_provider_symbl.local_server.intelligence.mentions import TOKEN, Mentions
from airflow_provider_symbl.local_server.intelligence.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.intelligence.conversation import ConversationView
    from airflow_provider_symbl.local_server.intelligence.mentions import Mention

FEWEST, MOST = 3, 20
WORDS_A_TOPIC = 25
"""A conversation has a topic more for every so many words, up to twenty."""


@dataclass(frozen=True)
class Topic:
    """A phrase, as it was first said.

    :param score: YAKE's weight, turned so that 1 is the most telling; of the client's own words, 1.
    :param mentions: where it occurs, in order.
    """

    id: str
    text: str
    score: float
    mentions: tuple[Mention, ...]

    @property
    def message_ids(self) -> list[str]:
        """The messages in which it occurs."""
        return list({mention.message.id: None for mention in self.mentions})


def topics(talk: ConversationView, vocabulary: Sequence[str] = ()) -> list[Topic]:
    """Find topics, the surest first.

    :param talk: the conversation; a topic is not shown in parts that ask for surer ones.
    :param vocabulary: phrases that are topics wherever they occur.
    """
    messages = [message for message, _ in talk.understood]
    mentions = Mentions(messages)
    wanted = {phrase: mentions.of(phrase) for phrase in vocabulary}
    words = sum(len(message.text.split()) for message in messages)
    most = min(MOST, FEWEST + words // WORDS_A_TOPIC)
    names = {word for name in Names(talk.members.values()).by_name for word in name.split()}
    weights = keywords((message.text for message in messages), names) if messages else {}
    found = _apart(_with_plurals({phrase: mentions.of(phrase) for phrase in weights}))
    own = [_topic(talk, 1.0, places) for places in wanted.values()]
    other = [_topic(talk, round(weights[phrase], 3), places) for phrase, places in list(found.items())[:most]]
    return _distinct([*own, *other])


def parents(topic: Topic, others: Iterable[Topic]) -> list[Topic]:
    """Give the longer topics that contain a topic's words, such as ``billing team`` for ``team``.

    :param others: topics among which to look.
    """
    inner = f" {topic.text.lower()} "
    return [other for other in others if other.id != topic.id and inner in f" {other.text.lower()} "]


def _with_plurals(found: Mapping[str, list[Mention]]) -> dict[str, list[Mention]]:
    """Count a phrase and its plural as one, under the form that tells more."""
    merged: dict[str, tuple[str, list[Mention]]] = {}
    for phrase, mentions in found.items():
        _, known = merged.setdefault(phrase.lower().removesuffix("s"), (phrase, []))
        known += mentions
    return {phrase: sorted(mentions, key=_place) for phrase, mentions in merged.values()}


def _place(mention: Mention) -> tuple[datetime, str, int]:
    return mention.message.start, mention.message.id, mention.start


def _words(mention: Mention) -> Iterator[tuple[str, int]]:
    return ((mention.message.id, mention.start + word.start()) for word in TOKEN.finditer(mention.text))


def _apart(found: Mapping[str, list[Mention]]) -> dict[str, list[Mention]]:
    """Leave out what never occurs, and what only ever occurs inside a longer phrase."""
    taken: set[tuple[str, int]] = set()
    kept = set()
    for phrase in sorted(found, key=lambda phrase: -len(phrase.split())):
        places = {place for mention in found[phrase] for place in _words(mention)}
        if not places <= taken:
            kept.add(phrase)
        taken |= places
    return {phrase: mentions for phrase, mentions in found.items() if phrase in kept}


def _topic(talk: ConversationView, score: float, mentions: Sequence[Mention]) -> Topic | None:
    thresholds = {message.id: wanted.threshold for message, wanted in talk.understood}
    shown = tuple(mention for mention in mentions if score >= thresholds[mention.message.id])
    if not shown:
        return None
    text = " ".join(shown[0].text.split())
    ids = list({mention.message.id: None for mention in shown})
    return Topic(talk.identity("topic", text.lower(), ids), text, score, shown)


def _distinct(found: Iterable[Topic | None]) -> list[Topic]:
    distinct: dict[str, Topic] = {}
    for topic in found:
        if topic is not None:
            distinct.setdefault(topic.text.lower(), topic)
    return sorted(distinct.values(), key=lambda topic: -topic.score)
