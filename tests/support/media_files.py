"""Recordings of every kind, put together byte by byte: as small as they can be, and as odd as they are found."""

from __future__ import annotations

import struct
from itertools import cycle, islice

from tests.support.audio import Sound

U_LAW, GSM = 7, 0x31


def wav(
    samples: bytes,
    *,
    codec: int = 1,
    channels: int = 1,
    rate: int = 8000,
    bits: int = 16,
    declared: int | None = None,
    behind: bytes = b"",
    form: bytes = b"RIFF",
) -> bytes:
    """Return a WAV file.

    :param samples: what stands in its data chunk.
    :param codec: the format's tag.
    :param channels: of sound.
    :param rate: frames a second.
    :param bits: of a sample.
    :param declared: the size that its data chunk claims; None for the true one.
    :param behind: what follows the samples.
    :param form: RIFF, RF64 or BW64; the latter two tell the size in a chunk of its own.
    """
    width = bits // 8
    layout = struct.pack("<HHIIHH", codec, channels, rate, rate * channels * width, channels * width, bits)
    size = len(samples) if declared is None else declared
    sizes = b""
    if form != b"RIFF":
        sizes = chunk(b"ds64", struct.pack("<QQQI", 0, len(samples), 0, 0))
        size = 0xFFFFFFFF
    chunks = sizes + chunk(b"fmt ", layout) + b"data" + struct.pack("<I", size) + samples + behind
    return form + struct.pack("<I", (len(chunks) + 4) & 0xFFFFFFFF) + b"WAVE" + chunks


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a WAV file."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def tone(seconds: float, channels: int = 1) -> bytes:
    """Return samples of 16 bits at 8 kHz that can be heard, the same on all channels."""
    return Sound(rate=8000, channels=channels).tone(seconds).frames


def mp3(seconds: float) -> bytes:
    """Return frames of MPEG-1 layer III, 128 kbit/s at 44.1 kHz, mono, of which nothing can be heard."""
    frame = bytes.fromhex("fffb90c4") + bytes(413)
    return frame * round(seconds * 44100 / 1152)


def adts(frames: int) -> bytes:
    """Return frames of AAC that hold nothing."""
    length = 200
    head = bytes([0xFF, 0xF1, 0x50, 0x80 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC])
    return (head + bytes(length - 7)) * frames


def flac(seconds: int, rate: int = 16_000) -> bytes:
    """Return the header of a FLAC file, and a body that is none."""
    packed = rate << 44 | 0 << 41 | 15 << 36 | seconds * rate
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info + bytes(64 * seconds)


def box(name: bytes, *parts: bytes) -> bytes:
    """Return a box of an MP4 file."""
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def mp4(
    *tracks: tuple[bytes, bytes],
    seconds: int = 3,
    brand: bytes = b"isom",
    moov_first: bool = False,
    size: int = 4000,
) -> bytes:
    """Return an MP4 file.

    :param tracks: handler and codec of each, such as ``(b"vide", b"avc1")``.
    :param seconds: that its headers tell; 0 for a file in fragments.
    :param brand: its major brand.
    :param moov_first: whether its header stands before what it holds.
    :param size: bytes of what it holds.
    """
    traks = [_trak(handler, codec, seconds) for handler, codec in tracks]
    moov = box(b"moov", box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000), bytes(80)), *traks)
    parts = [moov, box(b"mdat", bytes(size))]
    return box(b"ftyp", brand, bytes(4), brand) + b"".join(parts if moov_first else parts[::-1])


def _trak(handler: bytes, codec: bytes, seconds: int) -> bytes:
    entry = struct.pack(">I", 36) + codec + bytes(16) + struct.pack(">HHI", 2, 16, 0) + bytes(4)
    stsd = box(b"stsd", struct.pack(">II", 0, 1), entry)
    mdhd = box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000), bytes(4))
    hdlr = box(b"hdlr", bytes(8), handler, bytes(13))
    return box(b"trak", box(b"mdia", mdhd, hdlr, box(b"minf", box(b"stbl", stsd))))


def noise(size: int) -> bytes:
    """Return bytes that are the beginning of nothing, always the same."""
    return bytes(islice(cycle(range(3, 251, 7)), size))
