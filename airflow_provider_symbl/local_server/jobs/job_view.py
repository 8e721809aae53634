"""Job view: what clients are shown of each job, which follows the progress setting and not the work alone."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.store.records import Status

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.jobs.webhooks import Webhooks
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Job


SHOW_AGAIN_SECONDS = 1.0
"""How long to wait with showing the end of a job that could not be written."""


class JobView:
    """What clients are shown of the jobs. All of it happens on the event loop.

    :param store: where the jobs are kept.
    :param webhooks: are told of each change that is shown.
    """

    def __init__(self, store: Store, webhooks: Webhooks) -> None:
        self._store = store
        self._webhooks = webhooks
        self._fractions: dict[str, float] = {}
        self._held: set[asyncio.Task[None]] = set()

    def read(self, job: Job) -> Job:
        """Count a read of a job's status, and give the job as it is shown at this read."""
        if job.progress.by == "polls" and not job.shown.is_terminal:
            reads = self._store.count_read(job.id, "job")
            self._show(job.id, job.progress.at_read(reads, Status.IN_PROGRESS if _seconds_held(job) else job.actual))
        return self._store.known_job(job.id)

    def read_feature(self, job: Job, feature: str) -> Status:
        """Count a read of an add-on's status, and tell it; add-ons begin when their job is shown completed.

        :param feature: the add-on, in Symbl's words.
        """
        if job.shown is not Status.COMPLETED or job.shown_over is None:
            return job.shown if job.shown is Status.FAILED else Status.SCHEDULED
        if job.progress.by == "polls":
            return job.progress.at_read(self._store.count_read(job.id, feature), job.actual)
        age = (timestamps.now() - job.shown_over).total_seconds()
        return Status.IN_PROGRESS if age < job.progress.seconds else Status.COMPLETED

    def fraction(self, job_id: str) -> float | None:
        """Tell how much of a job's work is done, 0 to 1: how much of its recording was heard; None if nobody knows."""
        return 1.0 if self._store.known_job(job_id).actual.is_terminal else self._fractions.get(job_id)

    def begin(self, job_id: str) -> None:
        """Note that the work on a job has begun."""
        job = self._store.job(job_id)
        if job is None or job.actual is not Status.SCHEDULED:
            return
        with contextlib.suppress(OSError, sqlite3.Error):  # the work goes on, and its end is what has to be written
            self._store.put_job(replace(job, actual=Status.IN_PROGRESS))
            if job.progress.by != "polls":
                self._show(job_id, Status.IN_PROGRESS)

    def advance(self, job_id: str, fraction: float) -> None:
        """Note how much has been heard; a second try, which begins anew, does not turn it back."""
        job = self._store.job(job_id)
        if job is not None and not job.actual.is_terminal:
            self._fractions[job_id] = max(fraction, self._fractions.get(job_id, 0.0))

    def end(self, job: Job) -> None:
        """Show the end of a job when it is time to."""
        self._fractions.pop(job.id, None)
        if job.progress.by == "polls":
            return
        if job.progress.by == "time" or job.fault.seconds:
            task = asyncio.create_task(self._show_later(job))
            self._held.add(task)
            task.add_done_callback(self._held.discard)
        else:
            self._show(job.id, job.actual)

    async def drop(self) -> None:
        """Forget how far the jobs are, and which ends are still to be shown."""
        self._fractions.clear()
        held = list(self._held)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)

    async def _show_later(self, job: Job) -> None:
        await asyncio.sleep(_seconds_held(job))
        while True:
            with contextlib.suppress(OSError, sqlite3.Error):  # whoever writes next is told why
                self._show(job.id, job.actual)
                return
            await asyncio.sleep(SHOW_AGAIN_SECONDS)

    def _show(self, job_id: str, status: Status) -> None:
        job = self._store.known_job(job_id)
        if job.shown is not status:
            over = timestamps.now() if status.is_terminal else None
            shown = replace(job, shown=status, shown_over=over)
            self._store.put_job(shown)
            self._webhooks.notify(shown)


def _seconds_held(job: Job) -> float:
    """Tell how many seconds are left before a job's end may be shown."""
    age = (timestamps.now() - job.submitted).total_seconds()
    return max(0.0, job.progress.seconds - age, job.fault.seconds - age)
