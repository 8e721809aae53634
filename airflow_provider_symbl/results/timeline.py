"""Who said what when: the lines of a conversation as every readable form shows them, and the times of its cues."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pendulum

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from airflow_provider_symbl.client.validators import JsonObject
    from airflow_provider_symbl.results.document import Document

SECONDS_PER_CHARACTER = 0.06
"""How long a cue lasts whose end nobody knows, and that is the last: about 17 characters a second can be read."""
LEAST_GUESS = 1.0
BYTE_ORDER_MARK = "\ufeff"
INVISIBLE = re.compile(f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f{BYTE_ORDER_MARK}]")
"""Control characters that are no white space, and byte order marks."""


class Line(NamedTuple):
    """A message that says something.

    :param speaker: the name of who said it, on one line; empty where nobody knows.
    :param text: what was said, on one line.
    :param start: seconds from the start of the conversation; None where nobody knows.
    :param end: the same of its end.
    """

    speaker: str
    text: str
    start: float | None
    end: float | None


class Cue(NamedTuple):
    """A line whose times are whole.

    :param speaker: as of :class:`Line`.
    :param text: the same.
    :param start: milliseconds from the start of the conversation.
    :param end: the same, later than the start.
    """

    speaker: str
    text: str
    start: int
    end: int


def one_line(text: str) -> str:
    """Return a text on one line: white space of any kind is one blank, control characters and byte order marks go.

    This is the normalisation of txt, md, srt and vtt.

    :param text: any.
    """
    return " ".join(INVISIBLE.sub("", text).split())


def lines(document: Document) -> Iterator[Line]:
    """Yield what was said, in the document's order; messages without a visible character are left out.

    :param document: with its messages.
    """
    names = {member["id"]: member["name"] for member in document["members"] or [] if member.get("id")}
    zero = _zero(document)
    for message in document["messages"] or []:
        text = one_line(message["text"])
        if text:
            yield Line(_speaker_of(message, names), text, *_times_of(message, zero))


def cues(document: Document) -> list[Cue]:
    """Return what was said with times for all of it, in the order of the times, as players need it.

    A start that is not known is the end before it. An end that is not known is the next start, and of the last cue what
    it takes to read it.

    :param document: with its messages.
    """
    timed: list[tuple[int, int | None, Line]] = []
    last = 0
    for line in lines(document):
        start = last if line.start is None else _milliseconds(line.start)
        end = None if line.end is None else max(_milliseconds(line.end), start + 1)
        timed.append((start, end, line))
        last = start if end is None else end
    timed.sort(key=lambda cue: cue[0])
    made: list[Cue] = []
    later: int | None = None
    following = None
    for start, end, line in reversed(timed):
        if following is not None and following > start:
            later = following
        following = start
        if end is None:
            guess = max(LEAST_GUESS, SECONDS_PER_CHARACTER * len(line.text))
            end = start + _milliseconds(guess) if later is None else later  # noqa: PLW2901 - the one that was missing
        made.append(Cue(line.speaker, line.text, start, end))
    return made[::-1]


def seconds_between(start: str, end: str) -> float | None:
    """Return the seconds from one ISO-8601 time to another, None where either is not one.

    :param start: the first.
    :param end: the second.
    """
    first, second = moment(start), moment(end)
    return None if first is None or second is None else (second - first).total_seconds()


def moment(given: object) -> datetime.datetime | None:
    """Read an ISO-8601 time; without a zone it is UTC; None where it is not one.

    :param given: text.
    """
    if not isinstance(given, str) or not given:
        return None
    try:
        read = pendulum.parse(given)
    except (ValueError, OverflowError):
        return None
    return read if isinstance(read, pendulum.DateTime) else None


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _zero(document: Document) -> str:
    """Return when the conversation began: by its own data, else by its earliest message."""
    own = document["conversation"].get("start_time", "")
    if moment(own) is not None:
        return str(own)
    known = [(read, start) for start in _starts(document) if (read := moment(start)) is not None]
    return min(known, default=(None, ""))[1]


def _starts(document: Document) -> Iterator[str]:
    return (message.get("start_time", "") for message in document["messages"] or [])


def _times_of(message: JsonObject, zero: str) -> tuple[float | None, float | None]:
    start = message.get("time_offset")
    if start is None:
        start = seconds_between(zero, message.get("start_time", ""))
    if start is None:
        return None, None
    duration = message.get("duration")
    if duration is None:
        duration = seconds_between(message.get("start_time", ""), message.get("end_time", ""))
    return start, None if duration is None else start + duration


def _speaker_of(message: JsonObject, names: dict[str, str]) -> str:
    speaker = message.get("speaker") or {}
    known = speaker.get("name") or names.get(speaker.get("id", ""), "") or speaker.get("email", "")
    return one_line(known)
