"""Decoding with PyAV and recognising with faster-whisper: the only room that needs the extra ``speech``."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import av
import numpy

from airflow_provider_symbl.local_server.speech import (
    Heard,
    JobFailureError,
    Listening,
    Sentence,
    SpokenWord,
    StoppedError,
    sentences,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer

Samples: TypeAlias = "numpy.ndarray[Any, numpy.dtype[numpy.float32]]"

RATE = 16_000
LONGEST_SECONDS = 4 * 3600
WINDOW = 120 * RATE
"""Samples that are recognised at a time: memory stays the same however long the recording is, and a stop is soon
noticed."""
CUT_ZONE = 20 * RATE
"""The end of a window in which the quietest place is looked for, so that no word is cut in two."""
QUIET = RATE // 5

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
FORMATS = "wav,w64,mp3,mov,flac,ogg,aac,ac3,aiff,amr,amrnb,amrwb,asf,matroska"
"""Demuxers that are let in. Playlists are not: they make the decoder open other files and addresses."""


class HeardWord(Protocol):
    """A word as faster-whisper gives it."""

    word: str
    start: float
    end: float
    probability: float


class HeardSegment(Protocol):
    """A segment as faster-whisper gives it."""

    words: list[HeardWord] | None


class WhisperEar:
    """A Whisper model in memory, of int8 weights, on the processor.

    :param folder: the model's name or folder.
    :param name: how to speak of it.
    :param workers: how many recordings it may be asked for at a time.
    """

    def __init__(self, folder: str, name: str, workers: int) -> None:
        faster_whisper = importlib.import_module("faster_whisper")
        self._name = name
        self._model = faster_whisper.WhisperModel(
            folder,
            device="cpu",
            compute_type="int8",
            cpu_threads=max(1, (os.cpu_count() or 1) // workers),
            num_workers=workers,
        )

    def listen(self, path: Path, how: Listening, stopped: threading.Event) -> Heard:
        """Decode and recognise a recording.

        :param path: the recording.
        :param how: how to listen.
        :param stopped: ends the work early.
        :raises JobFailureError: it cannot be decoded, or is not in a language that the model knows.
        :raises StoppedError: ``stopped`` was set.
        """
        if how.language != "en" and not self._model.model.is_multilingual:
            raise JobFailureError(f"The speech model {self._name} knows English only, not {how.language!r}")
        samples = 0
        channels: list[list[Sentence]] = []
        for window in windows(decode(path, how, stopped)):
            channels = channels or [[] for _ in window]
            for sound, found in zip(window, channels, strict=True):
                found.extend(sentences(self._words(sound, samples / RATE, how, stopped)))
            samples += window.shape[1]
        if not samples:
            raise JobFailureError("The recording holds no sound: not one sample could be decoded")
        return Heard(samples / RATE, tuple(tuple(found) for found in channels))

    def _words(self, sound: Samples, offset: float, how: Listening, stopped: threading.Event) -> Iterator[SpokenWord]:
        segments, _ = self._model.transcribe(
            sound,
            language=how.language,
            beam_size=1,
            vad_filter=True,
            word_timestamps=True,
            condition_on_previous_text=False,
            hotwords=" ".join(how.vocabulary) or None,
        )
        for segment in cast("Iterable[HeardSegment]", segments):
            _check(stopped)
            yield from (_spoken(word, offset) for word in segment.words or ())


def decode(path: Path, how: Listening, stopped: threading.Event) -> Iterator[Samples]:
    """Decode a recording's first sound track to 16 kHz.

    :param path: the recording.
    :param how: mixed or each channel apart; whether only an MP4 will do.
    :param stopped: ends the work early.
    :return: blocks of shape (channels, samples).
    :raises JobFailureError: it cannot be decoded, has no sound track, or lasts over four hours.
    """
    try:
        with av.open(str(path), metadata_errors="ignore", options={"format_whitelist": FORMATS}) as container:
            yield from _bounded(_blocks(container, _sound_track(container, how), how, stopped))
    except (av.FFmpegError, ValueError) as error:
        raise JobFailureError(f"The recording cannot be decoded: {type(error).__name__}") from error


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


def _quietest(window: Samples) -> int:
    length: int = window.shape[1]
    zone = min(CUT_ZONE, length // 2)
    step = max(1, min(QUIET, zone))
    starts = range(length - zone, length - step + 1, step)
    loudness = [float(numpy.square(window[:, start : start + step]).sum()) for start in starts]
    return int(starts[loudness.index(min(loudness))]) + step // 2


def _sound_track(container: InputContainer, how: Listening) -> AudioStream:
    if how.only_mp4 and container.format.name != MP4:
        raise JobFailureError(f"A video must be an MP4, but this is {container.format.name}")
    if not container.streams.audio:
        raise JobFailureError("The recording has no sound track")
    if (container.duration or 0) / av.time_base > LONGEST_SECONDS:
        raise _too_long()
    return container.streams.audio[0]


def _blocks(
    container: InputContainer, track: AudioStream, how: Listening, stopped: threading.Event
) -> Iterator[Samples]:
    layout = track.layout.name if how.by_channel else "mono"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=RATE)
    for packet in container.demux(track):
        _check(stopped)
        for frame in _frames(packet):
            yield from (_samples(block) for block in resampler.resample(frame))
    yield from (_samples(block) for block in resampler.resample(None))


def _samples(block: av.AudioFrame) -> Samples:
    return cast("Samples", block.to_ndarray())


def _frames(packet: av.Packet[AudioStream]) -> list[av.AudioFrame]:
    """Decode one packet; a damaged one is left out, as players do, since the rest can still be heard."""
    try:
        return packet.decode()
    except av.InvalidDataError:
        return []


def _bounded(blocks: Iterable[Samples]) -> Iterator[Samples]:
    total = 0
    for block in blocks:
        total += block.shape[1]
        if total > LONGEST_SECONDS * RATE:
            raise _too_long()
        yield block


def _too_long() -> JobFailureError:
    return JobFailureError(f"The recording is longer than {LONGEST_SECONDS // 3600} hours, the most allowed")


def _spoken(word: HeardWord, offset: float) -> SpokenWord:
    return SpokenWord(word.word, offset + float(word.start), offset + float(word.end), float(word.probability))


def _check(stopped: threading.Event) -> None:
    if stopped.is_set():
        raise StoppedError
