"""SymblRecordingsTrigger: watches all running jobs of a night; its event is a hint, the ledger is the truth."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_symbl.client.polling import JobPoller
from airflow_provider_symbl.exceptions import SymblError
from airflow_provider_symbl.triggers.job import import_needed, poll_once

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from airflow_provider_symbl.client.async_client import AsyncSymblClient

LONGEST_WAIT = 60.0
"""Seconds that a finished job waits for others, so that many are landed by one resumption of the task."""
LONGEST_WATCH = 24 * 3600.0
"""Seconds after which the task is resumed whatever its jobs do."""


class SymblRecordingsTrigger(BaseTrigger):
    """Polls jobs until enough of them are over, the first that is over has waited a minute, or a moment has come.

    Each is polled by the same rules as :class:`~airflow_provider_symbl.triggers.job.SymblJobTrigger` polls one. All
    share one session, one token and one limit on requests.

    :param jobs: job's and conversation's id of each.
    :param enough: how many have to be over.
    :param wake_at: when to fire in any case, in seconds since the epoch; None for a day from now.
    :param not_before: when to fire at the earliest, the same: Airflow has to notice the deferral first.
    :param symbl_conn_id: the connection.
    :param poll_interval: seconds before the first poll of each; each further pause is half as long again.
    :param max_poll_interval: the most seconds between two polls.
    """

    def __init__(
        self,
        *,
        jobs: Sequence[Sequence[str]],
        enough: int,
        wake_at: float | None,
        not_before: float = 0.0,
        symbl_conn_id: str = "symbl_default",
        poll_interval: float = 5.0,
        max_poll_interval: float = 60.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.jobs = [[*ids] for ids in jobs]
        self.enough = enough
        self.wake_at = wake_at
        self.not_before = not_before
        self.symbl_conn_id = symbl_conn_id
        self.poll_interval = poll_interval
        self.max_poll_interval = max_poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class's path and its arguments, JSON primitives without any secret."""
        return "airflow_provider_symbl.triggers.recordings.SymblRecordingsTrigger", {
            "jobs": self.jobs,
            "enough": self.enough,
            "wake_at": self.wake_at,
            "not_before": self.not_before,
            "symbl_conn_id": self.symbl_conn_id,
            "poll_interval": self.poll_interval,
            "max_poll_interval": self.max_poll_interval,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire the one event: how many jobs are over, as far as was seen."""
        over = 0
        try:
            over = await self._watch()
        except Exception:
            # The task looks for itself; what is wrong with the connection it tells better.
            self.log.exception("Watching Symbl jobs went wrong")
        await asyncio.sleep(max(0.0, self.not_before - time.time()))
        yield TriggerEvent({"over": over, "jobs": len(self.jobs)})  # type: ignore[no-untyped-call]  # Airflow's own

    async def on_kill(self) -> None:
        """Say what goes on without the task: Symbl cannot cancel a job."""
        self.log.warning(
            "Symbl cannot cancel a job: %d go on without this task, and the next night lands them", len(self.jobs)
        )

    async def _watch(self) -> int:
        until = time.time() + LONGEST_WATCH if self.wake_at is None else self.wake_at
        await asyncio.to_thread(import_needed)
        from airflow_provider_symbl.client.async_client import shared_client  # noqa: PLC0415 - only needed once the task runs
        from airflow_provider_symbl.hooks.symbl import SymblHook  # noqa: PLC0415 - only needed once the task runs

        settings = await SymblHook(self.symbl_conn_id).aget_settings()
        # The poller itself asks again after a fault, so each poll is sent once.
        async with shared_client(dataclasses.replace(settings, max_retries=0)) as client:
            polls = {
                asyncio.create_task(self._until_over(client, job, conversation, until))
                for job, conversation in self.jobs
            }
            try:
                return await self._enough(polls, until)
            finally:
                for poll in polls:
                    poll.cancel()
                await asyncio.gather(*polls, return_exceptions=True)

    async def _enough(self, polls: set[asyncio.Task[None]], until: float) -> int:
        pending = set(polls)
        while pending and len(polls) - len(pending) < self.enough and (left := until - time.time()) > 0:
            done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if done:
                until = min(until, time.time() + LONGEST_WAIT)
        if not polls:
            await asyncio.sleep(max(0.0, until - time.time()))
        return len(polls) - len(pending)

    async def _until_over(self, client: AsyncSymblClient, job_id: str, conversation_id: str, until: float) -> None:
        poller = JobPoller(
            job_id=job_id,
            conversation_id=conversation_id,
            features=[],
            # Its end is the watch's, which ends all of them.
            deadline=until + LONGEST_WATCH,
            poll_interval=self.poll_interval,
            max_poll_interval=self.max_poll_interval,
        )
        try:
            while not poller.is_over:
                await asyncio.sleep(poller.pause())
                await poll_once(poller, client, self.log.log)
        except SymblError as error:
            # Whether it failed, and what that means, the task finds out for itself.
            self.log.info("Symbl job %s: %s", job_id, error)
