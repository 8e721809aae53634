"""Topics: the phrases that a conversation keeps to, in the words in which they were said; keyword extraction by YAKE.

YAKE goes by how often and where words stand, without any model or dictionary.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.intelligence.mentions import TOKEN, Mentions
from airflow_provider_symbl.local_server.intelligence.people import People

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.mentions import Mention

FEWEST_TOPICS, MOST_TOPICS = 3, 20
WORDS_A_TOPIC = 25
"""A conversation has a topic more for every so many words, up to twenty."""
MOST_WORDS_READ = 20_000
"""About two hours of speech; YAKE takes a second for about 15,000."""
LONGEST_WORD = 40
MOST_KEYWORDS = 200
WORDS_IN_A_KEYWORD = 3
SPOKEN_STOP_WORDS = frozenset(
    (  # noqa: SIM905 - as a list, it would take many lines
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
        "september october november december today tomorrow yesterday tonight morning afternoon evening night day "
        "days week weeks weekend month months year years hour hours minute minutes second seconds time times moment "
        "one two three four five six seven eight nine ten hundred thousand first last next early late later half "
        "thank thanks please sorry hello hey bye goodbye welcome yes yeah yep okay sure great good perfect wonderful "
        "fine nice awesome cool right well exactly absolutely excellent happy glad better best bad everyone everybody "
        "somebody anybody thing things stuff lot lots bit kind sort way ways part chance idea question questions "
        "answer problem example people person guy guys mister sir madam be have do make made making take taken taking "
        "took give given giving gave get getting got go going gone went come came coming see saw seen say said saying "
        "tell told telling talk talking talked speak speaking ask asked asking call calling called look looked "
        "looking know knew known think thought thinking want wanted wanting need needed needs like liked love loves "
        "loved let help helped helping try tried trying use used using uses work working worked works send sent "
        "sending put start started starting stop stopped finish finished wait waiting waited keep kept find found "
        "meet met meeting show showed shown move moved moving write wrote written read understand understood agree "
        "agreed suggest mean means meant remember feel felt happen happened happens bring brought buy bought pay paid "
        "set run running join joining joined share shared update updated review saves cares cost spend lost approved "
        "ready different difficult simple fast slow high little big small long short old new open whole main sounds "
        "sound actually really probably maybe definitely basically literally cannot due leave leaves left hear heard "
        "hearing buying charged full empty explain apologize add added prepare plan decide decided learn learned "
        "disappointing confusing blocked "
    ).split()
)
"""Words of any conversation whatever it is about, on top of YAKE's own list of stop words."""


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


def find_topics(view: ConversationView, vocabulary: Sequence[str] = ()) -> list[Topic]:
    """Find topics, the surest first.

    :param view: the conversation; a topic is not shown in parts that ask for surer ones.
    :param vocabulary: phrases that are topics wherever they occur.
    """
    found = view.once(_find)
    if not vocabulary:
        return found
    mentions = Mentions((message for message, _ in view.analyzed_messages), vocabulary)
    thresholds = view.once(_thresholds)
    return _distinct([*(_topic(view, 1.0, mentions.of(phrase), thresholds) for phrase in vocabulary), *found])


def _thresholds(view: ConversationView) -> dict[str, float]:
    return {message.id: options.threshold for message, options in view.analyzed_messages}


