"""The HTTP transport over requests: how one call is sent, and how far it had come when no response came."""

from __future__ import annotations

import http.client
import io
import math
import socket
import ssl
import time
from contextvars import ContextVar
from errno import ETIMEDOUT
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
import requests.adapters
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions
import urllib3.poolmanager

from airflow_provider_symbl.client.responses import ENCODINGS, BoundedBody, RequestFailedError, Response
from airflow_provider_symbl.client.retries import Failure, failure_to_resolve, seconds_left
from airflow_provider_symbl.client.uploads import UploadBody

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from airflow_provider_symbl.client.calls import Call
    from airflow_provider_symbl.client.settings import ClientSettings

# Measured on loopback: urllib3's own 16 KiB send 0.2 to 0.6 GB/s, 128 KiB 1.2 to 1.9 GB/s.
BLOCK_SIZE = 1 << 17
CONNECTIONS = 32
"""Kept open at most: a night sends and reads with as many threads."""
MOST_IDLE = 1.0
"""Seconds after which a connection is not used for a body any more: a server that closes it just then has taken part of
the body, or all of it, for all that we know, and what may have been submitted cannot be sent again."""
SHORTEST_TIMEOUT = 0.01
"""Seconds; a socket takes a timeout of 0 for one that does not wait at all."""


class _Request(NamedTuple):
    """What the connections below are told of a request past requests and urllib3, which would log or repeat it.

    :param query: the query string; a file's parameters travel in it, names and a webhook's signature among them.
    :param timeout: seconds that one send may take, and all of the response.
    :param most_idle: seconds for which the connection that it takes may have been idle.
    """

    query: str
    timeout: float
    most_idle: float

    def limit(self) -> float:
        """Return the seconds that a socket may take from now."""
        return max(SHORTEST_TIMEOUT, min(self.timeout, seconds_left()))


_request: ContextVar[_Request] = ContextVar("request")


class Transport:
    """Sends calls, each once, over connections that are kept open.

    :param settings: the host and how to reach it.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._session = _Session()
        adapter = _Adapter()
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, call: Call[Any], token: str | None) -> Response:
        """Send a call once.

        :param call: what to send.
        :param token: the access token, None to send none.
        :raises RequestFailedError: there was no response, or none within its bounds.
        """
        body = _body_of(call)
        most_idle = math.inf if body is None else MOST_IDLE
        _request.set(_Request(call.target.partition("?")[2], self._settings.timeout, most_idle))
        try:
            return self._answer(call, token, body)
        except ValueError as problem:
            # Of a URL that cannot be read, such as a proxy's: its text may hold a password.
            raise RequestFailedError(_failure(problem, body), type(problem).__name__) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
            if body is not None and body.cut_short:
                raise RequestFailedError(Failure.CUT_SHORT, body.cut_short) from None
            # Their texts repeat URLs, and their tracebacks are long.
            reason = _unresolved(problem, self._settings) or _reason(problem)
            raise RequestFailedError(_failure(problem, body), reason) from None
        finally:
            if body is not None:
                body.close()

    def _answer(self, call: Call[Any], token: str | None, body: UploadBody | None) -> Response:
        limit = _request.get().limit()
        response = self._session.request(
            call.endpoint.method,
            self._settings.host + call.path,
            headers=call.headers | {"Accept-Encoding": ENCODINGS},
            data=body,
            auth=_Bearer(token),
            timeout=(min(self._settings.connect_timeout, limit), limit),
            allow_redirects=False,
            stream=True,
            verify=self._settings.verify,
            proxies=self._settings.proxies_to_take,
        )
        headers = response.headers
        content = _read(call, response)
        return Response(response.status_code, content, headers.get("Retry-After"), headers.get("Date"))


def _read(call: Call[Any], response: requests.Response) -> bytes:
    """Read a body within its bound; past it the connection is closed, since the rest would come first otherwise."""
    body = BoundedBody(call, response.status_code, response.headers.get("Content-Encoding"))
    try:
        while chunk := response.raw.read(io.DEFAULT_BUFFER_SIZE * 8, decode_content=False):
            if not body.take(chunk):
                response.close()
                break
    except BaseException:
        response.close()
        raise
    return body.whole()


class _Session(requests.Session):
    """A session that follows no redirect; requests' own reads a redirect's body to its end before it does not."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Lead nowhere."""


