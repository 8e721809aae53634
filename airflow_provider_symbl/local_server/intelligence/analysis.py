"""Conversations on their way into the rooms that find things in them, which work off the event loop."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

from airflow_provider_symbl.local_server.intelligence.conversation import ConversationView

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation

    Found = TypeVar("Found")

AT_ONCE = 2
LIBRARIES = ("yake", "dateparser", "vaderSentiment.vaderSentiment")
"""What searching needs, which takes two seconds to import."""


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

    async def search(self, work: Callable[[], Found]) -> Found:
        """Do what takes time in a thread; two at a time, so that reads of other kinds are not kept waiting."""
        return await to_thread.run_sync(work, limiter=self._limiter)
