"""Concurrency limit: how many jobs may run at once, found by additive increase and multiplicative decrease (AIMD).

It is our own: libraries of this kind limit threads or requests, and none counts jobs that outlive the process.
"""

from __future__ import annotations

FIRST = 8


class ConcurrencyLimit:
    """Slow start up to the cap; a refusal halves the limit, and each further job that is taken lets it grow again.

    :param cap: the most jobs at once, whatever Symbl takes.
    """

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._limit = float(min(FIRST, cap))
        self._threshold = float(cap)
        self._halved = float("-inf")

    @property
    def now(self) -> int:
        """How many jobs may run at present, from 1 to the cap."""
        return max(1, min(self._cap, int(self._limit)))

    def on_taken(self) -> None:
        """Grow by one while it is below where it was refused before, then by one for each round of jobs."""
        self._limit = min(self._cap, self._limit + (1.0 if self._limit < self._threshold else 1.0 / self._limit))

    def on_full(self, began: float, now: float) -> None:
        """Halve it, once for all submissions that had begun before it was halved.

        :param began: when the refused submission began.
        :param now: the moment.
        """
        if began < self._halved:
            return
        self._threshold = max(1.0, self._limit / 2)
        self._limit = self._threshold
        self._halved = now
