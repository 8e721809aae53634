"""What a client must know to reach one Symbl account."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn
from urllib.parse import SplitResult, urlsplit

from airflow_provider_symbl.exceptions import SymblConfigurationError

DEFAULT_HOST = "https://api.symbl.ai"
BASE_URL = "a base URL such as https://api.symbl.ai"
SCHEMES = {"", "http", "https"}
PORTS = 1 << 16
PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}


class Account(NamedTuple):
    """Whose token it is: tokens are shared by all clients of one account."""

    host: str
    app_id: str
    app_secret: str


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of one account, checked; blanks and line ends around a text are no part of it.

    :param app_id: Symbl's App ID.
    :param app_secret: Symbl's App Secret.
    :param host: base URL, as :func:`base_url` takes it.
    :param timeout: seconds that an answer may take, from the end of the request to the end of its body.
    :param connect_timeout: seconds to wait for a connection.
    :param max_retries: how often a call that may be sent again is sent again.
    :param max_concurrent_jobs: how many jobs the account may have at once; nights keep to it.
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
        self._strip()
        if not self.app_id:
            _invalid_value("login (App ID)", "nothing", "the App ID of your Symbl account")
        if not self.app_secret:
            _invalid_value("password (App Secret)", "nothing", "the App Secret of your Symbl account")
        if not isinstance(self.allow_insecure_http, bool):
            _invalid_value("allow_insecure_http", repr(self.allow_insecure_http), "true or false")
        object.__setattr__(self, "host", base_url(self.host, insecure=self.allow_insecure_http))
        _check_number("timeout", self.timeout, lowest=0.001, unit="seconds")
        _check_number("connect_timeout", self.connect_timeout, lowest=0.001, unit="seconds")
        _check_whole_number("max_retries", self.max_retries, lowest=0)
        if self.max_concurrent_jobs is not None:
            _check_whole_number("max_concurrent_jobs", self.max_concurrent_jobs, lowest=1)
        _check_verify_and_proxies(self.verify, self.proxies)

    def _strip(self) -> None:
        """Take off what a form, a file or a secret manager leaves around a text."""
        for name in ("app_id", "app_secret", "verify"):
            object.__setattr__(self, name, _stripped(getattr(self, name)))
        if isinstance(self.proxies, Mapping):
            proxies = {scheme: _stripped(url) for scheme, url in self.proxies.items()}
            object.__setattr__(self, "proxies", proxies)

    @property
    def account(self) -> Account:
        """Whose token it is."""
        return Account(self.host, self.app_id, self.app_secret)

    @property
    def proxies_to_take(self) -> dict[str, str]:
        """The proxies as requests takes them; those of the environment are not for loopback.

        They would be given the App Secret in clear, and lead to their own machine instead of this one.
        """
        hostname = urlsplit(self.host).hostname or ""
        return {**self.proxies, "no_proxy": hostname} if is_loopback(hostname) else dict(self.proxies)

    def unresolved(self, reason: str, *, is_proxy: bool) -> str:
        """Say that a name has no address, and what to do.

        :param reason: the resolver's own words.
        :param is_proxy: whether it is the name of a proxy, whose URL may hold a password.
        """
        if is_proxy:
            return f"the name of the proxy does not resolve ({reason})"
        advice = "is it the connection's right host?"
        if self.host == DEFAULT_HOST:
            advice = "Symbl's public host may be gone: give the connection the host of your account or of symbl-local"
        return f"the name {urlsplit(self.host).hostname} does not resolve ({reason}); {advice}"


def base_url(host: str, port: int | str | None = None, scheme: str | None = None, *, insecure: bool = False) -> str:
    """Join the parts of a base URL and check it; without a scheme it is https, and plain http to loopback.

    :param host: a name, an address (IPv6 with or without brackets) or a URL without a path; may hold port and scheme.
    :param port: the port, where it is given apart.
    :param scheme: http or https, where it is given apart.
    :param insecure: allow plain http to any host: the App Secret travels in the request.
    :raises SymblConfigurationError: shows the parts as they were given, unless they hold a password.
    """
    if "@" in f"{host}{scheme}":
        # What was given holds a secret, so it is not repeated, whatever else is wrong with it.
        _invalid_value("host", "a URL with a user or password in it", "a base URL without them")
    typed = host + (f" with port {port}" if port else "") + (f" with schema {scheme}" if scheme else "")
    parts = _parts_of(host.strip(), typed)
    hostname = parts.hostname or ""
    scheme = _scheme_of(parts, (scheme or "").strip().lower(), typed)
    if scheme == "http" and not insecure and not is_loopback(hostname):
        allowed = "https, or plain http to loopback only: the App Secret travels in the request (allow_insecure_http)"
        _invalid_value("host", typed, allowed)
    port = _only_one("port", str(parts.port or ""), str(port or "").strip(), typed)
    if port and not (port.isdecimal() and 0 < int(port) < PORTS):
        _invalid_value("host", typed, f"a port below {PORTS}")
    place = _in_brackets(hostname)
    return f"{scheme}://{place}:{port}" if port else f"{scheme}://{place}"


def _scheme_of(parts: SplitResult, apart: str, typed: str) -> str:
    """Return the scheme of a base URL: its own, the one given apart, or what is safe to take for it."""
    if parts.scheme not in SCHEMES:
        _invalid_value("host", typed, BASE_URL)
    if apart not in SCHEMES:
        _invalid_value("schema", apart, "http, https or nothing: a base URL has no path")
    given = _only_one("scheme", parts.scheme, apart, typed)
    return given or ("http" if is_loopback(parts.hostname or "") else "https")


def _parts_of(host: str, typed: str) -> SplitResult:
    """Split a base URL, and check the parts that it alone can have."""
    scheme, mark, rest = host.partition("://") if "://" in host else ("", "//", host)
    try:
        parts = urlsplit(f"{scheme}{mark}{_in_brackets(rest.rstrip('/'))}")
        hostname, _ = parts.hostname or "", parts.port  # reading a port checks it
        hostname.encode("idna")
    except ValueError:
        _invalid_value("host", typed, BASE_URL)
    if not hostname or any(character.isspace() for character in hostname):
        _invalid_value("host", typed, BASE_URL)
    if parts.path.strip("/") or parts.query or parts.fragment:
        _invalid_value("host", typed, "a base URL without a path, such as https://api.symbl.ai")
    return parts


def _only_one(part: str, first: str, second: str, typed: str) -> str:
    if first and second and first != second:
        _invalid_value("host", typed, f"one {part}")
    return first or second


def _in_brackets(host: str) -> str:
    """Write an IPv6 address as a URL has it; anything else stays as it is."""
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return host
    return f"[{host}]"


def is_loopback(hostname: str) -> bool:
    """Tell whether a host is this machine.

    :param hostname: a name or an address, without brackets.
    """
    try:
        address = ipaddress.ip_address(hostname)
    except ValueError:
        return hostname.rstrip(".") == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _check_number(name: str, given: object, *, lowest: float, unit: str) -> None:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not lowest <= given < float("inf"):
        _invalid_value(name, repr(given), f"a number of {unit} above 0")


def _check_whole_number(name: str, given: object, *, lowest: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or given < lowest:
        _invalid_value(name, repr(given), f"a whole number from {lowest} up")


def _check_verify_and_proxies(verify: object, proxies: object) -> None:
    if not isinstance(verify, (bool, str)) or verify == "":
        _invalid_value("verify", repr(verify), "true, false or the path of a file of certificate authorities")
    if isinstance(verify, str) and not Path(verify).exists():
        _invalid_value("verify", repr(verify), "true, false or the path of certificate authorities that exist")
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


def _invalid_value(name: str, shown: str, allowed: str) -> NoReturn:
    message = f"{name}: got {shown}; allowed: {allowed}"
    raise SymblConfigurationError(message)
