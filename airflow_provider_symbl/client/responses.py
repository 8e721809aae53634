"""From an HTTP response to what it means: its JSON, or the one error that says what is wrong; no I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_symbl.client.endpoints import Effect
from airflow_provider_symbl.client.models.readers import UnreadableValueError
from airflow_provider_symbl.client.retries import Failure, retry_after_seconds
from airflow_provider_symbl.exceptions import (
    SymblApiError,
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblError,
    SymblNotFoundError,
    SymblServerError,
    SymblTransportError,
    SymblUnknownSubmissionError,
)

if TYPE_CHECKING:
    from airflow_provider_symbl.client.calls import Call

MESSAGE_LENGTH = 500

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
    """

    status_code: int
    body: bytes
    retry_after_header: str | None = None

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
        return retry_after_seconds(self.retry_after_header)


class RequestFailedError(Exception):
    """Raised by a transport when a call got no response.

    :param failure: how far the call had come.
    :param reason: what happened, free of URLs and secrets.
    """

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


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
    message = _message_in(response.body, secrets)
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


def error_of_failure(call: Call[Any], error: RequestFailedError) -> SymblTransportError:
    """Return the error that no response means.

    :param call: what was asked.
    :param error: how far it came and what happened.
    """
    return _no_usable_response(call, f"no answer: {error}", is_unknown=error.failure is Failure.LOST)


def _no_usable_response(call: Call[Any], reason: str, *, is_unknown: bool) -> SymblTransportError:
    text = f"{call.endpoint.method} {call.path} {reason}"
    if is_unknown and call.endpoint.effect is Effect.SUBMISSION:
        return SymblUnknownSubmissionError(f"{text}; the job may or may not exist")
    return SymblTransportError(text)


def _message_in(body: bytes, secrets: tuple[str, ...]) -> str:
    text = body.decode(errors="replace").strip()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and isinstance(data.get("message"), str):
        text = data["message"]
    # Before the end is cut off: a secret that the cut halves would not be found.
    for secret in secrets:
        text = text.replace(secret, "***")
    return text[:MESSAGE_LENGTH] or "(no message)"
