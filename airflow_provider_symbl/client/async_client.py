"""The client for the triggerer: token and status reads over aiohttp, shared by all triggers of a connection."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import aiohttp
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from airflow_provider_symbl.client import calls, conversation_calls
from airflow_provider_symbl.client.exchange import Send, Sleep, TakeAlone, exchange
from airflow_provider_symbl.client.responses import ENCODINGS, BoundedBody, RequestFailedError, Response
from airflow_provider_symbl.client.retries import Failure, failure_to_resolve
from airflow_provider_symbl.client.tokens import cache_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from airflow_provider_symbl.client.calls import Call
    from airflow_provider_symbl.client.exchange import Step, Steps
    from airflow_provider_symbl.client.settings import ClientSettings

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

CONNECTIONS = 500
"""At once; aiohttp's own 100 would all be held by a hundred polls whose answers drip in."""
REQUESTS_PER_SECOND = 50.0
"""Far above what polls with backoff need, far below what would trouble anybody's API."""


def _sent(
    describe: Callable[Arguments, Call[Result]],
) -> Callable[Concatenate[AsyncSymblClient, Arguments], Coroutine[Any, Any, Result]]:
    """Make a method that sends a call."""

    async def method(client: AsyncSymblClient, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return await client._perform(describe(*args, **kwargs))  # noqa: SLF001 - a method of the same class

    calls.show_as_method(method, describe)
    return method


class AsyncSymblClient:
    """The reads that a trigger needs; the same names, arguments and errors as :class:`SymblClient`.

    :param settings: the account and how to reach it.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._tokens = cache_for(settings.account)
        self._token_lock = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._proxy: str | None = None
        self._session_lock = asyncio.Lock()
        self._limiter = RateLimiter(REQUESTS_PER_SECOND)

    def __reduce__(self) -> tuple[Any, ...]:
        """Make a copy, or a pickle, of the settings alone: it opens connections of its own."""
        return type(self), (self._settings,)

    async def close(self) -> None:
        """Close the connections that are kept open."""
        if self._session is not None:
            await self._session.close()

    get_job = _sent(calls.get_job)
    get_insights_status = _sent(conversation_calls.get_insights_status)
    get_call_score_status = _sent(conversation_calls.get_call_score_status)
    get_messages = _sent(conversation_calls.get_messages)
    get_summary = _sent(conversation_calls.get_summary)

    async def _perform(self, call: Call[Result]) -> Result:
        return await self._drive(exchange(call, self._settings, self._tokens))

    async def _drive(self, steps: Steps[Result]) -> Result:
        """Take the steps of an exchange and return its result."""
        outcome: object = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: Result = end.value
                return result
            outcome = await self._take(step)

    async def _take(self, step: Step) -> object:
        match step:
            case Sleep(seconds):
                await asyncio.sleep(seconds)
            case TakeAlone(steps):
                async with self._token_lock:
                    return await self._drive(steps)
            case Send(call, token):
                try:
                    return await self._send(call, token)
                except RequestFailedError as failure:
                    return failure
        return None

    async def _send(self, call: Call[Any], token: str | None) -> Response:
        headers = {**call.headers, "Accept-Encoding": ENCODINGS}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        await self._limiter.acquire()
        try:
            session = self._session or await self._open_session()
            async with session.request(
                call.endpoint.method,
                self._settings.host + call.target,
                data=call.body,
                headers=headers,
                allow_redirects=False,
                proxy=self._proxy,
            ) as response:
                content = await _read(call, response)
                return Response(
                    response.status, content, response.headers.get("Retry-After"), response.headers.get("Date")
                )
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            # Their texts repeat URLs, and their tracebacks are long.
            reason = self._unresolved(problem) or _reason(problem)
            raise RequestFailedError(_failure(problem), reason) from None

    def _unresolved(self, problem: Exception) -> str | None:
        """Return what to tell where a name did not resolve, None where that was not it."""
        if not isinstance(problem, aiohttp.ClientConnectorDNSError):
            return None
        reason = problem.os_error.strerror or "no address"
        return self._settings.unresolved(reason, is_proxy=self._proxy is not None)

    async def _open_session(self) -> aiohttp.ClientSession:
        async with self._session_lock:
            if self._session is None:
                # Reading the certificate authorities takes longer than the loop may stand still.
                context = await asyncio.to_thread(_ssl_context, self._settings.verify)
                self._proxy = _proxy_for(self._settings)
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS),
                    timeout=aiohttp.ClientTimeout(
                        total=self._settings.timeout, sock_connect=self._settings.connect_timeout
                    ),
                    auto_decompress=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                )
                self._session._retry_connection = False  # noqa: SLF001 - else a cut GET is sent again, past the limit
        return self._session


async def _read(call: Call[Any], response: aiohttp.ClientResponse) -> bytes:
    """Read a body within its bound; where a part is left, the response closes the connection."""
    body = BoundedBody(call, response.status, response.headers.get("Content-Encoding"))
    async for chunk in response.content.iter_any():
        if not body.take(chunk):
            break
    return body.whole()


class RateLimiter:
    """Rate limiter: an even gap between requests, of which quiet time saves up a few (GCRA, a leaky bucket as a meter).

    It is our own since a token bucket, as in aiolimiter, saves up a whole second's requests, and a thousand triggers
    that wake together would send them at once.

    :param per_second: how many requests may go in a second.
    :param burst: how many may go at once after quiet time: a wait costs a turn of the loop, a fifth of a poll, so
        requests that only happen to meet should not wait.
    """

    def __init__(self, per_second: float, burst: int = 3) -> None:
        self._gap = 1 / per_second
        self._saved = (burst - 1) * self._gap
        self._next = 0.0
        self._gate = asyncio.Lock()

    async def acquire(self) -> None:
        """Wait until the next request may go."""
        clock = asyncio.get_running_loop().time
        async with self._gate:
            now = clock()
            self._next = max(self._next, now - self._saved)
            if self._next > now:
                await asyncio.sleep(self._next - now)
            self._next += self._gap


@dataclasses.dataclass(slots=True)
class _Shared:
    client: AsyncSymblClient
    users: int = 0


_shared: dict[tuple[asyncio.AbstractEventLoop, ClientSettings], _Shared] = {}


@contextlib.asynccontextmanager
async def shared_client(settings: ClientSettings) -> AsyncIterator[AsyncSymblClient]:
    """Lend the one client that all triggers with these settings use in this event loop; the last one closes it.

    :param settings: the account and how to reach it.
    """
    key = (asyncio.get_running_loop(), settings)
    entry = _shared.setdefault(key, _Shared(AsyncSymblClient(settings)))
    entry.users += 1
    try:
        yield entry.client
    finally:
        entry.users -= 1
        if entry.users == 0:
            del _shared[key]
            await entry.client.close()


def _ssl_context(verify: bool | str) -> ssl.SSLContext | bool:  # noqa: FBT001 - requests' own shape for it
    if verify is False:
        return False
    environment = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    authorities = environment if verify is True else verify
    if Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)


def _proxy_for(settings: ClientSettings) -> str | None:
    """Return the proxy that requests would take: the connection's own, else the environment's."""
    proxies = settings.proxies_to_take
    environment = get_environ_proxies(settings.host, no_proxy=proxies.get("no_proxy"))
    proxy = select_proxy(settings.host, {**environment, **proxies})
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _failure(problem: Exception) -> Failure:
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return Failure.UNTRUSTED
    if isinstance(problem, aiohttp.ClientConnectorDNSError) and isinstance(problem.os_error, socket.gaierror):
        return failure_to_resolve(problem.os_error)
    if isinstance(problem, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return Failure.NOT_TAKEN
    return Failure.LOST


def _reason(problem: Exception) -> str:
    if isinstance(problem, aiohttp.ClientResponseError):
        return f"{problem.status} {problem.message}"
    if _may_repeat_url(problem):
        return type(problem).__name__
    os_error = getattr(problem, "os_error", problem)
    return getattr(os_error, "strerror", None) or str(os_error) or type(problem).__name__


def _may_repeat_url(problem: Exception) -> bool:
    """Tell whether an error's text may hold a URL, which may be a proxy's with a password in it."""
    is_unreadable = isinstance(problem, ValueError) and not isinstance(problem, OSError)
    return is_unreadable or isinstance(problem, aiohttp.ClientResponseError)
