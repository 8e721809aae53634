"""Sentiment analysis: whether a text sounds pleased or displeased, by VADER's word list and rules."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

WORDS_AT_ONCE = 200
"""A longer text is scored piece by piece: VADER adds up, and anything long would end at one of the extremes."""
NEUTRAL = 0.3
"""Up to here, in both directions, nothing is suggested (contract, section 4.1)."""


class Analyzer(Protocol):
    """What is used of VADER."""

    def polarity_scores(self, text: str) -> dict[str, float]:
        """Score a text."""


@dataclass(frozen=True)
class Sentiment:
    """The sentiment of a text.

    :param score: -1 to 1.
    """

    score: float

    @property
    def suggested(self) -> str:
        """In one word."""
        if abs(self.score) <= NEUTRAL:
            return "neutral"
        return "positive" if self.score > 0 else "negative"

    @property
    def serialized(self) -> dict[str, object]:
        """As the API shows it."""
        return {
            "polarity": {"score": int(self.score) if self.score == int(self.score) else self.score},
            "suggested": self.suggested,
        }


def score_sentiment(text: str) -> Sentiment:
    """Score the sentiment of a text.

    :param text: of any length; of a long one it is the mean of pieces of 200 words.
    """
    words = text.split()
    pieces = [" ".join(words[at : at + WORDS_AT_ONCE]) for at in range(0, len(words), WORDS_AT_ONCE)]
    return mean_sentiment([Sentiment(_analyzer().polarity_scores(piece)["compound"]) for piece in pieces])


def mean_sentiment(sentiments: list[Sentiment]) -> Sentiment:
    """Give the mean of several; that of none is neutral."""
    total = sum(each.score for each in sentiments)
    return Sentiment(round(total / max(1, len(sentiments)), 3))


@cache
def _analyzer() -> Analyzer:
    # Loaded when first used: reading its word list takes longer than starting the server should.
    vader = importlib.import_module("vaderSentiment.vaderSentiment")
    return cast("Analyzer", vader.SentimentIntensityAnalyzer())
