"""Nights in a whole Airflow, whose tasks and triggerers are killed at random moments."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import psutil  # type: ignore[import-untyped]  # its types would be one more library
import requests

from demo.airflow_api import ENDED_RUN
from demo.processes import wait_until
from tests.support.night.real_nights import Told, rows_at

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from demo.local_airflow import LocalAirflow
    from tests.support.symbl_local import SymblLocal
    from tests.support.triggerers import Triggerers

SECONDS = 3000.0
"""Far more than anything here takes, so that a busy machine fails nothing."""
LONGEST_LIFE = {"running": 8.0, "deferred": 1.5}
"""Seconds after which a task is killed at the latest, by how it waits: one that defers works for about as long."""
LONGEST_WATCH = 3.0
"""The same of a triggerer that watches jobs, which is always at it for as long."""
TASK_ID = "process"


@dataclass
class KilledNights:
    """The runs of one DAG, and what is done to their processes.

    :param folder: of the DAG's recordings, results and marks.
    :param rng: chooses the moments.
    """

    airflow: LocalAirflow
    symbl: SymblLocal
    triggerers: Triggerers
    folder: Path
    dag_id: str
    rng: random.Random
    run_id: str = ""
    clears: int = 0
    """How often a killed task had to be cleared: Airflow 3.0 gives it no retry."""
    _is_killed: bool = False
    _seen: set[str] = field(default_factory=set)

    def start(self, later: float = 0.0) -> None:
        """Start a night.

        :param later: seconds by which its clock is ahead.
        """
        self.run_id = self.airflow.trigger(self.dag_id, {"later": later})
        self.airflow.unpause(self.dag_id)

    def finish(self) -> Told:
        """Wait for the end of the night, and return what it came to."""
        state = self.airflow.wait_for_run(self.dag_id, self.run_id, SECONDS)
        if state == "failed" and self._is_killed:
            self._clear()
            state = self.airflow.wait_for_run(self.dag_id, self.run_id, SECONDS)
        assert state == "success", self.airflow.describe_run(self.dag_id, self.run_id)
        result = self.airflow.xcom(self.dag_id, self.run_id, TASK_ID)
        return Told(result, rows_at(result["recordings"]))

    def kill_task(self) -> str:
        """Kill a process of the task at a random moment of its life, let the tokens expire, and tell of it."""
        while True:
            life = self.rng.uniform(0, LONGEST_LIFE[self._waiting_state])
            process = wait_until(self._new_process, seconds=SECONDS, what="a process of the night", every=0.05)
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended before
                try:
                    process.wait(life)
                except psutil.TimeoutExpired:
                    process.kill()
                    process.wait(SECONDS)
            if self._left_its_mark(process):
                self._is_killed = True
                self.symbl.expire_tokens()
                return f"task after {life:.1f} s"

    def kill_triggerer(self) -> str:
        """Kill the triggerer at a random moment, while it watches jobs where the task defers, and start another."""
        while True:
            life = self.rng.uniform(0, LONGEST_WATCH)
            wait_until(self._is_waiting, seconds=SECONDS, what="a deferral", every=0.1)
            until = time.monotonic() + life
            wait_until(functools.partial(_is_past, until), seconds=SECONDS, what="the moment", every=0.05)
            state = self._state()
            if state == self._waiting_state:
                self.triggerers.replace()
                self.symbl.expire_tokens()
                return f"triggerer after {life:.1f} s of {state}"

    @property
    def tries(self) -> int:
        """How many tries the task of the last run has had."""
        return self.airflow.task_instances(self.dag_id, self.run_id)[0].try_number

    @property
    def _waiting_state(self) -> str:
        return "deferred" if self.dag_id.endswith("deferrable") else "running"

    def _state(self) -> str | None:
        self._check_goes_on()
        return self.airflow.task_instances(self.dag_id, self.run_id)[0].state

    def _is_waiting(self) -> Literal[True] | None:
        return True if self._state() == self._waiting_state else None

    def _check_goes_on(self) -> None:
        state = self.airflow.run_state(self.dag_id, self.run_id)
        if state == "failed" and self._is_killed:
            self._clear()
        elif state in ENDED_RUN:
            message = "the night ended before it was killed often enough"
            raise AssertionError(message)

    def _clear(self) -> None:
        self._is_killed = False
        self.airflow.clear(self.dag_id, self.run_id)
        self.clears += 1

    def _left_its_mark(self, process: psutil.Process) -> bool:
        """Tell whether a process that has ended was not done with its work."""
        return any(mark.suffix == f".{process.pid}" for mark in (self.folder / "marks").iterdir())

    def _new_process(self) -> psutil.Process | None:
        """Return the process that has left the newest mark, if it was not returned before and still runs."""
        marks = sorted(mark.name for mark in (self.folder / "marks").iterdir())
        if not marks or marks[-1] in self._seen:
            self._check_goes_on()
            return None
        self._seen.add(marks[-1])
        self._is_killed = False
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(int(marks[-1].rpartition(".")[2]))
        return None


def _is_past(moment: float) -> Literal[True] | None:
    return True if time.monotonic() > moment else None


class Watch:
    """Reads again and again how many jobs run at the server, and keeps the most.

    :param server: whose jobs.
    """

    def __init__(self, server: SymblLocal) -> None:
        self.most = self.reads = 0
        self._server = server
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(0.1):
            self.most = max(self.most, jobs_at(self._server, "jobs?limit=0")["running"])
            self.reads += 1


def jobs_at(server: SymblLocal, route: str = "jobs") -> Any:  # noqa: ANN401 - JSON
    """Return what the server tells of its jobs.

    :param server: the server.
    :param route: below its control routes.
    """
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{server.url}/__local__/{route}", timeout=60)
    answer.raise_for_status()
    return answer.json()


def counts(told: Told) -> str:
    """Return how many recordings have each outcome and reason.

    :param told: of a night.
    """
    counted = Counter(f"{outcome} ({reason})" for outcome, reason in told.outcomes.values())
    return ", ".join(f"{number} {what}" for what, number in sorted(counted.items()))
