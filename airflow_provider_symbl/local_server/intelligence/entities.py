"""Entities: people of the conversation, times, numbers, and the client's own.

Organisations and places are not looked for: to tell them from other names takes a model, and guesses would be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.dates import Clock, time_expressions
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE, Mentions
from airflow_provider_symbl.local_server.intelligence.names import Names
from airflow_provider_symbl.local_server.intelligence.numbers import numbers
from airflow_provider_symbl.local_server.intelligence.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from airflow_provider_symbl.local_server.intelligence.conversation import ConversationView
    from airflow_provider_symbl.local_server.intelligence.sentences import Sentence
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Message, Part


@dataclass(frozen=True)
class Entity:
    """Something named in a message.

    :param type: ``person``, ``date``, ``datetime``, ``daterange``, ``number`` or ``custom``.
    :param value: what it stands for.
    :param text: what was said.
    :param offset: its first character's place in the message.
    :param custom_type: the client's own type.
    :param bounds: first and last day of a range.
    """

    type: str
    value: str
    text: str
    message: Message
    offset: int
    custom_type: str | None = None
    bounds: tuple[date, date] | None = None

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.offset + len(self.text)


def entities(talk: ConversationView) -> list[Entity]:
    """Find the entities of the parts that want any, in order.

    :param talk: the conversation.
    """
    names = Names(talk.members.values())
    return [
        entity for part in talk.understood_parts if part.analysis_options.entities for entity in _in_part(part, names)
    ]


def _in_part(part: Part, names: Names) -> Iterator[Entity]:
    named: dict[str, list[Entity]] = {}
    mentions = Mentions(part.messages)
    for entity in [*_custom(part.analysis_options, mentions), *_people(names, mentions)]:
        in_message = named.setdefault(entity.message.id, [])
        if len(in_message) < MOST_IN_A_MESSAGE:
            in_message.append(entity)
    for message in part.messages:
        known = named.get(message.id, [])
        found = [*known, *_apart_from(known, _counted(message, part.analysis_options))]
        yield from sorted(found, key=lambda entity: entity.offset)


def _custom(wanted: AnalysisOptions, mentions: Mentions) -> Iterator[Entity]:
    for custom in wanted.custom_entities:
        for at in mentions.of(custom.text):
            yield Entity("custom", custom.value or custom.text, at.text, at.message, at.start, custom.type)


def _people(names: Names, mentions: Mentions) -> Iterator[Entity]:
    """Find members by whole name or else by first name; written small, it is likely another word."""
    taken: set[tuple[str, int]] = set()
    for name in sorted(names.by_name, key=len, reverse=True):
        member = names.by_name[name]
        for at in mentions.of(name):
            if (at.message.id, at.start) not in taken and not at.text[0].islower():
                taken.add((at.message.id, at.start))
                yield Entity("person", str(member.name), at.text, at.message, at.start)


def _counted(message: Message, wanted: AnalysisOptions) -> Iterator[Entity]:
    clock = Clock(message.start, wanted.minutes_off_utc)
    found = (entity for sentence in sentences(message.text) for entity in _in_sentence(sentence, message, clock))
    return islice(found, MOST_IN_A_MESSAGE)


def _in_sentence(sentence: Sentence, message: Message, clock: Clock) -> Iterator[Entity]:
    times = [
        Entity(time.type, time.value, time.text, message, sentence.start + time.start, bounds=time.bounds)
        for time in islice(time_expressions(sentence.text, clock), MOST_IN_A_MESSAGE)
    ]
    counts = (
        Entity("number", number.value, number.text, message, sentence.start + number.start)
        for number in numbers(sentence.text)
    )
    yield from times
    yield from _apart_from(times, counts)


def _apart_from(taken: list[Entity], found: Iterable[Entity]) -> Iterator[Entity]:
    """Leave out what lies in something else, as the 3 in ``March 3``."""
    for entity in found:
        if all(entity.offset >= other.end or entity.end <= other.offset for other in taken):
            yield entity
