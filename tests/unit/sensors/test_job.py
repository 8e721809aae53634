"""SymblJobSensor: the same ends in poke, reschedule and deferrable mode."""

from __future__ import annotations

import datetime
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferred,
)
from airflow.sdk import DAG

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblError
from airflow_provider_symbl.sensors.job import SymblJobSensor
from tests.support.airflow_tasks import AirflowRescheduleException, TaskState, context_of, resume, run
from tests.support.scripted_symbl import SUBMITTED, Reply, ScriptedSymbl, job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.client.models import Submission
    from tests.support.symbl_local import SymblLocal

JOB_ID, CONVERSATION_ID = SUBMITTED["jobId"], SUBMITTED["conversationId"]
JOB_PATH = f"/v1/job/{JOB_ID}"

MODES: dict[str, dict[str, Any]] = {
    "poke": {"mode": "poke"},
    "reschedule": {"mode": "reschedule"},
    "deferrable": {"deferrable": True},
}


@pytest.fixture(params=list(MODES))
def mode(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the arguments of each way in which a sensor waits."""
    return MODES[request.param]


def make_sensor(**changes: Any) -> SymblJobSensor:
    """Make a sensor that asks often and gives up in twenty seconds."""
    arguments: dict[str, Any] = {
        "task_id": "wait",
        "job_id": JOB_ID,
        "conversation_id": CONVERSATION_ID,
        "poke_interval": 0.02,
        "timeout": 20,
    }
    return SymblJobSensor(**(arguments | changes))


def for_job(submission: Submission, **changes: Any) -> SymblJobSensor:
    """Make a sensor for a job that was really submitted."""
    return make_sensor(**{**submission.as_dict(), **changes})


def to_the_end(sensor: SymblJobSensor, **params: object) -> Any:  # noqa: ANN401 - a task returns what it likes
    """Run a sensor as Airflow does, over as many reschedules, or into the triggerer and back."""
    while True:
        try:
            return run(sensor, None, **params)
        except AirflowRescheduleException:
            continue
        except TaskDeferred as deferred:
            return resume(sensor, deferred)


def submit(server: SymblLocal, **parameters: Any) -> Submission:
    """Submit a short text."""
    with SymblClient(server.settings) as client:
        return client.submit_text([{"payload": {"content": "Good morning."}}], **parameters)


@pytest.mark.usefixtures("connection")
def test_it_ends_when_the_job_is_completed(symbl_local: SymblLocal, mode: dict[str, Any]) -> None:
    """It asks until Symbl says completed, and then no more."""
    symbl_local.progress(by="polls", polls=4)
    submission = submit(symbl_local)
    assert to_the_end(for_job(submission, **mode)) is None
    assert len(symbl_local.requests(f"/v1/job/{submission.job_id}")) == 4


@pytest.mark.usefixtures("connection")
def test_reschedule_mode_gives_the_worker_back_between_two_polls(symbl_local: SymblLocal) -> None:
    """One run of the task asks once and names the time of the next."""
    symbl_local.progress(by="polls", polls=2)
    sensor = for_job(submit(symbl_local), mode="reschedule", poke_interval=60)
    before = datetime.datetime.now(datetime.UTC)
    with pytest.raises(AirflowRescheduleException) as caught:
        run(sensor)
    assert caught.value.reschedule_date >= before + datetime.timedelta(seconds=60)
    assert run(sensor) is None


@pytest.mark.usefixtures("connection")
def test_deferrable_mode_does_not_defer_for_a_job_that_is_over(symbl_local: SymblLocal) -> None:
    """What is completed already needs no triggerer."""
    symbl_local.progress(by="at_once")
    assert run(for_job(submit(symbl_local), deferrable=True)) is None


@pytest.mark.usefixtures("connection")
def test_features_are_waited_for_too(symbl_local: SymblLocal, mode: dict[str, Any]) -> None:
    """With ``features`` the sensor ends only when insights and call score are completed."""
    symbl_local.progress(by="polls", polls=2)
    features = {"featureList": ["insights", "callScore"]}
    submission = submit(symbl_local, features=features)
    to_the_end(for_job(submission, features=features, **mode))
    for name in ("lm-insights", "callscore"):
        path = f"/v1/conversations/{submission.conversation_id}/{name}/status"
        assert len(symbl_local.requests(path)) >= 2


@pytest.mark.usefixtures("connection")
@pytest.mark.process
def test_a_failed_job_fails_the_task_for_good(
    symbl_local: SymblLocal,
    broken_recording: Path,
    mode: dict[str, Any],
) -> None:
    """Waiting longer mends nothing: no retries, and the message names job, conversation and reason."""
    with SymblClient(symbl_local.settings) as client:
        submission = client.submit_audio_file(broken_recording)
    with pytest.raises(AirflowFailException, match="failed") as caught:
        to_the_end(for_job(submission, **mode))
    assert submission.job_id in str(caught.value)
    assert submission.conversation_id in str(caught.value)


def test_an_unknown_status_fails_the_task_for_good(scripted_symbl: ScriptedSymbl, mode: dict[str, Any]) -> None:
    """A status that nobody knows is no reason to wait for ever."""
    scripted_symbl.on("GET", JOB_PATH, job("scheduled"), job("paused"))
    with pytest.raises(AirflowFailException, match=f"{JOB_ID} of conversation {CONVERSATION_ID}.*'paused'"):
        to_the_end(make_sensor(**mode))


@pytest.mark.usefixtures("_short_grace")
def test_an_unknown_job_fails_the_task_for_good(scripted_symbl: ScriptedSymbl, mode: dict[str, Any]) -> None:
    """404 that stays does not go away by itself."""
    scripted_symbl.on("GET", JOB_PATH, job("scheduled"), Reply(404, {"message": "Job was not found"}))
    with pytest.raises(AirflowFailException, match="Job was not found"):
        to_the_end(make_sensor(**mode))


@pytest.mark.parametrize("status", [400, 401, 404, 408, 409, 425])
def test_a_refusal_that_passes_does_not_end_the_wait(
    scripted_symbl: ScriptedSymbl, mode: dict[str, Any], status: int
) -> None:
    """At the first poll as at a later one, and whether the next poke runs in the same process or not."""
    refused = [Reply(status)] * 2  # of a 401 the first one costs a new token
    scripted_symbl.on("GET", JOB_PATH, *refused, job("in_progress"), *refused, job("completed"))
    assert to_the_end(make_sensor(**mode)) is None


def test_only_changes_are_told(scripted_symbl: ScriptedSymbl, logged: Callable[[], str]) -> None:
    """A sensor that asks each minute for a day does not fill its log."""
    scripted_symbl.on("GET", JOB_PATH, job("scheduled"), *[job("in_progress")] * 20, job("completed"))
    to_the_end(make_sensor(mode="poke"))
    assert logged().count("in_progress") == 1


def test_faults_of_a_poll_are_waited_out(
    scripted_symbl: ScriptedSymbl,
    mode: dict[str, Any],
    logged: Callable[[], str],
) -> None:
    """A failed poll is not a failed job: errors of the server, 429 and a cut connection pass, and are logged."""
    faults = (Reply(503), Reply(0), Reply(429, headers={"Retry-After": "0"}))
    scripted_symbl.on("GET", JOB_PATH, *faults, job("in_progress"), job("completed"))
    assert to_the_end(make_sensor(**mode)) is None
    assert scripted_symbl.count("GET", JOB_PATH) == 5
    # aiohttp itself sends a read again that was cut off, so that the log of the triggerer does not name it.
    assert logged().count(f"Symbl job {JOB_ID}: a poll failed, asking again") >= 2


@pytest.mark.parametrize("mode", [MODES["poke"], MODES["deferrable"]], ids=["poke", "deferrable"])
def test_at_its_timeout_the_task_fails(scripted_symbl: ScriptedSymbl, mode: dict[str, Any]) -> None:
    """A sensor's timeout is Airflow's own error, which uses up no retries."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    with pytest.raises(AirflowSensorTimeout):
        to_the_end(make_sensor(timeout=0.3, **mode))


def test_a_deferred_timeout_names_the_job(scripted_symbl: ScriptedSymbl) -> None:
    """The message tells which job and conversation go on at Symbl."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    with pytest.raises(AirflowSensorTimeout, match=f"{JOB_ID} of conversation {CONVERSATION_ID}.*goes on at Symbl"):
        to_the_end(make_sensor(timeout=0.3, deferrable=True))


def test_a_deferred_sensor_ends_at_its_execution_timeout(scripted_symbl: ScriptedSymbl) -> None:
    """As Airflow ends one in a worker: with an error that is retried, and that names limit and job."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    limit = datetime.timedelta(seconds=0.3)
    with pytest.raises(AirflowTaskTimeout, match=f"{JOB_ID}.*at its deadline, that of execution_timeout"):
        to_the_end(make_sensor(execution_timeout=limit, deferrable=True))
    with pytest.raises(AirflowSkipException):
        to_the_end(make_sensor(execution_timeout=limit, soft_fail=True, deferrable=True))


@pytest.mark.parametrize(("limit", "timeout"), [("execution_timeout", 300.0), ("timeout", 30.0)])
def test_a_deferred_sensor_ends_at_the_earlier_limit(scripted_symbl: ScriptedSymbl, limit: str, timeout: float) -> None:
    """The timeout counts from now, the execution_timeout from the start of the try."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    state = TaskState(started=datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=40))
    sensor = make_sensor(timeout=timeout, execution_timeout=datetime.timedelta(seconds=100), deferrable=True)
    with pytest.raises(TaskDeferred) as caught:
        run(sensor, state)
    arguments = caught.value.trigger.serialize()[1]
    assert arguments["limit"] == limit
    if limit == "execution_timeout":
        assert arguments["deadline"] == state.started.timestamp() + 100


def test_rescheduled_time_counts_from_the_first_poke(scripted_symbl: ScriptedSymbl) -> None:
    """In reschedule mode the timeout spans all runs of the task."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    sensor = make_sensor(timeout=60, mode="reschedule")
    context = context_of(sensor)
    first = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=61)
    context["ti"].get_first_reschedule_date.return_value = first
    with pytest.raises(AirflowSensorTimeout):
        sensor.execute(context)


