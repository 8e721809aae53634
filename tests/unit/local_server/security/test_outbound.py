"""Where addresses that clients name may lead, and what becomes of a connection that takes too long."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from airflow_provider_symbl.local_server.security.outbound import PrivateAddressError, guarded_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.web_server import WebServer

PUBLIC = "93.184.215.14"
NAME = "recordings.example"


class Phone(socket.socket):
    """A socket that notes where it was to connect to, and connects to the web server instead."""

    called: list[tuple[str, int]]
    web_server: tuple[str, int]

    def connect(self, address: Any) -> None:  # noqa: ANN401 - as in the standard library
        """Connect to the web server."""
        self.called.append(address)
        super().connect(self.web_server)


async def _get(url: str, *, allow_private: bool = False, seconds: float = 10.0) -> bytes:
    async with guarded_request("GET", url, allow_private=allow_private, seconds=seconds) as response:
        return await response.read()


def _answers(*addresses: str, port: int = 80) -> Callable[..., list[Any]]:
    """Make a look-up that gives some addresses for every name."""

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]

    asked: list[str] = []
    look_up.asked = asked  # type: ignore[attr-defined]  # a test reads what was looked up
    return look_up


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "0",
        "0.0.0.0",  # noqa: S104 - nothing is bound to it
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
    ],
)
async def test_this_machine_is_refused_however_it_is_written(web_server: WebServer, host: str) -> None:
    """Nothing is asked of it; the error names the host and the way out, and not the rest of the URL."""
    port = urlsplit(web_server.url).port
    with pytest.raises(PrivateAddressError) as caught:
        await _get(f"http://{host}:{port}/a.wav?signature=secret")
    assert str(caught.value).endswith("leads to an address that is not public, which takes --allow-private-urls")
    assert str(caught.value).split(" ", maxsplit=1)[0] == host.strip("[]").lower()
    assert web_server.asked.empty()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("addresses", [(PUBLIC, "127.0.0.1"), ("10.0.0.1",), ("2606:2800::1", "::1"), ("fe80::1%lo",)])
async def test_one_private_address_is_enough_to_refuse_a_name(
    monkeypatch: pytest.MonkeyPatch, scheme: str, addresses: tuple[str, ...]
) -> None:
    """Otherwise it would be a matter of luck which one is connected to."""
    monkeypatch.setattr(socket, "getaddrinfo", _answers(*addresses))
    with pytest.raises(PrivateAddressError):
        await _get(f"{scheme}://{NAME}/")


async def test_a_name_is_looked_up_once_and_the_checked_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, web_server: WebServer
) -> None:
    """A second look-up could have another answer; the host is still told its name."""
    parts = urlsplit(web_server.serve("/a.wav", b"sound"))
    phone = type("Called", (Phone,), {"called": [], "web_server": (parts.hostname, parts.port)})
    look_up = _answers(PUBLIC)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "socket", phone)
    assert await _get(f"http://{NAME}/a.wav") == b"sound"
    assert phone.called == [(PUBLIC, 80)]  # type: ignore[attr-defined]  # the class is made above
    assert look_up.asked == [NAME]  # type: ignore[attr-defined]  # as above


async def test_the_next_address_is_tried_when_one_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, web_server: WebServer
) -> None:
    """Nothing listens on the second loopback address."""
    web_server.serve("/", b"sound")
    monkeypatch.setattr(
        socket, "getaddrinfo", _answers("127.0.0.2", "127.0.0.1", port=urlsplit(web_server.url).port or 0)
    )
    assert await _get(f"http://{NAME}/", allow_private=True) == b"sound"


@pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 64}.example/", "http://nobody.invalid/"])
async def test_a_host_without_an_address_is_no_connection(url: str) -> None:
    """The error is an ordinary one of aiohttp, and does not hold the rest of the URL's text as its kind."""
    with pytest.raises(aiohttp.ClientConnectorError):
        await _get(url)


async def test_an_address_that_does_not_answer_in_time_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system says so."""

    def late(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", _answers(PUBLIC))
    monkeypatch.setattr(socket, "socket", type("Late", (socket.socket,), {"connect": late}))
    with pytest.raises(aiohttp.ConnectionTimeoutError):
        await _get(f"http://{NAME}/")


async def test_tls_goes_by_the_name_and_not_by_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A certificate for another name is refused, although the address is the same."""
    certificate = _certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with _secure_server(certificate) as port:
        monkeypatch.setattr(socket, "getaddrinfo", _answers("127.0.0.1", port=port))
        assert await _get(f"https://{NAME}/", allow_private=True) == b"sound"
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await _get("https://other.example/", allow_private=True)


