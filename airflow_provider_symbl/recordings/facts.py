"""What a night knows: of a file that was listed, of what is in it, and what the ledger holds of it. All is plain data.

Moments are seconds since the epoch, by the clock of the machine that wrote them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.validators import Json

Kind = Literal["audio", "video", "text"]
NotMade = Literal["refused", "full", "cut", "lost"]
"""Why a submission made no job: Symbl said no, had no room; the body was cut short by us; nothing of it was found."""
FREE: frozenset[str] = frozenset(("full", "cut"))
"""Those of them that use up no attempt."""

KEY_LENGTH = 32
"""Hexadecimal digits of a key: 128 bits of the content's SHA-256."""


class Night(NamedTuple):
    """Whose doing something is: one task of one DAG run, over all its tries and clears."""

    dag_id: str
    run_id: str
    task_id: str


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A file as it was listed.

    :param path: its name in all reports: below the folder of recordings, with forward slashes.
    :param uri: where it lies, without a query: a local path or an object-storage URI.
    :param size: bytes.
    :param version: an etag, or nanoseconds of the last change; with path and size it tells whether it is the same file.
    :param modified: when it was last changed; None where the storage does not tell.
    :param is_settled: whether it was whole when it was listed, as an object is.
    :param sidecar: the path of ``NAME.symbl.json`` that was listed beside it.
    """

    path: str
    uri: str
    size: int
    version: str
    modified: float | None = None
    is_settled: bool = False
    sidecar: str | None = None

    @property
    def digest(self) -> bytes:
        """16 bytes by which this version of this path is known again."""
        identity = f"{self.path}\0{self.version}\0{self.size}"
        return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()[:16]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file before any money is spent.

    :param kind: which of Symbl's calls takes it.
    :param key: what is paid for once: the first :data:`KEY_LENGTH` digits of the content's SHA-256; where no byte was
        read, the same of URI and version.
    :param sha256: of all its bytes, in hexadecimal; None where it was not read.
    :param duration: seconds; None where its header does not tell.
    :param channels: of sound.
    :param options: the digest of all parameters that change what Symbl makes of it.
    :param parameters: Symbl's parameters by their snake_case names, the overrides for this file among them.
    :param starts: of text, when its first message says that it was said.
    :param warnings: sentences for the report, such as "both channels are the same".
    """

    kind: Kind
    key: str
    sha256: str | None
    duration: float | None
    channels: int = 1
    options: str = ""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    starts: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def are_channels_apart(self) -> bool:
        """Whether each channel is recognised, and paid for, by itself."""
        return self.parameters.get("enable_separate_recognition_per_channel") is True


