"""The page's files, and what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.page.media_types import media_type
from airflow_provider_symbl.local_server.page.routes import FOLDER
from tests.support.audio import RECORDINGS, Sound
from tests.support.local_client import message

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from tests.support.local_client import Local

WAV = {"Content-Type": "audio/wav"}
UNKNOWN_JOB = "11111111-2222-3333-4444-555555555555"


def ask(local: Local, path: str, **headers: str) -> requests.Response:
    """Ask as a browser does: without a token, and without following redirects."""
    return local.send("GET", f"/__local__{path}", headers={"Authorization": "", **headers}, allow_redirects=False)


def reader(local: Local, ids: dict[str, str]) -> dict[str, Any]:
    """Read what the page's reader shows of a submission's conversation."""
    shown: dict[str, Any] = local.get(f"/__local__/conversations/{ids['conversationId']}")
    return shown


def names(local: Local, **query: Any) -> list[str]:
    """List conversations as the page does, and give their names."""
    return [entry["name"] for entry in local.get("/__local__/conversations", **query)["conversations"]]


def test_the_page_is_there_without_a_token(local: Local) -> None:
    """Its own links are relative to the path with a slash, to which the other leads."""
    page = ask(local, "/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>symbl-local</title>" in page.text
    other = ask(local, "")
    assert (other.status_code, other.headers["location"]) == (307, "/__local__/")


@pytest.mark.parametrize("file", [file for file in sorted(FOLDER.iterdir()) if file.suffix != ".html"])
def test_each_file_of_the_page_comes_as_what_it_is(local: Local, file: Path) -> None:
    """A browser runs no script, and applies no style, of another type."""
    types = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
    response = ask(local, f"/page/{file.name}")
    assert response.headers["content-type"] == types[file.suffix]
    assert response.content == file.read_bytes()


@pytest.mark.parametrize("name", ["other.js", "..%2Fpage.py", "%2e%2e", "index.html"])
def test_no_other_file_is_given_away(local: Local, name: str) -> None:
    """What is not the page's is not found."""
    assert ask(local, f"/page/{name}").status_code == 404


def test_conversations_are_listed_latest_first(at_once: Local) -> None:
    """Whenever they were spoken; those beyond the limit count."""
    for name in ("one", "two", "three"):
        at_once.text("Hello.", name=name)
    assert names(at_once) == ["three", "two", "one"]
    assert names(at_once, limit=1, offset=1) == ["two"]
    assert at_once.get("/__local__/conversations", limit=0) == {"conversations": [], "total": 3}


def test_a_listed_conversation_says_what_is_in_it(at_once: Local) -> None:
    """Its time, its messages, its members."""
    said = message("Hello.", "Ann", startTime="2026-03-01T10:00:00Z", endTime="2026-03-01T10:00:05Z")
    ids = at_once.submit("text", json={"name": "Call", "messages": [said]})
    (entry,) = at_once.get("/__local__/conversations")["conversations"]
    assert entry == {
        "id": ids["conversationId"],
        "name": "Call",
        "startTime": "2026-03-01T10:00:00.000Z",
        "endTime": "2026-03-01T10:00:05.000Z",
        "messageCount": 1,
        "members": [{"id": entry["members"][0]["id"], "name": "Ann"}],
        "said": None,
    }


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("limit=-1", '"limit" must be greater than or equal to 0, but is "-1"'),
        ("limit=1001", '"limit" must be less than or equal to 1000, but is "1001"'),
        ("order=desc", '"order" is not allowed'),
    ],
)
def test_a_list_that_cannot_be_is_refused(local: Local, query: str, problem: str) -> None:
    """The refusal names the parameter."""
    response = ask(local, f"/conversations?{query}")
    assert (response.status_code, response.json()) == (400, {"message": problem})


