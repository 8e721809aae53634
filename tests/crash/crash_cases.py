"""The cells of the crash matrix: where each is killed and what must come of it, for the DAG file and for the test."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass


class Step(enum.StrEnum):
    """What is done when the process ends that does it."""

    BEFORE_INTENT = "before_intent"
    AFTER_INTENT = "after_intent"
    IN_FLIGHT = "in_flight"
    """The request is at the server, which makes the job once the client is gone."""
    IN_FLIGHT_IN_VAIN = "in_flight_in_vain"
    """The server saw the request's head and never reads its body: no job."""
    ANSWERED = "answered"
    IDS_STORED = "ids_stored"
    WAITING = "waiting"
    BEFORE_PUSH = "before_push"
    TRIGGERER = "triggerer"
    """The task waits in the triggerer, which is killed and replaced."""
    SERVER = "server"
    """The task waits, and symbl-local is killed and started again."""
    CLEARED = "cleared"
    """The ids are stored; the retry ends well, and then a user clears the task."""


KILLED_BY_TEST = frozenset({Step.TRIGGERER, Step.SERVER})
"""No task's process dies in these."""
WITHOUT_JOB = frozenset({Step.BEFORE_INTENT, Step.AFTER_INTENT, Step.IN_FLIGHT_IN_VAIN})
"""The try that is killed makes no job."""
ANSWER_LOST = frozenset({Step.IN_FLIGHT, Step.ANSWERED})
"""It makes one, and nobody keeps the job's id."""


@dataclass(frozen=True)
class Cell:
    """One task of the matrix.

    :param step: where it is killed.
    :param is_append: it appends to a conversation of its own, or else submits one.
    :param is_file: what it sends is a file, or else text.
    :param is_deferrable: it waits in the triggerer.
    """

    step: Step
    is_append: bool
    is_file: bool
    is_deferrable: bool

    @property
    def task_id(self) -> str:
        """The task's name, which is no part of another one's."""
        call = ("append" if self.is_append else "submit") + ("_file" if self.is_file else "_text")
        return f"{self.step}-{call}-{'deferrable' if self.is_deferrable else 'sync'}"

    @property
    def sentence(self) -> str:
        """What it says, and nobody else."""
        return f"Only {self.task_id} says this."

    @property
    def leaves_doubt(self) -> bool:
        """Whether nobody can tell afterwards if there is a job, and none is."""
        return self.step in WITHOUT_JOB - {Step.BEFORE_INTENT}

    @property
    def ends_unknown(self) -> bool:
        """Whether it must fail, since sending again what may have been taken would append twice."""
        return self.is_append and self.leaves_doubt

    @property
    def is_possible(self) -> bool:
        """Whether there is such a moment, and a way to bring it about."""
        if self.step is Step.IN_FLIGHT_IN_VAIN:
            # Only path and query can tell a request whose body is not read, and a text submit's say nothing.
            return self.is_append or self.is_file
        # What waits in the triggerer has no process of its own.
        needs_deferral = {Step.TRIGGERER: True, Step.WAITING: False}
        return needs_deferral.get(self.step, self.is_deferrable) == self.is_deferrable


def cells_of(*steps: Step) -> list[Cell]:
    """Return the cells of these steps."""
    every = itertools.product(steps, (False, True), (False, True), (False, True))
    return [cell for cell in itertools.starmap(Cell, every) if cell.is_possible]


KILLS = cells_of(*(step for step in Step if step not in KILLED_BY_TEST | {Step.CLEARED}))
TRIGGERER = cells_of(Step.TRIGGERER)
SERVER = cells_of(Step.SERVER)
CLEARED = cells_of(Step.CLEARED)
