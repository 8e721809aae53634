"""A file that is sent: checked before any request, then streamed from where it lies in constant memory."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
import stat
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NoReturn, Protocol, runtime_checkable

from airflow_provider_symbl.client.endpoints import AUDIO_FILE, Source
from airflow_provider_symbl.client.validators import invalid_value, without_query
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = "a readable file that is not empty"
VIDEO_TYPE = "video/mp4"
HEAD_SIZE = 12
"""Bytes by which a format is told."""
ID3_SIZE = 10
MISTAKES = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)
MISTAKEN_PATHS = {errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}


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


def location(path: object) -> str:
    """Return a path or the URI of a stored file as text.

    :param path: text, or an object of any library for paths.
    """
    return os.fsdecode(path) if isinstance(path, (str, os.PathLike)) else str(path)


def check_path(given: object, link_goes_to: str) -> None:
    """Check what can be told of a file's path without looking at the file.

    :param given: the argument ``file``.
    :param link_goes_to: what takes links, for errors.
    :raises SymblConfigurationError: it is no path, blank, or a link.
    """
    if not isinstance(given, (str, os.PathLike, StoredPath)) or not location(given).strip():
        invalid_value("file", given, "the path of a recording")
    if re.match(r"\s*https?:/", location(given), re.IGNORECASE):
        invalid_value(
            "file", without_query(location(given)), f"a local path or an object-storage URI; use {link_goes_to}"
        )


def reading_failed(argument: str, path: object, problem: Exception, allowed: str) -> NoReturn:
    """Raise what a failed read comes to: final where the path is wrong, else to be tried again.

    :param argument: the argument that holds the path.
    :param path: what could not be read.
    :param problem: why not; each object store has errors of its own.
    :param allowed: what may stand there.
    :raises SymblConfigurationError: it is missing, a folder, not permitted, or a path that no system takes.
    :raises SymblStorageError: the storage stumbles: unreachable, too slow, an expired token.
    """
    reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    what = f"{argument}: {without_query(location(path))} cannot be read ({without_query(reason)})"
    is_mistake = isinstance(problem, MISTAKES) and "expired" not in reason.lower()
    if is_mistake or "\0" in str(path) or getattr(problem, "errno", None) in MISTAKEN_PATHS:
        missing = isinstance(problem, FileNotFoundError)
        what = f"{argument}: {without_query(location(path))} does not exist" if missing else what
        raise SymblConfigurationError(f"{what}; allowed: {allowed}") from None
    # The cause's own text may hold a signed link.
    raise SymblStorageError(what) from None


def is_wav(head: bytes) -> bool:
    """Tell whether a file that begins so is a WAV file.

    :param head: its first bytes.
    """
    return head[:4] in {b"RIFF", b"RF64", b"BW64"} and head[8:12] == b"WAVE"


def is_mp3_frame(head: bytes) -> bool:
    """Tell whether bytes are the header of an MPEG audio frame of layer III, and not of AAC, which begins alike.

    :param head: the bytes, at least four.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the sync word of 11 bits
        return False
    version, layer, bitrate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in {0, 15} and rate != 3  # noqa: PLR2004 - reserved values


