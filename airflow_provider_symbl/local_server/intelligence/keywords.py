"""The key words of a text, by YAKE: how often and where words stand, without any model or dictionary."""

from __future__ import annotations

import importlib
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

MOST_WORDS_READ = 50_000
"""More than four hours of speech; YAKE takes a second for about 15,000."""
LONGEST_WORD = 40
MOST_KEYWORDS = 200
WORDS_IN_A_KEYWORD = 3
SPOKEN = frozenset(
    (  # noqa: SIM905 - as a list, it would take 200 lines
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


def keywords(texts: Iterable[str], besides: Collection[str] = ()) -> dict[str, float]:
    """Find key words and phrases of up to three words, the most telling first, each with its weight, 0 to 1.

    :param texts: what was said; the first 50,000 words are read.
    :param besides: words that tell nothing in this conversation, in lower case.
    """
    # Loaded when first used: it takes more than a second.
    extractor = importlib.import_module("yake").KeywordExtractor(lan="en", n=WORDS_IN_A_KEYWORD, top=MOST_KEYWORDS)
    extractor.stopword_set |= SPOKEN.union(besides)
    found: list[tuple[str, Any]] = extractor.extract_keywords("\n".join(_bounded(texts)))
    return {
        phrase: 1 / (1 + max(0.0, float(weight)))
        for phrase, weight in found
        if all(_is_telling(word, extractor.stopword_set) for word in phrase.lower().split())
    }


def _bounded(texts: Iterable[str]) -> Iterator[str]:
    left = MOST_WORDS_READ
    for text in texts:
        words = [word for word in islice(text.split(), left) if len(word) <= LONGEST_WORD]
        left -= len(words)
        yield " ".join(words)


def _is_telling(word: str, stopwords: set[str]) -> bool:
    return word not in stopwords and len(word) > 1 and any(map(str.isalpha, word))
