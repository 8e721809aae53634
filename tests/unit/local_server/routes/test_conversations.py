"""Reading, listing and deleting conversations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local

UNKNOWN = "/v1/conversations/1234567890123456"


def ago(**span: float) -> str:
    """Give a moment in the past."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def at(local: Local, name: str, moment: str) -> dict[str, str]:
    """Submit a text that was spoken at a moment."""
    return local.submit("text", json={"name": name, "messages": [message("Hello.", startTime=moment)]})


def names(local: Local, **query: Any) -> list[str]:
    """List conversations, and give their names."""
    return [entry["name"] for entry in local.get("/v1/conversations", **query)["conversations"]]


def test_a_conversation_is_shown_as_the_contract_shows_it(at_once: Local) -> None:
    """Without a name it is called by its id."""
    times = {"startTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T10:00:05Z"}
    ids = at_once.submit("text", json={"messages": [message("Hello.", "Ann", **times)]})
    shown = at_once.get(f"/v1/conversations/{ids['conversationId']}")
    (member,) = shown.pop("members")
    assert member == {"id": member["id"], "name": "Ann"}
    assert shown == {
        "id": ids["conversationId"],
        "type": "meeting",
        "name": ids["conversationId"],
        "startTime": "2026-03-01T10:00:00.000Z",
        "endTime": "2026-03-01T10:00:05.000Z",
        "metadata": {},
    }


def test_an_append_with_a_name_renames_and_one_without_does_not(at_once: Local) -> None:
    """The parameter means the same on both calls."""
    ids = at_once.submit("text", json={"name": "Before", "messages": [message("1")]})
    at_once.append(ids["conversationId"], "2")
    assert names(at_once) == ["Before"]
    at_once.append(ids["conversationId"], "3", name="After")
    assert names(at_once) == ["After"]


def test_the_list_is_of_the_last_week_oldest_first(at_once: Local) -> None:
    """The window is by when a conversation took place, not by when it was submitted."""
    for name, days in {"b": 1, "a": 3, "old": 8}.items():
        at(at_once, name, ago(days=days))
    at_once.text("Hello.", name="now")
    assert names(at_once) == ["a", "b", "now"]
    assert names(at_once, order="desc") == ["now", "b", "a"]
    assert names(at_once, startTime=ago(days=9), endTime=ago(days=2)) == ["old", "a"]
    assert names(at_once, endTime=ago(days=2)) == ["old", "a"]


def test_the_list_comes_in_pages_and_sorted_as_asked(at_once: Local) -> None:
    """Twenty at a time unless asked otherwise."""
    for number in range(22):
        at(at_once, f"{number:02}", ago(minutes=number + 1))
    assert names(at_once, sort="conversation.name") == [f"{number:02}" for number in range(20)]
    assert names(at_once, sort="conversation.endTime", limit=2, offset=1) == ["20", "19"]
    assert names(at_once, limit=0) == []
    assert names(at_once, offset=30) == []


def test_conversations_are_listed_before_they_are_done(local: Local) -> None:
    """A client that lost its ids can find them by name."""
    local.progress(by="polls", polls=2)
    ids = local.text("Hello.", name="Tonight")
    assert names(local) == ["Tonight"]
    assert local.get(f"/v1/conversations/{ids['conversationId']}")["members"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=65537", '"limit" must be less than or equal to 65536, but is "65537"'),
        ("limit=-1", '"limit" must be greater than or equal to 0, but is "-1"'),
        ("offset=x", '"offset" must be a number, but is "x"'),
        ("order=up", '"order" must be one of [asc, desc], but is "up"'),
        ("sort=name", '"sort" must be one of [conversation.startTime, conversation.endTime, conversation.name], but'),
        ("startTime=2999-01-01", '"startTime" must be earlier than now, but is 2999-01-01T00:00:00.000Z'),
        ("endTime=2999-01-01&startTime=2026-01-01", '"endTime" must be earlier than now'),
        ("startTime=2026-01-02&endTime=2026-01-01", '"startTime" must be earlier than "endTime" (2026-01-01T00:00'),
        ("filter=name==x", '"filter" compares name; allowed are conversation.startTime, conversation.endTime, '),
        ("page=2", '"page" is not allowed'),
    ],
)
def test_a_bad_query_of_the_list_is_named(local: Local, query: str, said: str) -> None:
    """The answer names the field, what was given and what is allowed."""
    answer = local.send("GET", f"/v1/conversations?{query}")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(said)


