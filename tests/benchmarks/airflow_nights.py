"""What a night takes in a real Airflow: ``python -m tests.benchmarks.airflow_nights`` prints its figures.

Ten minutes: a deferred night of 200 recordings; and 50 by the operator, beside mapped HttpOperator and HttpSensor. The
Airflow is one of its defaults on PostgreSQL, and takes its time for each task; the server is the least that a night
needs. Three things have to be there besides the environment of ``make env``: Debian's ``postgresql``, and the group
``bench`` of ``pyproject.toml`` (``.venv/bin/uv pip install --python .venv/bin/python --group bench``).

``python -m tests.benchmarks.airflow_nights 10 3`` is a small one, of ten recordings and jobs of three seconds.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]  # its types would be one more library

from airflow_provider_symbl.client.async_client import REQUESTS_PER_SECOND
from airflow_provider_symbl.triggers.resumption import shortest_deferral
from demo.local_airflow import LocalAirflow
from demo.processes import LOOPBACK, ProcessGroup, free_port
from tests.benchmarks.nights import write_recordings
from tests.benchmarks.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DAGS = Path(__file__).parent / "dags"
CAP = 50
POLL_SECONDS = 5.0
RUN_SECONDS = 1800.0
IDLE_SECONDS = 20.0


@dataclass(frozen=True)
class Night:
    """A night to measure.

    :param dag_id: which of the DAGs.
    :param task_id: the task that works on all recordings; empty where there are many.
    :param number: of recordings.
    :param job_seconds: of each job.
    """

    dag_id: str
    task_id: str
    number: int
    job_seconds: float

    @property
    def limit(self) -> float:
        """The seconds that the account allows: so many jobs at once, one after the other."""
        return math.ceil(self.number / CAP) * self.job_seconds


@dataclass(frozen=True)
class Figures:
    """What a night took.

    :param state: of its run.
    :param seconds: from the click to the run's end.
    :param first: the same to the first submission's arrival.
    :param airflow_cpu: seconds of CPU of all processes of Airflow in that time.
    :param database_cpu: the same of PostgreSQL.
    :param trace: of each job when it was submitted, ended, seen completed and read, from the first submission on.
    :param deferrals: how often the task was.
    """

    state: str
    seconds: float
    first: float
    airflow_cpu: float
    database_cpu: float
    trace: Sequence[tuple[float, float, float, float]]
    deferrals: int

    @property
    def working(self) -> float:
        """Seconds from the first submission until the last was read."""
        return max(read for *_, read in self.trace)


class Account:
    """A server of one night, whose account takes so many jobs at once.

    :param night: how long its jobs are.
    :param log: takes its output.
    """

    def __init__(self, night: Night, log: Path) -> None:
        self.url = f"http://{LOOPBACK}:{free_port()}"
        command = [sys.executable, "-m", "tests.benchmarks.night_server"]
        command += [str(night.job_seconds), str(CAP), self.url.rpartition(":")[2]]
        self.group = ProcessGroup(f"the server of {night.dag_id}", command, env=os.environ, log=log)
        conn_type = "http" if night.dag_id == "http" else "symbl"
        connection = {"conn_type": conn_type, "host": self.url, "login": "app", "password": "secret"}
        self.connection_env = {f"AIRFLOW_CONN_NIGHT_{night.dag_id.upper()}": json.dumps(connection)}

    def read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a route of the server tells."""
        with urllib.request.urlopen(f"{self.url}/{path}") as answer:  # noqa: S310 - http on this machine
            return json.load(answer)

    def is_up(self) -> bool | None:
        """Tell whether it answers."""
        with contextlib.suppress(OSError):
            return bool(self.read("stats"))
        return None


def cpu_of(word: str) -> float:
    """Return the seconds of CPU of a command that this process has started, and of all that it has started.

    :param word: of the command line.
    """
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(word in " ".join(one.cmdline()) for one in (process, *process.parents())):
                # Those of its children that have ended count with it.
                total += sum(process.cpu_times()[:4])
    return total


def run(airflow: LocalAirflow, night: Night, account: Account) -> Figures:
    """Run a night, and measure it."""
    airflow.wait_for_dag(night.dag_id)
    airflow.unpause(night.dag_id)
    cpu, database = cpu_of("standalone"), cpu_of("max_connections")
    began, clicked = time.monotonic(), time.time()
    run_id = airflow.trigger(night.dag_id)
    state = airflow.wait_for_run(night.dag_id, run_id, RUN_SECONDS)
    seconds = time.monotonic() - began
    log = airflow.task_log(night.dag_id, run_id, night.task_id) if night.task_id else ""
    return Figures(
        state=state,
        seconds=seconds,
        first=account.read("stats")["first"] - clicked,
        airflow_cpu=cpu_of("standalone") - cpu,
        database_cpu=cpu_of("max_connections") - database,
        trace=[tuple(row) for row in account.read("trace")],
        deferrals=log.count("going on when"),
    )


