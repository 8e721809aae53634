"""Any other call of the account: what is sent, what comes back, and what is refused before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblConfigurationError,
    SymblError,
    SymblNotFoundError,
    SymblServerError,
    SymblTransportError,
    SymblUnknownSubmissionError,
)
from tests.support.scripted_server import TOKEN_PATH, Answer, Cut, ScriptedServer

if TYPE_CHECKING:
    from airflow_provider_symbl.client.client import SymblClient
    from tests.unit.client.client_fixtures import Pauses

PATH = "/v1/manage/trackers"
ABOVE = "path: got {!r}; allowed: a path without . and .. and control characters"


@pytest.mark.parametrize("method", ["GET", "post", "PUT", "PATCH", "DELETE"])
def test_a_call_goes_out_as_it_is_given(client: SymblClient, server: ScriptedServer, method: str) -> None:
    """With the token, the query and the JSON body; what comes back is the answer's JSON."""
    server.answer(PATH, Answer(content=[{"id": "1"}]))
    params = {"name": "a & b", "all": True, "ids": ["1"], "limit": 5, "none": None}
    assert client.request(method, PATH, params=params, json={"name": "Größe"}) == [{"id": "1"}]
    (request,) = server.received(PATH)
    assert (request.method, request.json) == (method.upper(), {"name": "Größe"})
    assert request.query == {"name": "a & b", "all": "true", "ids": '["1"]', "limit": "5"}
    assert request.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_answer_is_nothing(client: SymblClient, server: ScriptedServer, content: bytes) -> None:
    """As after a 204."""
    server.answer(PATH, Answer(204 if not content else 200, content))
    assert client.request("DELETE", PATH) is None


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("v1/manage/trackers", "/v1/manage/trackers"),
        ("/v1/größe a", "/v1/gr%C3%B6%C3%9Fe%20a"),
        ("/v1/a%20b/{id}", "/v1/a%20b/%7Bid%7D"),
        ("/oauth2/token:generate/x", "/oauth2/token:generate/x"),
        ("@elsewhere.example", "/@elsewhere.example"),
    ],
)
def test_a_path_is_below_the_host(client: SymblClient, server: ScriptedServer, given: str, sent: str) -> None:
    """With or without its first slash, encoded where it has to be and nowhere twice."""
    with pytest.raises(SymblNotFoundError):
        client.request("GET", given)
    assert [request.target for request in server.requests if request.path != TOKEN_PATH] == [sent]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("FETCH", PATH), "method: got 'FETCH'; allowed: GET, POST, PUT, PATCH, DELETE"),
        ((None, PATH), "method: got nothing; allowed: GET, POST, PUT, PATCH, DELETE"),
        (("GET", ""), "path: got ''; allowed: a path below the host, such as /v1/manage/trackers"),
        (("GET", None), "path: got nothing; allowed: a path below the host, such as /v1/manage/trackers"),
        (("GET", "/v1/x?key=s3cret"), "path: got '/v1/x?…'; allowed: no query: use params"),
        (("GET", "/v1/x#s3cret"), "path: got '/v1/x?…'; allowed: no query: use params"),
        (("GET", "/v1/../oauth2/x"), ABOVE.format("/v1/../oauth2/x")),
        (("GET", "/v1/%2e%2E/x"), ABOVE.format("/v1/%2e%2E/x")),
        (("GET", "/v1/a%2f..%2fx"), ABOVE.format("/v1/a%2f..%2fx")),
        (("GET", "/v1/..\\x"), ABOVE.format("/v1/..\\x")),
        (("GET", "/v1/a\r\nX: 1"), ABOVE.format("/v1/a\r\nX: 1")),
        (("GET", "."), ABOVE.format(".")),
    ],
)
def test_a_call_that_cannot_be_made_is_refused(
    client: SymblClient, server: ScriptedServer, arguments: tuple[Any, Any], message: str
) -> None:
    """In one sentence, with nothing sent and nothing of a query shown."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.request(*arguments)
    assert str(caught.value) == message
    assert server.connections == 0


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("https://me:s3cret@elsewhere.example/v1", "https://elsewhere.example…"),
        ("//elsewhere.example/v1", "//elsewhere.example…"),
        ("/\\elsewhere.example", "//elsewhere.example…"),
        ("http://[", "//…"),
        ("https:/v1", "https://…"),
        ("///v1", "//…"),
    ],
)
def test_a_host_is_refused(client: SymblClient, server: ScriptedServer, path: str, shown: str) -> None:
    """The token goes to the connection's host alone; a password that was given is not shown."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.request("GET", path)
    assert str(caught.value) == f"path: got {shown!r}; allowed: a path below the host of the connection, without a host"
    assert server.connections == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"params": "a=b"}, "params: got a value of type str; allowed: an object with the names of the query"),
        ({"params": {"a": {1, 2}}}, "params.a: got a value of type set; allowed: what JSON can hold"),
        ({"json": {"a": object()}}, "json: got a value of type dict; allowed: what JSON can hold"),
        ({"json": float("nan")}, "json: got a value of type float; allowed: what JSON can hold"),
    ],
)
def test_what_json_cannot_hold_is_refused(
    client: SymblClient, server: ScriptedServer, more: dict[str, Any], message: str
) -> None:
    """By the argument's name, never its value."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.request("POST", PATH, **more)
    assert str(caught.value) == message
    assert server.connections == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(500), SymblServerError),
        (Answer(503, headers={"Retry-After": "1"}), SymblServerError),
        (Answer(cut=Cut.AFTER_BODY), SymblTransportError),
        (Answer(content=b"<html>"), SymblTransportError),
        (Answer(400), SymblBadRequestError),
        (Answer(403), SymblAuthenticationError),
        (Answer(404), SymblNotFoundError),
    ],
)
def test_a_change_is_sent_once(
    *, client: SymblClient, server: ScriptedServer, pauses: Pauses, method: str, answer: Answer, error: type[SymblError]
) -> None:
    """Nobody knows what a second one would do."""
    server.answer(PATH, answer)
    with pytest.raises(error):
        client.request(method, PATH, json={})
    assert len(server.received(PATH)) == 1
    assert pauses.wanted == []


def test_a_read_is_sent_again(client: SymblClient, server: ScriptedServer, pauses: Pauses) -> None:
    """After faults of network and server, as all reads are."""
    server.answer(PATH, Answer(500), Answer(cut=Cut.AFTER_BODY), Answer(content={}))
    assert client.request("GET", PATH) == {}
    assert len(pauses.wanted) == 2


def test_a_submission_whose_answer_is_lost_is_unknown(client: SymblClient, server: ScriptedServer) -> None:
    """By whichever method it was sent."""
    server.answer("/v1/process/text", Answer(cut=Cut.AFTER_BODY))
    with pytest.raises(SymblUnknownSubmissionError):
        client.request("POST", "/v1/process/text", json={"messages": []})
    assert len(server.received("/v1/process/text")) == 1


def test_a_full_account_has_its_own_error(client: SymblClient, server: ScriptedServer, pauses: Pauses) -> None:
    """429 refuses a call before it is taken, so that it may be sent again."""
    server.answer(PATH, Answer(429))
    with pytest.raises(SymblConcurrencyLimitError):
        client.request("POST", PATH)
    assert len(server.received(PATH)) == len(pauses.wanted) + 1
