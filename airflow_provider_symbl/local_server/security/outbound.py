"""SSRF guard: where an address that a client names may lead is looked up once, checked, and then connected to.

Our own, as the resolver of aiohttp's connector, which connects to whatever address it finds.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import os
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from anyio import to_thread
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from ipaddress import IPv4Address, IPv6Address

MOST_TRIED = 4
"""Of a host's addresses, all are checked, and no more than these are tried."""
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""Where networks without IPv4 put the IPv4 addresses of the world (RFC 6052)."""
NOT_PUBLIC_EITHER = (
    ipaddress.ip_network("192.0.0.0/24"),  # special purposes, of which older Pythons know some only
    ipaddress.ip_network("168.63.129.16/32"),  # what Azure's machines ask for their own settings
)
WRITTEN = "!#$%&'()*+,/:;=?@[]~"
"""What may stand in a URL as it is, ``%`` included: a signature is over the very characters."""


class PrivateAddressError(Exception):
    """A host has an address that is not public; only the host is named, since the rest of a URL may be a signature."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} leads to an address that is not public, which takes --allow-private-urls")


@contextlib.asynccontextmanager
async def guarded_request(
    method: str, url: str, *, allow_private: bool, seconds: float, **options: Any
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Send one request to an address that a client named, and give the response; redirects are not followed.

    It sends no credentials of ``~/.netrc``. The proxies of the environment are used only where private addresses are
    allowed: which address a proxy connects to cannot be checked.

    :param url: the address.
    :param allow_private: whether it may lead to this machine, or into a private network.
    :param seconds: how long everything may take, the reading of the body included, however slowly it arrives.
    :param options: what else aiohttp is told.
    :raises PrivateAddressError: it leads to an address that is not public, and may not.
    :raises aiohttp.ClientError: there is no usable response.
    :raises TimeoutError: the seconds are over; a timeout of aiohttp's own is a ClientError too.
    """
    target = _checked(url, allow_private=allow_private)
    resolver = PublicResolver(allow_private=allow_private)
    async with asyncio.timeout(seconds):
        tls = await to_thread.run_sync(_tls_context, _authorities()) if target.scheme == "https" else True
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, ssl=tls)
        async with (
            aiohttp.ClientSession(connector=connector, auto_decompress=False) as session,
            session.request(
                method, target, allow_redirects=False, proxy=_proxy(target) if allow_private else None, **options
            ) as response,
        ):
            yield response


class PublicResolver(AbstractResolver):
    """Looks names up for a connector, and refuses those with an address that is not public.

    :param allow_private: whether they may lead anywhere.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give a name's addresses.

        :raises PrivateAddressError: one of them is not public, and has to be.
        :raises OSError: it has none.
        """
        look_up = functools.partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        try:
            # Not the event loop's own threads: a look-up that hangs would hold up the end of the process.
            found = await to_thread.run_sync(look_up, abandon_on_cancel=True)
        except UnicodeError:  # not even a name that can be looked up
            raise OSError("no name of a host") from None
        if not self._allow_private and not all(is_public(str(address[0])) for *_, address in found):
            raise PrivateAddressError(host)
        return [_result(host, entry) for entry in found[:MOST_TRIED]]

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


def is_public(text: str) -> bool:
    """Tell whether an address belongs to the public internet, as does any that is carried inside it.

    :param text: an IPv4 or IPv6 address in one of its usual forms.
    """
    return _is_public(ipaddress.ip_address(text))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or _translated(address)
        if inner is not None:
            return _is_public(inner)
        relayed = address.sixtofour
        if address not in GLOBAL_UNICAST or (relayed is not None and not _is_public(relayed)):
            return False
    is_special = address.is_multicast or any(address in network for network in NOT_PUBLIC_EITHER)
    return address.is_global and not is_special


def _translated(address: IPv6Address) -> IPv4Address | None:
    return ipaddress.IPv4Address(address.packed[-4:]) if address in TRANSLATED else None


def _result(host: str, entry: tuple[Any, ...]) -> ResolveResult:
    family, _, protocol, _, (address, port, *_) = entry
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=protocol, flags=flags)


def _checked(url: str, *, allow_private: bool) -> URL:
    """Write a URL as it is asked for, its host checked if it is an address: aiohttp has those looked up by nobody.

    :raises PrivateAddressError: its host is an address that is not public, and has to be.
    :raises aiohttp.InvalidURL: it is none.
    """
    try:
        parts = urlsplit(url)
        origin = URL(f"{parts.scheme}://{parts.netloc}")
        address = _literal(origin.raw_host or "")
    except ValueError:
        raise aiohttp.InvalidURL(url) from None
    if address and not allow_private and not is_public(address):
        raise PrivateAddressError(parts.hostname or address)
    origin = origin.with_host(address) if address else origin
    query = f"?{parts.query}" if parts.query else ""
    return URL(str(origin).rstrip("/") + quote((parts.path or "/") + query, WRITTEN), encoded=True)


def _literal(host: str) -> str | None:
    """Give the address that a host is written as, in its usual form; None for a name.

    :raises ValueError: aiohttp would take it for an address, but it is none.
    """
    if ":" in host:
        return str(ipaddress.ip_address(host))
    try:
        return socket.inet_ntoa(socket.inet_aton(host))  # knows 127.1 and 0x7f000001, as connecting does
    except OSError:
        if host.replace(".", "").isdigit():
            raise ValueError("no address") from None
        return None


def _authorities() -> str:
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()


@functools.cache  # reading them takes some tens of milliseconds
def _tls_context(authorities: str) -> ssl.SSLContext:
    if Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)


def _proxy(url: URL) -> str | None:
    """Name the environment's proxy for a URL."""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if proxy is None or proxy_bypass(url.raw_host or ""):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
