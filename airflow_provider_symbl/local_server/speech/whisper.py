"""Whisper: decoding with PyAV and transcribing with faster-whisper; the only module that needs the extra ``speech``."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias, cast

import av
import numpy

from airflow_provider_symbl.local_server.speech.diarization.diarizer import Diarizer
from airflow_provider_symbl.local_server.speech.transcription import (
    JobFailureError,
    SpokenWord,
    TranscriptionOptions,
    sentences,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from av.audio.stream import AudioStream

    from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import SpeakerEmbeddingModel
    from airflow_provider_symbl.local_server.speech.transcription import Report

Samples: TypeAlias = "numpy.ndarray[Any, numpy.dtype[numpy.float32]]"

RATE = 16_000
LONGEST_SECONDS = 4 * 3600
WINDOW = 120 * RATE
"""Samples that are recognised at a time: memory stays the same however long the recording is."""
CUT_ZONE = 20 * RATE
"""The end of a window in which the quietest place is looked for, so that no word is cut in two."""
QUIET = RATE // 5

MOST_MISSING = 1.0
"""Seconds by which the beginning of the last packet may lie before the sound's end."""
MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
FORMATS = "wav,w64,mp3,mov,flac,ogg,aac,ac3,aiff,amr,amrnb,amrwb,asf,matroska"
"""Demuxers that are let in. Playlists are not: they make the decoder open other files and addresses."""


class WhisperWord(Protocol):
    """A word as faster-whisper gives it."""

    word: str
    start: float
    end: float
    probability: float


class WhisperSegment(Protocol):
    """A segment as faster-whisper gives it."""

    end: float
    words: list[WhisperWord] | None


class WhisperTranscriber:
    """A Whisper model in memory, of int8 weights, on the processor.

    :param folder: the model's name or folder.
    :param name: how to speak of it.
    :param threads: how many processors it may use.
    """

    def __init__(self, folder: str, name: str, threads: int) -> None:
        faster_whisper = importlib.import_module("faster_whisper")
        self._name = name
        self._model = faster_whisper.WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads)
        self.speaker_model: SpeakerEmbeddingModel | None = None

    def transcribe(self, path: Path, options: TranscriptionOptions, report: Report) -> dict[str, object]:
        """Decode and recognise a recording.

        :param path: the recording.
        :param options: how to recognise it.
        :param report: is told each sentence with its channel, from 0, and how much of the recording is done.
        :return: how long it is, how many channels it has, and the speaker of each word of each
            sentence, if there is diarization.
        :raises JobFailureError: it cannot be decoded, or is not in a language that the model knows.
        """
        if options.language != "en" and not self._model.model.is_multilingual:
            raise JobFailureError(f"The speech model {self._name} knows English only, not {options.language!r}")
        count = options.speaker_count
        diarizer = Diarizer(self.speaker_model, count) if self.speaker_model and count else None
        samples = channels = 0
        with Recording(path, options) as recording:
            for window in windows(recording.blocks()):
                channels = len(window)
                self._transcribe_window(
                    AudioWindow(window, samples / RATE, recording.seconds), options, report, diarizer
                )
                samples += window.shape[1]
        if not samples:
            raise JobFailureError("The recording holds no sound: not one sample could be decoded")
        return {"seconds": samples / RATE, "channels": channels, "speakers": diarizer and diarizer.speakers()}

    def _transcribe_window(
        self, window: AudioWindow, options: TranscriptionOptions, report: Report, diarizer: Diarizer | None
    ) -> None:
        for channel, sound in enumerate(window.samples):
            found = []
            for sentence in sentences(self._words(window, channel, options, report)):
                report({"channel": channel, "words": [_fields(word) for word in sentence.words]})
                found.append(sentence)
            if diarizer:
                diarizer.add(found, sound, window.offset)
            report({"progress": window.share(channel + 1)})

    def _words(
        self, window: AudioWindow, channel: int, options: TranscriptionOptions, report: Report
    ) -> Iterator[SpokenWord]:
        segments, _ = self._model.transcribe(
            window.samples[channel],
            language=options.language,
            beam_size=1,
            vad_filter=True,
            word_timestamps=True,
            condition_on_previous_text=False,
            hotwords=" ".join(options.vocabulary) or None,
        )
        for segment in cast("Iterable[WhisperSegment]", segments):
            yield from (_spoken(word, window.offset) for word in segment.words or ())
            report({"progress": window.share(channel + min(1.0, segment.end / window.seconds))})


