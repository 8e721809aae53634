"""A night under faults whose process is killed again and again: each recording is paid for once, the books close."""

from __future__ import annotations

import datetime
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

import requests

from airflow_provider_symbl.recordings.core.standing import LOST
from demo.processes import wait_until
from tests.crash.killed_server import clip
from tests.support.dag_run import ROOT
from tests.support.night.real_nights import Nights, Told
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.symbl_local import SymblLocal

SEED = 20_261_125
KILLS = 5
CAP = 12
JOB_SECONDS = 4.0
"""More than a process takes to start, so that jobs of a killed one still run when the next one sends."""
JOB_TIMEOUT = 20
"""Of a job that has failed and whose id was lost, nobody can tell that it is over: until then it takes a place."""
MAX_ATTEMPTS = 3
"""A claim whose process was killed before its submission left uses up one, and an upload that was cut another."""
SECONDS = 300.0
NIGHTS = {"first": 0.0, "second": 2 * 3600.0, "third": 4 * 3600.0}
"""Seconds by which the clock of each is ahead: in between, an answer that nobody has is judged lost."""
KINDS: dict[str, dict[str, Any]] = {
    "refused": {"status": 400, "body": {"message": "No such thing."}, "times": None},
    "failing": {"job": "failed", "message": "Nothing to hear.", "times": None},
    "failing-once": {"job": "failed", "message": "Nothing to hear."},
    "cut": {"cut": True, "at": "before_job"},
    "answer-lost": {"cut": True, "at": "after_job"},
}
"""What goes wrong with recordings of each kind: the first two are a twentieth of all each, the others half of that."""
FULL: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "1"}, "body": {"message": "Too many jobs."}}
OVERDUE = ("waiting", "overdue")
SENT = "POST /v1/process/*"
SPOKEN = 3
"""How many of the recordings are sound, which takes long to hear."""


class Watch:
    """Reads again and again how many jobs run at the server, and keeps the most."""

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
        while not self._is_over.wait(0.05):
            self.most = max(self.most, control(self._server, "GET", "jobs?limit=0")["running"])
            self.reads += 1


def control(server: SymblLocal, method: str, route: str) -> Any:  # noqa: ANN401 - JSON
    """Ask something of the control routes."""
    answer = requests.request(method, f"{server.url}/__local__/{route}", timeout=60)
    answer.raise_for_status()
    return answer.json()


