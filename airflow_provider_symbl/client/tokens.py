"""The token cache: one token per account and process, refreshed early and by one caller at a time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_symbl.client.models import Token
    from airflow_provider_symbl.client.settings import Account

REFRESH_EARLY = 300.0
"""Seconds before its end at which a token is renewed. Symbl hands out the same token until it is nearly over, so a
token with less left than twice this is kept for half of what it has."""


def elapsed() -> float:
    """Return seconds by a clock that nobody sets; one that counts the time a machine sleeps, where there is such."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class TokenCache:
    """Keeps one token until it is nearly over; who renews it holds the lock."""

    def __init__(self) -> None:
        # One tuple, since threads read and replace it without the lock.
        self._kept: tuple[str, float] | None = None
        self.lock = threading.Lock()
        self._clock: float | None = None

    def current(self) -> str | None:
        """Return the kept token, None when it is missing or nearly over."""
        kept = self._kept  # read once: another thread may reject it at any time
        if kept is None or time.monotonic() >= kept[1]:
            return None
        return kept[0]

    def keep(self, token: Token) -> str:
        """Keep a new token and return it.

        :param token: what Symbl has just handed out.
        """
        early = min(REFRESH_EARLY, token.expires_in / 2)
        self._kept = (token.access_token, time.monotonic() + token.expires_in - early)
        return token.access_token

    def set_clock(self, now: float | None) -> None:
        """Keep what time it is at Symbl.

        :param now: seconds since the epoch by its Date header, None where it sent none.
        """
        if now is not None:
            self._clock = now - elapsed()

    def symbl_time(self) -> float:
        """Return seconds since the epoch by Symbl's clock; by this machine's where Symbl told none."""
        return time.time() if self._clock is None else elapsed() + self._clock

    def reject(self, access_token: str) -> None:
        """Forget a token that Symbl refused, unless another one has taken its place.

        :param access_token: the token that was refused.
        """
        kept = self._kept
        if kept is not None and kept[0] == access_token:
            self._kept = None


_caches: dict[Account, TokenCache] = {}


def cache_for(account: Account) -> TokenCache:
    """Return the one cache of an account in this process.

    :param account: whose token it is.
    """
    return _caches.setdefault(account, TokenCache())
