"""Authentication: one App ID and Secret, the tokens made for them, and the check on every call."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.operations import Operation, body_of
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.validation import enum, object_of, text
from airflow_provider_symbl.local_server.store.records import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import Headers
    from starlette.requests import Request

    from airflow_provider_symbl.local_server.api.operations import Endpoint
    from airflow_provider_symbl.local_server.settings import ServerSettings
    from airflow_provider_symbl.local_server.store.memory_store import Store

CREDENTIALS = {"appId": text, "appSecret": text}
GRANT = object_of({"type": enum("application"), **CREDENTIALS}, ("type", *CREDENTIALS))
RENEWAL = object_of({**CREDENTIALS, "refreshToken": text}, (*CREDENTIALS, "refreshToken"))
REVOCATION = object_of(CREDENTIALS, CREDENTIALS)
INVALID_TOKEN = "Token validation failed for provided token."  # noqa: S105 - the contract's own words


class Accounts:
    """The one account of this server.

    :param settings: among them for how long a token is good.
    :param store: keeps the tokens.
    :param app_id: the App ID that is accepted.
    :param app_secret: the App Secret that is accepted.
    """

    def __init__(self, settings: ServerSettings, store: Store, *, app_id: str, app_secret: str) -> None:
        self._store = store
        self._app_id = app_id
        self._app_secret = app_secret
        self._lifetime = settings.token_lifetime
        self._signing_key = secrets.token_bytes(32)

    def operations(self) -> list[Operation]:
        """List the calls."""
        more: dict[str, Any] = {"tag": "Authentication", "refuses": (401,)}
        path, token = "/oauth2/token", schemas.TOKEN
        generate, refresh, revoke = self.generate_token, self.refresh_token, self.revoke_tokens
        first = {**more, "body": GRANT, "is_guarded": False}
        return [
            Operation("POST", f"{path}:generate", generate, "Give a token", token, **first),
            Operation("POST", f"{path}:refresh", refresh, "Give a new token", token, body=RENEWAL, **more),
            Operation("DELETE", f"{path}:revoke", revoke, "Refuse all tokens", None, 204, body=REVOCATION, **more),
        ]

    async def generate_token(self, request: Request) -> Response:
        """Answer a request for a token: the current one with what is left of its life, or a new one.

        :raises ApiError: 401 for credentials that are not the account's.
        """
        self._check(body_of(request))
        return _shown(self.current_token())

    async def refresh_token(self, request: Request) -> Response:
        """Answer with a new token; the one it was asked for with is refused from now on.

        :raises ApiError: 401 for credentials that are not the account's, or a refresh token that is not good.
        """
        given = body_of(request)
        self._check(given)
        token = self._store.latest_token()
        if token is None or not _same(given["refreshToken"], token.refresh):
            raise ApiError(401, "The refreshToken given is not that of this account's current token.")
        self.expire_tokens()
        return _shown(self.current_token())

    async def revoke_tokens(self, request: Request) -> Response:
        """Refuse every token handed out so far.

        :raises ApiError: 401 for credentials that are not the account's.
        """
        self._check(body_of(request))
        self.expire_tokens()
        return Response(status_code=204)

    def current_token(self) -> Token:
        """Give the token that is still good for a second or more, as the vendor's cache does, or a new one."""
        latest = self._store.latest_token()
        if latest is not None and latest.expires - time.time() >= 1:
            return latest
        fresh = self._issue(time.time() + self._lifetime)
        self._store.put_token(fresh)
        return fresh

    def expire_tokens(self) -> None:
        """Refuse every token handed out so far; the next request for one gets another."""
        self._store.remove_tokens()

    def admits(self, headers: Headers) -> bool:
        """Tell whether a request has a token that is good."""
        token = self._store.token(_presented(headers))
        return token is not None and token.expires > time.time()

    def guard(self, endpoint: Endpoint) -> Endpoint:
        """Let only authorised requests through.

        :param endpoint: what they want to reach.
        """

        async def guarded(request: Request) -> Response:
            if not self.admits(request.headers):
                raise ApiError(401, INVALID_TOKEN)
            return await endpoint(request)

        return guarded

    def _check(self, given: Mapping[str, str]) -> None:
        if not (_same(given["appId"], self._app_id) & _same(given["appSecret"], self._app_secret)):
            raise ApiError(401, "The appId and appSecret given are not those of this server's account.")

    def _issue(self, expires: float) -> Token:
        """Make a JWT: the vendor's JavaScript client reads the ``exp`` claim out of it."""
        claims = {"exp": int(expires), "jti": secrets.token_hex(8)}
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = hmac.digest(self._signing_key, signed.encode(), "sha256")
        return Token(f"{signed}.{_base64(signature)}", expires, secrets.token_urlsafe(32))


def _shown(token: Token) -> Response:
    """Show a token; the third key is spelt as the vendor's Python client reads it (contract 1.1)."""
    lifetime = int(token.expires - time.time())
    return JsonResponse({"accessToken": token.text, "expiresIn": lifetime, "refershToken": token.refresh})


def _presented(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _part(claims: dict[str, object]) -> str:
    return _base64(json.dumps(claims).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
