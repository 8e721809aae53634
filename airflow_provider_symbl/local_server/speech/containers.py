"""Containers: what a file is by its first bytes, and which parts of it are recordings of their own.

FFmpeg's demuxers take a file for one recording whose header is right. Our own, since no library does it: files that
were appended to each other, a WAV that holds more than its header declares, and a name for what is no recording.
"""

from __future__ import annotations

import io
import mmap
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEMUXERS = (
    *("wav", "w64", "aiff", "au", "caf", "nistsphere", "sox", "voc"),
    *("mp3", "aac", "loas", "ac3", "eac3", "flac", "wv", "tta", "ape", "amr", "amrnb", "amrwb", "dss"),
    *("ogg", "matroska", "mov", "avi", "flv", "asf", "mpegts", "mpeg"),
)
"""Demuxers that are let in. Playlists are not: they make the decoder open other files and addresses."""
READ = (
    "WAV, W64, AIFF, AU, CAF, NIST SPHERE, SoX, VOC, MP3, AAC, AC-3, E-AC-3, FLAC, WavPack, TTA, APE, AMR, DSS, Ogg, "
    "Matroska and WebM, MP4, M4A, MOV and 3GP, AVI, FLV, ASF and WMA, MPEG-TS, MPEG-PS"
)
"""The same for people."""
MP4 = "mov,mp4,m4a,3gp,3g2,mj2"

RIFF = (b"RIFF", b"RF64", b"BW64")
SIZE_UNKNOWN = (0, 0xFFFFFFFF)
OGG_HEADER = 27
OGG_IS_FIRST = 2
OGG_CODECS = (b"\x01vorbis", b"OpusHead", b"Speex", b"\x7fFLAC", b"fLaC", b"\x80theora", b"fishead", b"BBCD", b"OVP80")
"""How the first page of a stream goes on: a page of which a damaged byte says that it is the first one does not."""
SHORTEST_ZEROS = 16
"""No format begins with so many zero bytes; what was cut out of a stream may."""
HEAD = 4096

KINDS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WAVE", "a WAV"),
    (0, b"riff\x2e\x91", "a W64"),
    (0, b"FORM", "an AIFF"),
    (0, b".snd", "an AU"),
    (0, b"caff", "a CAF"),
    (0, b"NIST_1A", "a NIST SPHERE"),
    (0, b"ID3", "an MP3"),
    (0, b"fLaC", "a FLAC"),
    (0, b"wvpk", "a WavPack"),
    (0, b"#!AMR", "an AMR"),
    (0, b"OggS", "an Ogg"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM"),
    (4, b"ftyp", "an MP4"),
    (4, b"moov", "an MP4"),
    (4, b"mdat", "an MP4"),
    (8, b"AVI ", "an AVI"),
    (0, b"FLV", "an FLV"),
    (0, b"0&\xb2u", "an ASF"),
)
"""Offset and bytes by which a format is told, when its demuxer refuses the rest."""
OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"#EXTM3U", "a playlist"),
    (b"MThd", "a MIDI file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
PRINTABLE = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}


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
        self._length = end - start
        self._position = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be sought in."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes."""
        left = max(0, self._length - self._position)
        self._file.seek(self._start + self._position)
        data = self._file.read(left if size < 0 else min(size, left))
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        origins = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}
        self._position = max(0, origins[whence] + offset)
        return self._position

    def tell(self) -> int:
        """Tell the place."""
        return self._position


def links(path: Path) -> list[tuple[int, int]]:
    """Find the recordings in a file that follow each other: an Ogg's chain, or WAVs in a row.

    A demuxer takes the first one's format for that of all.

    :param path: the file.
    :return: where each begins and ends, in bytes; none for a file that is empty or of zeros only.
    """
    with _mapped(path) as data:
        start = _first_byte(data)
        if start >= len(data):
            return []
        starts = [start, *_next_links(data, start)]
        return list(zip(starts, [*starts[1:], len(data)], strict=True))


def holds_more_than_declared(part: FilePart) -> bool:
    """Tell whether a WAV goes on behind the data that it declares, with something that is no chunk.

    :param part: the file; it is at its beginning afterwards.
    """
    try:
        end = _end_of_wav_data(part)
        size = part.seek(0, io.SEEK_END)
        return end is not None and not any(_is_chunk(part, at, size) for at in (end, end + end % 2))
    finally:
        part.seek(0)


def kind(part: FilePart) -> str | None:
    """Name the format that a file has by its first bytes; None if they are those of no format that is read here.

    :param part: the file.
    """
    head = _head(part)
    return next((name for at, sign, name in KINDS if head[at:].startswith(sign)), None)


def other_kind(part: FilePart) -> str | None:
    """Name what a file is that is no recording; None if its first bytes do not tell.

    :param part: the file.
    """
    head = _head(part)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    named = next((name for sign, name in OTHERS if head.startswith(sign)), None)
    return named or ("text" if text and all(byte in PRINTABLE for byte in head) else None)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    with path.open("rb") as file:
        if not file.seek(0, io.SEEK_END):
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def _first_byte(data: mmap.mmap | bytes) -> int:
    """Say where a file begins, but for zeros before it."""
    at = 0
    while at < len(data):
        block = data[at : at + HEAD]
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


def _end_of_wav_data(part: FilePart) -> int | None:
    """Say where a WAV's data ends by its header; None for other files, and where it does not say."""
    head = part.read(12)
    if head[:4] not in RIFF or head[8:] != b"WAVE":
        return None
    whole = None
    while len(header := part.read(8)) == 8:  # noqa: PLR2004 - a chunk's name and size
        name, size = struct.unpack("<4sI", header)
        if name == b"ds64":
            whole = struct.unpack("<8xQ", part.read(16).ljust(16, b"\0"))[0]
            size -= 16
        if name == b"data":
            declared = whole if whole and size == SIZE_UNKNOWN[1] else size
            return None if declared in SIZE_UNKNOWN else part.tell() + int(declared)
        part.seek(size + size % 2, io.SEEK_CUR)
    return None


def _is_chunk(part: FilePart, at: int, end: int) -> bool:
    """Tell whether a chunk stands at a place, or nothing."""
    if end - at < 8:  # noqa: PLR2004 - too little for a chunk's name and size
        return True
    part.seek(at)
    name, size = struct.unpack("<4sI", part.read(8))
    return all(byte in PRINTABLE for byte in name) and size <= end - at - 8


def _head(part: FilePart) -> bytes:
    part.seek(0)
    return part.read(HEAD)
