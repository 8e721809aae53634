"""Views of conversations that the tests analyse."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Member, Message, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 3, 4, 10, tzinfo=UTC)
"""A Wednesday."""


def identity(name: object) -> str:
    """Make the id of a member or a message."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, ascii(name)))


def member(name: str | None) -> Member | None:
    """Make a member by name."""
    return Member(identity(name), name) if name is not None else None


def part(turns: Iterable[tuple[str | None, str]], first: int = 0, **wanted: Any) -> Part:
    """Make a part of turns that follow each other, a second a word.

    :param first: the number of its first message.
    """
    members: dict[str, Member] = {}
    messages, at = [], START + timedelta(minutes=first)
    for number, (name, text) in enumerate(turns, first):
        speaker = member(name)
        members.update({speaker.id: speaker} if speaker else {})
        end = at + timedelta(seconds=len(text.split()))
        messages.append(Message(identity(number), text, at, end, member_id=speaker.id if speaker else None))
        at = end
    start = messages[0].start if messages else at
    return Part(identity("job"), tuple(messages), tuple(members.values()), start, at, AnalysisOptions(**wanted))


def view_of_parts(*parts: Part) -> ConversationView:
    """Make the view of a conversation of parts."""
    members = {known.id: known for each in parts for known in each.members}
    return ConversationView("1234567890123456", "A call", parts, members)


def view(*turns: tuple[str | None, str], **wanted: Any) -> ConversationView:
    """Make the view of a conversation of one part."""
    return view_of_parts(part(turns, **wanted))


def said(*texts: str, **wanted: Any) -> ConversationView:
    """Make the view of a conversation in which Ann Lee says everything and Bob Fox listens."""
    return view(*(("Ann Lee", text) for text in texts), ("Bob Fox", "Hm."), **wanted)
