"""Voices on one channel: how they are told apart, and what is refused where they cannot be."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import numpy
import onnx
import pytest
from onnx import TensorProto, helper

from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech import diarization as diarization_module
from airflow_provider_symbl.local_server.speech.diarization import (
    Diarizer,
    SpeakerEmbeddingModel,
    cluster,
    merge_short_sentences,
)
from airflow_provider_symbl.local_server.speech.transcription import Sentence, SpokenWord
from tests.support.audio import RECORDINGS, Sound
from tests.support.local_client import Local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLLOW_UP = RECORDINGS / "calls" / "sales-follow-up.mp3"
AGENT = ("thanks for taking", "great to hear", "stop you from buying", "offer a discount", "meet your security")
CUSTOMER = ("yes, we did", "loves the dashboard", "a lot of work", "price is a little high", "tuesday morning")
NAMES = ("Speaker 1", "Speaker 2")
BANDS = 80
METADATA = {
    "framework": "wespeaker",
    "language": "English",
    "sample_rate": "16000",
    "output_dim": str(BANDS),
    "normalize_samples": "0",
}


def speaker_model(path: Path, metadata: dict[str, str]) -> str:
    """Make a model for which a voice is its average spectrum, whatever the loudness.

    :param path: where it goes.
    :param metadata: what sherpa-onnx asks a model of WeSpeaker's kind for.
    """
    sound = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", "T", BANDS])
    voice = helper.make_tensor_value_info("embs", TensorProto.FLOAT, ["B", BANDS])
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["average"], axes=[1], keepdims=0),
        helper.make_node("ReduceMean", ["average"], ["loudness"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["average", "loudness"], ["embs"]),
    ]
    graph = helper.make_graph(nodes, "voice", [sound], [voice])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return str(path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the file of a speaker model."""
    return speaker_model(tmp_path_factory.mktemp("model") / "spectrum.onnx", METADATA)


@pytest.fixture(scope="module")
def telling(model: str) -> Iterator[Local]:
    """Run a server that tells voices apart, and return a client whose submissions are done when they are answered."""
    with LocalServer(speaker_model=model) as server:
        local = Local(server)
        local.progress(by="at_once")
        yield local
        local.session.close()


def diarized(count: int) -> dict[str, str]:
    """Ask for voices to be told apart."""
    return {"enableSpeakerDiarization": "true", "diarizationSpeakerCount": str(count)}


def sentence(start: float, end: float) -> Sentence:
    """Say a word."""
    return Sentence((SpokenWord("word", start, end, 1.0),))


def around(angle: float, count: int, spread: random.Random) -> list[list[float]]:
    """Give vectors of length 1 that point about the same way."""
    angles = [angle + spread.uniform(-0.2, 0.2) for _ in range(count)]
    return [[math.cos(one), math.sin(one)] for one in angles]


@pytest.mark.process
def test_two_voices_on_one_channel_are_two_speakers(telling: Local) -> None:
    """Each says what it said, in the order of their first sentences; words carry the speaker's number."""
    ids = telling.submit("audio", params=diarized(2), data=FOLLOW_UP.read_bytes())
    found = telling.messages(ids, verbose="true")
    said = {name: " ".join(entry["text"].lower() for entry in found if entry["from"]["name"] == name) for name in NAMES}
    heard = [(phrase in said["Speaker 1"]) for phrase in AGENT] + [(phrase in said["Speaker 2"]) for phrase in CUSTOMER]
    assert sum(heard) >= 9
    assert [member["name"] for member in telling.of(ids, "members")["members"]] == list(NAMES)
    tags = {(entry["from"]["name"], word["speakerTag"]) for entry in found for word in entry["words"]}
    assert tags == {("Speaker 1", 1), ("Speaker 2", 2)}


@pytest.mark.process
def test_an_append_has_speakers_of_its_own(telling: Local) -> None:
    """Nobody knows that they are the same people, as with Symbl."""
    ids = telling.submit("audio", params=diarized(2), data=FOLLOW_UP.read_bytes())
    telling.submit(f"audio/{ids['conversationId']}", "PUT", params=diarized(2), data=FOLLOW_UP.read_bytes())
    members = telling.of(ids, "members")["members"]
    assert [member["name"] for member in members] == [*NAMES, *NAMES]
    assert len({member["id"] for member in members}) == 4


