"""The vendor's own client, ``symbl`` 2.0.6, runs against symbl-local as its users run it.

It lives in an environment of its own (``make vendorclients``), and sleeps 30 s before each look at a job. Its defects,
by the numbers of the contract's section 9, are taken as they are: what is asserted is what reached the server and what
the user was given.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.server import LocalServer
from tests.contract.sample_conversation import DELAY, FEATURES, METADATA, PARCEL, TURNS, conversation_body, text_body
from tests.support.symbl_local import SymblLocal
from tests.support.web_server import ClipServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Note = Callable[[str, str, str], None]

CLIENT = "symbl 2.0.6"
PYTHON = Path(__file__).parents[2] / ".vendor_clients" / "bin" / "python"
SCRIPT = Path(__file__).with_name("vendor_client.py")
TIMEOUT = 240
"""Seconds for one run; the client's two pauses of 30 s, where a recording takes longer than the first, included."""

OF_FILE = {
    "name": "A file",
    "detectPhrases": True,
    "detectEntities": False,
    "confidenceThreshold": 0.6,
    "languageCode": "en-US",
    "mode": "phone",
    "entities": [PARCEL],
    "trackers": [DELAY],
    "features": FEATURES,
    "metadata": METADATA,
    "enableSeparateRecognitionPerChannel": False,
    "channelMetadata": [{"channel": 1, "speaker": {"name": "Ann", "email": "ann@example.com"}}],
}
OF_URL = {"enableSpeakerDiarization": True, "diarizationSpeakerCount": 1}
NOWHERE = {"message": "The conversationId is either invalid or does not exist."}
"""What this client gives for whatever goes wrong with a read (9.6)."""


@dataclass(frozen=True)
class ClientRun:
    """One run of the client, over.

    :param report: what its user was given, by step.
    :param requests: what the server received.
    :param web: where the recordings lie, and the webhook of the text.
    """

    report: dict[str, dict[str, Any]]
    requests: list[dict[str, Any]]
    clips: Path
    web: ClipServer

    def returned(self, step: str) -> Any:  # noqa: ANN401 - JSON
        """Give what a step gave its user."""
        assert "returned" in self.report[step], self.report[step]
        return self.report[step]["returned"]

    def received(self, method: str, path: str) -> list[dict[str, Any]]:
        """Give the requests of one kind."""
        return [entry for entry in self.requests if (entry["method"], entry["path"]) == (method, path)]

    def read(self, path: str) -> dict[str, Any]:
        """Give the one read of that path below the conversation."""
        conversation_id = self.returned("Text.process")["conversationId"]
        [entry] = self.received("GET", f"/v1/conversations/{conversation_id}/{path}".removesuffix("/"))
        return entry


@pytest.fixture(scope="module")
def client_run(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientRun]:
    """Let the client do all that it can, once."""
    home = tmp_path_factory.mktemp("symbl-user")
    broken = home / "broken.wav"
    broken.write_bytes(b"RIFF\xff\x00\x00\x00WAVE" + bytes(range(256)))
    with LocalServer(allow_private_urls=True) as server, ClipServer(clips) as web:
        given = {**_given(clips, web.url), "url": server.url, "broken": str(broken)}
        report = _run(home, server.app_id, server.app_secret, given)
        requests = SymblLocal(server.url, server.app_id, server.app_secret).requests()
        yield ClientRun(report, requests, clips, web)


def _given(clips: Path, web: str) -> dict[str, Any]:
    audio, video = "late-parcel.wav", "launch-planning.mp4"
    return {
        "base": text_body("Good morning.", "base"),
        "conversation": conversation_body(),
        "more": text_body("One more thing.", "more"),
        "files": {"audio": str(clips / audio), "video": str(clips / video)},
        "urls": {"audio": {"url": f"{web}/{audio}", "name": "A link"}, "video": {"url": f"{web}/{video}"}},
        "of_file": OF_FILE,
        "of_url": OF_URL,
        "hook": f"{web}/hook",
    }


