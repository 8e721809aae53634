"""The data folder: a SQLite file of records, the files that they own, and a lock.

Records are a key-value table: kind, id and JSON. There is no ORM and no further column: all records are read at the
start and then stay in memory (:mod:`.sqlite_store`).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import sqlite3
from typing import TYPE_CHECKING, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

Change: TypeAlias = "tuple[str, str, bytes | None]"
"""Kind, id and new value of a record; None removes it."""

FORMAT = 2
"""The number of what the records look like: one higher with each change that a default cannot bridge."""
APPLICATION = 0x53594D42
"""``SYMB``: the mark in the file's header that tells ours from other SQLite files."""
MAGIC = b"SQLite format 3\x00"
FORMAT_AT = 60
APPLICATION_AT = 68
HEADER_LENGTH = 100
ACCOUNT = "account"
SCHEMA = f"""
    BEGIN;
    PRAGMA application_id = {APPLICATION};
    PRAGMA user_version = {FORMAT};
    CREATE TABLE record (kind TEXT NOT NULL, id TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, id));
    COMMIT;
"""
OTHER_FORMAT = (
    "{name} was written by {other} symbl-local (format {found}, this one has {ours}): "
    "name another --data-dir, or delete the files symbl-local.* in this one to start anew"
)
PUT = "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value"
REMOVE = "DELETE FROM record WHERE kind = ? AND id = ?"


class DataDirError(Exception):
    """The folder cannot be used; the message names it and says why."""


class DataDir:
    """A folder that is one server's own from entering the context to leaving it.

    What :meth:`write` has returned from outlives the end of the process, however sudden: SQLite's write-ahead log has
    it. A power cut or a crash of the operating system may cost the last moments before it, never the file.

    :param path: made if it is not there.
    :raises DataDirError: on entering, if it cannot be used or another server uses it; its files are as they were.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spool = path / "symbl-local.spool"

    def __enter__(self) -> Self:
        with self._explained(), contextlib.ExitStack() as stack:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(_locked(self.path))
            self._file = self.path / "symbl-local.sqlite3"
            self._connection = _connected(self._file)
            self._identity = _identity(self._file)
            stack.callback(self._connection.close)
            self.spool.mkdir(mode=0o700, exist_ok=True)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, changes: Iterable[Change]) -> None:
        """Make some changes, all of them or none.

        :raises sqlite3.Error: none was made, the disk may be full.
        :raises OSError: none was made, the folder was deleted or replaced.
        """
        # SQLite would go on writing to a file that nobody can find any more.
        if _identity(self._file) != self._identity:
            raise OSError(errno.ESTALE, "The data folder was replaced by another")
        with self._connection:
            for kind, name, value in changes:
                if value is None:
                    self._connection.execute(REMOVE, (kind, name))
                else:
                    self._connection.execute(PUT, (kind, name, value))

    def records(self, kind: str) -> list[tuple[str, bytes]]:
        """List the ids and values of one kind, in the order in which they were first written.

        :raises DataDirError: the file is damaged.
        """
        with self._explained():
            query = "SELECT id, value FROM record WHERE kind = ? ORDER BY rowid"
            return list(self._connection.execute(query, (kind,)))

    def clear(self) -> None:
        """Remove everything but the account."""
        with self._connection:
            self._connection.execute("DELETE FROM record WHERE kind <> ?", (ACCOUNT,))

    def account(self, name: str, fresh: str) -> str:
        """Give the part of the account that is kept, and keep the fresh one if none is.

        :param name: which part.
        :raises DataDirError: it cannot be read or written.
        """
        kept = dict(self.records(ACCOUNT))
        if name in kept:
            return kept[name].decode()
        with self._explained():
            self.write([(ACCOUNT, name, fresh.encode())])
        return fresh

    def sweep(self, owned: Collection[Path]) -> None:
        """Delete the files that no record owns, which a kill left behind.

        :param owned: those to leave alone.
        :raises DataDirError: one cannot be deleted.
        """
        with self._explained():
            for path in self.spool.iterdir():
                if path not in owned:
                    path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except BlockingIOError as error:
            raise DataDirError(f"The data folder {self.path} is in use by another symbl-local") from error
        except (OSError, sqlite3.Error, _ForeignError) as error:
            raise DataDirError(f"The data folder {self.path} cannot be used: {error}") from error


class _ForeignError(Exception):
    """A file that is not ours to write to."""


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the operating system releases when the process dies."""
    with (folder / "symbl-local.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _connected(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    _check(path)
    connection = sqlite3.connect(path, check_same_thread=False)  # opened before the server's own thread starts
    try:
        _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        connection.executescript(SCHEMA)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _check(path: Path) -> None:
    """Look at the header ourselves: SQLite may write to a file as soon as it opens it."""
    with path.open("rb") as file:
        header = file.read(HEADER_LENGTH)
    if not header:
        return
    if not (header.startswith(MAGIC) and _number(header, APPLICATION_AT) == APPLICATION):
        raise _ForeignError(f"{path.name} was not written by symbl-local")
    if (found := _number(header, FORMAT_AT)) != FORMAT:
        other = "a newer" if found > FORMAT else "an older"
        raise _ForeignError(OTHER_FORMAT.format(name=path.name, other=other, found=found, ours=FORMAT))


def _number(header: bytes, start: int) -> int:
    return int.from_bytes(header[start : start + 4], "big")
