"""Precision and recall of what is found, over sentences that were labelled by hand: a change may not lower them."""

from __future__ import annotations

import pytest

from tests.support.findings.scores import HELD_OUT, TUNED, scores

FEWEST_SENTENCES = 60
LEAST = 0.8
"""Of every kind, whatever becomes of the floors."""
FLOORS = {
    TUNED: {
        "action_items": (1.0, 1.0),
        "follow_ups": (1.0, 1.0),
        "questions": (0.95, 1.0),
        "requests": (1.0, 1.0),
        "assignees": (1.0, 1.0),
        "trackers": (1.0, 1.0),
        "person": (0.98, 0.98),
        "organization": (0.96, 0.96),
        "location": (1.0, 1.0),
        "currency": (1.0, 1.0),
        "duration": (1.0, 1.0),
    },
    HELD_OUT: {
        "action_items": (1.0, 0.91),
        "follow_ups": (1.0, 0.83),
        "questions": (1.0, 0.87),
        "requests": (0.81, 0.81),
        "assignees": (1.0, 1.0),
        "trackers": (1.0, 0.93),
        "person": (0.93, 0.93),
        "organization": (1.0, 1.0),
        "location": (1.0, 0.86),
        "currency": (1.0, 1.0),
        "duration": (1.0, 1.0),
    },
}
"""By half and kind: precision and recall as they were when the rules were made, cut to two digits."""


@pytest.mark.parametrize("half", [TUNED, HELD_OUT])
@pytest.mark.parametrize("kind", FLOORS[TUNED])
def test_no_kind_is_found_worse_than_it_was(half: str, kind: str) -> None:
    """The message names the sentences that went wrong."""
    score, (precision, recall) = scores(half)[kind], FLOORS[half][kind]
    assert min(precision, recall) >= LEAST
    assert score.precision >= precision, score.wrong
    assert score.recall >= recall, score.missed


@pytest.mark.parametrize("kind", FLOORS[TUNED])
def test_each_kind_is_judged_by_enough_sentences_and_by_some_that_only_look_alike(kind: str) -> None:
    """Both halves together."""
    halves = [scores(half)[kind] for half in (TUNED, HELD_OUT)]
    assert sum(score.sentences for score in halves) >= FEWEST_SENTENCES
    assert all(score.sentences > score.labelled > 0 for score in halves)
