"""SymblRecordingsTrigger: watches all running jobs of a night; its event is a hint, the ledger is the truth."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import time
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_symbl.client.polling import JobPoller
from airflow_provider_symbl.exceptions import SymblError
from airflow_provider_symbl.triggers.job import import_needed, poll_once
from airflow_provider_symbl.triggers.shared_pace import SharedPace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from airflow_provider_symbl.client.async_client import AsyncSymblClient

LONGEST_WAIT = 60.0
"""Seconds that a finished job waits for others, so that many are landed by one resumption of the task."""
LONGEST_WATCH = 24 * 3600.0
"""Seconds after which the task is resumed whatever its jobs do."""


class SymblRecordingsTrigger(BaseTrigger):
    """Polls jobs until enough of them are over, the first that is over has waited a minute, or a moment has come.

    What a poll means is decided as by :class:`~airflow_provider_symbl.triggers.job.SymblJobTrigger`; when each is
    polled, by :class:`~airflow_provider_symbl.recordings.core.pace.Pace`. All share one session, one token and one
    limit on requests.

    :param jobs: job's and conversation's id of each, and when it was submitted, in seconds since the epoch.
    :param enough: how many have to be over.
    :param wake_at: when to fire in any case, in seconds since the epoch; None for a day from now.
    :param not_before: when to fire at the earliest, the same: Airflow has to notice the deferral first.
    :param symbl_conn_id: the connection.
    :param poll_interval: the least seconds between two polls of a job.
    :param max_poll_interval: the most of them.
    :param usual: seconds after which jobs of this night were last seen running, None where none was yet.
    :param soonest: the same, of the one that was over after the shortest time.
    """

    def __init__(
        self,
        *,
        jobs: Sequence[tuple[str, str, float]],
        enough: int,
        wake_at: float | None,
        not_before: float = 0.0,
        symbl_conn_id: str = "symbl_default",
        poll_interval: float = 5.0,
        max_poll_interval: float = 60.0,
        usual: float | None = None,
        soonest: float | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.jobs = [[*job] for job in jobs]
        self.enough = enough
        self.wake_at = wake_at
        self.not_before = not_before
        self.symbl_conn_id = symbl_conn_id
        self.poll_interval = poll_interval
        self.max_poll_interval = max_poll_interval
        self._pace = SharedPace(poll_interval, max_poll_interval, usual, soonest)

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
            "usual": self._pace.usual,
            "soonest": self._pace.soonest,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire the one event: how many jobs are over, and how long they took, as far as was seen."""
        over = 0
        try:
            over = await self._watch()
        except Exception:
            # The task looks for itself; what is wrong with the connection it tells better.
            self.log.exception("Watching Symbl jobs went wrong")
        await asyncio.sleep(max(0.0, self.not_before - time.time()))
        told = {"over": over, "jobs": len(self.jobs), "usual": self._pace.usual, "soonest": self._pace.soonest}
        yield TriggerEvent(told)  # type: ignore[no-untyped-call]  # Airflow's own

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
                asyncio.create_task(self._until_over(client, job, place / len(self.jobs), until))
                for place, job in enumerate(self.jobs)
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

    async def _until_over(self, client: AsyncSymblClient, job: Sequence[Any], share: float, until: float) -> None:
        job_id, conversation_id, submitted = job
        poller = JobPoller(
            job_id=job_id,
            conversation_id=conversation_id,
            features=[],
            # Its end is the watch's, which ends all of them.
            deadline=until + LONGEST_WATCH,
            poll_interval=self.poll_interval,
            max_poll_interval=self.max_poll_interval,
        )
        ran = polled = 0.0
        try:
            while not poller.is_over:
                wanted = self._pace.pause(time.time() - submitted, share)
                pause = poller.pause(wanted)
                # Where Symbl asked to wait, no other job's end makes it sooner.
                await self._pace.sleep(pause, submitted, polled if pause <= wanted else math.inf)
                is_told = await poll_once(poller, client, self.log.log)
                polled = time.time() - submitted
                ran = polled if is_told and not poller.is_over else ran
            self._pace.on_over(ran, polled)
        except SymblError as error:
            # Whether it failed, and what that means, the task finds out for itself.
            self.log.info("Symbl job %s: %s", job_id, error)


def job_times(event: object) -> dict[str, float]:
    """Return what an event tells of how long jobs take, as arguments of the next trigger; nothing where it tells none.

    :param event: the payload, of this version's trigger or another one's.
    """
    told = event if isinstance(event, dict) else {}
    return {name: seconds for name in ("usual", "soonest") if isinstance(seconds := told.get(name), float)}
