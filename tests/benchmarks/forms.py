"""What each form of a long conversation costs: ``python -m tests.benchmarks.forms`` prints CPU time and peak memory.

Both are told as multiples, too, of what it takes to read Symbl's own answer from the disk. Each is measured in a
process of its own, which holds the document already. Memory is that of the process, as the kernel counts it: it needs
Linux.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client.models import Conversation, Insight, Member, Message, SummarySentence, Topic
from airflow_provider_symbl.results.document import Document, assemble
from airflow_provider_symbl.results.forms import FORMS, render

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = 10_000
WORDS = ("we", "should", "send", "the", "parcel", "again", "before", "friday", "because", "it", "was", "late")
PEOPLE = 40
FOUND = 500
"""Topics, and as many action items."""
ROUNDS = 5
MIB = 1024 * 1024
BEGAN = "2026-01-31T09:30:00.000Z"
READING, MODELS, ASSEMBLING = "reading the answer", "reading it into models", "assembling the document"
STEPS = (READING, MODELS, ASSEMBLING, *FORMS)


def answer() -> dict[str, Any]:
    """Return what Symbl answers of a conversation, its messages with words and sentiment."""
    people = [
        {"id": str(number), "name": f"Person {number}", "email": f"p{number}@example.com"} for number in range(PEOPLE)
    ]
    return {
        "conversation": {"id": "4815162342", "name": "A long day", "startTime": BEGAN, "members": people},
        "messages": [message(number, people[number % PEOPLE]) for number in range(MESSAGES)],
        "summary": [{"id": str(number), "text": " ".join(WORDS)} for number in range(20)],
        "topics": [{"id": str(number), "text": f"parcel {number}", "messageIds": ["1"]} for number in range(FOUND)],
        "action_items": [
            {"id": str(number), "text": " ".join(WORDS), "assignee": people[0], "messageIds": ["1", "2"]}
            for number in range(FOUND)
        ],
    }


def message(number: int, speaker: dict[str, str]) -> dict[str, Any]:
    """Return a message as Symbl answers it."""
    times = {"startTime": BEGAN, "endTime": BEGAN, "timeOffset": 3.0 * number, "duration": 2.5}
    words = [{"word": word, "timeOffset": 3.0 * number, "duration": 0.2, "score": 0.9} for word in WORDS]
    sentiment = {"polarity": {"score": 0.1}, "suggested": "neutral"}
    return {
        "id": str(number),
        "text": " ".join(WORDS),
        "from": speaker,
        "words": words,
        "sentiment": sentiment,
        **times,
    }


def models(given: dict[str, Any]) -> tuple[Conversation, dict[str, Any]]:
    """Read an answer as the client does."""
    kinds: dict[str, Any] = {
        "messages": Message,
        "summary": SummarySentence,
        "topics": Topic,
        "action_items": Insight,
    }
    reads = {name: [kind.from_json(item) for item in given[name]] for name, kind in kinds.items()}
    reads["members"] = [Member.from_json(member) for member in given["conversation"]["members"]]
    return Conversation.from_json(given["conversation"]), reads


def step(name: str, file: Path) -> Callable[[], object]:
    """Return what is measured, with all made before that it starts from."""
    if name == READING:
        return lambda: json.loads(file.read_bytes())
    given = json.loads(file.read_bytes())
    if name == MODELS:
        return lambda: models(given)
    read = models(given)
    return (lambda: assemble(*read)) if name == ASSEMBLING else rendering(name, assemble(*read))


def rendering(name: str, document: Document) -> Callable[[], object]:
    """Return what makes a form, whose library is loaded then."""
    few: Document = {**document, "messages": (document["messages"] or [])[:1]}
    render(few, [name])
    return lambda: render(document, [name])


def measure(name: str, file: Path) -> tuple[float, float]:
    """Return the milliseconds of CPU that a step takes, and the MiB that it needs at its peak beyond those before."""
    run = step(name, file)
    Path("/proc/self/clear_refs").write_text("5")  # the peak of the process is counted anew from here
    before = memory("VmRSS")
    run()
    peak = memory("VmHWM") - before
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return 1000 * statistics.median(times), peak


def memory(line: str) -> float:
    """Return a line of what the kernel tells of this process, in MiB."""
    (kib,) = re.findall(rf"^{line}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(kib) / 1024


def main() -> None:
    """Measure each step in a process of its own, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "answer.json")
        file.write_text(json.dumps(answer()))
        print(f"{MESSAGES:,} messages, {file.stat().st_size / MIB:.1f} MiB as Symbl answers them")  # noqa: T201 - the figures that are asked for
        print(f"{'':24} {'CPU ms':>8} {'ratio':>7} {'peak MiB':>9} {'ratio':>7}")  # noqa: T201 - the same
        base: list[float] = []
        for name in STEPS:
            command = [sys.executable, "-m", "tests.benchmarks.forms", name, str(file)]
            figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            base = base or figures
            ratios = [figure / of_reading for figure, of_reading in zip(figures, base, strict=True)]
            print(f"{name:24} {figures[0]:8.1f} {ratios[0]:7.2f} {figures[1]:9.1f} {ratios[1]:7.2f}")  # noqa: T201 - the same


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201 - read by the process that started this
    else:
        main()
