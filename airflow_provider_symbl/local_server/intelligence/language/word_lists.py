"""Word lists: first names, places and organizations, each a file of words beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.language.tokenizer import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PERSON, ORGANIZATION, LOCATION = "person", "organization", "location"


@dataclass(frozen=True)
class Entry:
    """A line of a word list.

    :param is_other: it means something else too.
    """

    words: tuple[str, ...]
    type: str
    is_other: bool


@dataclass(frozen=True)
class WordLists:
    """The word lists.

    :param entries: places and organizations by their first word, the longest first.
    :param other_first_names: those that mean something else too.
    """

    entries: Mapping[str, Sequence[Entry]]
    first_names: frozenset[str]
    other_first_names: frozenset[str]
    not_names: frozenset[str]


@cache
def word_lists() -> WordLists:
    """Read the word lists, once a process."""
    entries: dict[str, list[Entry]] = {}
    for file, kind in (("places", LOCATION), ("organizations", ORGANIZATION)):
        for phrase in ",".join(_lines(file)).split(","):
            words = tuple(key_of(word) for word in phrase.strip().removesuffix("?").split() if word != "the")
            entries.setdefault(words[0], []).append(Entry(words, kind, phrase.endswith("?")))
    names = [name for line in _lines("first_names") for name in line.split()]
    others = frozenset(key_of(name[:-1]) for name in names if name.endswith("?"))
    return WordLists(
        {first: sorted(those, key=lambda entry: -len(entry.words)) for first, those in entries.items()},
        frozenset(key_of(name.removesuffix("?")) for name in names),
        others,
        frozenset(key_of(word) for line in _lines("not_names") for word in line.split()),
    )


def _lines(name: str) -> list[str]:
    text = resources.files(__package__).joinpath("words", f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
