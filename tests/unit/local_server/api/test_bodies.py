"""Request bodies: how long they may be, what becomes of longer ones, and what the journal keeps of them."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from airflow_provider_symbl.local_server import server as server_module
from airflow_provider_symbl.local_server.api import bodies
from airflow_provider_symbl.local_server.api.bodies import BLOCK, MAX_OTHER_BYTES, limit
from airflow_provider_symbl.local_server.middleware.faults import Faults
from airflow_provider_symbl.local_server.middleware.request_log import RequestPipeline
from airflow_provider_symbl.local_server.security.authentication import Accounts
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.settings import ServerSettings
from airflow_provider_symbl.local_server.store.memory_store import Store
from tests.support.local_client import TIMEOUT, Local, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send

LONGEST = 3_000_000


@pytest.fixture(scope="module", params=[HttpToolsProtocol, H11Protocol])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Run a server that takes short recordings only, with either of uvicorn's parsers."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_module, "PROTOCOL", request.param)
        with LocalServer(max_recording_bytes=LONGEST, data_dir=folder) as server:
            yield server


@pytest.fixture
def strict(running: LocalServer) -> Iterator[Local]:
    """Return a client of that server, which has forgotten everything."""
    requests.post(f"{running.url}/__local__/reset", timeout=60).raise_for_status()
    client = Local(running)
    yield client
    client.session.close()


def _blocks(size: int) -> Iterator[bytes]:
    """Give bytes in such a way that nobody knows their number beforehand."""
    for start in range(0, size, 65536):
        yield bytes(min(65536, size - start))


def _talk(url: str, sent: bytes) -> bytes:
    """Send some bytes, and give all that comes back until the server closes the connection."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("is_declared", [True, False])