@pytest.mark.parametrize("mode", [MODES["poke"], MODES["deferrable"]], ids=["poke", "deferrable"])
def test_soft_fail_skips_at_the_timeout(scripted_symbl: ScriptedSymbl, mode: dict[str, Any]) -> None:
    """Who can do without the job skips instead of failing."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    with pytest.raises(AirflowSkipException):
        to_the_end(make_sensor(timeout=0.3, soft_fail=True, **mode))


@pytest.mark.parametrize("first", ["failed", "in_progress"])
def test_soft_fail_skips_for_a_failed_job(scripted_symbl: ScriptedSymbl, mode: dict[str, Any], first: str) -> None:
    """As in every sensor of Airflow, soft_fail covers failures too, at the first poll as at a later one."""
    scripted_symbl.on("GET", JOB_PATH, job(first), job("failed"))
    with pytest.raises(AirflowSkipException):
        to_the_end(make_sensor(soft_fail=True, **mode))


def test_template_fields_are_rendered(symbl_local: SymblLocal, connection: str, mode: dict[str, Any]) -> None:
    """Connection, both ids and features come from templates, features as JSON text."""
    symbl_local.progress(by="polls", polls=1)
    submission = submit(symbl_local, features={"featureList": ["insights"]})
    sensor = make_sensor(
        symbl_conn_id="{{ params.symbl_conn_id }}",
        job_id="{{ params.job_id }}",
        conversation_id="{{ params.conversation_id }}",
        features="{{ params.features | tojson }}",
        **mode,
    )
    assert set(sensor.template_fields) == {"symbl_conn_id", "job_id", "conversation_id", "features"}
    to_the_end(sensor, symbl_conn_id=connection, **submission.as_dict(), features={"featureList": ["insights"]})
    assert symbl_local.requests(f"/v1/job/{submission.job_id}")
    assert symbl_local.requests(f"/v1/conversations/{submission.conversation_id}/lm-insights/status")


def test_features_need_the_conversation(scripted_symbl: ScriptedSymbl, mode: dict[str, Any]) -> None:
    """Their state is asked by conversation, so the task fails before any request, and says what is missing."""
    sensor = make_sensor(conversation_id=None, features={"featureList": ["insights"]}, **mode)
    with pytest.raises(AirflowFailException, match="conversation_id: got nothing"):
        to_the_end(sensor)
    assert scripted_symbl.received == []


def test_features_that_are_wrong_fail_the_task_for_good(scripted_symbl: ScriptedSymbl, mode: dict[str, Any]) -> None:
    """A typing error in a template is no reason to try again."""
    with pytest.raises(AirflowFailException, match=r"features\.featureList\[0\]: got 'insight'"):
        to_the_end(make_sensor(features="{{ params.features }}", **mode), features='{"featureList": ["insight"]}')
    assert scripted_symbl.received == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"job_id": 5.5}, "job_id: got 5.5; allowed: an id, as text"),
        ({"job_id": {"job_id": "7"}}, 'of a task\'s result that holds it .output["job_id"]'),
        ({"conversation_id": True}, "conversation_id: got True"),
        ({"features": {"featureList": ["insight"]}}, "features.featureList[0]: got 'insight'"),
    ],
    ids=str,
)
def test_a_wrong_literal_is_refused_when_the_dag_is_parsed(arguments: dict[str, Any], told: str) -> None:
    """In a mapping too."""
    with pytest.raises(SymblConfigurationError, match=re.escape(told)):
        make_sensor(**arguments)
    with pytest.raises(SymblConfigurationError, match=re.escape(told)):
        SymblJobSensor.partial(task_id="wait", **arguments)


@pytest.mark.parametrize("name", ["job_id", "symbl_conn_id"])
def test_what_is_needed_cannot_be_empty(name: str) -> None:
    """It would wait for a job that is called None."""
    with pytest.raises(SymblConfigurationError, match=f"{name}: got nothing; allowed: a value that is not empty"):
        make_sensor(**{name: None})


@pytest.mark.parametrize("name", ["job_id", "symbl_conn_id"])
@pytest.mark.parametrize("nothing", [None, "None", "", "null"])
@pytest.mark.parametrize("native", [False, True])
def test_a_template_that_gives_none_for_an_id_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    name: str,
    nothing: object,
    native: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Nothing is asked of a job that is called None."""
    with DAG("a_dag", schedule=None, render_template_as_native_obj=native):
        sensor = make_sensor(**{name: "{{ params.x }}"})
    with pytest.raises(AirflowFailException, match=f"{name}: the template gave .*; allowed: a value that is not empty"):
        to_the_end(sensor, x=nothing)
    assert scripted_symbl.received == []


