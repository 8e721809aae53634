"""The closed table of what can become of a listed path in a night; every path has exactly one outcome.

found = landed + failed + waiting + quarantined + skipped.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.validators import Json

OutcomeName = Literal["landed", "failed", "waiting", "quarantined", "skipped"]

REASONS: Mapping[OutcomeName, tuple[str, ...]] = {
    "landed": ("landed",),
    "failed": (
        *("refused", "job failed", "unreadable", "codec not known", "empty", "longer than the budget"),
        *("never ended", "replaced", "results"),
    ),
    "waiting": (
        *("elsewhere", "unknown", "overdue", "running", "budget", "not settled", "finish_by", "paused"),
        *("fact that cannot be read", "unreachable", "first night", "stopped", "dry run"),
    ),
    "quarantined": ("quarantined",),
    "skipped": ("landed before", "landed by another", "same content", "not a recording", "gone"),
}
"""The reasons that each outcome can have."""


class Held(NamedTuple):
    """Why nothing more is done for a content in this night, where its facts do not tell.

    :param outcome: waiting, failed or skipped.
    :param reason: of those that the outcome can have.
    :param message: one sentence.
    """

    outcome: OutcomeName
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What the report tells of one listed path.

    :param path: as it was listed.
    :param outcome: one of five.
    :param reason: one of those that the outcome can have.
    :param message: one sentence: Symbl's reason, the other path, who landed it; empty where there is nothing to add.
    :param key: of the content; None where it was not read.
    :param size: bytes.
    :param duration: seconds.
    :param minutes: that this night pays for.
    :param attempts: the highest number that was used.
    :param conversation_id: what was made.
    :param job_id: its job.
    :param submitted: seconds since the epoch.
    :param completed: the same, when its job was seen completed.
    :param landed: the same, when its results stood.
    :param folder: of its results, below the folder of all results; None where none stand.
    :param forms: names of the files in it.
    :param since: of what is quarantined: seconds since the epoch.
    :param notes: what a person should know besides: "landed with other options", "paid twice: conversation …".
    """

    path: str
    outcome: OutcomeName
    reason: str
    message: str = ""
    key: str | None = None
    size: int = 0
    duration: float | None = None
    minutes: float = 0.0
    attempts: int = 0
    conversation_id: str | None = None
    job_id: str | None = None
    submitted: float | None = None
    completed: float | None = None
    landed: float | None = None
    folder: str | None = None
    forms: tuple[str, ...] = ()
    since: float | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON, free of what was said."""
        return {**asdict(self), "forms": list(self.forms), "notes": list(self.notes)}
