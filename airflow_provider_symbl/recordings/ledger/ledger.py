"""What a night knows beyond its end: claims, answers and ends of every attempt, and the closed segments behind them.

A key is a hash of a content (its idempotency key), so that what stands here is not paid for again. Files are only
created exclusively or deleted, so that any number of tasks may write at once and be killed any time.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import secrets
import time
from typing import TYPE_CHECKING

from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError, printable
from airflow_provider_symbl.recordings.ledger import ledger_format
from airflow_provider_symbl.recordings.ledger.ledger_format import HalfWrittenError
from airflow_provider_symbl.recordings.ledger.ledger_store import prove_exclusive_creation
from airflow_provider_symbl.recordings.ledger.open_attempts import FOLDER as OPEN
from airflow_provider_symbl.recordings.ledger.open_attempts import OpenAttempts
from airflow_provider_symbl.recordings.ledger.segments import FOLDER as CLOSED
from airflow_provider_symbl.recordings.ledger.segments import Segments, closed_entry, is_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from airflow_provider_symbl.recordings.facts import Answer, Attempt, Claim, Closed, Done, Inspection, Night, Unfit
    from airflow_provider_symbl.recordings.ledger.ledger_store import LedgerStore

log = logging.getLogger(__name__)

HEAD = "ledger.json"
PAUSE = "pause"
NIGHTS = "nights/"
TOKEN_LENGTH = 12


class Ledger:
    """The ledger of one account.

    :param store: where its files lie.
    :param host: of the account.
    :param app_id: of the account.
    :param new_id: makes names and marks that nobody else makes.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        store: LedgerStore,
        host: str,
        app_id: str,
        *,
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._account = {"host": host, "app_id": app_id}
        self._new_id = new_id
        self._clock = clock
        self._open = OpenAttempts(store, new_id())
        self._segments = Segments(store, new_id, clock)
        self.id = ""
        """What tells this ledger from every other; empty until it is open."""

    def open(self) -> bool:
        """Make the ledger where there is none, and prove that its store creates files exclusively.

        :returns: True where it was newly made.
        :raises SymblConfigurationError: another account's, another format, a store that overwrites, or one that has
            lost the file with the ledger's id.
        :raises SymblStorageError: the store stumbles.
        """
        is_there = self._recognise()
        prove_exclusive_creation(self._store, self._new_id())
        if is_there:
            return False
        has_entries = any(self._store.list(OPEN)) or any(self._store.list(CLOSED))
        if self._recognise():  # another task has made it meanwhile
            return False
        if has_entries:
            message = (
                f"ledger: {self._store.uri('')} holds entries and no {HEAD}; bring that file back, or delete the whole "
                "ledger, after which every recording is paid for again"
            )
            raise SymblConfigurationError(message)
        made = self._new_id()
        head = ledger_format.as_json({"format": ledger_format.FORMAT, "id": made, **self._account})
        if self._store.create(HEAD, head):
            self.id = made
            return True
        if not self._recognise():
            raise SymblStorageError(f"ledger: {self._store.uri(HEAD)} can neither be created nor read")
        return False

    def token(self, key: str, attempt: int) -> str:
        """Return the end of the name of an attempt's conversation, by which it is found again.

        :param key: of the content.
        :param attempt: its number.
        """
        if not self.id:
            raise RuntimeError("the ledger is not open")
        return hashlib.sha256(f"{self.id}\0{key}\0{attempt}".encode()).hexdigest()[:TOKEN_LENGTH]

    def attempts(self, unreadable: dict[str, str] | None = None) -> dict[str, list[Attempt]]:
        """Return the open attempts of all keys, by number; look here first, and into the closed part afterwards.

        A key may still stand here that is closed meanwhile; its numbers are then not above the closed one.

        :param unreadable: takes the error of each key with a fact of another format, whose attempts are left out.
        :raises SymblStorageError: the same, where ``unreadable`` is not given.
        """
        return self._open.read("", unreadable)

    def attempts_of(self, key: str) -> list[Attempt]:
        """Return the open attempts of one key, by number.

        :param key: of the content.
        """
        return self._open.read(f"{key}.").get(key, [])

    def claim(self, key: str, number: int, claim: Claim) -> bool:
        """Write down that a submission is about to leave.

        :param key: of the content.
        :param number: of the attempt: one more than the highest that is open or closed.
        :param claim: by whom.
        :returns: False where another one has claimed it.
        """
        return self._open.create(key, number, "claim", claim)

    def answer(self, key: str, number: int, answer: Answer) -> bool:
        """Write down what came of a submission.

        :returns: False where another answer stands.
        """
        return self._open.note(key, number, "answer", answer)

    def finish(self, key: str, number: int, done: Done) -> bool:
        """Write down how an attempt ended.

        :returns: False where another end stands.
        """
        return self._open.note(key, number, "done", done)

    def mark_deleted(self, key: str, number: int) -> None:
        """Write down that the conversation of an attempt is deleted at Symbl."""
        self._open.create(key, number, "deleted", None)

    def withdraw(self, key: str, number: int) -> None:
        """Delete one's own claim under which nothing was ever sent."""
        self._open.withdraw(key, number)

    def closed(self) -> Iterator[Closed]:
        """Give every closed entry at least once; several entries of one key are a union.

        :raises SymblStorageError: names the segment that cannot be read.
        """
        return self._segments.read_all()

    def newly_closed(self) -> Iterator[Closed]:
        """Give the entries of the segments that this object has neither read to their end nor written."""
        return self._segments.read_new()

    def closed_of(self, keys: Collection[str]) -> Iterator[Closed]:
        """Give the closed entries of some keys, in a fraction of the time that all take.

        :param keys: of contents.
        """
        return self._segments.read_keys(keys)

    def closed_later(self, keys: Collection[str]) -> Iterator[Closed]:
        """Give the closed entries of some keys in segments that were made since this object has read all, by whomever.

        :param keys: of contents.
        """
        return self._segments.read_later(keys)

    def compact(self, entries: Mapping[str, Sequence[Attempt]], extra: Sequence[Closed] = ()) -> int:
        """Close entries: first they stand in a segment, then their open files are deleted.

        :param entries: the attempts of each key, by number; one whose last attempt has no end is left alone.
        :param extra: entries of what was never claimed, such as a new name of a content that is closed already.
        :returns: how many were closed.
        """
        ended = {key: attempts[-1].number for key, attempts in entries.items() if is_ended(attempts)}
        if ended or extra:
            # Line by line, since a night may close many thousands.
            lines = (closed_entry(key, entries[key]) for key in ended)
            self._segments.write(itertools.chain(lines, extra))
            if ended:
                self._open.delete(ended)
        return len(ended) + len(extra)

    def delete_leftovers(self) -> None:
        """Delete the open files of attempts that are closed, which a task leaves that is killed while it closes them.

        Whoever begins with this finds no key both open and closed with the same number.
        """
        if keys := self._open.keys():
            closed: dict[str, int] = {}
            for entry in self.closed_of(keys):
                closed[entry.key] = max(entry.attempts, closed.get(entry.key, 0))
            self._open.delete(closed)

    def merge(self, most: int = 64) -> None:
        """Put segments into one where there are many.

        :param most: how many may stand.
        """
        self._segments.merge(most)

    def remember(self, night: Night, facts: Mapping[bytes, Inspection | Unfit]) -> None:
        """Keep what was found in files, for the further tries of the same night.

        :param night: whose.
        :param facts: by the digest of the file's version.
        """
        now = self._clock()
        lines = (ledger_format.inspected_line(digest, found, now) for digest, found in facts.items())
        if facts:
            name = f"{NIGHTS}{ledger_format.night_folder(night)}/inspected-{self._new_id()}.jsonl.gz"
            self._store.create(name, ledger_format.pack(lines))

    def remembered(self, night: Night) -> dict[bytes, tuple[Inspection | Unfit, float]]:
        """Return what earlier tries of a night found, and when; what cannot be read is as if it was never found.

        :param night: whose.
        """
        listed = self._store.list(f"{NIGHTS}{ledger_format.night_folder(night)}/inspected-")
        found: dict[bytes, tuple[Inspection | Unfit, float]] = {}
        for name, content in self._store.read_many(file.name for file in listed).items():
            try:
                for lines in ledger_format.unpacked(content, name):
                    found.update(map(ledger_format.inspected_of, ledger_format.records(lines, name)))
            except (SymblStorageError, ValueError, TypeError, KeyError) as problem:
                log.warning("The files that %s tells of are read again: %s", self._store.uri(name), problem)
        return found

    def is_paused(self) -> bool:
        """Tell whether there is a file ``pause`` in the ledger, which stops nights from sending."""
        try:
            self._store.read(PAUSE)
        except FileNotFoundError:
            return False
        return True

    def _recognise(self) -> bool:
        """Read the ledger's id, and tell whether there is one.

        :raises SymblConfigurationError: it is another account's, or in another format.
        """
        uri = self._store.uri(HEAD)
        try:
            content = self._store.read(HEAD)
        except FileNotFoundError:
            return False
        try:
            told = ledger_format.record_of(content, uri)
        except HalfWrittenError:
            raise SymblStorageError(f"ledger: {uri} is not whole; delete it if nothing else is there") from None
        except SymblStorageError as problem:
            raise SymblConfigurationError(str(problem)) from None
        account = {name: told.get(name) for name in self._account}
        if account != self._account:
            message = (
                f"ledger: {self._store.uri('')} belongs to the account {account['app_id']} at {account['host']}, and "
                f"this is {self._account['app_id']} at {self._account['host']}; give another ledger"
            )
            raise SymblConfigurationError(printable(message))
        self.id = str(told["id"])
        return True
