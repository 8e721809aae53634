"""Known transcripts: what somebody says is heard in a recording, taken as heard, so that a test needs no model."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AliasChoices, AliasPath, BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from airflow_provider_symbl.local_server.speech.transcription import (
    JobFailureError,
    Sentence,
    SpokenWord,
    Transcription,
    TranscriptionOptions,
)

if TYPE_CHECKING:
    from pathlib import Path

WORDS_PER_SECOND = 2.5


class KnownMessage(BaseModel):
    """A message of a known transcript, named as Symbl's answers name it; or as its submissions do, ``payload.content``.

    :param time_offset: seconds from the recording's beginning; the end of the message before unless given.
    :param duration: seconds; 0.4 for each word unless given.
    :param channel: where it is heard, from 1.
    :param speaker: who says it, from 1; for submissions that ask to have speakers told apart.
    """

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] = Field(
        validation_alias=AliasChoices("text", AliasPath("payload", "content"))
    )
    time_offset: Annotated[float, Field(ge=0, le=1e6)] | None = Field(None, validation_alias="timeOffset")
    duration: Annotated[float, Field(ge=0, le=1e6)] | None = None
    channel: Annotated[int, Field(ge=1, le=64)] = 1
    speaker: Annotated[int, Field(ge=1, le=1000)] = 1

    def sentence(self, cursor: float, *, tells_speakers: bool) -> Sentence:
        """Spread the words evenly over its time.

        :param cursor: where it begins if it does not say.
        :param tells_speakers: whether it is told who says it.
        """
        start = cursor if self.time_offset is None else self.time_offset
        words = self.text.split()
        step = (len(words) / WORDS_PER_SECOND if self.duration is None else self.duration) / len(words)
        spoken = (
            SpokenWord(f" {word}", start + at * step, start + (at + 1) * step, 1.0) for at, word in enumerate(words)
        )
        return Sentence(tuple(spoken), self.speaker if tells_speakers else None)


_Transcript: TypeAlias = list[KnownMessage]
TRANSCRIPT: TypeAdapter[_Transcript] = TypeAdapter(_Transcript)


class KnownTranscripts:
    """A folder of transcripts: ``<sha256 of the recording>.json``, a list of messages, or an object that holds one.

    Files are read when their recording comes, so they may be added and changed at any time.

    :param folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, recording: Path, options: TranscriptionOptions) -> Transcription | None:
        """Give what is known of a recording; None if nothing is.

        :param recording: its file.
        :param options: whether channels and speakers are told apart; nothing else of it counts here.
        :raises JobFailureError: the transcript is none.
        """
        with recording.open("rb") as file:
            name = f"{hashlib.file_digest(file, 'sha256').hexdigest()}.json"
        try:
            text = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise JobFailureError(f"The transcript {name} cannot be read: {error.strerror}") from None
        return _transcription(_messages(text, name), options)


def _messages(text: bytes, name: str) -> _Transcript:
    try:
        found = json.loads(text)
        return TRANSCRIPT.validate_python(found["messages"] if isinstance(found, dict) else found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
        allowed = first["msg"].removeprefix("Input should be ").partition(" or instance of")[0]
        raise JobFailureError(
            f"The transcript {name}: {place}: got {first['input']!r:.100}; allowed: {allowed}"
        ) from None
    except (ValueError, KeyError, RecursionError):
        raise JobFailureError(f"The transcript {name} is no JSON list of messages") from None


def _transcription(messages: _Transcript, options: TranscriptionOptions) -> Transcription:
    count = max((message.channel for message in messages), default=1) if options.by_channel else 1
    channels: list[list[Sentence]] = [[] for _ in range(count)]
    cursor = end = 0.0
    for message in messages:
        sentence = message.sentence(cursor, tells_speakers=options.speaker_count is not None)
        channels[message.channel - 1 if options.by_channel else 0].append(sentence)
        cursor = sentence.end
        end = max(end, cursor)
    return Transcription(end, tuple(tuple(channel) for channel in channels))
