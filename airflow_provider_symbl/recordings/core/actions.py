"""What the night's core asks for: actions, each carried out by itself, and ending in the event that it names."""

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


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """Read the ledger: all that is open, and an index of all that is closed. Ends in ``FactsRead``."""


@dataclass(frozen=True, slots=True)
class ListFiles:
    """List the recordings. Ends in ``Listed``, page by page."""


@dataclass(frozen=True, slots=True)
class Inspect:
    """Look into a file. Ends in ``Inspected``."""

    file: RecordingFile


@dataclass(frozen=True, slots=True)
class FindClosed:
    """Look for keys among all that is closed, and keep what was inspected. Ends in ``ClosedFound``."""

    keys: frozenset[str]
    inspected: Mapping[bytes, Inspection | Unfit]


@dataclass(frozen=True, slots=True)
class MakeClaim:
    """Look at the file once more, and claim an attempt. Ends in ``Claimed``."""

    key: str
    number: int
    file: RecordingFile
    claim: Claim


@dataclass(frozen=True, slots=True)
class Relook:
    """Look once more at what is closed, since keys were claimed that may be so. Ends in ``Relooked``."""

    claimed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a claim back that came too late; nothing was sent under it. Ends in ``Withdrawn``."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Submit under a claim, unless its time is over, and write down what came of it. Ends in ``Sent``."""

    key: str
    number: int
    file: RecordingFile
    inspection: Inspection
    claim: Claim


@dataclass(frozen=True, slots=True)
class Release:
    """Write down that nothing was made under an own claim. Ends in ``Sent``."""

    key: str
    number: int
    not_made: Literal["full", "cut"]


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Look for what unanswered claims made, all with one listing. Ends in ``Reconciled``.

    :param claims: key, number, and from when on a conversation of it may have begun.
    :param judged: the keys whose submission is over for so long that it is lost where nothing of it is found.
    """

    claims: Sequence[tuple[str, int, float]]
    judged: frozenset[str]


@dataclass(frozen=True, slots=True)
class Poll:
    """Read the state of a job, and of what was asked for besides. Ends in ``Polled``."""

    key: str
    answer: Answer
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Land:
    """Read a conversation, write its forms, and write that down. Ends in ``Landed``."""

    key: str
    attempt: Attempt
    path: str
    completed: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Write down that an attempt failed. Ends in ``Finished``."""

    key: str
    number: int
    done: Done


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a conversation at Symbl. Ends in ``Deleted``."""

    key: str
    number: int
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Rerender:
    """Render the forms again from the stored document; nothing is paid. Ends in ``Landed``."""

    key: str
    closed: Closed
    path: str


@dataclass(frozen=True, slots=True)
class Compact:
    """Close what is over, and delete its open facts. Ends in ``Compacted``.

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
