"""Text submissions: what comes back is what was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local


def test_ids_have_the_contracts_form(at_once: Local) -> None:
    """A conversation id is a string of sixteen digits, a job id a UUID."""
    ids = at_once.text("Hello.")
    assert ids.keys() == {"conversationId", "jobId"}
    assert ids["conversationId"].isdigit()
    assert (len(ids["conversationId"]), len(ids["jobId"])) == (16, 36)
    assert at_once.job(ids) == {"id": ids["jobId"], "status": "completed"}


def test_messages_come_back_exactly_as_given(at_once: Local) -> None:
    """Content, people and times are not touched."""
    content = 'Grüße, "all" <b>\n… \U0001f600'
    times = {"startTime": "2026-03-01T10:00:00.250Z", "endTime": "2026-03-01T11:00:02+01:00"}
    ids = at_once.submit("text", json={"messages": [message(content, "Ann", "ann@example.com", **times)]})
    (found,) = at_once.messages(ids)
    assert found["text"] == content
    assert found["from"].items() >= {"name": "Ann", "email": "ann@example.com"}.items()
    assert "userId" not in found["from"], "as recorded: an address is told once"
    assert (found["startTime"], found["endTime"]) == ("2026-03-01T10:00:00.250Z", "2026-03-01T10:00:02.000Z")
    assert (found["timeOffset"], found["duration"]) == (0.0, 1.75)
    assert (found["conversationId"], found["phrases"]) == (ids["conversationId"], [])


def test_missing_times_are_computed_in_sequence(at_once: Local) -> None:
    """Five words take two seconds, and one message follows another."""
    five = "one two three four five"
    messages = [
        message(five, startTime="2026-03-01T10:00:00"),
        message(five),
        message(five, endTime="2026-03-01T10:00:30Z"),
        message(five, endTime="2026-03-01T10:00:31Z"),
    ]
    ids = at_once.submit("text", json={"messages": messages})
    spans = [(found["timeOffset"], found["duration"]) for found in at_once.messages(ids)]
    assert spans == [(0.0, 2.0), (2.0, 2.0), (28.0, 2.0), (30.0, 1.0)]


def test_a_start_time_moves_the_whole_text(at_once: Local) -> None:
    """Messages without times begin where the submission says."""
    ids = at_once.text("Hello.", startTime="2026-03-01")
    assert at_once.messages(ids)[0]["startTime"] == "2026-03-01T00:00:00.000Z"


def test_words_are_spread_over_a_message_and_carry_no_score(at_once: Local) -> None:
    """Nobody heard them, so nobody is sure of them."""
    times = {"startTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T10:00:04Z"}
    ids = at_once.submit("text", json={"messages": [message("Good morning.", **times)]})
    words = at_once.messages(ids, verbose="true")[0]["words"]
    assert [word["word"] for word in words] == ["Good", "morning."]
    assert words[1] == {
        "word": "morning.",
        "startTime": "2026-03-01T10:00:02.000Z",
        "endTime": "2026-03-01T10:00:04.000Z",
        "timeOffset": 2.0,
        "duration": 2.0,
    }
    assert "words" not in at_once.messages(ids)[0]


def test_people_are_told_apart_by_user_id_and_else_by_name(at_once: Local) -> None:
    """The same user id, or the same name where an id is lacking, is one member; two ids of one name are two."""
    messages = [
        message("1", "Ann"),
        message("2", "Ann", "ann@example.com"),
        message("3", "A. Smith", "ANN@example.com"),
        message("4", "Ann", "other@example.com"),
        message("5", user_id="bob-7"),
        message("6"),
    ]
    ids = at_once.submit("text", json={"messages": messages})
    members = at_once.of(ids, "members")["members"]
    assert [(member["name"], member.get("email")) for member in members] == [
        ("Ann", "ann@example.com"),
        ("Ann", "other@example.com"),
        ("bob-7", None),
    ]
    senders = [found["from"].get("id") for found in at_once.messages(ids)]
    ann, other, bob = (member["id"] for member in members)
    assert senders == [ann, ann, ann, other, bob, None]


def test_an_append_keeps_order_and_people_and_follows_in_time(at_once: Local) -> None:
    """The conversation stays the same, the job is new."""
    first = at_once.submit("text", json={"messages": [message("one two three four five", "Ann")]})
    path = f"text/{first['conversationId']}"
    second = at_once.submit(path, "PUT", json={"messages": [message("Second.", "Ann")]})
    assert second["conversationId"] == first["conversationId"]
    assert second["jobId"] != first["jobId"]
    assert [(found["text"], found["timeOffset"]) for found in at_once.messages(first)] == [
        ("one two three four five", 0.0),
        ("Second.", 2.0),
    ]
    assert len(at_once.of(first, "members")["members"]) == 1


def test_a_long_text_is_taken_too(at_once: Local) -> None:
    """What goes to disk on its way is the same as what stays in memory; the journal keeps no more than its size."""
    contents = [f"{index} " + "word " * 1000 for index in range(250)]
    assert at_once.texts(at_once.text(*contents)) == contents
    entry = at_once.journal()[-2]
    assert entry["body_size"] > 1_250_000
    assert entry["body"] is None


def test_an_append_to_nothing_is_not_found(local: Local) -> None:
    """An unknown conversation is a 404 that says so."""
    answer = local.send("PUT", "/v1/process/text/1234567890123456", json={"messages": [message("Hi.")]})
    assert answer.status_code == 404
    assert answer.json() == {"message": "The conversationId is either invalid or does not exist."}
