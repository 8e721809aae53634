"""Analysis: the view of a conversation that clients may see, and the threads that analyse it off the event loop."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

from airflow_provider_symbl.local_server.store.ids import stable_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Conversation, Member, Message, Part

    Result = TypeVar("Result")

EPOCH = datetime.fromtimestamp(0, UTC)
SUPPORTED_LANGUAGE = "en"
"""The one language that is analysed; of others there are the messages and the analytics."""
MAX_THREADS = 2
"""Analyses that run at a time: more would keep reads of other kinds waiting."""
LIBRARIES = ("yake", "dateparser", "vaderSentiment.vaderSentiment")
"""What an analysis needs, which takes two seconds to import."""


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
        """The messages in any language, part after part."""
        return tuple(message for part in self.parts for message in part.messages)

    @property
    def analyzed_parts(self) -> tuple[Part, ...]:
        """The parts in English."""
        return tuple(part for part in self.parts if part.analysis_options.language == SUPPORTED_LANGUAGE)

    @cached_property
    def analyzed_messages(self) -> tuple[tuple[Message, AnalysisOptions], ...]:
        """The messages in English, each with the options of its analysis."""
        return tuple((message, part.analysis_options) for part in self.analyzed_parts for message in part.messages)

    @property
    def start(self) -> datetime:
        """When it began; the epoch for a conversation without parts."""
        return min((part.start for part in self.parts), default=EPOCH)

    @property
    def end(self) -> datetime:
        """When it ended."""
        return max((part.end for part in self.parts), default=EPOCH)

    def speaker(self, message: Message) -> Member | None:
        """Give who said a message, where that is known."""
        return self.members.get(message.member_id or "")

    def stable_id(self, *key: object) -> str:
        """Make the id of an insight, a topic or an entity: the same at each read.

        :param key: what no two of them share: kind, text, ids of messages.
        """
        return stable_id(self.conversation_id, *key)


def warm_up() -> None:
    """Import the libraries now rather than with the first analysis."""
    for library in LIBRARIES:
        importlib.import_module(library)


class ConversationAnalyzer:
    """Gives views of conversations, and analyses them in worker threads.

    :param store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._limiter = CapacityLimiter(MAX_THREADS)

    def view(self, conversation: Conversation) -> ConversationView:
        """Give the view of a conversation, as far as its jobs are completed."""
        members = {member.id: member for member in self._store.members(conversation.id)}
        parts = tuple(self._store.visible_parts(conversation.id))
        return ConversationView(conversation.id, conversation.name, parts, members)

    async def run(self, analysis: Callable[[], Result]) -> Result:
        """Run an analysis in a thread."""
        return await to_thread.run_sync(analysis, limiter=self._limiter)
