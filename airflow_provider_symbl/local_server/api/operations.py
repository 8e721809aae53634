"""Operations: the calls of the API as data, from which both the routes and the OpenAPI document are made.

Our own, not a web framework's: the vendor's rules for queries and bodies, and Joi's sentences, are none that one has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.routing import Route

from airflow_provider_symbl.local_server.api.bodies import received
from airflow_provider_symbl.local_server.api.query_strings import parse_json, read_query
from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.api.validation import ROOT, object_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.api.validation import Validator

    Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
    Schema: TypeAlias = Mapping[str, object]
    Guard: TypeAlias = Callable[[Endpoint], Endpoint]


@dataclass(frozen=True)
class Operation:
    """One call.

    :param path: the path, with parameters as the router reads them.
    :param endpoint: handles it; gets the validated query and body by :func:`query_of` and :func:`body_of`.
    :param summary: what it does, in a sentence without a full stop.
    :param answer: the JSON Schema of the usual response, a media type for what is not JSON, or None for no body.
    :param status: the HTTP status of the usual response.
    :param query: the validators of the query parameters; others are refused.
    :param body: the validator of the JSON body; None for no body.
    :param media: further media types that the body may have, for bodies that are not JSON.
    :param refuses: statuses of further responses, apart from those that follow from the rest.
    :param tag: the group it is listed in.
    :param is_guarded: whether it needs an access token.
    :param is_checked: whether query and body are validated here; else the endpoint does it, with the same validators.
    """

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    answer: Schema | str | None
    status: int = 200
    query: Mapping[str, Validator] = field(default_factory=dict)
    body: Validator | None = None
    media: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()
    tag: str = "Conversation"
    is_guarded: bool = True
    is_checked: bool = True

    def guarded(self, guard: Guard) -> Endpoint:
        """Give the endpoint behind its validation and its guard.

        :param guard: lets only authorised requests through.
        """
        endpoint = self._checked if self.is_checked else self.endpoint
        return guard(endpoint) if self.is_guarded else endpoint

    async def _checked(self, request: Request) -> Response:
        request.state.query = object_of(self.query)(ROOT, read_query(request.url.query))
        if self.body:
            require_json(request)
            request.state.body = self.body(ROOT, parse_json(received(request).content()))
        return await self.endpoint(request)


def routes(operations: Iterable[Operation], guard: Guard) -> list[Route]:
    """Make the routes: one for each path, so that a method that it has not is answered with all that it has.

    :param operations: in the order in which their paths are tried.
    :param guard: lets only authorised requests through.
    """
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation.guarded(guard)
    return [Route(path, _by_method(endpoints), methods=list(endpoints)) for path, endpoints in by_path.items()]


def require_json(request: Request) -> None:
    """Insist on a JSON body.

    :raises ApiError: the request says that its body is something else, or does not say.
    """
    given = media_type(request)
    if given != "application/json":
        raise ApiError(400, f'"Content-Type" must be application/json, but is {given or "missing"}')


def _by_method(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await endpoints[method](request)

    return endpoint


def media_type(request: Request) -> str:
    """Give the Content-Type without its parameters, in lower case; empty where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def query_of(request: Request) -> dict[str, Any]:
    """Give the validated query parameters."""
    query: dict[str, Any] = request.state.query
    return query


def body_of(request: Request) -> Any:  # noqa: ANN401 - whatever the operation's validator makes of it
    """Give the validated body."""
    return request.state.body
