"""What the server remembers: conversations, their parts, jobs and tokens, each as a frozen record."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path


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


@dataclass(frozen=True)
class Progress:
    """What a job's shown status follows.

    :param by: ``work`` (the real work), ``at_once`` (the work is over when the submission is answered),
        ``polls`` (the number of times that the status was read) or ``time`` (since submission).
    :param polls: the read that shows the end, from 1.
    :param seconds: how long after submission the end is shown at the earliest.
    """

    by: str = "work"
    polls: int = 1
    seconds: float = 0.0

    @property
    def setting(self) -> dict[str, object]:
        """The setting in the form in which it is set."""
        extra: dict[str, dict[str, object]] = {
            "polls": {"polls": self.polls},
            "time": {"seconds": self.seconds},
        }
        return {"by": self.by, **extra.get(self.by, {})}

    def at_read(self, reads: int, actual: Status) -> Status:
        """Say what the given read of a status shows when progress goes by polls.

        :param reads: how many reads there were, this one included.
        :param actual: where the work stands.
        """
        if actual.is_terminal and reads >= self.polls:
            return actual
        return Status.SCHEDULED if reads <= 1 else Status.IN_PROGRESS


@dataclass(frozen=True)
class JobFault:
    """What faults have in store for the job that a submission makes.

    :param failure: the reason with which it fails; None for none.
    :param seconds: how long after submission its end is shown at the earliest.
    """

    failure: str | None = None
    seconds: float = 0.0

    def joined(self, other: JobFault) -> JobFault:
        """Give what both want: the other's reason rather than this one's, and the longer time."""
        return JobFault(other.failure or self.failure, max(self.seconds, other.seconds))


@dataclass(frozen=True)
class Speaker:
    """A person as a client names one.

    :param key: what tells the person from others of the same name.
    """

    name: str | None = None
    key: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is anything to know the person by."""
        return bool(self.name or self.key)


@dataclass(frozen=True)
class RawSubmission:
    """A submission as it came, from which its content can be read again after a restart.

    :param call: ``text``, ``audio``, ``audio/url``, ``video`` or ``video/url``.
    :param query: the raw query string.
    :param content: a JSON body that is not in a file.
    :param file: a recording, or a long JSON body.
    :param trackers: what it asks to track, the account's own trackers as they were then.
    """

    call: str
    query: str
    content: bytes = b""
    file: Path | None = None
    trackers: tuple[Tracker, ...] = ()

    def discard(self) -> None:
        """Delete the file, if there is one."""
        if self.file:
            self.file.unlink(missing_ok=True)

    def body(self) -> bytes:
        """Read the JSON body, or what else was sent.

        :raises OSError: the file cannot be read.
        """
        return self.file.read_bytes() if self.file else self.content


def digest(url: str) -> str:
    """Give what a URL is remembered by: it may hold a signature, so not by itself."""
    return hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()
