"""A conversation beside its recording: SRT, which every player reads, and WebVTT, which says who speaks.

Both formats are a few lines to write, and what must not stand in them is our own decision, so no library is used; the
tests read them with three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.results.timeline import cues

if TYPE_CHECKING:
    from airflow_provider_symbl.results.document import Document

LOOK_ALIKES = str.maketrans("<>{}\\", "\u2039\u203a\u2774\u2775\u29f5")
"""SRT knows no escapes, and players take these for markup: what is written instead looks the same."""
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
        blocks.append(f"{number}\n{times}\n{(speaker + cue.text).translate(LOOK_ALIKES)}\n")
    return "\n".join(blocks)


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
