"""SymblJobTrigger: one event for each end, whatever happens on the way, in whichever triggerer."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import types
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_symbl.client import polling
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import (
    SymblError,
    SymblJobError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblUnknownJobStatusError,
)
from airflow_provider_symbl.triggers.job import SymblJobTrigger, completed_ids
from tests.support.airflow_tasks import events_of, rebuilt
from tests.support.scripted_symbl import SUBMITTED, TOKEN_PATH, Reply, ScriptedSymbl, job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow.triggers.base import BaseTrigger

    from airflow_provider_symbl.client.models import Submission
    from tests.support.symbl_local import SymblLocal

JOB_ID, CONVERSATION_ID = SUBMITTED["jobId"], SUBMITTED["conversationId"]
JOB_PATH = f"/v1/job/{JOB_ID}"
IDS = {"conversation_id": CONVERSATION_ID, "job_id": JOB_ID}


def make_trigger(**changes: Any) -> SymblJobTrigger:
    """Make a trigger that asks often and gives up in ten minutes."""
    arguments: dict[str, Any] = {
        "job_id": JOB_ID,
        "conversation_id": CONVERSATION_ID,
        "deadline": time.time() + 600,
        "poll_interval": 0.02,
        "max_poll_interval": 0.05,
    }
    return SymblJobTrigger(**(arguments | changes))


def for_job(submission: Submission, **changes: Any) -> SymblJobTrigger:
    """Make a trigger for a job that was really submitted."""
    return make_trigger(**{**submission.as_dict(), **changes})


def submit(server: SymblLocal, **parameters: Any) -> Submission:
    """Submit a short text."""
    with SymblClient(server.settings) as client:
        return client.submit_text([{"payload": {"content": "Good morning."}}], **parameters)


async def payload_of(trigger: BaseTrigger) -> Any:  # noqa: ANN401 - JSON
    """Return what the one event of a trigger carries, as JSON brings it to the task."""
    (event,) = await events_of(trigger)
    return json.loads(json.dumps(event.payload))


def test_the_stored_form_makes_an_equal_trigger() -> None:
    """Every argument survives the database, and the path is the class's own."""
    trigger = make_trigger(symbl_conn_id="mine", features=["insights"], poll_interval=1.5, max_poll_interval=7.5)
    again = rebuilt(trigger)
    assert type(again) is SymblJobTrigger
    assert again.serialize() == trigger.serialize()
    arguments = trigger.serialize()[1]
    assert arguments == {name: getattr(trigger, name) for name in arguments}
    assert (arguments["symbl_conn_id"], arguments["features"], arguments["poll_interval"]) == (
        "mine",
        ["insights"],
        1.5,
    )


async def test_no_secret_is_stored_or_shown(symbl_local: SymblLocal, connection: str) -> None:
    """Neither the stored form nor the text of a trigger holds the account, even after it ran."""
    trigger = for_job(submit(symbl_local), symbl_conn_id=connection)
    await events_of(trigger)
    shown = f"{trigger.serialize()} {trigger!r} {trigger} {vars(trigger)}"
    assert symbl_local.app_secret not in shown
    assert symbl_local.app_id not in shown


@pytest.mark.usefixtures("connection")
async def test_a_completed_job_fires_one_event_with_both_ids(symbl_local: SymblLocal) -> None:
    """The resuming task gets from the event all that it returns."""
    symbl_local.progress(by="polls", polls=3)
    submission = submit(symbl_local)
    payload = await payload_of(for_job(submission))
    assert payload["status"] == "completed"
    assert completed_ids(payload) == submission.as_dict()
    assert len(symbl_local.requests(f"/v1/job/{submission.job_id}")) == 3


@pytest.mark.usefixtures("connection")
async def test_features_are_waited_for_after_the_job(symbl_local: SymblLocal) -> None:
    """Insights and call score follow the job, in this order, each until it is completed."""
    symbl_local.progress(by="polls", polls=2)
    submission = submit(symbl_local, features={"featureList": ["callScore", "insights"]})
    await events_of(for_job(submission, features=["insights", "callScore"]))
    conversation = f"/v1/conversations/{submission.conversation_id}"
    polls = [request["path"] for request in symbl_local.requests() if request["method"] == "GET"]
    assert polls == [
        *[f"/v1/job/{submission.job_id}"] * 2,
        *[f"{conversation}/lm-insights/status"] * 2,
        *[f"{conversation}/callscore/status"] * 2,
    ]


@pytest.mark.usefixtures("connection")
@pytest.mark.process
async def test_a_failed_job_fires_one_event_with_the_reason(symbl_local: SymblLocal, broken_recording: Path) -> None:
    """The task raises what the job came to, with both ids and Symbl's words."""
    with SymblClient(symbl_local.settings) as client:
        submission = client.submit_audio_file(broken_recording)
    with pytest.raises(SymblJobFailedError, match=f"{submission.job_id} of conversation {submission.conversation_id}"):
        completed_ids(await payload_of(for_job(submission)))


