"""Fuzzing: no file that was damaged by chance ends a recognition process."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.speech.transcription import (
    OWN_FAULT,
    JobFailureError,
    Transcription,
    TranscriptionOptions,
)
from tests.support.media_cases import CASES, TONES
from tests.support.mutations import mutated
from tests.support.sizes import SIZES
from tests.support.tone_worker import TonePool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool

pytestmark = pytest.mark.process

RECORDED = Path(__file__).parents[3] / "recorded" / "media"
SEED = 2_000
LONGEST = 500_000
"""Bytes of a file that is damaged: of longer ones, a header is the smaller part."""


@pytest.fixture
def pool() -> Iterator[RecogniserPool]:
    """Return a recogniser without a model, of one process."""
    with contextlib.closing(TonePool(None, 1)) as recogniser:
        yield recogniser


def test_no_damage_ends_a_process(pool: RecogniserPool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is heard as far as it goes, or the reason is the file's; and what is heard has times that can be."""
    path, heard = tmp_path / "recording", 0
    for number, data in enumerate(mutated(_good(), SIZES.mutated_recordings, SEED)):
        path.write_bytes(data)
        outcome = _outcome(pool, path, by_channel=number % 2 == 0)
        if isinstance(outcome, Transcription):
            heard += 1
            words = [word for channel in outcome.channels for sentence in channel for word in sentence.words]
            assert all(0 <= word.start < word.end <= outcome.seconds + 0.1 for word in words)
        else:
            assert outcome.startswith("The recording "), number
    assert heard > SIZES.mutated_recordings // 3
    assert caplog.messages == []  # no process ended, and no defect was met


def test_a_defect_is_told_from_a_bad_recording() -> None:
    """So that the test above would see one."""
    assert not OWN_FAULT.startswith("The recording ")


def _outcome(pool: RecogniserPool, path: Path, *, by_channel: bool) -> Transcription | str:
    try:
        return pool.recognise(path, TranscriptionOptions(by_channel=by_channel), threading.Event(), lambda _: None)
    except JobFailureError as error:
        return str(error)


def _good() -> list[bytes]:
    found = [path.read_bytes() for path in sorted(RECORDED.iterdir())]
    made = (case.make(TONES) for case in CASES)
    return [*found, *(data for data in made if len(data) < LONGEST)]
