"""Jobs: their progress as it is shown, their order and their cap."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.jobs.job_view import JobView
from airflow_provider_symbl.local_server.jobs.message_assembly import text_part
from airflow_provider_symbl.local_server.jobs.webhooks import Webhooks
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.speech.transcription import OWN_FAULT
from airflow_provider_symbl.local_server.store.memory_store import Store
from airflow_provider_symbl.local_server.store.records import Conversation, Job, Progress, RawSubmission, Status
from tests.support.audio import RECORDINGS, Sound
from tests.support.local_client import Local, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.local_server.jobs.message_assembly import PartContext
    from airflow_provider_symbl.local_server.jobs.submission_content import TextContent
    from airflow_provider_symbl.local_server.store.records import Part
    from tests.support.web_server import WebServer

BODY = {"messages": [message("Hello.")]}


@pytest.fixture
def small() -> Iterator[Local]:
    """Run a server that takes two jobs at a time."""
    with LocalServer(max_concurrent_jobs=2) as server:
        local = Local(server)
        yield local
        local.session.close()


def statuses(local: Local, ids: dict[str, str], reads: int) -> list[str]:
    """Read a job's status some times."""
    return [local.job(ids)["status"] for _ in range(reads)]


@pytest.mark.parametrize(
    ("polls", "shown"),
    [
        (1, ["completed", "completed"]),
        (2, ["scheduled", "completed", "completed"]),
        (4, ["scheduled", "in_progress", "in_progress", "completed"]),
    ],
)
def test_progress_by_polls_counts_reads(local: Local, polls: int, shown: list[str]) -> None:
    """The end is shown at the read that the setting names, and from then on."""
    local.progress(by="polls", polls=polls)
    ids = local.text("Hello.")
    assert local.get("/__local__/jobs")["jobs"][0]["status"] == "scheduled"
    assert statuses(local, ids, len(shown)) == shown


def test_messages_are_visible_only_once_their_job_is_shown_completed(local: Local) -> None:
    """Parts are seen one by one, in the order of the conversation."""
    local.progress(by="polls", polls=1)
    first = local.submit("text", json={"messages": [message("First.", "Ann")]})
    second = local.append(first["conversationId"], "Second.")
    assert (local.texts(first), local.of(first, "members")) == ([], {"members": []})
    local.job(second)
    assert local.texts(first) == ["Second."]
    local.job(first)
    assert local.texts(first) == ["First.", "Second."]


def test_progress_by_time_shows_the_end_no_earlier(local: Local) -> None:
    """A long time holds a job that is done; no time at all does not."""
    local.progress(by="time", seconds=3600)
    held = local.text("Hello.")
    local.progress(by="time", seconds=0.2)
    free = local.text("Hello.", features={"featureList": ["insights"]})
    while (job := local.job(free))["status"] != "completed":
        assert job["status"] in {"scheduled", "in_progress"}
    while local.of(free, "lm-insights/status")["status"] != "completed":
        pass
    assert local.job(held)["status"] == "in_progress"
    assert local.texts(held) == []


@pytest.mark.parametrize(("age", "status"), [(0, "in_progress"), (3600, "completed")])
def test_add_ons_take_as_long_again_as_their_job(age: float, status: str) -> None:
    """By time, they lag behind the job by the same span."""
    over = timestamps.now() - timedelta(seconds=age)
    job = Job("1", "2", over, Progress("time", seconds=1800), Status.COMPLETED, Status.COMPLETED, shown_over=over)
    view = JobView(Store(), Webhooks())
    assert view.read_feature(job, "insights") == status


@pytest.mark.process
def test_progress_by_work_follows_the_work(local: Local, web_server: WebServer) -> None:
    """A job is in progress while its recording is being fetched, and the next of its conversation waits."""
    web_server.may_answer.clear()
    url = web_server.serve("/a.wav", (RECORDINGS / "meetings" / "stand-up.wav").read_bytes())
    first = local.submit("audio/url", json={"url": url})
    web_server.asked.get(timeout=10)
    second = local.append(first["conversationId"], "After the recording.")
    other = local.text("Elsewhere.")
    while local.job(other)["status"] != "completed":
        pass
    assert (local.job(first)["status"], local.job(second)["status"]) == ("in_progress", "scheduled")
    web_server.may_answer.set()
    while local.job(second)["status"] != "completed":
        pass
    assert local.job(first)["status"] == "completed"
    assert local.texts(first)[-1] == "After the recording."
    assert len(local.texts(first)) > 1


@pytest.mark.process
def test_progress_by_polls_does_not_show_an_end_before_the_work_is_over(local: Local, web_server: WebServer) -> None:
    """However often one asks."""
    local.progress(by="polls", polls=1)
    web_server.may_answer.clear()
    ids = local.submit("audio/url", json={"url": web_server.serve("/a.wav", Sound().silence(1).wav())})
    web_server.asked.get(timeout=10)
    assert statuses(local, ids, 3) == ["scheduled", "in_progress", "in_progress"]
    web_server.may_answer.set()
    while local.job(ids)["status"] != "completed":
        pass


@pytest.mark.process
def test_a_failed_job_is_followed_by_the_next(at_once: Local) -> None:
    """One bad append does not block a conversation."""
    ids = at_once.text("Hello.")
    bad = at_once.submit(f"audio/{ids['conversationId']}", "PUT", data=b"noise")
    good = at_once.append(ids["conversationId"], "Goodbye.")
    assert [at_once.job(job)["status"] for job in (bad, good)] == ["failed", "completed"]
    assert at_once.texts(ids) == ["Hello.", "Goodbye."]


