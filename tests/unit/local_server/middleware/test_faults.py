"""Calls that go wrong because a test wants them to."""

from __future__ import annotations

import http.client
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from airflow_provider_symbl.local_server import server as server_module
from airflow_provider_symbl.local_server.middleware.faults import POINTS
from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.fault_rules import TEXT, fault, faults, jobs, outcome, post_text, until
from tests.support.local_client import TIMEOUT, Local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

MADE = {"before_body": 0, "before_job": 0, "after_job": 1}
"""How many jobs a submission has made when it comes to a point."""


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Return threads for calls that are held."""
    with ThreadPoolExecutor() as threads:
        yield threads


@pytest.mark.parametrize("at", POINTS)
@pytest.mark.parametrize("parser", ["h11_impl:H11Protocol", "httptools_impl:HttpToolsProtocol"])
def test_a_cut_leaves_no_answer(
    at: str, parser: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever parser the server uses, at each point; the job is made or not, and the next call is unharmed."""
    module, name = parser.split(":")
    protocol = getattr(import_module(f"uvicorn.protocols.http.{module}"), name)
    monkeypatch.setattr(server_module, "PROTOCOL", protocol)
    with LocalServer() as server:
        local = Local(server)
        fault(local, TEXT, at=at, cut=True)
        with pytest.raises(requests.ConnectionError):
            local.text("Hello.")
        assert (jobs(local), local.journal()[-1]["status"]) == (MADE[at], None)
        local.text("Hello.")
        assert jobs(local) == MADE[at] + 1
        local.session.close()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_cut_does_not_wait_for_the_body(local: Local) -> None:
    """Before the body, only the head must have come; the journal has it as it arrived."""
    fault(local, "POST /v1/process/audio", at="before_body", cut=True)
    connection = _connect(local)
    connection.putrequest("POST", "/v1/process/audio?name=cut")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"abc")
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.getresponse()
    connection.close()
    entry = local.journal()[-1]
    assert (entry["query"], entry["body_size"], entry["status"]) == ([["name", "cut"]], 0, None)


@pytest.mark.parametrize("at", POINTS)
def test_an_answer_takes_the_place_of_the_real_one(local: Local, at: str) -> None:
    """The job is made or not; status, headers and body are those of the rule."""
    body = {"message": "Später"}
    fault(local, TEXT, at=at, status=503, headers={"Retry-After": "2"}, body=body)
    answer = post_text(local)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (503, "2", body)
    assert answer.headers["Content-Type"] == "application/json"
    assert (jobs(local), local.journal()[-1]["status"]) == (MADE[at], 503)
    assert post_text(local).status_code == 201


@pytest.mark.parametrize("at", POINTS)
@pytest.mark.process
def test_an_answer_in_place_of_a_large_submissions(local: Local, at: str) -> None:
    """What was not read before the answer is read after it, so that the connection is good for the next call."""
    fault(local, "POST /v1/process/*", at=at, status=500)
    assert local.send("POST", "/v1/process/audio", data=bytes(3_000_000)).status_code == 500
    assert jobs(local) == MADE[at]
    local.text("Hello.")


@pytest.mark.parametrize(
    ("given", "said", "media_type"),
    [
        ({}, b"", None),
        ({"body": "<html>no JSON"}, b"<html>no JSON", "text/plain; charset=utf-8"),
        ({"body": "{", "headers": {"Content-Type": "application/json"}}, b"{", "application/json"),
        ({"body": "\udc80"}, b"\xed\xb2\x80", "text/plain; charset=utf-8"),
        ({"body": None}, b"null", "application/json"),
        ({"body": [1, "ü"]}, b'[1,"\\u00fc"]', "application/json"),
        ({"body": {}, "headers": {"content-type": "text/html"}}, b"{}", "text/html"),
    ],
)
def test_an_answers_body_is_sent_as_it_is_given(
    local: Local, given: dict[str, Any], said: bytes, media_type: str | None
) -> None:
    """A string is garbage as it stands, anything else is JSON; a Content-Type of the rule's own is kept."""
    fault(local, TEXT, status=200, **given)
    answer = post_text(local)
    assert (answer.status_code, answer.content, answer.headers.get("Content-Type")) == (200, said, media_type)


def test_an_answer_may_have_no_body_at_all(local: Local) -> None:
    """As the status 204 has none."""
    fault(local, TEXT, status=204)
    assert post_text(local).status_code == 204
    local.text("Hello.")


@pytest.mark.parametrize("at", POINTS)
def test_a_delay_holds_a_call_until_its_rule_is_cleared(local: Local, pool: ThreadPoolExecutor, at: str) -> None:
    """At its point: the job is made or not. Other calls go on meanwhile."""
    fault(local, TEXT, at=at, delay=10_000)
    answer = _held(local, pool)
    assert jobs(local) == MADE[at]
    assert local.get("/v1/conversations")["conversations"] == [] or MADE[at]
    local.send("DELETE", "/__local__/faults")
    assert answer.result(TIMEOUT).status_code == 201
    assert (jobs(local), faults(local)) == (1, [])


