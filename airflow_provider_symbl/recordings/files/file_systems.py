"""Where recordings lie: local folders and object storage, listed and read without anybody's cache."""

from __future__ import annotations

import base64
import datetime
import errno
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from airflow_provider_symbl.client.validators import without_query

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MIB = 1 << 20
LOCAL = frozenset({"", "file", "local"})
OBJECT_STORES = frozenset(
    {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "wasb", "wasbs", "oci", "oss", "obs", "memory"}
)
"""File systems whose objects are whole as soon as they are there, and which have no folders of their own."""
SAME_STORES = {"s3a": "s3", "gcs": "gs", "abfss": "abfs", "az": "abfs", "wasb": "abfs", "wasbs": "abfs"}
VERSIONS = ("ETag", "generation", "etag", "version_id")
NO_FILE = frozenset({errno.ELOOP, errno.ENAMETOOLONG})
"""What a link that leads in a circle, or to a name of no file, comes to."""
TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "created")


def joined(folder: str, name: str) -> str:
    """Return the key of what is in a folder.

    :param folder: its key.
    :param name: the name of what is in it.
    """
    return f"{folder}{name}" if folder in {"", "/"} else f"{folder}/{name}"


class Status(NamedTuple):
    """What a file system tells of a file without opening it.

    :param size: bytes.
    :param version: an etag or a generation, or nanoseconds of its last change.
    :param modified: when it was last changed, in seconds since the epoch; None where nobody tells.
    """

    size: int
    version: str
    modified: float | None


@dataclass(slots=True)
class Listing:
    """One folder.

    :param files: names of all that is no folder, sorted.
    :param folders: names of the folders, sorted.
    :param linked: names of symbolic links to folders, sorted.
    :param status: tells what a file is; None where it is gone by now, or is no file.
    """

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    status: Callable[[str], Status | None] = lambda _: None


class FileSystem(Protocol):
    """What is asked of storage; a key is a file's or folder's whole path in it.

    ``prefix`` is what stands before a key in a URI, ``store`` what tells stores apart, whoever's credentials they are
    opened with; ``is_settled`` whether what is listed is whole; ``has_folders`` whether a folder can be missing.
    """

    prefix: str
    store: str
    is_settled: bool
    has_folders: bool

    def listing(self, folder: str) -> Listing:
        """List a folder as it is now; raises what the storage raises."""

    def status(self, key: str) -> Status | None:
        """Look at a file as it is now; None where there is none. Raises what else the storage raises."""

    def is_folder(self, key: str) -> bool:
        """Tell whether there is such a folder; of storage without folders, whether anything is below it."""

    def identity(self, folder: str) -> Hashable:
        """Return what two names of one folder have in common."""

    def stored(self, key: str) -> Any:  # noqa: ANN401 - a path of one of two kinds
        """Return the file as uploads take it."""

    def open(self, key: str, block_size: int) -> IO[bytes]:
        """Open a file for reading, by requests of about so many bytes where it is remote."""

    def checksum(self, key: str) -> tuple[str, str] | None:
        """Return algorithm and hexadecimal digest of the whole object, where the store has one that is strong."""


class LocalFiles:
    """The machine's own file system, network mounts among it."""

    prefix = ""
    store = ""
    is_settled = False
    has_folders = True

    def listing(self, folder: str) -> Listing:
        """List a folder; what cannot be told apart is a file, and looked at later."""
        found = Listing(status=lambda name: self.status(joined(folder, name)))
        with os.scandir(folder) as entries:
            for entry in entries:
                if not _is_directory(entry):
                    found.files.append(entry.name)
                elif entry.is_symlink():
                    found.linked.append(entry.name)
                else:
                    found.folders.append(entry.name)
        for names in (found.files, found.folders, found.linked):
            names.sort()
        return found

    def status(self, key: str) -> Status | None:
        """Look at a file; what a broken link or a pipe stands for is no file."""
        try:
            told = Path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as problem:
            if problem.errno in NO_FILE:
                return None
            raise
        if not stat.S_ISREG(told.st_mode):
            return None
        return Status(told.st_size, str(told.st_mtime_ns), told.st_mtime)

    def is_folder(self, key: str) -> bool:
        """Tell whether there is such a folder."""
        return Path(key).is_dir()

    def identity(self, folder: str) -> Hashable:
        """Return device and inode."""
        told = Path(folder).stat()
        return told.st_dev, told.st_ino

    def stored(self, key: str) -> Path:
        """Return its path."""
        return Path(key)

    def open(self, key: str, block_size: int) -> IO[bytes]:  # noqa: ARG002 - the system reads ahead by itself
        """Open a file."""
        return Path(key).open("rb")

    def checksum(self, key: str) -> None:  # noqa: ARG002 - file systems keep none
        """Return none."""
        return


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


