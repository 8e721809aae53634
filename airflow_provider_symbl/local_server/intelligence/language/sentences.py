"""Sentence segmentation: the sentences of a message, with their offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD = re.compile(r"\S+")
CLOSERS = "\"')]”’"  # noqa: RUF001 - typographic quotes are what is looked for
ENDS = (".", "!", "?", "…")
ABBREVIATIONS = {"dr.", "e.g.", "etc.", "i.e.", "jr.", "mr.", "mrs.", "ms.", "no.", "prof.", "sr.", "st.", "vs."}
MOST_WORDS = 60
"""A sentence that has come to no end by then is cut: recognised speech may have no full stop at all."""
APOSTROPHES = str.maketrans("’ʼ", "''")  # noqa: RUF001 - what is replaced by the plain one


@dataclass(frozen=True)
class Sentence:
    """A sentence of a message.

    :param start: the offset of its first character in the message.
    """

    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.start + len(self.text)

    @property
    def plain(self) -> str:
        """Its text with plain apostrophes, of the same length: what rules are matched against."""
        return self.text.translate(APOSTROPHES)


def split_sentences(text: str) -> list[Sentence]:
    """Split a text into sentences.

    :param text: a message's text.
    """
    return [
        Sentence(text[words[0].start() : words[-1].end()], words[0].start()) for words in _runs(WORD.finditer(text))
    ]


def _runs(words: Iterable[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    run: list[re.Match[str]] = []
    for word in words:
        run.append(word)
        if _is_end(word[0]) or len(run) == MOST_WORDS:
            yield run
            run = []
    if run:
        yield run


def _is_end(word: str) -> bool:
    return word.rstrip(CLOSERS).endswith(ENDS) and word.lower() not in ABBREVIATIONS
