"""People: the names that the members of a conversation go by, and whom a sentence names or speaks to."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.language.cue_phrases import NAME
from airflow_provider_symbl.local_server.intelligence.language.names import NameFinder
from airflow_provider_symbl.local_server.intelligence.language.word_lists import PERSON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.language.names import Name
    from airflow_provider_symbl.local_server.store.records import Member

ROLES = frozenset(
    "agent caller client customer guest host interviewer moderator operator participant speaker support unknown "  # noqa: SIM905 - as a list, it would take many lines
    "user".split()
)
"""Names that say what somebody is there for, and are said of others too."""
SHORTEST_NAME = 2
ADDRESS = re.compile(
    rf"^(?:(?:so|okay|ok|well|and|but|alright|now|hey|hi),?\s)*({NAME})(?:,|\s(?:can|could|would|will)\syou\b|\splease\b)"
    rf"|,\s({NAME})[.?!…]*$"
)


@dataclass(frozen=True)
class Assignee:
    """Who is to do something.

    :param member: None for somebody who was only named.
    """

    name: str
    member: Member | None = None


class People:
    """The names of a conversation's members: whole ones, and first names that only one has.

    :param members: everybody.
    """

    def __init__(self, members: Iterable[Member]) -> None:
        self.by_name: Mapping[str, Member] = _known(list(members))
        self._finder = NameFinder(self.by_name)
        self._found: dict[str, list[Name]] = {}

    @staticmethod
    def of(view: ConversationView) -> People:
        """Give the people of a conversation."""
        return People(view.members.values())

    def named(self, text: str) -> list[Name]:
        """Find the people that a sentence names."""
        return [name for name in self.names(text) if name.type == PERSON]

    def names(self, text: str) -> list[Name]:
        """Find the names in a sentence; each is searched once, for insights and for entities."""
        if text not in self._found:
            self._found[text] = self._finder.find(text)
        return self._found[text]

    def member(self, name: str) -> Member | None:
        """Find who goes by a name, whole or first."""
        return self.by_name.get(" ".join(name.lower().split()))

    def assignee(self, name: str) -> Assignee:
        """Make an assignee of a name in a sentence."""
        member = self.member(name)
        return Assignee((member.name if member else None) or name, member)


def _known(members: list[Member]) -> dict[str, Member]:
    whole = {" ".join(member.name.split()).lower(): member for member in members if member.name}
    firsts = Counter(name.split()[0] for name in whole if name)
    first = {
        name.split()[0]: member
        for name, member in whole.items()
        if name and firsts[name.split()[0]] == 1 and not any(map(str.isdecimal, name))
    }
    return {name: member for name, member in {**first, **whole}.items() if _is_telling(name)}


def _is_telling(name: str) -> bool:
    return len(name) >= SHORTEST_NAME and name not in ROLES and name[0].isalpha()


def addressed(masked: str) -> int | None:
    """Tell whom a sentence speaks to by name, at its beginning or its end: where the name begins.

    :param masked: a sentence as :func:`.cues.masked_text` makes it.
    """
    match = ADDRESS.search(masked)
    return match.start(match.lastindex or 0) if match else None
