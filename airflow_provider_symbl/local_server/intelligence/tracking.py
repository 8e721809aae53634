"""Tracker matches: where the phrases of trackers occur, as they are or in similar wordings.

Similar is a sentence that has the stems of all words that tell what a phrase is about, near each other and in any
order: ``my subscription was cancelled`` for ``cancel my subscription``. Synonyms are not known.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.insights import find_insights
from airflow_provider_symbl.local_server.intelligence.language.sentences import split_sentences
from airflow_provider_symbl.local_server.intelligence.language.stems import stems_of, telling_stems
from airflow_provider_symbl.local_server.intelligence.mentions import Mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.insights import Insight
    from airflow_provider_symbl.local_server.store.records import Message, Part, Tracker

SIMILAR = -1
"""The offset of a similar wording."""
WORDS_BETWEEN = 6
"""Other words that may be among those of a phrase."""


@dataclass(frozen=True)
class Place:
    """Where a message has a phrase: the first place, or else the first similar wording.

    :param offset: of the phrase in the message; -1 for a similar wording.
    :param start: where it begins in either case.
    """

    message: Message
    offset: int
    start: int
    end: int


@dataclass(frozen=True)
class TrackerMatch:
    """A phrase of a tracker, with the messages that have it.

    :param insights: those in whose text it is, each with its place there; -1 for a similar wording.
    """

    tracker: Tracker
    phrase: str
    places: tuple[Place, ...]
    insights: tuple[tuple[Insight, int], ...]


def find_tracker_matches(view: ConversationView) -> dict[str, list[TrackerMatch]]:
    """Find the phrases of each part's trackers: by the tracker's id, phrase by phrase; each view is searched once.

    :param view: the conversation; a tracker of several parts is one.
    """
    return view.once(_find)


def _find(view: ConversationView) -> dict[str, list[TrackerMatch]]:
    by_phrase: dict[tuple[str, str], tuple[Tracker, list[Place]]] = {}
    for part in view.analyzed_parts:
        for tracker, phrase, places in _in_part(part):
            _, known = by_phrase.setdefault((tracker.id, phrase.casefold()), (tracker, []))
            known += places
    insights = _insights_by_message(view) if by_phrase else {}
    by_tracker: dict[str, list[TrackerMatch]] = {}
    for (tracker_id, phrase), (tracker, places) in by_phrase.items():
        spelling = next(word for word in tracker.vocabulary if word.casefold() == phrase)
        around = tuple(each for place in places for each in _insights_around(place, insights))
        by_tracker.setdefault(tracker_id, []).append(TrackerMatch(tracker, spelling, tuple(places), around))
    return by_tracker


def _in_part(part: Part) -> Iterator[tuple[Tracker, str, list[Place]]]:
    if not part.analysis_options.trackers:
        return
    phrases = [word for tracker in part.analysis_options.trackers for word in tracker.vocabulary]
    mentions, wordings = Mentions(part.messages, phrases), _Wordings(part.messages, phrases)
    for tracker in part.analysis_options.trackers:
        for phrase in {word.casefold(): word for word in tracker.vocabulary}.values():
            exact: dict[str, Place] = {}
            for mention in mentions.of(phrase):
                place = Place(mention.message, mention.start, mention.start, mention.end)
                exact.setdefault(mention.message.id, place)
            similar = {place.message.id: place for place in wordings.of(phrase)}
            places = {**similar, **exact}
            if places:
                yield tracker, phrase, [places[message.id] for message in part.messages if message.id in places]


class _Wordings:
    """An inverted index of messages by the stems of their words.

    :param messages: in order.
    :param phrases: those that will be looked for: no others are indexed.
    """

    def __init__(self, messages: Iterable[Message], phrases: Iterable[str]) -> None:
        self._messages: Sequence[Message] = tuple(messages)
        wanted = {stem for phrase in phrases for stem in telling_stems(phrase)}
        self._places: dict[str, dict[tuple[int, int, int], list[int]]] = defaultdict(dict)
        for index, message in enumerate(self._messages):
            for sentence in split_sentences(message.text):
                key = index, sentence.start, sentence.end
                for at, (stem, _) in enumerate(stems_of(sentence.text)):
                    if stem in wanted:
                        self._places[stem].setdefault(key, []).append(at)

    def of(self, phrase: str) -> Iterator[Place]:
        """Find the messages with a sentence that says the same in similar words, each once.

        :param phrase: words.
        """
        stems = sorted(telling_stems(phrase), key=lambda stem: len(self._places.get(stem, ())))
        seen: set[int] = set()
        for key in self._places.get(stems[0], {}) if stems else ():
            places = [self._places.get(stem, {}).get(key) for stem in stems]
            if key[0] not in seen and _are_near(places):
                seen.add(key[0])
                yield Place(self._messages[key[0]], SIMILAR, key[1], key[2])


def _are_near(places: Sequence[Sequence[int] | None]) -> bool:
    """Tell whether there is one of each within few words of one of the first.

    :param places: of each stem, the numbers of its words in the sentence, in order.
    """
    first, *others = places
    reach = len(places) + WORDS_BETWEEN
    return all(others) and any(all(_is_within(at, reach, other or ()) for other in others) for at in first or ())


def _is_within(at: int, reach: int, places: Sequence[int]) -> bool:
    following = bisect_left(places, at - reach)
    return following < len(places) and places[following] <= at + reach


def _insights_by_message(view: ConversationView) -> dict[str, list[Insight]]:
    by_message: dict[str, list[Insight]] = {}
    for insight in find_insights(view):
        by_message.setdefault(insight.message.id, []).append(insight)
    return by_message


def _insights_around(place: Place, insights: Mapping[str, Sequence[Insight]]) -> Iterator[tuple[Insight, int]]:
    for insight in insights.get(place.message.id, ()):
        if insight.start <= place.start and place.end <= insight.start + len(insight.text):
            yield insight, SIMILAR if place.offset == SIMILAR else place.start - insight.start
