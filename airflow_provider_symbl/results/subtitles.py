"""A conversation beside its recording: SRT, which every player reads, and WebVTT, which says who speaks.

Both formats are a few lines to write, and what must not stand in them is our own decision, so no library is used; the
tests read them with three.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_symbl.results.timeline import cues

if TYPE_CHECKING:
    from airflow_provider_symbl.results.document import Document

LOOK_ALIKES = str.maketrans("<>{}\\", "\u2039\u203a\u2774\u2775\u29f5")
TIMESTAMP = re.compile(r"(\d:\d{1,2}:\d{1,2})[,.](?=\d)")
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def to_srt(document: Document) -> str:
    """Return the transcript as SRT; a speaker's name stands where it changes.

    :param document: with its messages.
    """
    blocks = []
    before = None
    for number, cue in enumerate(cues(document), 1):
        speaker = f"{cue.speaker}: " if cue.speaker and cue.speaker != before else ""
        before = cue.speaker
        times = f"{_time(cue.start, ',')} --> {_time(cue.end, ',')}"
        blocks.append(f"{number}\n{times}\n{srt_text(speaker + cue.text)}\n")
    return "\n".join(blocks)


def srt_text(text: str) -> str:
    """Return a line as SRT can hold it, which is the normalisation of that form.

    SRT knows no escapes. What players take for markup, ``<>{}`` and the backslash, and the comma in what they take for
    a time are written as characters that look the same.

    :param text: on one line.
    """
    return TIMESTAMP.sub("\\1\u201a", text.translate(LOOK_ALIKES))


def to_vtt(document: Document) -> str:
    """Return the transcript as WebVTT; each cue names its speaker, where that is known.

    :param document: with its messages.
    """
    blocks = ["WEBVTT\n"]
    for cue in cues(document):
        voice = f"<v {cue.speaker.translate(ENTITIES)}>" if cue.speaker else ""
        times = f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}"
        blocks.append(f"{times}\n{voice}{cue.text.translate(ENTITIES)}\n")
    return "\n".join(blocks)


def _time(milliseconds: int, mark: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"
