"""URL submissions: the recording is really fetched, and only from where the client said."""

from __future__ import annotations

import asyncio
import gzip
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.jobs.downloads import Limits, download
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError
from tests.support.audio import RECORDINGS, Sound
from tests.support.local_client import Local

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.web_server import WebServer

OPEN = Limits(allow_private=True, max_bytes=10_000_000)


def fetch(url: str, spool: Path, limits: Limits) -> Path:
    """Download a recording."""
    return asyncio.run(download(url, spool, limits))


async def cancelled_fetch(web_server: WebServer, spool: Path) -> None:
    """Give a download up as soon as the web server is asked for it."""
    fetching = asyncio.create_task(download(web_server.serve("/a.wav", b""), spool, OPEN))
    await asyncio.to_thread(web_server.asked.get, timeout=10)
    fetching.cancel()
    await fetching


@pytest.mark.parametrize(
    ("path", "recording", "said"),
    [
        ("audio/url", RECORDINGS / "calls" / "late-parcel.wav", "package"),
        ("video/url", RECORDINGS / "meetings" / "launch-planning.mp4", "mobile app"),
    ],
)
@pytest.mark.process
def test_a_recording_is_fetched_and_heard(
    at_once: Local, web_server: WebServer, path: str, recording: Path, said: str
) -> None:
    """Audio and video alike, submitted and appended."""
    url = web_server.serve("/recording?signature=secret", recording.read_bytes())
    ids = at_once.submit(path, json={"url": url})
    again = at_once.submit(f"{path}/{ids['conversationId']}", "PUT", json={"url": url})
    assert again["conversationId"] == ids["conversationId"]
    assert said in " ".join(at_once.texts(ids)).lower()
    assert web_server.asked.qsize() == 2


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"", "The download from 127.0.0.1 is empty"),
        (200, b"<html>a player</html>", "The recording has the wrong format: got a web page; "),
        (302, b"", "127.0.0.1 redirects, and only a direct link to the recording will do"),
        (404, b"gone", "127.0.0.1 answered 404 instead of the recording"),
    ],
)
@pytest.mark.process
def test_what_cannot_be_fetched_fails_with_the_reason(
    at_once: Local, web_server: WebServer, status: int, body: bytes, said: str
) -> None:
    """The reason names the host and not the rest of the URL, which may hold a signature."""
    ids = at_once.submit("audio/url", json={"url": web_server.serve("/a.wav", body, status, Location="/b.wav")})
    assert at_once.job(ids)["message"].startswith(said)
    assert web_server.asked.qsize() == 1


def test_a_host_that_does_not_answer_fails_with_the_reason(at_once: Local) -> None:
    """Nothing listens on the discard port."""
    ids = at_once.submit("audio/url", json={"url": "http://127.0.0.1:9/a.wav?signature=secret"})
    assert at_once.job(ids)["message"] == "The download from 127.0.0.1 failed: nobody takes the connection"


def test_a_download_is_given_up_on_reset(local: Local, web_server: WebServer) -> None:
    """The server is at once ready for something else, and the late result counts for nothing."""
    web_server.may_answer.clear()
    url = web_server.serve("/a.wav", Sound().silence(1).wav())
    ids = local.submit("audio/url", json={"url": url})
    web_server.asked.get(timeout=10)
    assert local.job(ids)["status"] == "in_progress"
    assert local.send("POST", "/__local__/reset").status_code == 200
    web_server.may_answer.set()
    local.authorise()
    assert local.send("GET", f"/v1/job/{ids['jobId']}").status_code == 404
    local.progress(by="at_once")
    assert local.texts(local.text("Hello.")) == ["Hello."]


def test_a_private_address_is_not_fetched_from_unless_it_is_allowed(web_server: WebServer) -> None:
    """The job fails with the reason, which names the host and the way out and not the rest of the URL."""
    with LocalServer() as server:
        local = Local(server)
        local.progress(by="at_once")
        ids = local.submit("audio/url", json={"url": f"{web_server.url}/a.wav?signature=secret"})
        job = local.job(ids)
        local.session.close()
    said = "127.0.0.1 leads to an address that is not public, which takes --allow-private-urls"
    assert (job["status"], job["message"]) == ("failed", said)
    assert web_server.asked.empty()


def test_a_name_that_leads_to_a_private_address_is_refused_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, web_server: WebServer
) -> None:
    """The reason names it as the client did."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(JobFailureError, match=r"^metadata\.example leads to an address that is not public"):
        fetch("http://metadata.example/?token=secret", tmp_path, replace(OPEN, allow_private=False))
    assert web_server.asked.empty()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_declared", [True, False])
@pytest.mark.parametrize(("size", "is_taken"), [(1000, True), (1001, False), (3_000_000, False)])
def test_a_recording_may_be_as_long_as_the_limit(
    web_server: WebServer,
    tmp_path: Path,
    is_declared: bool,  # noqa: FBT001 - a parameter of the test
    size: int,
    is_taken: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Whether or not the other side says beforehand how long it is; nothing is left of a longer one."""
    chunked = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    body = bytes(size)
    url = _served(web_server, body, {}) if is_declared else _served(web_server, _in_chunks(body), chunked)
    limits = replace(OPEN, max_bytes=1000)
    if is_taken:
        assert fetch(url, tmp_path, limits).read_bytes() == bytes(size)
    else:
        with pytest.raises(JobFailureError, match=r"from 127\.0\.0\.1 is longer than the 1000 bytes that are allowed"):
            fetch(url, tmp_path, limits)
        assert list(tmp_path.iterdir()) == []


def test_a_compressed_recording_is_refused(web_server: WebServer, tmp_path: Path) -> None:
    """It was not asked for, and may become of any size."""
    url = _served(web_server, gzip.compress(bytes(10_000_000)), {"Content-Encoding": "gzip"})
    with pytest.raises(JobFailureError, match=r"127\.0\.0\.1 sends the recording compressed"):
        fetch(url, tmp_path, OPEN)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_breaks_off_is_not_taken(web_server: WebServer, tmp_path: Path) -> None:
    """What came of it would be heard as if it were all."""
    url = _served(web_server, bytes(1000), {"Content-Length": "2000"})
    with pytest.raises(JobFailureError, match=r"The download from 127\.0\.0\.1 failed: it broke off"):
        fetch(url, tmp_path, OPEN)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_takes_too_long_is_given_up(web_server: WebServer, tmp_path: Path) -> None:
    """However often something arrives; the reason says how long it may take."""
    web_server.may_answer.clear()
    with pytest.raises(JobFailureError, match=r"The download from 127\.0\.0\.1 took longer than 0\.1 seconds"):
        fetch(web_server.serve("/a.wav", b""), tmp_path, replace(OPEN, max_seconds=0.1))
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_nobody_waits_for_is_given_up_at_once(web_server: WebServer, tmp_path: Path) -> None:
    """The other side does not have to answer first."""
    web_server.may_answer.clear()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled_fetch(web_server, tmp_path))
    assert list(tmp_path.iterdir()) == []


def _served(web_server: WebServer, body: bytes, headers: dict[str, str]) -> str:
    web_server.pages["/a.wav"] = (200, headers, body)
    return f"{web_server.url}/a.wav"


def _in_chunks(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))
