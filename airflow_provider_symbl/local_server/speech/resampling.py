"""Resampler and channel mix: frames of any format become 16 kHz samples, a row for each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import av
import numpy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.speech.media_clock import TimedFrame

Samples: TypeAlias = "numpy.ndarray[Any, numpy.dtype[numpy.float32]]"

RATE = 16_000
WINDOW = 120 * RATE
"""Samples that are recognised at a time: memory stays the same however long the recording is."""
WINDOW_CHANNELS = 8
"""Of more channels, a window holds less time."""
CUT_ZONE = 20 * RATE
"""The end of a window in which the quietest place is looked for, so that no word is cut in two."""
QUIET = RATE // 5
SILENCE = RATE
"""Samples of silence that are made at a time."""

FAINTEST = 1e-4
"""A sound whose samples lie closer together, of 2, is silence: less than 4 steps of 16 bits."""
BLOCK = RATE // 10
CANCELLED = 0.25
"""Channels cancel each other where their sum has less than this share of their energy; of unrelated ones it has all."""
QUIETEST = 0.1
"""The least level of a channel beside the loudest one's: 20 dB below it. It is raised by 20 dB at most."""
LOUD = 1e-3
"""Only blocks with this share of the loudest one's energy are looked at: in noise, sums are small by chance."""
FRAME = 512
HOP = FRAME // 2
SPECTRA = 256
"""Spectra that are in memory at a time."""
LOUDEST = 8.0
"""Full scale is 1; floating-point recordings go a little beyond it."""