def test_the_reader_is_given_messages_and_jobs(at_once: Local) -> None:
    """A text has speakers, times and no words of its own; somebody without a name has none here."""
    said = message("Hello.", "Ann", startTime="2026-03-01T10:00:00Z", endTime="2026-03-01T10:00:05Z")
    ids = at_once.submit("text", json={"messages": [said, message("Hi.")]})
    shown = reader(at_once, ids)
    assert [(one["text"], one["from"], one["timeOffset"], one["duration"]) for one in shown["messages"]] == [
        ("Hello.", "Ann", 0.0, 5.0),
        ("Hi.", None, 5.0, 0.4),
    ]
    assert [one["words"] for one in shown["messages"]] == [[], []]
    assert shown["recordings"] == []
    assert shown["jobs"] == [{"jobId": ids["jobId"], "status": "completed", "message": None, "progress": 1.0}]


@pytest.mark.process
def test_the_reader_is_given_words_that_make_up_the_text(at_once: Local) -> None:
    """With their spaces, and times from the conversation's beginning."""
    call = (RECORDINGS / "calls" / "late-parcel.wav").read_bytes()
    shown = reader(at_once, at_once.submit("audio", data=call, headers=WAV))
    for one in shown["messages"]:
        assert "".join(word["word"] for word in one["words"]).strip() == one["text"]
        assert [word["timeOffset"] for word in one["words"]] == sorted(word["timeOffset"] for word in one["words"])
        assert one["words"][0]["timeOffset"] == one["timeOffset"]


@pytest.mark.process
def test_recordings_follow_each_other(at_once: Local) -> None:
    """Each begins where the one before it ended; a text between them has none."""
    first = at_once.submit("audio", data=Sound().silence(1.5).wav(), headers=WAV)
    at_once.append(first["conversationId"], "One two three four five.")
    again = Sound().silence(1).wav()
    last = at_once.submit(f"audio/{first['conversationId']}", "PUT", data=again, headers=WAV)
    shown = reader(at_once, first)["recordings"]
    assert [(one["jobId"], one["startOffset"], one["seconds"], one["mediaType"]) for one in shown] == [
        (first["jobId"], 0.0, 1.5, "audio/wav"),
        (last["jobId"], 3.5, 1.0, "audio/wav"),
    ]
    assert ask(at_once, f"/{shown[1]['url']}").content == again


@pytest.mark.process
def test_a_recording_is_given_in_ranges(at_once: Local) -> None:
    """A player jumps in it without fetching all of it."""
    sound = Sound().silence(1).wav()
    ids = at_once.submit("audio", data=sound, headers=WAV)
    whole = ask(at_once, f"/recordings/{ids['jobId']}")
    assert (whole.status_code, whole.headers["content-type"], whole.content) == (200, "audio/wav", sound)
    part = ask(at_once, f"/recordings/{ids['jobId']}", Range="bytes=4-7")
    assert (part.status_code, part.headers["content-range"]) == (206, f"bytes 4-7/{len(sound)}")
    assert part.content == sound[4:8]


@pytest.mark.process
def test_what_has_no_recording_is_not_found(at_once: Local) -> None:
    """Unknown jobs, jobs of texts, jobs that are not shown over, and deleted conversations."""
    text = at_once.text("Hello.")
    gone = at_once.submit("audio", data=Sound().silence(1).wav(), headers=WAV)
    at_once.send("DELETE", f"/v1/conversations/{gone['conversationId']}")
    at_once.progress(by="polls", polls=9)
    running = at_once.submit("audio", data=Sound().silence(1).wav(), headers=WAV)
    for job_id in (UNKNOWN_JOB, text["jobId"], gone["jobId"], running["jobId"]):
        response = ask(at_once, f"/recordings/{job_id}")
        problem = f"There is no recording of a job with id {job_id}"
        assert (response.status_code, response.json()) == (404, {"message": problem})


