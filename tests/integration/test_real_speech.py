"""Recordings of real people go through the operators and come back as what was said."""

from __future__ import annotations

import jiwer
import pytest

from airflow_provider_symbl.hooks.symbl import SymblHook
from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator
from tests.support.airflow_tasks import run
from tests.support.word_error import REAL_RECORDINGS, SENTENCES, normalised

pytestmark = [
    pytest.mark.skipif(not REAL_RECORDINGS.is_dir(), reason="the recordings of real people lie beside the checkout"),
    pytest.mark.usefixtures("connection"),
]


def test_readings_are_understood() -> None:
    """Of three sentences of a novel at most 15 % of the words are heard wrongly."""
    heard = [normalised(" ".join(_transcribe(name, mode="default"))) for name in SENTENCES]
    error_rate = jiwer.wer(list(SENTENCES.values()), heard)
    print(f"readings: word error rate {error_rate:.1%}")  # noqa: T201 - the figure that is asked for
    assert error_rate <= 0.15


def test_a_telephone_call_is_transcribed_to_its_end() -> None:
    """A call of 4 min 37 s at 8 kHz is heard from its greeting to its farewell."""
    messages = _transcribe("support-call.wav", mode="phone")
    words = normalised(" ".join(messages)).split()
    print(f"support call: {len(messages)} messages, {len(words)} words; it ends: …{' '.join(words[-12:])}")  # noqa: T201 - the same
    assert len(words) > 400
    assert "thank" in words[:40]
    assert {"bye", "goodbye", "day", "thank", "welcome"} & set(words[-30:])


def _transcribe(name: str, mode: str) -> list[str]:
    operator = SymblSubmitAudioFileOperator(
        task_id="submit", file=str(REAL_RECORDINGS / name), mode=mode, poll_interval=0.5, job_timeout=120
    )
    submitted = run(operator)
    return [message.text for message in SymblHook().get_messages(submitted["conversation_id"])]
