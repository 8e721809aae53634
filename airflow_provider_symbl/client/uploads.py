"""A file that is sent: checked before any request, then streamed from where it lies in constant memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NoReturn, Protocol, runtime_checkable

from airflow_provider_symbl.client.endpoints import AUDIO_FILE, Source
from airflow_provider_symbl.client.validators import invalid_value
from airflow_provider_symbl.exceptions import SymblConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

AUDIO_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg"}
"""The audio types that Symbl allows in a header; of every other format it finds out by itself."""
VIDEO_TYPE = "video/mp4"


@runtime_checkable
class StoredPath(Protocol):
    """What the path of a stored file must be able to do; ``pathlib.Path`` and Airflow's ObjectStoragePath can."""

    def stat(self) -> os.stat_result:
        """Tell size and kind."""

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        """Open it for reading."""

    @property
    def suffix(self) -> str:
        """The ending of its name, with the dot."""


class Upload:
    """A file that is the body of a submission.

    :param file: a local path, or an object that behaves like :class:`pathlib.Path`.
    :raises SymblConfigurationError: it is missing, empty, a folder or unreadable.
    """

    def __init__(self, file: object) -> None:
        if not isinstance(file, (str, os.PathLike, StoredPath)):
            invalid_value("file", file, "the path of a recording")
        if not str(file).strip():
            invalid_value("file", str(file), "the path of a recording")
        self._path: StoredPath = file if isinstance(file, StoredPath) else Path(file)
        self.size = self._checked_size()

    def content_type(self, source: Source) -> str:
        """Return the Content-Type to send, empty for none.

        :param source: audio or video file.
        """
        if source is AUDIO_FILE:
            return AUDIO_TYPES.get(self._path.suffix.lower(), "")
        return VIDEO_TYPE

    def body(self) -> UploadBody:
        """Open the file as a request body; each attempt takes one of its own."""
        return UploadBody(self._open(), self.size, str(self._path))

    def _checked_size(self) -> int:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._invalid("does not exist")
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            self._unreadable(problem)
        if stat.S_ISDIR(status.st_mode):
            self._invalid("is a folder")
        if not stat.S_ISREG(status.st_mode):
            self._invalid("is not a regular file")
        if status.st_size == 0:
            self._invalid("is empty")
        self._open().close()
        return status.st_size

    def _open(self) -> IO[bytes]:
        try:
            return self._path.open("rb")
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            self._unreadable(problem)

    def _unreadable(self, problem: Exception) -> NoReturn:
        self._invalid(
            f"cannot be read ({getattr(problem, 'strerror', None) or str(problem) or type(problem).__name__})"
        )

    def _invalid(self, what: str) -> NoReturn:
        message = f"file: {self._path} {what}; allowed: a readable file that is not empty"
        raise SymblConfigurationError(message)


class UploadBody:
    """The bytes of one recording on their way: as many as were announced, and a note whether any has left.

    :param stream: the open file, closed by :meth:`close`.
    :param size: bytes that Content-Length announces.
    :param name: the file's name, for errors.
    """

    def __init__(self, stream: IO[bytes], size: int, name: str) -> None:
        self._stream = stream
        self._size = size
        self._name = name
        self._left = size

    @property
    def has_left(self) -> bool:
        """Whether any byte was handed to the network."""
        return self._left < self._size

    def __len__(self) -> int:
        """Return the announced size, which becomes Content-Length."""
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """Make HTTP clients take this for a stream."""
        while block := self.read(1 << 17):
            yield block

    def read(self, size: int) -> bytes:
        """Return the next bytes, never more than were announced.

        :param size: the most to return.
        :raises OSError: the file has become shorter since it was checked, or cannot be read any further.
        """
        try:
            block = self._stream.read(min(size, self._left))
        except Exception as problem:
            # Each object store raises errors of its own; an OSError is what an interrupted send is known by.
            raise OSError(f"{self._name} cannot be read any further ({type(problem).__name__})") from problem
        if not block and self._left:
            message = f"{self._name} has become shorter while it was being sent"
            raise OSError(message)
        self._left -= len(block)
        return block

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
