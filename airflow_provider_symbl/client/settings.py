"""What a client must know to reach one Symbl account."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from airflow_provider_symbl.exceptions import SymblConfigurationError

DEFAULT_HOST = "https://api.symbl.ai"
PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}


class Account(NamedTuple):
    """Whose token it is: tokens are shared by all clients of one account."""

    host: str
    app_id: str
    app_secret: str


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of one account, checked.

    :param app_id: Symbl's App ID.
    :param app_secret: Symbl's App Secret.
    :param host: base URL, without a path; plain http to loopback only, unless ``allow_insecure_http``.
    :param timeout: seconds to wait for each read of a response.
    :param connect_timeout: seconds to wait for a connection.
    :param max_retries: how often a call that may be sent again is sent again.
    :param max_concurrent_jobs: how many jobs the account may have at once, None where it is not known.
    :param verify: whether the host's certificate is checked, or the path of the authorities to check it by.
    :param proxies: proxy URL by scheme, such as ``{"https": "http://proxy:3128"}``.
    :param allow_insecure_http: send the App Secret over plain http to any host.
    :raises SymblConfigurationError: names the field, what was given and what is allowed.
    """

    app_id: str
    app_secret: str = field(repr=False)
    host: str = DEFAULT_HOST
    timeout: float = 60.0
    connect_timeout: float = 10.0
    max_retries: int = 5
    max_concurrent_jobs: int | None = None
    verify: bool | str = True
    proxies: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    allow_insecure_http: bool = False

    def __post_init__(self) -> None:
        """Check the fields that a person fills in."""
        if not self.app_id:
            _invalid_value("login (App ID)", "nothing", "the App ID of your Symbl account")
        if not self.app_secret:
            _invalid_value("password (App Secret)", "nothing", "the App Secret of your Symbl account")
        object.__setattr__(self, "host", _checked_host(self.host, insecure=self.allow_insecure_http))
        _check_number("timeout", self.timeout, lowest=0.001, unit="seconds")
        _check_number("connect_timeout", self.connect_timeout, lowest=0.001, unit="seconds")
        _check_whole_number("max_retries", self.max_retries, lowest=0)
        if self.max_concurrent_jobs is not None:
            _check_whole_number("max_concurrent_jobs", self.max_concurrent_jobs, lowest=1)
        _check_verify_and_proxies(self.verify, self.proxies)

    @property
    def account(self) -> Account:
        """Whose token it is."""
        return Account(self.host, self.app_id, self.app_secret)


def _checked_host(host: str, *, insecure: bool) -> str:
    given = host.strip()
    if "@" in given:
        # What was given holds a secret, so it is not repeated, whatever else is wrong with it.
        _invalid_value("host", "a URL with a user or password in it", "a base URL without them")
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
        hostname = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return _invalid_value("host", host, "a base URL such as https://api.symbl.ai")
    if parts.scheme not in {"http", "https"} or not hostname:
        _invalid_value("host", host, "a base URL such as https://api.symbl.ai")
    if parts.path.strip("/") or parts.query or parts.fragment:
        _invalid_value("host", host, "a base URL without a path, such as https://api.symbl.ai")
    if parts.scheme == "http" and not insecure and not _is_loopback(hostname):
        _invalid_value(
            "host",
            host,
            "https, or plain http to loopback only: the App Secret travels in the request (allow_insecure_http)",
        )
    name = f"[{hostname}]" if ":" in hostname else hostname
    return f"{parts.scheme}://{name}{port}"


def _is_loopback(hostname: str) -> bool:
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return hostname == "localhost"


def _check_number(name: str, given: object, *, lowest: float, unit: str) -> None:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not lowest <= given < float("inf"):
        _invalid_value(name, given, f"a number of {unit} above 0")


def _check_whole_number(name: str, given: object, *, lowest: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or given < lowest:
        _invalid_value(name, given, f"a whole number from {lowest} up")


def _check_verify_and_proxies(verify: object, proxies: object) -> None:
    if not isinstance(verify, (bool, str)) or verify == "":
        _invalid_value("verify", verify, "true, false or the path of a file of certificate authorities")
    if isinstance(verify, str) and not Path(verify).exists():
        _invalid_value("verify", verify, "true, false or the path of a file of certificate authorities that exists")
    parts = [part for pair in proxies.items() for part in pair] if isinstance(proxies, Mapping) else [None]
    if not all(isinstance(part, str) for part in parts):
        # A proxy's URL may hold a password, so it is not repeated.
        _invalid_value("proxies", f"a value of type {type(proxies).__name__}", "proxy URLs by scheme, all of them text")
    for scheme, url in proxies.items() if isinstance(proxies, Mapping) else ():
        if scheme != "no_proxy" and not _is_proxy(url):
            _invalid_value(
                f"proxies[{scheme!r}]", "a URL that cannot be read", "a proxy's URL such as http://proxy:3128"
            )


def _is_proxy(url: str) -> bool:
    """Tell whether a proxy's URL can be read; without a scheme it is an http proxy, as requests has it."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        return parts.scheme in PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _invalid_value(name: str, given: object, allowed: str) -> str:
    shown = given if isinstance(given, str) else repr(given)
    message = f"{name}: got {shown}; allowed: {allowed}"
    raise SymblConfigurationError(message)
