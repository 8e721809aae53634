"""Numbers in a sentence, in digits or in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
"""``one`` is left out: it is a pronoun more often than a number."""
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
VALUES = {
    "zero": 0,
    "one": 1,
    **{word: value for value, word in enumerate(SMALL, 2)},
    **{word: 10 * value for value, word in enumerate(TENS, 2)},
}
_TENS, _SMALL, _LARGE = "|".join(TENS), "|".join(SMALL), "|".join(LARGE)
NUMBER = re.compile(
    r"(?<![\w.,/:-])(?=\w)(?:(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,30}(?:\.[0-9]{1,30})?)"
    r"(?:\s(?P<times>million|billion))?"
    rf"|(?P<words>(?:{_TENS})(?:[\s-](?:one|{_SMALL}))?(?:\s(?:{_LARGE}))?|(?:{_SMALL})(?:\s(?:{_LARGE}))?"
    rf"|zero|(?:one|an?)\s(?:{_LARGE})))(?![\w/:-]|[.,][0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Number:
    """A number.

    :param start: its first character's offset in the text in which it was looked for.
    :param value: in digits, without separators.
    """

    text: str
    start: int
    value: str


def numbers(text: str) -> Iterator[Number]:
    """Find numbers.

    :param text: a sentence.
    """
    for match in NUMBER.finditer(text):
        yield Number(match[0], match.start(), _value(match))


def _value(match: re.Match[str]) -> str:
    if match["words"]:
        return str(_worth(re.split(r"[\s-]", match["words"].lower())))
    digits = match["digits"].replace(",", "")
    return f"{float(digits) * LARGE[match['times'].lower()]:.0f}" if match["times"] else digits


def _worth(words: list[str]) -> int:
    """Add up tens and units, and multiply by what follows: ``twenty five thousand``."""
    large = LARGE.get(words[-1], 1)
    small = words if large == 1 else words[:-1]
    return large * sum(VALUES.get(word, 1) for word in small)
