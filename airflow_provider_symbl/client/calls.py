"""Every call of the client, described once for both transports: what to send and how to read the answer; no I/O."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import quote, urlencode

from airflow_provider_symbl.client import endpoints
from airflow_provider_symbl.client.endpoints import Endpoint, Placement, Source
from airflow_provider_symbl.client.models import (
    Conversation,
    Job,
    Member,
    Message,
    Submission,
    SummarySentence,
    Token,
)
from airflow_provider_symbl.client.parameters import check_content, query_pairs, validate
from airflow_provider_symbl.client.uploads import Upload
from airflow_provider_symbl.client.validators import Json, choice, integer, invalid_value, is_unicode
from airflow_provider_symbl.exceptions import SymblNotFoundError

if TYPE_CHECKING:
    from airflow_provider_symbl.client.settings import ClientSettings

Result = TypeVar("Result")

TRANSCRIPT_FORMATS = {"markdown": "text/markdown", "srt": "text/srt"}
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """One request and how its answer is read.

    :param endpoint: method, and what sending it again would do.
    :param path: the path with its id in place.
    :param parse: reads the answer's JSON; raises KeyError, TypeError or ValueError on what it cannot read.
    :param query: the query string's parameters.
    :param body: the JSON body, encoded.
    :param upload: the file that is the body instead.
    :param content_type: the body's type, empty to send none.
    """

    endpoint: Endpoint
    path: str
    parse: Callable[[Json], Result]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    upload: Upload | None = None
    content_type: str = ""

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path

    @property
    def headers(self) -> dict[str, str]:
        """The headers that do not depend on the token."""
        headers = {"Accept": JSON_TYPE}
        if self.content_type:
            headers["Content-Type"] = self.content_type
        return headers


def generate_token(settings: ClientSettings) -> Call[Token]:
    """Ask for a token of the settings' account."""
    credentials = {"type": "application", "appId": settings.app_id, "appSecret": settings.app_secret}
    return _json_call(endpoints.GENERATE_TOKEN, "", Token.from_json, credentials)


def submit(
    source: Source,
    content: object,
    conversation_id: str | None,
    given: Mapping[str, object],
    extra: Mapping[str, Json] | None,
) -> Call[Submission]:
    """Submit a conversation, or append to one where its id is given.

    :param source: how it is handed over.
    :param content: the messages, the URL or the :class:`Upload`.
    :param conversation_id: the conversation to append to, None to make a new one.
    :param given: Symbl's parameters by Python name.
    :param extra: further ones by Symbl's names.
    :raises SymblConfigurationError: names the parameter, what was given and what is allowed.
    """
    endpoint = source.submit if conversation_id is None else source.append
    path = endpoint.path_for("" if conversation_id is None else _checked_id("conversation_id", conversation_id))
    values = validate(source, given, extra)
    if source.placement is Placement.BODY:
        checked = {source.content: check_content(source, content)}
        return Call(endpoint, path, Submission.from_json, body=_encoded(checked | values), content_type=JSON_TYPE)
    if not isinstance(content, Upload):
        message = f"a file is sent as an Upload, not as {type(content).__name__}"
        raise TypeError(message)
    content_type = content.content_type(source)
    query = tuple(query_pairs(values))
    return Call(endpoint, path, Submission.from_json, query, upload=content, content_type=content_type)


def get_job(job_id: str) -> Call[Job]:
    """Read the state of a job."""
    path = endpoints.JOB.path_for(_checked_id("job_id", job_id))

    def parse(answer: Json) -> Job:
        # Seen by others with an unknown or forgotten job; its HTTP status is not on record.
        if "status" not in answer and "not found" in str(answer.get("message")):
            raise SymblNotFoundError(HTTPStatus.NOT_FOUND, answer["message"], endpoints.JOB.method, path)
        return Job.from_json(answer)

    return Call(endpoints.JOB, path, parse)


def get_insights_status(conversation_id: str) -> Call[Job]:
    """Read the state of the insights that ``features`` asked for."""
    return _get(endpoints.INSIGHTS_STATUS, "conversation_id", conversation_id, Job.from_json)


def get_call_score_status(conversation_id: str) -> Call[Job]:
    """Read the state of the call score that ``features`` asked for."""
    return _get(endpoints.CALL_SCORE_STATUS, "conversation_id", conversation_id, Job.from_json)


