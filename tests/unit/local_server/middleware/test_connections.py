"""Connections: who sends half a head, no body or reads no answer does not keep others from being served."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server import server as server_module
from airflow_provider_symbl.local_server.api import bodies
from airflow_provider_symbl.local_server.middleware import connections
from airflow_provider_symbl.local_server.middleware.connections import MAX_HEAD_BYTES, allowed_connections
from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.fault_rules import fault
from tests.support.local_client import TIMEOUT, Local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HTTPTOOLS, H11 = "httptools_impl:HttpToolsProtocol", "h11_impl:H11Protocol"


@pytest.fixture
def opened() -> Iterator[Callable[[Local, bytes], socket.socket]]:
    """Return what opens a connection and sends something; all are closed in the end."""
    with ExitStack() as stack:

        def opened(local: Local, data: bytes) -> socket.socket:
            host, port = local.url.removeprefix("http://").split(":")
            connection = stack.enter_context(socket.create_connection((host, int(port)), TIMEOUT))
            connection.sendall(data)
            return connection

        yield opened


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    """Return a client of a server that has four connections at most; three besides the client's own."""
    monkeypatch.setattr(server_module, "allowed_connections", lambda: 4)
    yield from _client()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    """Return a client of a server that waits for nobody."""
    monkeypatch.setattr(connections, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connections, "STALL_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "LEAST_RATE", (8192, 0.2))
    yield from _client()


def _client() -> Iterator[Local]:
    with LocalServer() as server:
        local = Local(server)
        # The server is in a hurry with connections that keep still, and so would be with one of these.
        local.session.headers["Connection"] = "close"
        yield local
        local.session.close()


def _is_closed(connection: socket.socket) -> bool:
    """Wait for what the server says next, and tell whether it is nothing."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def _answer(connection: socket.socket) -> tuple[int, str]:
    with http.client.HTTPResponse(connection) as response:
        response.begin()
        return response.status, json.loads(response.read())["message"]


@pytest.mark.parametrize(
    "data",
    [
        b"GET /v1/job/" + b"y" * 1_000_000,
        b"GET /v1/job/1 HTTP/1.1\r\nX: " + b"y" * 1_000_000,
        b"GET /v1/job/1 HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
        b"GET /v1/job/1?" + b"a&" * 35_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["path", "header", "headers", "query"],
)
def test_a_head_over_the_limit_is_refused_before_it_is_parsed(
    local: Local, opened: Callable[[Local, bytes], socket.socket], data: bytes
) -> None:
    """It says how long a head may be, to whoever sends everything before it reads; the journal has nothing of it."""
    assert _answer(opened(local, data)) == (
        431,
        "The request line and the headers together must be at most 65536 bytes long, but are longer",
    )
    assert [entry["path"] for entry in local.journal()] == ["/oauth2/token:generate"]


def test_a_head_of_just_the_limit_is_taken(local: Local, opened: Callable[[Local, bytes], socket.socket]) -> None:
    """And the next one on the same connection is counted anew."""
    head = b"GET /v1/job/1 HTTP/1.1\r\nHost: localhost\r\nX: "
    data = head + b"y" * (MAX_HEAD_BYTES - len(head) - 5) + b"\r\n\r\n"
    connection = opened(local, data)
    assert _answer(connection)[0] == 401
    connection.sendall(data)
    assert _answer(connection)[0] == 401


def test_headers_behind_a_body_are_not_read_for_ever(
    local: Local, opened: Callable[[Local, bytes], socket.socket]
) -> None:
    """They count as a head does."""
    head = b"POST /v1/process/text HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    assert _is_closed(opened(local, head + b"X: y\r\n" * 100_000))


@pytest.mark.parametrize("parser", [HTTPTOOLS, H11])
def test_no_parser_reads_a_head_without_end(
    parser: str, monkeypatch: pytest.MonkeyPatch, opened: Callable[[Local, bytes], socket.socket]
) -> None:
    """The one that tells nobody where a head ends has a limit of its own."""
    module, name = parser.split(":")
    monkeypatch.setattr(server_module, "PROTOCOL", getattr(import_module(f"uvicorn.protocols.http.{module}"), name))
    for local in _client():
        with http.client.HTTPResponse(opened(local, b"GET /" + b"y" * 1_000_000)) as response:
            response.begin()
            assert response.status in {400, 431}
        assert local.send("GET", "/v1/job/1").status_code == 404


def test_the_longest_half_open_connection_makes_room_for_a_new_one(
    small: Local, opened: Callable[[Local, bytes], socket.socket]
) -> None:
    """So who comes next is served, however many there are."""
    first = opened(small, b"GET / HTTP/1.1\r\nX: ")
    for _ in range(20):
        opened(small, b"GET / HTTP/1.1\r\nX: ")
        assert small.send("GET", "/__local__/health").status_code == 200
    assert _is_closed(first)


def test_a_body_without_a_token_makes_room_too(small: Local, opened: Callable[[Local, bytes], socket.socket]) -> None:
    """It is refused anyway."""
    head = b"POST /v1/process/text HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
    first = opened(small, head)
    for _ in range(5):
        opened(small, head)
    assert _is_closed(first)
    assert small.send("GET", "/__local__/health").status_code == 200


def test_a_connection_too_many_is_refused_where_all_others_are_in_use(
    small: Local, opened: Callable[[Local, bytes], socket.socket]
) -> None:
    """Calls with a token stay while their bodies are on their way; the new one is told why it is not served."""
    token = str(small.session.headers["Authorization"])
    small.session.close()
    names = f"Host: localhost\r\nAuthorization: {token}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    used = [opened(small, b"") for _ in range(4)]
    for connection in used:
        connection.sendall(f"POST /v1/process/text HTTP/1.1\r\n{names}".encode())
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert _answer(opened(small, b"")) == (503, "All of this server's 4 connections are in use")
    for connection in used:
        connection.sendall(b"{}")
        assert _answer(connection)[0] == 400


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\nX: "], ids=["nothing", "half a head"])
def test_a_head_that_does_not_come_is_not_waited_for(
    quick: Local, opened: Callable[[Local, bytes], socket.socket], data: bytes
) -> None:
    """The connection is closed."""
    assert _is_closed(opened(quick, data))


def test_the_head_of_a_second_request_is_not_waited_for_either(
    quick: Local, opened: Callable[[Local, bytes], socket.socket]
) -> None:
    """Its time counts from the answer before."""
    connection = opened(quick, b"GET /__local__/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with http.client.HTTPResponse(connection) as response:
        response.begin()
        response.read()
    connection.sendall(b"GET /")
    assert _is_closed(connection)


@pytest.mark.parametrize("token", [True, False])
def test_a_body_that_does_not_come_is_not_waited_for(
    quick: Local,
    opened: Callable[[Local, bytes], socket.socket],
    token: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Nor one that drips; it says how much must come in which time, and the journal has it."""
    credentials = f"Authorization: {quick.session.headers['Authorization']!s}\r\n" if token else ""
    head = f"POST /v1/process/text HTTP/1.1\r\nHost: localhost\r\n{credentials}Content-Length: 10000\r\n\r\nabc"
    assert _answer(opened(quick, head.encode())) == (408, "Of the request body, 8192 bytes must arrive every 0.2 s")
    entry = quick.journal()[-1]
    assert (entry["body_size"], entry["status"]) == (3, 408)


def test_an_answer_that_nobody_reads_is_thrown_away(
    quick: Local, opened: Callable[[Local, bytes], socket.socket]
) -> None:
    """What the system has taken can still be read, and the rest is gone."""
    fault(quick, "GET /v1/job/*", status=200, body="x" * 900_000, times=None)
    token = str(quick.session.headers["Authorization"])
    call = f"GET /v1/job/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n".encode()
    connection = opened(quick, call * 20)
    while quick.get("/__local__/health") and not _has_failed(connection, call):
        pass


def _has_failed(connection: socket.socket, call: bytes) -> bool:
    try:
        connection.sendall(call)
    except ConnectionError:
        return True
    return False


def test_half_of_the_files_that_a_process_may_open_are_for_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is for recordings and the data folder."""
    for files, most in ((100, 50), (1024, 512), (1_000_000, 512), (-1, 512)):
        monkeypatch.setattr("resource.getrlimit", lambda _, files=files: (files, files))
        assert allowed_connections() == most
