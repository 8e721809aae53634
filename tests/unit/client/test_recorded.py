"""Answers of the real service, as others recorded them: all are read, and nothing of them is lost."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_symbl.client import conversation_calls as calls
from airflow_provider_symbl.client.responses import Response, parse_response
from airflow_provider_symbl.exceptions import SymblTransportError
from airflow_provider_symbl.hooks.symbl import SymblHook
from tests.support.rooms import ROOT
from tests.support.scripted_server import Answer
from tests.support.scripted_symbl import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_symbl.client.calls import Call
    from airflow_provider_symbl.client.client import SymblClient
    from tests.support.scripted_server import ScriptedServer
    from tests.support.scripted_symbl import ScriptedSymbl

RECORDED = sorted((ROOT / "tests" / "recorded").glob("*/*.json"))
SAID = "what-somebody-said"
STARTED = {"type": "started_speaking", "user": {"name": "Ann"}, "offset": {"seconds": 1}}


@dataclasses.dataclass(frozen=True)
class Read:
    """How a recorded answer is asked for.

    :param method: the name of the method of client and hook.
    :param below: what its path has after the conversation's id.
    :param key: where its items are in the answer; empty where the answer is a bare list or one object.
    :param args: arguments besides the conversation's id.
    """

    method: str
    below: str
    key: str = ""
    args: tuple[Any, ...] = ()

    def call(self) -> Call[Any]:
        """Describe the call."""
        described: Call[Any] = getattr(calls, self.method)("c-1", *self.args)
        return described


READS = {
    "action_items": Read("get_action_items", "/action-items", "actionItems"),
    "analytics": Read("get_analytics", "/analytics"),
    "delete": Read("delete_conversation", ""),
    "follow_ups": Read("get_follow_ups", "/follow-ups", "followUps"),
    "messages_sentiment": Read("get_messages", "/messages", "messages"),
    "messages_sentiment_verbose": Read("get_messages", "/messages", "messages"),
    "questions": Read("get_questions", "/questions", "questions"),
    "speaker_events_update": Read("update_speaker_events", "/speakers", args=([STARTED],)),
    "topics": Read("get_topics", "/topics", "topics"),
    "trackers": Read("get_trackers", "/trackers"),
}
FILES = pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name}-{file.stem}")


def check_nothing_is_lost(read: Read, answer: Any, result: Any) -> None:  # noqa: ANN401 - any answer
    """Check that a result holds all of an answer."""
    if isinstance(result, list):
        assert [item.raw for item in result] == (answer[read.key] if read.key else answer)
    elif result is not None:
        assert (answer["message"] if isinstance(result, str) else answer) == getattr(result, "raw", result)


@FILES
def test_the_client_reads_what_was_recorded(client: SymblClient, server: ScriptedServer, file: Path) -> None:
    """As it stands, with each key kept."""
    read, answer = READS[file.parent.name], json.loads(file.read_text())
    server.answer(f"/v1/conversations/c-1{read.below}", Answer(content=answer))
    check_nothing_is_lost(read, answer, getattr(client, read.method)("c-1", *read.args))


@FILES
def test_the_hook_reads_what_was_recorded(scripted_symbl: ScriptedSymbl, file: Path) -> None:
    """Just as the client does."""
    read, answer = READS[file.parent.name], json.loads(file.read_text())
    scripted_symbl.on(read.call().endpoint.method, f"/v1/conversations/c-1{read.below}", Reply(body=answer))
    check_nothing_is_lost(read, answer, getattr(SymblHook(), read.method)("c-1", *read.args))


def parsed(name: str, answer: Any) -> Any:  # noqa: ANN401 - any answer, any result
    """Read an answer as both clients do."""
    return parse_response(READS[name].call(), Response(200, json.dumps(answer).encode()), ())


def recorded(name: str) -> Any:  # noqa: ANN401 - any answer
    """Return the recorded answer to a read."""
    return json.loads(next(file for file in RECORDED if file.parent.name == name).read_text())


def test_an_action_item_has_its_people() -> None:
    """Speaker and assignee alike, though their addresses have two names."""
    (item,) = parsed("action_items", recorded("action_items"))
    assert (item.type, item.definitive, item.score) == ("action_item", True, 0.9765610554943914)
    assert (item.speaker.email, item.assignee.email) == ("Steve@example.com", "Steve@example.com")
    assert [(entity.type, entity.offset, entity.end) for entity in item.entities] == [
        ("daterange", 39, "2021-06-07"),
        ("person", 0, ""),
    ]
    assert item.entities[1].value["name"] == "Steve"


def test_analytics_keep_shares_under_one_name() -> None:
    """Symbl says percent of metrics and percentage of members."""
    analytics = parsed("analytics", recorded("analytics"))
    assert [metric.percent for metric in analytics.metrics] == [0, 100, 0]
    (member,) = analytics.members
    assert (member.email, member.words_per_minute, member.talk_time.percent) == ("john@example.com", 124, 100)
    assert (member.overlap_seconds, member.overlapping_members) == (None, [])


def test_a_message_has_its_words_and_its_sentiment() -> None:
    """With times in seconds, whole or not."""
    message = parsed("messages_sentiment_verbose", recorded("messages_sentiment_verbose"))[0]
    assert (message.time_offset, message.duration, message.sentiment.score) == (0.1, 1.8, -0.092)
    assert [(word.word, word.speaker_tag) for word in message.words] == [("Unit", 2), ("one", 2), ("page.", 2)]


def test_trackers_are_read_as_a_list_and_as_an_object() -> None:
    """Recorded as a bare list; Symbl's newer clients read an object with a key."""
    bare = recorded("trackers")
    (tracker,) = parsed("trackers", {"trackers": bare})
    assert [tracker] == parsed("trackers", bare)
    (match,) = tracker.matches
    assert [reference.offset for reference in match.message_refs] == [19, 84]


