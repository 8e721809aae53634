"""The calls of the client, described once for both transports: what to send and how to read the response; no I/O.

Those of one conversation are in :mod:`airflow_provider_symbl.client.conversation_calls`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import quote, urlencode

import pendulum

from airflow_provider_symbl.client.endpoints import Effect, Endpoint, Placement, Source, endpoint_of
from airflow_provider_symbl.client.models import Conversation, Job, Records, Submission, Token
from airflow_provider_symbl.client.models.readers import (
    Reader,
    anything,
    key,
    required_list_of,
    required_object,
)
from airflow_provider_symbl.client.parameters import check_content, query_pairs, validate
from airflow_provider_symbl.client.uploads import Upload
from airflow_provider_symbl.client.validators import Json, JsonObject, choice, integer, invalid_value, path_id
from airflow_provider_symbl.exceptions import SymblNotFoundError

if TYPE_CHECKING:
    import datetime

    from airflow_provider_symbl.client.settings import ClientSettings

Result = TypeVar("Result")
Query = tuple[tuple[str, str], ...]

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """One request and how its response is read.

    :param endpoint: method, and what sending it again would do.
    :param path: the path with its id in place.
    :param parse: reads the response's JSON, None of an empty body; raises UnreadableValueError on what it cannot read.
    :param query: the query string's parameters.
    :param body: the JSON body, encoded.
    :param upload: the file that is the body instead.
    :param content_type: the body's type, empty to send none.
    """

    endpoint: Endpoint
    path: str
    parse: Callable[[Json], Result]
    query: Query = ()
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


def show_as_method(method: Callable[..., object], describe: Callable[..., object]) -> None:
    """Give a client's method the name, arguments and docstring of the call that it sends, for editors and ``help``.

    :param method: it sends the call.
    :param describe: describes the call; annotated to return ``Call[...]``.
    """
    told = inspect.signature(describe)
    client = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    returned = str(told.return_annotation).removeprefix("Call[").removesuffix("]")
    signature = told.replace(parameters=[client, *told.parameters.values()], return_annotation=returned)
    for name, value in (("__name__", describe.__name__), ("__doc__", describe.__doc__), ("__signature__", signature)):
        setattr(method, name, value)


def generate_token(settings: ClientSettings) -> Call[Token]:
    """Ask for a token of the settings' account; idempotent: while one is valid, Symbl hands out the same again."""
    credentials = {"type": "application", "appId": settings.app_id, "appSecret": settings.app_secret}
    return _call(Endpoint("POST", "/oauth2/token:generate", Effect.READ), "", Token.from_json, payload=credentials)


