"""Pace of polls in the triggerer: what one of many watched jobs tells wakes the others."""

from __future__ import annotations

import asyncio
import time

from airflow_provider_symbl.recordings.core.pace import Pace


class SharedPace(Pace):
    """The pace of jobs that are watched by one trigger, each of which sleeps by itself.

    :param first: the least seconds between two polls of a job.
    :param most: the most of them.
    :param usual: seconds after which jobs were last seen running; None where none has ended yet.
    :param soonest: seconds after which the first of them was seen over, the same.
    """

    def __init__(self, first: float, most: float, usual: float | None = None, soonest: float | None = None) -> None:
        super().__init__(first, most, usual, soonest)
        self._news = asyncio.Event()

    def on_over(self, ran: float, age: float) -> None:
        """Take that a job was seen over, and wake those that may be over as well.

        :param ran: seconds after its submission at which it was last seen running; 0 where it never was.
        :param age: the same, at which it was over.
        """
        super().on_over(ran, age)
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def sleep(self, pause: float, submitted: float, polled: float) -> None:
        """Sleep until a job is to be polled: after its pause, or sooner where it is as old as one that is over.

        :param pause: seconds.
        :param submitted: when it was submitted, in seconds since the epoch.
        :param polled: the age at which it was polled last; nothing sooner is to be seen of one that was as old by then.
        """
        due = time.time() + pause
        while True:
            if self.soonest is not None and polled < self.soonest:
                due = min(due, submitted + self.soonest)
            left = due - time.time()
            if left <= 0:
                return
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                return
