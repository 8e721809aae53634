"""What a conversation is made of: its job, its own data, its members, and what they said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Self

from airflow_provider_symbl.client.models.model import Model
from airflow_provider_symbl.client.models.readers import (
    UnreadableValueError,
    identifier,
    json_object,
    key,
    list_of,
    number,
    optional,
    phrase,
    required_text,
    text,
)
from airflow_provider_symbl.client.validators import Json  # noqa: TC001 - the types of fields are read at run time


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; no :class:`Model`, since it must never travel.

    :param access_token: the secret that each call carries.
    :param expires_in: seconds that it has left.
    """

    access_token: str = field(repr=False)
    expires_in: float

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Read the response to the token call.

        :raises UnreadableValueError: names the key.
        """
        return cls(key(data, "accessToken", identifier), key(data, "expiresIn", _seconds))


@dataclass(frozen=True, slots=True)
class Submission(Model):
    """What a submit or an append made.

    :param conversation_id: the conversation, to be appended to and read.
    :param job_id: the job, to be waited for.
    """

    conversation_id: Annotated[str, identifier]
    job_id: Annotated[str, identifier]

    def as_dict(self) -> dict[str, str]:
        """Return both ids under the names that operators return them by."""
        return dict(self)


def _reason(given: Json) -> str:
    return given if isinstance(given, str) else str(given or "")


@dataclass(frozen=True, slots=True)
class Job(Model):
    """The state of a job, or of the insights or call score of a conversation.

    :param id: the job; the other two calls call it jobId.
    :param status: scheduled, in_progress, completed or failed.
    :param message: the reason of a failure, where one was given.
    :param raw: the whole object that Symbl sent.
    """

    id: Annotated[str, text, "id", "jobId"]
    status: Annotated[str, required_text]
    message: Annotated[str, _reason] = ""
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Member(Model):
    """Somebody who takes part in a conversation, as a member, a speaker or an assignee.

    :param id: Symbl's id of the member.
    :param name: the name that is shown.
    :param email: the address, where one is known; speakers of insights have it as userId.
    :param raw: the whole object that Symbl sent.
    """

    id: Annotated[str, text] = ""
    name: Annotated[str, text] = ""
    email: Annotated[str, text, "email", "userId"] = ""
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Conversation(Model):
    """A conversation's own data.

    :param id: the conversation; always text, since its digits may exceed what a JSON number holds.
    :param name: its name; Symbl's default is the id.
    :param type: Symbl's kind, such as meeting.
    :param start_time: ISO-8601.
    :param end_time: ISO-8601.
    :param members: who takes part.
    :param metadata: keys and values that were set on it.
    :param raw: the whole object that Symbl sent.
    """

    id: Annotated[str, identifier]
    name: Annotated[str, text] = ""
    type: Annotated[str, text] = ""
    start_time: Annotated[str, text] = ""
    end_time: Annotated[str, text] = ""
    members: Annotated[list[Member], list_of(Member.from_json)] = field(default_factory=list, hash=False)
    metadata: Annotated[dict[str, Json], json_object] = field(default_factory=dict, hash=False)
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


def _polarity(given: Json) -> float | None:
    return key(given, "score", number) if json_object(given) else None


@dataclass(frozen=True, slots=True)
class Sentiment(Model):
    """How something was said.

    :param score: its polarity, from -1 to 1.
    :param suggested: negative, neutral or positive.
    """

    score: Annotated[float | None, _polarity, "polarity"] = None
    suggested: Annotated[str, text] = ""


@dataclass(frozen=True, slots=True)
class Word(Model):
    """One word of a message.

    :param word: as it was heard.
    :param start_time: ISO-8601.
    :param end_time: ISO-8601.
    :param time_offset: seconds from the start of the conversation.
    :param duration: seconds.
    :param score: how sure the recognition is, from 0 to 1.
    :param speaker_tag: the number of the voice.
    """

    word: Annotated[str, text]
    start_time: Annotated[str, text] = ""
    end_time: Annotated[str, text] = ""
    time_offset: Annotated[float | None, number] = None
    duration: Annotated[float | None, number] = None
    score: Annotated[float | None, number] = None
    speaker_tag: Annotated[float | None, number] = None


@dataclass(frozen=True, slots=True)
class Message(Model):
    """One thing that somebody said.

    :param id: Symbl's id of the message.
    :param text: what was said.
    :param speaker: who said it; None where Symbl does not know.
    :param start_time: ISO-8601.
    :param end_time: ISO-8601.
    :param time_offset: seconds from the start of the conversation.
    :param duration: seconds.
    :param sentiment: how it was said, where that was asked for.
    :param words: the single words, where they were asked for.
    :param phrases: key phrases in it.
    :param raw: the whole object that Symbl sent, for storing without loss.
    """

    id: Annotated[str, text]
    text: Annotated[str, required_text]
    speaker: Annotated[Member | None, optional(Member.from_json), "from"] = None
    start_time: Annotated[str, text] = ""
    end_time: Annotated[str, text] = ""
    time_offset: Annotated[float | None, number] = None
    duration: Annotated[float | None, number] = None
    sentiment: Annotated[Sentiment | None, optional(Sentiment.from_json)] = None
    words: Annotated[list[Word], list_of(Word.from_json)] = field(default_factory=list, hash=False)
    phrases: Annotated[list[str], list_of(phrase)] = field(default_factory=list, hash=False)
    raw: dict[str, Json] = field(default_factory=dict, repr=False, compare=False)


def _seconds(given: Json) -> float:
    try:
        return float(given)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableValueError("no number", "a number of seconds") from None