def test_both_forms_of_entities_are_read() -> None:
    """The one of 2022 has one wording, the one since 2023 several."""
    old = {"type": "date", "value": "2021-06-07", "text": "next monday", "messageRefs": [{"id": 1, "offset": 3}]}
    new = {
        "type": "PII",
        "subType": "PERSON_NAME",
        "category": "Managed",
        "matches": [{"detectedValue": "Steve", "messageRefs": [{"id": "2", "text": "I'm Steve.", "offset": 4}]}],
    }
    body = json.dumps({"entities": [old, new]}).encode()
    first, second = parse_response(calls.get_entities("c-1"), Response(200, body), ())
    assert (first.type, first.value, first.message_refs[0].id) == ("date", "2021-06-07", "1")
    assert (second.sub_type, second.category) == ("PERSON_NAME", "Managed")
    assert [(match.value, match.message_refs[0].offset) for match in second.matches] == [("Steve", 4)]


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - any answer
    """Yield where each key of an answer is."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        if isinstance(key, str):
            yield (*path, key)
        yield from places(item, (*path, key))


PLACES = [(file.parent.name, place) for file in RECORDED for place in places(json.loads(file.read_text()))]
OTHER_VALUES = st.sampled_from([SAID, 7, 1.5, True, [], {}, [SAID], {SAID: SAID}, [[SAID]], [{SAID: 1}]])


def drop(holder: Any, key: str) -> None:  # noqa: ANN401 - any answer
    """Take a key away."""
    del holder[key]


def set_to(value: object) -> Callable[[Any, str], None]:
    """Make what sets a key to another value."""

    def change(holder: Any, key: str) -> None:  # noqa: ANN401 - any answer
        holder[key] = copy.deepcopy(value)

    return change


CHANGES = st.just(drop) | st.just(set_to(None)) | OTHER_VALUES.map(set_to)


@settings(deadline=None)  # a busy machine is no failure
@given(place=st.sampled_from(PLACES), change=CHANGES)
def test_a_changed_key_is_read_or_named(
    place: tuple[str, tuple[str | int, ...]], change: Callable[[Any, str], None]
) -> None:
    """Any key may be missing, empty or of another kind: nothing but the one error, and in it no value."""
    name, (*above, key) = place
    answer = copy.deepcopy(recorded(name))
    holder = answer
    for step in above:
        holder = holder[step]
    change(holder, str(key))
    try:
        result = parsed(name, answer)
    except SymblTransportError as error:
        assert str(key) in str(error)  # noqa: PT017 - whether it is raised is up to the key
        assert SAID not in str(error)  # noqa: PT017 - see above
    else:
        check_nothing_is_lost(READS[name], answer, result)
