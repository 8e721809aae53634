"""Transcripts: a conversation as Markdown or as SRT subtitles; nothing that was said can be taken for markup."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.store.records import Member, Message

PARAGRAPH_PAUSE = timedelta(seconds=2)
PARAGRAPH_LENGTH = 6
"""Messages after which a paragraph ends even though the speaker goes on."""
SHORTEST_SUBTITLE = timedelta(milliseconds=1)
LINE_BREAK = "<br/><br/>"
ACTIVE = re.compile(r"([\\`*_\[\]~|!#^$])")
"""What has a meaning in Markdown wherever it stands; ``&``, ``<`` and ``>`` are HTML's besides."""
OPENING = re.compile(r"^([-+=]|[0-9]{1,9}(?=[.)]))")
"""What makes a list or a heading of a line that it begins."""
ADDRESS = re.compile(r"(?<=:)//|\bwww(?=\.)", re.IGNORECASE)
"""What renderers make a link of without any markup."""
AS_ENTITIES = {"//": "&#47;&#47;"}
LOOK_ALIKES = str.maketrans("<>{}\\", "\u2039\u203a\u2774\u2775\u29f5")
"""SRT has no escapes: what players take for tags is written as characters that look the same; so there is no arrow."""


def markdown(
    messages: Iterable[Message],
    members: Mapping[str, Member],
    marks: Mapping[str, Sequence[tuple[int, int]]],
    *,
    paragraphs: bool,
    speakers: bool,
) -> str:
    """Write a conversation as Markdown in order of time, lines parted by ``<br/><br/>``.

    :param messages: those without a word are left out.
    :param members: by id.
    :param marks: by message id, the stretches of its text to highlight, in order and apart.
    :param paragraphs: messages that belong together on one line, rather than each on its own.
    :param speakers: begin each line with the speaker's name, where it is known.
    """
    said = _in_order(messages)
    groups = _paragraphs(said) if paragraphs else [[message] for message in said]
    lines = []
    for group in groups:
        name = _name(group[0], members) if speakers else None
        text = " ".join(_marked(message.text, marks.get(message.id, ())) for message in group)
        lines.append(f"{_escaped(name)}: {text}" if name else text)
    return LINE_BREAK.join(OPENING.sub(_quoted, line) for line in lines)


def srt(messages: Iterable[Message], members: Mapping[str, Member], start: datetime, *, speakers: bool) -> str:
    """Write a conversation as SRT subtitles in order of time, one message each.

    :param messages: those without a word are left out.
    :param members: by id.
    :param start: the conversation's beginning, from which times count.
    :param speakers: begin each with the speaker's name, where it is known; Symbl's own name nobody.
    """
    subtitles = []
    for number, message in enumerate(_in_order(messages), 1):
        name = _name(message, members) if speakers else None
        said = _one_line(f"{name}: {message.text}" if name else message.text).translate(LOOK_ALIKES)
        begin = max(timedelta(0), message.start - start)
        end = max(begin + SHORTEST_SUBTITLE, message.end - start)
        subtitles.append(f"{number}\n{_clock(begin)} --> {_clock(end)}\n{said}\n")
    return "\n".join(subtitles)


def _in_order(messages: Iterable[Message]) -> list[Message]:
    return sorted((message for message in messages if _one_line(message.text)), key=attrgetter("start"))


def _paragraphs(messages: Iterable[Message]) -> list[list[Message]]:
    groups: list[list[Message]] = []
    for message in messages:
        last = groups[-1] if groups else []
        if last and len(last) < PARAGRAPH_LENGTH and _goes_on(last[-1], message):
            last.append(message)
        else:
            groups.append([message])
    return groups


def _goes_on(before: Message, after: Message) -> bool:
    return before.member_id == after.member_id and after.start - before.end < PARAGRAPH_PAUSE


def _marked(text: str, marks: Iterable[tuple[int, int]]) -> str:
    return _one_line("".join(_pieces(text, marks)))


def _pieces(text: str, marks: Iterable[tuple[int, int]]) -> Iterator[str]:
    position = 0
    for start, end in marks:
        yield f"{_escaped(text[position:start])}<mark>{_escaped(text[start:end])}</mark>"
        position = end
    yield _escaped(text[position:])


def _escaped(text: str) -> str:
    escaped = ACTIVE.sub(r"\\\1", html.escape(_printable(text), quote=False))
    return ADDRESS.sub(lambda match: AS_ENTITIES.get(match[0], f"{match[0][:-1]}&#119;"), escaped)


def _quoted(match: re.Match[str]) -> str:
    return f"&#{ord(match[1][0])};{match[1][1:]}"


def _name(message: Message, members: Mapping[str, Member]) -> str | None:
    member = members.get(message.member_id or "")
    return _one_line(member.name or member.user_id or "") if member else None


def _one_line(text: str) -> str:
    """Put a text on one line: a blank line would end a cue."""
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Leave out control characters, which mean something to terminals and players; white space stays."""
    return "".join(letter for letter in text if letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cs"})


def _clock(since: timedelta) -> str:
    milliseconds = since // timedelta(milliseconds=1)
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02},{milliseconds:03}"
