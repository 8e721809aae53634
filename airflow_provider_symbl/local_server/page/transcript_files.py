"""Transcripts to take away: a conversation as a text, as Markdown, as SRT subtitles or as JSON, in a named file."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow_provider_symbl.local_server.api.timestamps import iso
from airflow_provider_symbl.local_server.routes import transcripts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.store.records import Message

UNKNOWN = "Unknown speaker"
LONGEST_NAME = 80
"""Characters of a file's name, its suffix aside."""
NOT_IN_NAMES = re.compile(r"[^\w .()+-]+")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""Characters that move a terminal's cursor, break a line or turn the direction of writing."""
MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>#+\-!|~&=$^@:]|(?<=\d)\.|(?<=www)\.", re.IGNORECASE)
"""What Markdown could take for markup: lists, links, and addresses that become links by themselves too."""


def as_text(view: ConversationView) -> str:
    """Write a conversation as plain text: a line for each message, with its time and its speaker."""
    lines = (f"[{_clock(message, view)}] {_speaker(message, view)}: {_line(message.text)}" for message in view.messages)
    return "".join(f"{line}\n" for line in (_line(view.name), iso(view.start), "", *lines))


def as_markdown(view: ConversationView) -> str:
    """Write a conversation as Markdown: a paragraph for each message, headed by its speaker where that changes."""
    return "\n\n".join([f"# {_escaped(view.name)}", iso(view.start), *_paragraphs(view)]) + "\n"


def as_srt(view: ConversationView) -> str:
    """Write a conversation as SRT subtitles, with the speakers' names."""
    return transcripts.srt(view.messages, view.members, view.start, speakers=True)


def as_json(shown: Mapping[str, object]) -> str:
    """Write all that the page shows of a conversation as JSON.

    :param shown: that.
    """
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


FORMS: Mapping[str, tuple[str, Callable[[ConversationView], str]]] = {
    "txt": ("text/plain", as_text),
    "md": ("text/markdown", as_markdown),
    "srt": ("application/x-subrip", as_srt),
}
"""Media type and writer of each form, by the suffix of its file; JSON holds more than the transcript."""


def headers(name: str, conversation_id: str, suffix: str) -> dict[str, str]:
    """Make the header by which a browser saves an answer under the conversation's name.

    :param name: the conversation's name; its last part if it is a path.
    :param conversation_id: names the file where nothing is left of the name.
    :param suffix: the file's.
    """
    stem = NOT_IN_NAMES.sub("_", name.rpartition("/")[2])[:LONGEST_NAME].strip(" ._")
    plain = (stem.encode("ascii", "ignore").decode().strip(" ._")) or conversation_id
    encoded = quote(f"{stem or conversation_id}.{suffix}", safe="")
    return {"Content-Disposition": f"attachment; filename=\"{plain}.{suffix}\"; filename*=UTF-8''{encoded}"}


def _paragraphs(view: ConversationView) -> Iterator[str]:
    previous: str | None = None
    for message in view.messages:
        speaker = _speaker(message, view)
        if speaker != previous:
            yield f"**{_escaped(speaker)}** {_escaped(_clock(message, view))}"
        previous = speaker
        yield _escaped(message.text)


def _escaped(text: str) -> str:
    return MARKDOWN.sub(r"\\\g<0>", _line(text))


def _line(text: str) -> str:
    return " ".join(CONTROLS.sub(" ", text).split())


def _speaker(message: Message, view: ConversationView) -> str:
    member = view.speaker(message)
    return _line((member and (member.name or member.user_id)) or UNKNOWN)


def _clock(message: Message, view: ConversationView) -> str:
    seconds = max(timedelta(0), message.start - view.start) // timedelta(seconds=1)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
