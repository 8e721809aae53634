"""The diarizer: which part of the sound is listened to, and what becomes of what cannot be heard.

The model here hears the average of the samples: near 1 is one voice, near 0.1 another, and 0 is nothing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy
import pytest

from airflow_provider_symbl.local_server.speech.diarization.diarizer import RATE, Diarizer
from airflow_provider_symbl.local_server.speech.transcription import Sentence, SpokenWord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import Numbers, Span


class LevelModel:
    """Hears the average level, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, float, float]] = []

    def embeddings(self, sound: Numbers, spans: Sequence[Span], seconds: float) -> Numbers:
        """Give the directions of levels."""
        self.heard += [(start / RATE, end / RATE, seconds) for start, end in spans]
        levels = [float(sound[start : max(end, start + 1)].mean()) for start, end in spans]
        vectors = [_direction(level) if level else [0.0, 0.0] for level in levels]
        return numpy.array(vectors).reshape(-1, 2)


def _direction(level: float) -> list[float]:
    return [float(numpy.cos(level * numpy.pi / 2)), float(numpy.sin(level * numpy.pi / 2))]


def sentence(start: float, end: float, words: int = 1) -> Sentence:
    """Say words of one length."""
    edges = numpy.linspace(start, end, words + 1).tolist()
    return Sentence(tuple(SpokenWord(" word", *pair, 1.0) for pair in pairwise(edges)))


def sound(*parts: tuple[float, float]) -> Numbers:
    """Put levels one after the other, each of so many seconds."""
    return numpy.concatenate([numpy.full(round(seconds * RATE), level) for level, seconds in parts])


def test_each_sentence_is_its_speakers_in_the_order_in_which_they_begin() -> None:
    """Whatever the numbers of the groups, and over all parts of the recording."""
    diarizer = Diarizer(LevelModel(), 2)
    diarizer.add([sentence(0, 2), sentence(2, 4)], sound((1.0, 2), (0.1, 2)), 0)
    diarizer.add([sentence(4, 6), sentence(6, 8)], sound((0.1, 2), (1.0, 2)), 4)
    assert diarizer.speakers() == [[1], [2], [2], [1]]


def test_a_short_sentence_is_told_apart_by_itself() -> None:
    """It is not taken for the speaker's who is nearest."""
    diarizer = Diarizer(LevelModel(), 2)
    said = [sentence(0, 2), sentence(2.1, 2.4), sentence(2.5, 4.5), sentence(4.5, 6.5)]
    diarizer.add(said, sound((1.0, 2.05), (0.1, 0.4), (1.0, 2.05), (0.1, 2)), 0)
    assert diarizer.speakers() == [[1], [2], [1], [2]]


def test_a_short_sentence_is_heard_with_pauses_but_not_with_its_neighbours() -> None:
    """Nor beyond the sound that is there."""
    model = LevelModel()
    Diarizer(model, 2).add([sentence(10, 10.2), sentence(10.3, 10.5), sentence(12, 12.4)], sound((1.0, 2.5)), 10)
    starts_and_ends = [pytest.approx((start, end, 1.6)) for start, end in ((0, 0.3), (0.2, 0.9), (1.6, 2.5))]
    assert model.heard == starts_and_ends


def test_a_long_sentence_is_cut_where_another_speaker_goes_on() -> None:
    """Its words are heard one by one."""
    diarizer = Diarizer(LevelModel(), 2)
    said = [sentence(0, 3), sentence(3, 6), sentence(6, 10, words=10)]
    diarizer.add(said, sound((1.0, 3), (0.1, 3), (1.0, 2), (0.1, 2)), 0)
    assert diarizer.speakers()[2] == [1] * 5 + [2] * 5


def test_one_voice_asked_for_as_three_is_three_speakers() -> None:
    """The count that is given is right by definition."""
    diarizer = Diarizer(LevelModel(), 3)
    diarizer.add([sentence(start, start + 2) for start in range(0, 10, 2)], sound((1.0, 10)), 0)
    assert {speaker for speakers in diarizer.speakers() for speaker in speakers} == {1, 2, 3}


@pytest.mark.parametrize("count", [2, 5, 2_000_000])
def test_there_are_no_more_speakers_than_sentences(count: int) -> None:
    """However many are asked for."""
    diarizer = Diarizer(LevelModel(), count)
    diarizer.add([sentence(0, 2), sentence(2, 4)], sound((1.0, 2), (0.9, 2)), 0)
    assert diarizer.speakers() == [[1], [2]]


def test_what_cannot_be_heard_goes_with_what_came_before() -> None:
    """And by itself it is somebody, too; words that are said beyond the sound are not heard."""
    diarizer = Diarizer(LevelModel(), 2)
    diarizer.add([sentence(0, 2, words=4)], sound((0.0, 2)), 0)
    assert diarizer.speakers() == [[1, 1, 1, 1]]
    diarizer.add([sentence(2, 4), sentence(4, 6), sentence(6, 8)], sound((1.0, 2), (0.1, 2), (0.0, 2)), 2)
    diarizer.add([sentence(9, 9)], sound((0.0, 0.5)), 8)
    assert diarizer.speakers() == [[1, 1, 1, 1], [1], [2], [2], [2]]


def test_nothing_said_has_no_speakers() -> None:
    """Neither before nor between what is said."""
    diarizer = Diarizer(LevelModel(), 2)
    diarizer.add([], sound((0.5, 1)), 0)
    assert diarizer.speakers() == []