@dataclass(frozen=True)
class AudioWindow:
    """A part of a recording that is recognised at a time.

    :param samples: of shape (channels, samples).
    :param offset: where it begins, in seconds from the recording's beginning.
    :param total: how many seconds the recording is said to last; None where it does not say.
    """

    samples: Samples
    offset: float
    total: float | None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.samples.shape[1] / RATE)

    def share(self, channels: float) -> float | None:
        """Tell what share of the recording is done.

        :param channels: how many channels of this window are, the last one in part.
        """
        done = self.offset + self.seconds * channels / len(self.samples)
        return min(1.0, done / self.total) if self.total else None


class Recording:
    """A recording's first sound track as 16 kHz samples; to be used as a context.

    :param path: the recording.
    :param options: mixed or each channel apart; whether only an MP4 will do.
    :raises JobFailureError: it cannot be decoded, has no sound track, or lasts over four hours.
    """

    def __init__(self, path: Path, options: TranscriptionOptions) -> None:
        with _reasons():
            self._container = av.open(str(path), metadata_errors="ignore", options={"format_whitelist": FORMATS})
        self._options = options

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def seconds(self) -> float | None:
        """How long it says that it is."""
        return self._container.duration / av.time_base if self._container.duration else None

    def blocks(self) -> Iterator[Samples]:
        """Decode.

        :return: blocks of shape (channels, samples).
        """
        with _reasons():
            yield from _bounded(self._decoded())

    def _track(self) -> AudioStream:
        if self._options.only_mp4 and self._container.format.name != MP4:
            raise JobFailureError(f"A video must be an MP4, but this is {self._container.format.name}")
        if not self._container.streams.audio:
            raise JobFailureError("The recording has no sound track")
        if (self.seconds or 0) > LONGEST_SECONDS:
            raise _too_long()
        return self._container.streams.audio[0]

    def _decoded(self) -> Iterator[Samples]:
        track = self._track()
        layout = track.layout.name if self._options.by_channel else "mono"
        resampler = av.AudioResampler(format="fltp", layout=layout, rate=RATE)
        reached = 0.0
        for packet in self._container.demux(track):
            reached = max(reached, _seconds(packet.pts, track))
            for frame in _frames(packet):
                yield from (_samples(block) for block in resampler.resample(frame))
        yield from (_samples(block) for block in resampler.resample(None))
        self._check_whole(reached, _seconds(track.duration, track))

    def _check_whole(self, reached: float, expected: float) -> None:
        """Refuse an MP4 whose index tells of more sound than is there; of other containers, the length is a guess."""
        if self._container.format.name == MP4 and reached < expected - MOST_MISSING:
            raise JobFailureError(
                f"The recording is cut off: its sound ends after {reached:.0f} of {expected:.0f} seconds"
            )


@contextlib.contextmanager
def _reasons() -> Iterator[None]:
    try:
        yield
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


def _seconds(moment: int | None, track: AudioStream) -> float:
    return float((moment or 0) * (track.time_base or 0))


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


def _fields(word: SpokenWord) -> list[object]:
    return [word.text, word.start, word.end, word.score]


def _spoken(word: WhisperWord, offset: float) -> SpokenWord:
    return SpokenWord(word.word, offset + float(word.start), offset + float(word.end), float(word.probability))
