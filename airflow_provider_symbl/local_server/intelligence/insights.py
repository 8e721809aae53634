"""Insights: questions, action items and follow-ups, each a sentence of a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.language.arrangements import ARRANGEMENT
from airflow_provider_symbl.local_server.intelligence.language.cue_phrases import HEDGE_COSTS, PLEDGE
from airflow_provider_symbl.local_server.intelligence.language.cues import (
    ASKED,
    Cue,
    find_cues,
    masked_text,
)
from airflow_provider_symbl.local_server.intelligence.language.dates import Clock, find_time_expressions
from airflow_provider_symbl.local_server.intelligence.language.questions import question_score
from airflow_provider_symbl.local_server.intelligence.language.sentences import split_sentences
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE
from airflow_provider_symbl.local_server.intelligence.people import Assignee, People, addressed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.language.names import Name
    from airflow_provider_symbl.local_server.intelligence.language.sentences import Sentence
    from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Member, Message

QUESTION, ACTION_ITEM, FOLLOW_UP = "question", "action_item", "follow_up"
ARRANGED = 0.75
"""The score of an arrangement as a follow-up, whatever words it is wrapped in."""
FIRM = {"promise", "plan", "named", "task"}
"""What is said for certain: ``I will``, ``we will``, ``Bob needs to``."""
OWN = {"promise", "duty"}
"""What speakers say of themselves."""
PLEDGED = re.compile(rf"(?<![\w'])(?:{PLEDGE}|let\sme)\s".replace(" ", r"\s"))


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
    assignee: Assignee | None = None
    due: datetime | None = None


def find_insights(view: ConversationView, *types: str) -> list[Insight]:
    """Find insights of the given types whose score reaches the threshold of their part, in order, each once.

    :param view: the conversation, which is searched once.
    :param types: all of them, unless some are given.
    """
    return [insight for insight in view.once(_find) if not types or insight.type in types]


def _find(view: ConversationView) -> list[Insight]:
    finder = _Finder(view)
    insights = (
        insight
        for message, options in view.analyzed_messages
        for insight in islice(finder.find(message, options), MOST_IN_A_MESSAGE)
        if insight.score >= options.threshold
    )
    return list({insight.id: insight for insight in insights}.values())


class _Finder:
    def __init__(self, view: ConversationView) -> None:
        self._view = view
        self._people = view.once(People.of)

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
        names = self._people.named(sentence.text)
        masked = masked_text(sentence.plain, names)
        cue = max(find_cues(masked), key=lambda cue: cue.score, default=None)
        is_follow_up = bool(ARRANGEMENT.search(masked))
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
            assignee=self._assignee(cue, message, masked, names),
            due=_due(message, options, sentence),
        )

    def _assignee(self, cue: Cue | None, message: Message, masked: str, names: Sequence[Name]) -> Assignee | None:
        if cue is None and not PLEDGED.search(masked):
            return None
        if cue is None or cue.kind in OWN:
            speaker = self._view.speaker(message)
            return Assignee(speaker.name or speaker.user_id or "", speaker) if speaker else None
        start = addressed(masked) if cue.who is None and cue.kind in ASKED else cue.who
        return next((self._people.assignee(name.text) for name in names if name.start == start), None)


def _score(cue: Cue | None, *, is_follow_up: bool) -> float:
    if cue is None:
        return ARRANGED
    return max(cue.score, ARRANGED - HEDGE_COSTS * cue.is_hedged) if is_follow_up else cue.score


def _due(message: Message, options: AnalysisOptions, sentence: Sentence) -> datetime | None:
    """Give the end of the first time named that is still to come."""
    expressions = find_time_expressions(sentence.text, Clock(message.start, options.minutes_off_utc))
    return next((expression.due for expression in islice(expressions, 3) if expression.due > message.start), None)
