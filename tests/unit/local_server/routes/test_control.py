"""The server's own routes."""

from __future__ import annotations

import hashlib
import http.client
import importlib.metadata
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.routes import control
from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local


def test_health_says_what_is_running(local: Local) -> None:
    """It asks for no token."""
    answer = requests.get(f"{local.url}/__local__/health", timeout=10)
    assert answer.json() == {
        "status": "ok",
        "version": importlib.metadata.version("airflow-provider-symbl"),
        "model": "tiny.en",
        "workers": 1,
    }


def test_health_does_without_an_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout on the path is no installation."""
    monkeypatch.setattr(control, "DISTRIBUTION", "airflow-provider-that-nobody-made")
    assert control.package_version() == "not installed"


def test_the_journal_holds_what_really_arrived(local: Local) -> None:
    """Raw and decoded query, body and its digest, and the answer's status; secrets are masked."""
    body = json.dumps({"messages": [message("Grüße.")]}).encode()
    headers = {"Content-Type": "application/json", "X-Api-Key": "secret", "X-Trace": "7"}
    local.send("POST", "/v1/process/text?name=A%20call+%26&detectPhrases=true", data=body, headers=headers)
    token, entry = local.journal()
    assert token["body"] == {**local.credentials, "appSecret": "***"}
    assert entry["headers"].items() >= {"authorization": "Bearer ***", "x-api-key": "***", "x-trace": "7"}.items()
    del entry["headers"]
    assert entry == {
        "method": "POST",
        "path": "/v1/process/text",
        "query_string": "name=A%20call+%26&detectPhrases=true",
        "query": [["name", "A call &"], ["detectPhrases", "true"]],
        "body": {"messages": [message("Grüße.")]},
        "body_size": len(body),
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "status": 201,
        "odd": [],
    }


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, 5_000_000])
def test_the_journal_digests_bodies_of_any_size(local: Local, size: int) -> None:
    """Also those that are refused; they are not shown."""
    body = bytes(range(250)) * (size // 250 + 1)
    answer = local.send("POST", "/v1/process/audio?x=y", data=body[:size])
    entry = local.journal()[-1]
    assert answer.status_code == entry["status"] == 400
    assert (entry["body_size"], entry["body"]) == (size, None)
    assert entry["body_sha256"] == hashlib.sha256(body[:size]).hexdigest()


def test_the_journal_shows_json_only_where_it_is_json(local: Local) -> None:
    """What does not parse is null, and a scheme other than Bearer is masked whole."""
    headers = {"Content-Type": "application/json", "Authorization": "Basic c2VjcmV0"}
    assert local.send("POST", "/v1/process/text", data=b"{", headers=headers).status_code == 401
    entry = local.journal()[-1]
    assert (entry["body"], entry["headers"]["authorization"]) == (None, "***")


def test_the_journal_notes_a_request_that_broke_off(local: Local) -> None:
    """It has no answer, and the server goes on."""
    parts = urlsplit(local.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.putrequest("POST", "/v1/process/audio")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"abc")
    while local.journal()[-1]["path"] != "/v1/process/audio":
        pass
    connection.close()
    while (entry := local.journal()[-1])["body_size"] == 0:
        pass
    assert (entry["body_size"], entry["body_sha256"], entry["status"]) == (3, None, None)


@pytest.mark.process
def test_jobs_are_listed_in_order_of_submission(at_once: Local) -> None:
    """With the reason of those that failed, and how long each took."""
    good, bad = at_once.text("Hello.", name="A chat"), at_once.submit("audio", data=b"noise")
    jobs = at_once.get("/__local__/jobs")["jobs"]
    assert all(0 <= job.pop("seconds") < 60 for job in jobs)
    assert all(timestamps.parse(job.pop("submitted")) <= timestamps.now() for job in jobs)
    reason = jobs[1]["message"]
    assert reason.startswith("The recording has the wrong format: got text; ")
    assert jobs == [
        {**good, "name": "A chat", "status": "completed", "message": None, "progress": 1.0},
        {**bad, "name": bad["conversationId"], "status": "failed", "message": reason, "progress": 1.0},
    ]


def test_the_newest_jobs_are_shown_where_few_are_asked_for(local: Local) -> None:
    """With how many there are, and how many of them run."""
    local.progress(by="polls", polls=2)
    _, second, third = (local.text(text) for text in ("One.", "Two.", "Three."))
    found = local.get("/__local__/jobs", limit=2)
    assert [job["jobId"] for job in found["jobs"]] == [second["jobId"], third["jobId"]]
    assert (found["total"], found["running"]) == (3, 3)
    assert local.get("/__local__/jobs", limit=0)["jobs"] == []


def test_a_reset_forgets_everything(at_once: Local) -> None:
    """Conversations, jobs, journal, tokens and the progress setting."""
    ids = at_once.text("Hello.")
    at_once.send("POST", "/__local__/reset")
    assert at_once.journal() == []
    assert at_once.get("/__local__/jobs") == {"jobs": [], "total": 0, "running": 0}
    assert at_once.get("/__local__/progress") == {"by": "work"}
    assert at_once.send("GET", f"/v1/job/{ids['jobId']}").status_code == 401
    at_once.authorise()
    assert at_once.send("GET", f"/v1/job/{ids['jobId']}").status_code == 404
    assert at_once.get("/v1/conversations") == {"conversations": []}


@pytest.mark.parametrize(
    "setting", [{"by": "work"}, {"by": "at_once"}, {"by": "polls", "polls": 3}, {"by": "time", "seconds": 0.5}]
)
def test_progress_comes_back_as_it_was_set(local: Local, setting: dict[str, Any]) -> None:
    """The answer to the change and a later read agree."""
    assert local.send("PUT", "/__local__/progress", json=setting).json() == setting
    assert local.get("/__local__/progress") == setting


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({}, '"by" is required'),
        ({"by": "magic"}, '"by" must be one of [work, at_once, polls, time], but is "magic"'),
        ({"by": "polls"}, '"polls" is required when "by" is "polls"'),
        ({"by": "polls", "polls": 0}, '"polls" must be greater than or equal to 1, but is 0'),
        ({"by": "polls", "polls": 1.5}, '"polls" must be an integer, but is 1.5'),
        ({"by": "time", "seconds": -1}, '"seconds" must be greater than or equal to 0, but is -1'),
        ({"by": "work", "polls": 1}, '"polls" is not allowed when "by" is "work"'),
        ({"by": "work", "speed": 1}, '"speed" is not allowed'),
    ],
)
def test_a_bad_progress_setting_is_named(local: Local, setting: dict[str, Any], said: str) -> None:
    """And changes nothing."""
    answer = local.send("PUT", "/__local__/progress", json=setting)
    assert (answer.status_code, answer.json()) == (400, {"message": said})
    assert local.get("/__local__/progress") == {"by": "work"}


def test_a_defect_is_answered_without_its_text(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is JSON like any other."""

    def broken(_: object) -> str:
        raise KeyError("what somebody said")

    monkeypatch.setattr("airflow_provider_symbl.local_server.routes.submissions.serialize_job", broken)
    answer = local.send("GET", f"/v1/job/{local.text('Hello.')['jobId']}")
    assert (answer.status_code, answer.json()) == (500, {"message": "symbl-local failed: KeyError"})
