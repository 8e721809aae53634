"""Made recordings: codecs, containers, channels and defects, each with what must be heard in it, where and when.

A voice says three things, one in each third of it. A test makes the recordings of tones, and
``python -m tests.support.media_table`` of speech.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy

from tests.support.media_encoding import Samples, Sound, encoded, resampled, tone_bursts

if TYPE_CHECKING:
    from collections.abc import Callable

THREE = ((0, 0.0), (1, 0.0), (2, 0.0))
NOTHING: tuple[tuple[int, float], ...] = ()

Heard: TypeAlias = "tuple[tuple[int, float], ...]"


@dataclass(frozen=True)
class Voice:
    """What is said three times, each within a third.

    :param samples: of shape (1, samples), at 48 kHz.
    :param starts: when each begins, in seconds.
    """

    samples: Samples
    starts: tuple[float, float, float]

    @property
    def third(self) -> float:
        """The seconds of a third."""
        return float(self.samples.shape[1] / RATE / 3)

    def on(self, rate: int, channels: int = 1, only: int | None = None) -> Samples:
        """Give it at a rate.

        :param rate: samples a second.
        :param channels: how many.
        :param only: the channel that it is on, from 0; the others are silent. None for all.
        """
        one = resampled(self.samples, RATE, rate)
        return numpy.concatenate([one * (only in {None, channel}) for channel in range(channels)])


RATE = 48_000
BEEPS = ((0.3, 0.6), (1.3, 1.6), (2.3, 2.6))
TONES = Voice(tone_bursts(3, BEEPS, RATE), (0.3, 1.3, 2.3))


@dataclass(frozen=True)
class Case:
    """A recording.

    :param name: what is special about it.
    :param make: writes it.
    :param heard: for each channel, which of the three things are heard, and by how many seconds later than in the
        voice itself; a unit of it is a third of the voice where ``in_thirds`` says so.
    :param seconds: how long it is beyond the voice itself; likewise.
    """

    name: str
    make: Callable[[Voice], bytes]
    heard: tuple[Heard, ...] = (THREE,)
    seconds: float = 0.0
    in_thirds: bool = False

    def moments(self, voice: Voice) -> list[list[float]]:
        """Say when something begins on each channel."""
        unit = voice.third if self.in_thirds else 1.0
        return [[voice.starts[index] + shift * unit for index, shift in channel] for channel in self.heard]

    def length(self, voice: Voice) -> float:
        """Say how long it is, in seconds."""
        return 3 * voice.third + self.seconds * (voice.third if self.in_thirds else 1.0)


def plain(container: str, codec: str, rate: int, channels: int = 1, **options: str) -> Case:
    """Make a case of a codec in a container."""
    name = f"{container}, {codec}, {rate / 1000:g} kHz, {channels} ch" + "".join(f", {value}" for value in options)
    return Case(name, lambda voice: _file(voice, container, codec, rate, channels, None, options), (THREE,) * channels)


def only_on(container: str, codec: str, rate: int, channels: int, only: int) -> Case:
    """Make a case of a voice on one of many channels, from 0."""
    heard = tuple(THREE if channel == only else NOTHING for channel in range(channels))
    name = f"{container}, {codec}, {channels} ch, speech on {only + 1} alone"
    return Case(name, lambda voice: _file(voice, container, codec, rate, channels, only), heard)


def gap(container: str, codec: str, rate: int) -> Case:
    """Make a case with gaps of 6 s in the timestamps before the second and the last third."""

    def make(voice: Voice) -> bytes:
        starts = (0.0, voice.third + 6, 2 * voice.third + 12)
        return encoded(container, Sound(voice.on(rate), rate, codec, starts=starts))

    return Case(f"{container}, {codec}: two gaps of 6 s", make, (((0, 0.0), (1, 6.0), (2, 12.0)),), 12.0)


def late(container: str, codec: str, rate: int, *, beside_another: bool) -> Case:
    """Make a case whose sound begins at 5 s; the other track of it, if any, begins at 0 and is silent."""

    def make(voice: Voice) -> bytes:
        sound = Sound(voice.on(rate), rate, codec, starts=(5.0,), is_default=True)
        silence = Sound(0 * voice.on(rate), rate, codec, is_default=False)
        return encoded(container, sound, *([silence] if beside_another else []))

    what = " beside a track that begins at 0" if beside_another else ""
    return Case(f"{container}, {codec}: begins at 5 s{what}", make, (tuple((n, 5.0) for n in range(3)),), 5.0)


def second_track(container: str, codec: str, rate: int, *, is_default: bool) -> Case:
    """Make a case whose second track speaks."""

    def make(voice: Voice) -> bytes:
        silence = Sound(0 * voice.on(rate), rate, codec, is_default=not is_default)
        return encoded(container, silence, Sound(voice.on(rate), rate, codec, is_default=is_default))

    what = "the default track" if is_default else "not the default track"
    return Case(f"{container}, {codec}: the second track speaks, {what}", make)


def joined(name: str, *parts: tuple[str, str, int, int]) -> Case:
    """Make a case of files in a row, of which each says all, the second one on its last channel alone."""

    def make(voice: Voice) -> bytes:
        (container, codec, rate, channels), (other, its_codec, its_rate, its_channels) = parts
        first = _file(voice, container, codec, rate, channels)
        return first + _file(voice, other, its_codec, its_rate, its_channels, its_channels - 1)

    again = tuple((index, 3.0) for index in range(3))
    channels, last = max(parts[0][3], parts[1][3]), parts[1][3] - 1
    heard = tuple(
        (THREE if channel < parts[0][3] else NOTHING) + (again if channel == last else NOTHING)
        for channel in range(channels)
    )
    return Case(f"in a row: {name}", make, heard, 3.0, in_thirds=True)


def changed(name: str, change: Callable[[bytes], bytes], container: str, codec: str, rate: int) -> Case:
    """Make a case of a file in which something is not as it should be."""
    return Case(f"{container}, {codec}: {name}", lambda voice: change(_file(voice, container, codec, rate)))


def _file(  # noqa: PLR0917 - the values of one row
    voice: Voice,
    container: str,
    codec: str,
    rate: int,
    channels: int = 1,
    only: int | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    if container == "wav" and channels > 8:
        return _many_channels(voice.on(rate, channels, only), rate)
    return encoded(container, Sound(voice.on(rate, channels, only), rate, codec), options=options)


def _many_channels(samples: Samples, rate: int) -> bytes:
    count, data = len(samples), (samples.T * 32_767).astype("<i2").tobytes()
    layout = struct.pack("<IHHIIHH", 16, 1, count, rate, rate * count * 2, count * 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + layout + b"data" + _size(len(data)) + data


def _size(number: int) -> bytes:
    return struct.pack("<I", number)


def declares(number: bytes, chunk: bytes, behind: int = 4) -> Callable[[bytes], bytes]:
    """Give what writes another size into a header.

    :param number: the size.
    :param chunk: the name that stands before it.
    :param behind: how many bytes before.
    """

    def change(data: bytes) -> bytes:
        at = data.index(chunk) + behind
        return data[:at] + number + data[at + len(number) :]

    return change


def opposite_phase(voice: Voice) -> bytes:
    """Write a stereo file whose second channel is the first one's opposite."""
    return encoded("wav", Sound(voice.on(16_000, 2) * numpy.array([[1], [-1]], numpy.float32), 16_000))


