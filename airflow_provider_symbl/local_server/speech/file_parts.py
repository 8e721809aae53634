"""File parts: which parts of a file are recordings of their own, and headers that declare less than there is.

FFmpeg's demuxers take a file for one recording whose header is right. Our own, since no library does it: recordings
that were appended to each other, of which a demuxer finds the first, or takes its format for that of all; and a
declared size that ends the sound before the file does.
"""

from __future__ import annotations

import io
import mmap
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RIFF = (b"RIFF", b"RF64", b"BW64")
SIZE_UNKNOWN = (0, 0xFFFFFFFF)
OGG_HEADER = 27
OGG_IS_FIRST = 2
OGG_CODECS = (b"\x01vorbis", b"OpusHead", b"Speex", b"\x7fFLAC", b"fLaC", b"\x80theora", b"fishead", b"BBCD", b"OVP80")
"""How the first page of a stream goes on: a page of which a damaged byte says that it is the first one does not."""
SIGNS = (
    (b"fLaC", b"fLaC\0\0\0\x22"),
    (b"#!AMR", b"#!AMR"),
    (b"FLV\x01", b"FLV\x01"),
    (b"\x1aE\xdf\xa3", b"\x1aE\xdf\xa3"),
)
"""How a file begins, and how the next recording in it does."""
SHORTEST_ZEROS = 16
"""No format begins with so many zero bytes; what was cut out of a stream may."""
BLOCK = 1 << 16
MOST_LINKS = 1_000
"""Recordings that are looked for in a file; what is behind them belongs to the last."""
MOST_CHUNKS = 1_000_000
"""Chunks or boxes that are looked at: a file of empty ones must not keep anybody busy."""
SHORTEST_BOX = 8
PRINTABLE = frozenset(range(0x20, 0x7F))


@dataclass(frozen=True)
class Patch:
    """What a file should say.

    :param at: where, in bytes.
    :param data: what.
    """

    at: int
    data: bytes


class FilePart(io.RawIOBase):
    """A part of a file, as a file of its own; it has no name that a demuxer could go by.

    :param file: the whole, open for reading.
    :param start: where the part begins, in bytes.
    :param end: where it ends.
    """

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._position = 0
        self.size = end - start
        self.patch: Patch | None = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be sought in."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes."""
        left = max(0, self.size - self._position)
        wanted = left if size < 0 else min(size, left)
        if not wanted:
            return b""
        self._file.seek(self._start + self._position)
        data = self._patched(self._file.read(wanted))
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        origins = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}
        self._position = max(0, origins[whence] + offset)
        return self._position

    def tell(self) -> int:
        """Tell the place."""
        return self._position

    def at(self, offset: int, size: int) -> bytes:
        """Give the bytes of a place.

        :param offset: where they are.
        :param size: how many.
        """
        self.seek(offset)
        return self.read(size)

    def _patched(self, data: bytes) -> bytes:
        if self.patch is None:
            return data
        whole, patch = bytearray(data), self.patch
        for index, byte in enumerate(patch.data, patch.at - self._position):
            if 0 <= index < len(whole):
                whole[index] = byte
        return bytes(whole)


def links(path: Path) -> list[tuple[int, int]]:
    """Find the recordings in a file that follow each other: an Ogg's chain, or files in a row.

    :param path: the file.
    :return: where each begins and ends, in bytes; none for a file that is empty or of zeros only.
    """
    with _mapped(path) as data:
        start = _first_byte(path)
        if start >= len(data):
            return []
        starts = [start, *islice(_next_links(data, start), MOST_LINKS - 1)]
        return list(zip(starts, [*starts[1:], len(data)], strict=True))


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    with path.open("rb") as file:
        if not file.seek(0, io.SEEK_END):
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def _first_byte(path: Path) -> int:
    """Say where a file begins, but for zeros before it, which are read and not mapped: they may be all of it."""
    at = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            rest = block.lstrip(b"\0")
            at += len(block) - len(rest)
            if rest:
                break
    return at if at >= SHORTEST_ZEROS else 0


def _next_links(data: mmap.mmap | bytes, start: int) -> Iterator[int]:
    head = bytes(data[start : start + 12])
    if head.startswith(b"OggS"):
        yield from _ogg_links(data, start)
    elif head[:4] in RIFF and head[8:] == b"WAVE":
        yield from _wav_links(data, start)
    elif head[4:8] == b"ftyp":
        yield from _mp4_links(data, start)
    for sign, following in SIGNS:
        if head.startswith(sign):
            at = start
            while (at := data.find(following, at + 1)) >= 0:
                yield at


def _ogg_links(data: mmap.mmap | bytes, at: int) -> Iterator[int]:
    """Find where, behind other pages, the first page of a stream stands (RFC 3533)."""
    is_beginning = True
    while (at := data.find(b"OggS", at)) >= 0:
        header = data[at : at + OGG_HEADER]
        if len(header) < OGG_HEADER:
            return
        body = at + OGG_HEADER + header[26]
        is_first = bool(header[5] & OGG_IS_FIRST) and data[body : body + 16].startswith(OGG_CODECS)
        if is_first and not is_beginning:
            yield at
        is_beginning = is_first
        at = body


