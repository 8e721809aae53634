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
from airflow_provider_symbl.local_server.middleware.connections import cuttable
from airflow_provider_symbl.local_server.middleware.fault_rules import FAILURE
from airflow_provider_symbl.local_server.middleware.faults import POINTS
from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.local_client import TIMEOUT, Local, message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

TEXT = "POST /v1/process/text"
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
    monkeypatch.setattr(server_module, "PROTOCOL", cuttable(protocol))
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
    seen = _outcome(at_once)
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


def test_a_server_that_stops_lets_held_calls_go(pool: ThreadPoolExecutor) -> None:
    """They are answered rather than broken off."""
    with LocalServer() as server:
        local = Local(server)
        fault(local, "GET /v1/conversations", delay=10_000)
        answer = pool.submit(_get_conversations, local)
        until(lambda: faults(local)[0]["holding"] == 1)
        local.session.close()
    assert answer.result(TIMEOUT).json() == {"conversations": []}


@pytest.mark.parametrize("by", [{"by": "work"}, {"by": "at_once"}, {"by": "polls", "polls": 3}, {"by": "time"}])
@pytest.mark.parametrize("at", ["before_body", "before_job"])
def test_a_job_can_be_made_to_fail(local: Local, at: str, by: dict[str, Any]) -> None:
    """With the reason of the rule, when its progress says so; its conversation stays empty."""
    local.progress(**by, **({"seconds": 0.2} if by["by"] == "time" else {}))
    fault(local, TEXT, at=at, job="failed", message="Out of cheese")
    ids = local.text("Hello.")
    read: list[dict[str, str]] = []

    def is_over() -> bool:
        read.append(local.job(ids))
        return read[-1]["status"] == "failed"

    until(is_over)
    assert read[-1]["message"] == "Out of cheese"
    assert by["by"] != "polls" or [job["status"] for job in read] == ["scheduled", "in_progress", "failed"]
    assert by["by"] != "time" or local.get("/__local__/jobs")["jobs"][0]["seconds"] >= 0.2
    assert local.messages(ids) == []


def test_a_rules_reason_goes_before_the_works_own(at_once: Local) -> None:
    """A recording that cannot be decoded fails as the rule says; the next one by itself."""
    fault(at_once, "POST /v1/process/audio", job="failed")
    reasons = [at_once.job(at_once.submit("audio", data=b"noise"))["message"] for _ in range(2)]
    assert reasons == [FAILURE, "The recording cannot be decoded: InvalidDataError"]


def test_a_failed_append_leaves_the_conversation_as_it_was(at_once: Local) -> None:
    """And the next one goes on where the first ended."""
    ids = at_once.text("One.")
    fault(at_once, "PUT /v1/process/text/*", job="failed")
    at_once.append(ids["conversationId"], "Two.")
    at_once.append(ids["conversationId"], "Three.")
    assert at_once.texts(ids) == ["One.", "Three."]


@pytest.mark.parametrize("by", [{"by": "at_once"}, {"by": "polls", "polls": 1}, {"by": "time", "seconds": 0.0}])
def test_a_jobs_end_can_be_put_off(local: Local, by: dict[str, Any]) -> None:
    """The submission's answer is not, and what the job found stays unseen until then."""
    local.progress(**by)
    fault(local, TEXT, containing="Late", job_seconds=10_000)
    fault(local, TEXT, containing="Soon", job_seconds=0.3)
    late, soon = local.text("Late."), local.text("Soon.")
    until(lambda: local.job(soon)["status"] == "completed")
    assert local.job(late)["status"] in {"scheduled", "in_progress"}
    assert (local.texts(late), local.texts(soon)) == ([], ["Soon."])
    first, second = local.get("/__local__/jobs")["jobs"]
    assert (first["seconds"], second["seconds"] >= 0.3) == (None, True)


def test_a_late_job_can_fail_too(at_once: Local) -> None:
    """One rule may say both, and what several rules want is joined."""
    fault(at_once, TEXT, at="before_body", job="failed", message="Out of cheese", job_seconds=0.1)
    fault(at_once, TEXT, job_seconds=0.3)
    ids = at_once.text("Hello.")
    until(lambda: at_once.job(ids)["status"] == "failed")
    (job,) = at_once.get("/__local__/jobs")["jobs"]
    assert (job["message"], job["seconds"] >= 0.3) == ("Out of cheese", True)


