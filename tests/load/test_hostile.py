"""Load test: a thousand job pollers in one event loop, of which a hundred meet answers that drip in or never end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import tokens
from airflow_provider_symbl.triggers.job import SymblJobTrigger
from demo.processes import ProcessGroup
from tests.support.airflow_tasks import events_of
from tests.support.sizes import MIB, SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = ("drip", "drip", "drip-head", "drip", "endless", "drip", "drip-head", "drip", "bomb", "drip")
SECONDS = 20 + SIZES.hostile_waits / 10
"""For two polls of each at the rate of a connection, and more than as much again."""
STATUS = Path("/proc/self/status")


@pytest.fixture
def _hostile_symbl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a hostile server in a process of its own, so that its memory is not ours, and a connection to it."""
    command, log = [sys.executable, "-m", "tests.support.hostile_server"], tmp_path / "hostile.log"
    with ProcessGroup("hostile", command, env=os.environ, log=log) as group:
        found = group.wait_until(lambda: re.search(r"http://[\d.:]+", log.read_text()), seconds=120, what="its URL")
        account = {"conn_type": "symbl", "host": found[0], "login": "app-id", "password": "app-secret"}
        monkeypatch.setenv("AIRFLOW_CONN_SYMBL_DEFAULT", json.dumps(account))
        monkeypatch.setattr(tokens, "_caches", {})
        yield


def peak() -> int:
    """Return the most memory that the process has had since the last reset, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
    assert found is not None
    return 1024 * int(found[1])


def reset_peak() -> int:
    """Forget the peak, and return what there is now."""
    STATUS.with_name("clear_refs").write_text("5")
    return peak()


async def wait_for(job_id: str, deadline: float) -> tuple[str, str, float]:
    """Wait as a triggerer does, and return job, end, and seconds beyond the deadline."""
    trigger = SymblJobTrigger(
        job_id=job_id, conversation_id="c-1", deadline=deadline, poll_interval=5.0, max_poll_interval=8.0
    )
    (event,) = await events_of(trigger)
    return job_id, event.payload["error"] or event.payload["status"], time.time() - deadline


@pytest.mark.skipif(not STATUS.exists(), reason="the peak is Linux' own count")
@pytest.mark.usefixtures("_hostile_symbl")
def test_hostile_answers_take_neither_time_nor_memory_from_the_other_waits(capsys: pytest.CaptureFixture[str]) -> None:
    """The others end in time, each deadline holds, and the process does not grow."""
    asyncio.run(wait_for("job-warm-up", time.time() + 60))
    held = reset_peak()
    hostile = [f"{HOSTILE[number % len(HOSTILE)]}-{number}" for number in range(SIZES.hostile_answers)]
    others = [f"job-{number}" for number in range(SIZES.hostile_waits - len(hostile))]

    async def wait_for_all() -> list[tuple[str, str, float]]:
        deadline = time.time() + SECONDS
        return await asyncio.gather(*(wait_for(job_id, deadline) for job_id in hostile + others))

    ended = asyncio.run(wait_for_all())
    grown = peak() - held
    late = max(beyond for _, _, beyond in ended)
    slowest = max(beyond for job_id, _, beyond in ended if job_id in set(others))
    with capsys.disabled():
        print(f"\ngrown by {grown / MIB:.1f} MiB; last of the others {-slowest:.1f} s before, last {late:.1f} s after")  # noqa: T201 - the figures that are asked for
    ends = Counter(end for _, end, _ in ended)
    assert ends == {"completed": len(others), "SymblJobTimeoutError": len(hostile)}
    assert slowest < 0
    assert late <= 5
    assert grown <= 64 * MIB
