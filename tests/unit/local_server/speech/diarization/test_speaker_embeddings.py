"""Speaker embeddings: what a model makes of a voice, of silence, of loud and quiet, of short and long."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy
import pytest

from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import (
    PACKAGED_MODEL,
    RATE,
    SpeakerEncoder,
)
from tests.support.audio import RECORDINGS
from tests.support.labelled_speech import labelled

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import Numbers

pytestmark = pytest.mark.model

CALL = labelled(RECORDINGS / "calls" / "double-charge.mp3")


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    """Return the model of the package."""
    return SpeakerEncoder()


def turns(encoder: SpeakerEncoder, samples: Numbers) -> Numbers:
    """Give a vector for the beginning of each turn of a call, of which every other is the same speaker's."""
    spans = [(round(turn.start * RATE), round((turn.start + 1.6) * RATE)) for turn in CALL.turns]
    return encoder.embeddings(samples, spans, 1.6)


def test_a_voice_is_most_like_itself(encoder: SpeakerEncoder) -> None:
    """Whatever it says."""
    vectors = turns(encoder, CALL.samples)
    likeness = vectors @ vectors.T
    is_same = numpy.arange(8)[:, None] % 2 == numpy.arange(8) % 2
    assert likeness[is_same].min() > likeness[~is_same].max()
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1)


@pytest.mark.parametrize("factor", [0.001, 0.1, 2.0])
def test_a_voice_is_the_same_however_loud_it_is(encoder: SpeakerEncoder, factor: float) -> None:
    """A telephone may be far away."""
    same = (turns(encoder, CALL.samples) * turns(encoder, CALL.samples * numpy.float32(factor))).sum(axis=1)
    assert same.min() > 0.999


def test_silence_has_no_voice(encoder: SpeakerEncoder) -> None:
    """Neither has a part of no length, nor the end of the sound; what is not silent beside it has one."""
    sound = numpy.concatenate([numpy.zeros(2 * RATE, dtype=numpy.float32), CALL.samples[RATE : 2 * RATE]])
    spans = [(0, RATE), (100, 100), (len(sound) - 1, len(sound)), (2 * RATE, 3 * RATE)]
    vectors = encoder.embeddings(sound, spans, 1.6)
    assert [bool(vector.any()) for vector in vectors[[0, 1, 3]]] == [False, False, True]
    assert numpy.isfinite(vectors).all()


def test_no_parts_have_no_vectors(encoder: SpeakerEncoder) -> None:
    """Nothing said is nothing to be told apart."""
    assert len(encoder.embeddings(CALL.samples, [], 1.6)) == 0


def test_the_file_is_the_one_that_its_note_describes() -> None:
    """Licence, origin and way to build it are told of these bytes."""
    digest = hashlib.sha256(PACKAGED_MODEL.read_bytes()).hexdigest()
    assert digest in PACKAGED_MODEL.with_suffix(".md").read_text()
