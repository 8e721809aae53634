"""How well and how fast symbl-local hears: ``python -m tests.benchmarks.speech`` prints it, and asserts nothing."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import jiwer

from tests.support.symbl_command import SymblCommand
from tests.support.word_error import REAL_RECORDINGS, SENTENCES, normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

DEMO = Path(__file__).parents[2] / "example_dags" / "recordings"
ROUNDS = 2
"""How often all recordings are submitted: enough to keep two processes busy to the end."""


@dataclass(frozen=True)
class Recording:
    """A recording and what is said in it.

    :param reference: the words; None where nobody has written them down.
    """

    path: Path
    reference: str | None

    @property
    def kind(self) -> str:
        """The call that takes it."""
        return "video" if self.path.suffix == ".mp4" else "audio"


@dataclass(frozen=True)
class Outcome:
    """What became of a recording."""

    recording: Recording
    seconds: float
    text: str

    @property
    def words(self) -> int:
        """How many were heard."""
        return len(self.text.split())


def recordings() -> list[Recording]:
    """List the demo's recordings, and those of real people where they are, the longest first."""
    scripts = json.loads((DEMO / "scripts.json").read_text())
    demo = [
        Recording(DEMO / name, normalised(" ".join(turn["text"] for turn in script["turns"])))
        for name, script in scripts.items()
        if (DEMO / name).suffix != ".json"
    ]
    real = [Recording(path, SENTENCES.get(path.name)) for path in REAL_RECORDINGS.glob("*.wav")]
    return sorted([*real, *demo], key=lambda one: -one.path.stat().st_size)


def heard(workers: int) -> tuple[list[Outcome], float]:
    """Have all recordings heard, some times.

    :param workers: how many processes do it.
    :return: the outcomes of the first round, and how many seconds all rounds took.
    """
    given = recordings()
    with SymblCommand("--workers", str(workers), "--max-concurrent-jobs", "1000") as server:
        for _ in range(workers):  # loads the model
            server.submit(given[-1].path.read_bytes(), given[-1].kind)
        server.wait_until_all_are_over()
        begun = time.perf_counter()
        ids = [server.submit(one.path.read_bytes(), one.kind) for _ in range(ROUNDS) for one in given]
        server.wait_until_all_are_over()
        took = time.perf_counter() - begun
        return [_outcome(server, one, own) for one, own in zip(given, ids, strict=False)], took


def table() -> Iterator[str]:
    """Give what was heard line by line, and then how fast."""
    outcomes, alone = heard(1)
    _, both = heard(2)
    for one in outcomes:
        yield f"{one.recording.path.name:28} {one.seconds:7.1f} s {one.words:5} words  {_error([one])}"
    real = [one for one in outcomes if one.recording.path.parent == REAL_RECORDINGS]
    yield f"word error rate, readings by real people: {_error(real)}"
    yield f"word error rate, the demo's recordings:   {_error([one for one in outcomes if one not in real])}"
    total = ROUNDS * sum(one.seconds for one in outcomes)
    for workers, took in ((1, alone), (2, both)):
        yield f"workers {workers}: {total:.0f} s of recordings in {took:.1f} s, {total / took:.1f} times real time"


def _outcome(server: SymblCommand, recording: Recording, ids: dict[str, str]) -> Outcome:
    conversation = server.get(f"/v1/conversations/{ids['conversationId']}")
    start, end = (datetime.fromisoformat(conversation[name]) for name in ("startTime", "endTime"))
    return Outcome(recording, (end - start).total_seconds(), normalised(" ".join(server.texts(ids))))


def _error(outcomes: list[Outcome]) -> str:
    known = [(one.recording.reference, one.text) for one in outcomes if one.recording.reference]
    if not known:
        return "no reference"
    return f"{jiwer.wer([reference for reference, _ in known], [text for _, text in known]):.1%}"


if __name__ == "__main__":
    print(*table(), sep="\n")  # noqa: T201 - the figures that are asked for
