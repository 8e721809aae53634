"""Five hundred waits in one event loop through a minute of faults, and beside them HttpSensor's trigger."""

from __future__ import annotations

import asyncio
import bisect
import concurrent.futures
import contextlib
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
from airflow.providers.http.triggers.http import HttpSensorTrigger

from airflow_provider_symbl.client import tokens
from airflow_provider_symbl.client.async_client import REQUESTS_PER_SECOND
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.triggers.job import SymblJobTrigger
from demo.processes import ProcessGroup
from tests.support.airflow_tasks import events_of
from tests.support.symbl_local import SymblLocal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from airflow.triggers.base import BaseTrigger

    from airflow_provider_symbl.client.models import Submission

WAITS = 500
JOB_SECONDS = 85.0
"""From a job's submission; longer than the storm."""
PHASE_SECONDS = 5.0
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
STORM = ("429, Retry-After", EXPIRIES[0], "503", "cut", EXPIRIES[1], "429", "cut", EXPIRIES[0], "503", "401")
"""Refusals that no new token mends come last: those before cost one token call for each expiry, and no more."""
RIVALS = 20
RIVAL_SECONDS = 5.0


@dataclasses.dataclass
class Weather:
    """What was seen of the loop and of the requests that left it.

    :param lags: seconds by which the loop was late, tick by tick.
    :param work: seconds of CPU that its thread had from one tick to the next, however busy the machine is.
    :param sent: when each request left, by the monotonic clock.
    :param token_calls: how many of them asked for a token, by the kind of fault that reigned.
    """

    kind: str = "calm"
    lags: list[float] = dataclasses.field(default_factory=list)
    work: list[float] = dataclasses.field(default_factory=list)
    sent: list[float] = dataclasses.field(default_factory=list)
    token_calls: Counter[str] = dataclasses.field(default_factory=Counter)

    async def watch(self) -> None:
        """Note how late the loop is, until cancelled."""
        while True:
            due, had = time.monotonic() + TICK, time.thread_time()
            await asyncio.sleep(TICK)
            self.lags.append(time.monotonic() - due)
            self.work.append(time.thread_time() - had)

    def note(self, method: str) -> None:
        """Note a request that leaves."""
        self.sent.append(time.monotonic())
        self.token_calls[self.kind] += method == "POST"

    @property
    def busiest_second(self) -> int:
        """The most requests that left within any second."""
        return max(bisect.bisect_left(self.sent, start + 1) - index for index, start in enumerate(self.sent))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SymblLocal]:
    """Run a symbl-local in a process of its own, so that its work holds up nobody's loop, and two connections to it."""
    app_id, app_secret, log = secrets.token_hex(16), secrets.token_hex(32), tmp_path / "symbl-local.log"
    command = [sys.executable, "-m", "airflow_provider_symbl.local_server", "--port", "0"]
    command += ["--app-id", app_id, "--app-secret", app_secret, "--max-concurrent-jobs", str(2 * WAITS)]
    with ProcessGroup("symbl-local", command, env=os.environ, log=log) as group:
        found = group.wait_until(lambda: re.search(r"http://[\d.:]+", log.read_text()), seconds=120, what="its URL")
        account = {"conn_type": "symbl", "host": found[0], "login": app_id, "password": app_secret}
        monkeypatch.setenv("AIRFLOW_CONN_SYMBL_DEFAULT", json.dumps(account))
        monkeypatch.setenv("AIRFLOW_CONN_RIVAL", json.dumps({"conn_type": "http", "host": found[0]}))
        monkeypatch.setattr(tokens, "_caches", {})
        yield SymblLocal(found[0], app_id, app_secret)


