"""The crash matrix: whatever is killed, and whenever, each task makes one job and returns the right ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.settings import ClientSettings
from demo.local_airflow import LocalAirflow
from demo.symbl_server import SymblServer
from tests.crash.crash_cases import (
    CLEARED_CASES,
    KILLED_BY_TEST,
    RESPONSE_LOST,
    SERVER_CASES,
    TASK_CASES,
    TRIGGERER_CASES,
    FaultPoint,
)
from tests.crash.crash_env import FIRST, RUN_SECONDS, SPOKEN_MESSAGES, CrashEnvironment, Outcome
from tests.support.airflow_version import AIRFLOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.crash.crash_cases import CrashCase


pytestmark = pytest.mark.skipif(
    AIRFLOW < (3, 3), reason="before 3.3, Airflow keeps nothing between two tries of a task"
)

CHECKOUT = Path(__file__).parent.parent.parent
AIRFLOW_SETTINGS = {
    "PYTHONPATH": str(CHECKOUT),
    # After how much silence a triggerer counts as dead, so that another one takes its triggers over.
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
}
HELD_SECONDS = 8
"""For how long a request is held in flight: its client is killed meanwhile."""
JOB_SECONDS = 20
"""How long the jobs take that are waited for: meanwhile the first poll must come, and the kill."""

FAULTS: dict[FaultPoint, dict[str, object]] = {
    FaultPoint.IN_FLIGHT: {"at": "before_job", "delay": HELD_SECONDS},
    FaultPoint.IN_FLIGHT_NOT_READ: {"at": "before_body", "delay": HELD_SECONDS, "cut": True},
    FaultPoint.POLLING: {"job_seconds": JOB_SECONDS},
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashEnvironment]:
    """Run an Airflow and a symbl-local for all tests of this module."""
    folder = tmp_path_factory.mktemp("crash")
    with SymblServer(folder / "symbl-local.log", data_dir=folder / "symbl-local") as symbl:
        settings = ClientSettings(symbl.app_id, symbl.app_secret, symbl.url)
        env = {
            **AIRFLOW_SETTINGS,
            **symbl.connection_env,
            "CRASH_SERVER": symbl.url,
            "CRASH_FILES": str(folder / "files"),
            "CRASH_MARKS": str(folder / "marks"),
        }
        airflow = LocalAirflow(folder / "airflow", Path(__file__).parent / "dags", env)
        with airflow, SymblClient(settings) as client, CrashEnvironment(folder, airflow, symbl, client) as environment:
            yield environment


def test_a_killed_task_makes_one_job(environment: CrashEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    """A task's process is killed at each step of its way, and the retry goes on where it stopped."""
    environment.prepare(TASK_CASES)
    environment.control("PUT", "progress", {"by": "work"})
    for case in TASK_CASES:
        if case.fault_point in FAULTS:
            environment.add_fault(case, FAULTS[case.fault_point])
    run_id = environment.start("crash_kills")
    environment.airflow.wait_for_run("crash_kills", run_id, RUN_SECONDS)
    outcomes = environment.outcomes(TASK_CASES, "crash_kills", run_id)
    killed = sum(outcome.was_killed for outcome in outcomes.values())
    _check(outcomes, f"{killed} task processes killed", capsys)


