"""Faults of network and server, over both transports: what is sent again, how often, and what the caller sees."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import retries
from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblConcurrencyLimitError,
    SymblNotFoundError,
    SymblServerError,
    SymblTransportError,
    SymblUnknownSubmissionError,
)
from tests.support.scripted_server import TOKEN, TOKEN_PATH, Answer, Cut, ScriptedServer
from tests.unit.client.client_fixtures import JOB, JOB_PATH, GetJob, MakeSettings, Pauses

if TYPE_CHECKING:
    from pathlib import Path

DONE = Answer(content=JOB)


def test_a_read_carries_the_token_and_nothing_else_of_the_account(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """Bearer is the documented form; the account travels in the token call alone."""
    server.answer(JOB_PATH, DONE)
    assert get_job(settings_for(server), "job-1").status == "completed"
    asked_for_token, read = server.requests
    assert (asked_for_token.method, asked_for_token.target) == ("POST", TOKEN_PATH)
    assert asked_for_token.json == {
        "type": "application",
        "appId": "app-id",
        "appSecret": settings_for(server).app_secret,
    }
    assert "authorization" not in asked_for_token.headers
    assert asked_for_token.headers["content-type"] == "application/json"
    assert (read.method, read.target, read.body) == ("GET", JOB_PATH, b"")
    assert read.headers["authorization"] == f"Bearer {TOKEN}"
    assert read.headers["accept"] == "application/json"
    assert "x-api-key" not in read.headers
    assert server.connections == 1, "the connection is kept open"


def test_a_refused_connection_is_tried_again(get_job: GetJob, settings_for: MakeSettings, pauses: Pauses) -> None:
    """The server that is just starting is found at the second try."""
    with ScriptedServer(is_listening=False) as server:
        server.answer(JOB_PATH, DONE)
        pauses.then = server.listen
        assert get_job(settings_for(server), "job-1").status == "completed"
        assert len(pauses.wanted) == 1


def test_a_server_that_stays_away_is_no_answer(get_job: GetJob, settings_for: MakeSettings, pauses: Pauses) -> None:
    """The error says what happened; the pauses grow."""
    with ScriptedServer(is_listening=False) as server:
        settings = settings_for(server, max_retries=3)
        with pytest.raises(
            SymblTransportError, match=r"^POST /oauth2/token:generate no answer: .*(refused|Connect call failed)"
        ) as caught:
            get_job(settings, "job-1")
    assert not isinstance(caught.value, SymblUnknownSubmissionError)
    assert [0.5 <= pauses.wanted[0] <= 1, 1 <= pauses.wanted[1] <= 2, 2 <= pauses.wanted[2] <= 4] == [True] * 3
    assert len(pauses.wanted) == 3


@pytest.mark.parametrize("cut", Cut)
def test_a_read_is_sent_again_after_a_cut(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    cut: Cut,
) -> None:
    """Wherever the connection breaks: reading twice is harmless."""
    server.answer(JOB_PATH, Answer(content=JOB, cut=cut), DONE)
    assert get_job(settings_for(server), "job-1").status == "completed"
    assert len(server.received(JOB_PATH)) >= 2, "aiohttp repeats a GET on a connection that had been kept open"
    assert len(pauses.wanted) <= 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_is_sent_again_after_a_server_error(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    status: int,
) -> None:
    """With a pause before each."""
    server.answer(JOB_PATH, Answer(status), Answer(status), DONE)
    assert get_job(settings_for(server), "job-1").status == "completed"
    assert len(server.received(JOB_PATH)) == 3
    assert pauses.retry_after == [None, None]


def test_retry_after_decides_the_pause(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
) -> None:
    """Garbage in it falls back to the client's own pause."""
    server.answer(
        JOB_PATH,
        Answer(429, headers={"Retry-After": "7"}),
        Answer(503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        Answer(429, headers={"Retry-After": "soon"}),
        DONE,
    )
    get_job(settings_for(server), "job-1")
    assert pauses.wanted[:2] == [7.0, 0.0]
    assert pauses.retry_after == [7.0, 0.0, None]
    assert 2 <= pauses.wanted[2] <= 4


def test_the_last_server_error_is_raised(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
) -> None:
    """With its status and Symbl's own words."""
    server.answer(JOB_PATH, Answer(500), Answer(503, {"message": "down for the night"}))
    with pytest.raises(SymblServerError, match=r"^GET /v1/job/job-1 answered 503: down for the night$") as caught:
        get_job(settings_for(server, max_retries=2), "job-1")
    assert caught.value.status_code == 503
    assert len(server.received(JOB_PATH)) == 3
    assert len(pauses.wanted) == 2


def test_the_limit_on_concurrent_jobs_is_raised_with_its_pause(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """A caller that plans its own pauses needs the number."""
    server.answer(JOB_PATH, Answer(429, {"message": "limit"}, {"Retry-After": "31"}))
    with pytest.raises(SymblConcurrencyLimitError) as caught:
        get_job(settings_for(server, max_retries=0), "job-1")
    assert (caught.value.retry_after, caught.value.message) == (31.0, "limit")


def test_no_answer_within_the_timeout_is_tried_again(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
) -> None:
    """A server that takes a request and never answers does not hold the client for ever."""
    server.answer(JOB_PATH, Answer(answer_when=threading.Event()), DONE)
    assert get_job(settings_for(server, timeout=1.0), "job-1").status == "completed"
    assert len(pauses.wanted) == 1


def test_an_answer_that_comes_late_but_in_time_is_taken(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """The connect timeout does not limit the answer."""
    late = threading.Event()
    server.answer(JOB_PATH, Answer(content=JOB, answer_when=late))
    timer = threading.Timer(0.15, late.set)
    timer.start()
    assert get_job(settings_for(server, connect_timeout=0.05), "job-1").status == "completed"
    timer.join()


def test_redirects_are_not_followed(server: ScriptedServer, get_job: GetJob, settings_for: MakeSettings) -> None:
    """The token must not travel to wherever an answer points."""
    with ScriptedServer() as elsewhere:
        server.answer(JOB_PATH, Answer(302, headers={"Location": elsewhere.url + JOB_PATH}))
        with pytest.raises(SymblTransportError, match="answered 302, which Symbl never does: is the host right"):
            get_job(settings_for(server), "job-1")
        assert elsewhere.connections == 0
    assert len(server.received(JOB_PATH)) == 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html>captive portal</html>", "JSONDecodeError"),
        (b"", "the whole: got nothing; allowed: an object"),
        (b"\xff\xfe\xff", "UnicodeDecodeError"),
        ([], "the whole: got a list; allowed: an object"),
        (None, "the whole: got nothing; allowed: an object"),
        ({"message": "Come back later"}, "status: got nothing; allowed: text"),
        (b"[" * 100_000, "RecursionError"),
    ],
)
def test_an_answer_that_is_not_symbls_json_is_no_usable_answer(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    content: object,
    kind: str,
) -> None:
    """The key and the kind of problem are told, no value: what was answered may be anything."""
    server.answer(JOB_PATH, Answer(content=content))
    with pytest.raises(SymblTransportError) as caught:
        get_job(settings_for(server), "job-1")
    assert str(caught.value) == f"GET {JOB_PATH} answered 200 with something else than Symbl's JSON ({kind})"


def test_an_unknown_job_is_not_found_whatever_the_status_says(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """Others have seen this answer, without its HTTP status; a wait for such a job would never end."""
    server.answer(JOB_PATH, Answer(content={"message": "Job with id job-1 not found"}))
    with pytest.raises(SymblNotFoundError, match=f"^GET {JOB_PATH} answered 404: Job with id job-1 not found$"):
        get_job(settings_for(server), "job-1")


def test_a_new_token_is_asked_for_once_when_one_is_refused(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
) -> None:
    """It may have been revoked before its end."""
    server.answer(
        TOKEN_PATH,
        Answer(content={"accessToken": "old", "expiresIn": 86400}),
        Answer(content={"accessToken": "new", "expiresIn": 86400}),
    )
    server.answer(JOB_PATH, Answer(401), DONE)
    get_job(settings_for(server), "job-1")
    assert [request.headers["authorization"] for request in server.received(JOB_PATH)] == ["Bearer old", "Bearer new"]
    assert pauses.wanted == []


def test_a_second_new_token_that_is_refused_is_final(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """Once more is enough."""
    server.answer(TOKEN_PATH, *(Answer(content={"accessToken": f"t{n}", "expiresIn": 86400}) for n in range(9)))
    server.answer(JOB_PATH, Answer(401, {"message": "Token validation failed for provided token."}))
    with pytest.raises(SymblAuthenticationError, match="Token validation failed for provided token"):
        get_job(settings_for(server), "job-1")
    assert len(server.received(JOB_PATH)) == 2
    assert len(server.received(TOKEN_PATH)) == 2


def test_the_same_token_is_tried_once_more(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """Symbl hands out one token until it is nearly over, also when that token is refused."""
    server.answer(JOB_PATH, Answer(401))
    with pytest.raises(SymblAuthenticationError) as caught:
        get_job(settings_for(server), "job-1")
    assert (caught.value.status_code, caught.value.path) == (401, JOB_PATH)
    assert len(server.received(JOB_PATH)) == 2
    assert len(server.received(TOKEN_PATH)) == 2


def test_wrong_credentials_are_told_by_the_token_call(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """Nothing is sent that would need a token."""
    server.answer(TOKEN_PATH, Answer(401, {"message": "no such application"}))
    with pytest.raises(SymblAuthenticationError) as caught:
        get_job(settings_for(server), "job-1")
    assert str(caught.value) == f"POST {TOKEN_PATH} answered 401: no such application"
    assert [request.path for request in server.requests] == [TOKEN_PATH]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"accessToken": "t"},
        {"expiresIn": 1},
        {"accessToken": None, "expiresIn": 1},
        {"accessToken": "", "expiresIn": 1},
    ],
)
def test_an_answer_without_a_token_is_no_usable_answer(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    content: object,
) -> None:
    """Nothing is sent with half a token."""
    server.answer(TOKEN_PATH, Answer(content=content))
    with pytest.raises(SymblTransportError, match=r"^POST /oauth2/token:generate answered 200 with something else"):
        get_job(settings_for(server), "job-1")
    assert [request.path for request in server.requests] == [TOKEN_PATH]


def test_a_netrc_file_does_not_replace_the_token(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Requests would put the file's user over the token, for the token call too."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer(JOB_PATH, DONE)
    get_job(settings_for(server), "job-1")
    assert [request.headers.get("authorization") for request in server.requests] == [None, f"Bearer {TOKEN}"]


def test_the_pauses_are_really_made(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At least half of the first pause lies between two attempts."""
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.2)
    server.answer(JOB_PATH, Answer(503), DONE)
    began = time.monotonic()
    get_job(settings_for(server), "job-1")
    assert time.monotonic() - began >= 0.1
