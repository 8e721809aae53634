"""Names of people, organizations and places in a sentence; named-entity recognition by word lists and context.

No model: a list knows the common ones, a title, a suffix or the words around tell others, and a name on no list that
nothing tells is not found. A library for this (spaCy, stanza) brings a model of 12 MB and more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.language.tokenizer import EDGES, Token, Tokens, key_of
from airflow_provider_symbl.local_server.intelligence.language.word_lists import (
    LOCATION,
    ORGANIZATION,
    PERSON,
    word_lists,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

TITLES = frozenset("mr mrs ms miss dr doctor prof professor sir madam judge senator president captain".split())  # noqa: SIM905 - as a list, it would take many lines
PARTICLES = frozenset("de van von der den da di del la le al bin ten o".split())  # noqa: SIM905 - as a list, it would take many lines
SUFFIXES = frozenset(
    "inc corp corporation llc ltd limited gmbh ag plc co company university college institute academy hospital clinic "  # noqa: SIM905 - as a list, it would take many lines
    "bank airlines airways hotel hotels systems electronics telecom telekom school group insurance foundation "
    "association union organization organisation agency ministry holdings partners pharmaceuticals technologies "
    "industries motors energy logistics consulting solutions software labs studios ventures council commission "
    "committee society trust church museum".split()
)
HEADS = frozenset("university bank ministry department institute museum church college house board".split())  # noqa: SIM905 - as a list, it would take many lines
"""These name an organization together with ``of`` and what follows."""
VERBS = frozenset(
    "will would should must can could needs need has had is was wants wanted said says thinks knows called calls asked "  # noqa: SIM905 - as a list, it would take many lines
    "asks told sent sends works lives went came joined left agreed offered promised mentioned ordered paid got took "
    "made bought sold raised released announced charged owes sells does did may might handles".split()
)
"""What follows a name that begins a sentence, and could be another word."""
MODALS = re.compile(
    r"\s(?:will|needs to|has to|is going to|should|must|ought to|is supposed to|has got to|can you|could you|would you"
    r"|will you)\b"
)
OF_PLACE = frozenset("in to from at near through around outside across between via into towards toward".split())  # noqa: SIM905 - as a list, it would take many lines
OF_MONTH = frozenset("in by of on this last next until since early late mid before after".split())  # noqa: SIM905 - as a list, it would take many lines
MONTHS = frozenset("april may june august".split())  # noqa: SIM905 - as a list, it would take many lines
GREETING = re.compile(r"\b(?:hi|hello|hey|thanks|thank you|dear|welcome|good (?:morning|afternoon|evening)),?\s$")
INTRODUCTION = re.compile(r"\b(?:my name is|my name's|the name is|i am called)\s$")
ADDRESS = re.compile(r"\s(?:you|please|can|could|would|will|don't|make sure|remember)\b", re.IGNORECASE)
ASKING = re.compile(r"^(?:please|can you|could you|would you|will you|thanks|thank you|hi|hello|hey)\b")
LONGEST_SHORT = 3
"""Letters of what may be something else: us, uk, ups, hp; and of particles: of, and, de."""
MOST_OPENERS = 2
OPENERS = frozenset("so okay ok well and but then also alright now hey hi hello yes yeah right".split())  # noqa: SIM905 - as a list, it would take many lines
ENDS_OF_NOUNS = ("s", "ing", "tion", "ment", "ness", "ity", "ly", "one")


@dataclass(frozen=True)
class Name:
    """A name in a sentence.

    :param start: the offset of its first character in the sentence.
    :param type: ``person``, ``organization`` or ``location``.
    :param is_sure: whether more speaks for it than a capital and the verb that follows.
    """

    text: str
    start: int
    type: str
    is_sure: bool = True

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.start + len(self.text)


class NameFinder:
    """Finds names.

    :param known: the names of the people who take part, in lower case.
    """

    def __init__(self, known: Collection[str] = ()) -> None:
        self._lists = word_lists()
        self._members: dict[str, list[tuple[str, ...]]] = {}
        for name in sorted(known, key=len, reverse=True):
            words = tuple(key_of(word) for word in name.split())
            self._members.setdefault(words[0], []).append(words)

    def find(self, text: str) -> list[Name]:
        """Find the names in a sentence, in order and apart from each other.

        :param text: a sentence.
        """
        if text == text.lower():
            return self._find(Tokens(text), self._uncapitalized)
        return self._find(Tokens(text), self._capitalized)

    def _find(self, tokens: Tokens, match: Callable[[_Place], tuple[int, str, bool] | None]) -> list[Name]:
        found, behind = [], 0
        for at in tokens.candidates:
            matched = match(_Place(tokens, at)) if at >= behind else None
            if matched is not None:
                length, kind, is_sure = matched
                start, behind = tokens[at].start, at + length
                end = tokens[behind - 1].end
                end += tokens.text.startswith(".", end) and end + 1 < len(tokens.text)  # as in "Tesla Inc. is"
                found.append(Name(tokens.text[start:end], start, kind, is_sure))
        return found

    def _capitalized(self, place: _Place) -> tuple[int, str, bool] | None:
        members = [words for words in self._members.get(place.token.key, ()) if place.has(words)]
        if members and (place.token.key not in self._others or len(members[0]) > 1 or self._is_name(place, 1)):
            return self._person(place, len(members[0]))
        return (
            self._organization(place)
            or self._listed(place)
            or self._first_name(place)
            or self._titled(place)
            or self._by_context(place)
        )

    @property
    def _others(self) -> frozenset[str]:
        return self._lists.other_first_names

    def _uncapitalized(self, place: _Place) -> tuple[int, str, bool] | None:
        """Find what is on a list and means nothing else in a text without any capital, as recognizers give some."""
        entry = next((e for e in self._lists.entries.get(place.token.key, ()) if place.has(e.words, small=True)), None)
        is_plain = entry and not entry.is_other and len(" ".join(entry.words)) > LONGEST_SHORT
        return (len(entry.words), entry.type, True) if entry and is_plain else None

    def _listed(self, place: _Place) -> tuple[int, str, bool] | None:
        entry = next((e for e in self._lists.entries.get(place.token.key, ()) if place.has(e.words)), None)
        if entry is None:
            return None
        length = len(entry.words)
        if entry.type == LOCATION:
            is_first_name = place.token.key in self._lists.first_names and length == 1
            if (is_first_name or entry.is_other) and place.before not in OF_PLACE:
                return None
            return length, LOCATION, True
        if entry.is_other and place.is_first and place.after(length) not in VERBS:
            return None
        return length, entry.type, True

    def _organization(self, place: _Place) -> tuple[int, str, bool] | None:
        """Take capitals up to a suffix (``Acme Corp``), ``University of X`` and ``X & Y``."""
        run = place.run
        if place.token.key in HEADS and place.after(1) == "of":
            rest = place.moved(2).run
            return (2 + rest, ORGANIZATION, True) if rest else None
        if place.token.key in self._lists.not_names:
            return None
        for length in range(run, 1, -1):
            if place.key(length - 1) in SUFFIXES:
                return length, ORGANIZATION, True
        if place.text_of(1) == "&" and place.moved(2).run:
            return 2 + place.moved(2).run, ORGANIZATION, True
        return None

    def _first_name(self, place: _Place) -> tuple[int, str, bool] | None:
        key = place.token.key
        if key not in self._lists.first_names or (place.text_of(0).isupper() and len(key) > 1):
            return None
        if key in self._others and not self._is_name(place, 1):
            return None
        return self._person(place, 1)

    def _is_name(self, place: _Place, length: int) -> bool:
        """Tell by the words around whether a word that means something else too is a name here."""
        if self._surnames(place, length) or place.is_addressed(length):
            return True
        if place.token.key in MONTHS:
            return place.before not in OF_MONTH and bool(MODALS.match(place.behind(length)))
        return not place.is_first or place.after(length) in VERBS

    def _person(self, place: _Place, length: int) -> tuple[int, str, bool]:
        return length + self._surnames(place, length), PERSON, True

    def _surnames(self, place: _Place, length: int) -> int:
        """Count the words behind a first name that belong to it."""
        taken, most = 0, 3
        while taken < most and place.is_joined(length + taken):
            key = place.key(length + taken)
            if key in PARTICLES and place.is_capital(length + taken + 1) and place.is_joined(length + taken + 1):
                taken += 2
            elif place.is_capital(length + taken) and key not in self._lists.not_names:
                taken += 1
            else:
                break
        return taken

    def _titled(self, place: _Place) -> tuple[int, str, bool] | None:
        if place.token.key in TITLES and place.is_capital(1) and place.is_joined(1):
            return self._person(place, 1)
        return None

    def _by_context(self, place: _Place) -> tuple[int, str, bool] | None:
        key = place.token.key
        if key in self._lists.not_names or not key.isalpha() or place.token.text.isupper():
            return None
        if place.is_addressed(1) or GREETING.search(place.lead) or INTRODUCTION.search(place.lead):
            return self._person(place, 1)
        is_free = key not in self._lists.entries and not key.endswith(ENDS_OF_NOUNS)
        if is_free and MODALS.match(place.behind(1)):
            return 1, PERSON, not place.is_first
        return None


@dataclass(frozen=True)
class _Place:
    """A token among those of its sentence."""

    tokens: Tokens
    at: int

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def is_first(self) -> bool:
        """Whether it begins the sentence, so that its capital says nothing."""
        return self.at == 0

    @property
    def before(self) -> str:
        return self.tokens[self.at - 1].key if self.at else ""

    @property
    def lead(self) -> str:
        """What stands before it, in lower case."""
        return self.tokens.text[max(0, self.token.start - 30) : self.token.start].lower()

    @property
    def run(self) -> int:
        """How many capitals follow each other from here."""
        length = 0
        while self.is_capital(length) and (length == 0 or self.is_joined(length)):
            length += 1
        return length

    def moved(self, by: int) -> _Place:
        return _Place(self.tokens, self.at + by)

    def after(self, length: int) -> str:
        """Give the word behind, unless there is a pause."""
        return self.key(length) if self.is_joined(length) else ""

    def behind(self, length: int) -> str:
        last = self.tokens[self.at + length - 1]
        return self.tokens.text[last.end : last.end + 40]

    def key(self, offset: int) -> str:
        return self.tokens[self.at + offset].key if self.at + offset < len(self.tokens) else ""

    def text_of(self, offset: int) -> str:
        return self.tokens[self.at + offset].text if self.at + offset < len(self.tokens) else ""

    def is_capital(self, offset: int) -> bool:
        return self.at + offset < len(self.tokens) and self.tokens[self.at + offset].is_capital

    def is_joined(self, offset: int) -> bool:
        """Tell whether no pause is before a token."""
        at = self.at + offset
        return at < len(self.tokens) and not self.tokens[at - 1].is_paused

    def has(self, words: tuple[str, ...], *, small: bool = False) -> bool:
        """Tell whether words begin here, all but particles with a capital."""
        those = [self.tokens[at] for at in range(self.at, min(self.at + len(words), len(self.tokens)))]
        return (
            tuple(token.key for token in those) == words
            and not any(token.is_paused for token in those[:-1])
            and (small or all(token.is_capital or len(token.key) <= LONGEST_SHORT for token in those))
        )

    def is_addressed(self, length: int) -> bool:
        """Tell whether somebody is spoken to here: ``Bob, can you``, ``Bob can you``, ``please send it, Bob``."""
        behind = self.behind(length)
        is_opening = self.is_first or (
            self.at <= MOST_OPENERS and all(self.tokens[at].key in OPENERS for at in range(self.at))
        )
        if is_opening and behind.startswith(",") and ADDRESS.match(behind[1:]):
            return True
        is_closing = not behind.strip(EDGES) and self.at > 0 and self.tokens[self.at - 1].is_paused
        return is_closing and bool(ASKING.match(self.tokens.text.lower()))
