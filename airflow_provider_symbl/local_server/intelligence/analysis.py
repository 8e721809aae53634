"""Analysis: what clients may see of a conversation, and the threads in which that is analysed, off the event loop."""

from __future__ import annotations

import importlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Conversation, Member, Message, Part

    Result = TypeVar("Result")

NAMESPACE = uuid.UUID("9d5c1f0e-5f0b-4c39-8d5c-5b1b6d3f2a70")
EPOCH = datetime.fromtimestamp(0, UTC)
UNDERSTOOD = "en"
"""The one language in which anything is found; of others there are the messages and who talked how much."""
AT_ONCE = 2
LIBRARIES = ("yake", "dateparser", "vaderSentiment.vaderSentiment")
"""What searching needs, which takes two seconds to import."""


@dataclass(frozen=True)
class ConversationView:
    """A conversation as far as clients may see it.

    :param parts: in order.
    :param members: by id.
    """

    conversation_id: str
    name: str
    parts: tuple[Part, ...]
    members: Mapping[str, Member]

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """What was said, in whatever language, part after part."""
        return tuple(message for part in self.parts for message in part.messages)

    @property
    def understood_parts(self) -> tuple[Part, ...]:
        """The parts in English."""
        return tuple(part for part in self.parts if part.wanted.language == UNDERSTOOD)

    @cached_property
    def understood(self) -> tuple[tuple[Message, AnalysisOptions], ...]:
        """What was said in English, each message with what is to be found in it."""
        return tuple((message, part.wanted) for part in self.understood_parts for message in part.messages)

    @property
    def start(self) -> datetime:
        """When it began; a talk without parts never did, and is given the epoch."""
        return min((part.start for part in self.parts), default=EPOCH)

    @property
    def end(self) -> datetime:
        """When it ended."""
        return max((part.end for part in self.parts), default=EPOCH)

    def speaker(self, message: Message) -> Member | None:
        """Give who said a message, where that is known."""
        return self.members.get(message.member_id or "")

    def identity(self, *told_apart_by: object) -> str:
        """Make the id of something found here: the same at each read.

        :param told_apart_by: what no two findings share: kind, text, ids of messages.
        """
        # JSON in ASCII: half a surrogate pair may stand in a text, and cannot be written as UTF-8.
        return str(uuid.uuid5(NAMESPACE, json.dumps([self.conversation_id, *told_apart_by])))


def warm_up() -> None:
    """Import the libraries now rather than with the first search."""
    for library in LIBRARIES:
        importlib.import_module(library)


class ConversationAnalyzer:
    """What clients may see of conversations, ready to be searched.

    :param store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._limiter = CapacityLimiter(AT_ONCE)

    def of(self, conversation: Conversation) -> ConversationView:
        """Give the talk of a conversation, as far as its jobs are completed."""
        members = {member.id: member for member in self._store.members(conversation.id)}
        parts = tuple(self._store.visible_parts(conversation.id))
        return ConversationView(conversation.id, conversation.name, parts, members)

    async def search(self, work: Callable[[], Result]) -> Result:
        """Do what takes time in a thread; two at a time, so that reads of other kinds are not kept waiting."""
        return await to_thread.run_sync(work, limiter=self._limiter)
