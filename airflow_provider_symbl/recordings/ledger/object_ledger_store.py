"""Keeps a ledger's files on object storage, by fsspec; each library's exclusive creation counts from a version on."""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.recordings.ledger.ledger_store import StoredFile, is_mine, non_empty, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXCLUSIVE_SINCE: Mapping[str, tuple[int, int]] = {"s3fs": (2024, 12), "gcsfs": (2024, 12), "adlfs": (2024, 12)}
"""The libraries whose ``pipe_file(mode="create")`` is exclusive, and since when; older ones overwrite silently."""
MEMORY = "fsspec.implementations.memory"
DELETERS = 16
"""Threads that delete at once: no file system deletes many files whose names hold wildcards."""
MOMENTS = ("LastModified", "last_modified", "mtime", "updated", "created")
"""What file systems call the moment of the last change."""
_memory_lock = threading.RLock()


class ObjectLedgerStore:
    """Keeps the files under a prefix of object storage.

    :param files: the fsspec file system: of S3, Google Cloud Storage or Azure; in memory it is for tests.
    :param path: of the ledger in it.
    :param uri: the same as people write it.
    :raises SymblConfigurationError: a file system, or a version of one, that is not known to create exclusively.
    """

    def __init__(self, files: Any, path: str, uri: str) -> None:  # noqa: ANN401 - fsspec has no types
        self._files = files
        self._path = path.rstrip("/")
        self._uri = uri.rstrip("/")
        self._library = _library(files, self._uri)
        # In memory neither creating nor reading is safe among threads.
        self._lock = _memory_lock if self._library == MEMORY else contextlib.nullcontext()

    def list(self, prefix: str) -> list[StoredFile]:
        """Return the files whose names begin so."""
        folder, _, begin = prefix.rpartition("/")
        place = self._place(folder)
        with storage_errors(self.uri(prefix), "listed"), self._lock:
            # fsspec remembers listings, and a ledger is written by others too.
            self._files.invalidate_cache()
            found = self._files.find(place, detail=True, **({"prefix": begin} if begin else {}))
        return sorted(
            StoredFile(name, info.get("size") or 0, _moment(info))
            for name, info in ((self._name(path), info) for path, info in found.items() if info["type"] == "file")
            if name.startswith(prefix) and "/" not in name.removeprefix(folder).lstrip("/")
        )

    def read(self, name: str) -> bytes:
        """Return what an object holds."""
        with storage_errors(self.uri(name), "read"), self._lock:
            content: bytes = self._files.cat_file(self._place(name))
        return content

    def read_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return what objects hold; the file system fetches many at once."""
        wanted = list(names)
        # Not by `cat`, which takes a name with a bracket for a pattern.
        with storage_errors(self.uri(""), "read"), self._lock:
            found = self._files.cat_ranges([self._place(name) for name in wanted], None, None, on_error="return")
        contents = {}
        for name, content in zip(wanted, found, strict=True):
            with contextlib.suppress(FileNotFoundError), storage_errors(self.uri(name), "read"):
                if isinstance(content, BaseException):
                    raise content
                contents[name] = bytes(content)
        return contents

    def create(self, name: str, content: bytes) -> bool:
        """Create an object that must not exist."""
        non_empty(content)
        try:
            with self._lock:
                self._files.pipe_file(self._place(name), content, mode="create")
        except Exception as problem:  # noqa: BLE001 - what stands there decides: a PUT that was answered too late is sent again
            return is_mine(self, name, content, problem)
        return True

    def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        with (
            contextlib.suppress(FileNotFoundError),
            storage_errors(self.uri(name), "deleted"),
            self._lock,
        ):
            if self._library == "adlfs":  # which has no `rm_file`
                self._files.rm(self._place(name), expand_path=False)
            else:
                self._files.rm_file(self._place(name))

    def delete_many(self, names: Iterable[str]) -> None:
        """Delete objects, some at once."""
        with ThreadPoolExecutor(DELETERS) as threads:
            for _ in threads.map(self.delete, names):
                pass

    def uri(self, name: str) -> str:
        """Return the URI of an object."""
        return f"{self._uri}/{name}"

    def _place(self, name: str) -> str:
        return f"{self._path}/{name}" if name else self._path

    def _name(self, path: str) -> str:
        # Some file systems begin paths with a slash, or leave it out.
        return path.lstrip("/").removeprefix(self._path.lstrip("/")).lstrip("/")


def _library(files: object, uri: str) -> str:
    """Return the library of a file system that creates files exclusively."""
    for origin in type(files).__mro__:
        if origin.__module__ == MEMORY:
            return MEMORY
        library = origin.__module__.partition(".")[0]
        if library in EXCLUSIVE_SINCE:
            _check_version(library, uri)
            return library
    message = (
        f"ledger: {uri} is on a file system ({type(files).__name__}) that is not known to create files exclusively; "
        "give a ledger on S3, Google Cloud Storage, Azure or a local file system"
    )
    raise SymblConfigurationError(message)


def _check_version(library: str, uri: str) -> None:
    version = importlib.metadata.version(library)
    least = EXCLUSIVE_SINCE[library]
    if tuple(int(number) for number in re.findall(r"\d+", version)[: len(least)]) < least:
        message = (
            f"ledger: {uri} needs {library} of version {'.'.join(map(str, least))} or newer, which creates files "
            f"exclusively; {version} is installed"
        )
        raise SymblConfigurationError(message)


def _moment(info: Mapping[str, Any]) -> float | None:
    """Return when a listed object was last changed, in seconds since the epoch."""
    for told in filter(None, map(info.get, MOMENTS)):
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(told) if isinstance(told, str) else told
            return moment.timestamp() if isinstance(moment, datetime) else float(moment)
    return None
