"""Pace of polls: when to ask for each of many jobs that run together, so that their end is seen soon.

A backoff of its own for each of them, as for a single job, sees the end of an unknown length up to half as late again.
Many jobs tell more than one: their polls are spread over each pause, so that one of them comes soon after the end, and
what it sees has the others asked for too. It is our own, since retry libraries pace one call, which knows no others.
"""

from __future__ import annotations

import math
import statistics
from collections import deque

GROWTH = 1.5
"""By which each pause is longer than the one before, as long as nobody knows how long jobs take."""
LATENESS = 0.25
"""By which the pause grows with the time that a job takes longer than usual."""
NEARLY = 0.9
"""The part of its time for which a job counts as running that was over at its first poll."""
LATEST = 20
"""Jobs by which it is told how long one takes."""


class Pace:
    """When each job is polled next.

    :param first: the least seconds between two polls of a job.
    :param most: the most of them.
    :param usual: seconds after which jobs were last seen running; None where none has ended yet.
    :param soonest: seconds after which the first of them was seen over, the same.
    """

    def __init__(self, first: float, most: float, usual: float | None = None, soonest: float | None = None) -> None:
        self._first = first
        self._most = most
        self._usual = usual
        self._ran: deque[float] = deque(maxlen=LATEST)
        self.soonest = soonest
        """Seconds after which the shortest job was seen over."""

    @property
    def usual(self) -> float | None:
        """Seconds after which jobs were last seen running, the median; None where none has ended yet."""
        return statistics.median(self._ran) if self._ran else self._usual

    def pause(self, age: float, share: float) -> float:
        """Return the seconds before the next poll of a job.

        :param age: seconds since its submission.
        :param share: its place among all jobs, from 0 to below 1: by it their polls are spread over each pause.
        """
        usual = self.usual
        # By another machine's clock it may be submitted yet.
        age = max(0.0, age)
        if usual is None:
            pause = self._backoff(age, share)
        elif age < usual:
            pause = usual - age + share * self._first
        else:
            pause = LATENESS * (age - usual)
        return min(max(pause, self._first), self._most)

    def _backoff(self, age: float, share: float) -> float:
        """Return the seconds until the next poll of a row in which each pause is half as long again as the one before.

        The row follows from the age, so that a job that was watched before is not polled as if it were new.
        """
        unit = self._first / (GROWTH - 1)
        polls = math.ceil(math.log(1 + (age + self._first) / unit, GROWTH) - share)
        return unit * (math.pow(GROWTH, polls + share) - 1) - age

    def on_over(self, ran: float, age: float) -> None:
        """Take that a job was seen over.

        :param ran: seconds after its submission at which it was last seen running; 0 where it never was.
        :param age: the same, at which it was over.
        """
        self._ran.append(ran or NEARLY * age)
        if self.soonest is None or age < self.soonest:
            self.soonest = age
