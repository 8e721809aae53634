"""Key phrases: what somebody is to do, in their own words, and the topics where they are spoken of."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.cues import Cues
from airflow_provider_symbl.local_server.intelligence.insights import insights
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE
from airflow_provider_symbl.local_server.intelligence.sentences import sentences
from airflow_provider_symbl.local_server.intelligence.topics import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView

CUES = Cues()


def action_phrases(text: str) -> list[tuple[int, int]]:
    """Find what is to be done according to a text: where each phrase begins and ends, in order, at most 200.

    :param text: a message's, or a part of it.
    """
    return list(islice(_action_phrases(text), MOST_IN_A_MESSAGE))


def spans(talk: ConversationView, *, only_insights: bool) -> dict[str, list[tuple[int, int]]]:
    """Find key phrases: by the message's id where each begins and ends, in order and apart from each other.

    :param talk: the conversation.
    :param only_insights: of messages that are insights, rather than of all.
    """
    found = {message.id: action_phrases(message.text) for message, _ in talk.understood}
    for topic in topics(talk):
        for mention in topic.mentions:
            found[mention.message.id].append((mention.start, mention.end))
    shown = {insight.message.id for insight in insights(talk)} if only_insights else found.keys()
    return {message_id: _merged(places) for message_id, places in found.items() if places and message_id in shown}


def _action_phrases(text: str) -> Iterator[tuple[int, int]]:
    for sentence in sentences(text):
        for cue in CUES.find(sentence.plain):
            start, end = cue.phrase
            if end > start:
                yield sentence.start + start, sentence.start + end


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged
