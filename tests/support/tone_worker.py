"""A recognition process without a model: each stretch of sound is a word, so that times, channels and lengths are seen.

All but the model is symbl-local's own process: demuxer, decoder, resampler, channel mix and windows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy

from airflow_provider_symbl.local_server.speech import worker
from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from airflow_provider_symbl.local_server.speech.resampling import RATE
from airflow_provider_symbl.local_server.speech.whisper import WhisperTranscriber

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_symbl.local_server.speech.resampling import Samples
    from airflow_provider_symbl.local_server.speech.transcription import Report

MODULE = "tests.support.tone_worker"
BLOCK = RATE // 100
LOUD = 0.03
SHORTEST_PAUSE = 15
"""Blocks without sound after which a word is over."""
SHORTEST_WORD = 5


class TonePool(RecogniserPool):
    """A recogniser whose processes are such ones."""

    worker_module = MODULE


@dataclass(frozen=True)
class Stretch:
    """A stretch of sound, as a word is given."""

    start: float
    end: float
    word: str = " beep."
    probability: float = 1.0


@dataclass(frozen=True)
class Segment:
    """The segment of one word."""

    end: float
    words: list[Stretch] = field(default_factory=list)


class ToneModel:
    """Finds what is loud."""

    is_multilingual = False

    @property
    def model(self) -> Self:
        """What lies below it: itself."""
        return self

    def transcribe(self, audio: Samples, **_: object) -> tuple[Iterator[Segment], None]:
        """Give a word for each stretch of sound."""
        stretches = _stretches(audio)
        return iter([Segment(stretch.end, [stretch]) for stretch in stretches]), None


def load(_: Mapping[str, Any], __: Report) -> WhisperTranscriber:
    """Load nothing."""
    return WhisperTranscriber(ToneModel(), "tones")


def _stretches(audio: Samples) -> list[Stretch]:
    blocks = audio[: len(audio) // BLOCK * BLOCK].reshape(-1, BLOCK)
    loud = numpy.flatnonzero(numpy.sqrt(numpy.square(blocks).mean(axis=1)) > LOUD)
    groups = numpy.split(loud, numpy.flatnonzero(numpy.diff(loud) > SHORTEST_PAUSE) + 1)
    return [
        Stretch(float(group[0] / 100), float((group[-1] + 1) / 100)) for group in groups if len(group) >= SHORTEST_WORD
    ]


if __name__ == "__main__":
    worker.main(load)
