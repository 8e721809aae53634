"""Tokenization: the words of a sentence, without the punctuation around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

EDGES = "\"'“”‘’([{)]}.,;:!?…"  # noqa: RUF001 - the typographic apostrophe is what is looked for
PAUSE = re.compile(r"[,;:!?…)\]]")
POSSESSIVE = re.compile(r"['’](?:s|ll|d|re|ve)?$", re.IGNORECASE)  # noqa: RUF001 - the typographic apostrophe is what is looked for
WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Token:
    """A word.

    :param text: without punctuation around it and a possessive ending.
    :param start: the offset of its first character in the sentence.
    :param key: as word lists have it, in lower case and without dots.
    :param is_paused: whether punctuation or a possessive ending parts it from what follows.
    """

    text: str
    start: int
    key: str
    is_capital: bool
    is_paused: bool

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.start + len(self.text)


class Tokens:
    """The tokens of a sentence, each made when it is asked for: few of them can be names.

    :param text: the sentence.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._words = [word for word in WORD.finditer(text) if word[0].strip(EDGES)]
        self._made: dict[int, Token] = {}

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, at: int) -> Token:
        if at not in self._made:
            self._made[at] = read_token(self._words[at])
        return self._made[at]

    @property
    def candidates(self) -> Iterable[int]:
        """Where a name may begin: at a capital, and anywhere in a sentence that has none."""
        if self.text == self.text.lower():
            return range(len(self))
        return (at for at, word in enumerate(self._words) if word[0].lstrip(EDGES)[0].isupper())


def read_token(match: re.Match[str]) -> Token:
    """Make a token.

    :param match: of anything between two blanks.
    """
    whole = match[0]
    lead = len(whole) - len(whole.lstrip(EDGES))
    core = whole.strip(EDGES)
    stem = POSSESSIVE.sub("", core) or core
    is_paused = bool(PAUSE.search(whole[lead + len(core) :])) or stem != core
    return Token(stem, match.start() + lead, key_of(stem), stem[0].isupper(), is_paused)


def key_of(word: str) -> str:
    """Give a word as word lists have it."""
    return word.lower().replace(".", "").replace("’", "'")  # noqa: RUF001 - the typographic apostrophe is what is looked for
