"""Tracker matches: where the phrases of trackers occur, as they are and in no other words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.insights import find_insights
from airflow_provider_symbl.local_server.intelligence.mentions import Mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.intelligence.mentions import Mention
    from airflow_provider_symbl.local_server.store.records import Tracker


@dataclass(frozen=True)
class TrackerMatch:
    """A phrase of a tracker, with where it occurs.

    :param insights: those in whose text it is, each with its place there.
    """

    tracker: Tracker
    phrase: str
    mentions: tuple[Mention, ...]
    insights: tuple[tuple[Insight, int], ...]


def find_tracker_matches(view: ConversationView) -> dict[str, list[TrackerMatch]]:
    """Find the phrases of each part's trackers: by the tracker's id, phrase by phrase.

    :param view: the conversation; a tracker of several parts is one.
    """
    by_phrase: dict[tuple[str, str], tuple[Tracker, list[Mention]]] = {}
    for tracker, phrase, mentions in _in_parts(view):
        _, known = by_phrase.setdefault((tracker.id, phrase.casefold()), (tracker, []))
        known += mentions
    insights = _insights_by_message(view) if by_phrase else {}
    by_tracker: dict[str, list[TrackerMatch]] = {}
    for (tracker_id, phrase), (tracker, mentions) in by_phrase.items():
        spelling = next(word for word in tracker.vocabulary if word.casefold() == phrase)
        around = tuple(place for mention in mentions for place in _insights_around(mention, insights))
        by_tracker.setdefault(tracker_id, []).append(TrackerMatch(tracker, spelling, tuple(mentions), around))
    return by_tracker


def _in_parts(view: ConversationView) -> Iterator[tuple[Tracker, str, list[Mention]]]:
    for part in view.analyzed_parts:
        mentions = Mentions(part.messages if part.analysis_options.trackers else ())
        for tracker in part.analysis_options.trackers:
            for phrase in {word.casefold(): word for word in tracker.vocabulary}.values():
                places = mentions.of(phrase)
                if places:
                    yield tracker, phrase, places


def _insights_by_message(view: ConversationView) -> dict[str, list[Insight]]:
    by_message: dict[str, list[Insight]] = {}
    for insight in find_insights(view):
        by_message.setdefault(insight.message.id, []).append(insight)
    return by_message


def _insights_around(mention: Mention, insights: dict[str, list[Insight]]) -> Iterator[tuple[Insight, int]]:
    for insight in insights.get(mention.message.id, ()):
        if insight.start <= mention.start and mention.end <= insight.start + len(insight.text):
            yield insight, mention.start - insight.start