@dataclass(frozen=True, slots=True)
class Unfit:
    """A file that is not sent.

    :param reason: one of the reasons of :mod:`~airflow_provider_symbl.recordings.outcomes`.
    :param message: one sentence.
    :param is_final: whether the same version of the file can never pass, so that it is quarantined from then on.
    """

    reason: str
    message: str
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """Written before a submission leaves.

    :param path: of the recording, as it was listed.
    :param version: hexadecimal :attr:`RecordingFile.digest`.
    :param size: bytes.
    :param duration: seconds, None where not known.
    :param minutes: that count for the night's budget and its price.
    :param kind: which call.
    :param options: digest of the parameters.
    :param night: whose.
    :param at: when.
    :param ends: when the submission is certainly over: nothing leaves after it.
    :param redrive: whether it was asked for by ``redrive``, and gives one attempt more.
    :param sha256: of the content.
    :param since: from when on a conversation of it may have begun, as Symbl may tell.
    :param features: what is waited for besides the job.
    """

    path: str
    version: str
    size: int
    duration: float | None
    minutes: float
    kind: Kind
    options: str
    night: Night
    at: float
    ends: float
    redrive: bool = False
    sha256: str | None = None
    since: float | None = None
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a submission: ids, or that it made none. The first one that is written stands.

    :param night: who wrote it.
    :param at: when.
    :param conversation_id: what was made.
    :param job_id: its job; None where only the conversation was found again.
    :param not_made: why nothing was made.
    :param message: Symbl's reason, without what was said.
    """

    night: Night
    at: float
    conversation_id: str | None = None
    job_id: str | None = None
    not_made: NotMade | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """How an attempt ended.

    :param night: who wrote it.
    :param at: when.
    :param reason: empty where it landed, else one of the failed reasons.
    :param message: one sentence.
    :param is_final: of a failure: whether no further attempt may follow without ``redrive``.
    :param completed: when the job was seen completed.
    :param files: of what landed: URI, size and SHA-256 by file name.
    :param folder: that they lie in, below the results.
    :param note: what happened besides, such as that it was paid for twice.
    """

    night: Night
    at: float
    reason: str = ""
    message: str = ""
    is_final: bool = False
    completed: float | None = None
    files: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)
    folder: str = ""
    note: str = ""

    @property
    def is_landed(self) -> bool:
        """Whether the results stand."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Attempt:
    """All facts of one attempt; None stands for a fact that is not there.

    :param number: from 1, never used again.
    :param claim: None where it is half-written: it counts all the same.
    :param claimed: when the claim's file was made, for one that is half-written; None where the store does not tell.
    :param is_deleted: whether the conversation is deleted at Symbl.
    """

    number: int
    claim: Claim | None
    answer: Answer | None = None
    done: Done | None = None
    is_deleted: bool = False
    claimed: float | None = None

    @property
    def is_landed(self) -> bool:
        """Whether its results stand."""
        return self.done is not None and self.done.is_landed

    def counts_with(self, options: str) -> bool:
        """Tell whether it uses up one of the attempts that a content has: one whose claim is not whole does.

        :param options: digest of the parameters; an attempt with others does not count.
        """
        is_free = self.answer is not None and self.answer.not_made in FREE
        return not is_free and (self.claim is None or self.claim.options == options)

    def minutes_paid_by(self, night: Night) -> float:
        """Return the minutes that a night has paid for it.

        :param night: any.
        """
        is_paid = self.answer is not None and self.answer.conversation_id is not None
        return self.claim.minutes if is_paid and self.claim is not None and self.claim.night == night else 0.0


@dataclass(frozen=True, slots=True)
class Closed:
    """What a closed segment tells of one content; several lines of one content are a union.

    :param key: of the content.
    :param attempts: the highest number that was used.
    :param used: how many attempts count, with these options.
    :param reason: empty where it landed, else why it failed.
    :param message: one sentence.
    :param is_final: of a failure: whether it is quarantined.
    :param options: digest of the parameters of the last attempt.
    :param night: who closed it.
    :param at: when.
    :param versions: hexadecimal digests of all versions of paths that had this content.
    :param paths: their paths.
    :param conversation_id: None where nothing was made.
    :param job_id: the same.
    :param is_deleted: whether the conversation is deleted at Symbl.
    :param is_redriven: whether the last attempt was asked for by ``redrive``.
    :param size: bytes.
    :param duration: seconds.
    :param minutes: that the night which closed it has paid for, over its attempts.
    :param submitted: when its last attempt was claimed.
    :param completed: when its job was seen completed.
    :param forms: names of the files that landed.
    :param folder: that they lie in, below the results.
    :param note: what happened besides, such as that it was paid for twice.
    """

    key: str
    attempts: int
    used: int
    reason: str
    message: str
    is_final: bool
    options: str
    night: Night
    at: float
    versions: tuple[str, ...]
    paths: tuple[str, ...]
    conversation_id: str | None = None
    job_id: str | None = None
    is_deleted: bool = False
    is_redriven: bool = False
    size: int = 0
    duration: float | None = None
    minutes: float = 0.0
    submitted: float | None = None
    completed: float | None = None
    forms: tuple[str, ...] = ()
    folder: str = ""
    note: str = ""

    @property
    def is_landed(self) -> bool:
        """Whether the results stand."""
        return not self.reason
