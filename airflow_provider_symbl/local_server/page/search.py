"""Full-text search over the conversations: part of a name, of an id or of what was said. A scan, without an index."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_symbl.local_server.store.records import Conversation, Message, Part

AROUND = 60
"""Characters of a message that an excerpt shows on either side of what was found."""


@dataclass(frozen=True)
class Found:
    """A conversation that was found.

    :param message: the first message that has the text; None where only the name or an id has it.
    :param span: where it is in that message.
    """

    conversation: Conversation
    message: Message | None = None
    span: tuple[int, int] = (0, 0)

    @property
    def excerpt(self) -> dict[str, str] | None:
        """What was said around it, as the page shows it."""
        if self.message is None:
            return None
        text, (start, end) = self.message.text, self.span
        before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
        return {
            "messageId": self.message.id,
            "before": f"… {before}" if start > AROUND else before,
            "match": text[start:end],
            "after": f"{after} …" if end + AROUND < len(text) else after,
        }


def find(
    conversations: Iterable[tuple[Conversation, Sequence[Part]]], wanted: str, job_ids: Iterable[str] = ()
) -> list[Found]:
    """Find a text, in capitals or not. It takes long where much was said: not for the event loop.

    :param conversations: each with its parts, in the order in which they are to be found.
    :param wanted: the text; every conversation has the empty one.
    :param job_ids: the ids of conversations that have a job of that id.
    """
    by_job = set(job_ids)
    pattern = re.compile(re.escape(wanted.strip()), re.IGNORECASE)
    if not wanted.strip():
        return [Found(conversation) for conversation, _ in conversations]
    found = (_found(one, parts, pattern, is_named=one.id in by_job) for one, parts in conversations)
    return [one for one in found if one]


def _found(
    conversation: Conversation, parts: Sequence[Part], pattern: re.Pattern[str], *, is_named: bool
) -> Found | None:
    for part in parts:
        for message in part.messages:
            if place := pattern.search(message.text):
                return Found(conversation, message, place.span())
    is_named = is_named or bool(pattern.search(conversation.name) or pattern.search(conversation.id))
    return Found(conversation) if is_named else None