def test_what_a_rule_wants_for_a_job_outlives_a_restart(tmp_path: Path) -> None:
    """The job's own, that is; the rules themselves are gone."""
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        fault(local, TEXT, job="failed", message="Out of cheese", job_seconds=0.5)
        ids = local.text("Hello.")
    with LocalServer(data_dir=tmp_path, app_id=server.app_id, app_secret=server.app_secret) as server:
        again = Local(server)
        until(lambda: again.job(ids)["status"] == "failed")
        (job,) = again.get("/__local__/jobs")["jobs"]
        assert (job["message"], job["seconds"] >= 0.5, faults(again)) == ("Out of cheese", True, [])
    local.session.close()
    again.session.close()


def test_a_restart_breaks_off_what_a_rule_holds(local: Local, pool: ThreadPoolExecutor) -> None:
    """Its job is never made."""
    fault(local, TEXT, delay=10_000)
    answer = _held(local, pool)
    local.send("POST", "/__local__/restart")
    with pytest.raises(requests.ConnectionError):
        answer.result(TIMEOUT)
    assert (faults(local), jobs(local)) == ([], 0)


def test_only_submissions_meet_rules_about_jobs(at_once: Local) -> None:
    """Whatever else the rule's call would fit is not counted."""
    fault(at_once, "* *", job="failed")
    at_once.get("/v1/conversations")
    assert at_once.job(at_once.text("Hello."))["status"] == "failed"


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


def test_a_text_is_found_in_a_recording_that_was_handed_over(local: Local) -> None:
    """After the job is made, the body belongs to it."""
    fault(local, "POST /v1/process/audio", at="after_job", containing="cell-17", status=418)
    data = b"cell-17" + bytes(2_000_000)
    assert local.send("POST", "/v1/process/audio", data=data).status_code == 418
    assert jobs(local) == 1


def test_a_rule_asks_for_text_that_is_no_unicode(local: Local) -> None:
    """It is not found, and nothing breaks."""
    fault(local, TEXT, containing="\ud83d", status=418)
    assert post_text(local).status_code == 201


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


def test_a_rule_comes_back_as_it_was_set(local: Local) -> None:
    """With what was left out, and what has become of it."""
    given = {"call": TEXT, "containing": "x", "delay": 1.5, "status": 503, "headers": {"A": "b"}, "body": {"c": [None]}}
    answer = local.send("POST", "/__local__/faults", json=given)
    shown = {**given, "after": 0, "times": 1, "at": "before_job", "met": 0, "left": 1, "holding": 0}
    assert (answer.status_code, answer.json()) == (201, shown)
    assert faults(local) == [shown]


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