@pytest.mark.parametrize("path", ["audio", "audio/1234567890123456", "video"])
def test_a_recording_over_the_limit_is_refused(strict: Local, path: str, is_declared: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A client that sends everything before it reads can read the answer; the journal has it."""
    size = 16 * LONGEST
    data = bytes(size) if is_declared else _blocks(size)
    answer = strict.send("PUT" if "/" in path else "POST", f"/v1/process/{path}", data=data)
    given = size if is_declared else "longer"
    assert answer.status_code == 413
    assert answer.json() == {"message": f"The request body must be at most {LONGEST} bytes long, but is {given}"}
    entry = strict.journal()[-1]
    assert (entry["status"], entry["body_sha256"], entry["body"]) == (413, None, None)
    assert entry["body_size"] == 0 or not is_declared


@pytest.mark.parametrize("is_declared", [True, False])
@pytest.mark.process
def test_a_recording_of_just_the_limit_is_taken(strict: Local, is_declared: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """One byte more is not."""
    for size, status in ((LONGEST, 201), (LONGEST + 1, 413)):
        data = bytes(size) if is_declared else _blocks(size)
        assert strict.send("POST", "/v1/process/audio", data=data).status_code == status
    assert strict.journal()[-2]["body_size"] == LONGEST


def test_nothing_is_left_of_too_long_a_body(strict: Local, tmp_path: Path) -> None:
    """What was on disk by then is deleted."""
    with LocalServer(max_recording_bytes=LONGEST, data_dir=tmp_path) as server:
        local = Local(server)
        assert local.send("POST", "/v1/process/audio", data=_blocks(LONGEST + 1)).status_code == 413
        found = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > LONGEST // 2]
        local.session.close()
    assert found == []
    assert strict.get("/__local__/health")["status"] == "ok"


@pytest.mark.parametrize(
    ("path", "longest"),
    [
        ("/v1/process/text", MAX_OTHER_BYTES),
        ("/v1/process/audio/url", MAX_OTHER_BYTES),
        ("/oauth2/token:generate", BLOCK),
        ("/v1/manage/tracker", BLOCK),
        ("/v1/manage/trackers", BLOCK),
        ("/__local__/faults", BLOCK),
        ("/nobody/knows", MAX_OTHER_BYTES),
    ],
)
def test_other_bodies_have_a_limit_of_their_own(strict: Local, path: str, longest: int) -> None:
    """Their JSON is parsed in memory, and for a token anybody may ask."""
    answer = strict.send("POST", path, data=_blocks(longest + 1))
    assert answer.status_code == 413
    said = f"The request body must be at most {longest} bytes long, but is longer"
    assert answer.json() == {"message": said}


def test_a_long_body_without_a_token_is_not_put_on_disk(tmp_path: Path) -> None:
    """It is read to its end, for the client to read that it is refused."""
    with LocalServer(data_dir=tmp_path) as server, ThreadPoolExecutor() as threads:
        local = Local(server)
        hold = {"call": "POST /v1/process/audio", "at": "before_job", "delay": TIMEOUT}
        local.send("POST", "/__local__/faults", json=hold)
        upload = threads.submit(
            requests.post, f"{local.url}/v1/process/audio", data=_blocks(3 * BLOCK), timeout=TIMEOUT
        )
        while not local.get("/__local__/faults")["faults"][0]["holding"]:
            pass
        assert list((tmp_path / "symbl-local.spool").iterdir()) == []
        local.send("DELETE", "/__local__/faults")
        assert upload.result().json() == {"message": "Token validation failed for provided token."}
        assert local.journal()[-1]["body_size"] == 3 * BLOCK
        local.session.close()


@pytest.mark.parametrize(
    ("path", "is_recording"),
    [
        ("/v1/process/audio", True),
        ("/v1/process/video", True),
        ("/v1/process/audio/1234567890123456", True),
        ("/v1/process/video/urls", True),
        ("/v1/process/audio/url", False),
        ("/v1/process/video/url/1234567890123456", False),
        ("/v1/process/audio/1/2", False),
        ("/v1/process/audio/", False),
        ("/v1/process/audios", False),
        ("/v1/process/text", False),
        ("/", False),
    ],
)
def test_a_recording_is_expected_where_one_is_uploaded(path: str, is_recording: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """And nowhere else."""
    assert limit(path, 7) == (7 if is_recording else MAX_OTHER_BYTES)


def test_a_client_that_asks_first_is_refused_before_it_sends(strict: Local) -> None:
    """It is not told to go on."""
    head = (
        f"POST /v1/process/audio HTTP/1.1\r\nHost: x\r\nContent-Length: {LONGEST + 1}\r\nExpect: 100-continue\r\n\r\n"
    )
    parts = urlsplit(strict.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(head.encode())
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_client_that_sends_everything_first_can_read_the_answer(strict: Local) -> None:
    """The connection is not closed under its hands."""
    size = 16 * LONGEST
    head = f"POST /v1/process/audio HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    assert _talk(strict.url, head.encode() + bytes(size)).startswith(b"HTTP/1.1 413")


def test_a_body_without_an_end_is_not_read_for_ever(strict: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is closed after a while."""
    monkeypatch.setattr(bodies, "DRAIN_SECONDS", 0.1)
    head = f"POST /v1/process/audio HTTP/1.1\r\nHost: x\r\nContent-Length: {10**15}\r\n\r\nabc"
    answer = _talk(strict.url, head.encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("length", ["-1", "+1", "1.5", "abc", "1 2", "1, 2", "0x10", str(10**40)])
def test_a_length_that_is_none_is_refused_by_the_parser(strict: Local, length: str) -> None:
    """The connection ends there: nobody knows where the next request begins."""
    head = f"POST /v1/process/audio HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nabc"
    assert _talk(strict.url, head.encode()).startswith(b"HTTP/1.1 400")
    assert strict.get("/__local__/health")["status"] == "ok"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 1_000_000, id="deep, without an end"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="deep"),
        pytest.param(b'{"name": ' + b"9" * 1_000_000 + b"}", id="a long number"),
        pytest.param(b'{"messages": ' + b"9" * 5000 + b"}", id="a number just too long"),
        pytest.param(b'{"name": "\xff"}', id="no text"),
        pytest.param(b'{"name": NaN}', id="no number"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/process/text", "/oauth2/token:generate", "/__local__/faults"])
def test_json_that_cannot_be_parsed_is_refused(strict: Local, path: str, body: bytes) -> None:
    """It is the client's fault, and says so; the journal can still be read."""
    answer = strict.send("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert "must" in answer.json()["message"]
    assert strict.journal()


@pytest.mark.parametrize("depth", [60, 200, 330, 700, 980, 2000])
def test_the_journal_shows_no_body_that_is_nested_too_deep_to_be_written(strict: Local, depth: int) -> None:
    """Whatever can be parsed has to be shown or left out, and not to break the journal for good."""
    body = '{"a":' * depth + "1" + "}" * depth
    strict.send("POST", "/v1/process/text", data=body, headers={"Content-Type": "application/json"})
    shown = strict.journal()[-1]["body"]
    assert shown == (json.loads(body) if depth < 64 else None)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_the_journal_shows_no_body_with_a_number_that_json_has_not(strict: Local, number: str) -> None:
    """It could not be written again."""
    strict.send("POST", "/v1/process/text", data=f"[{number}]", headers={"Content-Type": "application/json"})
    assert strict.journal()[-1]["body"] is None


@pytest.mark.parametrize(("size", "is_kept"), [(1024 * 1024, True), (1024 * 1024 + 1, False)])
def test_the_journal_keeps_bodies_of_up_to_a_mebibyte(strict: Local, size: int, is_kept: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Of longer ones, length and digest."""
    body = {"messages": [message("")]}
    body["messages"][0]["payload"]["content"] = "x" * (size - len(json.dumps(body)))
    assert strict.submit("text", json=body)
    entry = strict.journal()[-1]
    assert entry["body_size"] == size
    assert len(entry["body_sha256"]) == 64
    assert entry["body"] == (body if is_kept else None)


async def test_a_defect_is_logged_without_the_text_of_its_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may hold what was said, and so may what uvicorn would log."""

    async def defective(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("what was said")

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_event: Message) -> None:
        raise AssertionError

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    settings = ServerSettings()
    accounts = Accounts(settings, Store(), app_id="an-id", app_secret="a-secret")
    journal = RequestPipeline(settings, defective, Store(), Faults(), accounts, spool=tmp_path)
    await journal(scope, receive, send)
    assert caplog.messages[0].startswith("A request: ValueError\n")
    assert "in defective" in caplog.text
    assert "what was said" not in caplog.text.replace('raise ValueError("what was said")', "")
