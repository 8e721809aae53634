"""The tracks of an MP4 file: which there are, how long they are, and whether they are encrypted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BOXES = 20_000
"""Boxes that are looked at; a film of four hours in fragments has some thousand."""
DEEPEST = 8
FOLDERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex"})
"""Boxes that hold boxes."""
ENCRYPTED = frozenset({b"enca", b"encv", b"drms", b"drmi"})
STILLS = frozenset({b"jpeg", b"png ", b"mjpa", b"mjpb", b"mjp2", b"tiff"})
"""What pictures of chapters and covers are stored as, in tracks of their own."""
SOUND, VIDEO = b"soun", b"vide"


@dataclass
class Track:
    """One track.

    :param handler: what it is for: ``soun``, ``vide`` or another.
    :param codec: how it is stored; empty where that is not told.
    :param duration: seconds, 0 where they are not told.
    :param channels: of sound.
    """

    handler: bytes = b""
    codec: bytes = b""
    duration: float = 0.0
    channels: int = 1


@dataclass
class Mp4:
    """What the boxes tell.

    :param duration: seconds of the whole film, 0 where they are not told.
    :param tracks: in their order.
    """

    duration: float = 0.0
    tracks: list[Track] = field(default_factory=list)

    @property
    def has_video(self) -> bool:
        """Whether it holds moving pictures."""
        return any(track.handler == VIDEO and track.codec not in STILLS for track in self.tracks)

    @property
    def sound(self) -> list[Track]:
        """The tracks that can be heard."""
        return [track for track in self.tracks if track.handler == SOUND]

    @property
    def is_encrypted(self) -> bool:
        """Whether nothing of it can be heard without a key."""
        return bool(self.sound) and all(track.codec in ENCRYPTED for track in self.sound)


def read_mp4(stream: IO[bytes], size: int) -> Mp4:
    """Read the boxes of a file; what is broken in them is left out.

    :param stream: the file.
    :param size: its bytes.
    """
    found = Mp4()
    scale = 0
    for name, start, end in _boxes(stream, (0, size), [MOST_BOXES], 0):
        body = _Body(stream, start, end)
        track = found.tracks[-1] if found.tracks else Track()
        if name == b"trak":
            found.tracks.append(Track())
        elif name == b"mvhd":
            found.duration, scale = body.duration(), body.scale()
        elif name == b"mehd" and scale:
            # The whole of a film in fragments.
            found.duration = body.number(4, 8 if body.is_long else 4) / scale
        elif name == b"mdhd":
            track.duration = body.duration()
        elif name == b"hdlr" and not track.handler:
            track.handler = body.read(8, 4)
        elif name == b"stsd":
            track.codec = body.read(12, 4)
            track.channels = int.from_bytes(body.read(32, 2), "big") if track.handler == SOUND else 1
    found.duration = max([found.duration, *(track.duration for track in found.sound)])
    return found


class _Body:
    """The inside of a box.

    :param stream: the file.
    :param start: where it begins.
    :param end: where it ends.
    """

    def __init__(self, stream: IO[bytes], start: int, end: int) -> None:
        self._stream = stream
        self._start = start
        self._end = end

    def read(self, place: int, length: int) -> bytes:
        """Return bytes from a place on, as far as they are there."""
        start = self._start + place
        self._stream.seek(start)
        return self._stream.read(max(min(length, self._end - start), 0))

    @property
    def is_long(self) -> bool:
        """Whether its times have eight bytes."""
        return self.number(0, 1) == 1

    def number(self, place: int, length: int) -> int:
        """Return a number from a place on."""
        return int.from_bytes(self.read(place, length), "big")

    def duration(self) -> float:
        """Return the seconds that the header of a film or a track tells, 0 where it does not know."""
        length, scale = 8 if self.is_long else 4, self.scale()
        units = self.number(24 if self.is_long else 16, length)
        return units / scale if scale and units != (1 << 8 * length) - 1 else 0.0

    def scale(self) -> int:
        """Return how many units of time are a second."""
        return self.number(20 if self.is_long else 12, 4)


def _boxes(
    stream: IO[bytes], between: tuple[int, int], left: list[int], depth: int
) -> Iterator[tuple[bytes, int, int]]:
    """Walk through the boxes between two places, and those in them, in their order."""
    start, end = between
    while start + 8 <= end and left[0] > 0:
        left[0] -= 1
        stream.seek(start)
        head = stream.read(16)
        size, name, body = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), start + 16
        after = min(start + size, end) if size else end
        if after < body or len(name) < 4:  # noqa: PLR2004 - a box has a name of four bytes
            return
        yield name, body, after
        if name in FOLDERS and depth < DEEPEST:
            yield from _boxes(stream, (body, after), left, depth + 1)
        start = after