ANSWER = {"call": TEXT, "status": 503}
LATE = {"call": TEXT, "at": "after_job"}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ([], '"value" must be of type object, but is an array'),
        ({"cut": True}, '"call" is required'),
        ({"call": ""}, '"call" is not allowed to be empty'),
        ({"call": 7}, '"call" must be a string, but is a number'),
        *(
            ({"call": call}, f'"call" must be a method and a path without query, such as "{TEXT}", but is "{call}"')
            for call in ("POST", "POST v1", "post /v1", "POST /v1 ", "POST  /v1", "GET /v1/job?x")
        ),
        ({**ANSWER, "rate": 1}, '"rate" is not allowed'),
        ({**ANSWER, "containing": ""}, '"containing" is not allowed to be empty'),
        ({**ANSWER, "containing": None}, '"containing" must be a string, but is null'),
        ({**ANSWER, "after": -1}, '"after" must be greater than or equal to 0, but is -1'),
        ({**ANSWER, "after": None}, '"after" must be a number, but is null'),
        ({**ANSWER, "times": 0}, '"times" must be greater than or equal to 1, but is 0'),
        ({**ANSWER, "times": 1.5}, '"times" must be an integer, but is 1.5'),
        ({**ANSWER, "at": "never"}, '"at" must be one of [before_body, before_job, after_job], but is "never"'),
        ({**ANSWER, "delay": -1}, '"delay" must be greater than or equal to 0, but is -1'),
        ({"call": TEXT, "cut": 1}, '"cut" must be a boolean, but is 1'),
        ({"call": TEXT, "status": 199}, '"status" must be greater than or equal to 200, but is 199'),
        ({"call": TEXT, "status": 600}, '"status" must be less than or equal to 599, but is 600'),
        ({**ANSWER, "headers": []}, '"headers" must be of type object, but is an array'),
        ({**ANSWER, "headers": {"Retry-After": 2}}, '"headers.Retry-After" must be a string, but is a number'),
        ({**ANSWER, "headers": {"A": "b\r\nc"}}, '"headers.A" is no value that a header may have'),
        ({**ANSWER, "headers": {"A": "€"}}, '"headers.A" is no value that a header may have'),
        ({**ANSWER, "headers": {"A:": "b"}}, '"headers.A:" is no name that a header may have'),
        (
            {**ANSWER, "headers": {"TE": "", "Content-length": ""}},
            '"headers.Content-length" is not allowed: the server writes it',
        ),
        ({"call": TEXT, "cut": True, "headers": {}}, '"headers" is not allowed without "status"'),
        ({"call": TEXT, "cut": True, "body": ""}, '"body" is not allowed without "status"'),
        ({"call": TEXT, "status": 204, "body": None}, '"body" is not allowed when "status" is 204'),
        ({"call": TEXT, "job": "slow"}, '"job" must be one of [failed], but is "slow"'),
        ({"call": TEXT, "job_seconds": 1, "message": "x"}, '"message" is not allowed without "job"'),
        ({"call": TEXT, "job": "failed", "message": ""}, '"message" is not allowed to be empty'),
        ({"call": TEXT, "job_seconds": -1}, '"job_seconds" must be greater than or equal to 0, but is -1'),
        ({**LATE, "job": "failed"}, '"job" is not allowed when "at" is "after_job": the job is made by then'),
        ({**LATE, "job_seconds": 1}, '"job_seconds" is not allowed when "at" is "after_job": the job is made by then'),
        ({**ANSWER, "cut": True}, '"status" is not allowed together with "cut"'),
        ({"call": TEXT, "job": "failed", "cut": True}, '"job" is not allowed together with "cut"'),
        ({**ANSWER, "job_seconds": 1}, '"job_seconds" is not allowed together with "status"'),
        *(
            ({"call": TEXT, **nothing}, '"value" must contain at least one of [delay, cut, status, job, job_seconds]')
            for nothing in ({}, {"delay": 0}, {"cut": False}, {"job_seconds": 0}, {"containing": "x"})
        ),
    ],
)
def test_a_bad_rule_is_named(local: Local, rule: object, said: str) -> None:
    """And none is added."""
    answer = local.send("POST", "/__local__/faults", json=rule)
    assert (answer.status_code, answer.json()) == (400, {"message": said})
    assert faults(local) == []


def test_a_body_that_no_json_can_hold_is_refused(local: Local) -> None:
    """JSON can be read that cannot be written again."""
    rule, headers = b'{"call": "* *", "status": 200, "body": [1e999]}', {"Content-Type": "application/json"}
    answer = local.send("POST", "/__local__/faults", data=rule, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"message": '"body" must be JSON that can be written again'})


def fault(local: Local, call: str, **rule: Any) -> None:
    """Add a rule."""
    answer = local.send("POST", "/__local__/faults", json={"call": call, **rule})
    assert answer.status_code == 201, answer.text


def faults(local: Local) -> list[dict[str, Any]]:
    """Read the rules."""
    found: list[dict[str, Any]] = local.get("/__local__/faults")["faults"]
    return found


def jobs(local: Local) -> int:
    """Count the jobs that were made."""
    return len(local.get("/__local__/jobs")["jobs"])


def post_text(local: Local) -> requests.Response:
    """Submit a text on a connection of its own, and give the answer, whatever it is."""
    body = {"messages": [message("Hello.")]}
    headers = {"Authorization": str(local.session.headers["Authorization"])}
    return requests.post(f"{local.url}/v1/process/text", json=body, headers=headers, timeout=TIMEOUT)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that comes true by itself."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline


def _held(local: Local, pool: ThreadPoolExecutor) -> Future[requests.Response]:
    answer = pool.submit(post_text, local)
    until(lambda: faults(local)[0]["holding"] == 1)
    return answer


def _get_conversations(local: Local) -> requests.Response:
    headers = {"Authorization": str(local.session.headers["Authorization"])}
    return requests.get(f"{local.url}/v1/conversations", headers=headers, timeout=TIMEOUT)


def _outcome(local: Local) -> str:
    try:
        answer = post_text(local)
    except requests.ConnectionError:
        return "cut"
    return local.job(answer.json())["status"] if answer.ok else str(answer.status_code)


def _connect(local: Local) -> http.client.HTTPConnection:
    parts = urlsplit(local.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
