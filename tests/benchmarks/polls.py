"""What a poll costs the triggerer: ``python -m tests.benchmarks.polls`` prints it beside two other ways.

They are a bare loop over aiohttp, and HttpSensor's trigger. All poll the same server at
the same evenly spread rate, one after the other in one process.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from airflow_provider_symbl.triggers.job import SymblJobTrigger
from demo.processes import ProcessGroup

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

WAITS = 100
PAUSE = 5.0
"""Seconds between two polls of one wait: 20 polls a second for all."""
SECONDS = 15.0
ROUNDS = 3


async def bare(url: str, number: int, session: aiohttp.ClientSession) -> None:
    """Poll with aiohttp and nothing else."""
    await asyncio.sleep(PAUSE * number / WAITS)
    while True:
        async with session.get(f"{url}/v1/job/running-{number}") as response:
            json.loads(await response.read())
        await asyncio.sleep(PAUSE)


async def ours(number: int) -> None:
    """Poll with the job's trigger."""
    trigger = SymblJobTrigger(
        job_id=f"running-{number}",
        conversation_id="c-1",
        deadline=time.time() + 600,
        poll_interval=PAUSE,
        max_poll_interval=1.1 * PAUSE,
    )
    await asyncio.sleep(PAUSE * number / WAITS)
    async for _ in trigger.run():
        pass


async def of_http_sensor(number: int) -> None:
    """Poll with the trigger of HttpSensor, which makes a session for each poll and is over at the first one."""
    from airflow.providers.http.triggers.http import HttpSensorTrigger  # noqa: PLC0415 - loads much, and reads settings

    await asyncio.sleep(PAUSE * number / WAITS)
    while True:
        trigger = HttpSensorTrigger(endpoint=f"v1/job/running-{number}", http_conn_id="polls", poke_interval=PAUSE)
        async for _ in trigger.run():
            break
        await asyncio.sleep(PAUSE)


async def cost(polls: Callable[[], Iterator[Awaitable[None]]], count: Callable[[], int]) -> float:
    """Return the milliseconds of CPU that a poll takes, once all are under way."""
    tasks = [asyncio.ensure_future(poll) for poll in polls()]
    await asyncio.sleep(2 * PAUSE)
    before, begun = count(), time.process_time()
    await asyncio.wait(tasks, timeout=SECONDS, return_when=asyncio.FIRST_EXCEPTION)
    spent, made = time.process_time() - begun, count() - before
    for task in tasks:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    if ended := [end for end in ends if not isinstance(end, asyncio.CancelledError)]:
        raise RuntimeError(f"a wait that never ends has ended: {ended[0]!r}")
    return 1000 * spent / made


class Count:
    """Counts the requests that leave through aiohttp."""

    def __init__(self) -> None:
        self.made = 0
        request = aiohttp.ClientSession._request  # noqa: SLF001 - what every way of asking goes through

        async def counted(session: aiohttp.ClientSession, *args: object, **options: object) -> aiohttp.ClientResponse:
            self.made += 1
            return await request(session, *args, **options)  # type: ignore[arg-type]  # aiohttp's own, passed through

        aiohttp.ClientSession._request = counted  # type: ignore[method-assign,assignment]  # noqa: SLF001 - as above

    def __call__(self) -> int:
        """Return how many there were."""
        return self.made


async def table(url: str) -> None:
    """Measure each in turn, some rounds of them, and print the medians."""
    count = Count()
    rows: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        async with aiohttp.ClientSession() as session:
            ways: dict[str, Callable[[], Iterator[Awaitable[None]]]] = {
                "bare aiohttp loop": lambda: (bare(url, number, session) for number in range(WAITS)),
                "SymblJobTrigger": lambda: (ours(number) for number in range(WAITS)),
                "HttpSensor's trigger": lambda: (of_http_sensor(number) for number in range(WAITS)),
            }
            for name, polls in ways.items():
                rows.setdefault(name, []).append(await cost(polls, count))
    least = statistics.median(rows["bare aiohttp loop"])
    print(f"{'CPU of a poll':24} {'ms':>7} {'ratio':>7}")  # noqa: T201 - the figures that are asked for
    for name, values in rows.items():
        middle = statistics.median(values)
        print(f"{name:24} {middle:7.2f} {middle / least:7.2f}")  # noqa: T201 - the figures that are asked for


def main() -> None:
    """Run the server in a process of its own, and the table."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "server.log")
        command = [sys.executable, "-m", "tests.support.hostile_server"]
        with ProcessGroup("polls", command, env=os.environ, log=log) as group:
            found = group.wait_until(
                lambda: re.search(r"http://([\d.]+):(\d+)", log.read_text()), seconds=60, what="URL"
            )
            account = {"conn_type": "symbl", "host": found[0], "login": "app-id", "password": "app-secret"}
            os.environ["AIRFLOW_CONN_SYMBL_DEFAULT"] = json.dumps(account)
            os.environ["AIRFLOW_CONN_POLLS"] = json.dumps(
                {"conn_type": "http", "host": found[1], "port": int(found[2])}
            )
            os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "WARNING"
            importlib.import_module("airflow.jobs.triggerer_job_runner")
            asyncio.run(table(found[0]))


if __name__ == "__main__":
    main()
