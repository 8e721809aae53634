"""Who may call: one App ID and Secret, the tokens made for them, and the check on every call."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.bodies import received
from airflow_provider_symbl.local_server.parameters import parse_object
from airflow_provider_symbl.local_server.records import Token
from airflow_provider_symbl.local_server.responses import JsonResponse, RefusalError
from airflow_provider_symbl.local_server.rules import WHOLE, choice, shape, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.store import Store

    Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

GRANT = shape({"type": choice("application"), "appId": text, "appSecret": text}, ("type", "appId", "appSecret"))
INVALID_TOKEN = "Token validation failed for provided token."  # noqa: S105 - the contract's own words


class Accounts:
    """The one account of this server.

    :param store: keeps the tokens.
    :param app_id: the App ID that is accepted.
    :param app_secret: the App Secret that is accepted.
    :param token_lifetime: seconds for which a token is good.
    """

    def __init__(self, store: Store, app_id: str, app_secret: str, token_lifetime: float) -> None:
        self._store = store
        self._app_id = app_id
        self._app_secret = app_secret
        self._lifetime = token_lifetime
        self._signing_key = secrets.token_bytes(32)

    async def generate_token(self, request: Request) -> Response:
        """Answer a request for a token: the current one with what is left of its life, or a new one.

        :raises RefusalError: 400 for a bad field, 401 for credentials that are not the account's.
        """
        require_json(request)
        grant = GRANT(WHOLE, parse_object(received(request).content()))
        if not (_same(grant["appId"], self._app_id) & _same(grant["appSecret"], self._app_secret)):
            raise RefusalError(401, "The appId and appSecret given are not those of this server's account.")
        token = self._current()
        return JsonResponse({"accessToken": token.text, "expiresIn": int(token.expires - time.time())})

    def expire_tokens(self) -> None:
        """Refuse every token handed out so far; the next request for one gets another."""
        self._store.remove_tokens()

    def guard(self, endpoint: Endpoint) -> Endpoint:
        """Let only authorised requests through.

        :param endpoint: what they want to reach.
        """

        async def guarded(request: Request) -> Response:
            token = self._store.token(_presented(request))
            if token is None or token.expires <= time.time():
                raise RefusalError(401, INVALID_TOKEN)
            return await endpoint(request)

        return guarded

    def _current(self) -> Token:
        """Give the token that is still good for a second or more, as the vendor's cache does, or a new one."""
        latest = self._store.latest_token()
        if latest is not None and latest.expires - time.time() >= 1:
            return latest
        fresh = self._issue(time.time() + self._lifetime)
        self._store.put_token(fresh)
        return fresh

    def _issue(self, expires: float) -> Token:
        """Make a JWT: the vendor's JavaScript client reads the ``exp`` claim out of it."""
        claims = {"exp": int(expires), "jti": secrets.token_hex(8)}
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = hmac.digest(self._signing_key, signed.encode(), "sha256")
        return Token(f"{signed}.{_base64(signature)}", expires)


def require_json(request: Request) -> None:
    """Insist on a JSON body.

    :raises RefusalError: the request says that its body is something else, or does not say.
    """
    given = media_type(request)
    if given != "application/json":
        raise RefusalError(400, f'"Content-Type" must be application/json, but is {given or "missing"}')


def media_type(request: Request) -> str:
    """Give the Content-Type without its parameters, in lower case; empty where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _presented(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), expected.encode())


def _part(claims: dict[str, object]) -> str:
    return _base64(json.dumps(claims).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
