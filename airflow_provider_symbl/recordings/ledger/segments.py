"""The closed part of a ledger: segments of lines, created once, read as a stream, and merged when they are many.

Compaction puts what is over into a new one, after which its open files are deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_symbl.exceptions import SymblStorageError
from airflow_provider_symbl.recordings.facts import Closed
from airflow_provider_symbl.recordings.ledger import ledger_format

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from airflow_provider_symbl.recordings.facts import Attempt
    from airflow_provider_symbl.recordings.ledger.ledger_store import LedgerStore

FOLDER = "closed/"
MOST_BYTES = 32 << 20
"""Of the segments that are merged into one, as they are stored: some 300,000 lines. What is larger is left as it is."""
TRIES = 3
LISTINGS = 2
"""How many there are at least."""


class Segments:
    """The segments of one ledger, and which of them were read.

    :param store: of the ledger.
    :param new_id: makes the end of a new segment's name.
    :param clock: seconds since the epoch.
    """

    def __init__(self, store: LedgerStore, new_id: Callable[[], str], clock: Callable[[], float]) -> None:
        self._store = store
        self._new_id = new_id
        self._clock = clock
        self._known: set[str] = set()
        self._written: set[str] = set()
        self._replaced: set[str] = set()

    def read_all(self) -> Iterator[Closed]:
        """Give every entry at least once, whatever is merged meanwhile.

        :raises SymblStorageError: names the segment that cannot be read.
        """
        for name, content in self._unread(set()):
            yield from self._entries(name, content)
            self._known.add(name)

    def read_later(self, keys: Collection[str]) -> Iterator[Closed]:
        """Give the entries of some keys in all segments that were made since this object has read all of them.

        :param keys: of contents.
        """
        yield from self._of_keys(self._known - self._written, keys)

    def read_new(self) -> Iterator[Closed]:
        """Give the entries of the segments that this object has neither read to their end nor written."""
        for name, content in self._unread(self._known):
            yield from self._entries(name, content)

    def read_keys(self, keys: Collection[str]) -> Iterator[Closed]:
        """Give the entries of some keys; no segment counts as read by it.

        :param keys: of contents.
        """
        yield from self._of_keys(set(), keys)

    def _of_keys(self, done: set[str], keys: Collection[str]) -> Iterator[Closed]:
        wanted = frozenset(key.encode() for key in keys) | {None}
        for name, content in self._unread(done):
            uri = self._store.uri(name)
            for lines in ledger_format.unpacked(content, uri):
                hits = [line for line in lines if ledger_format.key_of(line) in wanted]
                for told in ledger_format.records(hits, uri):
                    if told.get("key") in keys:
                        yield ledger_format.closed_of(told, uri)

    def write(self, lines: Iterable[Closed]) -> None:
        """Create a segment.

        :param lines: its entries.
        """
        name = self._create(ledger_format.pack(map(ledger_format.closed_line, lines)))
        self._known.add(name)
        self._written.add(name)

    def merge(self, most: int) -> None:
        """Put small segments into one where there are many, and delete what an earlier merge has left behind.

        Two at once leave entries twice, which the next one puts right.

        :param most: how many segments may stand.
        """
        files = [file for file in self._store.list(FOLDER) if file.name not in self._replaced]
        self._store.delete_many(sorted(self._replaced))
        self._replaced.clear()
        if len(files) <= most:
            return
        chosen, size = [], 0
        for file in sorted(files, key=lambda file: file.size):
            size += file.size
            if size <= MOST_BYTES:
                chosen.append(file.name)
        if len(chosen) > 1:
            with contextlib.suppress(FileNotFoundError):  # another one merges them just now
                self._create(ledger_format.pack(self._lines(chosen), chosen))
                self._store.delete_many(chosen)

    def _unread(self, done: set[str]) -> Iterator[tuple[str, bytes]]:
        """Give segments until a second listing shows no other; a name is done once the next one is asked for.

        A listing is no snapshot: what is merged while it lasts can be in it under neither name, but is in the next one.
        """
        names, missing, listed = [""], 0, 0
        while names or listed < LISTINGS:
            names = [file.name for file in self._store.list(FOLDER) if file.name not in done]
            listed += 1
            found = 0
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # merged meanwhile
                    content = self._store.read(name)
                    found += 1
                    replaced = ledger_format.replaced_by(content, self._store.uri(name))
                    if not replaced or not replaced <= done:
                        yield name, content
                    done.add(name)
                    self._replaced |= replaced
            missing = 0 if found else missing + 1
            if names and missing == TRIES:
                raise SymblStorageError(f"ledger: {self._store.uri(names[0])} is listed and cannot be found")

    def _entries(self, name: str, content: bytes) -> Iterator[Closed]:
        uri = self._store.uri(name)
        for lines in ledger_format.unpacked(content, uri):
            for told in ledger_format.records(lines, uri):
                yield ledger_format.closed_of(told, uri)

    def _lines(self, names: Iterable[str]) -> Iterator[bytes]:
        """Give each line of segments once."""
        seen = set()
        for name in names:
            for lines in ledger_format.unpacked(self._store.read(name), self._store.uri(name)):
                for line in map(bytes.strip, lines):
                    digest = hashlib.blake2b(line, digest_size=16).digest()
                    if digest not in seen:
                        seen.add(digest)
                        yield line

    def _create(self, content: bytes) -> str:
        for _ in range(TRIES):
            at = datetime.fromtimestamp(self._clock(), UTC)
            name = f"{FOLDER}{at:%Y%m%dT%H%M%SZ}-{self._new_id()}.jsonl.gz"
            if self._store.create(name, content):
                return name
        raise SymblStorageError(f"ledger: {self._store.uri(name)} cannot be created (there is one of that name)")


def is_ended(attempts: Sequence[Attempt]) -> bool:
    """Tell whether the last attempt of a key has its end.

    :param attempts: of the key.
    """
    return bool(attempts) and max(attempts, key=_number).done is not None


def closed_entry(key: str, attempts: Sequence[Attempt]) -> Closed:
    """Return what is kept of a key once its last attempt has ended.

    :param key: of the content.
    :param attempts: all that are open.
    """
    ordered = sorted(attempts, key=_number)
    last = ordered[-1]
    claims = [attempt.claim for attempt in ordered if attempt.claim]
    claim, answer, done = claims[-1] if claims else None, last.answer, last.done
    if done is None:
        raise ValueError(f"attempt {last.number} of {key} has not ended")
    options = claim.options if claim else ""
    return Closed(
        key=key,
        attempts=last.number,
        used=sum(attempt.counts_with(options) for attempt in ordered),
        reason=done.reason,
        message=done.message,
        is_final=done.is_final,
        options=options,
        night=done.night,
        at=done.at,
        versions=tuple(dict.fromkeys(claim.version for claim in claims)),
        paths=tuple(dict.fromkeys(claim.path for claim in claims)),
        conversation_id=answer.conversation_id if answer else None,
        job_id=answer.job_id if answer else None,
        is_deleted=last.is_deleted,
        is_redriven=claim.redrive if claim else False,
        size=claim.size if claim else 0,
        duration=claim.duration if claim else None,
        minutes=sum(attempt.minutes_paid_by(done.night) for attempt in ordered),
        submitted=claim.at if claim else None,
        completed=done.completed,
        folder=done.folder,
        forms=tuple(done.files),
        note="; ".join(attempt.done.note for attempt in ordered if attempt.done is not None and attempt.done.note),
    )


def _number(attempt: Attempt) -> int:
    return attempt.number
