"""Entities: people, organizations, places, times, amounts, and the client's own; entity recognition by rules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.language.amounts import find_amounts
from airflow_provider_symbl.local_server.intelligence.language.dates import Clock, find_time_expressions
from airflow_provider_symbl.local_server.intelligence.language.sentences import split_sentences
from airflow_provider_symbl.local_server.intelligence.language.word_lists import PERSON
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE, Mentions
from airflow_provider_symbl.local_server.intelligence.people import People

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.language.names import Name
    from airflow_provider_symbl.local_server.intelligence.language.sentences import Sentence
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Member, Message, Part


@dataclass(frozen=True)
class Entity:
    """An entity that a message names.

    :param type: ``person``, ``organization``, ``location``, ``date``, ``datetime``, ``daterange``, ``currency``,
        ``duration``, ``number`` or ``custom``.
    :param value: what it stands for; None for a range, which has bounds.
    :param text: the words of the message.
    :param offset: the offset of its first character in the message.
    :param custom_type: the client's own type.
    :param bounds: a range's first day, and the day behind its last.
    :param member: the member that a person is.
    """

    type: str
    value: str | None
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
    """Find the entities of the parts that want any, in order; each view is searched once.

    :param view: the conversation.
    """
    return view.once(_find)


def _find(view: ConversationView) -> list[Entity]:
    people = view.once(People.of)
    return [
        entity for part in view.analyzed_parts if part.analysis_options.entities for entity in _in_part(part, people)
    ]


def _in_part(part: Part, people: People) -> Iterator[Entity]:
    custom: dict[str, list[Entity]] = {}
    for entity in _custom(part):
        in_message = custom.setdefault(entity.message.id, [])
        if len(in_message) < MOST_IN_A_MESSAGE:
            in_message.append(entity)
    for message in part.messages:
        known = custom.get(message.id, [])
        entities = islice(_by_rules(message, part.analysis_options, people), MOST_IN_A_MESSAGE)
        yield from sorted(_apart([*known, *entities]), key=lambda entity: entity.offset)


def _custom(part: Part) -> Iterator[Entity]:
    options = part.analysis_options
    texts = [custom.text for custom in options.custom_entities]
    mentions = Mentions(part.messages if texts else (), texts)
    for custom in options.custom_entities:
        for mention in mentions.of(custom.text):
            yield Entity(
                "custom", custom.value or custom.text, mention.text, mention.message, mention.start, custom.type
            )


def _by_rules(message: Message, options: AnalysisOptions, people: People) -> Iterator[Entity]:
    clock = Clock(message.start, options.minutes_off_utc)
    for sentence in split_sentences(message.text):
        found = [*_times(sentence, message, clock), *_names(sentence, message, people), *_amounts(sentence, message)]
        yield from sorted(_apart(found), key=lambda entity: entity.offset)


def _times(sentence: Sentence, message: Message, clock: Clock) -> Iterator[Entity]:
    for time in islice(find_time_expressions(sentence.text, clock), MOST_IN_A_MESSAGE):
        yield Entity(time.type, time.value, time.text, message, sentence.start + time.start, bounds=time.bounds)


def _names(sentence: Sentence, message: Message, people: People) -> Iterator[Entity]:
    for name in filter(_is_sure, people.names(sentence.text)):
        member = people.member(name.text) if name.type == PERSON else None
        value = (member.name if member else None) or name.text
        yield Entity(name.type, value, name.text, message, sentence.start + name.start, member=member)


def _is_sure(name: Name) -> bool:
    return name.is_sure


def _amounts(sentence: Sentence, message: Message) -> Iterator[Entity]:
    for amount in find_amounts(sentence.text):
        yield Entity(amount.type, amount.text, amount.text, message, sentence.start + amount.start)


def _apart(entities: Iterable[Entity]) -> Iterator[Entity]:
    """Leave out what overlaps with an earlier one, as the 3 in ``March 3``."""
    taken: set[int] = set()
    for entity in entities:
        places = range(entity.offset, entity.end)
        if taken.isdisjoint(places):
            taken.update(places)
            yield entity
