"""Responses: JSON, and the one form of every error, with the handlers that make it."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any, cast

from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request

UNKNOWN_CONVERSATION = "The conversationId is either invalid or does not exist."


class JsonResponse(Response):
    """JSON in plain ASCII: a refusal names the key that was sent, even one that UTF-8 cannot hold."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Encode the answer.

        :param content: anything that JSON can hold.
        """
        return _encode(content)


def encode_list(name: str, items: Iterable[object]) -> bytes:
    """Encode an object of one list, in a thread as it may be; a long one takes no more memory than what is answered.

    :param name: of the list.
    :param items: are asked for one after the other.
    """
    text, separator = bytearray(f'{{"{name}":['.encode()), b""
    for item in items:
        text += separator + _encode(item)
        separator = b","
    text += b"]}"
    return bytes(text)


def json_text(content: bytes) -> Response:
    """Make an answer of what is encoded already."""
    return Response(content, media_type=JsonResponse.media_type)


def _encode(content: object) -> bytes:
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def plain_number(value: float, digits: int = 3) -> float:
    """Round a number for an answer; a whole one is written without ``.0``, as Symbl does and typed clients need it.

    :param digits: after the point.
    """
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


class ApiError(Exception):
    """An error of the API: the request is not carried out, and the response says why.

    :param status: the HTTP status.
    :param message: what was wrong, what was given and what is allowed.
    :param extra: further keys of the response's body.
    """

    def __init__(self, status: int, message: str, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {**(extra or {}), "message": message}


class UnknownConversationError(ApiError):
    """There is no conversation of that id."""

    def __init__(self) -> None:
        super().__init__(404, UNKNOWN_CONVERSATION)


class StorageError(ApiError):
    """The disk fails: it is full, or a file on it is gone. Nothing was changed.

    :param error: why; its text names no more than a file of the server's own.
    """

    def __init__(self, error: OSError | sqlite3.Error) -> None:
        reason = error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
        super().__init__(507, f"The disk of symbl-local failed, and nothing was changed: {reason}")


class UnsupportedCallError(ApiError):
    """A call that Symbl's API has and this server has not: 501.

    :param what: a verb phrase that completes "symbl-local does not".
    """

    def __init__(self, what: str) -> None:
        super().__init__(501, f"symbl-local does not {what}")


async def refuse(_request: Request, error: Exception) -> Response:
    """Answer with an API error.

    :param error: an :class:`ApiError`; the router hands over nothing else.
    """
    api_error = cast("ApiError", error)
    return JsonResponse(api_error.body, api_error.status)


async def refuse_route(request: Request, error: Exception) -> Response:
    """Answer an unknown path or a wrong method.

    :param error: the router's own :class:`HTTPException`.
    """
    router_error = cast("HTTPException", error)
    message = f"{router_error.detail}: {request.method} {request.url.path}"
    return JsonResponse({"message": message}, router_error.status_code, headers=dict(router_error.headers or {}))


async def own_fault(_request: Request, error: Exception) -> Response:
    """Answer a defect of the server's own; its text may hold a conversation, so only its kind is told.

    :param error: what was raised.
    """
    return JsonResponse({"message": f"symbl-local failed: {type(error).__name__}"}, 500)


async def refuse_unwritten(request: Request, error: Exception) -> Response:
    """Answer a change that could not be written.

    :param error: why.
    """
    return await refuse(request, StorageError(cast("OSError | sqlite3.Error", error)))


HANDLERS: Mapping[Any, Any] = {
    ApiError: refuse,
    OSError: refuse_unwritten,
    sqlite3.Error: refuse_unwritten,
    HTTPException: refuse_route,
    Exception: own_fault,
}
