"""What the server remembers: conversations, their parts, jobs and tokens, each as a frozen record."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from airflow_provider_symbl.local_server.routes.progress import Progress


class Status(enum.StrEnum):
    """The states of a job, in Symbl's words."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows this state."""
        return self in {Status.COMPLETED, Status.FAILED}


@dataclass(frozen=True)
class Member:
    """A person in a conversation.

    :param id: a UUID of the server's own.
    :param user_id: what the client knows the person by, usually an e-mail address.
    """

    id: str
    name: str | None = None
    user_id: str | None = None

    @property
    def email(self) -> str | None:
        """The user id, where it is an e-mail address."""
        return self.user_id if self.user_id and "@" in self.user_id else None


@dataclass(frozen=True)
class Word:
    """A word as it was heard, or as it stands in a submitted text.

    :param score: how sure the recogniser is, 0 to 1; None for submitted text.
    """

    text: str
    start: datetime
    end: datetime
    score: float | None = None


@dataclass(frozen=True)
class Message:
    """One thing that one person said, of about a sentence.

    :param member_id: who said it; None where nobody knows.
    :param speaker_tag: channel or speaker number in the recording, from 1.
    """

    id: str
    text: str
    start: datetime
    end: datetime
    words: tuple[Word, ...] = ()
    member_id: str | None = None
    speaker_tag: int | None = None


@dataclass(frozen=True)
class Tracker:
    """Phrases to look out for.

    :param id: a UUID: of a tracker that the account keeps, or made for one that came with a submission.
    """

    id: str
    name: str
    vocabulary: tuple[str, ...]


@dataclass(frozen=True)
class CustomEntity:
    """A text to be found as an entity of the client's own type.

    :param value: what it stands for; the text itself unless given.
    """

    type: str
    text: str
    value: str | None = None


@dataclass(frozen=True)
class AnalysisOptions:
    """What a submission asks to be found in its messages.

    :param threshold: how sure an insight has to be, 0 to 1.
    :param phrases: whether key phrases are wanted.
    :param entities: whether entities are wanted.
    :param language: two letters; insights are found in English alone.
    :param minutes_off_utc: the speakers' time zone, for what ``tomorrow`` means.
    """

    threshold: float = 0.5
    phrases: bool = False
    entities: bool = False
    custom_entities: tuple[CustomEntity, ...] = ()
    trackers: tuple[Tracker, ...] = ()
    language: str = "en"
    minutes_off_utc: int = 0


@dataclass(frozen=True)
class Part:
    """What one job added to its conversation.

    :param start: where it begins on the conversation's time line.
    :param end: where it ends, silence after the last word included.
    :param wanted: what is to be found in it.
    :param recording: the file that it was heard in, which lives as long as the part; None for text.
    :param source: SHA-256 of the URL that the recording was fetched from, in hexadecimal; None for any other.
    """

    job_id: str
    messages: tuple[Message, ...]
    members: tuple[Member, ...]
    start: datetime
    end: datetime
    wanted: AnalysisOptions = field(default_factory=AnalysisOptions)
    recording: Path | None = None
    source: str | None = None


def discard(part: Part) -> None:
    """Delete a part's recording, if it has one."""
    if part.recording:
        part.recording.unlink(missing_ok=True)


@dataclass(frozen=True)
class Conversation:
    """A conversation apart from its parts."""

    id: str
    name: str
    created: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One accepted submission.

    :param progress: the setting that was in force when it was accepted.
    :param actual: where the work stands.
    :param shown: where clients are told that it stands.
    :param features: the add-ons asked for, in Symbl's words (``insights``, ``callScore``).
    :param shown_over: when a terminal state was first shown.
    :param must_fail: the reason with which a fault rule makes it fail; None for none.
    :param must_last: seconds after submission before which a fault rule lets no end be shown.
    """

    id: str
    conversation_id: str
    submitted: datetime
    progress: Progress
    actual: Status = Status.SCHEDULED
    shown: Status = Status.SCHEDULED
    message: str | None = None
    webhook_url: str | None = None
    features: tuple[str, ...] = ()
    shown_over: datetime | None = None
    must_fail: str | None = None
    must_last: float = 0.0

    @property
    def seconds(self) -> float | None:
        """From its submission until it was first shown as over; None while it is not."""
        return None if self.shown_over is None else (self.shown_over - self.submitted).total_seconds()


@dataclass(frozen=True)
class Token:
    """An access token.

    :param expires: seconds since the epoch.
    :param refresh: what it can be exchanged for a new one with.
    """

    text: str
    expires: float
    refresh: str
