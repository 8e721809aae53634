"""Speaker change detection: whether somebody else goes on in the middle of what was taken for one sentence."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.speech.transcription import Sentence

Numbers: TypeAlias = "numpy.ndarray[Any, numpy.dtype[Any]]"

PENALTY = 0.2
"""By how much the words after a change must suit another speaker better, in all, in cosines."""
SHORTEST_PART = 0.5
"""Seconds that a speaker says at least; less may be a word that the recogniser put in the wrong place."""


def word_speakers(sentence: Sentence, scores: Numbers, speaker: int) -> list[int]:
    """Say who says each word of a sentence.

    A change is taken only if each part is long enough, and if the speaker of the whole says one of them.

    :param scores: how well each word suits a speaker, of shape (words, speakers).
    :param speaker: who says the whole, if there is no change.
    """
    path = most_likely(scores, PENALTY)
    parts, first = [], 0
    for _, part in groupby(path):
        last = first + len(list(part)) - 1
        parts.append(sentence.words[last].end - sentence.words[first].start)
        first = last + 1
    is_plain = speaker in path and min(parts) >= SHORTEST_PART
    return path if is_plain else [speaker] * len(path)


def most_likely(scores: Numbers, penalty: float) -> list[int]:
    """Find the run of states whose scores, less a penalty for each change, come to most (Viterbi's algorithm).

    :param scores: of shape (steps, states); at least one step.
    :param penalty: for each change.
    """
    totals = scores[0]
    origins = []
    for step in scores[1:]:
        best = int(totals.argmax())
        changed = totals[best] - penalty
        origins.append(numpy.where(totals >= changed, numpy.arange(len(totals)), best))
        totals = numpy.maximum(totals, changed) + step
    path = [int(totals.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[::-1]
