"""What the night's core is told: events, plain data between I/O and decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.recordings.facts import Answer, Attempt, Closed, Done, Inspection, RecordingFile, Unfit
    from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex


@dataclass(frozen=True, slots=True)
class Started:
    """The night begins, or goes on after a retry, a clear or a deferral."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment came that the core waited for."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing more is to be begun.

    :param reason: one of those that can be waited for.
    :param message: one sentence.
    """

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class FactsRead:
    """What the ledger holds.

    :param attempts: all open ones by key.
    :param index: of all that is closed.
    :param remembered: what tries of the same night found in files, by version, and when.
    :param unreadable: what is wrong with the facts of a key, where some cannot be read.
    :param is_paused: whether a file ``pause`` lies in it.
    :param is_unused: whether nothing was ever claimed in it, be it new or not.
    """

    attempts: Mapping[str, Sequence[Attempt]]
    index: ClosedIndex
    remembered: Mapping[bytes, tuple[Inspection | Unfit, float]]
    unreadable: Mapping[str, str]
    is_paused: bool = False
    is_unused: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of the recordings."""

    files: Sequence[RecordingFile]
    is_last: bool


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is in a file; None where it is gone."""

    file: RecordingFile
    found: Inspection | Unfit | None


@dataclass(frozen=True, slots=True)
class ClosedFound:
    """What is closed, by key."""

    closed: Mapping[str, Closed]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whether an attempt is ours."""

    key: str
    outcome: Literal["won", "lost", "gone", "changed", "error"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Relooked:
    """All that others have closed since the last look, by key."""

    claimed: Mapping[str, int]
    closed: Mapping[str, Closed]
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """That a claim is taken back."""

    key: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a submission.

    :param outcome: made: the ids are written down. refused, superseded, late: so is that the attempt is over, since
        Symbl takes no such recording, the file was replaced while it was sent, or somebody else has judged it lost.
        full, cut: nothing was made, and nothing is written down. released: that is written down; gone: that too, and
        there is no file any more. unknown: it left, and no answer came. stopped: Symbl takes nothing of this account.
    :param retry_after: seconds that Symbl asked to wait.
    """

    key: str
    outcome: Literal["made", "refused", "superseded", "late", "full", "cut", "released", "gone", "unknown", "stopped"]
    answer: Answer | None = None
    done: Done | None = None
    message: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found of unanswered claims: the answers that stand now; keys without one are not there."""

    asked: Sequence[str]
    answers: Mapping[str, Answer]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Polled:
    """The state of a job.

    :param state: gone: Symbl knows neither job nor conversation. unknown: no answer, or a state that nobody knows.
    :param seen: of a conversation whose job is not known: what it holds, so that its end can be told.
    """

    key: str
    state: Literal["running", "completed", "failed", "gone", "unknown"]
    message: str = ""
    retry_after: float | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of landing; None where it has to be tried again."""

    key: str
    done: Done | None
    message: str = ""
    is_storage: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """That a failure is written down, or what another has written down instead."""

    key: str
    done: Done


@dataclass(frozen=True, slots=True)
class Deleted:
    """Whether a conversation is deleted."""

    key: str
    is_deleted: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Compacted:
    """That it is done."""


Event = (
    Started
    | Tick
    | Stop
    | FactsRead
    | Listed
    | Inspected
    | ClosedFound
    | Claimed
    | Relooked
    | Withdrawn
    | Sent
    | Reconciled
    | Polled
    | Landed
    | Finished
    | Deleted
    | Compacted
)
