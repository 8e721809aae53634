"""The in-memory store: all state of the server, and the interface of the store that outlives its process."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from airflow_provider_symbl.local_server.store.conversation_index import ConversationIndex
from airflow_provider_symbl.local_server.store.ids import random_id
from airflow_provider_symbl.local_server.store.journal import Journal
from airflow_provider_symbl.local_server.store.records import Progress, Status, discard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.store.records import (
        Conversation,
        Job,
        Member,
        Message,
        Part,
        RawSubmission,
        Token,
        Tracker,
    )


@dataclass
class Store:
    """The server's state, in memory. Not for more than one thread.

    Write-first rule (write-ahead, as databases have it): each change calls :meth:`_write` before it touches memory.
    Here that does nothing; a subclass writes to disk there, all of a change or none, and raises if it cannot. So a
    request whose change could not be written fails without any effect. The journal is in memory only.
    """

    journal: Journal = field(default_factory=Journal)
    listed: ConversationIndex = field(default_factory=ConversationIndex)
    _changing: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _progress: Progress = field(default_factory=Progress)
    _tokens: dict[str, Token] = field(default_factory=dict)
    _conversations: dict[str, Conversation] = field(default_factory=dict)
    _parts: dict[str, list[Part]] = field(default_factory=dict)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _jobs_of: dict[str, list[str]] = field(default_factory=dict)
    _submissions: dict[str, RawSubmission] = field(default_factory=dict)
    _active: set[str] = field(default_factory=set)
    _reads: Counter[str] = field(default_factory=Counter)
    _trackers: dict[str, Tracker] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything, the progress setting included; recordings are deleted."""
        for submission in self._submissions.values():
            submission.discard()
        for parts in self._parts.values():
            for part in parts:
                discard(part)
        self._forget()

    def restart(self) -> None:
        """Be as after a restart: what is in memory alone is gone."""
        self.clear()

    @property
    def progress(self) -> Progress:
        """What the jobs to come are said to follow."""
        return self._progress

    def set_progress(self, progress: Progress) -> None:
        """Change what the jobs to come are said to follow."""
        self._write(("progress", "", progress))
        self._progress = progress

    def token(self, text: str) -> Token | None:
        """Find a token."""
        return self._tokens.get(text)

    def latest_token(self) -> Token | None:
        """Find the token that is good for longest."""
        return max(self._tokens.values(), key=lambda token: token.expires, default=None)

    def put_token(self, token: Token) -> None:
        """Keep a token."""
        self._write(("token", token.text, token))
        self._tokens[token.text] = token

    def remove_tokens(self) -> None:
        """Forget all tokens."""
        self._write(*(("token", text, None) for text in self._tokens))
        self._tokens.clear()

    def tracker(self, tracker_id: str) -> Tracker | None:
        """Find a tracker that the account keeps."""
        return self._trackers.get(tracker_id)

    def trackers(self) -> list[Tracker]:
        """List the account's trackers, oldest first."""
        return list(self._trackers.values())

    def put_trackers(self, *trackers: Tracker) -> None:
        """Keep new or changed trackers, all of them or none."""
        self._write(*(("tracker", tracker.id, tracker) for tracker in trackers))
        self._trackers.update({tracker.id: tracker for tracker in trackers})

    def remove_tracker(self, tracker_id: str) -> None:
        """Forget a tracker; what was submitted with it keeps it."""
        self._write(("tracker", tracker_id, None))
        del self._trackers[tracker_id]

    def new_conversation_id(self) -> str:
        """Make an id that no conversation has."""
        while (fresh := random_id()) in self._conversations:
            pass
        return fresh

    def add_submission(self, conversation: Conversation, job: Job, submission: RawSubmission) -> None:
        """Keep a new job with its submission, whose file belongs to the store now, and the conversation."""
        self._write(
            ("conversation", conversation.id, conversation), ("job", job.id, job), ("submission", job.id, submission)
        )
        self._conversations[conversation.id] = conversation
        self._parts.setdefault(conversation.id, [])
        self._submissions[job.id] = submission
        self._remember(job)
        self._list(conversation.id)

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Find a conversation."""
        return self._conversations.get(conversation_id)

    def conversations(self) -> list[Conversation]:
        """List all conversations, oldest first."""
        return list(self._conversations.values())

    def remove_conversation(self, conversation_id: str) -> None:
        """Forget a conversation and all that it holds; its jobs stay."""
        parts = (("part", part.job_id, None) for part in self._parts[conversation_id])
        self._write(("conversation", conversation_id, None), *parts)
        del self._conversations[conversation_id]
        self.listed.remove(conversation_id)
        for part in self._parts.pop(conversation_id):
            discard(part)

    def put_conversation(self, conversation: Conversation) -> None:
        """Keep the new form of a conversation."""
        self._write(("conversation", conversation.id, conversation))
        self._conversations[conversation.id] = conversation
        self._list(conversation.id)

    def changing(self, conversation_id: str) -> asyncio.Lock:
        """Give the conversation's lock: held from reading its members until what was made of them is kept.

        That takes a while, in which another change would be lost.
        """
        return self._changing.setdefault(conversation_id, asyncio.Lock())

    def parts(self, conversation_id: str) -> list[Part]:
        """List all parts, unseen ones included."""
        return list(self._parts[conversation_id])

    def put_parts(self, conversation_id: str, parts: Sequence[Part], packed: Sequence[bytes]) -> None:
        """Replace parts that are there.

        :param packed: what :meth:`pack` has made of each.
        """
        self._write(*(("part", part.job_id, form) for part, form in zip(parts, packed, strict=True)))
        changed = {part.job_id: part for part in parts}
        self._parts[conversation_id] = [changed.get(part.job_id, part) for part in self._parts[conversation_id]]
        self._list(conversation_id)

    def timeline_end(self, conversation_id: str) -> datetime | None:
        """Tell when the conversation's time line ends, unseen parts included; None if it has not begun."""
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
        """Keep the new form of a job."""
        self._write(("job", job.id, job))
        self._remember(job)

    async def pack(self, _part: Part) -> bytes:
        """Serialize a part, where that is needed, off the event loop: it takes long for a long recording.

        :return: what :meth:`end_job` and :meth:`put_parts` ask for.
        """
        return b""

    def end_job(self, job: Job, part: Part | None = None, packed: bytes = b"") -> None:
        """Keep a job that is over, and its part; forget its submission, but for the part's recording.

        :param part: follows what came before; clients do not see it until the job is shown completed.
        :param packed: what :meth:`pack` has made of it.
        """
        found = [("part", job.id, packed)] if part else []
        self._write(("job", job.id, job), ("submission", job.id, None), *found)
        if part:
            self._parts[job.conversation_id].append(part)
        self._remember(job)
        submission = self._submissions.pop(job.id, None)
        if submission and (part is None or submission.file != part.recording):
            submission.discard()

    def submission(self, job_id: str) -> RawSubmission:
        """Give the submission of a job that is not over.

        :raises KeyError: it is damaged.
        """
        return self._submissions[job_id]

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
        return [self._jobs[job_id] for job_id in self._jobs_of.get(conversation_id, ())]

    def active_jobs(self) -> int:
        """Count the jobs that are shown scheduled or in progress."""
        return len(self._active)

    def count_read(self, job_id: str, what: str) -> int:
        """Count a read of a status, and tell the count.

        :param what: whose status: ``job``, or the name of a feature.
        """
        reads = self._reads[f"{job_id} {what}"] + 1
        self._write(("reads", f"{job_id} {what}", reads))
        self._reads[f"{job_id} {what}"] = reads
        return reads

    def _is_shown(self, part: Part) -> bool:
        return self._jobs[part.job_id].shown is Status.COMPLETED

    def _write(self, *changes: tuple[str, str, object]) -> None:
        """Write changes to disk before they are made in memory, all of them or none.

        :param changes: kind, id and new value of a record; None removes it.
        """

    def _remember(self, job: Job) -> None:
        known = self._jobs.get(job.id)
        self._jobs[job.id] = job
        if known is None:
            self._jobs_of.setdefault(job.conversation_id, []).append(job.id)
        elif known.shown is not job.shown:
            self._list(job.conversation_id)
        (self._active.discard if job.shown.is_terminal else self._active.add)(job.id)

    def _list(self, conversation_id: str) -> None:
        """Have lists show a conversation as it is, unless it was deleted."""
        if conversation_id in self._conversations:
            self.listed.put(self._conversations[conversation_id], self.visible_parts(conversation_id))

    def _forget(self) -> None:
        self._progress = Progress()
        for held in (self.journal, self.listed, self._tokens, self._conversations, self._parts, self._submissions):
            held.clear()
        self._jobs.clear()
        self._jobs_of.clear()
        self._active.clear()
        self._reads.clear()
        self._trackers.clear()


def _distinct(parts: Iterable[Part]) -> list[Member]:
    return list({member.id: member for part in parts for member in part.members}.values())
