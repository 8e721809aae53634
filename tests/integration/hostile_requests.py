"""Requests that mean harm, or come from broken programs: what is sent, byte by byte, and what may come back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TOKEN = "@TOKEN@"
"""Stands for a good token in what is sent."""
CONVERSATION = "@CONVERSATION@"
"""Stands for the id of a conversation."""
JOB = "@JOB@"
"""Stands for the id of that conversation's job."""

BAD, REFUSED, UNKNOWN, NO_METHOD, TOO_LONG = 400, 401, 404, 405, 413
HELLO = {"messages": [{"payload": {"content": "Hello."}}]}
KIB = 1024


@dataclass(frozen=True)
class Attack:
    """A request.

    :param name: tells it from the others.
    :param data: all of its bytes.
    :param statuses: those that may be answered; 0 where the connection may be closed instead.
    :param is_http: whether it is HTTP; if not, the answer need not be JSON.
    """

    name: str
    data: bytes
    statuses: frozenset[int]
    is_http: bool = True


def request(
    method: str, target: str | bytes, body: bytes | None = None, headers: Iterable[tuple[str, str | bytes]] = ()
) -> bytes:
    """Write a request with a good token, and with a length unless the headers tell one.

    :param target: path and query, which are sent as they are.
    """
    path = target if isinstance(target, bytes) else target.encode()
    lines = {"Host": b"127.0.0.1", "Authorization": f"Bearer {TOKEN}".encode(), "Connection": b"close"}
    if body is not None:
        lines |= {"Content-Type": b"application/json", "Content-Length": str(len(body)).encode()}
    lines |= {name: value if isinstance(value, bytes) else value.encode() for name, value in headers}
    head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in lines.items())
    return method.encode() + b" " + path + b" HTTP/1.1\r\n" + head + b"\r\n" + (body or b"")


def as_json(value: object) -> bytes:
    """Write JSON, non-numbers and all."""
    return json.dumps(value).encode()


def attacks() -> Iterator[Attack]:
    """Give all of them that have one answer and make no recording's job."""
    yield from _named("junk", _junk())
    yield from _named("field", _wrong_fields())
    yield from _named("query", _wrong_queries())
    yield from _named("path", _wrong_paths())
    yield from _named("token", _wrong_tokens())
    yield from _named("control", _wrong_settings())
    yield from _named("form", _wrong_forms())


def _named(kind: str, found: Iterable[tuple[str, bytes, set[int]]]) -> Iterator[Attack]:
    for name, data, statuses in found:
        yield Attack(f"{kind}: {name}", data, frozenset(statuses))