def test_a_deleted_conversation_is_gone(at_once: Local) -> None:
    """It is found by no read, and a second delete says so."""
    path = f"/v1/conversations/{at_once.text('Hello.')['conversationId']}"
    answer = at_once.send("DELETE", path)
    assert (answer.status_code, answer.json()) == (200, {"message": "successfully deleted the conversation"})
    assert names(at_once) == []
    for verb in ("DELETE", "GET"):
        assert at_once.send(verb, path).status_code == 404


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/messages"),
        ("GET", "/members"),
        ("POST", "/transcript"),
        ("GET", "/lm-insights/status"),
        ("GET", "/topics"),
    ],
)
def test_an_unknown_conversation_is_not_found(local: Local, verb: str, path: str) -> None:
    """Every read says it in the contract's words."""
    answer = local.send(verb, UNKNOWN + path, json={"contentType": "text/srt"} if verb == "POST" else None)
    assert answer.status_code == 404
    assert answer.json() == {"message": "The conversationId is either invalid or does not exist."}


@pytest.mark.parametrize(
    ("verb", "path", "said"),
    [
        ("GET", "/intents", "symbl-local does not find intents"),
        ("GET", "/callscore", "symbl-local does not score calls: that takes judgement"),
        ("POST", "/bookmarks", "symbl-local does not keep bookmarks"),
        ("PUT", "/experiences/url", "symbl-local does not lead to pages of other makers"),
    ],
)
def test_what_is_not_built_says_so(at_once: Local, verb: str, path: str, said: str) -> None:
    """A route of the API is never taken for an unknown one, and nothing is invented."""
    conversation_id = at_once.text("Hello.")["conversationId"]
    answer = at_once.send(verb, f"/v1/conversations/{conversation_id}{path}")
    assert (answer.status_code, answer.json()) == (501, {"message": said})


def test_there_is_no_summary_while_a_job_is_not_over(local: Local) -> None:
    """As the contract says, which clients take for the end of an unknown job; one that failed is over too."""
    local.progress(by="polls", polls=2)
    first = local.text("Hello.")
    second = local.append(first["conversationId"], "Goodbye.")
    path, seen = f"/v1/conversations/{first['conversationId']}/summary", []
    for job in (first, first, second, second):
        seen.append(local.send("GET", path).status_code)
        local.job(job)
    said = local.get(path).keys()
    assert (seen, list(said)) == ([404] * 4, ["summary"])
    assert local.send("GET", "/v1/conversations/1/summary").json()["message"].startswith("The conversationId is")


def test_groups_are_not_built(local: Local) -> None:
    """They have no conversation to be found first."""
    answer = local.send("GET", "/v1/groups/1/conversations")
    assert answer.json() == {"message": "symbl-local does not keep groups of conversations"}


@pytest.mark.parametrize("query", ["verbose=yes", "redact=true"])
def test_a_bad_query_of_messages_is_refused(at_once: Local, query: str) -> None:
    """Redaction that does not happen must not be taken for redaction."""
    conversation_id = at_once.text("Hello.")["conversationId"]
    assert at_once.send("GET", f"/v1/conversations/{conversation_id}/messages?{query}").status_code == 400


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/v1/process/text", 405),
        ("PUT", "/v1/process/audio/url", 405),
        ("PUT", "/v1/process/video/url/", 404),
        ("POST", "/v1/process/audio/1234567890123456", 405),
        ("PATCH", UNKNOWN, 405),
    ],
)
def test_unknown_paths_and_wrong_methods_are_answered_in_json(local: Local, verb: str, path: str, status: int) -> None:
    """The literal ``url`` is never taken for a conversation's id."""
    answer = local.send(verb, path, allow_redirects=False)
    assert answer.status_code == status
    assert answer.json()["message"].endswith(f"{verb} {path}")


def test_the_metadata_of_a_submission_becomes_the_conversations(at_once: Local) -> None:
    """An append adds to it."""
    ids = at_once.text("Hello.", metadata={"salesStage": "demo", "prospectName": "Acme"})
    at_once.append(ids["conversationId"], "Bye.", metadata={"salesStage": "negotiation"})
    shown = at_once.get(f"/v1/conversations/{ids['conversationId']}")
    assert shown["metadata"] == {"salesStage": "negotiation", "prospectName": "Acme"}
