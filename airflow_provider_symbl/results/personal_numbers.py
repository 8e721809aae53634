"""Finds payment card and telephone numbers in a text: python-stdnum and phonenumbers say what is one."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple, Protocol

from airflow_provider_symbl.results.spoken_digits import CUT, digit_runs, may_hold_digits, readings

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
    | 3(?:0[0-5]|[689]\d)\d{11}(?:\d{2})?                                  # Diners Club
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
MOST_REACH = 2
HALF, THIRD = 1 / 2, 1 / 3
EXTENSION = re.compile(r"(?i)[\s,.;]*(?:extension|ext|x)[\s.:]*")
LONGEST_EXTENSION = 6


def find_cards(text: str, reach: int = 0) -> list[Place]:
    """Return where the numbers of payment cards are; such as overlap are one.

    :param text: any; what may be cut over several messages is one text, with :data:`CUT` between them.
    :param reach: of what is cut, 0 finds what is all digits that follow each other, 1 also what is a part of them, and
        begins and ends with its messages' digits, 2 also what only begins or ends so.
    :raises ModuleNotFoundError: python-stdnum is not installed.
    """

    def is_card(groups: list[Digits], *, has_plus: bool, is_whole: bool) -> bool:  # noqa: ARG001 - as phones need it
        return not has_plus and _is_card(_digits(groups))

    def cards(part: str) -> Iterator[Place]:
        return (place for run in digit_runs(part) for place in _within(run, CARD_LENGTHS, is_card))

    return _step_by_step(text, cards, _Numbers(CARD_LENGTHS, is_card, reach))


def find_phones(text: str, region: str | None, reach: int = 0) -> list[Place]:
    """Return where telephone numbers are; such as overlap are one.

    :param text: as of :func:`find_cards`.
    :param region: where a number without a country is from; None finds such with a plus only.
    :param reach: as of :func:`find_cards`.
    :raises ModuleNotFoundError: phonenumbers is not installed.
    """

    def is_phone(groups: list[Digits], *, has_plus: bool, is_whole: bool) -> bool:
        return (has_plus or region is not None) and _is_phone(groups, region, has_plus=has_plus, is_whole=is_whole)

    def phones(part: str) -> list[Place]:
        places = _merged(_written(part, region))
        # What the library found is no longer there: a part of it with what stands beside it may look like another one.
        return [*places, *_spoken(masked(part, places), is_phone)]

    return _step_by_step(text, phones, _Numbers(PHONE_LENGTHS, is_phone, reach))


class _IsNumber(Protocol):
    def __call__(self, groups: list[Digits], *, has_plus: bool, is_whole: bool) -> bool: ...


class _Numbers(NamedTuple):
    """What to look for over several messages."""

    lengths: range
    is_number: _IsNumber
    reach: int


def _step_by_step(text: str, within: Callable[[str], Iterable[Place]], numbers: _Numbers) -> list[Place]:
    """Find numbers: first those that are all the digits that follow each other over several messages.

    Then those in one message. Those that are a part of digits over several messages have a reach of their own, and come
    last. So a number that begins a message is not taken for the end of what was said before.
    """
    if CUT not in text:
        return _merged(within(text))
    if numbers.reach:  # only where nothing was found before
        return _merged(place for run in digit_runs(text) for place in _over(run, numbers))
    places = _merged(
        (run.start, run.groups[-1].end)
        for run in digit_runs(text)
        if any(group.begins_message for group in run.groups)
        and any(numbers.is_number(groups, has_plus=run.has_plus, is_whole=True) for groups in readings(run))
    )
    offset = 0
    for part in masked(text, places).split(CUT):
        if may_hold_digits(part):
            places += [(offset + start, offset + end) for start, end in within(part)]
        offset += len(part) + len(CUT)
    return _merged(places)


def _within(run: Run, lengths: range, is_number: _IsNumber) -> Iterator[Place]:
    """Find the numbers of a run: all of it, or parts."""
    for groups in readings(run):
        if is_number(groups, has_plus=run.has_plus, is_whole=True):
            yield run.start, groups[-1].end
            return
    for groups in readings(run):
        for first, last in _windows(groups, lengths):
            has_plus = run.has_plus and first == 0
            if is_number(groups[first:last], has_plus=has_plus, is_whole=False):
                yield run.start if has_plus else groups[first].start, groups[last - 1].end


def _over(run: Run, numbers: _Numbers) -> Iterator[Place]:
    """Find numbers that go over the ends of messages, and begin and end with the digits of a message."""
    if not any(group.begins_message for group in run.groups):
        return
    for groups in readings(run):
        for first, last in _windows(groups, numbers.lengths):
            begins = first == 0 or groups[first].begins_message
            ends = last == len(groups) or groups[last].begins_message
            is_cut = any(group.begins_message for group in groups[first + 1 : last])
            has_plus = run.has_plus and first == 0
            if (
                is_cut
                and ((begins and ends) or (numbers.reach == MOST_REACH and (begins or ends)))
                and numbers.is_number(groups[first:last], has_plus=has_plus, is_whole=False)
            ):
                yield run.start if has_plus else groups[first].start, groups[last - 1].end


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


def _windows(groups: list[Digits], lengths: range) -> Iterator[Place]:
    """Yield what may be a number: neighbours that have so many digits together."""
    for first in range(len(groups)):
        length = 0
        for last in range(first, len(groups)):
            length += len(groups[last].digits)
            if length >= lengths.stop:
                break
            if length in lengths:
                yield first, last + 1


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


def _spoken(text: str, is_phone: _IsNumber) -> Iterator[Place]:
    runs = list(digit_runs(text))
    for run, following in zip_longest(runs, runs[1:]):
        for start, end in _within(run, PHONE_LENGTHS, is_phone):
            is_extended = following is not None and end == run.groups[-1].end and _is_extension(text, end, following)
            yield start, following.groups[-1].end if is_extended else end


def _is_extension(text: str, end: int, following: Run) -> bool:
    is_short = len(_digits(following.groups)) <= LONGEST_EXTENSION
    return is_short and EXTENSION.fullmatch(text, end, following.start) is not None


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
        # Short service numbers, such as Canada's 310-1234, would be found within longer ones.
        reason = phonenumbers.is_possible_number_with_reason(number)
        return is_whole or reason == phonenumbers.ValidationResult.IS_POSSIBLE
    # A digit that was heard wrong does not make it public.
    return is_whole and is_said_singly and len(digits) >= SURE_LENGTH and phonenumbers.is_possible_number(number)


def _is_one_number(groups: list[Digits]) -> bool:
    """Tell whether groups belong together that are no single digits: what was written with blanks is the library's."""
    gaps = [group.gap for group in groups[1:]]
    return not gaps or ("link" not in gaps and ("pause" in gaps or any(group.is_word for group in groups)))
