"""Entities: members of the conversation, times, numbers, and the client's own; entity recognition by rules.

Organisations and places are not looked for: to tell them from other names takes a model, and guesses would be wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.dates import Clock, find_time_expressions
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE, Mentions, Names
from airflow_provider_symbl.local_server.intelligence.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.sentences import Sentence
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Member, Message, Part

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
    """A number in digits or in words.

    :param start: the offset of its first character in the text.
    :param value: in digits, without separators.
    """

    text: str
    start: int
    value: str


def find_numbers(text: str) -> Iterator[Number]:
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


@dataclass(frozen=True)
class Entity:
    """An entity that a message names.

    :param type: ``person``, ``date``, ``datetime``, ``daterange``, ``number`` or ``custom``.
    :param value: what it stands for.
    :param text: the words of the message.
    :param offset: the offset of its first character in the message.
    :param custom_type: the client's own type.
    :param bounds: first and last day of a range.
    :param member: who a person is.
    """

    type: str
    value: str
    text: str
    message: Message
    offset: int
    custom_type: str | None = None
    bounds: tuple[date, date] | None = None
    member: Member | None = None

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.offset + len(self.text)


def find_entities(view: ConversationView) -> list[Entity]:
    """Find the entities of the parts that want any, in order.

    :param view: the conversation.
    """
    names = Names(view.members.values())
    return [
        entity for part in view.analyzed_parts if part.analysis_options.entities for entity in _in_part(part, names)
    ]


def _in_part(part: Part, names: Names) -> Iterator[Entity]:
    named: dict[str, list[Entity]] = {}
    mentions = Mentions(part.messages)
    for entity in [*_custom(part.analysis_options, mentions), *_members(names, mentions)]:
        in_message = named.setdefault(entity.message.id, [])
        if len(in_message) < MOST_IN_A_MESSAGE:
            in_message.append(entity)
    for message in part.messages:
        known = named.get(message.id, [])
        entities = [*known, *_apart_from(known, _times_and_numbers(message, part.analysis_options))]
        yield from sorted(entities, key=lambda entity: entity.offset)


def _custom(options: AnalysisOptions, mentions: Mentions) -> Iterator[Entity]:
    for custom in options.custom_entities:
        for mention in mentions.of(custom.text):
            yield Entity(
                "custom", custom.value or custom.text, mention.text, mention.message, mention.start, custom.type
            )


def _members(names: Names, mentions: Mentions) -> Iterator[Entity]:
    """Find members by whole name or else by first name; written small, it is likely another word."""
    taken: set[tuple[str, int]] = set()
    for name in sorted(names.by_name, key=len, reverse=True):
        member = names.by_name[name]
        for mention in mentions.of(name):
            place = mention.message.id, mention.start
            if place not in taken and not mention.text[0].islower():
                taken.add(place)
                yield Entity("person", str(member.name), mention.text, mention.message, mention.start, member=member)


def _times_and_numbers(message: Message, options: AnalysisOptions) -> Iterator[Entity]:
    clock = Clock(message.start, options.minutes_off_utc)
    entities = (
        entity for sentence in split_sentences(message.text) for entity in _in_sentence(sentence, message, clock)
    )
    return islice(entities, MOST_IN_A_MESSAGE)


def _in_sentence(sentence: Sentence, message: Message, clock: Clock) -> Iterator[Entity]:
    times = [
        Entity(time.type, time.value, time.text, message, sentence.start + time.start, bounds=time.bounds)
        for time in islice(find_time_expressions(sentence.text, clock), MOST_IN_A_MESSAGE)
    ]
    numbers = (
        Entity("number", number.value, number.text, message, sentence.start + number.start)
        for number in find_numbers(sentence.text)
    )
    yield from times
    yield from _apart_from(times, numbers)


def _apart_from(taken: list[Entity], entities: Iterable[Entity]) -> Iterator[Entity]:
    """Leave out what overlaps with another entity, as the 3 in ``March 3``."""
    for entity in entities:
        if all(entity.offset >= other.end or entity.end <= other.offset for other in taken):
            yield entity