@pytest.mark.usefixtures("connection")
async def test_a_job_that_is_not_over_at_the_deadline_fires_one_event(symbl_local: SymblLocal) -> None:
    """The deadline is wall clock, and the error says that the job goes on."""
    symbl_local.progress(by="polls", polls=100_000)
    submission = submit(symbl_local)
    deadline = time.time() + 0.3
    payload = await payload_of(for_job(submission, deadline=deadline))
    assert time.time() >= deadline
    with pytest.raises(SymblJobTimeoutError, match="goes on at Symbl") as caught:
        completed_ids(payload)
    assert (caught.value.job_id, caught.value.conversation_id) == (submission.job_id, submission.conversation_id)


async def test_a_deadline_that_has_passed_fires_at_once(scripted_symbl: ScriptedSymbl) -> None:
    """A triggerer that was down too long does not start the wait anew."""
    payload = await payload_of(make_trigger(deadline=time.time() - 1))
    assert payload["error"] == "SymblJobTimeoutError"
    assert scripted_symbl.received == []


async def test_an_unknown_status_fires_one_event(scripted_symbl: ScriptedSymbl) -> None:
    """A status that nobody knows is neither a success nor an endless wait."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"), job("paused"))
    with pytest.raises(SymblUnknownJobStatusError, match="paused"):
        completed_ids(await payload_of(make_trigger()))


@pytest.mark.usefixtures("_short_grace")
async def test_a_job_that_symbl_does_not_know_ends_the_wait_for_good(scripted_symbl: ScriptedSymbl) -> None:
    """404 that stays is not mended by a retry, so the task fails without using up its retries."""
    scripted_symbl.on("GET", JOB_PATH, Reply(404, {"message": "Job with this id was not found"}))
    with pytest.raises(AirflowFailException, match=f"{JOB_ID} of conversation {CONVERSATION_ID}.*was not found"):
        completed_ids(await payload_of(make_trigger()))
    assert scripted_symbl.count("GET", JOB_PATH) > 1


@pytest.mark.parametrize("status", [400, 404, 408, 409, 425])
async def test_a_refusal_that_passes_does_not_end_the_wait(scripted_symbl: ScriptedSymbl, status: int) -> None:
    """A job may not be known at once, and a gateway may answer in Symbl's place."""
    scripted_symbl.on("GET", JOB_PATH, Reply(status), job("in_progress"), Reply(status), job("completed"))
    assert completed_ids(await payload_of(make_trigger())) == IDS


async def test_only_changes_are_told(scripted_symbl: ScriptedSymbl, logged: Callable[[], str]) -> None:
    """Each line costs the loop of all triggers time."""
    scripted_symbl.on("GET", JOB_PATH, job("scheduled"), *[job("in_progress")] * 20, job("completed"))
    await events_of(make_trigger())
    lines = [line for line in logged().splitlines() if line.startswith("info: Symbl job")]
    assert [line.rpartition(" ")[2] for line in lines] == ["scheduled", "in_progress", "completed"]


