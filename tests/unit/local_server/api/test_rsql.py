"""Metadata of conversations, and the filter of their list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.api.rsql import FILTER
from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.local_client import Local, message

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = {"startTime": "2026-01-01", "endTime": "2026-06-01"}
NAMES = ("Alpha", "Beta", "a;b (c) 'd'", "[x]?", "Weekly; review")
GARBAGE = [
    "x",
    "conversation.name",
    "conversation.name=",
    "conversation.name==",
    "conversation.name=x",
    "conversation.name=='x",
    "conversation.name=='x' conversation.id==1",
    "conversation.name=='x';",
    "conversation.name=='x' or conversation.name=='y'",
    "conversation.name=='x',conversation.name=='y'",
    "(conversation.name=='x')",
    "conversation.name=in=(x,y)",
    "== 'x'",
    ";",
]


@pytest.fixture
def talks(at_once: Local) -> Local:
    """Return a client of a server with one conversation of each name, an hour apart, numbered in their metadata."""
    for number, name in enumerate(NAMES):
        start = f"2026-03-01T{10 + number}:00:00Z"
        body = {"name": name, "messages": [message("Hello.", startTime=start, endTime=start.replace(":00Z", ":30Z"))]}
        put(at_once, at_once.submit("text", json=body), {"number": str(number)})
    return at_once


def put(local: Local, ids: dict[str, str], metadata: Any) -> tuple[int, Any]:  # noqa: ANN401 - what clients may send
    """Set metadata, and give status and answer."""
    answer = local.send("PUT", f"/v1/conversations/{ids['conversationId']}", json={"metadata": metadata})
    return answer.status_code, answer.json()


def met(local: Local, wanted: str) -> list[str]:
    """List the names of the conversations that meet a filter."""
    found = local.get("/v1/conversations", filter=wanted, **WINDOW)["conversations"]
    return [conversation["name"] for conversation in found]


def test_metadata_is_replaced_as_a_whole(at_once: Local) -> None:
    """The answer, the conversation and the list show what was given last."""
    ids = at_once.text("Hello.")
    put(at_once, ids, {"agent": "Ann", "team": "blue"})
    assert put(at_once, ids, {"agent": "Bob"}) == (200, {"id": ids["conversationId"], "metadata": {"agent": "Bob"}})
    assert at_once.get(f"/v1/conversations/{ids['conversationId']}")["metadata"] == {"agent": "Bob"}
    assert at_once.get("/v1/conversations")["conversations"][0]["metadata"] == {"agent": "Bob"}
    assert put(at_once, ids, {})[1]["metadata"] == {}


def test_metadata_outlives_the_server(tmp_path: Path) -> None:
    """As everything else does."""
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        ids = local.text("Hello.")
        put(local, ids, {"agent": "Ann"})
        local.session.close()
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        assert local.get(f"/v1/conversations/{ids['conversationId']}")["metadata"] == {"agent": "Ann"}
        local.session.close()


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"a": "x" * 129}, '"metadata.a" must be at most 128 characters long, but has 129'),
        ({"a": 1}, '"metadata.a" must be a string, but is a number'),
        ({"a": ""}, '"metadata.a" is not allowed to be empty'),
        (["a"], '"metadata" must be of type object, but is an array'),
    ],
)
def test_bad_metadata_is_refused(at_once: Local, metadata: Any, said: str) -> None:  # noqa: ANN401 - the same
    """Values are short texts; what was there stays."""
    ids = at_once.text("Hello.")
    put(at_once, ids, {"a": "x" * 128})
    assert put(at_once, ids, metadata) == (400, {"message": said})
    assert at_once.get(f"/v1/conversations/{ids['conversationId']}")["metadata"] == {"a": "x" * 128}


@pytest.mark.parametrize("body", [b"{}", b'{"name": "x"}', b'{"metadata": {"a": "1"}, "name": "x"}'])
def test_only_metadata_can_be_changed(at_once: Local, body: bytes) -> None:
    """And it must be there."""
    path = f"/v1/conversations/{at_once.text('Hello.')['conversationId']}"
    assert at_once.send("PUT", path, data=body, headers={"Content-Type": "application/json"}).status_code == 400


def test_a_key_given_twice_is_refused(at_once: Local) -> None:
    """The contract allows no duplicates, and JSON readers keep one of them without a word."""
    path = f"/v1/conversations/{at_once.text('Hello.')['conversationId']}"
    body = b'{"metadata": {"a": "1", "a": "2"}}'
    answer = at_once.send("PUT", path, data=body, headers={"Content-Type": "application/json"})
    said = '"a" must be given once, but is given twice or more in one object'
    assert (answer.status_code, answer.json()["message"]) == (400, said)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("conversation.name=='Alpha'", [0]),
        ('conversation.name=="Alpha"', [0]),
        ("conversation.name==Alpha", [0]),
        ("conversation.name==alpha", []),
        ("conversation.name!='Alpha'", [1, 2, 3, 4]),
        ("conversation.name=='*a'", [0, 1]),
        ("conversation.name=='*e*'", [1, 4]),
        ("conversation.name!='*'", []),
        ("conversation.name=='[x]?'", [3]),
        ("conversation.name=='?????'", []),
        ("conversation.name=='Weekly; review'", [4]),
        ("conversation.name==\"a;b (c) 'd'\"", [2]),
        ("conversation.name=gt='Beta'", [2, 3, 4]),
        ("conversation.metadata.number>=2", [2, 3, 4]),
        ("conversation.metadata.number=ge=2", [2, 3, 4]),
        ("conversation.metadata.number>2", [3, 4]),
        ("conversation.metadata.number=gt=2", [3, 4]),
        ("conversation.metadata.number<=2", [0, 1, 2]),
        ("conversation.metadata.number=le=2", [0, 1, 2]),
        ("conversation.metadata.number<2", [0, 1]),
        ("conversation.metadata.number=lt=2", [0, 1]),
        ("conversation.metadata.colour==blue", []),
        ("conversation.metadata.colour!=blue", [0, 1, 2, 3, 4]),
        ("conversation.startTime==2026-03-01T11:00:00Z", [1]),
        ("conversation.startTime!=2026-03-01T11:00:00Z", [0, 2, 3, 4]),
        ("conversation.startTime>'2026-03-01T12:00:00Z'", [3, 4]),
        ("conversation.startTime>=2026-03-01T14:00:00+02:00", [2, 3, 4]),
        ("conversation.endTime<2026-03-01T11:00:00Z", [0]),
        ("conversation.endTime<=2026-03-01T11:00:30Z", [0, 1]),
        ("conversation.name=='*a';conversation.metadata.number==1", [1]),
        ("conversation.name=='*a' and conversation.metadata.number==1", [1]),
        (" conversation.metadata.number > 0 ; conversation.metadata.number < 3 ", [1, 2]),
        ("conversation.id==1", []),
    ],
)
def test_a_filter_is_met_by_those_that_it_is_about(talks: Local, wanted: str, expected: list[int]) -> None:
    """Each comparison, quoted or not, with wildcards, alone or with others."""
    assert met(talks, wanted) == [NAMES[number] for number in expected]


@pytest.mark.parametrize("wanted", GARBAGE)
def test_a_filter_that_is_none_is_refused(local: Local, wanted: str) -> None:
    """The answer shows what one looks like."""
    answer = local.send("GET", "/v1/conversations", params={"filter": wanted})
    said = "\"filter\" must be comparisons such as conversation.name=='x', joined by ; or and"
    assert (answer.status_code, answer.json()["message"]) == (400, said)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("", '"filter" is not allowed to be empty'),
        (
            "name==x",
            '"filter" compares name; allowed are conversation.startTime, conversation.endTime, conversation.id',
        ),
        ("conversation.startTime>soon", '"filter: conversation.startTime" must be in ISO 8601 date format, but is "so'),
        (
            "conversation.name==a;conversation.id==b;conversation.metadata.c==d",
            '"filter" must compare at most 2 distinct fields, but compares 3',
        ),
    ],
)
def test_a_filter_that_cannot_be_is_refused(local: Local, wanted: str, said: str) -> None:
    """The answer says why."""
    answer = local.send("GET", "/v1/conversations", params={"filter": wanted})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(said)


@pytest.mark.parametrize(
    "unit",
    ["a", " ", "conversation.name==a;", "'", "=", "conversation.name=='*a*", "a.", "conversation.name==a and "],
)
def test_a_long_filter_is_read_in_one_go(unit: str) -> None:
    """A hundred thousand characters of anything, which would take hours if each were looked at for each other."""
    with pytest.raises(ApiError):
        FILTER("filter", unit * (100_000 // len(unit)) + "'")