@pytest.fixture
def weather(monkeypatch: pytest.MonkeyPatch) -> Weather:
    """Return what sees each request that leaves through aiohttp."""
    seen = Weather()
    request = aiohttp.ClientSession.request

    def noted(session: aiohttp.ClientSession, method: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - aiohttp's own, passed through
        seen.note(method)
        return request(session, method, *arguments, **options)

    monkeypatch.setattr(aiohttp.ClientSession, "request", noted)
    return seen


def test_a_minute_of_faults_fails_none_of_500_waits(
    server: SymblLocal, weather: Weather, capsys: pytest.CaptureFixture[str]
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
    fired = asyncio.run(through_the_storm(server, submissions, weather))
    seconds = time.monotonic() - start
    gc.unfreeze()
    journal = server.requests()[before:]
    with capsys.disabled():
        tell_weather(weather, journal, seconds)
    assert Counter(itertools.chain(*fired)) == {"completed": WAITS}
    assert [len(statuses) for statuses in fired] == [1] * WAITS
    assert weather.token_calls.total() - weather.token_calls["401"] - weather.token_calls["calm"] == (
        sum(kind in EXPIRIES for kind in STORM) + TOKEN_FAULTS
    )
    assert len(journal) == len(weather.sent) <= REQUESTS_PER_SECOND * (seconds + 1)


@pytest.mark.parametrize("kind", ["401", "429"])
def test_http_sensor_meets_the_same_answers(server: SymblLocal, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What each sends when it is refused; the same cadence, and the same number of waits."""
    ours = [wait_for(f"job-{number}", "0", seconds=1.0) for number in range(RIVALS)]
    theirs = [HttpSensorTrigger(f"v1/job/job-{number}", "rival", poke_interval=1.0) for number in range(RIVALS)]
    their_rate, our_rate = (rate_of(server, triggers, kind) for triggers in (theirs, ours))
    told = f"{kind}: HttpSensor {their_rate:.1f} requests/s, ours {our_rate:.1f}, ratio {their_rate / our_rate:.1f}"
    with capsys.disabled():
        print(f"\n{told}")  # noqa: T201 - the figures that are asked for


def rate_of(server: SymblLocal, triggers: Sequence[BaseTrigger], kind: str) -> float:
    """Return the requests per second that triggers send while their calls are refused."""
    server.reset()
    add_rule(server, call="GET /v1/job/*", times=None, **FAULTS[kind])
    asyncio.run(for_a_while(triggers))
    return len(server.requests()) / RIVAL_SECONDS


async def for_a_while(triggers: Sequence[BaseTrigger]) -> None:
    """Run triggers, none of which ends, and stop them."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RIVAL_SECONDS):
            await asyncio.gather(*(events_of(trigger) for trigger in triggers))


def submit(server: SymblLocal, count: int) -> list[Submission]:
    """Submit short texts."""
    texts = [{"payload": {"content": "Good morning."}}]
    with SymblClient(server.settings) as client, concurrent.futures.ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda _: client.submit_text(texts), range(count)))


async def through_the_storm(server: SymblLocal, submissions: Sequence[Submission], weather: Weather) -> list[list[str]]:
    """Wait for all jobs while one fault follows another, and return what each trigger fired."""
    watcher = asyncio.create_task(weather.watch())
    waits = [
        asyncio.create_task(statuses_of(wait_for(submission.job_id, submission.conversation_id)))
        for submission in submissions
    ]
    for kind in STORM:
        weather.kind = kind
        await asyncio.to_thread(strike, server, kind)
        await asyncio.sleep(PHASE_SECONDS)
        await until_there_is_a_token(server)
    weather.kind = "calm"
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


def wait_for(job_id: str | None, conversation_id: str | None, seconds: float = 5.0) -> SymblJobTrigger:
    """Make a trigger that asks every few seconds: at five, 500 would ask twice as often as they may."""
    return SymblJobTrigger(
        job_id=job_id,
        conversation_id=conversation_id,
        deadline=time.time() + 1200,
        poll_interval=seconds,
        max_poll_interval=1.1 * seconds,  # all of the first pause's jitter, of which a lower one cuts off half
    )


async def statuses_of(trigger: BaseTrigger) -> list[str]:
    """Run a trigger to its end, and return the statuses of what it fired."""
    return [event.payload["status"] for event in await events_of(trigger)]


def strike(server: SymblLocal, kind: str) -> None:
    """Put one kind of fault in the place of the last one."""
    clear(server)
    if kind in FAULTS:
        add_rule(server, call="GET /v1/job/*", times=None, **FAULTS[kind])
        return
    if kind == EXPIRIES[1]:
        add_rule(server, call=TOKEN_CALL, times=TOKEN_FAULTS, status=503)
    requests.post(f"{server.url}/__local__/tokens/expire", timeout=60).raise_for_status()


def add_rule(server: SymblLocal, **rule: object) -> None:
    """Add a fault rule."""
    requests.post(f"{server.url}/__local__/faults", json=rule, timeout=60).raise_for_status()


def clear(server: SymblLocal) -> None:
    """Clear the fault rules."""
    requests.delete(f"{server.url}/__local__/faults", timeout=60).raise_for_status()


def tell_weather(weather: Weather, journal: list[dict[str, Any]], seconds: float) -> None:
    """Print the figures: they depend on the machine, so none is asserted."""
    polls = Counter(entry["path"] for entry in journal if entry["method"] == "GET")
    stalls = [
        f"{lag * 1000:.0f} ms in tick {tick}, {weather.work[tick] * 1000:.0f} ms of CPU"
        for tick, lag in enumerate(weather.lags)
        if lag > 0.05
    ]
    rows = {
        "load of the machine": os.getloadavg()[0],
        "largest stall of the loop": f"{max(weather.lags) * 1000:.1f} ms",
        "99 % of the ticks late by less than": f"{statistics.quantiles(weather.lags, n=100)[-1] * 1000:.1f} ms",
        "most CPU between two ticks": f"{max(weather.work) * 1000:.1f} ms",
        "stalls over 50 ms": stalls or "none",
        "requests": f"{len(journal)} in {seconds:.1f} s, {len(journal) / seconds:.1f}/s",
        "busiest second": weather.busiest_second,
        "polls of each wait": f"{min(polls.values())} to {max(polls.values())}",
        "answers": dict(Counter(str(entry["status"]) for entry in journal)),
        "token calls": dict(+weather.token_calls),
    }
    print("", *(f"{name:<36} {value}" for name, value in rows.items()), sep="\n")  # noqa: T201 - the figures that are asked for