@contextlib.contextmanager
def opened(folder: Path, nights: Sequence[Night]) -> Iterator[tuple[LocalAirflow, dict[str, Account]]]:
    """Run a database, an Airflow on it, and a server for each night."""
    with contextlib.ExitStack() as stack:
        accounts = {}
        for night in nights:
            place = folder / night.dag_id
            place.mkdir()
            write_recordings(place / "recordings", night.number)
            account = Account(night, folder / f"{night.dag_id}.log")
            stack.enter_context(account.group).wait_until(account.is_up, seconds=30.0, what=f"{account.url} to answer")
            accounts[night.dag_id] = account
        env = {
            "NIGHT_FOLDER": str(folder),
            "NIGHT_POLL_SECONDS": str(POLL_SECONDS),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": stack.enter_context(postgres(folder / "postgres.log")),
            # Airflow's own default, which the demonstrations lower for SQLite.
            "AIRFLOW__CORE__PARALLELISM": "32",
        }
        for account in accounts.values():
            env |= account.connection_env
        yield stack.enter_context(LocalAirflow(folder / "airflow", DAGS, env)), accounts


def show(night: Night, figures: Figures) -> None:
    """Print what a night took."""
    print(  # noqa: T201 - a command
        f"{night.dag_id:9} {night.number:4} recordings, {CAP} jobs of {night.job_seconds:g} s at once: {figures.state},"
        f" {figures.seconds:.1f} s in all, the first submission after {figures.first:.1f} s;"
        f" {figures.working:.1f} s from there to the last read, {figures.working / night.limit:.2f} x the limit;"
        f" CPU each: Airflow {figures.airflow_cpu / night.number:.2f} s,"
        f" PostgreSQL {figures.database_cpu / night.number:.2f} s"
    )


def show_waits(night: Night, figures: Figures) -> None:
    """Print what waited for what: round by round of jobs that were submitted together."""
    print(f"{figures.deferrals} deferrals; rounds, in seconds from the first submission:")  # noqa: T201 - a command
    for number, jobs in enumerate(_rounds(figures.trace, night.job_seconds), start=1):
        submitted, ended, seen, read = (sorted(column) for column in zip(*jobs, strict=True))
        print(  # noqa: T201 - a command
            f"  {number}: {len(jobs)} jobs submitted {submitted[0]:.1f} to {submitted[-1]:.1f},"
            f" ended {ended[0]:.1f} to {ended[-1]:.1f}, first seen {seen[0]:.1f}, half of them"
            f" {statistics.median(seen):.1f}, all {seen[-1]:.1f}, read {read[0]:.1f} to {read[-1]:.1f}"
        )


def _rounds(
    trace: Sequence[tuple[float, float, float, float]], job_seconds: float
) -> list[list[tuple[float, float, float, float]]]:
    """Return the jobs by rounds: between two of them nothing was submitted for half of a job's time."""
    jobs = sorted(trace)
    rounds = [jobs[:1]]
    for before, job in itertools.pairwise(jobs):
        if job[0] - before[0] > job_seconds / 2:
            rounds.append([])
        rounds[-1].append(job)
    return rounds


def main() -> None:
    """Measure, and print."""
    given = [float(one) for one in sys.argv[1:]]
    number, job_seconds = (int(given[0]), given[1]) if given else (50, 10.0)
    nights = [
        Night("deferred", "process", int(given[0]) * 4 if given else 200, 6 * job_seconds),
        Night("ours", "process", number, job_seconds),
        Night("http", "", number, job_seconds),
    ]
    print(  # noqa: T201 - a command
        f"poll interval {POLL_SECONDS:g} s; in the triggerer {REQUESTS_PER_SECOND:g} requests a second at most, in a"
        f" worker no limit; a deferral lasts {shortest_deferral():g} s at least, since Airflow fails a task that goes"
        " on sooner, and ends when half of the places are free; files are settled at once",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="nights-") as folder, opened(Path(folder), nights) as (airflow, accounts):
        before = cpu_of("standalone")
        time.sleep(IDLE_SECONDS)
        idle = (cpu_of("standalone") - before) / IDLE_SECONDS
        print(f"Airflow up in {airflow.start_seconds:.0f} s; idle it takes {idle:.2f} CPU", flush=True)  # noqa: T201 - a command
        told = {}
        for night in nights:
            told[night.dag_id] = figures = run(airflow, night, accounts[night.dag_id])
            show(night, figures)
            if night.dag_id == "deferred":
                show_waits(night, figures)
            sys.stdout.flush()
        http, ours = told["http"], told["ours"]
        print(  # noqa: T201 - a command
            f"HttpOperator and HttpSensor beside the operator: {http.seconds / ours.seconds:.1f} x the time,"
            f" {http.airflow_cpu / ours.airflow_cpu:.1f} x the CPU of Airflow,"
            f" {http.database_cpu / ours.database_cpu:.1f} x that of PostgreSQL"
        )


if __name__ == "__main__":
    main()
