"""Changes of the speaker within a sentence."""

from __future__ import annotations

import numpy
import pytest

from airflow_provider_symbl.local_server.speech.diarization.speaker_changes import most_likely, word_speakers
from airflow_provider_symbl.local_server.speech.transcription import Sentence, SpokenWord, by_speaker

FIRST, SECOND, THIRD = numpy.eye(3)


def sentence(*seconds: float) -> Sentence:
    """Say words that last so long, one after the other."""
    ends = numpy.cumsum(seconds)
    pairs = zip(ends - seconds, ends, strict=True)
    return Sentence(tuple(SpokenWord(f" {start:g}", float(start), float(end), 1.0) for start, end in pairs))


@pytest.mark.parametrize(
    ("words", "speaker", "expected"),
    [
        ([FIRST, FIRST, SECOND, SECOND], 0, [0, 0, 1, 1]),
        ([FIRST, FIRST, FIRST, SECOND], 0, [0, 0, 0, 0]),
        ([FIRST, FIRST, SECOND, SECOND], 2, [2, 2, 2, 2]),
        ([FIRST, FIRST, FIRST, FIRST], 1, [1, 1, 1, 1]),
    ],
    ids=["a change", "too short a part", "a change that leaves out the speaker of the whole", "no change"],
)
def test_a_change_is_taken_where_it_is_plain(words: list[numpy.ndarray], speaker: int, expected: list[int]) -> None:
    """Otherwise the whole is the speaker's whose voice it is most like."""
    assert word_speakers(sentence(0.3, 0.3, 0.3, 0.3), numpy.array(words), speaker) == expected


def test_a_change_costs_more_than_a_word_that_is_a_little_like_another() -> None:
    """Words by themselves are too short to be sure of."""
    scores = numpy.array([[0.8, 0.7], [0.7, 0.75], [0.8, 0.7]])
    assert most_likely(scores, 0.2) == [0, 0, 0]
    assert most_likely(scores, 0.01) == [0, 1, 0]


def test_a_sentence_is_cut_where_the_speaker_changes() -> None:
    """Each part has its words and its speaker."""
    parts = list(by_speaker(sentence(1, 1, 1), [1, 2, 2]))
    assert [(part.text, part.speaker) for part in parts] == [("0", 1), ("1 2", 2)]
