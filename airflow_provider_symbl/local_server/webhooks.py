"""Telling a client's webhook about each change of a job's status, without ever holding the job up."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.records import Job
    from airflow_provider_symbl.local_server.threads import WorkerThreads

LOGGER = logging.getLogger(__name__)
TIMEOUT = 5.0


class Webhooks:
    """Sends one POST per change, the changes of one job in their order.

    :param threads: where the requests are made.
    """

    def __init__(self, threads: WorkerThreads) -> None:
        self._threads = threads
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
        await self._threads.run(partial(_post, url, body))

    def _forget(self, job_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._latest.get(job_id) is task:
            del self._latest[job_id]


def _post(url: str, body: dict[str, str]) -> None:
    try:
        with requests.post(url, json=body, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            answer.raise_for_status()
    except requests.RequestException as error:
        LOGGER.warning("The webhook of job %s did not take %s: %s", body["jobId"], body["status"], type(error).__name__)
