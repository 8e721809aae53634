"""What the page's reader shows: a conversation's messages and recordings in seconds, and what was found in it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence import resources
from airflow_provider_symbl.local_server.intelligence.sentiment import mean_sentiment, score_sentiment
from airflow_provider_symbl.local_server.page.media_types import media_type
from airflow_provider_symbl.local_server.routes.serializers import serialize_member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.intelligence.sentiment import Sentiment
    from airflow_provider_symbl.local_server.store.records import Member, Message, Part, Word

RESOURCES = (
    *(resources.summary, resources.topics, resources.action_items, resources.questions, resources.follow_ups),
    *(resources.entities, resources.analytics),
)


def messages_of(view: ConversationView) -> dict[str, object]:
    """Show the messages and the recordings; times are in seconds from the conversation's beginning."""
    messages = [_message(one, part, view.start, view.members) for part in view.parts for one in part.messages]
    return {"messages": messages, "recordings": _recordings(view.parts, view.start)}


def findings_of(view: ConversationView) -> dict[str, object]:
    """Show what was found, each kind as the API's own call shows it, and the sentiment of all and of each member."""
    found = {kind: things for resource in RESOURCES for kind, things in resource(view).items()}
    return {**found, "trackers": resources.trackers(view), **_sentiments(view)}


def _sentiments(view: ConversationView) -> dict[str, object]:
    by_member: dict[str | None, list[Sentiment]] = {}
    for message, _ in view.analyzed_messages:
        by_member.setdefault(message.member_id, []).append(score_sentiment(message.text))
    everyone = [sentiment for own in by_member.values() for sentiment in own]
    return {
        "sentiment": mean_sentiment(everyone).serialized if everyone else None,
        "sentimentOf": {member: mean_sentiment(own).serialized for member, own in by_member.items() if member},
    }


def _message(message: Message, part: Part, start: datetime, members: Mapping[str, Member]) -> dict[str, object]:
    member = members.get(message.member_id or "")
    return {
        "id": message.id,
        "jobId": part.job_id,
        "text": message.text,
        "from": member and serialize_member(member)["name"],
        **_times(message, start),
        "words": [{"word": word.text, **_times(word, start)} for word in message.words],
    }


def _recordings(parts: Sequence[Part], start: datetime) -> list[dict[str, object]]:
    recordings = ((part, path) for part in parts if (path := part.recording) and path.is_file())
    return [
        {
            "jobId": part.job_id,
            "url": f"recordings/{part.job_id}",
            "startOffset": _seconds(part.start - start),
            "seconds": _seconds(part.end - part.start),
            "mediaType": media_type(path),
        }
        for part, path in recordings
    ]


def _times(timed: Message | Word, start: datetime) -> dict[str, float]:
    return {"timeOffset": _seconds(timed.start - start), "duration": _seconds(timed.end - timed.start)}


def _seconds(length: timedelta) -> float:
    return length / timedelta(seconds=1)
