"""How long a recording is and how many channels it has, by its header alone."""

from __future__ import annotations

import io
import math
from typing import IO, BinaryIO, NamedTuple, cast

MOST_READ = 32 << 20
"""Bytes that a header may make somebody read; of a recording that has none, frames of half a minute are read."""
MOST_CALLS = 200_000
LEAST_BYTES = 16
"""Bytes a second that any recording has; a header that tells of less is wrong."""
BY_TINYTAG = frozenset({"mpeg", "flac", "ogg", "aiff", "asf"})


class Sound(NamedTuple):
    """What a header tells.

    :param duration: seconds; None where it does not tell.
    :param channels: at least 1.
    """

    duration: float | None = None
    channels: int = 1


def likely(duration: float | None, channels: int | None, size: int) -> Sound:
    """Return what can be believed of a header.

    :param duration: seconds, by the header.
    :param channels: the same.
    :param size: bytes of the file.
    """
    is_possible = duration is not None and math.isfinite(duration) and 0 < duration <= size / LEAST_BYTES
    return Sound(duration if is_possible else None, max(channels or 1, 1))


def read_sound(stream: IO[bytes], container: str, size: int) -> Sound:
    """Read the header of a file that is neither WAV nor MP4.

    :param stream: the file.
    :param container: its name.
    :param size: its bytes.
    """
    if container not in BY_TINYTAG:
        return Sound()
    try:
        # An extra of its own: a night goes on without it, and counts by bytes.
        from tinytag import TinyTag  # noqa: PLC0415 - the same

        tag = TinyTag.get(file_obj=cast("BinaryIO", _Bounded(stream, size)), tags=False)
    except ImportError:
        return Sound()
    except Exception:  # noqa: BLE001 - a broken header raises whatever it leads to
        return Sound()
    return likely(tag.duration, tag.channels, size)


class _Bounded:
    """What tinytag reads a file by: no more than some bytes in all, and not for ever.

    :param stream: the file.
    :param size: its bytes.
    """

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._size = size
        self._left = MOST_READ
        self._calls = MOST_CALLS

    def read(self, size: int = -1) -> bytes:
        self._calls -= 1
        if self._left <= 0 or self._calls <= 0:
            raise OSError("too much to read for a header")
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._stream.tell(), io.SEEK_END: self._size}[whence]
        return self._stream.seek(min(max(start + offset, 0), self._size))

    def tell(self) -> int:
        return self._stream.tell()
