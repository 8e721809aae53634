"""Finds payment card and telephone numbers in a text: python-stdnum and phonenumbers say what is one."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from airflow_provider_symbl.results.spoken_digits import CUT, digit_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_symbl.results.spoken_digits import Digits, Run

    Place = tuple[int, int]

MASK = "\0"
"""Stands for each character of what was found before; no number goes over it."""
CARDS = re.compile(
    r"""(?x)
    4(?:\d{12}|\d{15}|\d{18})                                              # Visa
    | (?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}   # Mastercard
    | 3[47]\d{13}                                                          # American Express
    | 3(?:0[0-5]|[689]\d)\d{11,16}                                         # Diners Club
    | (?:6011|64[4-9]\d|65\d{2}|62\d{2}|81\d{2}|60\d{2}|82\d{2}|508\d)\d{12,15}  # Discover, UnionPay, RuPay
    | 35(?:2[89]|[3-8]\d)\d{12,15}                                         # JCB
    | (?:50\d{2}|5[6-9]\d{2}|6[0-9]\d{2})\d{9,15}                          # Maestro
    | (?:220[0-4]|9792)\d{12}                                              # Mir, Troy
    """
)
"""The beginnings and lengths of the brands' numbers (ISO/IEC 7812)."""
CARD_LENGTHS = range(13, 20)
PHONE_LENGTHS = range(7, 18)
SURE_LENGTH = 10
"""From here on digits that are a telephone number are none by chance, or so seldom that it is no matter."""
LONG_CARD = 15
HALF, THIRD = 1 / 2, 1 / 3
EXTENSION = re.compile(r"(?i)[\s,.;]*(?:extension|ext|x)[\s.:]*")
LONGEST_EXTENSION = 6


def find_cards(text: str) -> list[Place]:
    """Return where the numbers of payment cards are; such as overlap are one.

    :param text: any; what is cut over several messages stands in one text, with :data:`CUT` between them.
    :raises ModuleNotFoundError: python-stdnum is not installed.
    """
    return _step_by_step(text, _whole_cards, _cards)


def find_phones(text: str, region: str | None) -> list[Place]:
    """Return where telephone numbers are; such as overlap are one.

    :param text: as of :func:`find_cards`.
    :param region: where a number without a country is from; None finds such with a plus only.
    :raises ModuleNotFoundError: phonenumbers is not installed.
    """

    def phones(part: str) -> list[Place]:
        places = [] if CUT in part else _merged(_written(part, region))
        # What the library found is no longer there: a part of it with what stands beside it may look like another one.
        return [*places, *_spoken(masked(part, places), region)]

    return _step_by_step(text, lambda whole: _whole_phones(whole, region), phones)


def _step_by_step(
    text: str, whole: Callable[[str], Iterable[Place]], some: Callable[[str], Iterable[Place]]
) -> list[Place]:
    """Find numbers: first those that are all the digits that follow each other over several messages.

    Then those in one message, and last those that are only a part of such digits. So a number that begins a message is
    not taken for the end of what was said before.
    """
    if CUT not in text:
        return _merged(some(text))
    places = _merged(whole(text))
    offset = 0
    for part in masked(text, places).split(CUT):
        places += [(offset + start, offset + end) for start, end in some(part)]
        offset += len(part) + len(CUT)
    places = _merged(places)
    return _merged([*places, *some(masked(text, places))])


def masked(text: str, places: list[Place]) -> str:
    """Put something that is no text in some places, so that all others stay where they are.

    :param text: any.
    :param places: of it, none over another.
    """
    parts, done = [], 0
    for start, end in sorted(places):
        parts += [text[done:start], MASK * (end - start)]
        done = end
    return "".join([*parts, text[done:]])


def is_long_card(text: str) -> bool:
    """Tell whether a card's number is too long for a telephone's.

    :param text: a number that was found.
    """
    return sum(len(group.digits) for run in digit_runs(text) for group in run.groups) >= LONG_CARD


def _merged(places: Iterable[Place]) -> list[Place]:
    merged: list[Place] = []
    for start, end in sorted(places):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _windows(groups: list[Digits], lengths: range) -> Iterator[list[Digits]]:
    """Yield what may be a number: neighbours that have so many digits together, from each group the longest first."""
    for first in range(len(groups)):
        length, found = 0, []
        for last in range(first, len(groups)):
            length += len(groups[last].digits)
            if length >= lengths.stop:
                break
            if length in lengths:
                found.append(groups[first : last + 1])
        yield from reversed(found)


