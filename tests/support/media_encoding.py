"""Recordings of every codec and container that PyAV can write, from samples, with timestamps as they are wanted."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import av
import numpy
from av.stream import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.audio.stream import AudioStream
    from av.container import OutputContainer

Samples: TypeAlias = "numpy.ndarray[Any, numpy.dtype[numpy.float32]]"

FRAME = 480
"""Samples of a frame where the codec has no size of its own."""
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
UNDELAYED = {"strict": "experimental"}


@dataclass(frozen=True)
class Sound:
    """What a track holds.

    :param samples: of shape (channels, samples), from -1 to 1.
    :param rate: samples a second.
    :param codec: of the track.
    :param layout: of its channels; None for the usual one of their number.
    :param starts: when, in seconds, each piece of the track begins; the pieces are of equal length.
    :param is_default: whether players choose it; None to leave it to the container.
    :param options: of the encoder.
    """

    samples: Samples
    rate: int
    codec: str = "pcm_s16le"
    layout: str | None = None
    starts: tuple[float, ...] = (0.0,)
    is_default: bool | None = None
    options: dict[str, str] = field(default_factory=dict)


def tone_bursts(seconds: float, bursts: Sequence[tuple[float, float]], rate: int) -> Samples:
    """Return a channel that is silent but for bursts of a tone.

    :param seconds: how long it is.
    :param bursts: when each begins and ends, in seconds.
    :param rate: samples a second.
    """
    times = numpy.arange(round(seconds * rate)) / rate
    is_loud = numpy.zeros(len(times), bool)
    for begin, end in bursts:
        is_loud |= (times >= begin) & (times < end)
    sound: Samples = (0.4 * numpy.sin(2 * numpy.pi * 440 * times) * is_loud).astype(numpy.float32)
    return sound[None]


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Bring samples to another rate.

    :param samples: of shape (channels, samples).
    :param rate: theirs.
    :param wanted: the other one.
    """
    if rate == wanted:
        return samples
    old, new = numpy.arange(samples.shape[1]) / rate, numpy.arange(samples.shape[1] * wanted // rate) / wanted
    return numpy.array([numpy.interp(new, old, channel) for channel in samples], numpy.float32)


def encoded(container: str, *sounds: Sound, options: dict[str, str] | None = None) -> bytes:
    """Return a recording.

    :param container: FFmpeg's name of its format.
    :param sounds: its tracks.
    :param options: of the muxer.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=options or {}) as output:
        tracks = [_track(output, sound) for sound in sounds]
        packets = [packet for track, sound in zip(tracks, sounds, strict=True) for packet in _packets(track, sound)]
        for packet in sorted(packets, key=lambda packet: float((packet.dts or 0) * packet.time_base)):
            output.mux(packet)
    return buffer.getvalue()


def _track(output: OutputContainer, sound: Sound) -> AudioStream:
    layout = sound.layout or LAYOUTS.get(len(sound.samples), f"{len(sound.samples)}c")
    options = {**UNDELAYED, **sound.options}
    track = cast("AudioStream", output.add_stream(sound.codec, rate=sound.rate, layout=layout, options=options))
    if sound.is_default is not None:
        track.disposition = Disposition.default if sound.is_default else Disposition(0)
    return track


def _packets(track: AudioStream, sound: Sound) -> Iterator[av.Packet[AudioStream]]:
    resampler = None
    for frame in _frames(track, sound):
        wanted = track.codec_context.format.name
        resampler = resampler or av.AudioResampler(format=wanted, layout=track.layout, rate=sound.rate)
        for converted in resampler.resample(frame):
            converted.pts, converted.time_base = frame.pts, frame.time_base
            yield from track.encode(converted)
    yield from track.encode(None)


def _frames(track: AudioStream, sound: Sound) -> Iterator[av.AudioFrame]:
    track.codec_context.open(strict=False)
    size = track.codec_context.frame_size or FRAME
    pieces = numpy.array_split(sound.samples, len(sound.starts), axis=1)
    for start, piece in zip(sound.starts, pieces, strict=True):
        whole = numpy.pad(piece, ((0, 0), (0, -piece.shape[1] % size)))
        for at in range(0, whole.shape[1], size):
            packed = numpy.ascontiguousarray(whole[:, at : at + size].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, "flt", track.layout)
            frame.sample_rate = sound.rate
            frame.pts, frame.time_base = round(start * sound.rate) + at, Fraction(1, sound.rate)
            yield frame


def wav_with(data: bytes, *, declared: int) -> bytes:
    """Return a WAV whose header declares another size of its data.

    :param data: a WAV whose data chunk comes last.
    :param declared: what it is to declare.
    """
    at = data.index(b"data") + 4
    return data[:at] + struct.pack("<I", declared) + data[at + 4 :]