def damaged_packets(data: bytes) -> bytes:
    """Overwrite a few bytes every 20,000."""
    damaged = bytearray(data)
    for at in range(20_000, len(damaged), 20_000):
        damaged[at : at + 4] = b"\xa5\x5a\xff\x00"
    return bytes(damaged)


CASES = (
    plain("wav", "pcm_s16le", 16_000),
    plain("wav", "pcm_mulaw", 8_000, 2),
    plain("wav", "pcm_alaw", 8_000),
    plain("wav", "pcm_u8", 8_000),
    plain("wav", "pcm_s24le", 48_000, 2),
    plain("wav", "pcm_f32le", 44_100),
    plain("wav", "adpcm_ms", 22_050, 2),
    plain("wav", "adpcm_ima_wav", 8_000),
    plain("wav", "g726", 8_000),
    plain("wav", "libmp3lame", 16_000),
    plain("wav", "pcm_s16le", 16_000, rf64="always"),
    plain("w64", "pcm_s16le", 16_000),
    plain("aiff", "pcm_s16be", 16_000, 2),
    plain("au", "pcm_mulaw", 8_000),
    plain("caf", "alac", 44_100, 2),
    plain("sox", "pcm_s32le", 16_000),
    plain("voc", "pcm_u8", 8_000),
    plain("mp3", "libmp3lame", 22_050),
    plain("mp3", "libmp3lame", 44_100, 2),
    plain("mp2", "mp2", 48_000, 2),
    plain("adts", "aac", 16_000),
    plain("latm", "aac", 16_000),
    plain("ac3", "ac3", 48_000, 2),
    plain("eac3", "eac3", 48_000, 2),
    plain("flac", "flac", 44_100, 2),
    plain("wv", "wavpack", 48_000, 2),
    plain("tta", "tta", 16_000),
    plain("amr", "libopencore_amrnb", 8_000),
    plain("ogg", "vorbis", 44_100, 2),
    plain("ogg", "libopus", 48_000, 6),
    plain("webm", "libopus", 48_000),
    plain("matroska", "aac", 16_000),
    plain("mp4", "aac", 48_000, 2),
    plain("mp4", "aac", 16_000, movflags="frag_keyframe+empty_moov"),
    plain("ipod", "alac", 44_100, 2),
    plain("3gp", "libopencore_amrnb", 8_000),
    plain("mov", "pcm_s16le", 16_000, 2),
    plain("avi", "libmp3lame", 44_100),
    plain("flv", "aac", 16_000),
    plain("asf", "libmp3lame", 44_100),
    plain("mpegts", "aac", 16_000),
    plain("mpeg", "mp2", 48_000),
    only_on("wav", "pcm_s16le", 8_000, 4, 3),
    only_on("wav", "pcm_s16le", 8_000, 10, 9),
    only_on("wav", "pcm_s16le", 8_000, 32, 16),
    only_on("flac", "flac", 16_000, 8, 7),
    only_on("mp4", "aac", 48_000, 6, 2),
    only_on("ogg", "libopus", 48_000, 8, 5),
    Case("wav: opposite phase", opposite_phase, (THREE, THREE)),
    gap("webm", "libopus", 48_000),
    gap("matroska", "pcm_s16le", 16_000),
    gap("mp4", "aac", 16_000),
    gap("mpegts", "aac", 16_000),
    gap("flv", "aac", 16_000),
    late("webm", "libopus", 48_000, beside_another=False),
    late("mp4", "aac", 16_000, beside_another=True),
    late("mpegts", "aac", 16_000, beside_another=True),
    second_track("matroska", "aac", 16_000, is_default=True),
    second_track("mov", "pcm_s16le", 16_000, is_default=False),
    second_track("mpegts", "aac", 16_000, is_default=False),
    joined("MP3 of two formats", ("mp3", "libmp3lame", 16_000, 1), ("mp3", "libmp3lame", 44_100, 2)),
    joined("AAC of two formats", ("adts", "aac", 16_000, 1), ("adts", "aac", 48_000, 2)),
    joined("Ogg of two codecs", ("ogg", "vorbis", 44_100, 2), ("ogg", "libopus", 48_000, 1)),
    joined("FLAC of two formats", ("flac", "flac", 16_000, 1), ("flac", "flac", 44_100, 2)),
    joined("two WebM", ("webm", "libopus", 48_000, 1), ("webm", "libopus", 48_000, 2)),
    joined("two WAV", ("wav", "pcm_s16le", 16_000, 1), ("wav", "pcm_mulaw", 8_000, 2)),
    joined("two MP4", ("mp4", "aac", 16_000, 1), ("mp4", "aac", 48_000, 2)),
    changed("declares 1,000 bytes", declares(_size(1000), b"data"), "wav", "pcm_s16le", 16_000),
    changed("declares 0 bytes", declares(_size(0), b"data"), "wav", "pcm_s16le", 16_000),
    changed("declares 2 GB", declares(_size(2**31), b"data"), "wav", "pcm_s16le", 16_000),
    changed("declares 1,000 bytes", declares(b"\0\0\x03\xe8", b"SSND"), "aiff", "pcm_s16be", 16_000),
    changed("declares 1,000 bytes", declares(struct.pack("<Q", 1000), b"data", 16), "w64", "pcm_s16le", 16_000),
    changed("declares 1,000 bytes", declares(struct.pack(">q", 1000), b"data"), "caf", "pcm_s16be", 16_000),
    changed("4 MB of zeros before it", lambda data: bytes(4_000_000) + data, "mp3", "libmp3lame", 16_000),
    changed("HTTP headers before it", lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data, "mp3", "libmp3lame", 16_000),
    changed("damaged packets", damaged_packets, "mpegts", "aac", 16_000),
    changed("the index is cut off", lambda data: data[:-40], "matroska", "pcm_s16le", 16_000),
)