def test_a_night_that_is_killed_five_times_pays_once_and_closes_its_books(
    symbl_local: SymblLocal, connection: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under refusals, cut uploads, lost answers, failing jobs, a full account and tokens that expire."""
    assert connection == "symbl_default"
    rng = random.Random(SEED)  # noqa: S311 - a test's dice
    began = time.monotonic()
    symbl_local.progress(by="time", seconds=JOB_SECONDS)
    nights = Nights(tmp_path)
    kinds = prepare(nights, symbl_local)
    with Watch(symbl_local) as watch:
        kills = [kill_one(symbl_local, tmp_path, rng) for _ in range(KILLS)]
        told = [finish(start(tmp_path, run_id, later), tmp_path) for run_id, later in NIGHTS.items()]
    for night in told:
        check_books(nights, kinds, night)
    jobs = control(symbl_local, "GET", "jobs")["jobs"]
    made = jobs_by_path(jobs)
    check_payments(kinds, made, told[-1])
    check_results(nights, kinds, made, told)
    assert watch.most <= CAP
    assert most_at_once(jobs) <= CAP
    with capsys.disabled():
        figures = [
            f"seed {SEED}, {len(kinds)} recordings, killed after so many requests: {kills}",
            f"{len(symbl_local.submissions())} submissions, {len(jobs)} jobs, in {time.monotonic() - began:.0f} s",
            f"at most {watch.most} of {CAP} jobs at once, in {watch.reads} reads",
            *(
                f"{run_id} night: {Counter(night.outcomes.values())}"
                for run_id, night in zip(NIGHTS, told, strict=True)
            ),
        ]
        print("", *figures, sep="\n")  # noqa: T201 - the figures that are asked for


def prepare(nights: Nights, server: SymblLocal) -> dict[str, str]:
    """Make the recordings, and what goes wrong with them; return the kind of each by its path."""
    kinds: dict[str, str] = {}
    share = max(1, SIZES.crash_night_recordings // 20)
    for kind, fault in KINDS.items():
        for number in range(share if kind in {"refused", "failing"} else max(1, share // 2)):
            path = f"day/{kind}-{number:03}.json"
            kinds[path] = kind
            nights.chat(path)
            server.fault(call=SENT, containing=path, **fault)
    for second in range(SPOKEN):
        path = f"day/spoken-{second}.wav"
        kinds[path] = "good"
        (nights.recordings / path).write_bytes(clip(3 * second))
    for number in range(SIZES.crash_night_recordings - len(kinds)):
        path = f"day/good-{number:03}.json"
        kinds[path] = "good"
        nights.chat(path)
    for after in range(10, SIZES.crash_night_recordings, 25):
        server.fault(call=SENT, after=after, times=6, **FULL)
    return kinds


def start(folder: Path, run_id: str, later: float = 0.0) -> subprocess.Popen[bytes]:
    """Start a process of a night."""
    arguments = {
        "max_concurrent_jobs": CAP,
        "max_attempts": MAX_ATTEMPTS,
        "job_timeout": JOB_TIMEOUT,
        "poll_interval": 0.3,
    }
    arguments |= {"max_poll_interval": 1.0, "allowed_failures": 1000}
    command = [sys.executable, "-m", "tests.crash.night_process", str(folder), run_id, str(later)]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*command, json.dumps(arguments), str(folder / "told.json")], cwd=ROOT, stdout=log, stderr=log
        )


def kill_one(server: SymblLocal, folder: Path, rng: random.Random) -> int:
    """Kill a process of the night at a random request, let the tokens expire, and return how many requests it made."""
    before, most = len(server.requests()), rng.randint(5, 90)
    with start(folder, "first") as process:

        def is_far_enough() -> bool | None:
            assert process.poll() is None, (folder / "log").read_text()
            return len(server.requests()) - before >= most or None

        wait_until(is_far_enough, seconds=SECONDS, what="the moment of the kill", every=0.01)
        process.kill()
    server.expire_tokens()
    return most


def finish(process: subprocess.Popen[bytes], folder: Path) -> Told:
    """Let a process run to its end, and return what it tells."""
    with process:
        assert process.wait(SECONDS) == 0, (folder / "log").read_text()[-5000:]
    return Told(**json.loads((folder / "told.json").read_text()))


def check_books(nights: Nights, kinds: dict[str, str], told: Told) -> None:
    """Find each listed file once in the report, and its numbers the sum of the rows."""
    listed = {path.relative_to(nights.recordings).as_posix() for path in nights.recordings.rglob("*.*")}
    assert listed == kinds.keys() == told.rows.keys()
    balance = dict.fromkeys(told.result["balance"], 0)
    counted = Counter(row["outcome"] for row in told.rows.values())
    assert told.result["balance"] == {**balance, **counted, "found": len(kinds)}


def jobs_by_path(jobs: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many jobs were made of each recording; no conversation has the name of another one."""
    assert max(Counter(job["name"] for job in jobs).values()) == 1
    return Counter(job["name"].rpartition(" (")[0] for job in jobs)


def check_payments(kinds: dict[str, str], made: dict[str, int], last: Told) -> None:
    """Find one job of each attempt, and no attempt but where one had failed."""
    most = {"refused": 0, "failing": MAX_ATTEMPTS, "failing-once": 2}
    for path, kind in kinds.items():
        if last.outcomes[path] == OVERDUE:
            # It failed, and nobody can tell: another attempt might pay twice.
            assert kind in {"failing", "failing-once"}
            assert 0 < made[path] <= most[kind]
        elif kind == "failing":
            # A claim whose process was killed before its submission left is judged lost, and uses up an attempt.
            assert 0 < made[path] <= last.rows[path]["attempts"] == MAX_ATTEMPTS, path
        else:
            assert made[path] == most.get(kind, 1), path


def check_results(nights: Nights, kinds: dict[str, str], made: dict[str, int], told: list[Told]) -> None:
    """Find all that is good landed, and the rest named with its reason, at the latest by the last night."""
    for path, kind in kinds.items():
        outcome, reason = told[-1].outcomes[path]
        if (outcome, reason) == OVERDUE:
            continue
        message = {"refused": "No such thing.", "failing": "Nothing to hear."}.get(kind)
        if message is None:
            assert (outcome, reason) in {("landed", "landed"), ("skipped", "landed before")}, (path, outcome, reason)
            assert (nights.results / path / "conversation.json").exists()
            if path.endswith(".json"):
                assert f"Shall we talk about {path}?" in nights.transcript(path)
        else:
            assert outcome in {"quarantined", "failed"}, (path, outcome, reason)
            row = told[-1].rows[path]
            is_last_lost = LOST in row["message"] and made[path] < MAX_ATTEMPTS
            assert message in row["message"] or is_last_lost, row
            assert not (nights.results / path).exists()
    good = [path for path, kind in kinds.items() if kind not in {"refused", "failing"}]
    open_after_first = {path for path in good if told[0].outcomes[path][0] == "waiting"}
    assert all(told[0].outcomes[path] == ("landed", "landed") for path in set(good) - open_after_first)
    assert {told[0].outcomes[path][1] for path in open_after_first} <= {"unknown", "overdue"}


def most_at_once(jobs: list[dict[str, Any]]) -> int:
    """Return the most jobs that ran at once, by when each was submitted and the seconds that it takes at least."""
    begins = [datetime.datetime.fromisoformat(job["submitted"]).timestamp() for job in jobs]
    return max(sum(begin <= other < begin + JOB_SECONDS for begin in begins) for other in begins)
