"""The token cache: one token per account and process, refreshed early and by one caller at a time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.models import Token
    from airflow_provider_symbl.client.settings import Account

REFRESH_EARLY = 300.0
"""Seconds before its end at which a token is renewed. Symbl hands out the same token until it is nearly over, so a
token with less left than twice this is kept for half of what it has."""


class TokenCache:
    """Keeps one token; callers fetch it, one at a time, when it is missing or nearly over."""

    def __init__(self) -> None:
        self._token: Token | None = None
        self._renew_at = 0.0
        self._lock = threading.Lock()

    def get(self, fetch: Callable[[], Token]) -> str:
        """Return a token that is good for a while.

        :param fetch: asks Symbl for a token.
        """
        with self._lock:
            return self.current() or self.keep(fetch())

    def current(self) -> str | None:
        """Return the kept token, None when it is missing or nearly over."""
        token = self._token  # read once: another thread may reject it at any time
        if token is None or time.monotonic() >= self._renew_at:
            return None
        return token.access_token

    def keep(self, token: Token) -> str:
        """Keep a new token and return it.

        :param token: what Symbl has just handed out.
        """
        early = min(REFRESH_EARLY, token.expires_in / 2)
        self._renew_at = time.monotonic() + token.expires_in - early
        self._token = token
        return token.access_token

    def reject(self, access_token: str) -> None:
        """Forget a token that Symbl refused, unless another one has taken its place.

        :param access_token: the token that was refused.
        """
        if self._token is not None and self._token.access_token == access_token:
            self._token = None


_caches: dict[Account, TokenCache] = {}


def cache_for(account: Account) -> TokenCache:
    """Return the one cache of an account in this process.

    :param account: whose token it is.
    """
    return _caches.setdefault(account, TokenCache())
