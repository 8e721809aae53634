"""Requests that are not quite HTTP, byte by byte, and what may come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.middleware.connections import MAX_HEAD_BYTES
from tests.integration.hostile_requests import (
    BAD,
    HELLO,
    KIB,
    NO_METHOD,
    REFUSED,
    UNKNOWN,
    Attack,
    as_json,
    request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def not_http() -> Iterator[Attack]:
    """Give all of them."""
    text = as_json(HELLO)
    chunked = ("Transfer-Encoding", "chunked")
    post = "/v1/process/text"
    two = request("POST", post, text).replace(b"Content-Length", b"Content-Length: 5\r\nContent-Length")
    raws = {
        "two lengths": two,
        "a length with a sign": request("POST", post, text, [("Content-Length", "+5")]),
        "a negative length": request("POST", post, text, [("Content-Length", "-1")]),
        "a length that is none": request("POST", post, text, [("Content-Length", "x")]),
        "a length beyond 64 bits": request("POST", post, text, [("Content-Length", "9" * 30)]),
        "a length and chunks": request("POST", post, b"5\r\nhello\r\n0\r\n\r\n", [chunked]),
        "an unknown coding": request("POST", post, text, [("Transfer-Encoding", "xchunked")]),
        "chunks that are none": _without_length(request("POST", post, b"zz\r\nhello\r\n0\r\n\r\n", [chunked])),
        "a chunk beyond 64 bits": _without_length(request("POST", post, b"f" * 17 + b"\r\nhello\r\n", [chunked])),
        "a space in a header's name": request("GET", "/v1/job/1", headers=[("X Y", "z")]),
        "a header without a name": request("GET", "/v1/job/1", headers=[("", "z")]),
        "a zero byte in a header": request("GET", "/v1/job/1", headers=[("X", b"a\x00b")]),
        "a lonely carriage return": request("GET", "/v1/job/1", headers=[("X", b"a\rb")]),
        "a folded header": request("GET", "/v1/job/1", headers=[("X", b"a\r\n b")]),
        "a method that is none": request("F<>O", "/v1/job/1"),
        "a method in small letters": request("get", "/v1/job/1"),
        "a version that is none": request("GET", "/v1/job/1").replace(b"HTTP/1.1", b"HTTP/9.9"),
        "bytes in the path": request("GET", b"/v1/job/\xff\xfe"),
        "characters in the path": request("GET", "/v1/job/é"),
        "bytes in the query": request("GET", b"/v1/conversations?name=\xff"),
        "a zero byte in the path": request("GET", b"/v1/job/\x00"),
        "a space in the path": request("GET", "/v1/job/a b"),
        "no path": request("GET", ""),
        "CONNECT": request("CONNECT", "127.0.0.1:22"),
        "OPTIONS *": request("OPTIONS", "*"),
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "a header of a mebibyte": request("GET", "/v1/job/1", headers=[("X", "y" * 1024 * KIB)]),
        "a path of a mebibyte": request("GET", "/v1/job/" + "y" * 1024 * KIB),
        "WebSocket": request("GET", "/v1/job/1", headers=[("Connection", "Upgrade"), ("Upgrade", "websocket")]),
    }
    statuses = frozenset({BAD, REFUSED, 403, UNKNOWN, NO_METHOD, 414, 426})
    for name, data in raws.items():
        yield Attack(f"HTTP: {name}", data, frozenset({431}) if len(data) > MAX_HEAD_BYTES else statuses, is_http=False)


def _without_length(data: bytes) -> bytes:
    head, _, rest = data.partition(b"Content-Length: ")
    return head + rest.partition(b"\r\n")[2]