def get_conversation(conversation_id: str) -> Call[Conversation]:
    """Read a conversation's own data."""
    return _get(endpoints.CONVERSATION, "conversation_id", conversation_id, Conversation.from_json)


def list_conversations(
    *,
    start_time: datetime.datetime | None,
    end_time: datetime.datetime | None,
    order: str,
    limit: int,
    offset: int,
) -> Call[list[Conversation]]:
    """Read one page of the account's conversations."""
    choice("asc", "desc")("order", order)
    integer(1)("page_size", limit)
    query = [("limit", str(limit)), ("offset", str(offset)), ("order", order)]
    for name, moment in (("start_time", start_time), ("end_time", end_time)):
        if moment is not None:
            query.append(("startTime" if name == "start_time" else "endTime", _timestamp(name, moment)))
    return Call(
        endpoints.CONVERSATIONS,
        endpoints.CONVERSATIONS.path_for(),
        lambda answer: [Conversation.from_json(item) for item in answer["conversations"]],
        tuple(query),
    )


def get_messages(conversation_id: str, *, verbose: bool, sentiment: bool) -> Call[list[Message]]:
    """Read what was said."""
    asked = {"verbose": verbose, "sentiment": sentiment}
    query = [(name, "true") for name, is_wanted in asked.items() if is_wanted]

    def parse(answer: Json) -> list[Message]:
        return [Message.from_json(item) for item in answer["messages"]]

    return _get(endpoints.MESSAGES, "conversation_id", conversation_id, parse, query)


def get_summary(conversation_id: str) -> Call[list[SummarySentence]]:
    """Read the summary; Symbl has none, and answers 404, until the conversation's jobs are over."""

    def parse(answer: Json) -> list[SummarySentence]:
        return [SummarySentence.from_json(item) for item in answer["summary"]]

    return _get(endpoints.SUMMARY, "conversation_id", conversation_id, parse)


def get_members(conversation_id: str) -> Call[list[Member]]:
    """Read who takes part."""

    def parse(answer: Json) -> list[Member]:
        return [Member.from_json(item) for item in answer["members"]]

    return _get(endpoints.MEMBERS, "conversation_id", conversation_id, parse)


def get_transcript(conversation_id: str, *, format: str) -> Call[str]:  # noqa: A002 - the public name
    """Read the whole transcript as Markdown or SRT text."""
    choice(*TRANSCRIPT_FORMATS)("format", format)
    wanted: dict[str, Json] = {
        "contentType": TRANSCRIPT_FORMATS[format],
        "showSpeakerSeparation": True,
    }
    if format == "markdown":
        wanted["createParagraphs"] = True
    identifier = _checked_id("conversation_id", conversation_id)
    return _json_call(endpoints.TRANSCRIPT, identifier, _transcript_text, wanted)


def delete_conversation(conversation_id: str) -> Call[None]:
    """Delete a conversation for good."""
    return _get(endpoints.DELETE_CONVERSATION, "conversation_id", conversation_id, lambda _: None)


def _get(
    endpoint: Endpoint,
    id_name: str,
    identifier: str,
    parse: Callable[[Json], Result],
    query: list[tuple[str, str]] | None = None,
) -> Call[Result]:
    return Call(endpoint, endpoint.path_for(_checked_id(id_name, identifier)), parse, tuple(query or ()))


def _json_call(
    endpoint: Endpoint,
    identifier: str,
    parse: Callable[[Json], Result],
    payload: Mapping[str, Json],
) -> Call[Result]:
    return Call(endpoint, endpoint.path_for(identifier), parse, body=_encoded(payload), content_type=JSON_TYPE)


def _encoded(payload: Mapping[str, Json]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _checked_id(name: str, given: object) -> str:
    # A path's "." and ".." are resolved before it is sent, and lead to another call.
    if not isinstance(given, str) or not given.strip() or given in {".", ".."} or not is_unicode(given):
        invalid_value(name, given, "an id, as text")
    return given


def _timestamp(name: str, moment: datetime.datetime) -> str:
    if moment.tzinfo is None:
        invalid_value(name, str(moment), "a time with a time zone")
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _transcript_text(answer: Json) -> str:
    # Symbl's reference shows the text one level deeper for SRT; its own Go client reads both the same way.
    payload = answer["transcript"]["payload"]
    return str(payload["content"] if isinstance(payload, Mapping) else payload)
