"""Writes the files of a document into a folder: each whole or not at all, locally and on object storage.

A local file is a draft first, which then takes the file's name; an object is one PUT, which no one sees before its end.
fsspec gives object storage its one interface; its own transactions are not used, as few of its file systems have them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_symbl.exceptions import SymblStorageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DRAFT = ".part"
STALE = 3600.0
"""Seconds after which a draft is what a killed process left behind."""
PROBE = ".symbl-write-check"


@dataclass(frozen=True)
class WrittenFile:
    """A file that stands.

    :param uri: where.
    :param size: bytes.
    :param sha256: of its bytes, in hexadecimal.
    """

    uri: str
    size: int
    sha256: str

    def as_dict(self) -> dict[str, str | int]:
        """Return it as plain data, which travels by XCom."""
        return asdict(self)


class Folder(Protocol):
    """Where files are written to; it is made where it is missing.

    Each method raises what its storage raises.
    """

    def uri(self, name: str) -> str:
        """Return where a file of that name lies."""

    def check(self) -> None:
        """Write something and remove it again."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file, or put it in the place of another."""

    def read(self, name: str) -> bytes:
        """Read a file back."""


class LocalFolder:
    """A folder on this machine.

    :param path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def uri(self, name: str) -> str:
        """Return the path of a file as a ``file`` URL."""
        return (self._path.absolute() / name).as_uri()

    def check(self) -> None:
        """Write something and remove it again, with the drafts that killed processes left behind."""
        self._path.mkdir(parents=True, exist_ok=True)
        for draft in self._path.glob(f".*{DRAFT}"):
            with contextlib.suppress(FileNotFoundError):  # another task has been quicker
                if time.time() - draft.stat().st_mtime > STALE:
                    draft.unlink()
        probe = self._draft()
        probe.write_bytes(b"0")
        probe.unlink()

    def write(self, name: str, content: bytes) -> None:
        """Write a draft, and give it the file's name once it is on the disk."""
        self._path.mkdir(parents=True, exist_ok=True)
        draft = self._draft()
        try:
            # Not by tempfile, whose files nobody else may read.
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path / name)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def _draft(self) -> Path:
        return self._path / f".{secrets.token_hex(8)}{DRAFT}"

    def read(self, name: str) -> bytes:
        """Read a file back."""
        return (self._path / name).read_bytes()


class StoredFolder:
    """A folder, or prefix, of object storage.

    :param files: the fsspec file system.
    :param path: of the folder in it.
    :param uri: the same as people write it.
    """

    def __init__(self, files: Any, path: str, uri: str) -> None:  # noqa: ANN401 - fsspec has no types
        self._files = files
        self._path = path.rstrip("/")
        self._uri = uri.rstrip("/")

    def uri(self, name: str) -> str:
        """Return the URI of an object."""
        return f"{self._uri}/{name}"

    def check(self) -> None:
        """Write an object and remove it again, where that is permitted."""
        self.write(PROBE, b"0")
        with contextlib.suppress(PermissionError):  # who may write may not always delete
            self._files.rm_file(f"{self._path}/{PROBE}")

    def write(self, name: str, content: bytes) -> None:
        """Put an object; folders are made only where the storage has such."""
        place = f"{self._path}/{name}"
        try:
            self._files.pipe_file(place, content)
        except FileNotFoundError:
            self._files.makedirs(self._path, exist_ok=True)
            self._files.pipe_file(place, content)

    def read(self, name: str) -> bytes:
        """Get an object."""
        content: bytes = self._files.cat_file(f"{self._path}/{name}")
        return content


def write_files(folder: Folder, files: Mapping[str, bytes]) -> dict[str, WrittenFile]:
    """Write files, and return what stands, by the same names.

    :param folder: where to.
    :param files: their contents by name.
    :raises SymblStorageError: names the file that could not be written.
    """
    written = {}
    for name, content in files.items():
        try:
            folder.write(name, content)
        except Exception as problem:  # noqa: BLE001 - each file system raises errors of its own
            raise cannot_write(folder.uri(name), problem) from None
        written[name] = WrittenFile(folder.uri(name), len(content), hashlib.sha256(content).hexdigest())
    return written


def check_written(folder: Folder, written: Mapping[str, WrittenFile]) -> None:
    """Read files back, before what they were made of is deleted.

    :param folder: where they are.
    :param written: what should stand.
    :raises SymblStorageError: names the file that is not there as it was written.
    """
    for name, file in written.items():
        if hashlib.sha256(read_back(folder, name)).hexdigest() != file.sha256:
            raise SymblStorageError(f"{file.uri} does not hold what was written")


def read_back(folder: Folder, name: str) -> bytes:
    """Return what a file holds that was written before.

    :param folder: where it is.
    :param name: of the file.
    :raises SymblStorageError: names the file that cannot be read.
    """
    content = read_if_there(folder, name)
    if content is None:
        raise SymblStorageError(f"{folder.uri(name)} cannot be read back (it is not there)")
    return content


def read_if_there(folder: Folder, name: str) -> bytes | None:
    """Return what a file holds that may have been written before, None where it is not there.

    :param folder: where it is.
    :param name: of the file.
    :raises SymblStorageError: names the file that cannot be read.
    """
    try:
        return folder.read(name)
    except FileNotFoundError:
        return None
    except Exception as problem:  # noqa: BLE001 - each file system raises errors of its own
        raise SymblStorageError(f"{folder.uri(name)} cannot be read back ({_reason(problem)})") from None


def cannot_write(uri: str, problem: Exception) -> SymblStorageError:
    """Return the error that a failed write comes to.

    :param uri: what could not be written.
    :param problem: why not.
    """
    return SymblStorageError(f"results: {uri} cannot be written ({_reason(problem)})")


def _reason(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
