"""Amounts in a sentence: numbers, sums of money and durations, in digits or in words."""

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
LARGE = ("hundred", "thousand", "million", "billion", "trillion")
_TENS, _SMALL, _LARGE = "|".join(TENS), "|".join(SMALL), "|".join(LARGE)
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,30}(?:\.[0-9]{1,30})?)"
_UNDER_HUNDRED = rf"(?:(?:{_TENS})(?:[ -](?:one|{_SMALL}))?|{_SMALL})"
_WORDS = (
    rf"(?:(?:half )?(?:an? |one )?(?:{_LARGE})(?: (?:{_LARGE}))?"
    rf"|{_UNDER_HUNDRED}(?: (?:{_LARGE})){{0,2}}(?: (?:and )?{_UNDER_HUNDRED}(?: (?:{_LARGE})){{0,2}}){{0,2}})"
)
_BEFORE, _BEHIND = r"(?<![\w.,/:-])(?=\w)", r"(?![\w/:-]|[.,][0-9])"
NUMBER = re.compile(
    rf"{_BEFORE}(?:{_DIGITS}(?: (?:million|billion))?"
    rf"|{_UNDER_HUNDRED}(?: (?:{_LARGE}))?|zero|(?:one|an?) (?:{_LARGE})){_BEHIND}".replace(" ", r"\s"),
    re.IGNORECASE,
)
_ANY = rf"(?:{_DIGITS}(?: ?(?:k|m|bn|{_LARGE}))?|{_WORDS}|one)"
_SIGN = "[$€£¥₹₽₩₺₪₫₱฿]"
_CODE = r"(?:USD|EUR|GBP|JPY|INR|CHF|CAD|AUD|NZD|CNY|RMB|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|AED|SGD|HKD|KRW|THB|TRY)"
_UNIT = (
    r"(?:(?:us|u\.s\.|american|canadian|australian|hong kong|singapore|swiss|british|indian|japanese|mexican) )?"
    r"(?:dollars?|euros?|cents?|bucks?|pounds?(?: sterling)?|pence|quid|yen|yuan|renminbi|rupees?|francs?|pesos?|reais"
    r"|rand|rubles?|roubles?|krone[rn]?|kronor|kronur|zloty|zlotys|forints?|dirhams?|dinars?|riyals?|shekels?|baht|won"
    r"|lira|liras|bitcoins?)"
)
MONEY = re.compile(
    rf"(?:(?<![\w.,/:-]){_SIGN} ?{_DIGITS}(?: ?(?:k|m|bn|million|billion|trillion))?"
    rf"|{_BEFORE}(?:(?:us|ca|au)\$ ?{_DIGITS}|{_CODE} {_DIGITS}"
    rf"|(?:{_ANY}|half an?|an?) (?:{_CODE}|{_UNIT})(?: and {_ANY} (?:cents?|pence))?"
    rf"|{_DIGITS} ?{_SIGN})){_BEHIND}".replace(" ", r"\s"),
    re.IGNORECASE,
)
_PERIOD = (
    r"(?:milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|months?|quarters?"
    r"|years?|decades?)"
)
_FEW = r"(?:a few|a couple of|several)"
_BEFORE_A_PERIOD = (
    *("for", "take", "takes", "took", "lasts", "lasted", "within", "about", "around", "over", "almost", "nearly"),
    *("spent", "spend", "wait", "waited", "waiting", "need", "needs", "after", "least", "most", "than", "of"),
)
_LASTING = "(?:" + "|".join(rf"(?<=\b{word} )" for word in _BEFORE_A_PERIOD) + ")"
"""Before ``a day``, which is a rate elsewhere: ``ten dollars a day``."""
DURATION = re.compile(
    rf"{_BEFORE}(?:{_ANY}(?: and a (?:half|quarter))?[ -](?:(?:full|whole|working|business) )?{_PERIOD}"
    rf"|{_FEW} {_PERIOD}|half an? (?:hour|minute|day|year|century)|(?:an?|one) {_PERIOD} and a (?:half|quarter)"
    rf"|{_LASTING}an? {_PERIOD}"
    rf")(?: and {_ANY} {_PERIOD})?{_BEHIND}(?!\s(?:ago|old|later|earlier|from now|of age|away)\b)".replace(" ", r"\s"),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Amount:
    """A number, a sum or a duration.

    :param start: the offset of its first character in the sentence.
    :param type: ``currency``, ``duration`` or ``number``.
    """

    text: str
    start: int
    type: str


def find_amounts(text: str) -> Iterator[Amount]:
    """Find amounts: sums first, then durations, then numbers, which may overlap with them.

    :param text: a sentence.
    """
    for pattern, kind in ((MONEY, "currency"), (DURATION, "duration"), (NUMBER, "number")):
        for match in pattern.finditer(text):
            yield Amount(match[0], match.start(), kind)
