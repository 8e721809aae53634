"""Nights in a whole Airflow under faults, whose tasks and triggerer are killed: each attempt once, the books close.

They run on the Airflow of this Python. On another one:
``SYMBL_TEST_SIZE=full tox run -e airflow30 -- tests/crash/test_airflow_nights.py``
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow import __version__ as airflow_version

from demo.local_airflow import LocalAirflow
from tests.crash.airflow_night_checks import (
    CAP,
    FULL,
    JOB_SECONDS,
    KINDS,
    Evidence,
    check_all,
    most_at_once,
    received_of,
)
from tests.crash.airflow_night_env import KilledNights, Watch, counts, jobs_at
from tests.crash.killed_server import clip
from tests.support.night.real_nights import Nights
from tests.support.sizes import FULL as FULL_SIZE
from tests.support.sizes import SIZES
from tests.support.triggerers import Triggerers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.skipif(
    SIZES is not FULL_SIZE, reason="five kills, and three nights of a whole Airflow, take minutes"
)

CHECKOUT = Path(__file__).parent.parent.parent
DAG_IDS = ("night_sync", "night_deferrable")
SEED = 20_261_125
TASK_KILLS, TRIGGERER_KILLS = 5, 2
LATER = 2 * 3600.0
"""By which each night is later than the one before, so that what was lost in that is judged."""
SENT = "POST /v1/process/*"
SPOKEN = 3
"""How many of the recordings are sound, which takes long to hear."""
AIRFLOW_SETTINGS = {
    "PYTHONPATH": str(CHECKOUT),
    # Airflow 3.0 starts four, and ends those that take five seconds to start, as all do on a busy machine.
    "AIRFLOW__API__WORKERS": "1",
    # Airflow 3.0 shows what a task returned only with this.
    "AIRFLOW__API__ENABLE_XCOM_DESERIALIZE_SUPPORT": "True",
    # Airflow 3.0 has none by default, which later versions of its library for tokens refuse.
    "AIRFLOW__API_AUTH__JWT_ISSUER": "airflow",
    # After how much silence a triggerer counts as dead, so that another one takes its triggers over.
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
}


@pytest.fixture(scope="module")
def airflow(running_symbl_local: SymblLocal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """Run an Airflow for all nights."""
    folder = tmp_path_factory.mktemp("nights")
    for dag_id in DAG_IDS:
        (folder / dag_id / "marks").mkdir(parents=True)
    env = {
        **AIRFLOW_SETTINGS,
        "NIGHTS_FOLDER": str(folder),
        "AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(running_symbl_local.connection),
    }
    with LocalAirflow(folder / "airflow", Path(__file__).parent / "night_dags", env) as airflow:
        for dag_id in DAG_IDS:
            airflow.wait_for_dag(dag_id, 300)
        yield airflow


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_nights_that_are_killed_pay_once_and_close_their_books(
    dag_id: str, airflow: LocalAirflow, symbl_local: SymblLocal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under refusals, cut uploads, lost answers, failing jobs, a full account and tokens that expire."""
    began, rng = time.monotonic(), random.Random(f"{SEED} {dag_id}")  # noqa: S311 - a test's dice
    folder = airflow.home.parent / dag_id
    symbl_local.progress(by="time", seconds=JOB_SECONDS)
    kinds = prepare(Nights(folder), symbl_local)
    with Triggerers(airflow.env, folder) as triggerers, Watch(symbl_local) as watch:
        nights = KilledNights(airflow, symbl_local, triggerers, folder, dag_id, rng)
        nights.start()
        kills = kill_at_random(nights, rng)
        told = [nights.finish()]
        tries, first_ended = nights.tries, time.time()
        for number in (1, 2):
            nights.start(number * LATER)
            told.append(nights.finish())
    jobs, submissions = jobs_at(symbl_local)["jobs"], symbl_local.submissions()
    full = sum(sent["status"] == 429 for sent in submissions)
    with capsys.disabled():
        figures = [
            f"Airflow {airflow_version}, {dag_id}, seed {SEED}, {len(kinds)} recordings",
            f"{tries} tries, after {nights.clears} clears",
            f"killed: {'; '.join(kills)}",
            f"{len(submissions)} submissions, {full} of them answered with 429, {len(jobs)} jobs",
            f"{time.monotonic() - began:.0f} s",
            f"at most {most_at_once(jobs)} of {CAP} jobs at once, {watch.most} in {watch.reads} reads",
            *(f"night {number}: {counts(one)}" for number, one in enumerate(told, 1)),
        ]
        print("", *figures, sep="\n")  # noqa: T201 - the figures that are asked for
    received = received_of(submissions, jobs, kinds)
    check_all(Evidence(kinds, received, told, first_ended, TASK_KILLS))
    check_files(Nights(folder), told[-1].outcomes)
    assert tries > TASK_KILLS
    assert watch.most <= CAP
    assert most_at_once(jobs) <= CAP


def prepare(nights: Nights, server: SymblLocal) -> dict[str, str]:
    """Make the recordings, and what goes wrong with them; return the kind of each by its path."""
    # First, so that a submission that meets one of these meets no other rule: it is sent once more.
    for after in range(10, SIZES.crash_night_recordings, 25):
        server.fault(call=SENT, after=after, times=6, **FULL)
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
    return kinds


def kill_at_random(nights: KilledNights, rng: random.Random) -> list[str]:
    """Kill task and triggerer in any order, and tell how."""
    kills = [nights.kill_task] * TASK_KILLS + [nights.kill_triggerer] * TRIGGERER_KILLS
    rng.shuffle(kills)
    return [kill() for kill in kills]


def check_files(nights: Nights, outcomes: dict[str, tuple[str, str]]) -> None:
    """Find the results of all that landed, and of nothing else."""
    for path, (outcome, _) in outcomes.items():
        assert (nights.results / path / "conversation.json").exists() == (outcome in {"landed", "skipped"}), path
        if outcome in {"landed", "skipped"} and path.endswith(".json"):
            assert f"Shall we talk about {path}?" in nights.transcript(path)
