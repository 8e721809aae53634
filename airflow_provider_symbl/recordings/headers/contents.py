"""One pass over a file: the hash of all its bytes, its beginning, and what was asked of other places in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import IO

from airflow_provider_symbl.recordings.headers.wav_header import WavHeader, read_wav_header

MIB = 1 << 20
HEAD_SIZE = 1 << 16
"""Bytes in which a container is looked for."""
TEXT_SIZE = 8 * MIB
"""Bytes of a text file at most; a whole day's talk is less."""
BLANK = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""What may stand before a JSON list, whichever way its text is encoded."""


@dataclass
class Contents:
    """What one pass over a file has kept of it.

    :param sha256: of all bytes, in hexadecimal.
    :param size: how many there were.
    :param head: the first of them.
    :param sound: the first of them that are not zero: some recorders write zeros before they begin.
    :param text: all of them, where they may be a JSON list; None else, or where they are too many.
    :param wav: the header, of a WAV file.
    :param behind: the first bytes behind its samples.
    :param windows: some seconds of its samples.
    """

    sha256: str = ""
    size: int = 0
    head: bytes = b""
    sound: bytes = b""
    text: bytes | None = None
    wav: WavHeader | None = None
    behind: bytes = b""
    windows: list[bytes] = field(default_factory=list)

    @property
    def is_list(self) -> bool:
        """Whether it begins as a JSON list does."""
        return self.head.lstrip(BLANK)[:1] == b"["


def read_contents(stream: IO[bytes], size: int) -> Contents:
    """Read a file from its beginning to its end, in memory that does not depend on its size.

    :param stream: the file.
    :param size: the bytes that it should have.
    :return: what it holds; where it holds another number of bytes, what is told of its samples may be wrong.
    """
    found, digest, text = Contents(), hashlib.sha256(), bytearray()
    cuts: list[_Cut] = []
    while block := stream.read(MIB):
        if not found.size:
            found.head = bytes(block[:HEAD_SIZE])
            found.wav = read_wav_header(block)
            cuts = _cuts_of(found.wav, size)
        if not found.sound:
            found.sound = block.lstrip(b"\0")[:HEAD_SIZE]
        for cut in cuts:
            cut.take(block, found.size)
        if found.is_list and len(text) <= TEXT_SIZE:
            text += block
        digest.update(block)
        found.size += len(block)
    found.sha256 = digest.hexdigest()
    found.text = bytes(text) if found.is_list and len(text) <= TEXT_SIZE else None
    if cuts:
        found.behind = bytes(cuts[0].kept)
        found.windows = [bytes(cut.kept) for cut in cuts[1:]]
    return found


@dataclass
class _Cut:
    """A part of a file that is kept as it passes."""

    start: int
    end: int
    kept: bytearray = field(default_factory=bytearray)

    def take(self, block: bytes, place: int) -> None:
        self.kept += block[max(self.start - place, 0) : max(self.end - place, 0)]


def _cuts_of(wav: WavHeader | None, size: int) -> list[_Cut]:
    if wav is None:
        return []
    behind = size if wav.end is None else wav.end
    # Windows are laid as if the claim were true: where it is too small, they lie in what is there all the same.
    windows = wav.windows(min(wav.declared or size, max(size - wav.start, 0)))
    return [_Cut(behind, behind + 8), *(_Cut(start, end) for start, end in windows)]
