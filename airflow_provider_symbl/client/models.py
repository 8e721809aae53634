"""What Symbl's responses hold, as types: frozen, and tolerant of keys that are new or missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import JsonObject


@dataclass(frozen=True, slots=True)
class Token:
    """An access token.

    :param access_token: the secret that each call carries.
    :param expires_in: seconds that it has left.
    """

    access_token: str = field(repr=False)
    expires_in: float

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read the response to the token call."""
        access_token = data["accessToken"]
        if not isinstance(access_token, str) or not access_token:
            message = f"a token of type {type(access_token).__name__}"
            raise TypeError(message)
        return cls(access_token, float(data["expiresIn"]))


@dataclass(frozen=True, slots=True)
class Submission:
    """What a submit or an append made.

    :param conversation_id: the conversation, to be appended to and read.
    :param job_id: the job, to be waited for.
    """

    conversation_id: str
    job_id: str

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read the response to a submit or an append."""
        return cls(_identifier(data["conversationId"]), _identifier(data["jobId"]))

    def as_dict(self) -> dict[str, str]:
        """Return both ids under the names that operators return them by."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Job:
    """The state of a job, or of the insights or call score of a conversation.

    :param id: the job.
    :param status: scheduled, in_progress, completed or failed.
    :param message: the reason of a failure, where one was given.
    """

    id: str
    status: str
    message: str = ""

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read the response to a job or status call; the latter calls its id jobId."""
        job_id = data["id"] if "id" in data else data.get("jobId", "")
        return cls(str(job_id), str(data["status"]), str(data.get("message", "")))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who takes part in a conversation.

    :param id: Symbl's id of the member.
    :param name: the name that is shown.
    :param email: the address, where one is known.
    """

    id: str
    name: str = ""
    email: str = ""

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read a member, or the ``from`` of a message, where the address may be called userId."""
        email = data.get("email") or data.get("userId") or ""
        return cls(str(data.get("id", "")), str(data.get("name") or ""), str(email))


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's own data.

    :param id: the conversation; always text, since its digits may exceed what a JSON number holds.
    :param name: its name; Symbl's default is the id.
    :param type: Symbl's kind, such as meeting.
    :param start_time: ISO-8601.
    :param end_time: ISO-8601.
    :param members: who takes part.
    :param metadata: keys and values that were set on it.
    """

    id: str
    name: str = ""
    type: str = ""
    start_time: str = ""
    end_time: str = ""
    members: tuple[Member, ...] = ()
    metadata: JsonObject = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read a conversation."""
        return cls(
            id=_identifier(data["id"]),
            name=str(data.get("name") or ""),
            type=str(data.get("type") or ""),
            start_time=str(data.get("startTime") or ""),
            end_time=str(data.get("endTime") or ""),
            members=tuple(Member.from_json(member) for member in data.get("members") or ()),
            metadata=data.get("metadata") or {},
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that somebody said.

    :param id: Symbl's id of the message.
    :param text: what was said.
    :param speaker: who said it; None where Symbl does not know.
    :param start_time: ISO-8601.
    :param end_time: ISO-8601.
    :param raw: the whole object that Symbl sent, for storing without loss.
    """

    id: str
    text: str = field(repr=False)
    speaker: Member | None = None
    start_time: str = ""
    end_time: str = ""
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read a message."""
        speaker = data.get("from")
        return cls(
            id=str(data["id"]),
            text=str(data["text"]),
            speaker=Member.from_json(speaker) if speaker else None,
            start_time=str(data.get("startTime") or ""),
            end_time=str(data.get("endTime") or ""),
            raw=data,
        )


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """One sentence of a summary.

    :param id: Symbl's id of the sentence.
    :param text: what it says.
    :param raw: the whole object that Symbl sent, for storing without loss.
    """

    id: str
    text: str = field(repr=False)
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read a sentence of a summary."""
        return cls(str(data["id"]), str(data["text"]), data)


def _identifier(given: object) -> str:
    if not isinstance(given, (str, int)) or isinstance(given, bool) or given == "":
        message = f"an id of type {type(given).__name__}"
        raise TypeError(message)
    return str(given)