@pytest.mark.process
def test_silence_has_no_voices_to_be_told_apart(telling: Local) -> None:
    """No word is invented, nor a second speaker."""
    ids = telling.submit("audio", params=diarized(3), data=Sound().silence(2).wav())
    assert telling.job(ids)["status"] == "completed"
    assert telling.messages(ids) == []
    assert [member["name"] for member in telling.of(ids, "members")["members"]] == ["Speaker 1"]


def test_without_a_speaker_model_telling_voices_apart_is_refused(local: Local) -> None:
    """The message names what is missing."""
    answer = local.send("POST", "/v1/process/audio", params=diarized(2), data=b"x")
    assert answer.status_code == 400
    assert "--speaker-model" in answer.json()["message"]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (None, "The speaker model {file} cannot be loaded: "),
        ({"framework": "wespeaker"}, "The recognition process ended before it was done (exit code 255 while loading"),
    ],
    ids=["no model", "no model for sherpa-onnx"],
)
@pytest.mark.process
def test_a_speaker_model_that_cannot_be_loaded_is_named(
    tmp_path: Path, metadata: dict[str, str] | None, reason: str
) -> None:
    """Even where the library ends the process that it is in."""
    file = tmp_path / "model.onnx"
    if metadata:
        speaker_model(file, metadata)
    else:
        file.write_bytes(b"This is no model.")
    with LocalServer(speaker_model=str(file)) as server:
        local = Local(server)
        local.progress(by="at_once")
        ids = local.submit("audio", params=diarized(2), data=FOLLOW_UP.read_bytes())
        message = local.job(ids)["message"]
        local.session.close()
    assert message.startswith(reason.format(file=file))
    assert str(file) in message


def test_vectors_that_point_the_same_way_are_alike() -> None:
    """However many there are of each."""
    spread = random.Random(7)  # noqa: S311 - the same numbers each time
    vectors = numpy.array(around(0.0, 50, spread) + around(1.5, 5, spread) + around(3.0, 20, spread))
    labels = cluster(vectors, numpy.ones(75), 3)
    assert [len(set(labels[start:end])) for start, end in ((0, 50), (50, 55), (55, 75))] == [1, 1, 1]
    assert len(set(labels)) == 3


def test_a_single_odd_sound_is_no_voice_of_its_own() -> None:
    """What was said for longer counts for more."""
    spread = random.Random(7)  # noqa: S311 - the same numbers each time
    vectors = numpy.array([*around(0.0, 20, spread), *around(1.2, 20, spread), [math.cos(2.0), math.sin(2.0)]])
    labels = cluster(vectors, numpy.array([3.0] * 40 + [0.2]), 2)
    assert labels[0] != labels[20] == labels[40]


def test_there_are_no_more_voices_than_sentences() -> None:
    """A count is the most that there may be."""
    assert len(set(cluster(numpy.eye(2), numpy.ones(2), 5))) == 2


def test_very_many_sentences_are_grouped_by_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go to the nearest group."""
    monkeypatch.setattr(diarization_module, "MOST_COMPARED", 10)
    spread = random.Random(7)  # noqa: S311 - the same numbers each time
    labels = cluster(numpy.array(around(0.0, 300, spread) + around(2.0, 300, spread)), numpy.ones(600), 2)
    assert (len(set(labels[:300])), len(set(labels[300:])), len(set(labels))) == (1, 1, 2)


def test_a_short_sentence_is_taken_with_its_nearer_neighbour() -> None:
    """It says too little about a voice."""
    first, yes, second, well = sentence(0, 3), sentence(3.1, 3.4), sentence(5, 8), sentence(8.1, 8.2)
    assert merge_short_sentences([first, yes, second, well]) == [[first, yes], [second, well]]
    assert merge_short_sentences([yes, second]) == [[yes, second]]
    assert merge_short_sentences([yes, well]) == [[yes, well]]
    assert merge_short_sentences([]) == []


@pytest.mark.model
def test_what_is_too_short_to_hear_goes_with_what_came_before(model: str) -> None:
    """And by itself it is somebody, too."""
    diarizer = Diarizer(SpeakerEmbeddingModel(model, 1), 2)
    quiet = numpy.zeros(16_000, dtype=numpy.float32)
    diarizer.add([sentence(0, 0.001)], quiet, 0)
    assert diarizer.speakers() == [1]
    noise = numpy.random.default_rng(7).normal(size=32_000).astype(numpy.float32)
    diarizer.add([sentence(10, 12)], noise, 10)
    diarizer.add([sentence(20, 20.001)], quiet, 20)
    assert diarizer.speakers() == [1, 1, 1]
