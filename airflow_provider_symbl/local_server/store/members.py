"""Who said what, as clients correct it afterwards: members renamed or merged, messages given to who was speaking."""

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
    """A stretch of time in which somebody spoke.

    :param start: seconds from the conversation's beginning.
    :param end: likewise.
    """

    member: Member
    start: float
    end: float = math.inf


def with_member(parts: Iterable[Part], updated: Member) -> list[Part]:
    """Give a member a new form; whoever had the same e-mail address already is the same person from now on.

    The one who had it first stays, by its id, under the new name.

    :param parts: all of a conversation.
    :param updated: has the id of a member of it.
    """
    parts = list(parts)
    first = _first_with_email(parts, updated)
    survivor = replace(updated, id=first.id) if first else updated
    return [_replaced(part, {updated.id: survivor, survivor.id: survivor}) for part in parts]


def with_turns(parts: Sequence[Part], turns: Sequence[Turn], start: datetime) -> list[Part]:
    """Give each message to who spoke for most of its time; one in which nobody is known to have spoken stays as it is.

    :param parts: all of a conversation that clients may see.
    :param turns: who spoke when; those of one member in order.
    :param start: the conversation's beginning.
    """
    by_member: dict[str, list[Turn]] = {}
    for turn in turns:
        by_member.setdefault(turn.member.id, []).append(turn)
    # In all parts, for who takes part in several is known by the form in the last.
    forms = {turn.member.id: turn.member for turn in turns}
    return [_retold(_replaced(part, forms), by_member, start) for part in parts]


def turns_of(events: Iterable[tuple[bool, Member, float]]) -> list[Turn]:
    """Pair the events of a conversation: who starts again before having stopped, goes on.

    :param events: whether it is a start, who, and when, in seconds from the conversation's beginning; in any order,
        but for those of one moment.
    """
    begun: dict[str, tuple[Member, float]] = {}
    turns: list[Turn] = []
    for is_start, member, moment in sorted(events, key=itemgetter(2)):
        if is_start:
            begun.setdefault(member.id, (member, moment))
        elif member.id in begun:
            turns.append(Turn(member, begun.pop(member.id)[1], moment))
    return [*turns, *(Turn(member, moment) for member, moment in begun.values())]


def _first_with_email(parts: Iterable[Part], updated: Member) -> Member | None:
    wanted = (updated.email or "").casefold()
    same = (m for part in parts for m in part.members if wanted and (m.email or "").casefold() == wanted)
    return next((member for member in same if member.id != updated.id), None)


def _replaced(part: Part, forms: dict[str, Member]) -> Part:
    people = {forms.get(m.id, m).id: forms.get(m.id, m) for m in part.members}
    messages = tuple(_said_by(message, forms) for message in part.messages)
    return replace(part, members=tuple(people.values()), messages=messages)


def _said_by(message: Message, forms: dict[str, Member]) -> Message:
    form = forms.get(message.member_id or "")
    return replace(message, member_id=form.id) if form else message


def _retold(part: Part, turns: Mapping[str, Sequence[Turn]], start: datetime) -> Part:
    speakers = [_speaker(message, turns, start) for message in part.messages]
    pairs = zip(part.messages, speakers, strict=True)
    messages = tuple(replace(message, member_id=who.id) if who else message for message, who in pairs)
    relieved = _speakers(part.messages) - _speakers(messages)
    people = {member.id: member for member in [*part.members, *filter(None, speakers)] if member.id not in relieved}
    return replace(part, members=tuple(people.values()), messages=messages)


def _speakers(messages: Iterable[Message]) -> set[str | None]:
    return {message.member_id for message in messages}


def _speaker(message: Message, turns: Mapping[str, Sequence[Turn]], start: datetime) -> Member | None:
    # As numbers, for a turn may begin later than any date can say.
    begin, end = (message.start - start) / SECOND, (message.end - start) / SECOND
    shared = {member_id: _shared(of_one, begin, end) for member_id, of_one in turns.items()}
    longest = max(shared, key=lambda member_id: shared[member_id], default=None)
    return turns[longest][0].member if longest and shared[longest] else None


def _shared(turns: Sequence[Turn], begin: float, end: float) -> float:
    """Give how many seconds of a message a member was speaking; turns of one member are in order and apart."""
    first = bisect_right(turns, begin, key=lambda turn: turn.end)
    behind = bisect_left(turns, end, key=lambda turn: turn.start)
    return sum(min(end, turn.end) - max(begin, turn.start) for turn in turns[first:behind])


class MemberDirectory:
    """The members of one conversation, as they are found.

    :param known: who takes part already.
    """

    def __init__(self, known: Iterable[Member] = ()) -> None:
        self._members = {member.id: member for member in known}

    def by_id(self, member_id: str | None) -> Member | None:
        """Find a member by its id."""
        return self._members.get(member_id or "")

    def member(self, speaker: Speaker) -> Member:
        """Find the member that a speaker is, or make one: same key first, then same name where a key is lacking.

        :param speaker: somebody with a name or a key.
        """
        found = self._by_key(speaker) or self._by_name(speaker) or Member(str(uuid.uuid4()))
        member = replace(found, name=found.name or speaker.name, user_id=found.user_id or speaker.key)
        self._members[member.id] = member
        return member

    def _by_key(self, speaker: Speaker) -> Member | None:
        wanted = (speaker.key or "").casefold()
        same = (m for m in self._members.values() if m.user_id and m.user_id.casefold() == wanted)
        return next(same, None)

    def _by_name(self, speaker: Speaker) -> Member | None:
        same = (m for m in self._members.values() if m.name and m.name == speaker.name)
        return next((m for m in same if not (m.user_id and speaker.key)), None)
