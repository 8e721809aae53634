"""Trackers: where the phrases to look out for occur, as they are and in no other words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.insights import insights
from airflow_provider_symbl.local_server.intelligence.mentions import Mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.mentions import Mention
    from airflow_provider_symbl.local_server.store.records import Tracker


@dataclass(frozen=True)
class Tracked:
    """A phrase of a tracker, with where it occurs.

    :param insights: those in whose text it is, each with its place there.
    """

    tracker: Tracker
    phrase: str
    mentions: tuple[Mention, ...]
    insights: tuple[tuple[Insight, int], ...]


def tracked(talk: ConversationView) -> dict[str, list[Tracked]]:
    """Find what each part's trackers look out for: by the tracker's id, phrase by phrase.

    :param talk: the conversation; a tracker of several parts is one.
    """
    found: dict[tuple[str, str], tuple[Tracker, list[Mention]]] = {}
    for tracker, phrase, mentions in _in_parts(talk):
        _, known = found.setdefault((tracker.id, phrase.casefold()), (tracker, []))
        known += mentions
    near = _by_message(talk) if found else {}
    by_tracker: dict[str, list[Tracked]] = {}
    for (tracker_id, phrase), (tracker, mentions) in found.items():
        said = next(word for word in tracker.vocabulary if word.casefold() == phrase)
        known_near = tuple(place for mention in mentions for place in _around(mention, near))
        by_tracker.setdefault(tracker_id, []).append(Tracked(tracker, said, tuple(mentions), known_near))
    return by_tracker


def _in_parts(talk: ConversationView) -> Iterator[tuple[Tracker, str, list[Mention]]]:
    for part in talk.understood_parts:
        mentions = Mentions(part.messages if part.wanted.trackers else ())
        for tracker in part.wanted.trackers:
            for phrase in {word.casefold(): word for word in tracker.vocabulary}.values():
                places = mentions.of(phrase)
                if places:
                    yield tracker, phrase, places


def _by_message(talk: ConversationView) -> dict[str, list[Insight]]:
    near: dict[str, list[Insight]] = {}
    for insight in insights(talk):
        near.setdefault(insight.message.id, []).append(insight)
    return near


def _around(mention: Mention, near: dict[str, list[Insight]]) -> Iterator[tuple[Insight, int]]:
    for insight in near.get(mention.message.id, ()):
        if insight.start <= mention.start and mention.end <= insight.start + len(insight.text):
            yield insight, mention.start - insight.start
