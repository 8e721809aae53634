"""All that the server knows, behind one door, so that it can be kept elsewhere than in memory."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.progress import Progress
from airflow_provider_symbl.local_server.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from airflow_provider_symbl.local_server.records import Conversation, Job, Member, Message, Part, Token

JOURNAL_LENGTH = 100_000
SIXTEEN_DIGITS = 10**15


@dataclass
class JournalEntry:
    """One request as it arrived and as it was answered.

    :param query: name and value pairs, decoded.
    :param body: the parsed JSON, secrets masked; None for anything else.
    :param body_size: bytes.
    :param body_sha256: hexadecimal digest of the raw bytes.
    :param status: the HTTP status answered; None until then.
    """

    method: str
    path: str
    query_string: str
    query: list[list[str]]
    headers: dict[str, str]
    body: Any = None
    body_size: int = 0
    body_sha256: str | None = None
    status: int | None = None


@dataclass
class Store:
    """The server's state, in memory. Not for more than one thread.

    The journal keeps the newest 100,000 requests.
    """

    progress: Progress = field(default_factory=Progress)
    journal: deque[JournalEntry] = field(default_factory=lambda: deque(maxlen=JOURNAL_LENGTH))
    tokens: dict[str, Token] = field(default_factory=dict)
    _conversations: dict[str, Conversation] = field(default_factory=dict)
    _parts: dict[str, list[Part]] = field(default_factory=dict)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _active: set[str] = field(default_factory=set)
    _reads: Counter[tuple[str, str]] = field(default_factory=Counter)

    def clear(self) -> None:
        """Forget everything, the progress setting included."""
        self.progress = Progress()
        for held in (self.journal, self.tokens, self._conversations, self._parts, self._jobs, self._active):
            held.clear()
        self._reads.clear()

    def new_conversation_id(self) -> str:
        """Make an id of sixteen digits that no conversation has."""
        while (fresh := str(SIXTEEN_DIGITS + secrets.randbelow(9 * SIXTEEN_DIGITS))) in self._conversations:
            pass
        return fresh

    def put_conversation(self, conversation: Conversation) -> None:
        """Keep a conversation, or its new form."""
        self._conversations[conversation.id] = conversation
        self._parts.setdefault(conversation.id, [])

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Find a conversation."""
        return self._conversations.get(conversation_id)

    def conversations(self) -> list[Conversation]:
        """List all conversations, oldest first."""
        return list(self._conversations.values())

    def remove_conversation(self, conversation_id: str) -> None:
        """Forget a conversation and all that it holds; its jobs stay."""
        del self._conversations[conversation_id], self._parts[conversation_id]

    def add_part(self, conversation_id: str, part: Part) -> None:
        """Keep what a job has found, after what came before; it stays unseen until the job is shown completed."""
        self._parts[conversation_id].append(part)

    def timeline_end(self, conversation_id: str) -> datetime | None:
        """Tell where the conversation's time line ends, unseen parts included; None if it has not begun."""
        return max((part.end for part in self._parts[conversation_id]), default=None)

    def known_members(self, conversation_id: str) -> list[Member]:
        """List who takes part, unseen parts included."""
        return _distinct(self._parts[conversation_id])

    def visible_parts(self, conversation_id: str) -> list[Part]:
        """List the parts whose job is shown completed."""
        return [part for part in self._parts[conversation_id] if self._is_shown(part)]

    def messages(self, conversation_id: str) -> list[Message]:
        """List the messages that clients may see."""
        return [message for part in self.visible_parts(conversation_id) for message in part.messages]

    def members(self, conversation_id: str) -> list[Member]:
        """List the members that clients may see, in the order in which they appeared."""
        return _distinct(self.visible_parts(conversation_id))

    def put_job(self, job: Job) -> None:
        """Keep a job, or its new form."""
        self._jobs[job.id] = job
        (self._active.discard if job.shown.is_terminal else self._active.add)(job.id)

    def job(self, job_id: str) -> Job | None:
        """Find a job."""
        return self._jobs.get(job_id)

    def known_job(self, job_id: str) -> Job:
        """Give a job that is there."""
        return self._jobs[job_id]

    def jobs(self) -> list[Job]:
        """List all jobs in order of submission."""
        return list(self._jobs.values())

    def jobs_of(self, conversation_id: str) -> list[Job]:
        """List a conversation's jobs in order of submission."""
        return [job for job in self._jobs.values() if job.conversation_id == conversation_id]

    def active_jobs(self) -> int:
        """Count the jobs that are shown scheduled or in progress."""
        return len(self._active)

    def count_read(self, job_id: str, what: str) -> int:
        """Count a read of a status, and tell the count.

        :param what: whose status: ``job``, or the name of a feature.
        """
        self._reads[job_id, what] += 1
        return self._reads[job_id, what]

    def _is_shown(self, part: Part) -> bool:
        return self._jobs[part.job_id].shown is Status.COMPLETED


def _distinct(parts: Iterable[Part]) -> list[Member]:
    return list({member.id: member for part in parts for member in part.members}.values())