def test_what_a_native_template_makes_numbers_of_is_text(
    scripted_symbl: ScriptedSymbl,
    mode: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every field is a template, and what the server is asked for are the digits that were given."""
    monkeypatch.setenv("AIRFLOW_CONN_2026", os.environ["AIRFLOW_CONN_SYMBL_DEFAULT"])
    insights = "/v1/conversations/1717171717171717/lm-insights/status"
    scripted_symbl.on("GET", "/v1/job/1616161616161616", job("in_progress"), job("completed"))
    scripted_symbl.on("GET", insights, job("completed"))
    with DAG("a_dag", schedule=None, render_template_as_native_obj=True):
        sensor = make_sensor(**{name: f"{{{{ params.{name} }}}}" for name in SymblJobSensor.template_fields}, **mode)
    params = {"symbl_conn_id": "2026", "job_id": "1616161616161616", "conversation_id": "1717171717171717"}
    to_the_end(sensor, **params, features='{"featureList": ["insights"]}')
    paths = [path for method, path in scripted_symbl.received if method == "GET"]
    assert paths == ["/v1/job/1616161616161616"] * 2 + [insights]


def test_a_trigger_never_asks_without_a_pause(scripted_symbl: ScriptedSymbl) -> None:
    """Airflow allows a poke_interval of 0; the triggerer must not ask in a loop without a pause."""
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"))
    with pytest.raises(TaskDeferred) as caught:
        run(make_sensor(poke_interval=0, deferrable=True))
    assert caught.value.trigger.serialize()[1]["poll_interval"] > 0


@pytest.mark.parametrize("event", [None, "success", {"status": "completed"}], ids=str)
def test_an_event_of_something_else_is_no_success(event: object) -> None:
    """The sensor ends well only for its own trigger's word."""
    with pytest.raises(SymblError, match="not one of SymblJobTrigger"):
        make_sensor().execute_complete({}, event)
