"""The environment of the crash matrix, and what can be seen of it: a whole Airflow, and symbl-local on a folder."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from demo.processes import DemoError, wait_until
from tests.support.audio import RECORDINGS
from tests.support.triggerers import Triggerers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from airflow_provider_symbl.client.client import SymblClient
    from demo.airflow_api import TaskInstance
    from demo.local_airflow import LocalAirflow
    from demo.symbl_server import SymblServer
    from tests.crash.crash_cases import CrashCase

RUN_SECONDS = 900.0
"""Far more than anything here takes, so that a busy machine fails nothing."""
FIRST = "This was said before."
SPEECH = RECORDINGS / "meetings" / "stand-up.wav"
SPEECH_SECONDS = 4
SPOKEN_MESSAGES = 2
"""How many messages those seconds make."""


@dataclass(frozen=True)
class Outcome:
    """What one case came to.

    :param task: as Airflow shows it.
    :param was_killed: whether its process left the mark of its death.
    :param conversations: the ids of its own.
    :param jobs: the ids of those that its tries made.
    :param messages: what its conversations hold, all together.
    :param result: the task's return value, None where there is none.
    :param log: the task's, of its last try.
    """

    task: TaskInstance
    was_killed: bool
    conversations: Sequence[str]
    jobs: Sequence[str]
    messages: Sequence[str]
    result: Mapping[str, Any] | None
    log: str


class CrashEnvironment:
    """A running Airflow and a running symbl-local, and what a test does with them.

    :param folder: takes all that they write.
    :param airflow: runs the matrix.
    :param symbl: takes what it submits.
    :param client: of the same account.
    """

    def __init__(self, folder: Path, airflow: LocalAirflow, symbl: SymblServer, client: SymblClient) -> None:
        self.airflow = airflow
        self.symbl = symbl
        self._folder = folder
        self._client = client
        self._triggerers = Triggerers(airflow.env, folder)
        self._targets: dict[str, str] = {}
        self._first_jobs: set[str] = set()

    def __enter__(self) -> Self:
        for name in ("files", "marks"):
            (self._folder / name).mkdir()
        return self

    def __exit__(self, *error: object) -> None:
        self._triggerers.__exit__(*error)

    def control(self, method: str, route: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Ask something of symbl-local's control routes."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.symbl.url}/__local__/{route}", json=body, timeout=30)
        assert answer.ok, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def prepare(self, cases: Iterable[CrashCase]) -> None:
        """Make what the cases send, and the conversations that they append to, each of one message."""
        self.control("PUT", "progress", {"by": "at_once"})
        for number, case in enumerate(cases):
            if case.is_file:
                _write_speech(self._folder / "files" / f"{case.task_id}.wav", number)
            if case.is_append:
                made = self._client.submit_text([{"payload": {"content": FIRST}}], name=f"before {case.task_id}")
                self._targets[case.task_id] = made.conversation_id
                self._first_jobs.add(made.job_id)

    def add_fault(self, case: CrashCase, fault: Mapping[str, object]) -> None:
        """Have symbl-local treat the case's submission in some way, once."""
        call = {"call": "* /v1/process/*", "containing": self._targets.get(case.task_id) or f" {case.task_id} "}
        self.control("POST", "faults", {**call, **fault})

    def start(self, dag_id: str) -> str:
        """Start a run of a DAG and return its id."""
        self.airflow.wait_for_dag(dag_id, RUN_SECONDS)
        run_id = self.airflow.trigger(dag_id, self._targets)
        self.airflow.unpause(dag_id)
        return run_id

    def hold_jobs(self) -> None:
        """Let no job end, for those who ask, until it is told to or until symbl-local ends."""
        answer = {"status": 200, "body": {"id": "held", "status": "in_progress"}}
        self.control("POST", "faults", {"call": "GET /v1/job/*", "times": None, **answer})

    def journal(self) -> list[dict[str, Any]]:
        """Return the requests that symbl-local received since it was started."""
        received: list[dict[str, Any]] = self.control("GET", "journal")["requests"]
        return received

    def wait_until_polled(self, cases: Iterable[CrashCase], since: int = 0) -> None:
        """Wait until the job of each case was asked for at least once.

        :param cases: those that have one.
        :param since: how many requests in the journal do not count.
        """
        waiting = list(cases)

        def are_polled() -> bool | None:
            polled = {request["path"] for request in self.journal()[since:]}
            jobs = self._jobs_of(waiting)
            return all(made and f"/v1/job/{made[-1]}" in polled for made in jobs.values()) or None

        wait_until(are_polled, seconds=RUN_SECONDS, what="the first poll of each case's job")

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Return the state of each task."""
        return {task.task_id: task.state for task in self.airflow.task_instances(dag_id, run_id)}

    def replace_triggerer(self) -> int:
        """End the triggerer by force, start another, and return how many processes the first one had."""
        return self._triggerers.replace()

    def outcomes(self, cases: Iterable[CrashCase], dag_id: str, run_id: str) -> dict[CrashCase, Outcome]:
        """Return what each case came to, once the run is over."""
        tasks = {task.task_id: task for task in self.airflow.task_instances(dag_id, run_id)}
        jobs = self._jobs_of(cases)
        own = self._conversations_of(cases)
        return {
            case: Outcome(
                task=tasks[case.task_id],
                was_killed=(self._folder / "marks" / case.task_id).exists(),
                conversations=own[case],
                jobs=made,
                messages=[message.text for each in own[case] for message in self._client.get_messages(each)],
                result=self._result(dag_id, run_id, case),
                log=self.airflow.task_log(dag_id, run_id, case.task_id, tasks[case.task_id].try_number),
            )
            for case, made in jobs.items()
        }

    def _jobs_of(self, cases: Iterable[CrashCase]) -> dict[CrashCase, list[str]]:
        jobs = [job for job in self.control("GET", "jobs")["jobs"] if job["jobId"] not in self._first_jobs]
        own = self._conversations_of(cases)
        return {case: [job["jobId"] for job in jobs if job["conversationId"] in ids] for case, ids in own.items()}

    def _conversations_of(self, cases: Iterable[CrashCase]) -> dict[CrashCase, list[str]]:
        named = [(one.name, one.id) for one in self._client.list_conversations()]
        return {
            case: [self._targets[case.task_id]]
            if case.is_append
            else [identifier for name, identifier in named if f" {case.task_id} " in name]
            for case in cases
        }

    def _result(self, dag_id: str, run_id: str, case: CrashCase) -> Mapping[str, Any] | None:
        try:
            result: Mapping[str, Any] = self.airflow.xcom(dag_id, run_id, case.task_id)
        except DemoError:  # a task without a result
            return None
        return result


def _write_speech(path: Path, padding: int) -> None:
    """Write a short recording; hundredths of a second of silence at its end make it another one than all others."""
    with wave.open(str(SPEECH), "rb") as source, wave.open(str(path), "wb") as target:
        target.setparams(source.getparams())
        target.writeframes(source.readframes(SPEECH_SECONDS * source.getframerate()))
        target.writeframes(bytes(padding * source.getsampwidth() * source.getframerate() // 100))
