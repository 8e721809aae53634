"""The header of a WAV file, whatever its sizes claim, and what a few seconds of its samples tell."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

PCM, FLOAT, A_LAW, U_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
BY_SAMPLES = frozenset({PCM, FLOAT, A_LAW, U_LAW})
"""Codecs whose byte rate follows from rate, channels and width: the field of its own is often wrong."""
QUIET = {
    A_LAW: frozenset({0xD4, 0xD5, 0x54, 0x55}),
    U_LAW: frozenset({0xFE, 0xFF, 0x7E, 0x7F}),
    PCM: frozenset({127, 128, 129}),
}
"""Bytes that are silence, of samples of one byte."""
QUIET_PEAK = 32
"""The largest sample of 16 bits that is silence: a thousandth of what is possible."""
UNKNOWN_SIZE = 0xFFFFFFFF
STEREO = 2
MOST_WINDOW = 1 << 20
"""Bytes of a window at most, whatever the header claims a second to have."""


class WavHeader(NamedTuple):
    """What stands before the samples.

    :param codec: the format's tag; of the extensible one that which it stands for.
    :param channels: at least 1.
    :param rate: frames a second.
    :param width: bytes of a sample; 0 where the codec has none.
    :param byte_rate: bytes a second; 0 where nobody can tell.
    :param start: where the samples begin.
    :param declared: how many bytes of samples the header claims; None where it does not know.
    """

    codec: int
    channels: int
    rate: int
    width: int
    byte_rate: int
    start: int
    declared: int | None

    @property
    def end(self) -> int | None:
        """Where the samples end, by the header."""
        return None if self.declared is None else self.start + self.declared

    def length(self, size: int, behind: bytes) -> int:
        """Return how many bytes of samples there are.

        :param size: of the whole file.
        :param behind: eight bytes from :attr:`end` on, as far as they are there; where no other chunk begins there,
            the claim is too small.
        """
        there = max(size - self.start, 0)
        if self.declared is None or self.declared > there:
            return there
        rest = there - self.declared
        is_chunk = len(behind) == 8 and behind[:4].isascii() and behind[:4].decode("ascii").isprintable()  # noqa: PLR2004
        return self.declared if rest <= 8 or is_chunk else there  # noqa: PLR2004 - what pads a chunk

    def windows(self, length: int) -> list[tuple[int, int]]:
        """Return where the first, the middle and the last second are, none where samples are not to be read so.

        :param length: bytes of samples.
        """
        frame = self.width * self.channels
        if self.codec not in QUIET or not frame:
            return []
        window = min(self.rate * frame, length, MOST_WINDOW) // frame * frame
        starts = (0, (length - window) // 2 // frame * frame, (length - window) // frame * frame)
        return [(self.start + start, self.start + start + window) for start in starts] if window else []


def read_wav_header(head: bytes) -> WavHeader | None:
    """Return the header of a WAV file; None where its samples do not begin in what is given.

    :param head: the beginning of the file, as much as there is.
    """
    at, layout, whole = 12, b"", None
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        body = head[at + 8 : at + 8 + size]
        if name == b"fmt ":
            layout = body
        elif name == b"ds64" and len(body) >= 16:  # noqa: PLR2004 - the sizes of the file and of its samples
            whole = int.from_bytes(body[8:16], "little")
        elif name == b"data":
            return _header(layout, at + 8, whole if size == UNKNOWN_SIZE else size)
        at += 8 + size + size % 2
    return None


def _header(layout: bytes, start: int, declared: int | None) -> WavHeader | None:
    if len(layout) < 16:  # noqa: PLR2004 - the shortest there is
        return None
    codec, channels, rate, byte_rate, _, bits = struct.unpack_from("<HHIIHH", layout)
    if codec == EXTENSIBLE and len(layout) >= 26:  # noqa: PLR2004 - the first bytes of its GUID are the codec's tag
        codec = int.from_bytes(layout[24:26], "little")
    width = (bits + 7) // 8 if codec in BY_SAMPLES else 0
    if width:
        byte_rate = rate * channels * width
    return WavHeader(codec, max(channels, 1), rate, width, byte_rate, start, declared or None)


def is_silent(header: WavHeader, windows: Sequence[bytes]) -> bool:
    """Tell whether nothing is to be heard in some seconds of a file.

    :param header: of the file.
    :param windows: the samples.
    """
    return bool(windows) and all(_is_quiet(header, samples) for samples in windows)


def is_twice(header: WavHeader, windows: Sequence[bytes]) -> bool:
    """Tell whether both channels of a file are the same in some seconds of it.

    :param header: of the file.
    :param windows: the samples.
    """
    width, stride = header.width, 2 * header.width
    if header.channels != STEREO or not windows:
        return False
    return all(one[place::stride] == one[place + width :: stride] for one in windows for place in range(width))


def _is_quiet(header: WavHeader, samples: bytes) -> bool:
    if header.width == 1:
        return set(samples) <= QUIET[header.codec]
    # The upper 16 bits of each sample, whose last byte is its highest.
    upper = bytearray(len(samples) // header.width * 2)
    upper[0::2] = samples[header.width - 2 :: header.width]
    upper[1::2] = samples[header.width - 1 :: header.width]
    values = struct.unpack(f"<{len(upper) // 2}h", upper)
    return max(values, default=0) <= QUIET_PEAK and min(values, default=0) >= -QUIET_PEAK
