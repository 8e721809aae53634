"""Mentions: where phrases occur in messages, by an index of their words."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_symbl.local_server.store.records import Message

TOKEN = re.compile(r"\w+")
MOST_IN_A_MESSAGE = 200
"""Of one kind; a message is about a sentence, and a megabyte of the same word must not become a gigabyte of answer."""


@dataclass(frozen=True)
class Mention:
    """An occurrence of a phrase in a message.

    :param start: the offset of its first character in the message.
    """

    message: Message
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words of the message there."""
        return self.message.text[self.start : self.end]


class Mentions:
    """An inverted index of messages, by which many phrases are found in many messages in little time.

    :param messages: in order.
    :param phrases: those that will be looked for: no others are indexed.
    """

    def __init__(self, messages: Iterable[Message], phrases: Iterable[str]) -> None:
        self._messages: Sequence[Message] = tuple(messages)
        firsts = {token[0].lower() for phrase in phrases for token in islice(TOKEN.finditer(phrase), 1)}
        self._places: dict[tuple[str, ...], dict[int, list[int]]] = defaultdict(dict)
        for index, message in enumerate(self._messages):
            tokens = [(token[0].lower(), token.start()) for token in TOKEN.finditer(message.text)]
            for (word, start), (following, _) in zip_longest(tokens, tokens[1:], fillvalue=("", 0)):
                if word in firsts:
                    self._places[word,].setdefault(index, []).append(start)
                    self._places[word, following].setdefault(index, []).append(start)

    def of(self, phrase: str) -> list[Mention]:
        """Find a phrase, at most 200 times a message.

        :param phrase: words; between them a message may have any white space.
        """
        if not phrase.split():
            return []
        words = _Phrase(tuple(phrase.lower().split()))
        places = self._anywhere(words) if words.lead is None else self._places.get(words.tokens[:2], {}).items()
        return [mention for index, starts in places for mention in self._checked(index, starts, words)]

    def _anywhere(self, phrase: _Phrase) -> Iterator[tuple[int, Iterable[int]]]:
        """Give where a phrase that begins with no word, such as an emoji, may be: such are not indexed."""
        for index, message in enumerate(self._messages):
            yield index, (match.start() for match in phrase.pattern.finditer(message.text))

    def _checked(self, index: int, starts: Iterable[int], phrase: _Phrase) -> Iterator[Mention]:
        message, lead = self._messages[index], phrase.lead or 0
        matches = (phrase.pattern.match(message.text, max(0, start - lead)) for start in starts)
        for match in islice(filter(None, matches), MOST_IN_A_MESSAGE):
            yield Mention(message, match.start(), match.end())


@dataclass(frozen=True)
class _Phrase:
    words: tuple[str, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """Its words without what is between them, as they are indexed: one by one, and by two."""
        return tuple(TOKEN.findall(" ".join(self.words)))

    @cached_property
    def lead(self) -> int | None:
        """How much stands before the first of them, as the dot of ``.net``; None where the first word has none."""
        first = TOKEN.search(self.words[0])
        return first.start() if first else None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What matches it; a boundary is asked for only where its own edge is part of a word."""
        before = r"(?<!\w)" if TOKEN.match(self.words[0]) else ""
        after = r"(?!\w)" if TOKEN.match(self.words[-1][-1]) else ""
        return re.compile(before + r"\s++".join(map(re.escape, self.words)) + after, re.IGNORECASE)
