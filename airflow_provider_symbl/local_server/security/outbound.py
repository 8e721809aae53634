"""Where an address that a client names may lead: looked up once, checked, and then connected to."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

MOST_TRIED = 4
"""Of a host's addresses, all are checked, and no more than these are tried."""
TICK = 0.5
"""Seconds between two looks at whether a request has had its time."""
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""Where networks without IPv4 put the IPv4 addresses of the world (RFC 6052)."""
NOT_PUBLIC_EITHER = (
    ipaddress.ip_network("192.0.0.0/24"),  # special purposes, of which older Pythons know some only
    ipaddress.ip_network("168.63.129.16/32"),  # what Azure's machines ask for their own settings
)


class PrivateAddressError(Exception):
    """A host has an address that is not public; only the host is named, since the rest of a URL may be a signature."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} leads to an address that is not public, which takes --allow-private-urls")


class GuardedSession(requests.Session):
    """A session for one request to an address that a client named, to be used as a context.

    It sends no credentials of ``~/.netrc``. The proxies of the environment are used only where private addresses are
    allowed: which address a proxy connects to cannot be checked.

    :param url: the address.
    :param allow_private: whether it may lead to this machine, or into a private network.
    :param seconds: how long everything may take, however slowly it arrives; what is open then is cut.
    :param stopped: has it cut earlier.
    """

    def __init__(self, url: str, *, allow_private: bool, seconds: float, stopped: threading.Event) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        if allow_private:
            self.proxies.update(requests.utils.get_environ_proxies(url))
        self._lines = Connections(allow_private=allow_private)
        for prefix in ("http://", "https://"):
            self.mount(prefix, _Adapter(self._lines))
        self._deadline = time.monotonic() + seconds
        self._stopped = stopped
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="outward", daemon=True)

    def __enter__(self) -> GuardedSession:  # noqa: PYI034 - the base is typed so
        self._watcher.start()
        return self

    @property
    def is_cut(self) -> bool:
        """Whether it was cut; what was read until then may look like a whole answer."""
        return self._lines.is_cut

    def close(self) -> None:
        """Close all connections."""
        self._over.set()
        self._watcher.join()
        super().close()
        self._lines.close()

    def _watch(self) -> None:
        while not self._over.wait(TICK):
            if self._stopped.is_set() or time.monotonic() >= self._deadline:
                self._lines.cut()
                return


class Connections:
    """The connections of one session.

    :param allow_private: whether they may lead anywhere.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self.is_cut = False
        self._allow_private = allow_private
        self._held: list[socket.socket] = []

    def open(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Connect to a host.

        :param timeout: seconds for each of its addresses.
        :raises PrivateAddressError: one of its addresses is not public, and has to be.
        :raises OSError: it has no address, or none that answers.
        """
        problem = OSError("no address")
        for family, kind, protocol, _, address in self._addresses(host, port):
            line = socket.socket(family, kind, protocol)
            line.settimeout(timeout)
            try:
                line.connect(address)
            except OSError as error:
                line.close()
                problem = error
            else:
                return self._kept(line)
        raise problem

    def cut(self) -> None:
        """End all connections, those to come included; to be called by another thread than the one that reads."""
        self.is_cut = True
        for held in list(self._held):
            with contextlib.suppress(OSError):  # the other side was faster
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give up the hold on them."""
        for held in self._held:
            held.close()

    def _addresses(self, host: str, port: int) -> list[tuple[Any, ...]]:
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except ValueError:  # not even a name that can be looked up
            raise OSError("no name of a host") from None
        if not self._allow_private and not all(is_public(str(address[0])) for *_, address in found):
            raise PrivateAddressError(host)
        return [*found[:MOST_TRIED]]

    def _kept(self, line: socket.socket) -> socket.socket:
        # TLS takes a socket away from its object; a duplicate stays good for cutting.
        self._held.append(line.dup())
        if self.is_cut:
            line.close()
            raise OSError("cut")
        return line


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


class _Adapter(HTTPAdapter):
    def __init__(self, lines: Connections) -> None:
        self._lines = lines
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **others: Any) -> None:
        super().init_poolmanager(*sizes, **others)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, self._lines),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, self._lines),
        }


class _Line(HTTPConnection):
    """A connection whose socket comes from the session's lines; TLS goes by the name of the host all the same."""

    lines: ClassVar[Connections]

    def _new_conn(self) -> socket.socket:
        try:
            return self.lines.open(self._dns_host, self.port, self.timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "timed out") from error
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from error


def _pool(
    pool: type[HTTPConnectionPool], connection: type[HTTPConnection], lines: Connections
) -> type[HTTPConnectionPool]:
    own = type("Line", (_Line, connection), {"lines": lines})
    return type("Pool", (pool,), {"ConnectionCls": own})
