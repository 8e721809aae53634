"""Known transcripts: what a folder says is heard in a recording, without any model."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server import __main__ as command
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError
from tests.support.local_client import Local
from tests.support.recogniser_processes import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RECORDING = b"a recording that nobody has to decode"


@pytest.fixture
def known(tmp_path: Path) -> Callable[[object], None]:
    """Return what writes the transcript of the recording."""

    def known(transcript: object) -> None:
        text = transcript if isinstance(transcript, str) else json.dumps(transcript)
        (tmp_path / f"{hashlib.sha256(RECORDING).hexdigest()}.json").write_text(text)

    return known


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """Return a client of a server with a folder of transcripts, whose jobs are done when they are answered."""
    with LocalServer(transcripts=tmp_path, model="/no/such/model") as server:
        local = Local(server)
        local.progress(by="at_once")
        yield local
        local.session.close()


def test_a_known_recording_is_heard_as_its_transcript_says(local: Local, known: Callable[[object], None]) -> None:
    """With its times, and without a model."""
    known(
        [
            {"text": "Good morning, everyone.", "timeOffset": 1.5, "duration": 2.5},
            {"text": "  Hello. ", "unknown": {}},
            {"payload": {"content": "As it is submitted."}, "timeOffset": 10},
        ]
    )
    messages = local.messages(local.submit("audio", data=RECORDING))
    assert [(one["text"], one["timeOffset"], one["duration"]) for one in messages] == [
        ("Good morning, everyone.", 1.5, 2.5),
        ("Hello.", 4.0, 0.4),
        ("As it is submitted.", 10.0, 1.6),
    ]


def test_an_answer_of_symbls_can_be_kept_as_a_transcript(local: Local, known: Callable[[object], None]) -> None:
    """What was read of one conversation is heard in the next."""
    known([{"text": "Hello."}, {"text": "My package was due on Monday."}])
    first = local.submit("audio", data=RECORDING)
    known(local.of(first, "messages", verbose="true"))
    second = local.submit("audio", data=RECORDING)
    shown = [
        [(one["text"], one["timeOffset"], one["duration"]) for one in local.messages(ids)] for ids in (first, second)
    ]
    assert shown[0] == shown[1]


def test_channels_are_told_apart_where_that_is_asked_for(local: Local, known: Callable[[object], None]) -> None:
    """Each is somebody."""
    known([{"text": "How can I help you?"}, {"text": "My package is late.", "channel": 2}])
    metadata = json.dumps([{"channel": 2, "speaker": {"name": "Ann", "email": "ann@example.com"}}])
    query = {"enableSeparateRecognitionPerChannel": "true", "channelMetadata": metadata}
    messages = local.messages(local.submit("audio", data=RECORDING, params=query))
    assert [(one["text"], one["from"]["name"]) for one in messages] == [
        ("How can I help you?", "Speaker 1"),
        ("My package is late.", "Ann"),
    ]
    (mixed,) = {one["from"].get("name") for one in local.messages(local.submit("audio", data=RECORDING))}
    assert mixed is None


def test_a_recording_in_which_nothing_is_heard_has_an_empty_transcript(
    local: Local, known: Callable[[object], None]
) -> None:
    """Which is no failure."""
    known([])
    assert local.messages(local.submit("audio", data=RECORDING)) == []


@pytest.mark.parametrize(
    ("transcript", "said"),
    [
        ("{", " is no JSON list of messages"),
        ({"texts": []}, " is no JSON list of messages"),
        ("[" * 100_000, " is no JSON list of messages"),
        (["Hello."], ": [0]: got 'Hello.'; allowed: a valid dictionary"),
        ([{"text": "Hello."}, {"text": 5}], ": [1].text: got 5; allowed: a valid string"),
        ([{"text": " "}], ": [0].text: got ' '; allowed: "),
        ([{"text": "Hello.", "timeOffset": -1}], ": [0].timeOffset: got -1; allowed: greater than or equal to 0"),
        ([{"text": "Hello.", "channel": 65}], ": [0].channel: got 65; allowed: less than or equal to 64"),
    ],
)
def test_a_transcript_that_is_none_fails_the_job(
    local: Local, known: Callable[[object], None], transcript: object, said: str
) -> None:
    """The reason names the file and the place."""
    known(transcript)
    job = local.job(local.submit("audio", data=RECORDING))
    assert job["status"] == "failed"
    assert f"The transcript {hashlib.sha256(RECORDING).hexdigest()}.json{said}" in job["message"]


@pytest.mark.process
def test_no_model_is_loaded_unless_one_is_named(tmp_path: Path) -> None:
    """A test may have none; whoever names one wants to know that it is there."""
    others = set(workers())
    with LocalServer(transcripts=tmp_path, workers=2) as server:
        server.warm_up()
        assert set(workers()) <= others
    with LocalServer(transcripts=tmp_path, model="/no/such/model") as server, pytest.raises(JobFailureError):
        server.warm_up()


@pytest.mark.process
def test_any_other_recording_needs_a_model(local: Local) -> None:
    """And fails without one."""
    job = local.job(local.submit("audio", data=b"another recording"))
    assert job["status"] == "failed"


def test_a_folder_that_is_not_there_is_refused_at_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a keyword and on the command line."""
    with pytest.raises(ValueError, match=r"transcripts: got '.*none'; allowed: a folder that is there"):
        LocalServer(transcripts=tmp_path / "none")
    with pytest.raises(SystemExit, match="2"):
        command.main(["--transcripts", str(tmp_path / "none")])
    assert "must be a folder that is there, but is" in capsys.readouterr().err
