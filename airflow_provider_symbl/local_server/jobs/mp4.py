"""MP4 files: whether one is a video, by the boxes of its header alone.

Our own, and not PyAV, which is for the recogniser's processes: a file that crashes it must not crash the server.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

WRONG_CALL = (
    "Detected MIME Type as '{kind}'. This endpoint only supports audio files. "
    "For video files please use /v1/process/video or /v1/process/video/url endpoints."
)
"""Symbl's own words."""
QUICKTIME = b"qt  "
SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B ")
"""Files of sound, whose pictures are covers and chapters."""
MOST_BOXES = 2_000
"""A header has a few dozen; a file that is made to keep a reader busy is left to the recogniser."""
HEAD = struct.Struct(">I4s")
LONG_SIZE = struct.Struct(">Q")
HANDLER_AT = 8
CODEC_AT = 12
FOUR = 4
STILLS = (b"jpeg", b"png ", b"mjpa", b"mjpb")
"""Codecs of covers and chapters."""


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int
    end: int


def refusal_of_video(file: BinaryIO) -> str | None:
    """Tell why a recording is none for a call that takes sound; None for sound, and for whatever is no MP4.

    :param file: open at its beginning.
    """
    end = file.seek(0, 2)
    boxes = _Boxes(file)
    first = next(boxes.within(0, end), None)
    if first is None or first.kind != b"ftyp":
        return None
    brand = boxes.payload(first, 0)
    if brand in SOUND_BRANDS or not boxes.has_pictures(end):
        return None
    return WRONG_CALL.format(kind="video/quicktime" if brand == QUICKTIME else "video/mp4")


class _Boxes:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MOST_BOXES

    def within(self, start: int, end: int) -> Iterator[_Box]:
        """Give the boxes between two places, as far as they make sense."""
        while start + HEAD.size <= end and self._left:
            self._left -= 1
            self._file.seek(start)
            size, kind = HEAD.unpack(self._file.read(HEAD.size))
            body = start + HEAD.size
            if size == 1:
                size = int.from_bytes(self._file.read(LONG_SIZE.size))
                body += LONG_SIZE.size
            stop = end if size == 0 else min(end, start + size)
            if stop < body:
                return
            yield _Box(kind, body, stop)
            start = stop

    def payload(self, box: _Box, offset: int) -> bytes:
        """Give four bytes of a box."""
        self._file.seek(box.start + offset)
        return self._file.read(FOUR)

    def has_pictures(self, end: int) -> bool:
        """Tell whether a track is one of moving pictures."""
        return any(self._moves(media) for media in self._of(_Box(b"", 0, end), b"moov", b"trak", b"mdia"))

    def _moves(self, media: _Box) -> bool:
        if not any(self.payload(handler, HANDLER_AT) == b"vide" for handler in self._of(media, b"hdlr")):
            return False
        codecs = [self.payload(table, CODEC_AT) for table in self._of(media, b"minf", b"stbl", b"stsd")]
        return not codecs or codecs[0] not in STILLS

    def _of(self, parent: _Box, kind: bytes, *inner: bytes) -> Iterator[_Box]:
        """Give the boxes of a kind in another, or those that lie at a path of kinds."""
        found = (box for box in self.within(parent.start, parent.end) if box.kind == kind)
        return (box for outer in found for box in self._of(outer, *inner)) if inner else found
