"""Recordings of several speakers on one channel, as a client submits them and reads who spoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnx
import pytest
from onnx import TensorProto, helper

from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.audio import RECORDINGS, Sound
from tests.support.labelled_speech import TELEPHONE_RATE, alone, composed
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
def telling() -> Iterator[Local]:
    """Run a server as it is, and return a client whose submissions are done when they are answered."""
    with LocalServer() as server:
        local = Local(server)
        local.progress(by="at_once")
        yield local
        local.session.close()


def diarized(count: int) -> dict[str, str]:
    """Ask for voices to be told apart."""
    return {"enableSpeakerDiarization": "true", "diarizationSpeakerCount": str(count)}


def right(local: Local, ids: dict[str, str]) -> int:
    """Count the ten phrases that are given to who says them."""
    found = local.messages(ids)
    said = {name: " ".join(entry["text"].lower() for entry in found if entry["from"]["name"] == name) for name in NAMES}
    expected = [*((phrase, NAMES[0]) for phrase in AGENT), *((phrase, NAMES[1]) for phrase in CUSTOMER)]
    return sum(phrase in said[name] for phrase, name in expected)


@pytest.mark.process
def test_two_voices_on_one_channel_are_two_speakers(telling: Local) -> None:
    """Each says what it said, in the order of their first sentences; words carry the speaker's number."""
    ids = telling.submit("audio", params=diarized(2), data=FOLLOW_UP.read_bytes())
    found = telling.messages(ids, verbose="true")
    assert right(telling, ids) == 10
    assert [member["name"] for member in telling.of(ids, "members")["members"]] == list(NAMES)
    tags = {(entry["from"]["name"], word["speakerTag"]) for entry in found for word in entry["words"]}
    assert tags == {("Speaker 1", 1), ("Speaker 2", 2)}


@pytest.mark.process
def test_as_many_speakers_are_found_as_are_asked_for(telling: Local) -> None:
    """Four voices, on a telephone; and one voice, if somebody says that it is two."""
    call = composed("four", ("heart", "rms", "slt", "heart-low"), 0.4, most=10)
    assert call.speakers == 4
    ids = telling.submit("audio", params=diarized(4), data=call.wav(TELEPHONE_RATE))
    found = telling.messages(ids)
    pairs = {(entry["from"]["name"], call.speaker(*_times(entry))) for entry in found}
    assert sorted(name for name, _ in pairs) == ["Speaker 1", "Speaker 2", "Speaker 3", "Speaker 4"]
    assert len({voice for _, voice in pairs}) == 4
    ids = telling.submit("audio", params=diarized(2), data=alone(FOLLOW_UP, "Agent").wav())
    assert {entry["from"]["name"] for entry in telling.messages(ids)} == set(NAMES)


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


@pytest.mark.process
def test_another_speaker_model_may_be_given(model: str) -> None:
    """What it says of a voice is what counts."""
    with LocalServer(speaker_model=model) as server:
        local = Local(server)
        local.progress(by="at_once")
        ids = local.submit("audio", params=diarized(2), data=FOLLOW_UP.read_bytes())
        assert right(local, ids) >= 9
        local.session.close()


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


def _times(entry: dict[str, Any]) -> tuple[float, float]:
    return entry["timeOffset"], entry["timeOffset"] + entry["duration"]
