"""The HTTP transport over requests: how one call is sent, and how far it had come when no response came."""

from __future__ import annotations

import io
import socket
import ssl
from typing import TYPE_CHECKING, Any

import requests
import requests.adapters
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions
import urllib3.poolmanager

from airflow_provider_symbl.client.responses import RequestFailedError, Response
from airflow_provider_symbl.client.retries import Failure, failure_to_resolve
from airflow_provider_symbl.client.uploads import UploadBody

if TYPE_CHECKING:
    from airflow_provider_symbl.client.calls import Call
    from airflow_provider_symbl.client.settings import ClientSettings

# Measured on loopback: urllib3's own 16 KiB send 0.2 to 0.6 GB/s, 128 KiB 1.2 to 1.9 GB/s.
BLOCK_SIZE = 1 << 17


class Transport:
    """Sends calls, each once, over connections that are kept open.

    :param settings: the host and how to reach it.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._session = requests.Session()
        adapter = _Adapter(settings.timeout)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, call: Call[Any], token: str | None) -> Response:
        """Send a call once.

        :param call: what to send.
        :param token: the access token, None to send none.
        :raises RequestFailedError: there was no response.
        """
        body = _body_of(call)
        try:
            response = self._session.request(
                call.endpoint.method,
                self._settings.host + call.target,
                headers=call.headers,
                data=body,
                auth=_Bearer(token),
                timeout=(self._settings.connect_timeout, self._settings.timeout),
                allow_redirects=False,
                verify=self._settings.verify,
                proxies=self._settings.proxies_to_take,
            )
        except ValueError as problem:
            # Of a URL that cannot be read, such as a proxy's: its text may hold a password.
            raise RequestFailedError(_failure(problem, body), type(problem).__name__) from None
        except (requests.RequestException, OSError) as problem:
            reason = _unresolved(problem, self._settings) or _reason(problem)
            raise RequestFailedError(_failure(problem, body), reason) from problem
        finally:
            if body is not None:
                body.close()
        return Response(response.status_code, response.content, response.headers.get("Retry-After"))


class _Bearer(requests.auth.AuthBase):
    """Sets the token; given as ``auth`` since requests would else take credentials from a .netrc file over ours."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Adapter(requests.adapters.HTTPAdapter):
    """Sends large blocks, waits as long for a slow receiver as for a response, and never retries by itself.

    :param timeout: seconds that one send may take.
    """

    def __init__(self, timeout: float) -> None:
        self._pools = _patient_pools(timeout)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools with the connections below."""
        super().init_poolmanager(*args, blocksize=BLOCK_SIZE, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.poolmanager.ProxyManager:
        """Make the pools of a proxy with them too; those of a SOCKS proxy are of another kind."""
        manager: urllib3.poolmanager.ProxyManager = super().proxy_manager_for(proxy, blocksize=BLOCK_SIZE, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager


class _PatientConnection(urllib3.connection.HTTPConnection):
    """A connection on which one send may take as long as one read; urllib3 gives it the connect timeout."""

    send_timeout: float

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self.send_timeout)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        # Just before this, urllib3 has set the connect timeout on a connection that is used again.
        if self.sock is not None:
            self.sock.settimeout(self.send_timeout)
        super().putrequest(*args, **kwargs)


class _PatientSecureConnection(_PatientConnection, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


def _patient_pools(timeout: float) -> dict[str, type[urllib3.connectionpool.HTTPConnectionPool]]:
    class Connection(_PatientConnection):
        send_timeout = timeout

    class SecureConnection(_PatientSecureConnection):
        send_timeout = timeout

    class Pool(urllib3.connectionpool.HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(urllib3.connectionpool.HTTPSConnectionPool):
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
