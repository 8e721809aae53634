"""What the night's core asks for, and what it is told: actions and events, plain data between decision and I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.recordings.facts import (
        Answer,
        Attempt,
        Claim,
        Closed,
        Done,
        Inspection,
        RecordingFile,
        Unfit,
    )
    from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex


# Actions: each is carried out by itself, and ends in one event.


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """Read the ledger: all that is open, and an index of all that is closed. Ends in :class:`FactsRead`."""


@dataclass(frozen=True, slots=True)
class ListFiles:
    """List the recordings. Ends in :class:`Listed`, page by page."""


@dataclass(frozen=True, slots=True)
class Inspect:
    """Look into a file. Ends in :class:`Inspected`."""

    file: RecordingFile


@dataclass(frozen=True, slots=True)
class FindClosed:
    """Look for keys among all that is closed, and keep what was inspected. Ends in :class:`ClosedFound`."""

    keys: frozenset[str]
    inspected: Mapping[bytes, Inspection | Unfit]


@dataclass(frozen=True, slots=True)
class MakeClaim:
    """Look at the file once more, and claim an attempt. Ends in :class:`Claimed`."""

    key: str
    number: int
    file: RecordingFile
    claim: Claim


@dataclass(frozen=True, slots=True)
class Relook:
    """Look once more at what is closed, since keys were claimed that may be so. Ends in :class:`Relooked`."""

    claimed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a claim back that came too late; nothing was sent under it. Ends in :class:`Withdrawn`."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Submit under a claim, unless its time is over, and write down what came of it. Ends in :class:`Sent`."""

    key: str
    number: int
    file: RecordingFile
    inspection: Inspection
    claim: Claim


@dataclass(frozen=True, slots=True)
class Release:
    """Write down that nothing was made under an own claim. Ends in :class:`Sent`."""

    key: str
    number: int
    not_made: Literal["full", "cut"]


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Look for what unanswered claims made, all with one listing. Ends in :class:`Reconciled`.

    :param claims: key, number, and from when on a conversation of it may have begun.
    :param judged: the keys whose submission is over for so long that it is lost where nothing of it is found.
    """

    claims: Sequence[tuple[str, int, float]]
    judged: frozenset[str]


@dataclass(frozen=True, slots=True)
class Poll:
    """Read the state of a job, and of what was asked for besides. Ends in :class:`Polled`."""

    key: str
    answer: Answer
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Land:
    """Read a conversation, write its forms, and write that down. Ends in :class:`Landed`."""

    key: str
    attempt: Attempt
    path: str
    completed: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Write down that an attempt failed. Ends in :class:`Finished`."""

    key: str
    number: int
    done: Done


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a conversation at Symbl. Ends in :class:`Deleted`."""

    key: str
    number: int
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Rerender:
    """Render the forms again from the stored document; nothing is paid. Ends in :class:`Landed`."""

    key: str
    closed: Closed
    path: str


@dataclass(frozen=True, slots=True)
class Compact:
    """Close what is over, and delete its open facts. Ends in :class:`Compacted`.

    :param attempts: of what is over, by key.
    :param extra: lines for what never had a claim.
    """

    attempts: Mapping[str, Sequence[Attempt]]
    extra: Sequence[Closed]


Action = (
    ReadFacts
    | ListFiles
    | Inspect
    | FindClosed
    | MakeClaim
    | Relook
    | Withdraw
    | Send
    | Release
    | Reconcile
    | Poll
    | Land
    | Finish
    | Delete
    | Rerender
    | Compact
)


# Events.


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
    """

    attempts: Mapping[str, Sequence[Attempt]]
    index: ClosedIndex
    remembered: Mapping[bytes, tuple[Inspection | Unfit, float]]
    unreadable: Mapping[str, str]
    is_paused: bool = False


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
