"""Analytics: talk time, silence, overlap and pace, by the times of messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.store.records import Member, Message

NOTHING = timedelta(0)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Share:
    """A part of a conversation's time.

    :param time: how long.
    :param span: how long the whole conversation lasted.
    """

    time: timedelta
    span: timedelta

    @property
    def seconds(self) -> float:
        """How long, in seconds to the millisecond."""
        return round(self.time.total_seconds(), 3)

    @property
    def percent(self) -> float:
        """Of the whole, 0 to 100; nothing of a conversation without length."""
        return round(min(100.0, 100 * (self.time / self.span)), 3) if self.span else 0.0


@dataclass(frozen=True)
class MemberTalkTime:
    """The talk time of one member, and the time in which others talked.

    :param member: None for all who are not known, who count as one.
    :param pace: words a minute.
    """

    member: Member | None
    pace: int
    talk: Share
    listen: Share


@dataclass(frozen=True)
class Analytics:
    """Silence, talk time and overlap of a conversation, and the talk time of each member."""

    silence: Share
    talk: Share
    overlap: Share
    members: tuple[MemberTalkTime, ...]


def measure_talk_time(view: ConversationView) -> Analytics:
    """Measure a conversation, in whatever language.

    :param view: the conversation; it lasts from its first part's beginning to its last one's end.
    """
    by_member: dict[str | None, list[Message]] = {}
    for message in view.messages:
        by_member.setdefault(message.member_id, []).append(message)
    turns = {member_id: _joined(messages) for member_id, messages in by_member.items()}
    together, overlap = _covered(turn for own in turns.values() for turn in own)
    span = max(view.end - view.start, together)
    unknown = [message for message in view.messages if message.member_id not in view.members]
    speakers: list[tuple[Member | None, list[Message]]] = [
        *((member, by_member.get(member.id, [])) for member in view.members.values()),
        # Somebody is always told of, as Symbl does.
        *([(None, unknown)] if unknown or not view.members else []),
    ]
    members = tuple(_member_talk_time(member, messages, together, span) for member, messages in speakers)
    return Analytics(Share(span - together, span), Share(together, span), Share(overlap, span), members)


def _member_talk_time(
    member: Member | None, messages: Sequence[Message], together: timedelta, span: timedelta
) -> MemberTalkTime:
    own, _ = _covered(_joined(messages))
    words = sum(len(message.text.split()) for message in messages)
    pace = round(words / (own / MINUTE)) if own else 0
    return MemberTalkTime(member, pace, Share(own, span), Share(together - own, span))


def _joined(messages: Iterable[Message]) -> list[tuple[datetime, datetime]]:
    """Join one speaker's messages where they touch or overlap; one that ends before it begins takes no time."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted((message.start, max(message.start, message.end)) for message in messages):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _covered(turns: Iterable[tuple[datetime, datetime]]) -> tuple[timedelta, timedelta]:
    """Measure how long at least one turn runs, and how long at least two do."""
    steps = sorted(step for start, end in turns for step in ((start, 1), (end, -1)))
    lengths, running = [NOTHING, NOTHING, NOTHING], 0
    for (moment, step), (following, _) in pairwise(steps):
        running += step
        lengths[min(running, 2)] += following - moment
    return lengths[1] + lengths[2], lengths[2]
