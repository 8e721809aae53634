"""Load test: up to five hundred job pollers in one event loop, as a triggerer has them, through a series of faults."""

from __future__ import annotations

import asyncio
import bisect
import concurrent.futures
import dataclasses
import gc
import importlib
import itertools
import json
import os
import re
import secrets
import statistics
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests

from airflow_provider_symbl.client import tokens
from airflow_provider_symbl.client.async_client import REQUESTS_PER_SECOND
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.triggers.job import SymblJobTrigger
from demo.processes import ProcessGroup
from tests.support.airflow_tasks import events_of
from tests.support.sizes import SIZES
from tests.support.symbl_local import SymblLocal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from airflow.triggers.base import BaseTrigger

    from airflow_provider_symbl.client.models import Submission

WAITS = SIZES.load_waits
POLL_SECONDS = WAITS / 100
"""At this pace the waits would send twice as many requests as the rate limiter lets through."""
TICK = 0.005
TOKEN_CALL = "POST /oauth2/token:generate"
TOKEN_FAULTS = 3
REFUSED = {"status": 401, "body": {"message": "Token validation failed for provided token."}}
FAULTS: dict[str, dict[str, Any]] = {
    "401": REFUSED,
    "429": {"status": 429},
    "429, Retry-After": {"status": 429, "headers": {"Retry-After": "2"}},
    "503": {"status": 503},
    "cut": {"cut": True},
}
EXPIRIES = ("token expires", "token expires, and is renewed at the fourth try")
SEQUENCE = ("429, Retry-After", EXPIRIES[0], "503", "cut", EXPIRIES[1], "429", "cut", EXPIRIES[0], "503", "401")
"""Refusals that no new token mends come last: those before cost one token call for each expiry, and no more."""
JOB_SECONDS = 35.0 + len(SEQUENCE) * SIZES.load_phase_seconds
"""From a job's submission; longer than all faults together."""


