"""The journal: the newest requests as they arrived and as they were answered, in bounded memory."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_ENTRIES = 100_000
MAX_HEAD_BYTES = 32 * 1024**2
"""The bytes of all heads that are kept: no more than this many of memory, whoever sends what."""
MAX_BODY_BYTES = 32 * 1024**2
"""The bytes of all bodies that are kept, as they are kept: as JSON in plain ASCII."""
ENTRY_BYTES = 400
"""What an entry takes besides its texts."""
BLOCK = 64 * 1024
"""Bytes of the shown journal that are made at a time, between which others are served."""


@dataclass(slots=True)
class JournalEntry:
    """One request. It is kept as text: parsed, a query or a body takes up to some fifty times as much memory.

    :param headers: a JSON object, secrets masked.
    :param body: the text of a JSON body, secrets masked; None for anything else.
    :param body_size: bytes.
    :param body_sha256: hexadecimal digest of the raw bytes.
    :param status: the HTTP status answered; None until then.
    :param is_kept: whether it is in the journal.
    :param odd: what was odd about it and was let pass, a sentence each.
    :param counted: the bytes of its head that the journal has counted.
    """

    method: str
    path: str
    query_string: str
    headers: str
    body: str | None = None
    body_size: int = 0
    body_sha256: str | None = None
    status: int | None = None
    is_kept: bool = False
    odd: list[str] = field(default_factory=list)
    counted: int = 0

    @property
    def head_bytes(self) -> int:
        """What it takes without its body."""
        return ENTRY_BYTES + len(self.path) + len(self.query_string) + len(self.headers) + sum(map(len, self.odd))

    @property
    def shown(self) -> str:
        """The entry as JSON; the query, besides, as a list of decoded pairs."""
        fields = {
            "method": self.method,
            "path": self.path,
            "query_string": self.query_string,
            "query": parse_qsl(self.query_string, keep_blank_values=True),
            "body_size": self.body_size,
            "body_sha256": self.body_sha256,
            "status": self.status,
            "odd": self.odd,
        }
        text = json.dumps(fields, separators=(",", ":"))
        return f'{text[:-1]},"headers":{self.headers},"body":{self.body or "null"}}}'


class Journal:
    """Requests, oldest first. The oldest are forgotten when there are too many, or their heads too long together.

    When their bodies are too long together, the oldest lose their bodies and stay.

    :param max_entries: how many are kept at most.
    :param max_head_bytes: what all heads may take.
    :param max_body_bytes: what all bodies may take.
    """

    def __init__(
        self,
        max_entries: int = MAX_ENTRIES,
        max_head_bytes: int = MAX_HEAD_BYTES,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._max_entries = max_entries
        self._max_head_bytes = max_head_bytes
        self._max_body_bytes = max_body_bytes
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._entries: deque[JournalEntry] = deque()
        self._with_body: deque[tuple[JournalEntry, int]] = deque()
        self._head_bytes = 0
        self._body_bytes = 0

    def append(self, entry: JournalEntry) -> None:
        """Keep an entry, whose head is complete; the rest of it may follow."""
        entry.is_kept = True
        self._entries.append(entry)
        self.recount(entry)

    def recount(self, entry: JournalEntry) -> None:
        """Count what an entry takes by now, unless it is forgotten."""
        if not entry.is_kept:
            return
        counted, entry.counted = entry.counted, entry.head_bytes
        self._head_bytes += entry.counted - counted
        while self._head_bytes > self._max_head_bytes or len(self._entries) > self._max_entries:
            self._forget_oldest()

    def keep_body(self, entry: JournalEntry, text: str) -> None:
        """Keep the body of an entry, unless that is forgotten by now."""
        if not entry.is_kept:
            return
        entry.body = text
        self._with_body.append((entry, len(text)))
        self._body_bytes += len(text)
        while self._body_bytes > self._max_body_bytes:
            self._drop_oldest_body()

    def blocks(self) -> Iterator[bytes]:
        """Show all as one JSON document, in blocks: those entries that are there when it is asked for."""
        return _blocks(list(self._entries))

    def _forget_oldest(self) -> None:
        entry = self._entries.popleft()
        self._head_bytes -= entry.counted
        entry.is_kept = False
        entry.body = None
        while self._with_body and not self._with_body[0][0].is_kept:
            self._drop_oldest_body()

    def _drop_oldest_body(self) -> None:
        entry, size = self._with_body.popleft()
        entry.body = None
        self._body_bytes -= size


def _blocks(entries: Iterable[JournalEntry]) -> Iterator[bytes]:
    text, separator = '{"requests":[', ""
    for entry in entries:
        text, separator = f"{text}{separator}{entry.shown}", ","
        if len(text) > BLOCK:
            yield text.encode()
            text = ""
    yield f"{text}]}}".encode()
