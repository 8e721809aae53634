"""From an HTTP response to what it means: its JSON, or the one error that says what is wrong; no I/O."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from airflow_provider_symbl.client.endpoints import Effect
from airflow_provider_symbl.client.models.readers import UnreadableValueError
from airflow_provider_symbl.client.retries import Failure, retry_after_seconds, seconds_of_date
from airflow_provider_symbl.exceptions import (
    SymblApiError,
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblError,
    SymblNotFoundError,
    SymblServerError,
    SymblStorageError,
    SymblTransportError,
    SymblUnknownSubmissionError,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.client.calls import Call

MESSAGE_LENGTH = 500
SHORTEST_PRIVATE_TEXT = 6
"""Shorter ones are numbers and flags, which an error needs to say."""
ERROR_BYTES = 1 << 16
"""How much of a response without success is read: its message is short, and the rest may be anything."""
ENCODINGS = "gzip"
"""What the clients ask for, and unpack themselves: their libraries unpack a small answer to any size."""
ANY_ZLIB = 32 + zlib.MAX_WBITS

ERROR_OF_STATUS: dict[int, type[SymblApiError]] = {
    HTTPStatus.UNAUTHORIZED: SymblAuthenticationError,
    HTTPStatus.FORBIDDEN: SymblAuthenticationError,
    HTTPStatus.NOT_FOUND: SymblNotFoundError,
}

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response, as both transports give it.

    :param status_code: the HTTP status.
    :param body: all of the body.
    :param retry_after_header: the Retry-After header, None where there is none.
    :param date_header: the Date header, the server's clock.
    """

    status_code: int
    body: bytes
    retry_after_header: str | None = None
    date_header: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return HTTPStatus.OK <= self.status_code < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_refused_token(self) -> bool:
        """Whether the call was refused for its token."""
        return self.status_code == HTTPStatus.UNAUTHORIZED

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asked to wait, None where it named none."""
        return retry_after_seconds(self.retry_after_header, self.date_header)

    @property
    def date(self) -> float | None:
        """Seconds since the epoch by the server's clock, None where it told none."""
        return seconds_of_date(self.date_header)


class RequestFailedError(Exception):
    """Raised by a transport when a call got no response.

    :param failure: how far the call had come.
    :param reason: what happened, free of URLs and secrets.
    """

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(printable(reason))
        self.failure = failure


class BoundedBody:
    """A response's body as it comes in: within its bound, as sent and as unpacked.

    :param call: what was asked; it says how long the answer may be.
    :param status_code: the HTTP status; without success the body may be of any length, and is read in part.
    :param encoding: the Content-Encoding header, None where there is none.
    """

    def __init__(self, call: Call[Any], status_code: int, encoding: str | None) -> None:
        self._is_success = HTTPStatus.OK <= status_code < HTTPStatus.MULTIPLE_CHOICES
        self._most = call.endpoint.most_bytes if self._is_success else ERROR_BYTES
        self._encoding = (encoding or "identity").strip().lower()
        self._chunks: list[bytes] = []
        self._left = self._most

    def take(self, chunk: bytes) -> bool:
        """Take a chunk, and tell whether the next one is wanted.

        :param chunk: as it was sent, still packed.
        :raises RequestFailedError: the response is longer than its bound.
        """
        self._left -= len(chunk)
        self._chunks.append(chunk)
        if self._left < 0 and self._is_success:
            raise self._too_long()
        return self._left > 0 or self._is_success

    def whole(self) -> bytes:
        """Return the body, unpacked.

        :raises RequestFailedError: it is longer than its bound, or cannot be unpacked.
        """
        packed = b"".join(self._chunks)
        if self._encoding == "identity":
            return packed[: self._most]
        try:
            return self._unpacked(packed)
        except zlib.error:
            if not self._is_success:
                return b""
            reason = f"its body cannot be unpacked (Content-Encoding: {self._encoding[:20]})"
            raise RequestFailedError(Failure.LOST, reason) from None

    def _unpacked(self, packed: bytes) -> bytes:
        if self._encoding not in {"gzip", "x-gzip", "deflate"}:
            raise zlib.error
        unpacker = zlib.decompressobj(ANY_ZLIB)
        body = unpacker.decompress(packed, self._most + 1)
        if len(body) > self._most and self._is_success:
            raise self._too_long()
        if self._is_success and packed and not unpacker.eof:
            raise zlib.error
        return body[: self._most]

    def _too_long(self) -> RequestFailedError:
        bound = f"{self._most >> 20} MiB" if self._most >> 20 else f"{self._most >> 10} KiB"
        return RequestFailedError(Failure.TOO_LONG, f"it is longer than {bound}, and was not read to its end")


