"""What the members of a conversation are called by the others."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_symbl.local_server.store.records import Member

ORDINARY_WORDS = {
    *("april", "art", "august", "bill", "chase", "drew", "faith", "frank", "grace", "grant", "hope", "joy", "june"),
    *("mark", "may", "pat", "rose", "sue", "will"),
    *("agent", "caller", "client", "customer", "guest", "host", "interviewer", "moderator", "operator", "participant"),
    *("speaker", "support", "unknown", "user"),
}
"""Names that mean something else more often than not."""
SHORTEST = 2
MOST = 200
"""Names that are looked for; a larger company is not addressed by name."""


class Names:
    """The names of a conversation's members: whole ones, and first names that only one has.

    :param members: everybody.
    """

    def __init__(self, members: Iterable[Member]) -> None:
        self.by_name: Mapping[str, Member] = dict(list(_known(list(members)).items())[:MOST])
        known = "|".join(re.escape(name) for name in sorted(self.by_name, key=len, reverse=True))
        self._address = (
            re.compile(rf"(?:^|,\s)({known})(?:,|\s(?:can|could|would|will)\syou\b|\splease\b)|,\s({known})[.?!]*$")
            if known
            else None
        )

    def addressed(self, lowered: str) -> Member | None:
        """Tell whom a sentence speaks to by name, at its beginning or its end.

        :param lowered: the sentence in lower case.
        """
        match = self._address.search(lowered) if self._address else None
        return self.by_name[match[1] or match[2]] if match else None


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
    return len(name) >= SHORTEST and name not in ORDINARY_WORDS and name[0].isalpha()
