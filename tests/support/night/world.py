"""What a simulated night meets: files that people move about, a Symbl with faults, and a clock."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import stat
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_symbl.client.models import Conversation, Job, Message, Records, Submission
from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblNotFoundError,
    SymblServerError,
    SymblTransportError,
    SymblUnknownSubmissionError,
)
from airflow_provider_symbl.recordings.facts import Inspection, RecordingFile, Unfit

if TYPE_CHECKING:
    import datetime
    import random
    from collections.abc import Callable, Iterator

    from airflow_provider_symbl.client.uploads import Upload

START = 1_700_000_000.0


class KilledError(BaseException):
    """A task's process is gone, at whatever call it was."""


@dataclass
class Clock:
    """The world's one clock; a task may see it wrong by some seconds."""

    now: float = START

    def __call__(self) -> float:
        """Return seconds since the epoch."""
        return self.now


@dataclass
class StoredFile:
    """A file in the world: it behaves like a path for an upload."""

    content: bytes
    version: int
    suffix: str = ".wav"

    def stat(self) -> os.stat_result:
        """Tell its size."""
        return os.stat_result((stat.S_IFREG | 0o644, 0, 0, 1, 0, 0, len(self.content), 0, 0, 0))

    def open(self, mode: str) -> io.BytesIO:
        """Open it as it is now."""
        assert mode == "rb"
        return io.BytesIO(self.content)


@dataclass
class Files:
    """The folder of recordings.

    :param clock: of the world.
    :param is_object_store: whether files are whole as soon as they are listed.
    """

    clock: Clock
    is_object_store: bool
    files: dict[str, StoredFile] = field(default_factory=dict)
    versions: int = 0

    def put(self, path: str, content: bytes) -> None:
        """Write a file, or put it in the place of another."""
        self.versions += 1
        self.files[path] = StoredFile(content, self.versions)

    # What a night's source can do.

    def pages(self) -> Iterator[list[RecordingFile]]:
        """List all files."""
        found = [self._listed(path) for path in sorted(self.files)]
        half = len(found) // 2
        yield from (page for page in (found[:half], found[half:]) if page)

    def look(self, file: RecordingFile) -> RecordingFile | None:
        """Look at a file again."""
        return self._listed(file.path) if file.path in self.files else None

    def stored_path(self, file: RecordingFile) -> StoredFile:
        """Return a file to be sent; one that is gone cannot be read."""
        return self.files.get(file.path, StoredFile(b"", 0))

    def _listed(self, path: str) -> RecordingFile:
        file = self.files[path]
        return RecordingFile(
            path, f"memory://{path}", len(file.content), str(file.version), self.clock.now, self.is_object_store
        )

    def inspect(self, file: RecordingFile, options: str) -> Inspection | Unfit | None:
        """Look into a file: its first byte tells what it is."""
        found = self.files.get(file.path)
        if found is None:
            return None
        if not found.content:
            return Unfit("empty", "it holds nothing")
        if found.content.startswith(b"?"):
            return Unfit("not a recording", "neither sound nor messages")
        digest = hashlib.sha256(found.content).hexdigest()
        return Inspection("audio", digest[:32], digest, float(len(found.content)), options=options)


@dataclass
class Sold:
    """A conversation that Symbl has made, and that is paid for."""

    id: str
    name: str
    content: str
    made: float
    ends: float
    has_failed: bool
    is_deleted: bool = False


