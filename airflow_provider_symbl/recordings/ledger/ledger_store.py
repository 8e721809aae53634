"""Where a ledger's files lie: they are only created exclusively, read, listed and deleted; never changed.

Exclusive creation (compare-and-swap with nothing) is all the locking there is.

All stores keep one contract; that of object storage has a module of its own.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

PROBE = "probe"
DRAFT = ".part"
STALE = 3600.0
"""Seconds after which a draft is what a killed process left behind."""
NO_LINKS = frozenset(
    (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK, errno.EINVAL)
)
"""How file systems say that they make no hard links."""


class StoredFile(NamedTuple):
    """A file as it was listed.

    :param name: below the ledger, with forward slashes.
    :param size: bytes.
    :param modified: seconds since the epoch, by the storage's clock; None where it does not tell.
    """

    name: str
    size: int
    modified: float | None


class LedgerStore(Protocol):
    """Keeps the files of a ledger.

    Names are ``NAME`` or ``FOLDER/NAME``. Whatever goes wrong, but for what is named here, is a
    :class:`~airflow_provider_symbl.exceptions.SymblStorageError` that names the file.
    """

    def list(self, prefix: str) -> Iterable[StoredFile]:
        """Return the files whose names begin so, in the order of their names; no listing is remembered.

        It is no snapshot: what is created or deleted meanwhile may be in it or not.

        :param prefix: a folder with its slash, and perhaps the beginning of a name.
        """

    def read(self, name: str) -> bytes:
        """Return what a file holds.

        :raises FileNotFoundError: there is none.
        """

    def read_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return what files hold by their names; those that are missing are left out."""

    def create(self, name: str, content: bytes) -> bool:
        """Create a file that must not exist; of all who try at once, one succeeds.

        Whoever creates the same bytes again succeeds too, since an answer may get lost: contents must differ between
        those who compete.

        :param content: not empty, since storage can take an empty file for none.
        :returns: False where it exists with other bytes.
        """

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""

    def delete_many(self, names: Iterable[str]) -> None:
        """Delete files in any order, those that are there."""

    def uri(self, name: str) -> str:
        """Return where a file lies, for people."""


def prove_exclusive_creation(store: LedgerStore, mark: str = "") -> None:
    """Create a file twice: the second time must fail, and leave the first one's bytes.

    The file stays, so that it costs three calls each time and needs no right to delete.

    :param store: of the ledger.
    :param mark: what makes the second content unlike that of any other time; random where it is empty.
    :raises SymblConfigurationError: the store overwrites.
    """
    second = f"This must never be here: the store overwrites. {mark or secrets.token_hex(8)}\n".encode()
    store.create(PROBE, b"Created twice, to prove that a second time fails.\n")
    if store.create(PROBE, second) or store.read(PROBE) == second:
        message = (
            f"ledger: {store.uri('')} overwrites files that exist, so it cannot keep a recording from being paid for "
            "twice; give a ledger on storage that creates files exclusively"
        )
        raise SymblConfigurationError(message)


def _storage_error(uri: str, what: str, problem: Exception) -> SymblStorageError:
    reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return SymblStorageError(f"ledger: {uri} cannot be {what} ({reason})")


@contextlib.contextmanager
def storage_errors(uri: str, what: str) -> Iterator[None]:
    """Tell of storage that stumbles; each file system raises errors of its own.

    :param uri: of the file.
    :param what: the verb's participle: "listed", "read" or "deleted".
    :raises SymblStorageError: anything but a file that is not there.
    """
    try:
        yield
    except (FileNotFoundError, SymblStorageError):
        raise
    except Exception as problem:  # noqa: BLE001 - as above
        raise _storage_error(uri, what, problem) from None


def is_mine(store: LedgerStore, name: str, content: bytes, problem: Exception) -> bool:
    """Tell after a failed creation whether it has worked all the same; False where another's file stands.

    :param problem: how it failed.
    :raises SymblStorageError: nothing stands there, or that cannot be told.
    """
    try:
        return store.read(name) == content
    except (FileNotFoundError, SymblStorageError):
        raise _storage_error(store.uri(name), "created", problem) from problem


def non_empty(content: bytes) -> bytes:
    """Return the content of a file that is to be created.

    :raises ValueError: it is empty: a store can take an empty file for none.
    """
    if not content:
        raise ValueError("an empty file cannot be created exclusively")
    return content


