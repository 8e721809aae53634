"""Recordings in which something was misheard or refused once: what is said in them, by whom and when."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.speech import worker
from airflow_provider_symbl.local_server.speech.transcription import TranscriptionOptions
from tests.support.word_error import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.local_server.speech.worker import Transcriber

pytestmark = [pytest.mark.process, pytest.mark.model]

RECORDED = Path(__file__).parents[3] / "recorded" / "media"
HELP, HELLO, MONDAY = "customer support how can i help you", "hello", "my package was due on monday"
SHORT, WHOLE = f"{HELP} {HELLO}", f"{HELP} {HELLO} {MONDAY}"


@functools.cache
def model() -> Transcriber:
    """Load the model once for all of these tests."""
    return worker.load({"model": None, "name": "tiny.en", "workers": 1, "speaker": None}, lambda _: None)


def said(name: str, *, by_channel: bool = False) -> list[tuple[int, float, str]]:
    """Give each sentence of a recording with its channel and when it begins."""
    reports: list[Mapping[str, Any]] = []
    model().transcribe(RECORDED / name, TranscriptionOptions(by_channel=by_channel), reports.append)
    heard = [(report["channel"], report["words"]) for report in reports if "words" in report]
    return [
        (channel, words[0][1], normalised("".join(text for text, *_ in words).replace("Hello?", "Hello.")))
        for channel, words in heard
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("16k_then_44k.mp3", WHOLE),
        ("amr_dtx.amr", SHORT),
        ("audio_starts_5s_late.mp4", WHOLE),
        ("call.au", SHORT),
        ("ch3_speech_on_third.wav", SHORT),
        ("chained_mono_stereo.opus", WHOLE),
        ("data_size_too_small.wav", SHORT),
        ("gap8s.webm", WHOLE),
        ("iphone.caf", WHOLE),
        ("mono_then_stereo.mp3", WHOLE),
        ("opposite_phase.wav", SHORT),
        ("two_tracks_default_second.mp4", WHOLE),
        ("zeros_before.mp3", WHOLE),
    ],
)
def test_all_that_is_said_is_heard(name: str, text: str) -> None:
    """Word for word."""
    assert " ".join(sentence for _, _, sentence in said(name)) == text


def test_a_gap_and_a_late_start_keep_their_time() -> None:
    """As the file's own timestamps tell it."""
    hello = {sentence: start for _, start, sentence in said("gap8s.webm")}[HELLO]
    assert hello == pytest.approx(11.4, abs=0.3)
    assert said("audio_starts_5s_late.mp4")[0][1] == pytest.approx(5.0, abs=0.4)


def test_who_speaks_on_the_third_channel_is_heard_there() -> None:
    """And nobody on the two that are silent."""
    assert {channel for channel, _, _ in said("ch3_speech_on_third.wav", by_channel=True)} == {2}
