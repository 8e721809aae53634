"""Messages and other shapes: what is sent of them, and errors that never repeat what was said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.validators import invalid_value
from airflow_provider_symbl.exceptions import SymblConfigurationError
from tests.support.scripted_server import Answer
from tests.unit.client.client_fixtures import SUBMISSION

if TYPE_CHECKING:
    from airflow_provider_symbl.client.client import SymblClient
    from tests.support.scripted_server import ScriptedServer

SAID = "my card number is 4111111111111111"


def a_message(**changes: object) -> dict[str, Any]:
    """Make a message; what is given replaces or adds to it."""
    return {"payload": {"content": SAID}} | changes


def spoken_from(start: object, end: object) -> dict[str, Any]:
    """Make a message with times."""
    return a_message(duration={"startTime": start, "endTime": end})


@pytest.mark.parametrize(
    "message",
    [
        a_message(),
        a_message(payload={"content": "ünï\n😀", "contentType": "text/plain"}),
        a_message(**{"from": {"name": "Ann", "userId": "ann@example.org", "id": 7}}),
        spoken_from("2026-01-31T09:30:00.000Z", "2026-01-31T09:30:04.250Z"),
        spoken_from("2026-01-31T09:30:00Z", "2026-01-31T11:30:00+02:00"),
        spoken_from("2026-01-31T09:30:00", "2026-01-31T09:00:00Z"),
    ],
)  # fmt: skip
def test_messages_are_sent_as_they_are(client: SymblClient, server: ScriptedServer, message: dict[str, Any]) -> None:
    """Content, speaker and times arrive unchanged, in UTF-8."""
    server.answer("/v1/process/text", Answer(201, SUBMISSION))
    client.submit_text([message, message])
    (request,) = server.received("/v1/process/text")
    assert request.json == {"messages": [message, message]}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (a_message(payload={"content": 42}), a_message(payload={"content": "42"})),
        (a_message(**{"from": {"name": 7}}), a_message(**{"from": {"name": "7"}})),
        (a_message(**{"from": {}}), a_message()),
        (a_message(**{"from": {"name": None, "userId": ""}}), a_message()),
        (a_message(duration={"startTime": None}), a_message()),
        (a_message(**{"from": {"name": "Ann", "userId": None}}), a_message(**{"from": {"name": "Ann"}})),
    ],
)
def test_empty_keys_of_a_message_are_left_out_and_numbers_are_text(
    client: SymblClient,
    server: ScriptedServer,
    given: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    """Symbl refuses nulls and empty texts; what a native template made a number of was text."""
    server.answer("/v1/process/text", Answer(201, SUBMISSION))
    client.submit_text([given])
    assert server.received("/v1/process/text")[0].json == {"messages": [sent]}


def test_messages_may_be_json_text(client: SymblClient, server: ScriptedServer) -> None:
    """A rendered template is text."""
    server.answer("/v1/process/text", Answer(201, SUBMISSION))
    text: Any = json.dumps([a_message()])
    client.submit_text(text)
    assert server.received("/v1/process/text")[0].json == {"messages": [a_message()]}


@pytest.mark.parametrize(
    ("messages", "where"),
    [
        (SAID, "messages: got a value of type str; allowed: a list of at least one item, or its JSON text"),
        (None, "messages: got nothing; allowed: a list of at least one item"),
        ([], "messages: got a value of type list; allowed: a list of at least one item"),
        ({"payload": {"content": SAID}}, "messages: got a value of type dict; allowed: a list of at least one item"),
        ([SAID], "messages[0]: got a value of type str; allowed: an object with payload, from, duration"),
        ([a_message(), {"payload": SAID}], "messages[1].payload: got a value of type str; allowed: an object"),
        ([a_message(payload={"content": True})], "messages[0].payload.content: got a value of type bool"),
        (str([a_message()]), "messages: got a value of type str; allowed: a list of at least one item, or its JSON"),
        ([a_message(payload={"content": [SAID]})], "messages[0].payload.content: got a value of type list"),
        ([a_message(payload={"content": " "})], "messages[0].payload.content: got a value of type str; allowed"),
        ([a_message(payload={"content": SAID + "\ud83d"})], "messages[0].payload.content: got a value of type str"),
        ([{}], "messages[0].payload: got nothing; allowed: an object with content, contentType"),
        ([a_message(payload={"content": SAID, "contentType": "text/html"})], "messages[0].payload.contentType: got"),
        ([a_message(who="Ann")], "messages[0]: got 'who'; allowed: the keys payload, from, duration"),
        ([a_message(**{"from": {"name": True}})], "messages[0].from.name: got True; allowed: text that is not blank"),
        ([spoken_from("yesterday", None)], "messages[0].duration.startTime: got 'yesterday'; allowed: an ISO"),
        ([spoken_from("Tuesday", None)], "messages[0].duration.startTime: got 'Tuesday'; allowed: an ISO-8601 time"),
        ([spoken_from(None, 12)], "messages[0].duration.endTime: got 12; allowed: an ISO-8601 time such as 2026"),
        (
            [spoken_from("2026-01-31T09:30:01Z", "2026-01-31T09:30:00Z")],
            "messages[0].duration.endTime: got '2026-01-31T09:30:00Z'; allowed: a time that is not before startTime",
        ),
    ],
)  # fmt: skip
def test_an_error_about_messages_names_the_place_and_never_what_was_said(
    client: SymblClient,
    server: ScriptedServer,
    messages: Any,  # noqa: ANN401 - wrong on purpose
    where: str,
) -> None:
    """The text of a conversation stays out of messages and logs."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.submit_text(messages)
    assert str(caught.value).startswith(where)
    assert SAID not in str(caught.value)
    assert "4111" not in str(caught.value)
    assert server.connections == 0


@pytest.mark.parametrize("url", ["", None, "s3://bucket/key", "/local/path", 7])
def test_a_url_that_symbl_cannot_fetch_is_refused(client: SymblClient, server: ScriptedServer, url: Any) -> None:  # noqa: ANN401 - wrong on purpose
    """Symbl fetches over http and https only."""
    with pytest.raises(SymblConfigurationError, match=r"^url: got .*; allowed: an absolute http or https URL$"):
        client.submit_video_url(url)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "https://h.example/a b.wav",
            "https://h.example/a b.wav'; allowed: an absolute http or https URL, in which a sp",
        ),
        ("ftp://h.example/a.wav?signature=abc", "ftp://h.example/a.wav?…'; allowed"),
        ("ftp://someone:abc@h.example/a.wav#abc", "ftp://…@h.example/a.wav?…'; allowed"),
    ],
)
def test_a_wrong_url_is_shown_without_its_secrets(client: SymblClient, url: str, told: str) -> None:
    """A signature is often in the query, and a password before the host."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.submit_audio_url(url)
    assert told in str(caught.value)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("name", ["cut off emoji \ud83d", "\udcff"])
def test_text_that_utf8_cannot_hold_is_refused(client: SymblClient, server: ScriptedServer, name: str) -> None:
    """Half a surrogate pair, as a cut JSON text leaves behind, can travel neither in a query nor in a body."""
    with pytest.raises(SymblConfigurationError, match=r"^name: got .*; allowed: text that is not blank"):
        client.submit_audio_url("https://h.example/a.mp3", name=name)
    assert server.connections == 0


def test_a_long_value_is_shown_by_its_beginning() -> None:
    """An error stays readable whatever was given."""
    with pytest.raises(SymblConfigurationError) as caught:
        invalid_value("name", "x" * 10_000, "less")
    assert len(str(caught.value)) < 100
