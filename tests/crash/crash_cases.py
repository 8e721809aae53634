"""The cases of the crash matrix: fault points and what must come of them, for the DAG file and for the test."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence


class FaultPoint(enum.StrEnum):
    """What is done when the process ends that does it."""

    BEFORE_SAVE = "before_save"
    """Nothing is in the task state store yet."""
    AFTER_SAVE = "after_save"
    """The store holds what is about to be submitted."""
    IN_FLIGHT = "in_flight"
    """The request is at the server, which makes the job once the client is gone."""
    IN_FLIGHT_NOT_READ = "in_flight_not_read"
    """The server saw the request's head and never reads its body: no job."""
    RESPONSE_RECEIVED = "response_received"
    IDS_SAVED = "ids_saved"
    POLLING = "polling"
    BEFORE_PUSH = "before_push"
    TRIGGERER = "triggerer"
    """The task waits in the triggerer, which is killed and replaced."""
    SERVER = "server"
    """The task waits, and symbl-local is killed and started again."""
    CLEARED = "cleared"
    """The ids are saved; the retry succeeds, and then a user clears the task."""


KILLED_BY_TEST = frozenset({FaultPoint.TRIGGERER, FaultPoint.SERVER})
"""The task's own process is not killed at these."""
WITHOUT_JOB = frozenset({FaultPoint.BEFORE_SAVE, FaultPoint.AFTER_SAVE, FaultPoint.IN_FLIGHT_NOT_READ})
"""The try that is killed makes no job."""
RESPONSE_LOST = frozenset({FaultPoint.IN_FLIGHT, FaultPoint.RESPONSE_RECEIVED})
"""It makes one, and nobody keeps the job's id."""


@dataclass(frozen=True)
class CrashCase:
    """One task of the matrix.

    :param fault_point: where it is killed.
    :param is_append: it appends to a conversation of its own, or else submits one.
    :param is_file: what it sends is a file, or else text.
    :param is_deferrable: it waits in the triggerer.
    """

    fault_point: FaultPoint
    is_append: bool
    is_file: bool
    is_deferrable: bool

    @property
    def task_id(self) -> str:
        """The task's name, which is no part of another one's."""
        call = ("append" if self.is_append else "submit") + ("_file" if self.is_file else "_text")
        return f"{self.fault_point}-{call}-{'deferrable' if self.is_deferrable else 'sync'}"

    @property
    def sentence(self) -> str:
        """What it says, and nobody else."""
        return f"Only {self.task_id} says this."

    @property
    def leaves_doubt(self) -> bool:
        """Whether nobody can tell afterwards if there is a job, and none is."""
        return self.fault_point in WITHOUT_JOB - {FaultPoint.BEFORE_SAVE}

    @property
    def ends_unknown(self) -> bool:
        """Whether it must fail, since sending again what may have been taken would append twice."""
        return self.is_append and self.leaves_doubt

    @property
    def is_possible(self) -> bool:
        """Whether there is such a moment, and a way to bring it about."""
        if self.fault_point is FaultPoint.IN_FLIGHT_NOT_READ:
            # Only path and query can tell a request whose body is not read, and a text submit's say nothing.
            return self.is_append or self.is_file
        # What waits in the triggerer has no process of its own.
        needs_deferral = {FaultPoint.TRIGGERER: True, FaultPoint.POLLING: False}
        return needs_deferral.get(self.fault_point, self.is_deferrable) == self.is_deferrable


def cases_at(*fault_points: FaultPoint) -> list[CrashCase]:
    """Return the cases at these fault points, as many as the tests' size has."""
    return list(itertools.chain.from_iterable(map(_cases_at_one, fault_points)))


def _cases_at_one(fault_point: FaultPoint) -> Sequence[CrashCase]:
    every = itertools.product([fault_point], (False, True), (False, True), (False, True))
    possible = [case for case in itertools.starmap(CrashCase, every) if case.is_possible]
    if SIZES.crash_cases_per_fault_point is None:
        return possible
    # Opposites, other ones at each fault point: each value of each flag occurs at it, and each mix of flags somewhere.
    half = len(possible) // 2
    start = list(FaultPoint).index(fault_point)
    chosen = {(start + step) % half for step in range(SIZES.crash_cases_per_fault_point // 2)}
    return [case for place in sorted(chosen) for case in (possible[place], possible[-1 - place])]


TASK_CASES = cases_at(*(point for point in FaultPoint if point not in KILLED_BY_TEST | {FaultPoint.CLEARED}))
TRIGGERER_CASES = cases_at(FaultPoint.TRIGGERER)
SERVER_CASES = cases_at(FaultPoint.SERVER)
CLEARED_CASES = cases_at(FaultPoint.CLEARED)