@dataclasses.dataclass
class LoopMonitor:
    """What was seen of the event loop and of the requests that left it.

    :param lags: seconds by which the loop was late, tick by tick.
    :param work: seconds of CPU that its thread had from one tick to the next, however busy the machine is.
    :param sent: when each request left, by the monotonic clock.
    :param token_calls: how many of them asked for a token, by the fault at that time.
    """

    fault: str = "none"
    lags: list[float] = dataclasses.field(default_factory=list)
    work: list[float] = dataclasses.field(default_factory=list)
    sent: list[float] = dataclasses.field(default_factory=list)
    token_calls: Counter[str] = dataclasses.field(default_factory=Counter)

    async def run(self) -> None:
        """Note how late the loop is, until cancelled."""
        while True:
            due, had = time.monotonic() + TICK, time.thread_time()
            await asyncio.sleep(TICK)
            self.lags.append(time.monotonic() - due)
            self.work.append(time.thread_time() - had)

    def on_request(self, method: str) -> None:
        """Count a request that leaves."""
        self.sent.append(time.monotonic())
        self.token_calls[self.fault] += method == "POST"

    @property
    def busiest_second(self) -> int:
        """The most requests that left within any second."""
        return max(bisect.bisect_left(self.sent, start + 1) - index for index, start in enumerate(self.sent))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SymblLocal]:
    """Run a symbl-local in a process of its own, so that its work holds up nobody's loop, and a connection to it."""
    app_id, app_secret, log = secrets.token_hex(16), secrets.token_hex(32), tmp_path / "symbl-local.log"
    command = [sys.executable, "-m", "airflow_provider_symbl.local_server", "--port", "0"]
    command += ["--app-id", app_id, "--app-secret", app_secret, "--max-concurrent-jobs", str(2 * WAITS)]
    with ProcessGroup("symbl-local", command, env=os.environ, log=log) as group:
        found = group.wait_until(lambda: re.search(r"http://[\d.:]+", log.read_text()), seconds=120, what="its URL")
        account = {"conn_type": "symbl", "host": found[0], "login": app_id, "password": app_secret}
        monkeypatch.setenv("AIRFLOW_CONN_SYMBL_DEFAULT", json.dumps(account))
        monkeypatch.setattr(tokens, "_caches", {})
        yield SymblLocal(found[0], app_id, app_secret)


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> LoopMonitor:
    """Return what sees each request that leaves through aiohttp."""
    seen = LoopMonitor()
    request = aiohttp.ClientSession.request

    def noted(session: aiohttp.ClientSession, method: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - aiohttp's own, passed through
        seen.on_request(method)
        return request(session, method, *arguments, **options)

    monkeypatch.setattr(aiohttp.ClientSession, "request", noted)
    return seen


def test_no_fault_fails_any_of_many_waits(
    server: SymblLocal, monitor: LoopMonitor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each fires its one event, within the limit on requests, and each expiry costs one token call."""
    server.progress(by="time", seconds=JOB_SECONDS)
    submissions = submit(server, WAITS)
    before = len(server.requests())
    # As a triggerer has it. A full collection of all that is loaded by now stops any loop for a tenth of a second.
    importlib.import_module("airflow.jobs.triggerer_job_runner")
    gc.collect()
    gc.freeze()
    start = time.monotonic()
    fired = asyncio.run(wait_through_faults(server, submissions, monitor))
    seconds = time.monotonic() - start
    gc.unfreeze()
    journal = server.requests()[before:]
    with capsys.disabled():
        print_figures(monitor, journal, seconds)
    assert Counter(itertools.chain(*fired)) == {"completed": WAITS}
    assert [len(statuses) for statuses in fired] == [1] * WAITS
    assert monitor.token_calls.total() - monitor.token_calls["401"] - monitor.token_calls["none"] == (
        sum(fault in EXPIRIES for fault in SEQUENCE) + TOKEN_FAULTS
    )
    assert len(journal) == len(monitor.sent) <= REQUESTS_PER_SECOND * (seconds + 1)


def submit(server: SymblLocal, count: int) -> list[Submission]:
    """Submit short texts."""
    texts = [{"payload": {"content": "Good morning."}}]
    with SymblClient(server.settings) as client, concurrent.futures.ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda _: client.submit_text(texts), range(count)))


async def wait_through_faults(
    server: SymblLocal, submissions: Sequence[Submission], monitor: LoopMonitor
) -> list[list[str]]:
    """Wait for all jobs while one fault follows another, and return what each trigger fired."""
    watcher = asyncio.create_task(monitor.run())
    waits = [
        asyncio.create_task(statuses_of(wait_for(submission.job_id, submission.conversation_id)))
        for submission in submissions
    ]
    for fault in SEQUENCE:
        monitor.fault = fault
        await asyncio.to_thread(replace_fault, server, fault)
        await asyncio.sleep(SIZES.load_phase_seconds)
        await until_there_is_a_token(server)
    monitor.fault = "none"
    await asyncio.to_thread(clear, server)
    async with asyncio.timeout(600):
        fired = await asyncio.gather(*waits)
    watcher.cancel()
    return fired


async def until_there_is_a_token(server: SymblLocal) -> None:
    """Wait until an expiry has been mended: two in one would cost one token call."""
    async with asyncio.timeout(300):
        while tokens.cache_for(server.settings.account).current() is None:  # noqa: ASYNC110 - a cache tells nobody
            await asyncio.sleep(0.1)


def wait_for(job_id: str | None, conversation_id: str | None) -> SymblJobTrigger:
    """Make a trigger that asks at this pace."""
    return SymblJobTrigger(
        job_id=job_id,
        conversation_id=conversation_id,
        deadline=time.time() + 1200,
        poll_interval=POLL_SECONDS,
        max_poll_interval=1.1 * POLL_SECONDS,  # all of the first pause's jitter, of which a lower one cuts off half
    )


async def statuses_of(trigger: BaseTrigger) -> list[str]:
    """Run a trigger to its end, and return the statuses of what it fired."""
    return [event.payload["status"] for event in await events_of(trigger)]


def replace_fault(server: SymblLocal, fault: str) -> None:
    """Put one kind of fault in the place of the last one."""
    clear(server)
    if fault in FAULTS:
        add_rule(server, call="GET /v1/job/*", times=None, **FAULTS[fault])
        return
    if fault == EXPIRIES[1]:
        add_rule(server, call=TOKEN_CALL, times=TOKEN_FAULTS, status=503)
    requests.post(f"{server.url}/__local__/tokens/expire", timeout=60).raise_for_status()


def add_rule(server: SymblLocal, **rule: object) -> None:
    """Add a fault rule."""
    requests.post(f"{server.url}/__local__/faults", json=rule, timeout=60).raise_for_status()


def clear(server: SymblLocal) -> None:
    """Clear the fault rules."""
    requests.delete(f"{server.url}/__local__/faults", timeout=60).raise_for_status()


def print_figures(monitor: LoopMonitor, journal: list[dict[str, Any]], seconds: float) -> None:
    """Print the figures: they depend on the machine, so none is asserted."""
    polls = Counter(entry["path"] for entry in journal if entry["method"] == "GET")
    stalls = [
        f"{lag * 1000:.0f} ms in tick {tick}, {monitor.work[tick] * 1000:.0f} ms of CPU"
        for tick, lag in enumerate(monitor.lags)
        if lag > 0.05
    ]
    rows = {
        "load of the machine": os.getloadavg()[0],
        "largest stall of the loop": f"{max(monitor.lags) * 1000:.1f} ms",
        "99 % of the ticks late by less than": f"{statistics.quantiles(monitor.lags, n=100)[-1] * 1000:.1f} ms",
        "most CPU between two ticks": f"{max(monitor.work) * 1000:.1f} ms",
        "stalls over 50 ms": stalls or "none",
        "requests": f"{len(journal)} in {seconds:.1f} s, {len(journal) / seconds:.1f}/s",
        "busiest second": monitor.busiest_second,
        "polls of each wait": f"{min(polls.values())} to {max(polls.values())}",
        "answers": dict(Counter(str(entry["status"]) for entry in journal)),
        "token calls": dict(+monitor.token_calls),
    }
    print("", *(f"{name:<36} {value}" for name, value in rows.items()), sep="\n")  # noqa: T201 - the figures that are asked for