async def test_a_proxy_is_used_only_where_no_address_is_checked(
    monkeypatch: pytest.MonkeyPatch, web_server: WebServer
) -> None:
    """Nobody knows what address it connects to."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, web_server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    web_server.serve("http://nobody.invalid/a.wav", b"sound")
    assert await _get("http://nobody.invalid/a.wav", allow_private=True) == b"sound"
    assert web_server.asked.get(timeout=10) == "http://nobody.invalid/a.wav"
    with pytest.raises(aiohttp.ClientConnectorError):
        await _get("http://nobody.invalid/a.wav")
    assert web_server.asked.empty()


@pytest.mark.parametrize(("user", "sent"), [("", None), ("ann:b@", "Basic YW5uOmI=")])
async def test_credentials_come_from_the_url_and_never_from_the_home_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: str, sent: str | None
) -> None:
    """A client of the server has no claim to what its owner keeps for that host."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login owner password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        heads: list[bytes] = []
        thread = threading.Thread(target=_answer_one, args=(listening, heads))
        thread.start()
        await _get(f"http://{user}127.0.0.1:{port}/", allow_private=True)
        thread.join()
    lines = dict(line.split(": ", 1) for line in heads[0].decode().split("\r\n")[1:] if line)
    assert lines.get("Authorization") == sent


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\nsome sound"])
@pytest.mark.parametrize("is_stopped", [True, False])
async def test_what_takes_too_long_is_cut_wherever_it_is(begun: bytes, is_stopped: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """What has come by then may look like a whole response, and is not taken for one."""
    has_begun = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread = threading.Thread(target=_begin_an_answer, args=(listening, begun, has_begun))
        thread.start()
        getting = asyncio.create_task(_get(url, allow_private=True, seconds=60.0 if is_stopped else 1.0))
        if is_stopped:
            await asyncio.to_thread(has_begun.wait)
            getting.cancel()
        with pytest.raises(asyncio.CancelledError if is_stopped else TimeoutError):
            await getting
        await asyncio.to_thread(thread.join)


async def test_a_look_up_counts_among_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for its end."""
    is_over = threading.Event()

    def slow(*_: object, **__: object) -> list[Any]:
        assert is_over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(TimeoutError):
        await _get(f"http://{NAME}/", seconds=0.1)
    assert not is_over.is_set()
    is_over.set()


@pytest.mark.parametrize("written", ["/a%2Fb%2fc.wav?x=%2B%2f%20+~'(1)&sig=a%2Bb%3D%3D", "/?x={1}", "/%7Ea"])
async def test_a_signed_url_is_asked_for_as_it_is_written(web_server: WebServer, written: str) -> None:
    """A signature is over the very characters; only what no URL may hold is escaped."""
    asked = written.replace("{1}", "%7B1%7D")
    web_server.serve(asked, b"sound")
    assert await _get(web_server.url + written, allow_private=True) == b"sound"
    assert web_server.asked.get(timeout=10) == asked


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
async def test_this_machine_may_be_allowed_however_it_is_written(web_server: WebServer, host: str) -> None:
    """As any program would connect to it."""
    web_server.serve("/a.wav", b"sound")
    assert await _get(f"http://{host}:{urlsplit(web_server.url).port}/a.wav", allow_private=True) == b"sound"


@pytest.mark.parametrize("host", ["1.2.3.4.5", "999.1.1.1", "4294967296", "[::1", "[1::2::3]", ""])
async def test_what_only_looks_like_an_address_is_no_connection(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Aiohttp would have the operating system look it up, unchecked."""
    look_up = _answers("127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(aiohttp.InvalidURL):
        await _get(f"http://{host}/")
    assert look_up.asked == []  # type: ignore[attr-defined]  # a test reads what was looked up


def _answer_one(listening: socket.socket, heads: list[bytes]) -> None:
    connection, _ = listening.accept()
    with connection:
        heads.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound")


def _begin_an_answer(listening: socket.socket, begun: bytes, has_begun: threading.Event) -> None:
    """Send the beginning of an answer, and hold the connection until the other side ends it."""
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(begun)
        has_begun.set()
        assert connection.recv(1) == b""


class _secure_server:  # noqa: N801 - used like a function
    """A web server behind TLS that says one thing."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)

    def __enter__(self) -> int:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        port: int = self._listening.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        for raw in _accepted(self._listening):
            try:
                connection = self._context.wrap_socket(raw, server_side=True)
            except OSError:
                raw.close()
                continue
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound")


def _accepted(listening: socket.socket) -> Iterator[socket.socket]:
    while True:
        try:
            yield listening.accept()[0]
        except OSError:  # it was shut down
            return


def _certificate(folder: Path) -> Path:
    """Make a certificate for one name, with its key, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