def _find(view: ConversationView) -> list[Topic]:
    messages = [message for message, _ in view.analyzed_messages]
    thresholds = view.once(_thresholds)
    words = sum(len(message.text.split()) for message in messages)
    most = min(MOST_TOPICS, FEWEST_TOPICS + words // WORDS_A_TOPIC)
    names = {word for name in view.once(People.of).by_name for word in name.split()}
    weights = extract_keywords([message.text for message in messages], names) if messages else {}
    mentions = Mentions(messages, weights)
    by_phrase = _apart(_with_plurals({phrase: mentions.of(phrase) for phrase in weights}))
    kept = list(by_phrase.items())[:most]
    return _distinct(_topic(view, round(weights[phrase], 3), places, thresholds) for phrase, places in kept)


def parents(topic: Topic, others: Iterable[Topic]) -> list[Topic]:
    """Give the longer topics that contain a topic's words, such as ``billing team`` for ``team``.

    :param others: topics among which to look.
    """
    inner = f" {topic.text.lower()} "
    return [other for other in others if other.id != topic.id and inner in f" {other.text.lower()} "]


def _with_plurals(by_phrase: Mapping[str, list[Mention]]) -> dict[str, list[Mention]]:
    """Count a phrase and its plural as one, under the form that tells more."""
    merged: dict[str, tuple[str, list[Mention]]] = {}
    for phrase, mentions in by_phrase.items():
        _, known = merged.setdefault(phrase.lower().removesuffix("s"), (phrase, []))
        known += mentions
    return {phrase: sorted(mentions, key=_place) for phrase, mentions in merged.values()}


def _place(mention: Mention) -> tuple[datetime, str, int]:
    return mention.message.start, mention.message.id, mention.start


def _words(mention: Mention) -> Iterator[tuple[str, int]]:
    return ((mention.message.id, mention.start + word.start()) for word in TOKEN.finditer(mention.text))


def _apart(by_phrase: Mapping[str, list[Mention]]) -> dict[str, list[Mention]]:
    """Leave out what never occurs, and what only ever occurs inside a longer phrase."""
    taken: set[tuple[str, int]] = set()
    kept = set()
    for phrase in sorted(by_phrase, key=lambda phrase: -len(phrase.split())):
        places = {place for mention in by_phrase[phrase] for place in _words(mention)}
        if not places <= taken:
            kept.add(phrase)
        taken |= places
    return {phrase: mentions for phrase, mentions in by_phrase.items() if phrase in kept}


def _topic(
    view: ConversationView, score: float, mentions: Sequence[Mention], thresholds: Mapping[str, float]
) -> Topic | None:
    shown = tuple(mention for mention in mentions if score >= thresholds[mention.message.id])
    if not shown:
        return None
    text = " ".join(shown[0].text.split())
    ids = list({mention.message.id: None for mention in shown})
    return Topic(view.stable_id("topic", text.lower(), ids), text, score, shown)


def _distinct(topics: Iterable[Topic | None]) -> list[Topic]:
    distinct: dict[str, Topic] = {}
    for topic in topics:
        if topic is not None:
            distinct.setdefault(topic.text.lower(), topic)
    return sorted(distinct.values(), key=lambda topic: -topic.score)


def extract_keywords(texts: Sequence[str], stop_words: Collection[str] = ()) -> dict[str, float]:
    """Find key words and phrases of up to three words, the most telling first, each with its weight, 0 to 1.

    :param texts: messages; of more than 20,000 words, as many are read, in messages evenly spread.
    :param stop_words: further words that tell nothing in this conversation, in lower case.
    """
    # Loaded when first used: it takes more than a second.
    extractor = importlib.import_module("yake").KeywordExtractor(lan="en", n=WORDS_IN_A_KEYWORD, top=MOST_KEYWORDS)
    extractor.stopword_set |= SPOKEN_STOP_WORDS.union(stop_words)
    keywords: list[tuple[str, Any]] = extractor.extract_keywords("\n".join(_bounded(texts)))
    return {
        phrase: 1 / (1 + max(0.0, float(weight)))
        for phrase, weight in keywords
        if all(_is_telling(word, extractor.stopword_set) for word in phrase.lower().split())
    }


def _bounded(texts: Sequence[str]) -> Iterator[str]:
    left = MOST_WORDS_READ
    step = max(1, math.ceil(sum(len(text.split()) for text in texts) / MOST_WORDS_READ))
    for text in texts[::step]:
        words = [word for word in islice(text.split(), left) if len(word) <= LONGEST_WORD]
        left -= len(words)
        yield " ".join(words)


def _is_telling(word: str, stopwords: set[str]) -> bool:
    return word not in stopwords and len(word) > 1 and any(map(str.isalpha, word))