class _Bearer(requests.auth.AuthBase):
    """Sets the token; given as ``auth`` since requests would else take credentials from a .netrc file over ours."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Adapter(requests.adapters.HTTPAdapter):
    """Sends large blocks over the connections below, and never retries by itself."""

    def __init__(self) -> None:
        super().__init__(max_retries=0, pool_maxsize=CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools with the connections below."""
        super().init_poolmanager(*args, blocksize=BLOCK_SIZE, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.poolmanager.ProxyManager:
        """Make the pools of a proxy with them too."""
        manager: urllib3.poolmanager.ProxyManager = super().proxy_manager_for(proxy, blocksize=BLOCK_SIZE, **kwargs)
        manager.pool_classes_by_scheme = _socks_pools() if proxy.lower().startswith("socks") else POOLS
        return manager


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment: a socket's own timeout begins anew with each byte that drips in."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what has come, in the time that is left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError(ETIMEDOUT, "timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()


class _TimedSocket:
    """What :class:`http.client.HTTPResponse` takes of a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Begin the response's time."""
        return io.BufferedReader(_TimedReader(self._sock, _request.get().limit()), BLOCK_SIZE // 2)


class _TimedResponse(http.client.HTTPResponse):
    """A response that has come as a whole within its time, headers and all."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]  # all that it takes of one


class _Connection(urllib3.connection.HTTPConnection):
    """A connection that adds the query, gives a send as long as a response, and a response one time as a whole.

    urllib3 gives a send the connect timeout, and a response as long for each byte.
    """

    response_class = _TimedResponse

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(_request.get().limit())

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        # Just before this, urllib3 has set the connect timeout on a connection that is used again.
        if self.sock is not None:
            self.sock.settimeout(_request.get().limit())
        query = _request.get().query
        super().putrequest(method, f"{url}?{query}" if query else url, *args, **kwargs)


class _SecureConnection(_Connection, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


class _IdleTimes:
    """Closes a connection that was idle for longer than its next request bears, as urllib3 does one that was dropped.

    urllib3 looks whether the other side has closed it; that it is about to, nobody can see.
    """

    def _put_conn(self, conn: Any) -> None:  # noqa: ANN401 - a connection, or None
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)  # type: ignore[misc]  # the pool beside it

    def _get_conn(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - a connection
        conn = super()._get_conn(timeout)  # type: ignore[misc]  # the same
        if time.monotonic() - getattr(conn, "idle_since", math.inf) > _request.get().most_idle:
            conn.close()
        return conn


class _Pool(_IdleTimes, urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(_IdleTimes, urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


Pools = dict[str, type[urllib3.connectionpool.HTTPConnectionPool]]
POOLS: Pools = {"http": _Pool, "https": _SecurePool}


def _socks_pools() -> Pools:
    """Make the same pools over SOCKS, for which urllib3 has connections of its own, and needs PySocks."""
    from urllib3.contrib import socks  # noqa: PLC0415 - only where such a proxy is used

    class Connection(_Connection, socks.SOCKSConnection):
        pass

    class SecureConnection(_SecureConnection, socks.SOCKSHTTPSConnection):
        pass

    class Pool(_IdleTimes, socks.SOCKSHTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(_IdleTimes, socks.SOCKSHTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": Pool, "https": SecurePool}


def _body_of(call: Call[Any]) -> UploadBody | None:
    if call.upload is not None:
        return call.upload.body()
    if call.body is not None:
        return UploadBody(io.BytesIO(call.body), len(call.body), "the request")
    return None


def _failure(problem: Exception, body: UploadBody | None) -> Failure:
    causes = list(_causes(problem))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Failure.UNTRUSTED
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return failure_to_resolve(cause)
    never_connected = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    if any(isinstance(cause, never_connected) for cause in causes):
        return Failure.NOT_TAKEN
    return Failure.LOST if body is None or body.has_left else Failure.NOT_TAKEN


def _causes(problem: BaseException) -> list[BaseException]:
    """Return an error and all that it wraps, outermost first; requests and urllib3 wrap in several ways."""
    found: list[BaseException] = []
    pending: list[object] = [problem]
    while pending:
        cause = pending.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            pending += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
    return found


def _unresolved(problem: Exception, settings: ClientSettings) -> str | None:
    """Return what to tell where a name did not resolve, None where that was not it."""
    causes = list(_causes(problem))
    is_proxy = any(
        isinstance(cause, (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)) for cause in causes
    )
    found = (cause for cause in causes if isinstance(cause, socket.gaierror))
    return next((settings.unresolved(cause.strerror or "no address", is_proxy=is_proxy) for cause in found), None)


def _reason(problem: Exception) -> str:
    """Return what happened, without the URL that requests' own texts repeat."""
    for cause in _causes(problem):
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return cause.strerror or str(cause) or type(cause).__name__
    return type(problem).__name__