@pytest.mark.parametrize("effect", [{"cut": True}, {"status": 503}, {"job": "failed"}])
def test_a_delay_comes_before_another_effect(at_once: Local, effect: dict[str, Any]) -> None:
    """Which follows when the time is over."""
    fault(at_once, TEXT, delay=0.2, **effect)
    begin = time.monotonic()
    seen = outcome(at_once)
    assert time.monotonic() - begin >= 0.2
    assert seen == {"cut": "cut", "status": "503", "job": "failed"}[next(iter(effect))]


@pytest.mark.parametrize("effect", [{"cut": True}, {"status": 503}, {"job": "failed"}])
def test_a_call_that_is_let_go_is_unharmed(at_once: Local, pool: ThreadPoolExecutor, effect: dict[str, Any]) -> None:
    """Also by rules of the same point that it had not come to, and those that were cleared with its own."""
    fault(at_once, TEXT, delay=10_000, **effect)
    fault(at_once, TEXT, status=500)
    answer = _held(at_once, pool)
    at_once.send("DELETE", "/__local__/faults")
    assert at_once.job(answer.result(TIMEOUT).json())["status"] == "completed"


@pytest.mark.parametrize(("at", "made"), [("before_body", 0), ("before_job", 1), ("after_job", 1)])
@pytest.mark.process
def test_a_held_call_goes_on_without_its_client(local: Local, at: str, made: int) -> None:
    """Once its body is read, its job is made when it is let go; before, it breaks off."""
    fault(local, "POST /v1/process/audio", at=at, delay=10_000)
    connection = _connect(local)
    headers = {"Authorization": str(local.session.headers["Authorization"])}
    connection.request("POST", "/v1/process/audio", b"noise", headers)
    until(lambda: faults(local)[0]["holding"] == 1)
    connection.close()
    local.send("DELETE", "/__local__/faults")
    until(lambda: jobs(local) >= made)
    local.text("Hello.")
    assert jobs(local) == made + 1


@pytest.mark.process
def test_a_server_that_stops_lets_held_calls_go(pool: ThreadPoolExecutor) -> None:
    """They are answered rather than broken off."""
    with LocalServer() as server:
        local = Local(server)
        fault(local, "GET /v1/conversations", delay=10_000)
        answer = pool.submit(_get_conversations, local)
        until(lambda: faults(local)[0]["holding"] == 1)
        local.session.close()
    assert answer.result(TIMEOUT).json() == {"conversations": []}


def test_a_restart_breaks_off_what_a_rule_holds(local: Local, pool: ThreadPoolExecutor) -> None:
    """Its job is never made."""
    fault(local, TEXT, delay=10_000)
    answer = _held(local, pool)
    local.send("POST", "/__local__/restart")
    with pytest.raises(requests.ConnectionError):
        answer.result(TIMEOUT)
    assert (faults(local), jobs(local)) == ([], 0)


@pytest.mark.parametrize(
    ("call", "meets"),
    [
        ("GET /v1/conversations", True),
        ("G* /v1/*", True),
        ("* *", True),
        ("* *sations", True),
        ("POST /v1/conversations", False),
        ("GET /v1/conv", False),
        ("GET /V1/conversations", False),
        ("GET *process*", False),
    ],
)
def test_a_rule_is_about_a_method_and_a_path(local: Local, call: str, *, meets: bool) -> None:
    """Either may hold wildcards."""
    fault(local, call, status=418)
    assert local.send("GET", "/v1/conversations?limit=1").status_code == (418 if meets else 200)


