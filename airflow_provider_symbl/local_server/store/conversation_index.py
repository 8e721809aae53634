"""Index of conversations: sorted by what lists are sorted by, so that a page of a list costs what the page holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.store.records import Conversation, Part

SORTS = ("start", "end", "name")
_Key: TypeAlias = "tuple[Any, int]"
"""What is sorted by, and a number that is higher the later a conversation was made."""


@dataclass(frozen=True, slots=True)
class ListedConversation:
    """A conversation in a list.

    :param number: is higher the later it was made.
    :param start: when it begins, as far as clients may see it.
    :param end: when it ends, likewise.
    """

    conversation: Conversation
    number: int
    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """The conversation's name."""
        return self.conversation.name


class ConversationIndex:
    """All conversations, by id and in three orders. A change costs a search in each; nothing is ever sorted anew."""

    def __init__(self) -> None:
        self.clear()

    def put(self, conversation: Conversation, parts: Sequence[Part]) -> None:
        """Add a conversation, or take its new form for the old one.

        :param parts: those that clients may see.
        """
        known = self.remove(conversation.id)
        self._made += 1
        entry = ListedConversation(conversation, known.number if known else self._made, *span(conversation, parts))
        self._listed[conversation.id] = entry
        for sort, order in self._orders.items():
            insort(order, (_key(entry, sort), entry), key=itemgetter(0))

    def remove(self, conversation_id: str) -> ListedConversation | None:
        """Take a conversation out, and give what it was."""
        entry = self._listed.pop(conversation_id, None)
        if entry:
            for sort, order in self._orders.items():
                del order[bisect_left(order, _key(entry, sort), key=itemgetter(0))]
        return entry

    def clear(self) -> None:
        """Take all out."""
        self._listed: dict[str, ListedConversation] = {}
        self._orders: dict[str, list[tuple[_Key, ListedConversation]]] = {sort: [] for sort in SORTS}
        self._made = 0

    def between(
        self, start: datetime, end: datetime, sort: str = SORTS[0], *, is_descending: bool = False
    ) -> Iterator[ListedConversation]:
        """Give those that begin in a window, one after the other; of equal ones first that which was made first.

        :param start: of the window, inclusive.
        :param end: likewise.
        :param sort: one of :data:`SORTS`.
        """
        order = self._orders[sort]
        low, high = 0, len(order)
        if sort == SORTS[0]:
            low = bisect_left(order, start, key=_value)
            high = bisect_right(order, end, key=_value)
        for entry in _reversed(order, low, high) if is_descending else (order[at][1] for at in range(low, high)):
            if start <= entry.start <= end:
                yield entry


def span(conversation: Conversation, parts: Sequence[Part]) -> tuple[datetime, datetime]:
    """Tell when a conversation began and ended; one without anything in it yet, when it was made.

    :param parts: those that may be seen.
    """
    start = min((part.start for part in parts), default=conversation.created)
    return start, max((part.end for part in parts), default=start)


def _key(entry: ListedConversation, sort: str) -> _Key:
    return getattr(entry, sort), entry.number


def _value(item: tuple[_Key, ListedConversation]) -> Any:  # noqa: ANN401 - a time or a name, by the order
    return item[0][0]


def _reversed(order: Sequence[tuple[_Key, ListedConversation]], low: int, high: int) -> Iterator[ListedConversation]:
    """Go backwards, but for those that are equal."""
    backwards = (order[at] for at in range(high - 1, low - 1, -1))
    for _, equal in groupby(backwards, key=_value):
        yield from (entry for _, entry in reversed(list(equal)))