def _whole_cards(text: str) -> Iterator[Place]:
    for run in _cut_runs(text):
        if not run.has_plus and _is_card(_digits(run.groups)):
            yield run.start, run.groups[-1].end


def _whole_phones(text: str, region: str | None) -> Iterator[Place]:
    for run in _cut_runs(text):
        if (region or run.has_plus) and _is_phone(run.groups, region, has_plus=run.has_plus, is_whole=True):
            yield run.start, run.groups[-1].end


def _cut_runs(text: str) -> Iterator[Run]:
    return (run for run in digit_runs(text) if CUT in text[run.start : run.groups[-1].end])


def _cards(text: str) -> Iterator[Place]:
    for run in digit_runs(text):
        for window in [] if run.has_plus else _windows(run.groups, CARD_LENGTHS):
            if _is_card(_digits(window)):
                yield window[0].start, window[-1].end


def _is_card(digits: str) -> bool:
    import stdnum.luhn  # noqa: PLC0415 - an extra

    return CARDS.fullmatch(digits) is not None and bool(stdnum.luhn.is_valid(digits))


def _digits(groups: list[Digits]) -> str:
    return "".join(group.digits for group in groups)


def _written(text: str, region: str | None) -> Iterator[Place]:
    """Find numbers as the library knows them.

    Leniency POSSIBLE finds numbers without the zero that VALID demands in some countries; valid they must be, too, or
    have their country's code.
    """
    import phonenumbers  # noqa: PLC0415 - an extra

    if sum(map(str.isdecimal, text)) < PHONE_LENGTHS.start:
        return
    for leniency in (phonenumbers.Leniency.VALID, phonenumbers.Leniency.POSSIBLE):
        found = phonenumbers.PhoneNumberMatcher(text, region, leniency=leniency, max_tries=len(text))
        places = []
        for match in found:
            has_country = match.raw_string.startswith("+") and len(match.raw_string) > SURE_LENGTH
            if has_country or phonenumbers.is_valid_number(match.number):
                places.append((match.start, match.end))
        yield from places
        text = masked(text, places)


def _spoken(text: str, region: str | None) -> Iterator[Place]:
    runs = list(digit_runs(text))
    for run, following in pairwise([*runs, None]):
        if run is None or (region is None and not run.has_plus):
            continue
        for start, end in _phones(run, region):
            extended = end == run.groups[-1].end and following is not None and _is_extension(text, end, following)
            yield start, following.groups[-1].end if extended and following else end


def _is_extension(text: str, end: int, following: Run) -> bool:
    is_short = len(_digits(following.groups)) <= LONGEST_EXTENSION
    return is_short and EXTENSION.fullmatch(text, end, following.start) is not None


def _phones(run: Run, region: str | None) -> Iterator[Place]:
    if _is_phone(run.groups, region, has_plus=run.has_plus, is_whole=True):
        yield run.start, run.groups[-1].end
        return
    for window in _windows(run.groups, PHONE_LENGTHS):
        has_plus = run.has_plus and window[0] is run.groups[0]
        if (has_plus or region) and _is_phone(window, region, has_plus=has_plus, is_whole=False):
            yield run.start if has_plus else window[0].start, window[-1].end


def _is_phone(groups: list[Digits], region: str | None, *, has_plus: bool, is_whole: bool) -> bool:
    import phonenumbers  # noqa: PLC0415 - an extra

    digits = _digits(groups)
    singles = sum(len(group.digits) for group in groups if group.is_single) / len(digits)
    is_said_singly = singles >= HALF
    if len(digits) not in PHONE_LENGTHS or not (
        is_said_singly or has_plus or (len(digits) >= SURE_LENGTH and (singles >= THIRD or _is_one_number(groups)))
    ):
        return False
    try:
        number = phonenumbers.parse(f"+{digits}" if has_plus else digits, None if has_plus else region)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.is_valid_number(number):
        return True
    # A digit that was heard wrong does not make it public.
    return is_whole and is_said_singly and len(digits) >= SURE_LENGTH and phonenumbers.is_possible_number(number)


def _is_one_number(groups: list[Digits]) -> bool:
    """Tell whether groups belong together that are no single digits: what was written with blanks is the library's."""
    gaps = [group.gap for group in groups[1:]]
    return not gaps or ("link" not in gaps and ("pause" in gaps or any(group.is_word for group in groups)))
