"""Transcripts: a conversation as Markdown or as SRT subtitles."""

from __future__ import annotations

import html
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.store.records import Member, Message

PARAGRAPH_PAUSE = timedelta(seconds=2)
PARAGRAPH_LENGTH = 6
"""Messages after which a paragraph ends even though the speaker goes on."""
SHORTEST_SUBTITLE = timedelta(milliseconds=1)


def markdown(
    messages: Sequence[Message],
    members: Mapping[str, Member],
    marks: Mapping[str, Sequence[tuple[int, int]]],
    *,
    paragraphs: bool,
    speakers: bool,
) -> str:
    """Write a conversation as Markdown, lines parted by ``<br/><br/>`` as Symbl's are; what was said is escaped.

    :param messages: in order of time.
    :param members: by id.
    :param marks: by message id, the stretches of its text to highlight, in order and apart.
    :param paragraphs: messages that belong together on one line, rather than each on its own.
    :param speakers: begin each line with the speaker's name, where it is known.
    """
    lines: list[str] = []
    for _, turn in groupby(messages, key=lambda message: message.member_id):
        said = list(turn)
        name = _name(said[0], members) if speakers else None
        prefix = f"{_escaped(name)}: " if name else ""
        groups = _paragraphs(said) if paragraphs else [[message] for message in said]
        texts = (" ".join(_marked(message.text, marks.get(message.id, ())) for message in group) for group in groups)
        lines += [prefix + text for text in texts]
    return "<br/><br/>".join(lines)


def srt(messages: Iterable[Message], start: datetime) -> str:
    """Write a conversation as SRT subtitles, one message each, in which Symbl names nobody.

    :param messages: in order of time.
    :param start: the conversation's beginning, from which times count.
    """
    subtitles = []
    for number, message in enumerate(messages, 1):
        said = _one_line(message.text)
        begin = max(timedelta(0), message.start - start)
        end = max(begin + SHORTEST_SUBTITLE, message.end - start)
        subtitles.append(f"{number}\n{_clock(begin)} --> {_clock(end)}\n{said}\n")
    return "\n".join(subtitles)


def _paragraphs(messages: Iterable[Message]) -> list[list[Message]]:
    groups: list[list[Message]] = []
    for message in messages:
        last = groups[-1] if groups else []
        if last and len(last) < PARAGRAPH_LENGTH and message.start - last[-1].end < PARAGRAPH_PAUSE:
            last.append(message)
        else:
            groups.append([message])
    return groups


def _marked(text: str, marks: Iterable[tuple[int, int]]) -> str:
    pieces, position = [], 0
    for start, end in marks:
        pieces += [_escaped(text[position:start]), f"<mark>{_escaped(text[start:end])}</mark>"]
        position = end
    return "".join([*pieces, _escaped(text[position:])])


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _name(message: Message, members: Mapping[str, Member]) -> str | None:
    member = members.get(message.member_id or "")
    return (member.name or member.user_id) if member else None


def _one_line(text: str) -> str:
    """Make a cue's text safe: a blank line would end the cue, an arrow would begin another."""
    return " ".join(text.split()).replace("-->", "->")


def _clock(since: timedelta) -> str:
    milliseconds = since // timedelta(milliseconds=1)
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02},{milliseconds:03}"
