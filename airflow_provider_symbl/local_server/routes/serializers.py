"""Serializers of conversations, members, messages and jobs: the JSON of the API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api.responses import plain_number
from airflow_provider_symbl.local_server.api.timestamps import iso
from airflow_provider_symbl.local_server.store.conversation_index import span
from airflow_provider_symbl.local_server.store.records import Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from airflow_provider_symbl.local_server.store.records import Conversation, Job, Member, Message, Part


def serialize_job(job: Job) -> dict[str, object]:
    """Show a job as clients read it: the reason too, where it failed."""
    reason = {"message": job.message} if job.shown == "failed" else {}
    return {"id": job.id, "status": job.shown.value, **reason}


def serialize_conversation(
    conversation: Conversation, parts: Sequence[Part], members: Sequence[Member]
) -> dict[str, object]:
    """Show a conversation.

    :param parts: those that may be seen.
    :param members: likewise.
    """
    start, end = span(conversation, parts)
    return {
        "id": conversation.id,
        "type": "meeting",
        "name": conversation.name,
        "startTime": iso(start),
        "endTime": iso(end),
        "members": [serialize_member(member) for member in members],
        "metadata": dict(conversation.metadata),
    }


def serialize_member(member: Member) -> dict[str, object]:
    """Show a member; one without a name goes by what the client knows it by."""
    email = {"email": member.email} if member.email else {}
    return {"id": member.id, "name": member.name or member.user_id, **email}


def serialize_message(
    message: Message, conversation_id: str, start: datetime, members: Mapping[str, Member], *, verbose: bool
) -> dict[str, object]:
    """Show a message.

    :param start: the conversation's beginning, from which offsets count.
    :param members: by id.
    :param verbose: its words too.
    """
    words = message.words or spread_words(message.text, message.start, message.end)
    detail = {"words": [_word(word, start, message.speaker_tag) for word in words]} if verbose else {}
    return {
        "id": message.id,
        "text": message.text,
        "from": _from(members.get(message.member_id or "")),
        **_times(message, start),
        "conversationId": conversation_id,
        **detail,
    }


def _from(member: Member | None) -> dict[str, object]:
    if member is None:
        return {}
    # An e-mail address is shown as one alone; another id of the client's would be lost.
    user_id = None if member.email else member.user_id
    named = {"id": member.id, "name": member.name, "userId": user_id, "email": member.email}
    return {key: value for key, value in named.items() if value is not None}


def _word(word: Word, start: datetime, tag: int | None) -> dict[str, object]:
    score = {"score": plain_number(word.score, 2)} if word.score is not None else {}
    speaker = {"speakerTag": tag} if tag is not None else {}
    return {"word": word.text.strip(), **_times(word, start), **score, **speaker}


def _times(span: Message | Word, start: datetime) -> dict[str, object]:
    second = timedelta(seconds=1)
    return {
        "startTime": iso(span.start),
        "endTime": iso(span.end),
        "timeOffset": plain_number((span.start - start) / second, 2),
        "duration": plain_number((span.end - span.start) / second, 2),
    }


def spread_words(text: str, start: datetime, end: datetime) -> tuple[Word, ...]:
    """Spread a text's words evenly over its time; when each was said is not known.

    :param text: the words.
    :param start: when the first begins.
    :param end: when the last ends.
    """
    words = text.split()
    step = (end - start) / max(1, len(words))
    return tuple(Word(word, start + index * step, start + (index + 1) * step) for index, word in enumerate(words))