class Symbl:
    """The service: takes files, keeps to its cap, loses answers, fails jobs.

    :param clock: of the world.
    :param chance: its own random numbers.
    :param cap: jobs at once.
    :param faults: the share of calls that go wrong, by kind.
    """

    def __init__(self, clock: Clock, chance: random.Random, cap: int, faults: dict[str, float]) -> None:
        self.clock, self.chance, self.cap, self.faults = clock, chance, cap, faults
        self.sold: list[Sold] = []
        self.by_content: defaultdict[str, list[Sold]] = defaultdict(list)
        """The same by the digest of what was sent."""
        self._at_work: list[Sold] = []
        self.taken = b""
        """What was sent last."""
        self.faults_ever: dict[str, float] = {}
        self.on_sold: Callable[[], None] = lambda: None
        """Is told of each conversation that is made."""
        self.shown_after = 0.0
        """Seconds after which a conversation is in the listing."""
        self.bad_contents: set[str] = set()
        """Digests of contents whose jobs always fail."""
        self.refused_contents: set[str] = set()

    def running(self) -> int:
        """Return how many jobs run now."""
        self._at_work = [one for one in self._at_work if self.clock.now < one.ends]
        return len(self._at_work)

    def _has(self, fault: str) -> bool:
        return self.chance.random() < self.faults.get(fault, 0.0)

    def _check_token(self, method: str, path: str) -> None:
        """Refuse a call whose token is over, and so is the one that the client has fetched instead."""
        if self._has("token"):
            raise SymblAuthenticationError(401, "token", method, path)

    # What a client can do.

    def submit(self, _source: object, upload: Upload, *, name: str, **_: object) -> Submission:
        """Take a file, or not."""
        path = "/v1/process/audio"
        if self._has("unreachable"):
            raise SymblTransportError("no connection")
        self._check_token("POST", path)
        if self.running() >= self.cap or self._has("full"):
            raise SymblConcurrencyLimitError(429, "too many jobs", "POST", path, self.chance.choice([None, 5.0]))
        body = upload.body()
        content = b"".join(iter(body))
        self.taken = content
        digest = hashlib.sha256(content).hexdigest()
        if digest in self.refused_contents:
            raise SymblBadRequestError(400, "not this one", "POST", path)
        if self._has("lost_before"):
            raise SymblUnknownSubmissionError("sent, no answer")
        number = len(self.sold)
        has_failed = digest in self.bad_contents or self._has("job")
        length = self.chance.uniform(1.0, 300.0)
        now = self.clock.now
        one = Sold(f"c{number}", name, digest, now, now + length, has_failed)
        for among in (self.sold, self.by_content[digest], self._at_work):
            among.append(one)
        self.on_sold()
        if self._has("lost_after"):
            raise SymblUnknownSubmissionError("taken, no answer")
        return Submission(f"c{number}", f"j{number}")

    def get_job(self, job_id: str) -> Job:
        """Tell how a job is."""
        self._check_token("GET", "/v1/job")
        if self._has("read"):
            raise SymblServerError(503, "later", "GET", "/v1/job")
        one = self.sold[int(job_id[1:])]
        if self.clock.now < one.ends:
            return Job(job_id, "in_progress")
        return Job(job_id, "failed" if one.has_failed else "completed")

    def list_conversations(self, *, start_time: datetime.datetime) -> Iterator[Conversation]:
        """List what was made since then."""
        self._check_token("GET", "/v1/conversations")
        if self._has("read"):
            raise SymblServerError(503, "later", "GET", "/v1/conversations")
        since = start_time.timestamp()
        recent = itertools.takewhile(lambda one: one.made >= since, reversed(self.sold))
        return iter([Conversation(one.id, name=one.name) for one in recent if not one.is_deleted])

    def get_conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation."""
        one = self._one(conversation_id)
        return Conversation(one.id, name=one.name)

    def get_messages(self, conversation_id: str, **_: object) -> list[Message]:
        """Return what was said, as far as it was heard."""
        self._check_token("GET", "/v1/conversations")
        one = self._one(conversation_id)
        is_over = self.clock.now >= one.ends and not one.has_failed
        return Records([Message("m", one.content)] if is_over else [])

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation."""
        self._check_token("DELETE", "/v1/conversations")
        if self._has("read"):
            raise SymblServerError(503, "later", "DELETE", "/v1/conversations")
        self._one(conversation_id).is_deleted = True

    def _one(self, conversation_id: str) -> Sold:
        one = self.sold[int(conversation_id[1:])]
        if one.is_deleted:
            raise SymblNotFoundError(404, "gone", "GET", "/v1/conversations")
        return one
