"""Telling a client's webhook about each change of a job's status, without ever holding the job up."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import requests

from airflow_provider_symbl.local_server.security.outbound import GuardedSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.local_server.jobs.threads import WorkerThreads
    from airflow_provider_symbl.local_server.store.records import Job

LOGGER = logging.getLogger(__name__)
TIMEOUT = 5.0
MAX_SECONDS = 15.0
"""How long one try may take, however slowly the answer arrives."""
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between one try and the next, give or take a quarter."""
TAKEN = 2
FINAL = (3, 4)
"""Hundreds of the statuses of which another try would get the same again, with two exceptions."""
WORTH_ANOTHER_TRY = (requests.codes.request_timeout, requests.codes.too_many_requests)


class Webhooks:
    """Sends one POST per change, the changes of one job in their order.

    One that is not answered with 2xx is sent again, unless the answer says that this would change nothing: a
    redirection, or a 4xx other than 408 and 429.

    :param threads: where the requests are made; none is held during a pause.
    :param allow_private: whether they may go to this machine, or into a private network.
    :param pauses: seconds between one try and the next; when they are used up, it is given up.
    """

    def __init__(
        self, threads: WorkerThreads, *, allow_private: bool = False, pauses: Sequence[float] = PAUSES
    ) -> None:
        self._threads = threads
        self._allow_private = allow_private
        self._pauses = tuple(pauses)
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}

    def notify(self, job: Job) -> None:
        """Send a job's shown status, after what was sent before; a failure is logged and that is all.

        :param job: nothing is sent for one without a webhook.
        """
        if job.webhook_url is None:
            return
        task = asyncio.create_task(self._deliver(job, job.webhook_url, self._latest.get(job.id)))
        self._tasks.add(task)
        self._latest[job.id] = task
        task.add_done_callback(lambda done: self._forget(job.id, done))

    async def drop(self) -> None:
        """Forget what has not been sent yet."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, job: Job, url: str, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        body = {"jobId": job.id, "status": job.shown.value}
        send = partial(_post, url, body, allow_private=self._allow_private)
        outcome = await self._threads.run(send)
        for pause in self._pauses:
            if not outcome.is_worth_another_try:
                break
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - spreads tries, guards nothing
            outcome = await self._threads.run(send)
        if outcome.problem:
            LOGGER.warning("The webhook of job %s did not take %s: %s", job.id, job.shown.value, outcome.problem)

    def _forget(self, job_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._latest.get(job_id) is task:
            del self._latest[job_id]


@dataclass(frozen=True)
class _Outcome:
    """What became of a try.

    :param problem: in words that may be logged; empty for none.
    """

    problem: str = ""
    is_worth_another_try: bool = False


def _post(url: str, body: dict[str, str], *, allow_private: bool) -> _Outcome:
    never = threading.Event()
    try:
        with GuardedSession(url, allow_private=allow_private, seconds=MAX_SECONDS, stopped=never) as session:
            answer = session.post(url, json=body, timeout=TIMEOUT, allow_redirects=False, stream=True)
            answer.close()
            return _judged(answer.status_code)
    except requests.RequestException as error:
        return _Outcome(type(error).__name__, is_worth_another_try=True)
    except Exception as error:  # noqa: BLE001 - such as a private address; the error's text may hold the URL
        return _Outcome(type(error).__name__)


def _judged(status: int) -> _Outcome:
    kind = status // 100
    if kind == TAKEN:
        return _Outcome()
    is_final = kind in FINAL and status not in WORTH_ANOTHER_TRY
    return _Outcome(f"HTTP {status}", is_worth_another_try=not is_final)
