"""How fast symbl-local answers while it hears: ``python -m tests.benchmarks.latency`` prints it."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.symbl_command import SymblCommand
from tests.support.word_error import REAL_RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

DEMO = Path(__file__).parents[2] / "example_dags" / "recordings"
SHORT = DEMO / "calls" / "late-parcel.wav"
LONG = REAL_RECORDINGS / "support-call.wav"
WORKERS = 2
READS = 1000
PAUSE = 0.01
"""Seconds between one read and the next: a client that polls, not a flood."""


def table() -> Iterator[str]:
    """Give how long two reads take on an idle server, and on one of which every process is busy."""
    yield f"{'milliseconds':24} {'p50':>7} {'p99':>7} {'max':>7}"
    with SymblCommand("--workers", str(WORKERS)) as server:
        ids = server.submit(SHORT.read_bytes())
        server.wait_until_all_are_over()
        paths = {
            "GET job": f"/v1/job/{ids['jobId']}",
            "GET messages": f"/v1/conversations/{ids['conversationId']}/messages",
        }
        yield from (_row(f"idle, {name}", _times(server, path)) for name, path in paths.items())
        _keep_busy(server)
        yield from (_row(f"busy, {name}", _times(server, path)) for name, path in paths.items())
        busy = sum(job["status"] == "in_progress" for job in server.jobs())
        yield f"still busy at the end: {busy} of {WORKERS} processes"


def _keep_busy(server: SymblCommand) -> None:
    """Submit more than the processes can hear during the measurement, and wait until each has begun."""
    source = LONG if LONG.is_file() else SHORT
    for _ in range(20):
        server.submit(source.read_bytes())
    while sum(bool(job["progress"]) for job in server.jobs()[1:]) < WORKERS:
        time.sleep(PAUSE)


def _times(server: SymblCommand, path: str) -> list[float]:
    times = []
    for _ in range(READS):
        begun = time.perf_counter()
        server.get(path)
        times.append(1000 * (time.perf_counter() - begun))
        time.sleep(PAUSE)
    return times


def _row(name: str, times: list[float]) -> str:
    p99 = statistics.quantiles(times, n=100)[98]
    return f"{name:24} {statistics.median(times):7.1f} {p99:7.1f} {max(times):7.1f}"


if __name__ == "__main__":
    print(*table(), sep="\n")  # noqa: T201 - the figures that are asked for