def test_the_call_for_a_token_can_go_wrong_too(local: Local) -> None:
    """No token is needed to meet a fault."""
    fault(local, "POST /oauth2/*", status=500)
    answers = [local.send("POST", "/oauth2/token:generate", json=local.credentials) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [500, 200]


@pytest.mark.parametrize("at", POINTS)
def test_control_routes_meet_no_fault(local: Local, at: str) -> None:
    """Else nobody could clear the rules."""
    fault(local, "* *", at=at, status=500, times=None)
    assert local.get("/__local__/jobs")["jobs"] == []
    assert faults(local)[0]["met"] == 0


@pytest.mark.parametrize(
    ("path", "content", "meets"),
    [
        ("/v1/process/text/cell-17", "", True),
        ("/v1/process/text?name=a%20cell-17%26more", "", True),
        ("/v1/process/text?name=cell%2d17", "", True),
        ("/v1/process/text", "In cell-17.", True),
        ("/v1/process/text", "." * 65_000 + "cell-17", True),
        ("/v1/process/text", "." * 65_536 + "cell-17", False),
        ("/v1/process/text", "cell-17" + "." * 2_000_000, True),
        ("/v1/process/text?name=cell-1", "7", False),
    ],
)
@pytest.mark.parametrize("at", POINTS)
def test_a_rule_can_ask_for_a_text(local: Local, at: str, path: str, content: str, *, meets: bool) -> None:
    """In the path, the decoded query or the first 64 KiB of the body; before the body only in the first two."""
    fault(local, "* *", at=at, containing="cell-17", status=418)
    answer = local.send("PUT" if path.endswith("17") else "POST", path, data=content.encode())
    in_head = path != "/v1/process/text"
    assert (answer.status_code == 418) == (meets and (in_head or at != "before_body"))


@pytest.mark.process
def test_a_text_is_found_in_a_recording_that_was_handed_over(local: Local) -> None:
    """After the job is made, the body belongs to it."""
    fault(local, "POST /v1/process/audio", at="after_job", containing="cell-17", status=418)
    data = b"cell-17" + bytes(2_000_000)
    assert local.send("POST", "/v1/process/audio", data=data).status_code == 418
    assert jobs(local) == 1


def test_a_rule_must_not_ask_for_text_that_is_no_unicode(local: Local) -> None:
    """No call can contain it."""
    answer = local.send("POST", "/__local__/faults", json={"call": TEXT, "containing": "\ud83d", "status": 418})
    assert answer.status_code == 400
    assert answer.json()["message"] == '"containing" must be Unicode text, but has half of a surrogate pair'


def test_a_rule_meets_some_calls_after_some(local: Local) -> None:
    """Both are counted over the calls that it is about."""
    fault(local, TEXT, containing="Hello", after=1, times=2, status=503)
    assert faults(local)[0].items() >= {"met": 0, "left": 2, "holding": 0}.items()
    local.text("Something else.")
    assert [post_text(local).status_code for _ in range(5)] == [201, 503, 503, 201, 201]
    assert faults(local)[0].items() >= {"met": 2, "left": 0, "holding": 0}.items()


def test_a_rule_can_last_until_it_is_cleared(local: Local) -> None:
    """It does not know how many calls are left."""
    fault(local, TEXT, times=None, status=503)
    assert [post_text(local).status_code for _ in range(3)] == [503] * 3
    assert faults(local)[0].items() >= {"met": 3, "left": None}.items()
    local.send("DELETE", "/__local__/faults")
    assert post_text(local).status_code == 201


def test_rules_meet_a_call_in_the_order_of_adding(local: Local, pool: ThreadPoolExecutor) -> None:
    """Until one of them ends it; those after it are not used up."""
    fault(local, TEXT, delay=0.1)
    fault(local, TEXT, status=500)
    fault(local, TEXT, status=501)
    fault(local, TEXT, at="before_body", status=502)
    assert [pool.submit(post_text, local).result(TIMEOUT).status_code for _ in range(4)] == [502, 500, 501, 201]
    assert [rule["met"] for rule in faults(local)] == [1, 1, 1, 1]


def test_a_held_call_uses_up_a_rule_at_once(local: Local, pool: ThreadPoolExecutor) -> None:
    """So that the next call is not held with it."""
    fault(local, TEXT, delay=10_000)
    answer = _held(local, pool)
    assert post_text(local).status_code == 201
    assert not answer.done()
    local.send("DELETE", "/__local__/faults")
    answer.result(TIMEOUT)


def test_a_reset_clears_the_rules(local: Local, pool: ThreadPoolExecutor) -> None:
    """What they hold is let go, into a server that knows nothing of it."""
    fault(local, TEXT, delay=10_000)
    answer = _held(local, pool)
    local.send("POST", "/__local__/reset")
    assert answer.result(TIMEOUT).status_code == 401
    assert (faults(local), jobs(local)) == ([], 0)


def test_tokens_can_be_made_to_expire(local: Local) -> None:
    """Those of the past are refused as the contract says, and the next one is another."""
    before = local.session.headers["Authorization"]
    assert local.send("POST", "/__local__/tokens/expire").json() == {"status": "ok"}
    answer = local.send("GET", "/v1/conversations")
    assert (answer.status_code, answer.json()) == (401, {"message": "Token validation failed for provided token."})
    local.authorise()
    assert local.session.headers["Authorization"] != before
    assert local.get("/v1/conversations") == {"conversations": []}


def _held(local: Local, pool: ThreadPoolExecutor) -> Future[requests.Response]:
    answer = pool.submit(post_text, local)
    until(lambda: faults(local)[0]["holding"] == 1)
    return answer


def _get_conversations(local: Local) -> requests.Response:
    headers = {"Authorization": str(local.session.headers["Authorization"])}
    return requests.get(f"{local.url}/v1/conversations", headers=headers, timeout=TIMEOUT)


def _connect(local: Local) -> http.client.HTTPConnection:
    parts = urlsplit(local.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