def parse_response(call: Call[Result], response: Response, secrets: tuple[str, ...]) -> Result:
    """Return what a response says.

    :param call: what was asked.
    :param response: the final one.
    :param secrets: texts that no error must repeat.
    :raises SymblApiError: the response is no success; the one for its status.
    :raises SymblTransportError: it is not the JSON that the call has; of a submission
        :class:`SymblUnknownSubmissionError`, for its job was made.
    """
    if not response.is_success:
        raise error_of_response(call, response, secrets)
    try:
        return call.parse(json.loads(response.body) if response.body.strip() else None)
    except SymblApiError as error:
        error.message = _cleaned(error.message, secrets)
        raise
    except (ValueError, RecursionError) as problem:
        # Of another problem only the kind is told: its text may repeat the response.
        told = problem if isinstance(problem, UnreadableValueError) else type(problem).__name__
        reason = f"answered {response.status_code} with something else than Symbl's JSON ({told})"
        raise _no_usable_response(call, reason, is_unknown=True) from None


def error_of_response(call: Call[Any], response: Response, secrets: tuple[str, ...]) -> SymblError:
    """Return the error that a response without success means.

    :param call: what was asked.
    :param response: no success.
    :param secrets: texts that the error must not repeat.
    """
    message = _message_in(response.body, (*secrets, *_private_texts(call)))
    method, path, status_code = call.endpoint.method, call.path, response.status_code
    if status_code < HTTPStatus.BAD_REQUEST:
        reason = f"answered {status_code}, which Symbl never does: is the host right?"
        return _no_usable_response(call, reason, is_unknown=False)
    if status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return SymblConcurrencyLimitError(status_code, message, method, path, response.retry_after)
    if status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return ERROR_OF_STATUS.get(status_code, SymblBadRequestError)(status_code, message, method, path)
    if call.endpoint.effect is Effect.SUBMISSION:
        return _no_usable_response(call, f"answered {status_code}: {message}", is_unknown=True)
    return SymblServerError(status_code, message, method, path)


def error_of_failure(call: Call[Any], error: RequestFailedError) -> SymblError:
    """Return the error that no response means.

    :param call: what was asked.
    :param error: how far it came and what happened.
    """
    if error.failure is Failure.CUT_SHORT:
        return SymblStorageError(printable(f"{call.endpoint.method} {call.path} was not sent to its end: {error}"))
    if error.failure is Failure.TOO_LONG:
        return _no_usable_response(call, f"no usable answer: {error}", is_unknown=True)
    return _no_usable_response(call, f"no answer: {error}", is_unknown=error.failure is Failure.LOST)


def _no_usable_response(call: Call[Any], reason: str, *, is_unknown: bool) -> SymblTransportError:
    text = printable(f"{call.endpoint.method} {call.path} {reason}")
    if is_unknown and call.endpoint.effect is Effect.SUBMISSION:
        return SymblUnknownSubmissionError(f"{text}; the job may or may not exist")
    return SymblTransportError(text)


def _private_texts(call: Call[Any]) -> list[str]:
    """Return what a submission holds and an answer may repeat: names, addresses, words and what was said."""
    if call.endpoint.effect is not Effect.SUBMISSION:
        return []
    values = [call.target.partition("?")[2], *(value for _, value in call.query)]
    texts = {text for value in values for text in (value, *_strings_in(_parsed(value)))}
    texts.update(_strings_in(_parsed(call.body or b"")))
    texts = {text for text in texts if len(text) >= SHORTEST_PRIVATE_TEXT}
    # Long ones first: a part that is hidden would hide the whole from the search.
    return sorted(texts | {quote(text, safe="") for text in texts}, key=len, reverse=True)


def _strings_in(data: object) -> Iterator[str]:
    """Yield each text in JSON, keys aside."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (dict, list)):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _strings_in(item)


def _parsed(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _message_in(body: bytes, secrets: tuple[str, ...]) -> str:
    text = body.decode(errors="replace").strip()
    data = _parsed(text)
    if isinstance(data, dict) and isinstance(data.get("message"), str):
        text = data["message"]
    return _cleaned(text, secrets)


def _cleaned(text: str, secrets: tuple[str, ...]) -> str:
    # Before the end is cut off: a secret that the cut halves would not be found.
    for secret in secrets:
        text = text.replace(secret, "***")
    return printable(text[:MESSAGE_LENGTH]) or "(no message)"