class Upload:
    """A file that is the body of a submission.

    :param file: a local path, or an object that behaves like :class:`pathlib.Path`.
    :param ends: by :func:`time.monotonic`, when to cut the body short, so that nobody takes it later; None for never.
    :param is_hashed: whether to hash what is sent.
    :raises SymblConfigurationError: it is missing, empty, a folder or not permitted.
    :raises SymblStorageError: its storage cannot be read at present.
    """

    def __init__(self, file: object, *, ends: float | None = None, is_hashed: bool = False) -> None:
        self._ends = math.inf if ends is None else ends
        self._is_hashed = is_hashed
        self._body: UploadBody | None = None
        check_path(file, "submit_audio_url or submit_video_url for a link")
        self._path: StoredPath = file if isinstance(file, StoredPath) else Path(location(file))
        self.size = self._checked_size()
        self._is_wav, self._is_mp3 = self._sniffed()

    def content_type(self, source: Source) -> str:
        """Return the Content-Type to send, empty for none.

        :param source: audio or video file.
        """
        if source is not AUDIO_FILE:
            return VIDEO_TYPE
        # Symbl checks the data against these two, and finds out every other format by itself.
        return "audio/wav" if self._is_wav else "audio/mpeg" if self._is_mp3 else ""

    def body(self) -> UploadBody:
        """Open the file as a request body; each attempt takes one of its own."""
        self._body = UploadBody(
            self._open(),
            self.size,
            str(self._path),
            ends=self._ends,
            digest=hashlib.sha256() if self._is_hashed else None,
        )
        return self._body

    @property
    def sha256(self) -> str | None:
        """The hash of what was sent last, in hexadecimal; None where not all of it was, or nobody asked for it."""
        return self._body.sha256 if self._body is not None else None

    def _checked_size(self) -> int:
        try:
            status = self._path.stat()
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            self._unreadable(problem)
        if stat.S_ISDIR(status.st_mode):
            self._invalid("is a folder")
        if not stat.S_ISREG(status.st_mode):
            self._invalid("is not a regular file")
        if status.st_size == 0:
            self._invalid("is empty")
        return status.st_size

    def _sniffed(self) -> tuple[bool, bool]:
        """Tell by the first bytes whether the file is WAV, and whether MP3: names are often wrong."""
        stream = self._open()
        try:
            head = stream.read(HEAD_SIZE)
            if head[:3] == b"ID3":
                # The size of a tag is written in seven bits a byte; AAC and FLAC may have such a tag too.
                stream.seek(ID3_SIZE + sum(byte << 7 * place for place, byte in enumerate(reversed(head[6:10]))))
                return False, is_mp3_frame(stream.read(HEAD_SIZE))
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            self._unreadable(problem)
        finally:
            stream.close()
        return is_wav(head), is_mp3_frame(head)

    def _open(self) -> IO[bytes]:
        try:
            return self._path.open("rb")
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            self._unreadable(problem)

    def _unreadable(self, problem: Exception) -> NoReturn:
        reading_failed("file", self._path, problem, ALLOWED)

    def _invalid(self, what: str) -> NoReturn:
        message = f"file: {without_query(str(self._path))} {what}; allowed: {ALLOWED}"
        raise SymblConfigurationError(message)


class UploadBody:
    """The bytes of one recording on their way: as many as were announced, and a note whether any has left.

    :param stream: the open file, closed by :meth:`close`.
    :param size: bytes that Content-Length announces.
    :param name: the file's name, for errors.
    :param ends: by :func:`time.monotonic`, when to cut it short.
    :param digest: takes what is sent; None for nothing.
    """

    def __init__(
        self,
        stream: IO[bytes],
        size: int,
        name: str,
        *,
        ends: float = math.inf,
        digest: hashlib._Hash | None = None,
    ) -> None:
        self._stream = stream
        self._size = size
        self._name = name
        self._left = size
        self._ends = ends
        self._digest = digest
        self.cut_short = ""
        """Why the body was ended before the announced size: whoever got it cannot have taken it. Empty where not."""

    @property
    def sha256(self) -> str | None:
        """The hash of all bytes, in hexadecimal; None where not all have left, or nobody asked for it."""
        return self._digest.hexdigest() if self._digest is not None and not self._left else None

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
        :raises OSError: the file has become shorter since it was checked, cannot be read any further, or its time is
            over.
        """
        if self._left and time.monotonic() >= self._ends:
            self._cut(f"{self._name} took too long to be sent")
        try:
            block = self._stream.read(min(size, self._left))
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            self._cut(f"{self._name} cannot be read any further ({type(problem).__name__})", problem)
        if not block and self._left:
            self._cut(f"{self._name} has become shorter while it was being sent")
        self._left -= len(block)
        if self._digest is not None:
            self._digest.update(block)
        return block

    def _cut(self, why: str, problem: Exception | None = None) -> NoReturn:
        self.cut_short = why
        # An OSError is what an interrupted send is known by.
        raise OSError(why) from problem

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