async def test_a_connection_that_is_wrong_ends_the_wait_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event names the field of the connection."""
    monkeypatch.setenv("AIRFLOW_CONN_SYMBL_DEFAULT", json.dumps({"conn_type": "symbl", "login": "an-app-id"}))
    with pytest.raises(AirflowFailException, match=r"symbl_default.*password"):
        completed_ids(await payload_of(make_trigger()))


async def test_an_unexpected_error_fires_one_event_too(logged: Callable[[], str]) -> None:
    """A connection that does not exist is no reason to leave the task without an answer; a retry may mend it."""
    payload = await payload_of(make_trigger(symbl_conn_id="nowhere_to_be_found"))
    assert payload["status"] == "failed"
    with pytest.raises(SymblError, match=f"{JOB_ID} of conversation {CONVERSATION_ID} ended.*nowhere_to_be_found") as e:
        completed_ids(payload)
    assert not isinstance(e.value, SymblJobError)
    assert f"Waiting for Symbl job {JOB_ID} of conversation {CONVERSATION_ID} went wrong" in logged()


async def test_a_failed_poll_is_not_a_failed_job(scripted_symbl: ScriptedSymbl, logged: Callable[[], str]) -> None:
    """Faults of server and network, 429 and a refused token pass; the wait goes on and says so."""
    faults = [Reply(503), Reply(0), Reply(429, headers={"Retry-After": "0"}), Reply(401), Reply(401), Reply(500)]
    scripted_symbl.on("GET", JOB_PATH, *faults, job("completed"))
    assert completed_ids(await payload_of(make_trigger())) == IDS
    assert logged().count("a poll failed, asking again") >= 4
    assert scripted_symbl.app_secret not in logged()
    assert "scripted-token" not in logged()


async def test_retry_after_is_obeyed(scripted_symbl: ScriptedSymbl) -> None:
    """After 429 with Retry-After no poll comes sooner, whatever the poll interval."""
    scripted_symbl.on("GET", JOB_PATH, Reply(429, headers={"Retry-After": "1"}), job("completed"))
    start = time.monotonic()
    await events_of(make_trigger())
    assert time.monotonic() - start >= 1


@pytest.mark.usefixtures("_short_grace")
async def test_refused_tokens_end_the_wait_after_the_grace(scripted_symbl: ScriptedSymbl) -> None:
    """Credentials that were withdrawn meanwhile do not keep a task waiting until its deadline."""
    scripted_symbl.on("GET", JOB_PATH, Reply(401, {"message": "Token validation failed for provided token."}))
    with pytest.raises(AirflowFailException, match="Token validation failed"):
        completed_ids(await payload_of(make_trigger()))


async def test_a_move_to_another_triggerer_keeps_the_deadline(
    scripted_symbl: ScriptedSymbl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first triggerer stops in the middle of the wait; the second one ends it when the first would have."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    first = make_trigger(deadline=time.time() + 3600)
    running = asyncio.create_task(events_of(first))
    await asyncio.to_thread(_wait_until, lambda: scripted_symbl.count("GET", JOB_PATH) > 0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    polls = scripted_symbl.count("GET", JOB_PATH)
    monkeypatch.setattr(polling, "time", types.SimpleNamespace(time=lambda: first.deadline))
    payload = await payload_of(rebuilt(first))
    assert payload["error"] == "SymblJobTimeoutError"
    assert scripted_symbl.count("GET", JOB_PATH) == polls


async def test_a_move_to_another_triggerer_loses_no_job(scripted_symbl: ScriptedSymbl) -> None:
    """The second triggerer sees the end that came while none was running."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    first = make_trigger()
    running = asyncio.create_task(events_of(first))
    await asyncio.to_thread(_wait_until, lambda: scripted_symbl.count("GET", JOB_PATH) > 0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    scripted_symbl.on("GET", JOB_PATH, job("completed"))
    assert completed_ids(await payload_of(rebuilt(first))) == IDS


async def test_polls_do_not_block_the_event_loop(scripted_symbl: ScriptedSymbl) -> None:
    """Twenty answers are held back until the loop itself, between the polls, lets them go."""
    let_go = threading.Event()
    scripted_symbl.on("GET", JOB_PATH, Reply(body={"id": JOB_ID, "status": "completed"}, when=let_go))
    triggers = [asyncio.create_task(events_of(make_trigger())) for _ in range(20)]
    while scripted_symbl.count("GET", JOB_PATH) < len(triggers):  # noqa: ASYNC110 - it happens in the server's threads
        await asyncio.sleep(0.01)
    let_go.set()
    assert all(event.payload["status"] == "completed" for (event,) in await asyncio.gather(*triggers))


async def test_the_triggers_of_a_connection_share_one_token(scripted_symbl: ScriptedSymbl) -> None:
    """A hundred waits that begin together ask for one token."""
    scripted_symbl.on("GET", JOB_PATH, job("completed"))
    await asyncio.gather(*(events_of(make_trigger()) for _ in range(20)))
    assert scripted_symbl.count("POST", TOKEN_PATH) == 1
    assert scripted_symbl.count("GET", JOB_PATH) == 20


async def test_a_kill_says_what_goes_on(logged: Callable[[], str]) -> None:
    """Symbl cannot cancel: who kills the task reads which job and conversation remain."""
    await make_trigger(recording="call.wav").on_kill()
    subject = f"{JOB_ID} of conversation {CONVERSATION_ID} (call.wav)"
    assert f"warning: Symbl cannot cancel a job: {subject} goes on" in logged()


@pytest.mark.parametrize(
    "event",
    [None, "completed", 7, [], {}, {"status": "completed"}, {"status": "completed", "job_id": 7}],
    ids=str,
)
def test_an_event_of_something_else_is_an_error(event: object) -> None:
    """What is not this trigger's payload is never taken for a success."""
    with pytest.raises(SymblError, match="not one of SymblJobTrigger"):
        completed_ids(event)


@pytest.mark.parametrize("status", [None, "", "success", "Completed", "failed"])
def test_an_event_with_another_status_is_an_error(status: object) -> None:
    """Only ``completed`` is a success."""
    with pytest.raises(SymblError, match=f"{JOB_ID} of conversation {CONVERSATION_ID}"):
        completed_ids({**IDS, "status": status})


def _wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for a condition, a minute at most."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)
