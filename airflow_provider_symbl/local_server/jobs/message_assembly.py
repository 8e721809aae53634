"""Message assembly: from submitted text or a transcription to messages in their place on a conversation's time line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.store.ids import distinct_ids
from airflow_provider_symbl.local_server.store.members import MemberDirectory
from airflow_provider_symbl.local_server.store.records import Member, Message, Part, Speaker, Word, digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from airflow_provider_symbl.local_server.jobs.submission_content import MediaContent, TextContent, Utterance
    from airflow_provider_symbl.local_server.speech.transcription import Sentence, Transcription

WORDS_PER_SECOND = 2.5
"""150 words a minute, ordinary speech: how long a submitted message without an end is taken to last."""


@dataclass(frozen=True)
class PartContext:
    """Where a job's part goes.

    :param job_id: the job.
    :param start: where the conversation's time line has come to.
    :param known: its members so far.
    """

    job_id: str
    start: datetime
    known: tuple[Member, ...] = ()


def text_part(content: TextContent, context: PartContext) -> Part:
    """Make messages of submitted text, exactly as given; compute the times that are missing.

    :param content: the text.
    :param context: where it goes.
    """
    directory, messages, cursor = MemberDirectory(context.known), [], content.start or _begin(content, context)
    members: dict[str, Member] = {}
    for message_id, utterance in zip(distinct_ids(), content.utterances, strict=False):  # there is no end of ids
        member = directory.member(utterance.speaker) if utterance.speaker.is_known else None
        start, end = _times(utterance, cursor)
        messages.append(Message(message_id, utterance.text, start, end, member_id=member.id if member else None))
        members.update({member.id: member} if member else {})
        cursor = max(cursor, end)
    start = min((message.start for message in messages), default=cursor)
    return Part(context.job_id, tuple(messages), tuple(members.values()), start, cursor, content.analysis)


def media_part(content: MediaContent, transcription: Transcription, recording: Path, context: PartContext) -> Part:
    """Make messages of what was heard, in order of time.

    :param content: who is on which channel.
    :param transcription: what was said there.
    :param recording: where it was heard; the part owns it from now on.
    :param context: where it goes.
    """
    members = _media_members(content, transcription, context)
    ids = distinct_ids()
    messages = [
        _media_message(next(ids), sentence, context.start, members, sentence.speaker or channel)
        for channel, sentences in enumerate(transcription.channels, 1)
        for sentence in sentences
    ]
    messages.sort(key=lambda message: message.start)
    distinct = {member.id: member for member in members.values()}
    end = context.start + timedelta(seconds=transcription.seconds)
    source = None if content.source == recording else digest(str(content.source))
    return Part(
        context.job_id,
        tuple(messages),
        tuple(distinct.values()),
        context.start,
        end,
        content.analysis,
        recording,
        source,
    )


def _begin(content: TextContent, context: PartContext) -> datetime:
    """Where messages without times begin: no later than those with times, which may lie far in the past."""
    given = (u.start or (u.end and u.end - _usual(u)) for u in content.utterances)
    return min((moment for moment in given if moment), default=context.start)


def _usual(utterance: Utterance) -> timedelta:
    return timedelta(seconds=round(max(1, len(utterance.text.split())) / WORDS_PER_SECOND, 3))


def _times(utterance: Utterance, cursor: datetime) -> tuple[datetime, datetime]:
    usual = _usual(utterance)
    if utterance.start is None and utterance.end is not None:
        return min(utterance.end, max(cursor, utterance.end - usual)), utterance.end
    start = utterance.start or cursor
    return start, utterance.end or start + usual


def _media_members(content: MediaContent, transcription: Transcription, context: PartContext) -> dict[int, Member]:
    """Give who is on which channel, or has which voice; each diarized recording has fresh members, as Symbl's has."""
    if content.speaker_count:
        numbers = {sentence.speaker or 1 for sentences in transcription.channels for sentence in sentences}
        return {number: MemberDirectory().member(_named(Speaker(), number)) for number in sorted(numbers | {1})}
    if not content.by_channel:
        return {}
    directory = MemberDirectory(context.known)
    return {
        channel: directory.member(_named(content.speakers.get(channel, Speaker()), channel))
        for channel in range(1, len(transcription.channels) + 1)
    }


def _named(speaker: Speaker, channel: int) -> Speaker:
    return speaker if speaker.is_known else Speaker(f"Speaker {channel}")


def _media_message(
    message_id: str, sentence: Sentence, base: datetime, members: Mapping[int, Member], tag: int
) -> Message:
    member = members.get(tag)
    words = tuple(Word(word.text, _at(base, word.start), _at(base, word.end), word.score) for word in sentence.words)
    return Message(
        id=message_id,
        text=sentence.text,
        start=_at(base, sentence.start),
        end=_at(base, sentence.end),
        words=words,
        member_id=member.id if member else None,
        speaker_tag=tag if member else None,
    )


def _at(base: datetime, seconds: float) -> datetime:
    return base + timedelta(milliseconds=round(seconds * 1000))