def test_insights_are_shown_together(at_once: Local) -> None:
    """Each kind as the API's own call shows it, and the sentiment of all and of each who is known."""
    said = [
        message("What does the printer cost?", "Ann"),
        message("I love it, thank you.", "Ann"),
        message("Terrible."),
    ]
    tracker = {"name": "Money", "vocabulary": ["cost"]}
    ids = at_once.submit("text", json={"messages": said, "trackers": [tracker], "detectEntities": True})
    found = at_once.get(f"/__local__/conversations/{ids['conversationId']}/insights")
    calls = ("summary", "topics", "action-items", "questions", "follow-ups", "entities", "analytics")
    of_calls = {kind: things for call in calls for kind, things in at_once.of(ids, call).items()}
    assert found.items() >= {**of_calls, "trackers": at_once.of(ids, "trackers")}.items()
    assert [one["text"] for one in found["questions"]] == ["What does the printer cost?"]
    assert [one["name"] for one in found["trackers"]] == ["Money"]
    scores = [one["sentiment"]["polarity"]["score"] for one in at_once.messages(ids, sentiment="true")]
    ann, _unknown = found["members"]
    assert found["sentiment"]["polarity"]["score"] == pytest.approx(sum(scores) / 3, abs=0.001)
    (of_ann,) = found["sentimentOf"].items()
    assert of_ann == (
        ann["id"],
        {"polarity": {"score": pytest.approx(sum(scores[:2]) / 2, abs=0.001)}, "suggested": "positive"},
    )


def test_a_conversation_without_words_has_no_sentiment(local: Local) -> None:
    """Neither good nor bad: nothing was said yet."""
    local.progress(by="polls", polls=2)
    ids = local.text("Hello.")
    found = local.get(f"/__local__/conversations/{ids['conversationId']}/insights")
    assert (found["sentiment"], found["sentimentOf"], found["trackers"]) == (None, {}, [])


@pytest.mark.parametrize("rest", ["", "/insights", "/transcript.txt", "/transcript.json"])
def test_an_unknown_conversation_is_not_found(local: Local, rest: str) -> None:
    """As everywhere."""
    response = ask(local, f"/conversations/1234567890123456{rest}")
    assert response.status_code == 404
    assert response.json() == {"message": "The conversationId is either invalid or does not exist."}


def test_looking_moves_no_job_on(local: Local) -> None:
    """The page's reads count as none of a status, and show nothing that a client may not see yet."""
    local.progress(by="polls", polls=2)
    ids = local.text("Hello.")
    for _ in range(3):
        shown = reader(local, ids)
        names(local)
    assert (shown["messages"], shown["jobs"][0]["status"]) == ([], "scheduled")
    assert local.job(ids)["status"] == "scheduled"
    assert local.job(ids)["status"] == "completed"


@pytest.mark.process
def test_the_reason_of_a_failure_is_shown(at_once: Local) -> None:
    """With the job of that conversation."""
    ids = at_once.submit("audio", data=b"RIFF\xff\x00\x00\x00WAVE" + bytes(range(256)), headers=WAV)
    job = at_once.job(ids)
    assert reader(at_once, ids)["jobs"] == [
        {"jobId": ids["jobId"], "status": "failed", "message": job["message"], "progress": 1.0}
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "application/octet-stream"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\x00", "audio/mpeg"),
        (b"\xff\xf3\x40\xc0\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80\x00", "application/octet-stream"),
        (b"\x00\x00\x00\x20ftypisom\x00", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A \x00", "audio/mp4"),
        (b"OggS\x00\x02\x00\x00", "audio/ogg"),
        (b"fLaC\x00\x00\x00\x22", "audio/flac"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81", "video/webm"),
        (b"#!AMR\n", "application/octet-stream"),
        (b"\xff", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_recording_is_known_by_its_head(tmp_path: Path, head: bytes, expected: str) -> None:
    """What a client called it may be wrong, and is not kept; bare AAC is none that browsers play."""
    file = tmp_path / "recording"
    file.write_bytes(head)
    assert media_type(file) == expected


def test_the_example_recordings_are_known() -> None:
    """Each is what its name says."""
    types = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".mp4": "video/mp4"}
    examples = [file for file in RECORDINGS.rglob("*") if file.suffix in types]
    assert len(examples) == 8
    assert {file.name: media_type(file) for file in examples} == {file.name: types[file.suffix] for file in examples}
