"""Insights: questions, action items and follow-ups, each a sentence of a message."""

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
from airflow_provider_symbl.local_server.intelligence.dates import Clock, find_time_expressions
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE, Names
from airflow_provider_symbl.local_server.intelligence.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.sentences import Sentence
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Member, Message

QUESTION, ACTION_ITEM, FOLLOW_UP = "question", "action_item", "follow_up"
ARRANGED = 0.75
"""The score of an arrangement as a follow-up, whatever words it is wrapped in."""
FIRM = {"promise", "plan"}
"""What is said for certain: ``I will``, ``we will``."""
OWN = {"promise", "duty"}
"""What speakers say of themselves."""
ASKED = {"request", "order", "plea"}
"""What is asked of whoever is spoken to."""


@dataclass(frozen=True)
class Insight:
    """A sentence that is a question, an action item or a follow-up.

    :param score: the confidence, 0 to 1.
    :param options: those of its part.
    :param start: the offset of the sentence in its message.
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
    options: AnalysisOptions
    start: int
    speaker: Member | None
    is_definitive: bool = False
    assignee: Member | None = None
    due: datetime | None = None


def find_insights(view: ConversationView, *types: str) -> list[Insight]:
    """Find insights of the given types whose score reaches the threshold of their part, in order, each once.

    :param view: the conversation.
    :param types: all of them, unless some are given.
    """
    finder = _Finder(view)
    insights = (
        insight
        for message, options in view.analyzed_messages
        for insight in islice(finder.find(message, options), MOST_IN_A_MESSAGE)
        if insight.score >= options.threshold and (not types or insight.type in types)
    )
    return list({insight.id: insight for insight in insights}.values())


class _Finder:
    def __init__(self, view: ConversationView) -> None:
        self._view = view
        self._names = Names(view.members.values())
        self._cues = Cues(tuple(self._names.by_name))

    def find(self, message: Message, options: AnalysisOptions) -> Iterator[Insight]:
        for sentence in split_sentences(message.text):
            yield from self._question(message, options, sentence)
            yield from self._task(message, options, sentence)

    def _question(self, message: Message, options: AnalysisOptions, sentence: Sentence) -> Iterator[Insight]:
        score = question_score(sentence.plain)
        if score is not None:
            insight_id = self._view.stable_id(QUESTION, sentence.text, message.id)
            speaker = self._view.speaker(message)
            yield Insight(insight_id, QUESTION, sentence.text, score, message, options, sentence.start, speaker)

    def _task(self, message: Message, options: AnalysisOptions, sentence: Sentence) -> Iterator[Insight]:
        cue = max(self._cues.find(sentence.plain), key=lambda cue: cue.score, default=None)
        is_follow_up = bool(ARRANGEMENT.search(sentence.plain))
        if cue is None and not is_follow_up:
            return
        kind = FOLLOW_UP if is_follow_up else ACTION_ITEM
        yield Insight(
            id=self._view.stable_id(kind, sentence.text, message.id),
            type=kind,
            text=sentence.text,
            score=_score(cue, is_follow_up=is_follow_up),
            message=message,
            options=options,
            start=sentence.start,
            speaker=self._view.speaker(message),
            is_definitive=cue is not None and cue.kind in FIRM and not cue.is_hedged,
            assignee=self._assignee(cue, message, sentence),
            due=_due(message, options, sentence),
        )

    def _assignee(self, cue: Cue | None, message: Message, sentence: Sentence) -> Member | None:
        if cue is None:
            return None
        if cue.kind in OWN:
            return self._view.speaker(message)
        if cue.who is not None:
            return self._names.by_name.get(" ".join(cue.who.split()))
        return self._names.addressed(lowered(sentence.plain)) if cue.kind in ASKED else None


def _score(cue: Cue | None, *, is_follow_up: bool) -> float:
    if cue is None:
        return ARRANGED
    return max(cue.score, ARRANGED - HEDGE_COSTS * cue.is_hedged) if is_follow_up else cue.score


def _due(message: Message, options: AnalysisOptions, sentence: Sentence) -> datetime | None:
    """Give the end of the first time named that is still to come."""
    expressions = find_time_expressions(sentence.text, Clock(message.start, options.minutes_off_utc))
    return next((expression.due for expression in islice(expressions, 3) if expression.due > message.start), None)
