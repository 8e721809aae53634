"""URL submissions: the recording is really fetched, and only from where the client said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.local_server.conftest import RECORDINGS, Sound

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.local_server.conftest import Local, Stranger


@pytest.mark.parametrize(
    ("path", "recording", "said"),
    [
        ("audio/url", RECORDINGS / "calls" / "late-parcel.wav", "package"),
        ("video/url", RECORDINGS / "meetings" / "launch-planning.mp4", "mobile app"),
    ],
)
def test_a_recording_is_fetched_and_heard(
    at_once: Local, stranger: Stranger, path: str, recording: Path, said: str
) -> None:
    """Audio and video alike, submitted and appended."""
    url = stranger.serve("/recording?signature=secret", recording.read_bytes())
    ids = at_once.submit(path, json={"url": url})
    again = at_once.submit(f"{path}/{ids['conversationId']}", "PUT", json={"url": url})
    assert again["conversationId"] == ids["conversationId"]
    assert said in " ".join(at_once.texts(ids)).lower()
    assert stranger.asked.qsize() == 2


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"", "The download from 127.0.0.1 is empty"),
        (200, b"<html>a player</html>", "The recording cannot be decoded: InvalidDataError"),
        (302, b"", "127.0.0.1 redirects, and only a direct link to the recording will do"),
        (404, b"gone", "127.0.0.1 answered 404 instead of the recording"),
    ],
)
def test_what_cannot_be_fetched_fails_with_the_reason(
    at_once: Local, stranger: Stranger, status: int, body: bytes, said: str
) -> None:
    """The reason names the host and not the rest of the URL, which may hold a signature."""
    ids = at_once.submit("audio/url", json={"url": stranger.serve("/a.wav", body, status, Location="/b.wav")})
    assert at_once.job(ids)["message"] == said
    assert stranger.asked.qsize() == 1


def test_a_host_that_does_not_answer_fails_with_the_reason(at_once: Local) -> None:
    """Nothing listens on the discard port."""
    ids = at_once.submit("audio/url", json={"url": "http://127.0.0.1:9/a.wav?signature=secret"})
    assert at_once.job(ids)["message"] == "The download from 127.0.0.1 failed: ConnectionError"


def test_a_download_is_given_up_on_reset(local: Local, stranger: Stranger) -> None:
    """The server is at once ready for something else, and the late result counts for nothing."""
    stranger.may_answer.clear()
    url = stranger.serve("/a.wav", Sound().silence(1).wav())
    ids = local.submit("audio/url", json={"url": url})
    stranger.asked.get(timeout=10)
    assert local.job(ids)["status"] == "in_progress"
    assert local.send("POST", "/__local__/reset").status_code == 200
    stranger.may_answer.set()
    local.authorise()
    assert local.send("GET", f"/v1/job/{ids['jobId']}").status_code == 404
    local.progress(by="at_once")
    assert local.texts(local.text("Hello.")) == ["Hello."]
