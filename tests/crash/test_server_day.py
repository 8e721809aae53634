"""A day of symbl-local: thousands of jobs whose conversations are deleted as they land, with faults and kills."""

from __future__ import annotations

import random
import re
import time
from itertools import count
from typing import TYPE_CHECKING

import pytest

from demo.processes import PROC
from tests.crash.day_client import READS, Day, DayClient, write_transcripts
from tests.crash.killed_server import TIMEOUT, Server
from tests.support.sizes import MIB, SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 20_261_125
CLIENTS = 8
GROWTH = 1.2
"""By how much the server may have grown at a kill, over what it held once it had done one job of each kind."""
FAULTED = ("POST /v1/process/text", "POST /v1/process/audio", "GET /v1/job/*", "* /v1/conversations/*")
EFFECTS: tuple[dict[str, object], ...] = ({"cut": True}, {"status": 503}, {"status": 500}, {"delay": 0.3})
POINTS = ("before_body", "before_job", "after_job")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Return a server that is not started yet, and needs no model."""
    write_transcripts(tmp_path / "transcripts")
    server = Server(tmp_path, ("--transcripts", str(tmp_path / "transcripts")))
    # A connection that was kept may be closed just when it is used again, on a machine that stood still for a while.
    server.session.headers["Connection"] = "close"
    yield server
    server.process.kill()
    server.process.wait()
    server.session.close()


def test_a_day_costs_no_memory_and_loses_nothing(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """What was accepted lands once, whatever happens meanwhile, and nothing of it stays behind."""
    began = time.monotonic()
    day = Day(server)
    rng = random.Random(SEED)  # noqa: S311 - a test's dice
    figures = [_period(day, rng, number) for number in range(SIZES.day_kills + 1)]
    assert day.problems == []
    assert day.landed == SIZES.day_jobs + len(figures) * CLIENTS
    orphans = _orphans(day)
    _check_the_end(day)
    with capsys.disabled():
        requests = sum(day.answers.values())
        minutes = (time.monotonic() - began) / 60
        print(f"\n{requests} requests, {len(day.accepted)} jobs accepted, {orphans} more made, {minutes:.1f} min")  # noqa: T201 - the figures that are asked for
        print(f"answers: {dict(sorted(day.answers.items()))}")  # noqa: T201 - likewise
        print(*(f"memory {a / MIB:.0f} -> {b / MIB:.0f} MiB: {b / a:.2f}" for a, b in figures), sep="\n")  # noqa: T201 - likewise
    assert max(after / before for before, after in figures) <= GROWTH


def _period(day: Day, rng: random.Random, number: int) -> tuple[int, int]:
    """Run the server for a share of the day, and kill it; tell what it held at first, and in the end."""
    server = day.server
    server.start()
    server.wait()
    _load_all(server)
    _run(day, range(CLIENTS))
    before = _memory(server)
    share = SIZES.day_jobs // (SIZES.day_kills + 1) + (SIZES.day_jobs % (SIZES.day_kills + 1) if number == 0 else 0)
    clients = _started(day, range(share))
    _meet_faults(day, rng, share)
    after = _memory(server)
    if number < SIZES.day_kills:
        server.kill()
        server.start()  # for those who wait; killed again as it is, before the next period
        server.wait()
    _join(clients)
    if number < SIZES.day_kills:
        server.kill()
    return before, after


def _meet_faults(day: Day, rng: random.Random, share: int) -> None:
    """Add faults as the jobs land, until most have landed."""
    faults = -(-SIZES.day_faults // (SIZES.day_kills + 1))
    first = day.landed
    for number in count(1):
        until = first + int(share * 0.9 * number / (faults + 1))
        while day.landed < until and not day.problems:
            time.sleep(0.01)
        if number > faults or day.problems:
            return
        rule = {"call": rng.choice(FAULTED), "at": rng.choice(POINTS), **rng.choice(EFFECTS)}
        answer = day.server.session.post(f"{day.server.url}/__local__/faults", json=rule, timeout=TIMEOUT)
        assert answer.status_code == 201, answer.text


def _load_all(server: Server) -> None:
    """Have it load all that it needs for any read."""
    body = {"messages": [{"payload": {"content": "Ann will send the report to Bob tomorrow. How are you?"}}]}
    answer = server.session.post(f"{server.url}/v1/process/text", json=body, timeout=TIMEOUT)
    path = f"/v1/conversations/{answer.json()['conversationId']}"
    for read in (*READS, "topics", "entities"):
        server.get(f"{path}/{read}")
    assert server.session.delete(server.url + path, timeout=TIMEOUT).status_code == 200


def _run(day: Day, jobs: range) -> None:
    _join(_started(day, jobs))


def _started(day: Day, jobs: range) -> list[DayClient]:
    for job in jobs:
        day.jobs.put(len(day.sent) * 10_000 + job)
    clients = [DayClient(day, seed) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    return clients


def _join(clients: list[DayClient]) -> None:
    for client in clients:
        client.join()


def _memory(server: Server) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", (PROC / str(server.process.pid) / "status").read_text())
    assert found
    return int(found[1]) * 1024


def _orphans(day: Day) -> int:
    """Delete what was made although its answer was lost; it is whole, and nothing else is there."""
    found = day.server.get("/v1/conversations", limit="10000")["conversations"]
    for conversation in found:
        path = f"/v1/conversations/{conversation['id']}"
        assert [one["text"] for one in day.server.get(f"{path}/messages")["messages"]] == [
            day.sent[conversation["name"]]
        ]
        assert day.server.session.delete(day.server.url + path, timeout=TIMEOUT).status_code == 200
    return len(found)


def _check_the_end(day: Day) -> None:
    jobs = day.server.get("/__local__/jobs")["jobs"]
    assert {job["status"] for job in jobs} == {"completed"}
    assert day.accepted <= {job["jobId"] for job in jobs}
    # One more a period, with which all is loaded.
    assert len(jobs) <= len(day.sent) + SIZES.day_kills + 1
    assert list((day.server.folder / "data" / "symbl-local.spool").iterdir()) == []
    day.server.process.terminate()
    assert day.server.process.wait() == 0
