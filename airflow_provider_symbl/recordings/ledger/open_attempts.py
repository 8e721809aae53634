"""The open part of a ledger: a file for each fact of an attempt, whose name alone already counts.

It is a write-ahead log: a claim stands before its submission leaves.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from airflow_provider_symbl.exceptions import SymblStorageError
from airflow_provider_symbl.recordings.facts import Answer, Attempt, Claim, Done
from airflow_provider_symbl.recordings.ledger import ledger_format
from airflow_provider_symbl.recordings.ledger.ledger_format import HalfWrittenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_symbl.recordings.ledger.ledger_store import LedgerStore, StoredFile

FOLDER = "open/"
MANY = 1000
"""Keys above which files are deleted by the first digit of their keys: a listing of all would take as much memory as
the whole night."""
PREFIXES = "0123456789abcdef"
TRIES = 3
REPAIRS = 9
"""How often a fact is written beside half-written files of the same."""
FACT_FILE = re.compile(
    r"open/(?P<key>[^./]+)\.(?P<number>\d+)\.(?P<fact>claim|answer|done|deleted)(\.(?P<repair>\d+))?"
)

FactName = Literal["claim", "answer", "done", "deleted"]
Fact = TypeVar("Fact", Claim, Answer, Done)


class FactFile(NamedTuple):
    """A file of an attempt, by its name; the order is that in which whole ones count."""

    key: str
    number: int
    fact: str
    repair: int
    name: str
    modified: float | None


class OpenAttempts:
    """The files of open attempts: ``KEY.NUMBER.FACT``, and ``KEY.NUMBER.FACT.REPAIR`` beside what is half-written.

    :param store: of the ledger.
    :param writer: what no other writer calls itself, so that no two make the same bytes.
    """

    def __init__(self, store: LedgerStore, writer: str) -> None:
        self._store = store
        self._writer = writer

    def create(self, key: str, number: int, fact: FactName, content: Claim | Answer | Done | None) -> bool:
        """Create the file of a fact.

        :returns: False where it exists, be it half-written.
        """
        return self._store.create(f"{FOLDER}{key}.{number}.{fact}", ledger_format.fact_bytes(content, self._writer))

    def note(self, key: str, number: int, fact: FactName, content: Fact) -> bool:
        """Create the file of a fact, or one beside it where those before are half-written.

        :returns: False where another one stands.
        """
        kind = type(content)
        written = ledger_format.fact_bytes(content, self._writer)
        repairs = ["", *(f".{repair}" for repair in range(1, REPAIRS + 1))]
        places = [f"{FOLDER}{key}.{number}.{fact}{repair}" for repair in repairs]
        for tried, place in enumerate(places):
            if self._store.create(place, written):
                # What was half-written may have been just being written.
                return not any(self._is_whole(earlier, kind) for earlier in places[:tried])
            if self._is_whole(place, kind):
                return False
        raise SymblStorageError(f"ledger: {self._store.uri(places[0])} is not whole, and neither are those beside it")

    def withdraw(self, key: str, number: int) -> None:
        """Delete a claim."""
        self._store.delete(f"{FOLDER}{key}.{number}.claim")

    def keys(self) -> set[str]:
        """Return the keys that have any file."""
        return {file.key for file in self._files("")}

    def delete(self, closed: Mapping[str, int]) -> None:
        """Delete the files of attempts, the claims first: an attempt without one is not seen any more.

        The claim of the last attempt stays longest, so that whoever sees anything of a key sees how it ended.

        :param closed: the highest number of each key.
        """
        for prefix in PREFIXES if len(closed) > MANY else [""]:
            self._delete(prefix, closed)

    def _delete(self, prefix: str, closed: Mapping[str, int]) -> None:
        files = [file for file in self._files(prefix) if file.number <= closed.get(file.key, 0)]
        last = {file.key: file.number for file in sorted(files)}
        claims = [file for file in files if file.fact == "claim"]
        self._store.delete_many(file.name for file in claims if file.number < last[file.key])
        self._store.delete_many(file.name for file in claims if file.number == last[file.key])
        self._store.delete_many(file.name for file in files if file.fact != "claim")

    def read(self, prefix: str, unreadable: dict[str, str] | None = None) -> dict[str, list[Attempt]]:
        """Return the attempts of keys, by number; what has no claim any more is closed, and left out.

        :param prefix: the beginning of the names of the files that are read.
        :param unreadable: takes the error of each key with a fact of another format, whose attempts are left out.
        :raises SymblStorageError: the same, where it is not given.
        """
        for _ in range(TRIES):
            listed, contents = self._listed(prefix)
            # Where a file is gone meanwhile, its key is being closed or was withdrawn: half of it would tell lies.
            torn = {file.key for files in listed.values() for file in files if file.name not in contents}
            if not torn:
                break
        found: dict[str, list[Attempt]] = defaultdict(list)
        errors = {} if unreadable is None else unreadable
        for (key, number), files in listed.items():
            if key not in torn and any(file.fact == "claim" for file in files):
                try:
                    found[key].append(self._attempt(number, files, contents))
                except SymblStorageError as problem:
                    if unreadable is None:
                        raise
                    errors.setdefault(key, str(problem))
        return {key: attempts for key, attempts in found.items() if key not in errors}

    def _listed(self, prefix: str) -> tuple[dict[tuple[str, int], list[FactFile]], dict[str, bytes]]:
        """Return the files of each attempt, and what they hold."""
        grouped = defaultdict(list)
        for file in sorted(self._files(prefix)):
            grouped[file.key, file.number].append(file)
        return grouped, self._store.read_many(file.name for files in grouped.values() for file in files)

    def _is_whole(self, name: str, kind: type[Fact]) -> bool:
        """Tell whether a fact stands; one that is gone was whole, and is closed."""
        try:
            ledger_format.fact_of(kind, self._store.read(name), self._store.uri(name))
        except HalfWrittenError:
            return False
        except FileNotFoundError:
            return True
        return True

    def _files(self, prefix: str) -> list[FactFile]:
        """List files of facts; what else lies there is not looked at."""
        listed = ((FACT_FILE.fullmatch(file.name), file) for file in self._store.list(f"{FOLDER}{prefix}"))
        return [_fact_file(match, file) for match, file in listed if match]

    def _attempt(self, number: int, files: list[FactFile], contents: Mapping[str, bytes]) -> Attempt:
        claim = self._first(Claim, "claim", files, contents)
        return Attempt(
            number,
            claim,
            self._first(Answer, "answer", files, contents),
            self._first(Done, "done", files, contents),
            is_deleted=any(file.fact == "deleted" for file in files),
            claimed=None if claim else next(file.modified for file in files if file.fact == "claim"),
        )

    def _first(
        self, kind: type[Fact], fact: str, files: Iterable[FactFile], contents: Mapping[str, bytes]
    ) -> Fact | None:
        """Return the first fact of a kind that is whole."""
        for file in files:
            if file.fact == fact:
                with contextlib.suppress(HalfWrittenError):
                    return ledger_format.fact_of(kind, contents[file.name], self._store.uri(file.name))
        return None


def _fact_file(match: re.Match[str], file: StoredFile) -> FactFile:
    repair = int(match["repair"] or 0)
    return FactFile(match["key"], int(match["number"]), match["fact"], repair, file.name, file.modified)