def test_a_killed_triggerer_loses_nothing(environment: CrashEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    """The triggerer is killed while tasks wait in it, and another one goes on."""
    run_id = _wait_for_jobs(environment, "crash_triggerer", TRIGGERER_CASES)
    assert set(environment.states("crash_triggerer", run_id).values()) == {"deferred"}
    # One process looks after the triggers, the other one runs them.
    killed = environment.replace_triggerer()
    assert killed >= 2
    environment.wait_until_polled(TRIGGERER_CASES, since=len(environment.journal()))
    environment.control("DELETE", "faults")
    environment.airflow.wait_for_run("crash_triggerer", run_id, RUN_SECONDS)
    outcomes = environment.outcomes(TRIGGERER_CASES, "crash_triggerer", run_id)
    _check(outcomes, f"the triggerer's {killed} processes killed", capsys)


def test_a_killed_server_loses_nothing(environment: CrashEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    """symbl-local is killed while tasks wait for its jobs, and started again on the same folder."""
    run_id = _wait_for_jobs(environment, "crash_server", SERVER_CASES)
    assert set(environment.states("crash_server", run_id).values()) == {"running", "deferred"}
    environment.symbl.crash_and_restart()
    environment.wait_until_polled(SERVER_CASES)
    environment.airflow.wait_for_run("crash_server", run_id, RUN_SECONDS)
    _check(environment.outcomes(SERVER_CASES, "crash_server", run_id), "symbl-local killed", capsys)


def test_a_cleared_task_submits_anew_and_a_retried_one_does_not(
    environment: CrashEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The retry of a killed task returns the first job; a user's Clear makes a second one."""
    environment.prepare(CLEARED_CASES)
    environment.control("PUT", "progress", {"by": "work"})
    run_id = environment.start("crash_cleared")
    environment.airflow.wait_for_run("crash_cleared", run_id, RUN_SECONDS)
    retried = environment.outcomes(CLEARED_CASES, "crash_cleared", run_id)
    _check(retried, "killed and retried", capsys)
    environment.airflow.clear("crash_cleared", run_id)
    assert environment.airflow.wait_for_run("crash_cleared", run_id, RUN_SECONDS) == "success"
    cleared = environment.outcomes(CLEARED_CASES, "crash_cleared", run_id)
    for case, outcome in cleared.items():
        assert len(outcome.jobs) == 2, case.task_id
        assert outcome.result is not None
        assert outcome.result["job_id"] == outcome.jobs[-1], case.task_id
        assert outcome.result["job_id"] != retried[case].jobs[0], case.task_id
    with capsys.disabled():
        print(f"{len(cleared)} tasks cleared: {sum(len(o.jobs) for o in cleared.values())} jobs in all")  # noqa: T201 - the figure that is asked for


def _wait_for_jobs(environment: CrashEnvironment, dag_id: str, cases: Sequence[CrashCase]) -> str:
    """Start a run and return its id once each of its tasks waits for a job that does not end."""
    environment.prepare(cases)
    environment.control("PUT", "progress", {"by": "time", "seconds": JOB_SECONDS})
    environment.hold_jobs()
    run_id = environment.start(dag_id)
    environment.wait_until_polled(cases)
    return run_id


def _check(outcomes: Mapping[CrashCase, Outcome], killed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the figures, and fail with all that is wrong and the logs of it."""
    problems = {case: found for case, outcome in outcomes.items() if (found := _problems(case, outcome))}
    surplus = [len(outcome.jobs) - _jobs_due(case) for case, outcome in outcomes.items()]
    duplicates, losses = (sum(max(0, sign * each) for each in surplus) for sign in (1, -1))
    with capsys.disabled():
        print(f"\n{len(outcomes)} cases, {killed}: {duplicates} jobs too many, {losses} lost")  # noqa: T201 - what a reader of the run wants to know
    details = [f"{case.task_id}: {'; '.join(found)}" for case, found in problems.items()]
    logs = [f"--- {case.task_id}\n{outcomes[case].log}" for case in problems]
    assert not problems, "\n".join([*details, *logs])


def _problems(case: CrashCase, outcome: Outcome) -> list[str]:
    """Tell what is not as it must be."""
    dies = case.fault_point not in KILLED_BY_TEST
    seen_and_due = {
        "state": (outcome.task.state, "failed" if case.ends_unknown else "success"),
        "killed": (outcome.was_killed, dies),
        "retried": (outcome.task.try_number > 1, dies),
        "conversations": (len(outcome.conversations), 1),
        "jobs": (len(outcome.jobs), _jobs_due(case)),
        "messages": (len(outcome.messages) if case.is_file else outcome.messages, _messages_due(case)),
        "called unknown": ("is unknown" in outcome.log, case.ends_unknown),
    }
    found = [f"{what}: {seen!r}, not {due!r}" for what, (seen, due) in seen_and_due.items() if seen != due]
    if not case.ends_unknown and outcome.result not in _results_due(case, outcome):
        found.append(f"result {outcome.result!r} for {outcome.conversations} and {outcome.jobs}")
    return found


def _jobs_due(case: CrashCase) -> int:
    return 0 if case.ends_unknown else 1


def _messages_due(case: CrashCase) -> list[str] | int:
    before = [FIRST] if case.is_append else []
    if case.is_file:
        return len(before) + SPOKEN_MESSAGES * _jobs_due(case)
    return [*before, *[case.sentence] * _jobs_due(case)]


def _results_due(case: CrashCase, outcome: Outcome) -> list[dict[str, str | None]]:
    """Return the ids that may be returned: those of what was made; the job's may be lost with the answer."""
    conversation_id = "".join(outcome.conversations[:1])
    jobs = [*outcome.jobs[:1], *([None] if case.fault_point in RESPONSE_LOST else [])]
    return [{"conversation_id": conversation_id, "job_id": job_id} for job_id in jobs]
