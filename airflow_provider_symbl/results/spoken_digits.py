"""Runs of digits in a text: written, spoken in English digit by digit or in pairs, with what people say between them.

This is inverse text normalisation, for digits alone. Libraries for it read quantities ("two hundred and six" is 206);
none reads telephone numbers as people say them, with "double two", "oh" and hesitations.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

CUT = "\x1f"
"""Stands between the messages of one speaker where they are read as one text."""
UNITS = dict(
    zip(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), "0123456789", strict=True)
) | dict.fromkeys(("oh", "o", "nought", "naught"), "0")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = (
    UNITS
    | {word: str(number) for number, word in enumerate(TEENS, 10)}
    | {word: f"{number}0" for number, word in enumerate(TENS, 2)}
    | {"fourty": "40"}
)
TENS_DIGITS = frozenset(NUMBERS[word] for word in TENS)
REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
ZEROS = {"hundred": "00", "thousand": "000"}
PAUSES = frozenset(
    (
        *("uh", "um", "er", "erm", "ah", "eh", "hm", "hmm", "mm", "mhm", "uhm", "huh"),
        *(
            "dash",
            "hyphen",
            "space",
            "dot",
            "comma",
            "pause",
            "minus",
            "then",
            "okay",
            "ok",
            "yes",
            "yeah",
            "yep",
            "right",
        ),
    )
)
"""What is said within a number, and is none of it."""
LINKS = frozenset(("and", "that's", "thats", "that\u2019s", "so", "like", "go", "on", "next", "followed", "by", "it's"))
"""The same, but they also join numbers that are two: between groups that are written they end a run."""
FILLERS = PAUSES | LINKS
LONG_RUN = 60
"""Groups of a run from which on "twenty one" is read as 21 alone."""
MOST_FILLERS = 4
"""How many of them may follow each other within a run."""
SOME = r"(?:first|next|last|final|other)\s(?:two|three|four|five|six|\d)"
TOKEN = re.compile(
    rf"""(?xi)
    (?P<amount> [$€£¥]\s*+\d[\d.,]*+ | \d{{1,3}}(?:,\d{{3}})++(?:\.\d++)?(?![\d,]) | \d++(?:[.,]\d++)?\s*+[%€£$°] )
    | (?P<digits> \d++ )
    | (?P<count> (?: the\s{SOME}\b(?:\s(?:digits|numbers|ones)\b)? | {SOME}\s(?:digits|numbers|ones)\b )
                 (?:\s(?:is|are)\b)? )
    | (?P<word> [^\W\d_]++(?:['\u2019][^\W\d_]++)*+ )
    | (?P<plus> \+ )
    | (?P<stop> [^\s.,;:()\[\]{{}}/…'"\u2019“”_*·\-\u2010-\u2015\u00ad\u200b-\u200d\u2060] )
    """
)
"""What is none of these may stand between two digits."""
QUICK = re.compile(rf"(?i)\d|\b(?:{'|'.join([*NUMBERS, *REPEATS, *ZEROS])})\b")
LEAST_GROUPS = 3


class Digits(NamedTuple):
    """A group of digits, or a number word.

    :param digits: 0 to 9.
    :param start: its place in the text.
    :param end: the same of its end.
    :param is_single: whether it was said digit by digit, or is one digit; a pair such as "twenty one" is not.
    :param is_word: whether it was spoken.
    :param gap: what stands before it within its run: "" for punctuation, "pause" for a hesitation or the end of a
        message, "link" for a word that may also join two numbers.
    :param begins_message: whether it is the first of a message, and others stand before it in the run.
    :param seam: of "twenty one", which may also be 20 and 1, where the first word ends and the second begins.
    """

    digits: str
    start: int
    end: int
    is_single: bool
    is_word: bool
    gap: str = ""
    begins_message: bool = False
    seam: tuple[int, int] | None = None


class Run(NamedTuple):
    """Digits that follow each other.

    :param start: its place in the text, with the plus.
    :param has_plus: whether a plus stands before it.
    :param groups: at least one.
    """

    start: int
    has_plus: bool
    groups: list[Digits]


def may_hold_digits(text: str) -> bool:
    """Tell, quickly, whether a text may have a run of some length.

    :param text: any.
    """
    return len(QUICK.findall(text)) >= LEAST_GROUPS


def digit_runs(text: str) -> Iterator[Run]:
    """Yield the runs of digits of a text, in their order; amounts of money, percentages and 1,000s are none.

    :param text: any.
    """
    reader = _Reader(text)
    for match in TOKEN.finditer(text):
        yield from reader.take(match.lastgroup or "", match.group(), match.start(), match.end())
    yield from reader.finish()


def readings(run: Run) -> Iterator[list[Digits]]:
    """Yield the ways to read a run: as it is, and with one of the "twenty one" as 20 and 1.

    :param run: any.
    """
    yield run.groups
    if len(run.groups) > LONG_RUN:
        return
    for taken in filter(lambda group: group.seam, run.groups):
        yield [part for group in run.groups for part in (_taken_apart(group) if group is taken else [group])]


def _taken_apart(group: Digits) -> list[Digits]:
    ten_end, unit_start = group.seam or (group.end, group.start)
    ten = group._replace(digits=f"{group.digits[0]}0", end=ten_end, seam=None)
    return [ten, Digits(group.digits[1], unit_start, group.end, is_single=True, is_word=True)]


def other_words(text: str) -> int:
    """Count the words of a text that are neither digits nor fillers.

    :param text: any.
    """
    known = FILLERS | NUMBERS.keys() | REPEATS.keys()
    words = (match.group().lower() for match in TOKEN.finditer(text) if match.lastgroup == "word")
    return sum(word not in known for word in words)


class _Reader:
    """Reads a text token by token; what a token means may depend on the one before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._clear()

    def _clear(self) -> None:
        self._groups: list[Digits] = []
        self._plus: int | None = None
        self._repeat: tuple[int, int] | None = None
        self._gap = ""
        self._fillers = 0

    def finish(self) -> Iterator[Run]:
        """End the run, if there is one."""
        groups, plus = self._groups, self._plus
        self._clear()
        if groups:
            yield Run(groups[0].start if plus is None else plus, plus is not None, groups)

    def take(self, kind: str, token: str, start: int, end: int) -> Iterator[Run]:
        """Read a token."""
        word = token.lower()
        if kind == "digits":
            self._add(_ascii(token), start, end, is_single=len(token) == 1, is_word=False)
        elif kind == "word" and word in NUMBERS:
            self._number(word, start, end)
        elif kind == "word" and word in REPEATS and self._repeat is None:
            self._repeat = (REPEATS[word], start)
        elif kind == "word" and word in ZEROS and self._is_after_unit():
            self._grow(self._groups[-1].digits + ZEROS[word], end)
        elif self._repeat is None and self._groups and (kind == "count" or word in FILLERS):
            yield from self._filler(word)
        else:
            yield from self.finish()
            if kind == "plus" or word == "plus":
                self._plus = start

    def _filler(self, word: str) -> Iterator[Run]:
        self._fillers += 1
        self._gap = "pause" if word in PAUSES and self._gap != "link" else "link"
        if self._fillers > MOST_FILLERS:
            yield from self.finish()

    def _number(self, word: str, start: int, end: int) -> None:
        digit = NUMBERS[word]
        if len(digit) == 1 and digit != "0" and self._is_after_ten(start):
            self._grow(self._groups[-1].digits[0] + digit, end, (self._groups[-1].end, start))
        else:
            self._add(digit, start, end, is_single=len(digit) == 1, is_word=True)

    def _add(self, digits: str, start: int, end: int, *, is_single: bool, is_word: bool) -> None:
        if self._repeat is not None:
            times, start = self._repeat
            digits, is_single, is_word, self._repeat = digits * times, True, True, None
        begins = bool(self._groups) and CUT in self._text[self._groups[-1].end : start]
        gap = "pause" if begins and not self._gap else self._gap
        self._groups.append(Digits(digits, start, end, is_single, is_word, gap, begins))
        self._gap, self._fillers = "", 0

    def _grow(self, digits: str, end: int, seam: tuple[int, int] | None = None) -> None:
        self._groups[-1] = self._groups[-1]._replace(digits=digits, end=end, is_single=False, seam=seam)

    def _is_after_unit(self) -> bool:
        return bool(self._groups) and self._groups[-1].is_word and len(self._groups[-1].digits) == 1

    def _is_after_ten(self, start: int) -> bool:
        if not self._groups or self._repeat is not None or self._gap:
            return False
        last = self._groups[-1]
        between = self._text[last.end : start]
        return last.is_word and not last.is_single and last.digits in TENS_DIGITS and between in (" ", "-")


def _ascii(digits: str) -> str:
    return "".join(str(int(digit)) for digit in digits)