def _wav_links(data: mmap.mmap | bytes, at: int) -> Iterator[int]:
    """Find the WAVs that begin where the one before them says that it ends."""
    while (size := struct.unpack_from("<I", data, at + 4)[0]) not in SIZE_UNKNOWN:
        at += 8 + size
        at += data[at : at + 1] == b"\0" and size % 2
        if data[at : at + 4] != b"RIFF" or data[at + 8 : at + 12] != b"WAVE":
            return
        yield at


def _mp4_links(data: mmap.mmap | bytes, at: int) -> Iterator[int]:
    """Find the MP4s that begin behind the boxes of the one before them."""
    has_index = False
    for _ in range(MOST_CHUNKS):
        head = data[at : at + 16]
        if len(head) < 16:  # noqa: PLR2004 - a box's size, name, and long size
            return
        size, name, long = struct.unpack(">I4sQ", head)
        if name == b"ftyp" and has_index:
            yield at
            has_index = False
        has_index |= name == b"moov"
        at += max(long if size == 1 else size, SHORTEST_BOX) if size else len(data)


def heal(part: FilePart) -> None:
    """Have a part declare all the sound that it holds, where its header declares less.

    That is so where no chunk follows upon the data, but something else, as in a recording that was not ended properly.

    :param part: the part; it is at its beginning afterwards.
    """
    part.patch = None
    head = part.at(0, 40)
    if head[:4] in RIFF and head[8:12] == b"WAVE":
        part.patch = _rf64_patch(part) if head[12:16] == b"ds64" else _patch(part, RIFF_CHUNKS)
    elif head[:4] == b"FORM":
        part.patch = _patch(part, AIFF_CHUNKS)
    elif head[:4] == b"riff" and head[24:28] == b"wave":
        part.patch = _patch(part, W64_CHUNKS)
    elif head[:4] == b"caff":
        part.patch = _patch(part, CAF_CHUNKS)
    elif head[:4] == b".snd":
        part.patch = Patch(8, b"\xff" * 4)
    part.seek(0)


@dataclass(frozen=True)
class Chunks:
    """How the chunks of a container are written.

    :param first: where the first one begins, in bytes.
    :param name: the bytes of a chunk's name.
    :param size: how its size is packed, right behind the name.
    :param counts_itself: whether the size is that of the name and the size, too.
    :param align: to how many bytes chunks are filled up.
    :param data: how the name of the chunk with the sound begins.
    :param unknown: sizes that mean: up to the end of the file.
    """

    first: int
    name: int
    size: struct.Struct
    counts_itself: bool
    align: int
    data: bytes
    unknown: tuple[int, ...] = ()

    @property
    def header(self) -> int:
        """The bytes before what a chunk holds."""
        return self.name + self.size.size


RIFF_CHUNKS = Chunks(12, 4, struct.Struct("<I"), counts_itself=False, align=2, data=b"data", unknown=SIZE_UNKNOWN)
AIFF_CHUNKS = Chunks(12, 4, struct.Struct(">I"), counts_itself=False, align=2, data=b"SSND")
W64_CHUNKS = Chunks(40, 16, struct.Struct("<Q"), counts_itself=True, align=8, data=b"data")
CAF_CHUNKS = Chunks(8, 4, struct.Struct(">q"), counts_itself=False, align=1, data=b"data", unknown=(-1,))


def _patch(part: FilePart, chunks: Chunks) -> Patch | None:
    at = chunks.first
    for _ in range(MOST_CHUNKS):
        header = part.at(at, chunks.header)
        if len(header) < chunks.header:
            break
        (declared,) = chunks.size.unpack_from(header, chunks.name)
        held = max(0, declared - chunks.header if chunks.counts_itself else declared)
        end = at + chunks.header + held
        if header.startswith(chunks.data):
            if declared in chunks.unknown or not _goes_on(part, end, chunks):
                return None
            whole = part.size - at - (0 if chunks.counts_itself else chunks.header)
            limit = 256**chunks.size.size // 2 - 1
            return Patch(at + chunks.name, chunks.size.pack(min(whole, limit)))
        at = end + -end % chunks.align
    return None


def _rf64_patch(part: FilePart) -> Patch | None:
    """Mend the size of an RF64's data, which stands in a chunk of its own."""
    (declared,) = struct.unpack("<Q", part.at(28, 8).ljust(8, b"\0"))
    at = RIFF_CHUNKS.first
    for _ in range(MOST_CHUNKS):
        header = part.at(at, RIFF_CHUNKS.header)
        if len(header) < RIFF_CHUNKS.header:
            break
        name, size = struct.unpack("<4sI", header)
        if name == b"data":
            begin = at + RIFF_CHUNKS.header
            return (
                Patch(28, struct.pack("<Q", part.size - begin))
                if _goes_on(part, begin + declared, RIFF_CHUNKS)
                else None
            )
        at += RIFF_CHUNKS.header + size + size % 2
    return None


def _goes_on(part: FilePart, end: int, chunks: Chunks) -> bool:
    """Tell whether something else than a chunk follows upon a place."""
    return not any(_is_chunk(part, at, chunks) for at in (end, end + -end % chunks.align))


def _is_chunk(part: FilePart, at: int, chunks: Chunks) -> bool:
    """Tell whether a chunk stands at a place, or too little for one."""
    header = part.at(at, chunks.header)
    if len(header) < chunks.header:
        return True
    (size,) = chunks.size.unpack_from(header, chunks.name)
    return all(byte in PRINTABLE for byte in header[:4]) and size <= part.size - at
