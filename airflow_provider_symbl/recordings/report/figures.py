"""The figures of a night's report, counted while its rows pass by: one row at a time, a few bytes of each are kept."""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.recordings.outcomes import REASONS

if TYPE_CHECKING:
    from airflow_provider_symbl.recordings.outcomes import OutcomeName, Row

FOUND = "found"
MOST_POINTS = 240
"""Points of the jobs over time, however long the night."""
MOST_SLOWEST = 20
PAID_TWICE = "paid twice"
REPLACED = "replaced"
OTHER_OPTIONS = "landed with other options"
"""How the notes begin that are counted; what was replaced has that as its reason, too."""
NOTES = (PAID_TWICE, REPLACED, OTHER_OPTIONS)


class Slow(NamedTuple):
    """A recording that took long.

    :param seconds: from its submission until its results stood.
    :param path: as it was listed.
    :param duration: seconds of sound, None where not known.
    """

    seconds: float
    path: str
    duration: float | None


class JobsPoint(NamedTuple):
    """A slice of the night.

    :param second: since the night's start, at which the slice begins.
    :param active: the most jobs at once in it.
    """

    second: float
    active: int


def kinds_of_notes(row: Row) -> set[str]:
    """Return which of the notes that are counted a row has.

    :param row: of the report.
    """
    if not row.notes and row.reason != REPLACED:
        return set()
    noted = {kind for kind in NOTES if any(note.startswith(kind) for note in row.notes)}
    return noted | {REPLACED} if row.reason == REPLACED else noted


@dataclass(slots=True)
class Figures:
    """Counts rows; 24 bytes of each are kept, for the median and the jobs over time.

    :param started: of the night, in seconds since the epoch.
    :param ended: the same.
    """

    started: float
    ended: float
    reasons: dict[OutcomeName, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in REASONS})
    minutes: float = 0.0
    notes: Counter[str] = field(default_factory=Counter)
    _begins: array[float] = field(default_factory=lambda: array("d"))
    _ends: array[float] = field(default_factory=lambda: array("d"))
    _waits: array[float] = field(default_factory=lambda: array("d"))
    _slowest: list[tuple[float, str, float]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Count a row.

        :param row: of the report.
        :raises KeyError: its outcome is not one of five.
        """
        self.reasons[row.outcome][row.reason] += 1
        self.minutes += row.minutes
        self.notes.update(kinds_of_notes(row))
        self._add_job(row)
        if row.outcome == "landed" and row.submitted is not None and row.landed is not None:
            self._add_wait(row, max(0.0, row.landed - row.submitted))

    @property
    def balance(self) -> dict[str, int]:
        """The six numbers; the first is the sum of the others."""
        outcomes: dict[str, int] = {name: counted.total() for name, counted in self.reasons.items()}
        return {FOUND: sum(outcomes.values()), **outcomes}

    @property
    def slowest(self) -> list[Slow]:
        """Those that took longest, the slowest first."""
        found = sorted(self._slowest, reverse=True)
        return [Slow(round(seconds, 1), path, None if sound < 0 else sound) for seconds, path, sound in found]

    def percentile(self, share: float) -> float | None:
        """Return within how many seconds after its submission a share of what landed had landed (nearest rank).

        :param share: above 0, at most 1.
        :return: None where nothing landed.
        """
        waits = sorted(self._waits)
        return round(waits[math.ceil(share * len(waits)) - 1], 1) if waits else None

    def jobs_over_time(self) -> list[JobsPoint]:
        """Return the most jobs at once in each of at most :data:`MOST_POINTS` slices of the night."""
        length = self.ended - self.started
        if length <= 0 or not self._begins:
            return []
        most = [0] * MOST_POINTS
        active = at = 0
        # Of one moment the ends come first: they have made room.
        ends, begins = ((end, -1) for end in sorted(self._ends)), ((begin, 1) for begin in sorted(self._begins))
        for moment, change in heapq.merge(ends, begins):
            before, at = at, self._slice(moment)
            most[before + 1 : at + 1] = [active] * (at - before)
            active += change
            most[at] = max(most[at], active)
        return [JobsPoint(round(length * part / MOST_POINTS, 3), jobs) for part, jobs in enumerate(most)]

    def _slice(self, moment: float) -> int:
        """Return in which slice a moment lies; what lies outside of the night counts to its edge."""
        share = (moment - self.started) / (self.ended - self.started)
        return min(MOST_POINTS - 1, max(0, int(share * MOST_POINTS)))

    def _add_job(self, row: Row) -> None:
        """Keep when a job of this night began and ended; of a failed one whose end nobody knows, nothing."""
        end = row.completed if row.completed is not None else row.landed
        if end is None and row.outcome == "waiting":
            end = self.ended
        is_own = row.outcome in {"landed", "failed", "waiting"} and row.reason != "elsewhere"
        if is_own and row.submitted is not None and end is not None and end >= self.started:
            self._begins.append(max(self.started, row.submitted))
            self._ends.append(max(self.started, row.submitted, end))

    def _add_wait(self, row: Row, seconds: float) -> None:
        self._waits.append(seconds)
        heapq.heappush(self._slowest, (seconds, row.path, -1.0 if row.duration is None else row.duration))
        if len(self._slowest) > MOST_SLOWEST:
            heapq.heappop(self._slowest)
