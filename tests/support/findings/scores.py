"""Precision and recall of what symbl-local finds, over sentences that were labelled by hand.

Each kind has a file of sentences that the rules were made with (``tuned``) and one that they were not (``held_out``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.intelligence import resources
from airflow_provider_symbl.local_server.store.records import Tracker
from tests.unit.local_server.intelligence.sample_views import identity, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

FOLDER = Path(__file__).parent
TUNED, HELD_OUT = "tuned", "held_out"
MARK = re.compile(r"\[([^|\]]+)\|(\w+)\]")
NOBODY = "-"
INSIGHTS: Mapping[str, set[str]] = {
    "action_items": {"action_item"},
    "follow_ups": {"follow_up"},
    "questions": {"question"},
    "requests": {"action_item", "follow_up"},
}
"""The files of sentences, and of which types one is to be found in each sentence that has a plus."""
ENTITY_TYPES = ("person", "organization", "location", "currency", "duration")


@dataclass
class Score:
    """How well one kind is found.

    :param sentences: how many it was looked for in.
    :param labelled: how many of them have any.
    :param missed: what is labelled and was not found.
    :param wrong: what was found and is not labelled.
    """

    sentences: int = 0
    labelled: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of what was found, how much is labelled."""
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """Of what is labelled, how much was found."""
        return self.right / max(1, self.right + len(self.missed))

    def count(self, labelled: set[str], found: set[str], sentence: str) -> None:
        """Take the findings of one sentence."""
        self.sentences += 1
        self.labelled += bool(labelled)
        self.right += len(labelled & found)
        self.missed += [f"{sentence} ({label})" for label in sorted(labelled - found)]
        self.wrong += [f"{sentence} ({label})" for label in sorted(found - labelled)]


@cache
def scores(half: str) -> Mapping[str, Score]:
    """Score every kind.

    :param half: ``tuned`` or ``held_out``.
    """
    flagged = {kind: _flagged(half, kind, _finds(types)) for kind, types in INSIGHTS.items()}
    return {
        **flagged,
        "assignees": _assignees(half),
        "trackers": _flagged(half, "trackers", _tracks),
        **_entities(half),
    }


def _lines(half: str, kind: str) -> Iterable[str]:
    return (FOLDER / half / f"{kind}.txt").read_text(encoding="utf-8").splitlines()


def _flagged(half: str, kind: str, finds: Callable[[str], bool]) -> Score:
    score = Score()
    for line in _lines(half, kind):
        mark, sentence = line.split(" ", 1)
        score.count({kind} if mark == "+" else set(), {kind} if finds(sentence) else set(), sentence)
    return score


def _finds(types: set[str]) -> Callable[[str], bool]:
    def finds(sentence: str) -> bool:
        found: Any = resources.insights(said(sentence))["insights"]
        return bool(types & {insight["type"] for insight in found})

    return finds


def _tracks(line: str) -> bool:
    phrase, sentence = line.split(" | ")
    return bool(resources.trackers(said(sentence, trackers=(Tracker(identity("t"), "Phrases", (phrase,)),))))


def _assignees(half: str) -> Score:
    score = Score()
    for line in _lines(half, "assignees"):
        who, sentence = line.split(" | ")
        found: Any = resources.insights(said(sentence))["insights"]
        names = {task["assignee"].get("name", NOBODY) for task in found if task["type"] != "question"}
        score.count({who} - {NOBODY}, names - {NOBODY}, sentence)
    return score


def _entities(half: str) -> Mapping[str, Score]:
    kinds = {kind: Score() for kind in ENTITY_TYPES}
    for line in _lines(half, "entities"):
        sentence = MARK.sub(r"\1", line)
        found: Any = resources.entities(said(sentence, entities=True))["entities"]
        for kind, score in kinds.items():
            labelled = {text.lower() for text, label in MARK.findall(line) if label == kind}
            score.count(labelled, {entity["text"].lower() for entity in found if entity["type"] == kind}, sentence)
    return kinds