def _junk() -> Iterator[tuple[str, bytes, set[int]]]:
    bodies = {
        "nothing": b"",
        "blank": b" \n\t",
        "half": b'{"messages": [',
        "trailing comma": b'{"messages": [1,]}',
        "two documents": b"{}{}",
        "null": b"null",
        "array": b"[]",
        "string": b'"x"',
        "number": b"1",
        "NaN": b'{"messages": [{"payload": {"content": "Hi."}}], "confidenceThreshold": NaN}',
        "Infinity": b'{"messages": [{"payload": {"content": "Hi."}}], "confidenceThreshold": -Infinity}',
        "1e400": b'{"messages": [{"payload": {"content": "Hi."}}], "confidenceThreshold": 1e400}',
        "100,000 digits": b'{"messages": ' + b"9" * 100_000 + b"}",
        "100,000 decimals": b'{"confidenceThreshold": 0.' + b"3" * 100_000 + b"}",
        "not UTF-8": b'{"messages": "\xff\xfe\xfd"}',
        "zero bytes": bytes(10_000),
        "100,000 brackets": b"[" * 100_000 + b"]" * 100_000,
        "100,000 braces": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "a deep field": b'{"messages": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "a long key": as_json({"x" * 1_000_000: 1}),
        "50,000 keys": as_json({str(number): number for number in range(50_000)}),
        "form": b"messages=Hello",
        "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    }
    targets = {
        "text": ("POST", "/v1/process/text"),
        "append": ("PUT", f"/v1/process/text/{CONVERSATION}"),
        "URL": ("POST", "/v1/process/audio/url"),
        "grant": ("POST", "/oauth2/token:generate"),
        "transcript": ("POST", f"/v1/conversations/{CONVERSATION}/transcript"),
        "progress": ("PUT", "/__local__/progress"),
        "fault": ("POST", "/__local__/faults"),
    }
    for name, body in bodies.items():
        for place, (method, path) in targets.items():
            yield f"{name} as {place}", request(method, path, body), {BAD}


WORDS: tuple[Any, ...] = (None, "", 1, True, [], {}, ["x"])
FLAGS: tuple[Any, ...] = (None, "", "yes", "True", 1, [], {})
LISTS: tuple[Any, ...] = (None, "x", 1, {}, [], [None], [[]], [""])
OBJECTS: tuple[Any, ...] = (None, "x", 1, [], {"unknown": 1})
COMMON: Mapping[str, tuple[Any, ...]] = {
    "name": WORDS,
    "confidenceThreshold": (None, "", "x", -0.01, 1.01, 10**400, "1e999", [], {}, True, "\u0660.\u0665"),
    "detectPhrases": FLAGS,
    "detectEntities": FLAGS,
    "entities": (*LISTS, [{"customType": "a"}], [{"customType": "a", "text": 1}]),
    "trackers": (*LISTS, [{"name": "a"}], [{"name": "a", "vocabulary": []}], [{"name": "a", "vocabulary": ["b", "b"]}]),
    "enableAllTrackers": FLAGS,
    "enableSummary": FLAGS,
    "webhookUrl": (*WORDS, "x", "file:///etc/passwd", "http://", "http://[", "http://a:99999/", "http://a b/", "//a/"),
    "features": (*OBJECTS, {"featureList": []}, {"featureList": ["x"]}, {"featureList": ["insights", "insights"]}),
    "metadata": (*OBJECTS, {"salesStage": 1}),
    "conversationType": (*WORDS, "Sales"),
    "__proto__": ({},),
    "é\ud83d": (1,),
}
TEXT: Mapping[str, tuple[Any, ...]] = {
    **COMMON,
    "messages": (
        *LISTS,
        [{}],
        [{"payload": []}],
        [{"payload": {"content": 5}}],
        [{"payload": {"content": "a", "b": 1}}],
    ),
    "startTime": (*WORDS, "now", "2026-13-01", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-23:59", "2" * 5000),
    "timezoneOffset": (None, "", "x", 1.5, 1441, -1441, 10**30, "9" * 5000, [], True),
}
URL: Mapping[str, tuple[Any, ...]] = {
    **COMMON,
    "url": (
        *COMMON["webhookUrl"],
        "gopher://a/1",
        "data:audio/wav;base64,AAAA",
        "ftp://a/b.wav",
        "javascript:alert(1)",
    ),
    "languageCode": (*WORDS, "en", "xx-XX", "de-DE", "en-US\x00"),
    "customVocabulary": LISTS,
    "mode": (*WORDS, "Phone"),
    "enableSeparateRecognitionPerChannel": FLAGS,
    "channelMetadata": (*LISTS, [{"channel": 0, "speaker": {}}], [{"channel": 1}], [{"channel": 1, "speaker": "Ann"}]),
    "enableSpeakerDiarization": FLAGS,
    "diarizationSpeakerCount": (None, "", 0, -1, -0.0, 1.5, 10**20, "1e300", [], True),
}


def _wrong_fields() -> Iterator[tuple[str, bytes, set[int]]]:
    link = {"url": "https://recordings.invalid/a.wav"}
    for path, fields, good in (("text", TEXT, HELLO), ("audio/url", URL, link), ("video/url", URL, link)):
        for field, values in fields.items():
            for value in values:
                body = as_json({**good, field: value})
                name = f"{field} of {path} is {str(value)[:40]!r}"
                yield name, request("POST", f"/v1/process/{path}", body), {BAD}


def _wrong_queries() -> Iterator[tuple[str, bytes, set[int]]]:
    audio = {"Content-Type": "audio/wav"}
    queries = [
        *("mode=phone&mode=phone", "name=", "name=%00&name=%00", "unknown=1", "detectPhrases=1", "languageCode=en"),
        *("trackers=", "trackers=%5B", "trackers=%7B%7D", "entities=NaN", f"features={'%5B' * 20_000}"),
        *(f"metadata={'9' * 5000}", "confidenceThreshold=1e400", "diarizationSpeakerCount=99999999999999999999"),
        *("enableSpeakerDiarization=true", "channelMetadata=%5B%7B%7D%5D", "=", "=x", "&&&name", "%zz=%zz", "%00=1"),
        *("webhookUrl=http%3A%2F%2F", "mode=%ff", "name[]=x", "features%5B__proto__%5D=x"),
    ]
    for query in queries:
        for path in ("audio", "video", f"audio/{CONVERSATION}"):
            method = "PUT" if CONVERSATION in path else "POST"
            yield f"{query[:40]} of {path}", request(method, f"/v1/process/{path}?{query}", b"x", audio.items()), {BAD}
    for query in ("limit=-1", "limit=65537", "limit=1e9", "limit=x", "limit=1&limit=2", "offset=-1", "order=up"):
        yield f"list {query}", request("GET", f"/v1/conversations?{query}"), {BAD}
    for query in ("sort=secret", "startTime=never", "endTime=2999-01-01", "filter=;;;", "filter=%00", "unknown=1"):
        yield f"list {query}", request("GET", f"/v1/conversations?{query}"), {BAD}
    for query in ("verbose=2", "sentiment=", "verbose=true&verbose=true", "verbose=%F0%9F%98%80", "x=1"):
        yield f"messages {query}", request("GET", f"/v1/conversations/{CONVERSATION}/messages?{query}"), {BAD}


STRANGE_IDS = (
    *(
        "..%2f..%2f..%2fetc%2fpasswd",
        "..%5c..%5c",
        "%2e%2e",
        "../../../etc/passwd",
        "%00",
        "a%00b",
        "%ff%fe",
        "%zz",
        "%",
    ),
    *(
        "%F0%9F%98%80",
        "%ED%A0%80",
        "0",
        "-1",
        "1e3",
        "null",
        "undefined",
        "'%20OR%20'1'='1",
        "%3Cscript%3E",
        "$%7B7*7%7D",
    ),
    *("x" * 10_000, "%41" * 5_000, "9" * 5_000, "%0d%0aX-Injected:%201", "*", "{conversation_id}", ".", "%20", ";a=b"),
)


def _wrong_paths() -> Iterator[tuple[str, bytes, set[int]]]:
    for strange in (*STRANGE_IDS, JOB):
        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/messages"),
            ("GET", "/topics"),
            ("GET", "/members"),
        ):
            target = f"/v1/conversations/{strange}{path}"
            yield f"{method} {target[:60]} ({len(target)})", request(method, target), {UNKNOWN}
        target = f"/v1/process/text/{strange}"
        yield f"PUT {target[:60]}", request("PUT", target, as_json(HELLO)), {UNKNOWN}
    for strange in (*STRANGE_IDS, CONVERSATION):
        yield f"GET job {strange[:60]}", request("GET", f"/v1/job/{strange}"), {UNKNOWN}
        yield f"GET page file {strange[:60]}", request("GET", f"/__local__/page/{strange}"), {UNKNOWN}
        yield f"GET recording {strange[:60]}", request("GET", f"/__local__/recordings/{strange}"), {UNKNOWN}
    for path in ("//", "/v1", "/v1/", "/v2/job/1", "/V1/job/1", "/v1/jobs", "/v1/process", "/v1//job/1", "/.env"):
        yield f"GET {path}", request("GET", path), {UNKNOWN}
    for method in ("GET", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        yield f"{method} text", request(method, "/v1/process/text"), {NO_METHOD}
        yield f"{method} token", request(method, "/oauth2/token:generate"), {NO_METHOD}
    for path in ("audio/url", "video/url", "text", "audio"):
        yield f"PUT {path}", request("PUT", f"/v1/process/{path}", as_json(HELLO)), {UNKNOWN, NO_METHOD}
    for path in (
        f"/v1/job/{JOB}",
        f"/v1/conversations/{CONVERSATION}/messages",
        "/__local__/health",
        "/__local__/journal",
    ):
        yield f"POST {path}", request("POST", path, b"{}"), {NO_METHOD}


def _wrong_tokens() -> Iterator[tuple[str, bytes, set[int]]]:
    values: list[str | bytes] = [
        *("", "Bearer", "Bearer ", "Bearer  ", "Basic YTpi", "bearer null", "Bearer a b", f"Bearer {'x' * 50_000}"),
        *(b"Bearer \xff\xfe", b"\xff", b"Bearer \t", f"Bearer {TOKEN}x", f"Token {TOKEN}", f"Bearer,{TOKEN}"),
        *("Bearer eyJhbGciOiJub25lIn0.e30.", 'Bearer "', "Bearer é", "Bearer ../../etc/passwd", "Bearer %00"),
    ]
    for index, value in enumerate(values):
        data = request("GET", "/v1/conversations", headers=[("Authorization", value)])
        yield f"{index}", data, {REFUSED}
    data = request("GET", "/v1/conversations", headers=[("Authorization", "x"), ("x-api-key", b"\xff\x80")])
    yield "x-api-key", data, {REFUSED}
    for grant in (
        {"type": "application", "appId": "x", "appSecret": "y"},
        {"type": "application", "appId": "\ufffd", "appSecret": "\x00"},
        {"type": "application", "appId": "x" * 400_000, "appSecret": "y" * 400_000},
    ):
        yield f"grant {str(grant)[:60]}", request("POST", "/oauth2/token:generate", as_json(grant)), {REFUSED}
    changes: list[dict[str, Any]] = [{"type": "password"}, {"type": None}, {"appId": 1}, {"appSecret": []}, {"more": 1}]
    changes.append({"appId": "\ud83d"})
    for changed in changes:
        grant = {"type": "application", "appId": "x", "appSecret": "y"} | changed
        yield f"grant {changed}", request("POST", "/oauth2/token:generate", as_json(grant)), {BAD}


def _wrong_settings() -> Iterator[tuple[str, bytes, set[int]]]:
    for setting in ({}, {"by": "magic"}, {"by": "polls"}, {"by": "polls", "polls": 0}, {"by": "time", "seconds": -1}):
        yield f"progress {setting}", request("PUT", "/__local__/progress", as_json(setting)), {BAD}
    for setting in ({"by": "time", "seconds": 1e300}, {"by": "time", "seconds": "9" * 5000}, {"by": "at_once", "x": 1}):
        yield f"progress {str(setting)[:60]}", request("PUT", "/__local__/progress", as_json(setting)), {BAD}
    rules: list[Any] = [
        *(
            {},
            {"call": "*"},
            {"call": "POST /x"},
            {"call": "POST /x", "status": 99},
            {"call": "POST /x", "status": "a"},
        ),
        *({"call": "GET /a b", "cut": True}, {"call": "GET /\n", "cut": True}, {"call": "POST /x", "delay": 1e400}),
        *({"call": "POST /x", "cut": True, "times": 0}, {"call": "POST /x", "cut": True, "at": "never"}),
        *({"call": "POST /x", "status": 200, "headers": {"a\r\nb": "c"}}, {"call": "POST /x", "job": "completed"}),
        *({"call": "POST /x", "status": 200, "headers": {"a": "b\r\nc: d"}}, {"call": "POST /x", "cut": "maybe"}),
        *(
            {"call": "POST /x", "status": 200, "headers": {"Content-Length": "5"}},
            {"call": "POST /x", "after": -1, "cut": 1},
        ),
        {"call": "POST /x", "status": 204, "body": "x"},
    ]
    for rule in rules:
        yield f"fault {rule}", request("POST", "/__local__/faults", as_json(rule)), {BAD}


def _wrong_forms() -> Iterator[tuple[str, bytes, set[int]]]:
    text = as_json(HELLO)
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", b"\xff"):
        headers = [("Content-Type", kind)]
        yield f"text as {kind!r}", request("POST", "/v1/process/text", text, headers), {BAD}
    for kind in ("audio/wav", "audio/mpeg", "audio/flac", "multipart/form-data", "text/html", "audio", "AUDIO/WAV; x"):
        yield f"audio as {kind}", request("POST", "/v1/process/audio", b"\x00" * 100, [("Content-Type", kind)]), {BAD}
    for kind in ("", "audio/wav", "video/quicktime", "application/octet-stream"):
        yield f"video as {kind!r}", request("POST", "/v1/process/video", b"\x00" * 100, [("Content-Type", kind)]), {BAD}
    yield "empty audio", request("POST", "/v1/process/audio", b"", [("Content-Type", "audio/wav")]), {BAD}
    yield "no host", request("GET", "/v1/job/1").replace(b"Host: 127.0.0.1\r\n", b""), {UNKNOWN, BAD}
    foreign = [("Host", "evil.example")]
    yield "a foreign host's control", request("POST", "/__local__/reset", b"", foreign), {403}
    yield (
        "a foreign page's control",
        request("POST", "/__local__/reset", b"", [("Origin", "http://evil.example")]),
        {403},
    )
    long = [("Content-Length", str(1 << 40))]
    yield "a tebibyte of JSON", request("POST", "/v1/process/text", b"{", long), {TOO_LONG}
    yield "a tebibyte of audio", request("POST", "/v1/process/audio", b"x", [*long, ("Content-Type", "")]), {TOO_LONG}
    yield "a tebibyte of grant", request("POST", "/oauth2/token:generate", b"{", long), {TOO_LONG}
    yield "a tebibyte of setting", request("PUT", "/__local__/progress", b"{", long), {TOO_LONG}
    yield "absolute target", request("GET", "http://evil.example/v1/job/1"), {UNKNOWN, BAD}
    yield "10,000 headers", request("GET", "/v1/job/1", headers=[(f"X-{n}", "y") for n in range(1000)]), {UNKNOWN, 431}
