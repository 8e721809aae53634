"""Leniency: what is odd about a request is taken as well as it can be, and noted (Postel's law); strict, it is refused.

How the request at hand is read is a context variable, and no argument of every validator. Outside of any request, as
where a submission is read again after a restart, all is lenient: whatever was accepted once must be readable.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.local_server.api.responses import ApiError

MOST_NOTES = 20
LONGEST_NOTE = 300
"""Characters: nobody fills the journal's memory with notes."""
DEEPEST = 8
EMPTY_WORDS = ("", "undefined", "null")
"""What JavaScript makes of a value that is missing, where it becomes text."""


@dataclass
class Leniency:
    """How one request is read.

    :param is_strict: refuse what is odd.
    :param notes: what was odd, a sentence each.
    """

    is_strict: bool = False
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Add a note, unless there are many."""
        if len(self.notes) < MOST_NOTES:
            self.notes.append(sentence[:LONGEST_NOTE])


_CURRENT: ContextVar[Leniency | None] = ContextVar("leniency", default=None)


@contextlib.contextmanager
def reading(leniency: Leniency) -> Iterator[None]:
    """Read the request at hand with that leniency, in whatever threads."""
    token = _CURRENT.set(leniency)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def tolerate(error: ApiError, taken: str) -> None:
    """Let something odd pass, with a note.

    :param error: what a strict server refuses it with.
    :param taken: what is made of it, to complete the sentence of the note.
    :raises ApiError: that error, while reading is strict.
    """
    current = _CURRENT.get()
    if current is None:
        return
    if current.is_strict:
        raise error
    current.note(f"{error}: {taken}")


def remark(sentence: str) -> None:
    """Note what is unusual and yet right, strict or not."""
    current = _CURRENT.get()
    if current is not None:
        current.note(sentence)


def is_empty(value: object, deepest: int = DEEPEST) -> bool:
    """Tell whether a value stands for none: null, an empty text, or what holds nothing but such.

    :param deepest: how deep it is looked into; what is deeper counts as something.
    """
    if isinstance(value, dict | list):
        entries = value.values() if isinstance(value, dict) else value
        return deepest > 0 and all(is_empty(entry, deepest - 1) for entry in entries)
    return value is None or value in EMPTY_WORDS