class InMemoryLedgerStore:
    """Keeps the files in this process; for tests and simulations.

    :param clock: tells when a file is created.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._folders: dict[str, dict[str, tuple[bytes, float]]] = {}

    def list(self, prefix: str) -> list[StoredFile]:
        """Return the files whose names begin so."""
        with self._lock:
            files = self._folders.get(prefix.rpartition("/")[0], {})
            return sorted(
                StoredFile(name, len(content), at) for name, (content, at) in files.items() if name.startswith(prefix)
            )

    def read(self, name: str) -> bytes:
        """Return what a file holds."""
        with self._lock:
            found = self._folders.get(name.rpartition("/")[0], {}).get(name)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "No such file", name)
        return found[0]

    def read_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return what files hold."""
        return _read_each(self, names)

    def create(self, name: str, content: bytes) -> bool:
        """Create a file that must not exist."""
        made = (non_empty(content), self._clock())
        with self._lock:
            files = self._folders.setdefault(name.rpartition("/")[0], {})
            return files.setdefault(name, made)[0] == content

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with self._lock:
            self._folders.get(name.rpartition("/")[0], {}).pop(name, None)

    def delete_many(self, names: Iterable[str]) -> None:
        """Delete files."""
        for name in names:
            self.delete(name)

    def uri(self, name: str) -> str:
        """Return the name."""
        return name or "a ledger in memory"


class LocalLedgerStore:
    """Keeps the files in a folder of this machine, or of one that is mounted.

    A file is a draft first, which is then linked to its name: whole or not there, and exclusive on every file system
    that has links. Elsewhere it is made under its name, and a kill can leave half of it.

    :param path: of the folder; it is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(self, prefix: str) -> list[StoredFile]:
        """Return the files whose names begin so; drafts of killed processes are removed by the way."""
        folder, _, begin = prefix.rpartition("/")
        with storage_errors(self.uri(prefix), "listed"):
            return sorted(self._listed(folder, begin))

    def _listed(self, folder: str, begin: str) -> Iterator[StoredFile]:
        with contextlib.suppress(FileNotFoundError), os.scandir(self._path / folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    if entry.name.endswith(DRAFT):
                        if time.time() - entry.stat().st_mtime > STALE:
                            os.unlink(entry)  # noqa: PTH108 - an entry, not a path
                    elif entry.name.startswith(begin) and entry.is_file():
                        found = entry.stat()
                        name = f"{folder}/{entry.name}" if folder else entry.name
                        yield StoredFile(name, found.st_size, found.st_mtime)

    def read(self, name: str) -> bytes:
        """Return what a file holds."""
        with storage_errors(self.uri(name), "read"):
            return (self._path / name).read_bytes()

    def read_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return what files hold, one after the other."""
        return _read_each(self, names)

    def create(self, name: str, content: bytes) -> bool:
        """Create a file that must not exist, and wait until it is on the disk."""
        non_empty(content)
        try:
            self._create(self._path / name, content)
        except Exception as problem:  # noqa: BLE001 - what stands there decides: NFS can tell a made link as refused
            return is_mine(self, name, content, problem)
        return True

    def _create(self, place: Path, content: bytes) -> None:
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            _sync_folder(place.parent.parent)
        draft = place.parent / f"{secrets.token_hex(8)}{DRAFT}"
        try:
            _write(draft, content)
            try:
                os.link(draft, place)
            except OSError as problem:
                if problem.errno not in NO_LINKS:
                    raise
                _write(place, content)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(place.parent)

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with storage_errors(self.uri(name), "deleted"):
            (self._path / name).unlink(missing_ok=True)

    def delete_many(self, names: Iterable[str]) -> None:
        """Delete files."""
        for name in names:
            self.delete(name)

    def uri(self, name: str) -> str:
        """Return the path."""
        return str(self._path / name)


def _read_each(store: LedgerStore, names: Iterable[str]) -> dict[str, bytes]:
    contents = {}
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            contents[name] = store.read(name)
    return contents


def _write(place: Path, content: bytes) -> None:
    with place.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            # Nobody has been told of it, so its name may be free again; a kill leaves it, and it counts.
            place.unlink(missing_ok=True)
            raise


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a loss of power, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
