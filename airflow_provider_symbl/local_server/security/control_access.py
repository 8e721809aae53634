"""Middleware of the control routes: lets in this machine's own programs and pages, and who knows the App Secret."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from airflow_provider_symbl.local_server.api.paths import CONTROL_PREFIX
from airflow_provider_symbl.local_server.api.responses import JsonResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEALTH = f"{CONTROL_PREFIX}/health"
PAGE = (CONTROL_PREFIX, f"{CONTROL_PREFIX}/")
CHALLENGE = {"WWW-Authenticate": 'Basic realm="symbl-local"'}
SECURITY: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
}
"""Headers of every answer of the control routes: nothing of a conversation is kept, framed or run elsewhere."""
FOREIGN_PAGE = "The control routes answer no web page of another origin."
FOREIGN_NAME = (
    'The control routes answer this machine only under "localhost" or a loopback address, but "Host" is "{host}".'
)
NO_CREDENTIALS = "The control routes ask other machines for the App ID and App Secret, by HTTP Basic authentication."


class ControlAccessMiddleware:
    """ASGI middleware before everything else; only the control routes are its business, and health is open to all.

    A request from this machine passes. A web page of another origin does not, nor one that has come here by pointing
    a name of its own at this machine: a browser would lend both its place on it. A link may lead from anywhere to the
    page for people: it holds nothing, and what it then reads is asked for by a page of this origin. Another machine has
    to authenticate.

    :param app: what is behind it.
    :param app_id: the user name.
    :param app_secret: the password.
    """

    def __init__(self, app: ASGIApp, app_id: str, app_secret: str) -> None:
        self._app = app
        self._expected = f"{app_id}:{app_secret}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it."""
        if scope["type"] != "http" or not scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        refusal = None if scope["path"] == HEALTH else self._refusal(scope)
        await (refusal or self._app)(scope, receive, _secured(send))

    def _refusal(self, scope: Scope) -> JsonResponse | None:
        headers = Headers(scope=scope)
        if _is_foreign_page(headers, scope["scheme"]) and not _follows_a_link(headers, scope):
            return JsonResponse({"message": FOREIGN_PAGE}, 403)
        if not _is_here(scope):
            return None if self._knows(headers) else JsonResponse({"message": NO_CREDENTIALS}, 401, CHALLENGE)
        host = headers.get("host", "")
        return None if _is_local_name(host) else JsonResponse({"message": FOREIGN_NAME.format(host=host)}, 403)

    def _knows(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        try:
            # Both parts in one comparison: its time tells of neither.
            is_right = hmac.compare_digest(base64.b64decode(given.strip(), validate=True), self._expected)
        except (ValueError, binascii.Error):
            return False
        return is_right and scheme.lower() == "basic"


def _is_foreign_page(headers: Headers, scheme: str) -> bool:
    origin = headers.get("origin")
    own = f"{scheme}://{headers.get('host', '')}"
    is_other = origin is not None and origin.lower() != own.lower()
    return is_other or headers.get("sec-fetch-site") in {"cross-site", "same-site"}


def _follows_a_link(headers: Headers, scope: Scope) -> bool:
    """Tell whether a window opens the page; what a script fetches or a frame shows, a browser marks otherwise."""
    how = tuple(headers.get(name) for name in ("sec-fetch-mode", "sec-fetch-dest", "origin"))
    return scope["method"] == "GET" and scope["path"] in PAGE and how == ("navigate", "document", None)


def _is_here(scope: Scope) -> bool:
    peer = scope.get("client")
    return peer is None or _is_loopback(peer[0])  # no peer: a Unix socket


def _is_local_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _secured(send: Send) -> Send:
    async def secured(event: Message) -> None:
        if event["type"] == "http.response.start":
            MutableHeaders(scope=event).update(SECURITY)
        await send(event)

    return secured
