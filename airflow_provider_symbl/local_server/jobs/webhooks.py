"""Webhooks: telling a client about each change of a job's status, without ever holding the job up.

Retry policy and backoff: four more tries after 1, 2, 4 and 8 seconds, give or take a quarter. Our own, since the
changes of one job wait for each other, and a try that waits holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import aiohttp

from airflow_provider_symbl.local_server.security.outbound import guarded_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.local_server.settings import ServerSettings
    from airflow_provider_symbl.local_server.store.records import Job

LOGGER = logging.getLogger(__name__)
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=5.0)
MAX_SECONDS = 15.0
"""How long one try may take, however slowly the answer arrives."""
BACKOFF = (1.0, 2.0, 4.0, 8.0)
"""Seconds between one try and the next, give or take a quarter."""
SPREAD = random.Random()  # noqa: S311 - spreads tries, guards nothing
"""Not the module's own numbers: in somebody's tests these are theirs, and this server is a thread beside them."""
AT_ONCE = 8
TAKEN = 2
FINAL = (3, 4)
"""Hundreds of the statuses of which another try would get the same again, with two exceptions."""
RETRYABLE = (408, 429)


class Webhooks:
    """Sends one POST per change, the changes of one job in their order.

    One that is not answered with 2xx is sent again, unless the answer says that this would change nothing: a
    redirection, or a 4xx other than 408 and 429.

    :param allow_private: whether they may go to this machine, or into a private network.
    :param backoff: seconds between one try and the next; when they are used up, it is given up.
    :param at_once: how many requests are under way at a time; a pause is none.
    """

    def __init__(
        self, *, allow_private: bool = False, backoff: Sequence[float] = BACKOFF, at_once: int = AT_ONCE
    ) -> None:
        self._allow_private = allow_private
        self._backoff = tuple(backoff)
        self._slots = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}

    @classmethod
    def from_settings(cls, settings: ServerSettings) -> Self:
        """Make those that a server's settings ask for: where a download may come from, a webhook may go to."""
        return cls(allow_private=settings.allow_private_urls)

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
        outcome = await self._post(url, body)
        for pause in self._backoff:
            if not outcome.is_retryable:
                break
            await asyncio.sleep(pause * SPREAD.uniform(0.75, 1.25))
            outcome = await self._post(url, body)
        if outcome.problem:
            LOGGER.warning("The webhook of job %s did not take %s: %s", job.id, job.shown.value, outcome.problem)

    async def _post(self, url: str, body: dict[str, str]) -> _Outcome:
        request = guarded_request(
            "POST", url, allow_private=self._allow_private, seconds=MAX_SECONDS, timeout=TIMEOUT, json=body
        )
        try:
            async with self._slots, request as response:
                return _judged(response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return _Outcome(type(error).__name__, is_retryable=True)
        except Exception as error:  # noqa: BLE001 - such as a private address; the error's text may hold the URL
            return _Outcome(type(error).__name__)

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
    is_retryable: bool = False


def _judged(status: int) -> _Outcome:
    kind = status // 100
    if kind == TAKEN:
        return _Outcome()
    is_final = kind in FINAL and status not in RETRYABLE
    return _Outcome(f"HTTP {status}", is_retryable=not is_final)
