"""Insights: questions, action items and follow-ups, each a sentence that was really said."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.cues import (
    ARRANGEMENT,
    HEDGE_COSTS,
    Cue,
    Cues,
    lowered,
    question_score,
)
from airflow_provider_symbl.local_server.intelligence.dates import Clock, time_expressions
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE, Names
from airflow_provider_symbl.local_server.intelligence.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.sentences import Sentence
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Member, Message

QUESTION, ACTION_ITEM, FOLLOW_UP = "question", "action_item", "follow_up"
ARRANGED = 0.75
"""How sure an arrangement is a follow-up, whatever words it is wrapped in."""
FIRM = {"promise", "plan"}
"""What is said for certain: ``I will``, ``we will``."""
OWN = {"promise", "duty"}
"""What speakers say of themselves."""
ASKED = {"request", "order", "plea"}
"""What is asked of whoever is spoken to."""


@dataclass(frozen=True)
class Insight:
    """A sentence that is a question, an action item or a follow-up.

    :param score: how sure that is, 0 to 1.
    :param start: the sentence's place in its message.
    :param speaker: who said it.
    :param is_definitive: whether it was promised without any if.
    :param assignee: who is to do it, where that was said.
    :param due: until when, where that was said.
    """

    id: str
    type: str
    text: str
    score: float
    message: Message
    wanted: AnalysisOptions
    start: int
    speaker: Member | None
    is_definitive: bool = False
    assignee: Member | None = None
    due: datetime | None = None


def insights(talk: ConversationView, *types: str) -> list[Insight]:
    """Find insights of the given types that are as sure as their part asks, in order, each once.

    :param talk: the conversation.
    :param types: all of them, unless some are given.
    """
    finder = _Finder(talk)
    found = (
        insight
        for message, wanted in talk.understood
        for insight in islice(finder.find(message, wanted), MOST_IN_A_MESSAGE)
        if insight.score >= wanted.threshold and (not types or insight.type in types)
    )
    return list({insight.id: insight for insight in found}.values())


class _Finder:
    def __init__(self, talk: ConversationView) -> None:
        self._talk = talk
        self._names = Names(talk.members.values())
        self._cues = Cues(tuple(self._names.by_name))

    def find(self, message: Message, wanted: AnalysisOptions) -> Iterator[Insight]:
        for sentence in sentences(message.text):
            yield from self._question(message, wanted, sentence)
            yield from self._undertaking(message, wanted, sentence)

    def _question(self, message: Message, wanted: AnalysisOptions, sentence: Sentence) -> Iterator[Insight]:
        score = question_score(sentence.plain)
        if score is not None:
            identity = self._talk.identity(QUESTION, sentence.text, message.id)
            speaker = self._talk.speaker(message)
            yield Insight(identity, QUESTION, sentence.text, score, message, wanted, sentence.start, speaker)

    def _undertaking(self, message: Message, wanted: AnalysisOptions, sentence: Sentence) -> Iterator[Insight]:
        cue = max(self._cues.find(sentence.plain), key=lambda cue: cue.score, default=None)
        is_arranged = bool(ARRANGEMENT.search(sentence.plain))
        if cue is None and not is_arranged:
            return
        kind = FOLLOW_UP if is_arranged else ACTION_ITEM
        yield Insight(
            id=self._talk.identity(kind, sentence.text, message.id),
            type=kind,
            text=sentence.text,
            score=_score(cue, is_arranged=is_arranged),
            message=message,
            wanted=wanted,
            start=sentence.start,
            speaker=self._talk.speaker(message),
            is_definitive=cue is not None and cue.kind in FIRM and not cue.is_hedged,
            assignee=self._assignee(cue, message, sentence),
            due=_due(message, wanted, sentence),
        )

    def _assignee(self, cue: Cue | None, message: Message, sentence: Sentence) -> Member | None:
        if cue is None:
            return None
        if cue.kind in OWN:
            return self._talk.speaker(message)
        if cue.who is not None:
            return self._names.by_name.get(" ".join(cue.who.split()))
        return self._names.addressed(lowered(sentence.plain)) if cue.kind in ASKED else None


def _score(cue: Cue | None, *, is_arranged: bool) -> float:
    if cue is None:
        return ARRANGED
    return max(cue.score, ARRANGED - HEDGE_COSTS * cue.is_hedged) if is_arranged else cue.score


def _due(message: Message, wanted: AnalysisOptions, sentence: Sentence) -> datetime | None:
    """Give the end of the first time named that is still to come."""
    expressions = time_expressions(sentence.text, Clock(message.start, wanted.minutes_off_utc))
    return next((expression.due for expression in islice(expressions, 3) if expression.due > message.start), None)
