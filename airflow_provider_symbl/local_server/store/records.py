"""The records of the store: conversations, their parts, jobs, submissions and tokens, each a frozen dataclass.

They are values without any I/O but for the files that a part or a submission owns, so every room may use them. A store
hands them out as they are, and a change makes a new one. Their fields are what a data folder holds: a new field needs a
default, which the records of older servers take; renaming or removing one needs a new :data:`.data_dir.FORMAT`.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the types of the fields, here and below
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - the same
from pathlib import Path
from typing import Annotated, TypeAlias, cast

from pydantic import Base64Bytes, PlainSerializer, PlainValidator, ValidationInfo


def _in_spool(name: str, info: ValidationInfo) -> Path:
    return cast("Path", info.context) / name  # the reader gives the folder


StoredPath: TypeAlias = Annotated[
    Path, PlainSerializer(lambda path: path.name, return_type=str), PlainValidator(_in_spool)
]
"""A file in the store's folder for files. On disk it is its name alone, so that the folder may be moved."""


class Status(enum.StrEnum):
    """The statuses of a job, in Symbl's words."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_terminal(self) -> bool:
        """Whether no other status follows this one."""
        return self in {Status.COMPLETED, Status.FAILED}


@dataclass(frozen=True)
class Progress:
    """The progress setting: what the status of a job, as clients read it, depends on.

    :param by: ``work`` (the real work), ``at_once`` (the work is over when the submission is answered),
        ``polls`` (the number of times that the status was read) or ``time`` (since submission).
    :param polls: by polls, the read that shows a terminal status, counted from 1.
    :param seconds: by time, seconds after submission before which no terminal status is shown.
    """

    by: str = "work"
    polls: int = 1
    seconds: float = 0.0

    @property
    def setting(self) -> dict[str, object]:
        """The setting as the control route takes it and shows it."""
        extra: dict[str, dict[str, object]] = {
            "polls": {"polls": self.polls},
            "time": {"seconds": self.seconds},
        }
        return {"by": self.by, **extra.get(self.by, {})}

    def at_read(self, reads: int, actual: Status) -> Status:
        """Give the status that a read shows when progress goes by polls.

        :param reads: how often the status was read, this time included.
        :param actual: the status of the work itself.
        """
        if actual.is_terminal and reads >= self.polls:
            return actual
        return Status.SCHEDULED if reads <= 1 else Status.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person as a submission names one, before it is known which member that is.

    :param key: the user id that tells the person from others of the same name, usually an e-mail address.
    """

    name: str | None = None
    key: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a name or a key."""
        return bool(self.name or self.key)


@dataclass(frozen=True)
class Member:
    """A person in a conversation.

    :param id: a UUID that the server made.
    :param user_id: the client's own id of the person, usually an e-mail address.
    """

    id: str
    name: str | None = None
    user_id: str | None = None

    @property
    def email(self) -> str | None:
        """The user id, where it is an e-mail address."""
        return self.user_id if self.user_id and "@" in self.user_id else None


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times, as it was recognised or as it stands in a submitted text.

    :param score: the recogniser's confidence, 0 to 1; None for submitted text.
    """

    text: str
    start: datetime
    end: datetime
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that one person said: a sentence of a recording, or a message of a submitted text.

    :param words: those that were recognised; none for submitted text.
    :param member_id: who said it; None where that is unknown.
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

    :param id: of a tracker that the account keeps, or made for one that came with a submission.
    """

    id: str
    name: str
    vocabulary: tuple[str, ...]


@dataclass(frozen=True)
class CustomEntity:
    """A text to be found as an entity of a type that the client has made up.

    :param value: what the text stands for; None for the text itself.
    """

    type: str
    text: str
    value: str | None = None


@dataclass(frozen=True)
class AnalysisOptions:
    """What a submission asks to be found in its messages.

    :param threshold: the least confidence of an insight, 0 to 1.
    :param phrases: whether to detect key phrases.
    :param entities: whether to detect entities.
    :param language: two letters; insights are found in English alone.
    :param minutes_off_utc: the speakers' time zone, by which ``tomorrow`` is a date.
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

    :param start: when it begins on the conversation's time line.
    :param end: when it ends, silence after the last word included.
    :param analysis_options: what its submission asks to be found in it.
    :param recording: the file that was recognised, which the part owns; None for text.
    :param source: the :func:`digest` of the URL that the recording was downloaded from; None for any other.
    """

    job_id: str
    messages: tuple[Message, ...]
    members: tuple[Member, ...]
    start: datetime
    end: datetime
    analysis_options: AnalysisOptions = field(default_factory=AnalysisOptions)
    recording: StoredPath | None = None
    source: str | None = None


def discard(part: Part) -> None:
    """Delete a part's recording, if it has one."""
    if part.recording:
        part.recording.unlink(missing_ok=True)


@dataclass(frozen=True)
class Conversation:
    """A conversation, without its parts.

    :param name: its id unless a submission gives a name.
    :param metadata: the client's own keys and values.
    """

    id: str
    name: str
    created: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobFault:
    """What the fault rules do to the job that a submission makes.

    :param failure: the message with which the job fails; None lets it end as it would.
    :param seconds: seconds after submission before which no terminal status is shown.
    """

    failure: str | None = None
    seconds: float = 0.0

    def joined(self, other: JobFault) -> JobFault:
        """Merge two: the other's message where it has one, and the longer time."""
        return JobFault(other.failure or self.failure, max(self.seconds, other.seconds))


@dataclass(frozen=True)
class Job:
    """One accepted submission.

    :param progress: the setting that was in force when it was accepted.
    :param actual: the status of the work itself.
    :param shown: the status that clients are told.
    :param message: why it failed.
    :param features: the add-ons asked for, in Symbl's words (``insights``, ``callScore``).
    :param shown_over: when a terminal status was first shown.
    :param fault: what the fault rules do to it.
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
    fault: JobFault = field(default_factory=JobFault)

    @property
    def seconds(self) -> float | None:
        """Seconds from its submission until a terminal status was first shown; None before that."""
        return None if self.shown_over is None else (self.shown_over - self.submitted).total_seconds()


@dataclass(frozen=True)
class RawSubmission:
    """A submission as it arrived; until its job is over, its content can be read from this again after a restart.

    :param call: ``text``, ``audio``, ``audio/url``, ``video`` or ``video/url``.
    :param query: the raw query string.
    :param body: a JSON body that is not in a file.
    :param file: a recording, or a long JSON body; the submission owns the file.
    :param trackers: what it asks to track, the account's own trackers as they were then.
    """

    call: str
    query: str
    body: Base64Bytes = b""
    file: StoredPath | None = None
    trackers: tuple[Tracker, ...] = ()

    def discard(self) -> None:
        """Delete the file, if there is one."""
        if self.file:
            self.file.unlink(missing_ok=True)

    def read_body(self) -> bytes:
        """Read the body, from its file if it has one.

        :raises OSError: the file cannot be read.
        """
        return self.file.read_bytes() if self.file else self.body


@dataclass(frozen=True)
class Token:
    """An access token.

    :param expires: seconds since the epoch.
    :param refresh: the refresh token that came with it.
    """

    text: str
    expires: float
    refresh: str


def digest(url: str) -> str:
    """Give the SHA-256 of a URL, which is kept in its place: a signed URL is a secret."""
    return hashlib.sha256(url.encode()).hexdigest()
