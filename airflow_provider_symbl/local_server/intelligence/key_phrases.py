"""Key phrases: what somebody is to do, in the words of a message, and the mentions of topics."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.insights import find_insights
from airflow_provider_symbl.local_server.intelligence.language.cues import find_cues, masked_text
from airflow_provider_symbl.local_server.intelligence.language.names import NameFinder
from airflow_provider_symbl.local_server.intelligence.language.sentences import split_sentences
from airflow_provider_symbl.local_server.intelligence.language.word_lists import PERSON
from airflow_provider_symbl.local_server.intelligence.mentions import MOST_IN_A_MESSAGE
from airflow_provider_symbl.local_server.intelligence.topics import find_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.language.names import Name

NAMES = NameFinder()


def action_phrases(text: str) -> list[tuple[int, int]]:
    """Find what is to be done according to a text: where each phrase begins and ends, in order, at most 200.

    :param text: a message's, or a part of it.
    """
    return list(islice(_action_phrases(text), MOST_IN_A_MESSAGE))


def key_phrase_spans(view: ConversationView, *, only_insights: bool) -> dict[str, list[tuple[int, int]]]:
    """Find key phrases: by the message's id where each begins and ends, in order and apart from each other.

    :param view: the conversation.
    :param only_insights: of messages that are insights, rather than of all.
    """
    spans = {message.id: action_phrases(message.text) for message, _ in view.analyzed_messages}
    for topic in find_topics(view):
        for mention in topic.mentions:
            spans[mention.message.id].append((mention.start, mention.end))
    ids = {insight.message.id for insight in find_insights(view)} if only_insights else spans.keys()
    return {message_id: _merged(places) for message_id, places in spans.items() if places and message_id in ids}


def _action_phrases(text: str) -> Iterator[tuple[int, int]]:
    for sentence in split_sentences(text):
        for cue in find_cues(masked_text(sentence.plain, _named(sentence.text))):
            start, end = cue.phrase
            if end > start:
                yield sentence.start + start, sentence.start + end


def _named(text: str) -> list[Name]:
    return [name for name in NAMES.find(text) if name.type == PERSON]


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged
