"""Finds personal data in texts, and puts markers in its place: ``[email]``, ``[phone]`` and ``[card]``."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.results.email_addresses import find_emails
from airflow_provider_symbl.results.personal_numbers import MOST_REACH, find_cards, find_phones, is_long_card, masked
from airflow_provider_symbl.results.spoken_digits import CUT, digit_runs, may_hold_digits, other_words

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_DIGITS = 3
LEAST_WORDS = 2
"""Digits of a number, and words of an address, from which on a part of it is looked for elsewhere."""
WORD = r"\w+"
LONGEST_PART = 80


class Found(NamedTuple):
    """A place in a text.

    :param start: where it begins.
    :param end: where it ends.
    :param kind: "email", "phone" or "card".
    """

    start: int
    end: int
    kind: str


def _find(text: str, kinds: Sequence[str], region: str | None, reach: int) -> list[Found]:
    """Find everything in a text, in its order; what was found as one kind is not looked at again."""
    found: list[Found] = []
    if "email" in kinds:
        found += [Found(*place, "email") for place in find_emails(text)]
    if {"card", "phone"}.isdisjoint(kinds) or not may_hold_digits(text):
        return found
    rest = masked(text, [(start, end) for start, end, _ in found])
    cards = find_cards(rest, reach)
    if "card" in kinds:
        found += [Found(*place, "card") for place in cards]
    else:
        cards = [place for place in cards if is_long_card(rest[slice(*place)])]
    if "phone" in kinds:
        # A part of a card's number is no telephone number. Where two overlap, nobody can tell: both are taken.
        phones = [place for place in find_phones(rest, region, reach) if not _is_inside(place, cards)]
        found += [Found(*place, "phone") for place in phones]
    return _joined(found)


def _is_inside(place: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(start <= place[0] and place[1] <= end for start, end in others)


def _joined(found: list[Found]) -> list[Found]:
    """Make one of those that overlap."""
    joined: list[Found] = []
    for start, end, kind in sorted(found):
        if joined and start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(end, joined[-1].end))
        else:
            joined.append(Found(start, end, kind))
    return joined


class Secret(NamedTuple):
    """What was found.

    :param kind: one of "email", "phone", "card".
    :param pieces: how it was told: one piece, or one in each message.
    """

    kind: str
    pieces: list[str]


def replaced(
    texts: list[str], kinds: Sequence[str], region: str | None
) -> tuple[list[str], Counter[str], list[Secret]]:
    """Replace what is found in texts that follow each other, until nothing is found any more.

    More than once, since what stands on both sides of a marker is read anew.

    :param texts: read as one; what is cut over several of them is found.
    :param kinds: what to look for.
    :param region: where telephone numbers without a country are from; None finds such with a plus only.
    :return: the texts, how many markers of each kind they got, and what was found.
    :raises ModuleNotFoundError: a library is not installed.
    """
    counts: Counter[str] = Counter()
    secrets = []
    whole = CUT.join(text.replace(CUT, " ") for text in texts)
    while found := _surest(whole, kinds, region):
        made, done = [], 0
        for start, end, kind in found:
            first, *others = whole[start:end].split(CUT)
            pieces = [_marked(piece, kind, is_whole=not others) for piece in (first, *others)]
            secrets.append(Secret(kind, [part for part, _ in pieces if part]))
            counts[kind] += len(secrets[-1].pieces)
            made += [whole[done:start], CUT.join(marked for _, marked in pieces)]
            done = end
        whole = "".join([*made, whole[done:]])
    if not counts:
        return texts, counts, []
    return whole.split(CUT), counts, secrets


def _surest(text: str, kinds: Sequence[str], region: str | None) -> list[Found]:
    """Find what is surest: anything else may take digits from it."""
    reaches = range(MOST_REACH + 1) if CUT in text else (0,)
    return next(filter(None, (_find(text, kinds, region, reach) for reach in reaches)), [])


def _marked(piece: str, kind: str, *, is_whole: bool) -> tuple[str, str]:
    """Return what a message holds of a secret, and the same text with a marker for it; it may be an "okay" alone."""
    if kind == "email" or is_whole:
        return piece.strip(), f"[{kind}]" if piece.strip() else piece
    runs = list(digit_runs(piece))
    if not runs:
        return "", piece
    start, end = runs[0].start, runs[-1].groups[-1].end
    return piece[start:end], f"{piece[:start]}[{kind}]{piece[end:]}"


class Parts:
    """The parts of what was found in the messages, to be found where they stand without the rest.

    :param secrets: what was found.
    """

    def __init__(self, secrets: list[Secret]) -> None:
        pieces = {
            piece.strip().lower(): secret.kind
            for secret in secrets
            for piece in (secret.pieces if len(secret.pieces) > 1 else [])
            if _is_telling(piece, secret.kind)
        }
        self._kinds = pieces
        longest_first = sorted(pieces, key=len, reverse=True)
        self._pieces = (
            re.compile(rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)") if pieces else None
        )
        self._numbers = {
            kind: "|".join(_words(" ".join(secret.pieces)) for secret in secrets if secret.kind == kind)
            for kind in ("phone", "card")
        }

    def replace(self, text: str) -> tuple[str, Counter[str]]:
        """Return a text without the pieces of what was cut; one that is digits of a number is its marker."""
        counts: Counter[str] = Counter()

        def marker(match: re.Match[str]) -> str:
            kind = self._kinds.get(match.group().lower(), "")
            counts[kind] += bool(kind)
            return f"[{kind}]" if kind else match.group()

        told = self._pieces.sub(marker, text) if self._pieces else text
        if counts or len(text) > LONGEST_PART or not may_hold_digits(text) or not _is_part(text):
            return told, counts
        kind = next((kind for kind, known in self._numbers.items() if _words(text) in known), None)
        return (f"[{kind}]", Counter({kind: 1})) if kind else (told, counts)


def _words(text: str) -> str:
    return f" {' '.join(re.findall(WORD, text.lower()))} "


def _is_part(text: str) -> bool:
    return _is_telling(text, "phone") and other_words(text) == 0


def _is_telling(piece: str, kind: str) -> bool:
    if kind == "email":
        return len(re.findall(WORD, piece)) >= LEAST_WORDS
    return sum(len(group.digits) for run in digit_runs(piece) for group in run.groups) >= LEAST_DIGITS