def submit(
    source: Source,
    content: object,
    conversation_id: str | None,
    given: Mapping[str, object],
    extra: JsonObject | str | None,
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
    identifier = "" if conversation_id is None else path_id("conversation_id", conversation_id)
    values = validate(source, given, extra)
    if source.placement is Placement.BODY:
        payload = {source.content: check_content(source, content)} | values
        return _call(endpoint, identifier, Submission.from_json, payload=payload)
    if not isinstance(content, Upload):
        message = f"a file is sent as an Upload, not as {type(content).__name__}"
        raise TypeError(message)
    path, query, content_type = endpoint.path_for(identifier), query_pairs(values), content.content_type(source)
    return Call(endpoint, path, Submission.from_json, tuple(query), upload=content, content_type=content_type)


def get_job(job_id: str) -> Call[Job]:
    """Read the state of a job.

    :raises SymblNotFoundError: Symbl does not know the job, or no longer.
    """
    endpoint = Endpoint("GET", "/v1/job/{id}", Effect.READ)
    path = endpoint.path_for(path_id("job_id", job_id))

    def parse(data: Json) -> Job:
        given = required_object(data)
        # Seen by others with an unknown or forgotten job; its HTTP status is not on record.
        if "status" not in given and "not found" in str(given.get("message")):
            raise SymblNotFoundError(HTTPStatus.NOT_FOUND, str(given["message"]), endpoint.method, path)
        return Job.from_json(given)

    return Call(endpoint, path, parse)


def list_conversations(
    *,
    start_time: datetime.datetime | None,
    end_time: datetime.datetime | None,
    order: str,
    limit: int,
    offset: int,
) -> Call[list[Conversation]]:
    """Read one page of the account's conversations; the client's pagination goes through them.

    :param start_time: the earliest start, with a time zone; None is seven days before the end.
    :param end_time: the latest start, with a time zone; None is now.
    :param order: asc or desc, by start.
    :param limit: the most on this page.
    :param offset: how many come before it.
    """
    choice("asc", "desc")("order", order)
    integer(1)("page_size", limit)
    query = [("limit", str(limit)), ("offset", str(offset)), ("order", order)]
    if start_time is not None:
        query.append(("startTime", _timestamp("start_time", start_time)))
    if end_time is not None:
        query.append(("endTime", _timestamp("end_time", end_time)))
    endpoint = Endpoint("GET", "/v1/conversations", Effect.READ)
    return _call(endpoint, "", each("conversations", Conversation.from_json), tuple(query))


def request(method: str, path: str, *, params: JsonObject | None = None, json: Json = None) -> Call[Json]:
    """Send any other call of the account, and return the JSON of its response; None where that is empty.

    A GET is sent again after faults, as every read is. Anything else is sent once: again only where it cannot have been
    taken, as after 429 or a refused token.

    :param method: GET, POST, PUT, PATCH or DELETE.
    :param path: the path below the host, such as ``/v1/manage/trackers``.
    :param params: the query by Symbl's names; booleans, lists and objects are written as JSON, None is left out.
    :param json: the body.
    :raises SymblConfigurationError: names the argument, what was given and what is allowed.
    :raises SymblUnknownSubmissionError: a submission left, and no usable response came.
    """
    endpoint = endpoint_of(method, path)
    if not isinstance(params, Mapping | None):
        invalid_value("params", type(params), "an object with the names of the query")
    given = {name: value for name, value in (params or {}).items() if value is not None}
    for name, value in {**{f"params.{name}": value for name, value in given.items()}, "json": json}.items():
        _check_json(name, value)
    return _call(endpoint, "", anything, tuple(query_pairs(given)), json)


def of_conversation(
    below: str,
    conversation_id: str,
    parse: Callable[[Json], Result],
    query: Query = (),
    *,
    method: str = "GET",
    effect: Effect = Effect.READ,
    payload: JsonObject | None = None,
) -> Call[Result]:
    """Describe a call of a conversation.

    :param below: what its path has after the conversation's id.
    :param conversation_id: the conversation.
    :param parse: reads the response's JSON.
    :param query: the query string's parameters.
    :param method: HTTP method.
    :param effect: what sending it again would do.
    :param payload: the JSON body.
    """
    endpoint = Endpoint(method, f"/v1/conversations/{{id}}{below}", effect)
    return _call(endpoint, path_id("conversation_id", conversation_id), parse, query, payload)


def each(name: str, reader: Reader[Result]) -> Callable[[Json], list[Result]]:
    """Make what reads the list under a key of a response.

    :param name: the key.
    :param reader: reads each item.
    """
    return lambda data: Records(key(data, name, required_list_of(reader)))


def _call(
    endpoint: Endpoint,
    identifier: str,
    parse: Callable[[Json], Result],
    query: Query = (),
    payload: Json = None,
) -> Call[Result]:
    path = endpoint.path_for(identifier)
    if payload is None:
        return Call(endpoint, path, parse, query)
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Call(endpoint, path, parse, query, body, content_type=JSON_TYPE)


def _timestamp(name: str, moment: datetime.datetime) -> str:
    if moment.tzinfo is None:
        invalid_value(name, str(moment), "a time with a time zone")
    return pendulum.instance(moment).in_timezone("UTC").format("YYYY-MM-DD[T]HH:mm:ss.SSS[Z]")


def _check_json(name: str, given: Json) -> None:
    try:
        json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        invalid_value(name, type(given), "what JSON can hold")
