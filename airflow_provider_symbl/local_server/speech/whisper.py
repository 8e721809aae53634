"""Whisper: transcribing with faster-whisper what was decoded; needs the extra ``speech``."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from airflow_provider_symbl.local_server.speech.decoding import tracks
from airflow_provider_symbl.local_server.speech.diarization.diarizer import Diarizer
from airflow_provider_symbl.local_server.speech.resampling import RATE, is_silent, mix, window_length, windows
from airflow_provider_symbl.local_server.speech.transcription import (
    JobFailureError,
    SpokenWord,
    TranscriptionOptions,
    sentences,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from airflow_provider_symbl.local_server.speech.decoding import Track
    from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import SpeakerEmbeddingModel
    from airflow_provider_symbl.local_server.speech.resampling import Samples
    from airflow_provider_symbl.local_server.speech.transcription import Report

LEAST_WORD = 0.02
"""Seconds that a word lasts at least; the model gives some of them no length."""


class WhisperWord(Protocol):
    """A word as faster-whisper gives it."""

    @property
    def word(self) -> str:
        """How it is written, with the blank before it."""

    @property
    def start(self) -> float:
        """Seconds from the beginning of what was given."""

    @property
    def end(self) -> float:
        """Likewise."""

    @property
    def probability(self) -> float:
        """How sure the model is, 0 to 1."""


class WhisperSegment(Protocol):
    """A segment as faster-whisper gives it."""

    @property
    def end(self) -> float:
        """Seconds from the beginning of what was given."""

    @property
    def words(self) -> Sequence[WhisperWord] | None:
        """Its words; None for none."""


class LoadedModel(Protocol):
    """What lies below faster-whisper's model."""

    @property
    def is_multilingual(self) -> bool:
        """Whether it knows other languages than English."""


class WhisperModel(Protocol):
    """What of faster-whisper's model is used here."""

    @property
    def model(self) -> LoadedModel:
        """What lies below it."""

    def transcribe(self, audio: Samples, **options: object) -> tuple[Iterable[WhisperSegment], object]:
        """Recognise samples of 16 kHz."""


class WhisperTranscriber:
    """Recognises recordings with a Whisper model.

    :param model: the model.
    :param name: how to speak of it.
    """

    def __init__(self, model: WhisperModel, name: str) -> None:
        self._name = name
        self._model = model
        self.speaker_model: SpeakerEmbeddingModel | None = None

    @classmethod
    def load(cls, folder: str, name: str, threads: int) -> Self:
        """Load a model into memory, of int8 weights, on the processor.

        :param folder: the model's name or folder.
        :param name: how to speak of it.
        :param threads: how many processors it may use.
        """
        faster_whisper = importlib.import_module("faster_whisper")
        return cls(faster_whisper.WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads), name)

    def transcribe(self, path: Path, options: TranscriptionOptions, report: Report) -> dict[str, object]:
        """Decode and recognise a recording: the first of its tracks in which anything is said.

        :param path: the recording.
        :param options: how to recognise it.
        :param report: is told each sentence with its channel, from 0, and how much of the recording is done.
        :return: how long it is, how many channels it has, and the speaker of each word of each
            sentence, if there is diarization.
        :raises JobFailureError: it cannot be decoded, or is not in a language that the model knows.
        """
        if options.language != "en" and not self._model.model.is_multilingual:
            raise JobFailureError(f"The speech model {self._name} knows English only, not {options.language!r}")
        found = tracks(path, only_mp4=options.only_mp4)
        without_words: dict[str, object] | None = None
        for track in found:
            track.measure(lambda: report({"progress": None}))
            if track.seconds:
                is_said, end = self._transcribe_track(track, options, report)
                if is_said:
                    return end
                without_words = without_words or end
        if without_words is None:
            raise JobFailureError(found[0].problem)
        return without_words

    def _transcribe_track(
        self, track: Track, options: TranscriptionOptions, report: Report
    ) -> tuple[bool, dict[str, object]]:
        count = options.speaker_count
        diarizer = Diarizer(self.speaker_model, count) if self.speaker_model and count else None
        samples = said = channels = 0
        for decoded in windows(track.blocks(), window_length(track.channels)):
            window = AudioWindow(decoded if options.by_channel else mix(decoded), samples / RATE, track.seconds)
            said += self._transcribe_window(window, options, report, diarizer)
            samples += decoded.shape[1]
            channels = len(window.samples)
        speakers = diarizer and diarizer.speakers()
        return said > 0, {"seconds": samples / RATE, "channels": channels, "speakers": speakers}

    def _transcribe_window(
        self, window: AudioWindow, options: TranscriptionOptions, report: Report, diarizer: Diarizer | None
    ) -> int:
        """Recognise a window.

        :return: how many sentences are said in it.
        """
        count = 0
        for channel, sound in enumerate(window.samples):
            found = []
            for sentence in sentences(self._words(window, channel, options, report)):
                report({"channel": channel, "words": [_fields(word) for word in sentence.words]})
                found.append(sentence)
            if diarizer:
                diarizer.add(found, sound, window.offset)
            report({"progress": window.share(channel + 1)})
            count += len(found)
        return count

    def _words(
        self, window: AudioWindow, channel: int, options: TranscriptionOptions, report: Report
    ) -> Iterator[SpokenWord]:
        sound = window.samples[channel]
        if is_silent(sound):
            return
        segments, _ = self._model.transcribe(
            sound,
            language=options.language,
            beam_size=1,
            vad_filter=True,
            word_timestamps=True,
            condition_on_previous_text=False,
            hotwords=" ".join(options.vocabulary) or None,
        )
        last = 0.0
        for segment in segments:
            for word in segment.words or ():
                spoken = _spoken(word, last, window)
                yield spoken
                last = spoken.end - window.offset
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
        return min(1.0, round(done / self.total, 6)) if self.total else None


def _fields(word: SpokenWord) -> list[object]:
    return [word.text, word.start, word.end, word.score]


def _spoken(word: WhisperWord, last: float, window: AudioWindow) -> SpokenWord:
    """Give a word in its place: not before the one before it is over, inside its window, and never without length."""
    start = max(last, min(float(word.start), window.seconds - LEAST_WORD))
    end = max(start + LEAST_WORD, min(float(word.end), window.seconds))
    return SpokenWord(word.word, window.offset + start, window.offset + end, float(word.probability))