@dataclass(frozen=True)
class StoredObject:
    """An object as uploads take it, under exactly the key that was listed: a URI may not be able to spell it.

    :param fs: fsspec's file system.
    :param path: the key in it.
    :param uri: for messages.
    """

    fs: Any
    path: str
    uri: str

    def __str__(self) -> str:
        return self.uri

    @property
    def suffix(self) -> str:
        """The ending of its name, with the dot."""
        return os.path.splitext(self.path)[1]  # noqa: PTH122 - a key is no path of this machine

    def stat(self) -> os.stat_result:
        """Tell its size, and that it is a file."""
        self.fs.invalidate_cache(self.path)
        told = self.fs.info(self.path)
        kind = stat.S_IFDIR if told["type"] == "directory" else stat.S_IFREG
        return os.stat_result((kind, 0, 0, 1, 0, 0, told.get("size") or 0, 0, 0, 0))

    def open(self, mode: Literal["rb"] = "rb", block_size: int = MIB) -> IO[bytes]:
        """Open it for reading.

        :param mode: bytes only.
        :param block_size: about how many bytes a request asks for; twice as many are in memory.
        """
        stream: IO[bytes] = self.fs.open(self.path, mode, block_size=block_size)
        return stream


class StoredFiles:
    """A file system of fsspec.

    :param fs: the file system.
    :param protocol: its name, such as ``s3``.
    :param prefix: what stands before a key in a URI.
    """

    def __init__(self, fs: Any, protocol: str, prefix: str) -> None:  # noqa: ANN401 - fsspec has no types
        self._fs = fs
        self.prefix = prefix
        self.store = SAME_STORES.get(protocol, protocol)
        self.is_settled = protocol in OBJECT_STORES
        self.has_folders = protocol not in OBJECT_STORES

    def listing(self, folder: str) -> Listing:
        """List a folder; the empty objects by which some tools mark a folder are left out."""
        self._fs.invalidate_cache(folder)
        try:
            entries = self._fs.ls(folder, detail=True)
        finally:
            # What was listed would stay in memory as long as the file system does, which is the whole task.
            self._fs.invalidate_cache(folder)
        files: dict[str, Status] = {}
        folders: set[str] = set()
        for entry in entries:
            key = str(entry["name"])
            if key.strip("/") == folder.strip("/"):
                continue
            name = key.rstrip("/").rpartition("/")[2]
            if entry["type"] == "directory" or key.endswith("/"):
                folders.add(name)
            else:
                files[name] = status_of(entry)
        return Listing(sorted(files), sorted(folders), status=files.get)

    def status(self, key: str) -> Status | None:
        """Look at an object."""
        self._fs.invalidate_cache(key)
        try:
            told = self._fs.info(key)
        except FileNotFoundError:
            return None
        return None if told["type"] == "directory" else status_of(told)

    def is_folder(self, key: str) -> bool:
        """Tell whether anything is below a key, or whether there is such a bucket."""
        self._fs.invalidate_cache(key)
        try:
            # Not isdir: it takes a refusal for an absence.
            return bool(self._fs.info(key)["type"] == "directory" or self._fs.isdir(key))
        except FileNotFoundError:
            return False

    def identity(self, folder: str) -> Hashable:
        """Return the folder's key: object stores have no links."""
        return folder

    def stored(self, key: str) -> StoredObject:
        """Return the object."""
        return StoredObject(self._fs, key, str(without_query(f"{self.prefix}{key}")))

    def open(self, key: str, block_size: int) -> IO[bytes]:
        """Open an object."""
        return self.stored(key).open("rb", block_size)

    def checksum(self, key: str) -> tuple[str, str] | None:
        """Return what S3 (SHA-256 of the full object) or Google's storage (MD5) keeps of an object, else None."""
        self._fs.invalidate_cache(key)
        if hasattr(self._fs, "call_s3"):
            bucket, _, name = key.partition("/")
            told = self._fs.call_s3("head_object", Bucket=bucket, Key=name, ChecksumMode="ENABLED")
            is_whole = told.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
            algorithm, digest = "sha256", told.get("ChecksumSHA256") if is_whole else None
        else:
            algorithm, digest = "md5", self._fs.info(key).get("md5Hash")
        # S3 writes the number of parts behind a digest of digests.
        if not digest or "-" in digest:
            return None
        return algorithm, base64.b64decode(digest).hex()


def status_of(told: Any) -> Status:  # noqa: ANN401 - a dict of fsspec, with keys of each store's own
    """Return what an entry of fsspec tells.

    :param told: the entry, of a listing or of one file.
    """
    modified = next((told[name] for name in TIMES if told.get(name)), None)
    seconds = _seconds(modified)
    version = next((str(told[name]) for name in VERSIONS if told.get(name)), "" if seconds is None else str(seconds))
    return Status(int(told.get("size") or 0), version.strip('"'), seconds)


def _seconds(moment: object) -> float | None:
    if isinstance(moment, str):
        try:
            moment = datetime.datetime.fromisoformat(moment)
        except ValueError:
            return None
    if isinstance(moment, datetime.datetime):
        # Stores tell UTC, some of them without saying so.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        return moment.timestamp()
    return float(moment) if isinstance(moment, (int, float)) else None
