"""Members: finding who a speaker is, and clients' corrections, which rename, merge and reassign.

A correction makes new parts of the given ones; nothing is changed in place.
"""

from __future__ import annotations

import math
import uuid
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.store.records import Member

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.store.records import Message, Part, Speaker

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Turn:
    """A speaker turn: a time span in which one member spoke.

    :param start: seconds from the conversation's beginning.
    :param end: likewise; infinite while no end is known.
    """

    member: Member
    start: float
    end: float = math.inf


class MemberDirectory:
    """The members of one conversation; those of new messages are looked up here, and added where they are new.

    :param known: who takes part already.
    """

    def __init__(self, known: Iterable[Member] = ()) -> None:
        self._members = {member.id: member for member in known}

    def by_id(self, member_id: str | None) -> Member | None:
        """Find a member by its id."""
        return self._members.get(member_id or "")

    def member(self, speaker: Speaker) -> Member:
        """Find the member that a speaker is, or add one.

        The same key is the same member, whatever its case. So is the same name, unless both have a key.

        :param speaker: has a name or a key.
        """
        found = self._by_key(speaker) or self._by_name(speaker) or Member(str(uuid.uuid4()))
        member = replace(found, name=found.name or speaker.name, user_id=found.user_id or speaker.key)
        self._members[member.id] = member
        return member

    def _by_key(self, speaker: Speaker) -> Member | None:
        key = (speaker.key or "").casefold()
        same = (m for m in self._members.values() if m.user_id and m.user_id.casefold() == key)
        return next(same, None)

    def _by_name(self, speaker: Speaker) -> Member | None:
        same = (m for m in self._members.values() if m.name and m.name == speaker.name)
        return next((m for m in same if not (m.user_id and speaker.key)), None)


def with_member(parts: Iterable[Part], updated: Member) -> list[Part]:
    """Update a member. Who has the same e-mail address already is the same person from now on: the two are merged.

    The id of the one who had the address first stays, with the new name.

    :param parts: all of a conversation.
    :param updated: has the id of one of its members.
    """
    parts = list(parts)
    first = _first_with_email(parts, updated)
    survivor = replace(updated, id=first.id) if first else updated
    return [_updated(part, {updated.id: survivor, survivor.id: survivor}) for part in parts]


def with_turns(parts: Sequence[Part], turns: Sequence[Turn], start: datetime) -> list[Part]:
    """Assign each message to the member who spoke for most of its time; one that no turn overlaps stays as it is.

    :param parts: all of a conversation that clients may see.
    :param turns: who spoke when; those of one member in order of time.
    :param start: the conversation's beginning.
    """
    by_member: dict[str, list[Turn]] = {}
    for turn in turns:
        by_member.setdefault(turn.member.id, []).append(turn)
    # In all parts: a member of several is shown as the last of them has it.
    updates = {turn.member.id: turn.member for turn in turns}
    return [_reassigned(_updated(part, updates), by_member, start) for part in parts]


def turns_of(events: Iterable[tuple[bool, Member, float]]) -> list[Turn]:
    """Make turns of start and stop events; a second start before a stop is ignored.

    :param events: whether it is a start, who, and when, in seconds from the conversation's beginning; in any order,
        but for those of one moment.
    """
    open_turns: dict[str, tuple[Member, float]] = {}
    turns: list[Turn] = []
    for is_start, member, moment in sorted(events, key=itemgetter(2)):
        if is_start:
            open_turns.setdefault(member.id, (member, moment))
        elif member.id in open_turns:
            turns.append(Turn(member, open_turns.pop(member.id)[1], moment))
    return [*turns, *(Turn(member, moment) for member, moment in open_turns.values())]


def _first_with_email(parts: Iterable[Part], updated: Member) -> Member | None:
    email = (updated.email or "").casefold()
    same = (m for part in parts for m in part.members if email and (m.email or "").casefold() == email)
    return next((member for member in same if member.id != updated.id), None)


def _updated(part: Part, updates: dict[str, Member]) -> Part:
    members = {updates.get(m.id, m).id: updates.get(m.id, m) for m in part.members}
    messages = tuple(_with_member_id(message, updates) for message in part.messages)
    return replace(part, members=tuple(members.values()), messages=messages)


def _with_member_id(message: Message, updates: dict[str, Member]) -> Message:
    member = updates.get(message.member_id or "")
    return replace(message, member_id=member.id) if member else message


def _reassigned(part: Part, turns: Mapping[str, Sequence[Turn]], start: datetime) -> Part:
    speakers = [_speaker(message, turns, start) for message in part.messages]
    pairs = zip(part.messages, speakers, strict=True)
    messages = tuple(replace(message, member_id=who.id) if who else message for message, who in pairs)
    silent = _member_ids(part.messages) - _member_ids(messages)
    members = {member.id: member for member in [*part.members, *filter(None, speakers)] if member.id not in silent}
    return replace(part, members=tuple(members.values()), messages=messages)


def _member_ids(messages: Iterable[Message]) -> set[str | None]:
    return {message.member_id for message in messages}


def _speaker(message: Message, turns: Mapping[str, Sequence[Turn]], start: datetime) -> Member | None:
    # As numbers, for a turn may begin later than any date can say.
    begin, end = (message.start - start) / SECOND, (message.end - start) / SECOND
    overlaps = {member_id: _overlap(of_one, begin, end) for member_id, of_one in turns.items()}
    longest = max(overlaps, key=lambda member_id: overlaps[member_id], default=None)
    return turns[longest][0].member if longest and overlaps[longest] else None


def _overlap(turns: Sequence[Turn], begin: float, end: float) -> float:
    """Give the seconds of a message in which a member spoke; the turns of one are in order and do not overlap."""
    first = bisect_right(turns, begin, key=lambda turn: turn.end)
    behind = bisect_left(turns, end, key=lambda turn: turn.start)
    return sum(min(end, turn.end) - max(begin, turn.start) for turn in turns[first:behind])
