"""A conversation to be read: plain text, one line a message, and Markdown with all that was found.

Python's own string methods do: a library for Markdown reads it or makes HTML of it, and none is needed to write it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_symbl.results.timeline import lines, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.client.validators import JsonObject
    from airflow_provider_symbl.results.document import Document

ACTIVE = re.compile(r"([\\`*_\[\]<>&~|!#])")
"""What means something inside a line of Markdown; a backslash takes the meaning away."""
BULLET = re.compile(r"^([-+=])")
NUMBER = re.compile(r"^(\d{1,9})([.)])")
"""These mean something at the beginning of a line."""
LISTS = (
    ("action_items", "Action items"),
    ("follow_ups", "Follow-ups"),
    ("questions", "Questions"),
    ("topics", "Topics"),
)


def to_txt(document: Document) -> str:
    """Return the transcript as plain text: ``[0:00:05] Ann: Good morning.``, one line a message.

    The time is left out where nobody knows it, the name where nobody knows the speaker.

    :param document: with its messages.
    """
    said = []
    for line in lines(document):
        time = "" if line.start is None else f"[{clock(line.start)}] "
        speaker = f"{line.speaker}: " if line.speaker else ""
        said.append(f"{time}{speaker}{line.text}\n")
    return "".join(said)


def to_markdown(document: Document) -> str:
    """Return the conversation as CommonMark: its name, the summary, what was found, and the transcript.

    What may have a meaning in Markdown is escaped, so that it reads as it was said.

    :param document: with its messages.
    """
    conversation = document["conversation"]
    title = one_line(conversation.get("name") or "") or conversation["id"]
    parts = [f"# {escaped(title)}", *_facts(document)]
    if summary := [one_line(sentence["text"]) for sentence in document["summary"] or []]:
        parts += ["## Summary", _beginning(" ".join(summary))]
    for read, heading in LISTS:
        found: list[JsonObject] = document[read] or []  # type: ignore[literal-required]  # all four are its keys
        if found:
            parts += [f"## {heading}", "\n".join(f"- {_item(item)}" for item in found)]
    parts += ["## Transcript", *(_paragraph(line.speaker, line.text, line.start) for line in lines(document))]
    return "\n\n".join(parts) + "\n"


def clock(seconds: float) -> str:
    """Write seconds as hours, minutes and seconds.

    :param seconds: from the start.
    """
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def escaped(text: str) -> str:
    """Take from a part of a line every meaning that it may have in Markdown.

    :param text: on one line, and not at its beginning, where more has a meaning.
    """
    return ACTIVE.sub(r"\\\1", text)


def _beginning(text: str) -> str:
    """Do the same for what begins a line: it must not become a list, or a line below a heading."""
    return BULLET.sub(r"\\\1", NUMBER.sub(r"\1\\\2", escaped(text)))


def _facts(document: Document) -> Iterator[str]:
    conversation, recording = document["conversation"], document["recording"] or {}
    members = [one_line(member.get("name") or member.get("email") or "") for member in document["members"] or []]
    rows = {
        "Conversation": conversation["id"],
        "Began": conversation.get("start_time") or "",
        "Ended": conversation.get("end_time") or "",
        "Recording": one_line(recording.get("path") or ""),
        "Members": ", ".join(filter(None, members)),
    }
    yield "\n".join(f"- **{name}:** {escaped(value)}" for name, value in rows.items() if value)


def _item(item: JsonObject) -> str:
    name, text = one_line(_who(item)), one_line(item["text"])
    told = f"**{escaped(name)}:** {escaped(text)}" if name else _beginning(text)
    due = item.get("due_by")
    return f"{told} (due {escaped(one_line(due))})" if due else told


def _who(item: JsonObject) -> str:
    who = item.get("assignee") or item.get("speaker") or {}
    return str(who.get("name") or "")


def _paragraph(speaker: str, text: str, start: float | None) -> str:
    head: Iterable[str] = filter(None, (escaped(speaker), "" if start is None else clock(start)))
    return f"**{' · '.join(head) or '?'}** {escaped(text)}"
