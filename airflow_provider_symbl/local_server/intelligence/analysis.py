"""Analysis: the view of a conversation that clients may see, and the threads that analyse it off the event loop."""

from __future__ import annotations

import importlib
import operator
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar, cast
from weakref import ref

from anyio import CapacityLimiter, to_thread

from airflow_provider_symbl.local_server.store.ids import stable_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Conversation, Member, Message, Part

    Result = TypeVar("Result")

EPOCH = datetime.fromtimestamp(0, UTC)
SUPPORTED_LANGUAGE = "en"
"""The one language that is analysed; of others there are the messages and the analytics."""
MOST_MESSAGES_KEPT, MOST_VIEWS_KEPT = 30_000, 64
"""Of the views that are kept: a message with all that was found in it takes a few kilobytes."""
MAX_THREADS = 2
"""Analyses that run at a time: more would keep reads of other kinds waiting."""
LIBRARIES = ("yake", "dateparser", "vaderSentiment.vaderSentiment", "snowballstemmer")
"""What an analysis needs, which takes two seconds to import."""


@dataclass(frozen=True)
class ConversationView:
    """A conversation as far as clients may see it, with what was found in it.

    :param parts: in order.
    :param members: by id.
    """

    conversation_id: str
    name: str
    parts: tuple[Part, ...]
    members: Mapping[str, Member]
    _found: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)
    _finding: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False, compare=False)

    def once(self, find: Callable[[ConversationView], Result]) -> Result:
        """Find something in the conversation, and keep it with the view: each function is called once.

        :param find: a function of the view alone; the threads that ask for it at the same time wait for one of them.
        """
        with self._finding:
            if find not in self._found:
                self._found[find] = find(self)
            return cast("Result", self._found[find])

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


def _are_same(before: Sequence[Part], after: Sequence[Part]) -> bool:
    return len(before) == len(after) and all(map(operator.is_, before, after))


def warm_up() -> None:
    """Import the libraries now rather than with the first analysis."""
    for library in LIBRARIES:
        importlib.import_module(library)


class ConversationAnalyzer:
    """Gives views of conversations, and analyses them in worker threads.

    The views of the conversations that were read last are kept, with what was found in them. A view counts as long as
    its parts are the very objects that the store shows: whatever changes a conversation makes new ones. It is dropped
    as soon as the store drops the record of its conversation, so that nothing of a deleted one stays.

    :param store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._limiter = CapacityLimiter(MAX_THREADS)
        self._views: OrderedDict[str, tuple[ref[Conversation], ConversationView]] = OrderedDict()

    def view(self, conversation: Conversation) -> ConversationView:
        """Give the view of a conversation, as far as its jobs are completed."""
        parts = tuple(self._store.visible_parts(conversation.id))
        record, view = self._views.pop(conversation.id, (None, None))
        if record is None or view is None or record() is not conversation or not _are_same(view.parts, parts):
            members = {member.id: member for member in self._store.members(conversation.id)}
            view = ConversationView(conversation.id, conversation.name, parts, members)
            record = ref(conversation, partial(self._drop, conversation.id))
        self._views[conversation.id] = record, view
        self._drop_oldest()
        return view

    def _drop(self, conversation_id: str, record: ref[Conversation]) -> None:
        if conversation_id in self._views and self._views[conversation_id][0] is record:
            del self._views[conversation_id]

    def _drop_oldest(self) -> None:
        kept = sum(len(view.messages) for _, view in self._views.values())
        while len(self._views) > 1 and (kept > MOST_MESSAGES_KEPT or len(self._views) > MOST_VIEWS_KEPT):
            _, (_, view) = self._views.popitem(last=False)
            kept -= len(view.messages)

    async def run(self, analysis: Callable[[], Result]) -> Result:
        """Run an analysis in a thread."""
        return await to_thread.run_sync(analysis, limiter=self._limiter)
