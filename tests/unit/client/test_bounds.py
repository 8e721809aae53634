"""Answers that drip in, never end or unpack to a multiple: each call has its time and its bound in both clients."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import endpoints, polling
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.settings import ClientSettings
from airflow_provider_symbl.exceptions import (
    SymblBadRequestError,
    SymblJobTimeoutError,
    SymblTransportError,
    SymblUnknownSubmissionError,
)
from tests.support.hostile_server import HostileServer
from tests.support.scripted_server import TOKEN_PATH, Answer, ScriptedServer
from tests.unit.client.client_fixtures import APP_SECRET, JOB_PATH, GetJob, MakeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileServer]:
    """Run a hostile server."""
    with HostileServer() as running:
        yield running


@pytest.fixture
def _short_last_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the last poll short: that a wait keeps to it is seen here, how long it is in the load test."""
    monkeypatch.setattr(polling, "LAST_POLL", 0.5)


def settings(server: HostileServer, timeout: float = 0.5) -> ClientSettings:
    """Make settings that lead to a hostile server; each call is sent once."""
    return ClientSettings("app-id", APP_SECRET, server.url, timeout=timeout, max_retries=0)


@pytest.mark.parametrize("job_id", ["drip-1", "drip-head-1"])
def test_an_answer_that_drips_in_ends_with_its_time(hostile: HostileServer, get_job: GetJob, job_id: str) -> None:
    """The timeout is that of the whole answer, not of each byte."""
    began = time.monotonic()
    with pytest.raises(SymblTransportError, match="no answer"):
        get_job(settings(hostile), job_id)
    assert 0.4 <= time.monotonic() - began <= 4


@pytest.mark.parametrize("job_id", ["endless-1", "bomb-1"])
def test_an_answer_that_is_too_long_is_not_read_to_its_end(
    hostile: HostileServer, get_job: GetJob, job_id: str
) -> None:
    """Neither as it is sent nor as it is unpacked; the error names the bound, and the same is not asked for again."""
    bold = ClientSettings("app-id", APP_SECRET, hostile.url, timeout=30, max_retries=5)
    before = hostile.polls[f"/v1/job/{job_id}"]
    with pytest.raises(SymblTransportError, match=f"^GET /v1/job/{job_id} no usable answer: it is longer than 256 KiB"):
        get_job(bold, job_id)
    assert hostile.polls[f"/v1/job/{job_id}"] == before + 1


@pytest.mark.parametrize("conversation_id", ["endless", "bomb"])
def test_what_a_conversation_holds_may_be_long(
    hostile: HostileServer, monkeypatch: pytest.MonkeyPatch, conversation_id: str
) -> None:
    """And has a bound too."""
    monkeypatch.setattr(endpoints, "LONG_ANSWER", 2 << 20)
    with SymblClient(settings(hostile, 30)) as client, pytest.raises(SymblTransportError, match="longer than 2 MiB"):
        client.get_conversation(conversation_id)


def test_a_submission_whose_answer_is_too_long_may_have_made_a_job(
    server: ScriptedServer, settings_for: MakeSettings
) -> None:
    """It is not sent again."""
    server.answer("/v1/process/text", Answer(content=b" " * (1 << 20)))
    with SymblClient(settings_for(server)) as client, pytest.raises(SymblUnknownSubmissionError, match="256 KiB"):
        client.submit_text([{"payload": {"content": "Good morning."}}])
    assert len(server.received("/v1/process/text")) == 1


def test_an_error_of_any_length_is_told_by_its_beginning(
    server: ScriptedServer, get_job: GetJob, settings_for: MakeSettings
) -> None:
    """Its status counts."""
    server.answer(JOB_PATH, Answer(400, b"too much " * 1_000_000))
    with pytest.raises(SymblBadRequestError, match="answered 400: too much too much"):
        get_job(settings_for(server, max_retries=0), "job-1")


@pytest.mark.parametrize(
    ("encoding", "content"), [("br", b"\x8b\x02"), ("gzip", b"no gzip"), ("gzip", b"\x1f\x8b\x08")]
)
def test_what_cannot_be_unpacked_is_no_usable_answer(
    server: ScriptedServer, get_job: GetJob, settings_for: MakeSettings, encoding: str, content: bytes
) -> None:
    """Packed in a way that was not asked for, broken or cut off."""
    server.answer(JOB_PATH, Answer(content=content, headers={"Content-Encoding": encoding}))
    with pytest.raises(SymblTransportError, match="cannot be unpacked"):
        get_job(settings_for(server, max_retries=0), "job-1")
    assert {request.headers["accept-encoding"] for request in server.requests} == {"gzip"}


@pytest.mark.usefixtures("_short_last_poll")
@pytest.mark.parametrize("job_id", ["drip-2", "drip-head-2"])
def test_no_wait_outlives_its_deadline(hostile: HostileServer, job_id: str) -> None:
    """However long a call may take else."""
    deadline = time.time() + 0.5
    with SymblClient(settings(hostile, 60)) as client, pytest.raises(SymblJobTimeoutError, match="its deadline"):
        client.wait_for_job(job_id, deadline=deadline, poll_interval=0.1)
    assert time.time() <= deadline + 5


@pytest.mark.usefixtures("_short_last_poll")
@pytest.mark.parametrize("token", ["drip", "drip-head"])
def test_a_token_that_drips_in_does_not_outlive_the_deadline_either(token: str) -> None:
    """It is a part of the poll."""
    with HostileServer(token) as server, SymblClient(settings(server, 60)) as client:
        deadline = time.time() + 0.5
        with pytest.raises(SymblJobTimeoutError, match="the last poll failed: POST /oauth2/token"):
            client.wait_for_job("job-1", deadline=deadline, poll_interval=0.1)
    assert time.time() <= deadline + 5


@pytest.mark.usefixtures("_short_last_poll")
def test_a_wait_for_the_token_of_another_call_ends_at_the_deadline(hostile: HostileServer) -> None:
    """One thread renews the token for all of them."""
    client = SymblClient(settings(hostile, 60))
    client._tokens.lock.acquire()  # noqa: SLF001 - as another thread does that renews the token
    deadline = time.time() + 0.5
    with client, pytest.raises(SymblJobTimeoutError, match="another call still waits for the token"):
        client.wait_for_job("job-1", deadline=deadline, poll_interval=0.1)
    assert time.time() <= deadline + 5


def test_a_redirect_without_end_is_not_followed_to_its_end(
    server: ScriptedServer, get_job: GetJob, settings_for: MakeSettings
) -> None:
    """Requests would read all of it before it does not follow it."""
    server.answer(JOB_PATH, Answer(302, b"x" * (8 << 20), {"Location": "http://127.0.0.1:1/"}))
    with pytest.raises(SymblTransportError, match="answered 302"):
        get_job(settings_for(server, max_retries=0), "job-1")
    assert len(server.received(TOKEN_PATH)) == 1