def test_the_cap_refuses_and_creates_nothing(small: Local) -> None:
    """Jobs count while they are shown scheduled or in progress; an end that was read makes room."""
    small.progress(by="polls", polls=2)
    first, _second = small.text("1"), small.text("2")
    for path, options in refused_submissions().items():
        answer = small.send("POST", f"/v1/process/{path}", **options)
        assert answer.status_code == 429
        assert answer.json()["statusCode"] == 429
        assert answer.json()["message"].startswith(
            "This API has a limit of maximum of `2` number of concurrent jobs per account."
        )
    append = small.send("PUT", f"/v1/process/text/{first['conversationId']}", json=BODY)
    assert append.status_code == 429
    assert len(small.get("/v1/conversations")["conversations"]) == 2
    assert statuses(small, first, 2) == ["scheduled", "completed"]
    assert small.text("3")


def refused_submissions() -> dict[str, dict[str, Any]]:
    """Give a submission of each kind."""
    return {
        "text": {"json": BODY},
        "audio": {"data": bytes(3_000_000)},
        "audio/url": {"json": {"url": "http://127.0.0.1:9/"}},
        "video": {"data": b"x", "headers": {"Content-Type": "video/mp4"}},
    }


def test_add_ons_lag_behind_their_job(local: Local) -> None:
    """Each add-on's reads are counted apart, from when the job is shown completed."""
    local.progress(by="polls", polls=2)
    ids = local.text("Hello.", features={"featureList": ["insights", "callScore"]})
    assert local.of(ids, "lm-insights/status")["status"] == "scheduled"
    assert statuses(local, ids, 2) == ["scheduled", "completed"]
    for what in ("lm-insights/status", "callscore/status"):
        assert [local.of(ids, what)["status"] for _ in range(2)] == ["scheduled", "completed"]
    assert local.of(ids, "callscore/status")["jobId"] == ids["jobId"]


@pytest.mark.process
def test_add_ons_fail_with_their_job(at_once: Local) -> None:
    """They are of nothing else."""
    ids = at_once.submit("audio", params={"features": '{"featureList": ["callScore"]}'}, data=b"noise")
    assert at_once.of(ids, "callscore/status")["status"] == "failed"


def test_add_ons_that_were_not_asked_for_are_not_found(at_once: Local) -> None:
    """A client that waits for one is told so."""
    path = f"/v1/conversations/{at_once.text('Hello.')['conversationId']}"
    answer = at_once.send("GET", f"{path}/callscore/status")
    assert (answer.status_code, answer.json()["message"]) == (404, "No job of this conversation asked for a call score")


def test_an_unknown_job_is_not_found(local: Local) -> None:
    """It is not said to have failed."""
    answer = local.send("GET", "/v1/job/4711")
    assert (answer.status_code, answer.json()) == (404, {"message": "Job with id 4711 not found"})


@pytest.mark.process
def test_jobs_of_a_deleted_conversation_fail_with_the_reason(local: Local, web_server: WebServer) -> None:
    """Results for a conversation that is gone are dropped."""
    web_server.may_answer.clear()
    first = local.submit("audio/url", json={"url": web_server.serve("/a.wav", Sound().silence(1).wav())})
    second = local.append(first["conversationId"], "Hello.")
    web_server.asked.get(timeout=10)
    assert local.send("DELETE", f"/v1/conversations/{first['conversationId']}").status_code == 200
    web_server.may_answer.set()
    for ids in (first, second):
        while (job := local.job(ids))["status"] != "failed":
            pass
        assert job["message"] == "The conversation was deleted before the job was done"


def test_a_text_that_is_done_too_late_for_its_conversation_is_dropped(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation may be deleted in the middle of the work."""
    started, released = threading.Event(), threading.Event()

    def slow(content: TextContent, context: PartContext) -> Part:
        started.set()
        assert released.wait(10)
        return text_part(content, context)

    monkeypatch.setattr("airflow_provider_symbl.local_server.jobs.job_runner.text_part", slow)
    ids = local.text("Hello.")
    assert started.wait(10)
    local.send("DELETE", f"/v1/conversations/{ids['conversationId']}")
    released.set()
    while local.job(ids)["status"] != "failed":
        pass
    assert local.job(ids)["message"] == "The conversation was deleted before the job was done"


def test_an_id_is_never_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """However unlikely a second time is."""
    numbers = iter([7, 7, 8])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(numbers))
    store = Store()
    first = store.new_conversation_id()
    conversation = Conversation(first, first, timestamps.now())
    store.add_submission(conversation, Job("1", first, timestamps.now(), Progress()), RawSubmission("text", ""))
    assert (first, store.new_conversation_id()) == (str(2**52 + 7 * 4096), str(2**52 + 8 * 4096))


def test_a_defect_in_a_job_ends_in_a_failed_job(
    at_once: Local, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log tells the kind of error, never its text; the reason tells that the fault is the server's."""
    spoken = "what somebody said"

    def broken(*_: object) -> None:
        raise KeyError(spoken)

    monkeypatch.setattr("airflow_provider_symbl.local_server.jobs.job_runner.text_part", broken)
    ids = at_once.text("Hello.")
    assert at_once.job(ids)["message"] == OWN_FAULT
    assert "KeyError" in caplog.text
    assert spoken not in caplog.text
