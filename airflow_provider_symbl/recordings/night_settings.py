"""What a night is told: its limits, in seconds and minutes, checked before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_symbl.recordings.facts import Inspection, Night

DEFAULT_CAP = 50
"""Jobs at once where neither the task nor its connection says."""
SEND_GRACE = 600.0
"""Seconds after the end of a send in which nobody else judges its claim."""
SHORTEST_SEND = 600.0
"""Seconds that a send may take, however small the file."""
SLOWEST_SEND = 500_000.0
"""Bytes a second below which a send is given up."""
FOREIGN_GRACE = 900.0
"""Seconds after the last fact of another night in which its job is left to it."""
WITHOUT_JOB = 900.0
"""Seconds for which a conversation whose job nobody can ask for takes one of the places: it may be over unseen."""
NEVER_ENDED = 7 * 24 * 3600.0
"""Seconds after which a job that does not end is given up for good."""
FIRST_NIGHT_LIMIT = 100
"""Recordings above which a newly made ledger sends nothing before somebody has said that it is meant."""
SIZE_PER_SECOND = 1000.0
"""Bytes that are taken for a second where the duration is not known."""


@dataclass(frozen=True, slots=True)
class NightSettings:
    """What a night keeps to.

    :param night: whose doing it is.
    :param cap: the most jobs at once.
    :param max_attempts: how many submissions a content has, with the same options.
    :param settle_seconds: apart are two looks that must find a local file unchanged.
    :param job_timeout: seconds that a job may take from its submission on.
    :param poll_interval: seconds before the first poll of a job.
    :param max_poll_interval: the most seconds between two polls.
    :param finish_by: when nothing is begun any more, in seconds since the epoch by this machine's clock, or None.
    :param max_minutes: the budget, None for none.
    :param price_per_minute: None where nobody has said.
    :param is_first_night_meant: whether a newly made ledger may send many recordings.
    :param redrive: kinds, names and globs of what gets one attempt more.
    :param order: of what is sent: oldest, newest, shortest or name.
    :param delete_after: whether conversations are deleted at Symbl once their results stand.
    :param is_dry_run: whether nothing is sent, and the plan alone is told.
    :param deferrable: whether to leave waiting to a trigger.
    """

    night: Night
    cap: int = DEFAULT_CAP
    max_attempts: int = 3
    settle_seconds: float = 60.0
    job_timeout: float = 4 * 3600.0
    poll_interval: float = 5.0
    max_poll_interval: float = 60.0
    finish_by: float | None = None
    max_minutes: float | None = None
    price_per_minute: float | None = None
    is_first_night_meant: bool = False
    redrive: tuple[str, ...] = ()
    order: str = "oldest"
    delete_after: bool = False
    is_dry_run: bool = False
    deferrable: bool = False


def send_time(size: int) -> float:
    """Return the seconds after which a send is given up.

    :param size: bytes.
    """
    return max(SHORTEST_SEND, size / SLOWEST_SEND)


def billed_minutes(size: int, inspection: Inspection) -> float:
    """Return the minutes that a recording is paid for; where nobody knows its duration, by its size.

    :param size: bytes.
    :param inspection: tells its duration, and the channels that are recognised apart, each of which is paid for.
    """
    seconds = size / SIZE_PER_SECOND if inspection.duration is None else inspection.duration
    return seconds * (inspection.channels if inspection.are_channels_apart else 1) / 60
