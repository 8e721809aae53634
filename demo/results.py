"""What a night left behind: read back, set in a table, and held against what was really said."""

from __future__ import annotations

import datetime
import json
import string
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import jiwer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WIDTH = 120
HEADINGS = ("recording", "conversation", "length", "job", "first words")
PUNCTUATION = str.maketrans(string.punctuation, " " * len(string.punctuation))
APOSTROPHES = str.maketrans("", "", "'\N{RIGHT SINGLE QUOTATION MARK}")


@dataclass(frozen=True)
class Result:
    """What a nightly DAG landed of one recording.

    :param recording: its path below the folder of recordings.
    :param duration: seconds of conversation.
    :param job_seconds: seconds from the job's submission to its end.
    :param texts: the messages' contents, in order.
    """

    recording: str
    conversation_id: str
    duration: float
    job_seconds: float
    texts: tuple[str, ...]


def read_results(folder: Path, job_seconds: Mapping[str, float]) -> list[Result]:
    """Return what has landed below the folder, ordered by recording.

    :param job_seconds: how long the job of each conversation took, by the conversation's id.
    """
    results = (_read(file, job_seconds) for file in folder.rglob("conversation.json"))
    return sorted(results, key=lambda result: result.recording)


def path_of(uri: str) -> Path:
    """Return the path of a local file that a task names by its URI."""
    return Path(url2pathname(urlsplit(uri).path))


def missing_recordings(results: Iterable[Result], recordings: Path) -> list[str]:
    """Return the recordings whose words are known and of which nothing was heard."""
    heard = {result.recording for result in results if result.texts}
    return sorted(set(_scripts(recordings)) - heard)


def word_error_rate(results: Iterable[Result], recordings: Path) -> float:
    """Return words wrong, missing or too many, per word that was said; letter case and punctuation do not count.

    :param recordings: the folder whose ``scripts.json`` holds what was said.
    """
    scripts = _scripts(recordings)
    pairs = [(scripts[each.recording], _words(" ".join(each.texts))) for each in results if each.recording in scripts]
    said, heard = zip(*pairs, strict=True)
    return float(jiwer.wer(list(said), list(heard)))


def table(results: Iterable[Result]) -> str:
    """Return one aligned line per recording, at most 120 characters wide."""
    rows = [HEADINGS, *map(_row, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line[:WIDTH].rstrip() for line in lines)


def _read(file: Path, job_seconds: Mapping[str, float]) -> Result:
    written = json.loads(file.read_text())
    conversation = written["conversation"]
    start, end = (datetime.datetime.fromisoformat(conversation[key]) for key in ("start_time", "end_time"))
    return Result(
        recording=_below_recordings(written["recording"]["path"]),
        conversation_id=conversation["id"],
        duration=(end - start).total_seconds(),
        job_seconds=job_seconds[conversation["id"]],
        texts=tuple(message["text"] for message in written["messages"]),
    )


def _below_recordings(path: str) -> str:
    """Return the kind and the name of a recording, by which the scripts know it, whether its path is whole or not."""
    return "/".join(path.rsplit("/", 2)[-2:])


def _row(result: Result) -> tuple[str, ...]:
    length, job = f"{result.duration:.1f} s", f"{result.job_seconds:.1f} s"
    return result.recording, result.conversation_id, length, job, " ".join(result.texts)[:WIDTH]


def _scripts(recordings: Path) -> dict[str, str]:
    scripts = json.loads((recordings / "scripts.json").read_text())
    return {name: _words(" ".join(turn["text"] for turn in said["turns"])) for name, said in scripts.items()}


def _words(text: str) -> str:
    return " ".join(text.lower().translate(APOSTROPHES).translate(PUNCTUATION).split())