class Resampler:
    """Turns frames of any format, which may change on the way, into samples of 16 kHz.

    Channels stay what they are: no layout makes one of them a subwoofer, which a mix would leave out. Frames are
    packed, since PyAV reads past the end of the planes of a frame with eight channels and more.

    :param channels: how many rows there are; a frame with fewer is silent on the rest, one with more is damaged.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._kind: tuple[str, str, int] | None = None
        self._resampler: av.AudioResampler | None = None
        self._done = 0

    def convert(self, timed: TimedFrame) -> Iterator[Samples]:
        """Give the samples of a frame, of shape (channels, samples), and the silence that goes before it.

        :param timed: the frame.
        """
        frame = timed.frame
        kind = (frame.format.name, frame.layout.name, frame.sample_rate) if frame else None
        if timed.follows_gap or kind != self._kind:
            yield from self.flush()
            yield from self._silence(round(timed.start * RATE) - self._done)
        if frame is not None:
            self._kind = kind
            self._resampler = self._resampler or av.AudioResampler(format="flt", layout=frame.layout, rate=RATE)
            frame.pts = None  # a stamp that goes back is no concern of the resampler
            yield from self._rows(self._resampler.resample(frame))

    def flush(self) -> Iterator[Samples]:
        """Give what the resampler still holds; the next frame may have any format."""
        if self._resampler is not None:
            yield from self._rows(self._resampler.resample(None))
        self._resampler = self._kind = None

    def _rows(self, frames: Iterable[av.AudioFrame]) -> Iterator[Samples]:
        for frame in frames:
            rows = cast("Samples", frame.to_ndarray()).reshape(-1, frame.layout.nb_channels).T
            rows = rows[: self._channels]
            yield self._counted(numpy.pad(rows, ((0, self._channels - len(rows)), (0, 0))))

    def _silence(self, missing: int) -> Iterator[Samples]:
        for start in range(0, missing, SILENCE):
            yield self._counted(numpy.zeros((self._channels, min(SILENCE, missing - start)), numpy.float32))

    def _counted(self, rows: Samples) -> Samples:
        self._done += rows.shape[1]
        # What is no number, or louder than any microphone, comes of damage.
        return numpy.clip(numpy.nan_to_num(rows, copy=False), -LOUDEST, LOUDEST)


def is_silent(sound: Samples) -> bool:
    """Tell whether nothing can be heard, so that nobody need listen.

    :param sound: samples of one channel.
    """
    return not sound.size or bool(numpy.ptp(sound) < FAINTEST)


def mix(window: Samples) -> Samples:
    """Mix channels so that nobody is lost: their sum, no louder than the loudest, unless they cancel each other.

    Where they do, as with a microphone in opposite phase, each frequency is taken from the channel that has most of it.

    :param window: of shape (channels, samples).
    :return: of shape (1, samples).
    """
    if len(window) == 1:
        return window
    window = _levelled(window)
    total: Samples = window.sum(axis=0, keepdims=True)
    if _is_cancelled(window, total):
        total = _loudest_by_frequency(window)
    loudest, peak = float(numpy.abs(window).max()), float(numpy.abs(total).max())
    return total * numpy.float32(loudest / peak) if peak > loudest else total


def _levelled(window: Samples) -> Samples:
    """Raise the channels that are so quiet beside the loudest that nobody would be noticed there."""
    levels = numpy.sqrt(_block_energies(window).max(axis=1))
    gains = numpy.clip(QUIETEST * levels.max() / numpy.maximum(levels, FAINTEST), 1, 1 / QUIETEST)
    levelled: Samples = window * gains[:, None].astype(numpy.float32)
    return levelled


def _is_cancelled(window: Samples, total: Samples) -> bool:
    energy = _block_energies(window).sum(axis=0)
    kept = _block_energies(total)[0]
    return bool(((kept < CANCELLED * energy) & (energy > LOUD * energy.max())).any())


def _block_energies(window: Samples) -> Samples:
    blocks = -(-window.shape[1] // BLOCK)
    padded = numpy.pad(window, ((0, 0), (0, blocks * BLOCK - window.shape[1])))
    energies: Samples = numpy.square(padded).reshape(len(window), blocks, BLOCK).sum(axis=2)
    return energies


def _loudest_by_frequency(window: Samples) -> Samples:
    """Overlap-add of short-time spectra; the Hann window at half a frame's hop sums to 1."""
    length = window.shape[1]
    padded = numpy.pad(window, ((0, 0), (HOP, FRAME + HOP - length % HOP)))
    hann = numpy.hanning(FRAME + 1)[:-1].astype(numpy.float32)
    starts = numpy.arange(0, padded.shape[1] - FRAME + 1, HOP)
    mixed = numpy.zeros(padded.shape[1], numpy.float32)
    first = numpy.square(window).sum(axis=1).argmax()
    for some in numpy.array_split(starts, -(-len(starts) // SPECTRA)):
        frames = padded[:, some[:, None] + numpy.arange(FRAME)] * hann
        spectra = numpy.fft.rfft(frames)
        sizes = numpy.abs(spectra)
        sizes[first] *= 2  # where two are alike, it stays one: their phases differ
        loudest = sizes.argmax(axis=0)[None]
        sounds = numpy.fft.irfft(numpy.take_along_axis(spectra, loudest, axis=0)[0], FRAME)
        for start, sound in zip(some, sounds, strict=True):
            mixed[start : start + FRAME] += sound
    return mixed[None, HOP : HOP + length]


def windows(blocks: Iterable[Samples], length: int = WINDOW) -> Iterator[Samples]:
    """Gather blocks into windows that end where it is quiet.

    :param blocks: of shape (channels, samples).
    :param length: samples of the longest window.
    """
    held: list[Samples] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[1]
        while count >= length:
            joined = numpy.concatenate(held, axis=1)
            cut = _quietest(joined[:, :length])
            held, count = [joined[:, cut:]], count - cut
            yield joined[:, :cut]
    if count:
        yield numpy.concatenate(held, axis=1)


def window_length(channels: int) -> int:
    """Say how many samples a window has: of many channels fewer, so that memory stays the same.

    :param channels: how many there are.
    """
    return WINDOW * WINDOW_CHANNELS // max(channels, WINDOW_CHANNELS)


def _quietest(window: Samples) -> int:
    length: int = window.shape[1]
    zone = min(CUT_ZONE, length // 2)
    step = max(1, min(QUIET, zone))
    starts = range(length - zone, length - step + 1, step)
    loudness = [float(numpy.square(window[:, start : start + step]).sum()) for start in starts]
    return int(starts[loudness.index(min(loudness))]) + step // 2
