"""Cue phrases of tasks: the words by which action items and requests are told; rules, not a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.language.cue_phrases import (
    FILLERS,
    HEDGE_COSTS,
    HEDGES,
    KINDS,
    MASK,
    NO_ACTION,
    NO_OFFER,
    NO_REQUEST,
    SUBORDINATORS,
    WHOLE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.intelligence.language.names import Name

ASKED = frozenset(("request", "order", "plea", "imperative"))
"""What is asked of whoever is spoken to."""
ON_THE_SPOT = ASKED - {"order"}
STOPS = {"and", "but", "because", "if", "when", "so", "or", "then", "while", "unless", "since", "please", "that"}
LINKS = frozenset("a an the of to for with in on at by from this my your our into after before".split())  # noqa: SIM905 - as a list, it would take many lines
"""A phrase does not end with one of these, where it is cut short."""
MOST_WORDS = 8
LONGEST_SUBORDINATOR, LONGEST_VERB = 20, 60
WORD = re.compile(r"\S+")


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"))


AT_ONCE = _compiled(NO_REQUEST)
NOTHING = _compiled(rf"{NO_ACTION}\b|(?![a-z{MASK}])")
OFFERED = _compiled(rf"(?:{NO_OFFER})\b")
IN_A_CLAUSE = _compiled(SUBORDINATORS)
HEDGED = _compiled(HEDGES)
_KINDS = "|".join(f"(?P<{kind}>{words})" for kind, (_, words) in KINDS.items() if kind != "imperative")
CUE = _compiled(rf"(?:(?P<imperative>{KINDS['imperative'][1]})|(?<![\w'])(?:{_KINDS})(?:,? |(?<=:)|(?<=,))){FILLERS}")
WHOLE_CUE = _compiled(
    r"(?<![\w'])(?:" + "|".join(f"(?P<{kind}>{words})" for kind, (_, words) in WHOLE.items()) + r")\b"
)


@dataclass(frozen=True)
class Cue:
    """Words that say that something is to be done.

    :param kind: one of :data:`KINDS`.
    :param who: where the first name in it begins; None where there is none.
    :param phrase: where what is to be done begins and ends.
    :param score: how sure it is.
    """

    kind: str
    who: int | None
    phrase: tuple[int, int]
    score: float
    is_hedged: bool


def find_cues(masked: str) -> Iterator[Cue]:
    """Find cues that something to be done follows.

    :param masked: a sentence as :func:`masked_text` makes it.
    """
    is_hedged = bool(HEDGED.search(masked))
    for match in CUE.finditer(masked):
        kind = next(kind for kind in KINDS if match[kind] is not None)
        rest = masked[match.end() : match.end() + LONGEST_VERB]
        if _is_task(kind, match[kind], rest) and _is_apart(masked, match.start()):
            yield _cue(kind, KINDS[kind][0], match, match.end(), is_hedged=is_hedged)
    for match in WHOLE_CUE.finditer(masked):
        if _is_apart(masked, match.start()):
            kind = str(match.lastgroup)
            yield _cue(kind, WHOLE[kind][0], match, match.start(), is_hedged=is_hedged)


def _cue(kind: str, certain: float, match: re.Match[str], start: int, *, is_hedged: bool) -> Cue:
    who = match[0].find(MASK)
    score = round(certain - HEDGE_COSTS * is_hedged, 2)
    return Cue(kind, None if who < 0 else match.start() + who, _phrase(match.string, start), score, is_hedged)


def _is_apart(masked: str, start: int) -> bool:
    return not IN_A_CLAUSE.search(masked[max(0, start - LONGEST_SUBORDINATOR) : start])


def _is_task(kind: str, words: str, rest: str) -> bool:
    if words.startswith("make sure"):
        return bool(rest)
    if NOTHING.match(rest) or (kind in ON_THE_SPOT and AT_ONCE.match(rest)):
        return False
    return not (words.endswith("let me") and OFFERED.match(rest))


def masked_text(plain: str, names: Iterable[Name]) -> str:
    """Lower the case of a sentence and hide the names in it, each letter by one character.

    :param plain: a sentence with plain apostrophes.
    """
    small = lowered(plain)
    for name in names:
        small = small[: name.start] + MASK * len(name.text) + small[name.end :]
    return small


def lowered(text: str) -> str:
    """Lower the case, and keep the length: a few letters become two when lowered."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(letter.lower()[0] for letter in text)


def _phrase(small: str, start: int) -> tuple[int, int]:
    """Follow what is to be done to the end of its clause, at most eight words."""
    end = start
    for word in islice(WORD.finditer(small, start), MOST_WORDS):
        bare = word[0].rstrip(".,;:!?\"')…")
        if bare in STOPS:
            break
        if bare not in LINKS:
            end = word.start() + len(bare)
        if bare != word[0]:
            break
    return start, end