def _run(home: Path, app_id: str, app_secret: str, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing: make vendorclients", pytrace=False)
    (home / "symbl.conf").write_text(f"[credentials]\napp_id={app_id}\napp_secret={app_secret}\n")
    done = subprocess.run(
        [PYTHON, "-I", SCRIPT],
        cwd=home,
        env={"HOME": str(home)},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return report


SUBMISSIONS = {
    "Text.process": "POST /v1/process/text",
    "Text.append": "PUT /v1/process/text/{id}",
    "Audio.process_file": "POST /v1/process/audio",
    "Audio.append_file": "PUT /v1/process/audio/{id}",
    "Audio.process_url": "POST /v1/process/audio/url",
    "Audio.append_url": "PUT /v1/process/audio/url/{id}",
    "Video.process_file": "POST /v1/process/video",
    "Video.append_file": "PUT /v1/process/video/{id}",
    "Video.process_url": "POST /v1/process/video/url",
    "Video.append_url": "PUT /v1/process/video/url/{id}",
}


@pytest.mark.parametrize("call", SUBMISSIONS)
def test_a_submission_arrives_and_is_waited_for(call: str, client_run: ClientRun, note: Note) -> None:
    """Each of the ten calls is taken, and its job is seen to be completed; an append keeps the conversation."""
    given = client_run.returned(call)
    base = client_run.returned("first")["conversationId"]
    method, path = SUBMISSIONS[call].format(id=base).split()
    assert client_run.received(method, path), path
    assert {entry["status"] for entry in client_run.received(method, path)} == {201}
    assert given["status"] == "completed"
    assert (given["conversationId"] == base) == (method == "PUT")
    assert [entry["status"] for entry in client_run.received("GET", f"/v1/job/{given['jobId']}")][-1:] == [200]
    note(SUBMISSIONS[call], CLIENT, "yes")


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_a_file_call_brings_its_bytes_and_parameters(kind: str, client_run: ClientRun) -> None:
    """The body is the file, and the query holds each parameter, lists and objects as JSON text (2.4)."""
    [entry] = [
        entry for entry in client_run.received("POST", f"/v1/process/{kind}") if "broken" not in entry["query_string"]
    ]
    query = {name: _decoded(value) for name, value in entry["query"]}
    assert query == OF_FILE
    file = {"audio": "late-parcel.wav", "video": "launch-planning.mp4"}[kind]
    assert entry["body_size"] == (client_run.clips / file).stat().st_size
    assert entry["headers"]["content-type"] == {"audio": "audio/wav", "video": "video/mp4"}[kind]


def test_a_url_call_brings_its_address_in_the_body_and_diarization_in_the_query(client_run: ClientRun) -> None:
    """The two parameters that the vendor's generated client puts beside the body are taken from there (8.3)."""
    [entry] = client_run.received("POST", "/v1/process/audio/url")
    assert entry["body"] == {"url": f"{client_run.web.url}/late-parcel.wav", "name": "A link"}
    assert {name: _decoded(value) for name, value in entry["query"]} == OF_URL


def test_audio_with_no_type_named_is_taken(client_run: ClientRun) -> None:
    """The client's own default is an empty Content-Type, and its vocabulary arrives letter by letter (9.9, 9.12)."""
    base = client_run.returned("first")["conversationId"]
    [entry] = client_run.received("PUT", f"/v1/process/audio/{base}")
    assert entry["headers"]["content-type"] == ""
    assert [value for _, value in entry["query"]] == list('["Northwind"]')


def test_a_text_calls_webhook_in_the_query_is_told(client_run: ClientRun) -> None:
    """The address is in the query (8.2), and hears of each status of the job, in order (2.11)."""
    job_id = client_run.returned("Text.process")["jobId"]
    statuses = ["scheduled", "in_progress", "completed"]
    posts = [client_run.web.next_post() for _ in statuses]
    assert posts == [{"path": "/hook", "jobId": job_id, "status": status} for status in statuses]


def test_what_was_appended_is_read_with_the_rest(client_run: ClientRun) -> None:
    """The conversation holds its first message, the appended text and what was heard in four recordings."""
    texts = [message["text"] for message in client_run.returned("appended")["messages"]]
    assert texts[0] == "Good morning."
    assert "One more thing." in texts
    assert len(texts) >= 6


def test_callbacks_hear_of_completed_and_failed_jobs(client_run: ClientRun, note: Note) -> None:
    """A call that does not wait tells its callback; a recording that is none fails, with no exception (9.3)."""
    assert client_run.returned("told") == ["broken error", "complete"]
    assert client_run.returned("broken")["status"] == "failed"
    note("GET /v1/job/{jobId}", CLIENT, "yes")


READS = {
    "get_messages": ("messages", "messages", len(TURNS)),
    "get_topics": ("topics", "topics", 1),
    "get_questions": ("questions", "questions", 2),
    "get_action_items": ("action-items", "action_items", 1),
    "get_follow_ups": ("follow-ups", "follow_ups", 1),
    "get_members": ("members", "members", 2),
    "get_entities": ("entities", "entities", 1),
    "get_analytics": ("analytics", "metrics", 3),
}


@pytest.mark.parametrize("step", READS)
def test_a_read_gives_the_user_what_was_found(step: str, client_run: ClientRun, note: Note) -> None:
    """Each list has at least what the conversation holds, in the vendor's own models."""
    path, key, least = READS[step]
    assert client_run.read(path)["status"] == 200
    assert len(client_run.returned(step)[key]) >= least, client_run.returned(step)
    note(f"GET /v1/conversations/{{id}}/{path}", CLIENT, "yes")


def test_messages_bring_words_and_sentiment(client_run: ClientRun) -> None:
    """Both were asked for, with Python's booleans spelt as the API wants them."""
    assert dict(client_run.read("messages")["query"]) == {"verbose": "true", "sentiment": "true"}
    messages = client_run.returned("get_messages")["messages"]
    assert [message["text"] for message in messages] == [content for _, content in TURNS]
    assert [message["_from"]["name"] for message in messages] == [speaker["name"] for speaker, _ in TURNS]
    assert all(message["words"] and message["sentiment"]["suggested"] for message in messages)
    assert messages[-1]["sentiment"]["polarity"]["score"] > 0 > messages[1]["sentiment"]["polarity"]["score"]


def test_the_custom_entity_and_the_tracker_are_found(client_run: ClientRun, note: Note) -> None:
    """What the submission told the server to look for is found where it was said."""
    custom = [entity for entity in client_run.returned("get_entities")["entities"] if entity["type"] == "custom"]
    assert [entity["custom_type"] for entity in custom] == ["parcel"]
    [tracker] = client_run.returned("get_trackers")
    assert (tracker["name"], tracker["matches"][0]["value"]) == ("Delay", "late")
    assert client_run.read("trackers")["status"] == 200
    note("GET /v1/conversations/{id}/trackers", CLIENT, "yes")


def test_the_conversation_is_shown(client_run: ClientRun, note: Note) -> None:
    """Its name and members are those of the submission."""
    conversation = client_run.returned("get_conversation")
    assert client_run.read("")["status"] == 200
    assert conversation["name"] == "A late parcel"
    assert sorted(member["name"] for member in conversation["members"]) == ["Ann", "Ben"]
    note("GET /v1/conversations/{id}", CLIENT, "yes")


def test_the_call_score_status_names_the_submissions_job(client_run: ClientRun, note: Note) -> None:
    """The status is that of the job that asked for it."""
    submitted = client_run.returned("Text.process")
    assert client_run.read("callscore/status")["status"] == 200
    assert client_run.returned("get_call_score_status") == {"job_id": submitted["jobId"], "status": "completed"}
    note("GET /v1/conversations/{id}/callscore/status", CLIENT, "yes")


def test_a_call_score_is_refused(client_run: ClientRun, note: Note) -> None:
    """The server does not make one up, and the client says what it says of any error (9.6)."""
    assert client_run.read("callscore")["status"] == 501
    assert client_run.returned("get_call_score") == NOWHERE
    note("GET /v1/conversations/{id}/callscore", CLIENT, "refused: 501")


def test_a_link_to_the_insights_is_given(client_run: ClientRun, note: Note) -> None:
    """The client asks for the call score too, with its boolean spelt as the API wants it."""
    conversation_id = client_run.returned("Text.process")["conversationId"]
    [entry] = client_run.received("GET", f"/v1/conversations/experiences/insights/details/{conversation_id}")
    assert (entry["status"], entry["query"]) == (200, [["includeCallScore", "true"]])
    assert conversation_id in client_run.returned("get_call_score_insights_url")["url"]
    note("GET /v1/conversations/experiences/insights/details/{id}", CLIENT, "yes")


NEVER_SENT = {
    "put_members": "PUT /v1/conversations/{id}/members/{memberId}",
    "put_speakers_events": "PUT /v1/conversations/{id}/speakers",
    "get_formatted_transcript": "POST /v1/conversations/{id}/transcript",
    "delete_conversation": "DELETE /v1/conversations/{id}",
}


@pytest.mark.parametrize("step", NEVER_SENT)
def test_some_calls_never_leave_the_client(step: str, client_run: ClientRun, note: Note) -> None:
    """Its own errors are taken for an unknown conversation, and a deletion for a success (9.7)."""
    assert client_run.returned(step) == (None if step == "delete_conversation" else NOWHERE)
    conversation_id = client_run.returned("Text.process")["conversationId"]
    ours = [
        entry["method"]
        for entry in client_run.requests
        if entry["path"].startswith(f"/v1/conversations/{conversation_id}")
    ]
    assert set(ours) == {"GET"}
    note(NEVER_SENT[step], CLIENT, "never sent by this client")


def test_an_unknown_conversation_is_said_to_be_one(client_run: ClientRun) -> None:
    """The server's 404 becomes the client's own message."""
    [entry] = client_run.received("GET", "/v1/conversations/0000000000000000/messages")
    assert entry["status"] == 404
    assert client_run.returned("unknown") == NOWHERE


def test_the_client_uses_no_sound_card_and_one_token(client_run: ClientRun, note: Note) -> None:
    """Its REST part imports neither PyAudio nor numpy, asks for a token once, and sends only x-api-key (9.12)."""
    assert client_run.returned("modules") == []
    assert len(client_run.received("POST", "/oauth2/token:generate")) == 1
    calls = [entry for entry in client_run.requests if entry["path"].startswith("/v1/")]
    assert {(entry["headers"].get("x-api-key"), entry["headers"].get("authorization")) for entry in calls} == {
        ("***", None)
    }
    note("POST /oauth2/token:generate", CLIENT, "yes")


def test_a_wrong_secret_is_told_to_the_user(symbl_local: SymblLocal, tmp_path: Path) -> None:
    """The client's user gets an ApiException with the server's status, and nothing is submitted."""
    given = {"url": symbl_local.url, "base": text_body("Good morning.", "base")}
    report = _run(tmp_path, symbl_local.app_id, "not the secret", given)
    assert report["first"] == {"raised": "ApiException", "status": 401}
    assert symbl_local.submissions() == []


def _decoded(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value
