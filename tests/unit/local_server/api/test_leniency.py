"""Leniency: what the service takes although it is odd is taken here too, with a note in the journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.api.leniency import (
    LONGEST_NOTE,
    MOST_NOTES,
    Leniency,
    is_empty,
    reading,
    tolerate,
)
from airflow_provider_symbl.local_server.api.parameters import read_file, read_text, read_url
from airflow_provider_symbl.local_server.api.query_strings import read_query
from airflow_provider_symbl.local_server.api.responses import ApiError
from tests.support.audio import Sound
from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local

TEXT = {"messages": [message("Hello.")]}
WAV = Sound().silence(0.1).wav()
NOBODY = {"url": "http://127.0.0.1:9/a.wav"}

BODIES: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "an unknown name": ({"nickname": "x"}, '"nickname" is not allowed: left out', {}),
    "an old name": ({"customEntities": [{"text": "x"}]}, '"customEntities" is not allowed: left out', {}),
    "a name in another case": ({"Name": "x"}, '"Name" is not allowed: left out', {}),
    "parameters of reads": (
        {"parentRefs": True, "sentiment": False},
        '"sentiment" is not allowed: left out',
        {},
    ),
    "an empty object": ({"features": {}}, '"features.featureList" is required: taken as not given', {}),
    "an object of empty values": (
        {"features": {"featureList": [], "callScore": {}}},
        '"features.featureList" must contain at least 1 items, but has 0: taken as not given',
        {},
    ),
    "empty metadata": ({"metadata": {"salesStage": "", "prospectName": None}}, "taken as not given", {"metadata": {}}),
    "an empty list": ({"trackers": []}, '"trackers" must contain at least 1 items, but has 0: taken as not given', {}),
    "null": ({"entities": None}, '"entities" must be an array, but is null: taken as not given', {}),
    "an empty text": ({"webhookUrl": ""}, '"webhookUrl" is not allowed to be empty: taken as not given', {}),
    "a boolean of Python's": (
        {"detectPhrases": "True"},
        '"detectPhrases" must be a boolean, but is "True": taken as true',
        {"detectPhrases": True},
    ),
    "a number as a boolean": ({"detectEntities": 0}, "taken as false", {"detectEntities": False}),
    "a list of one": (
        {"conversationType": ["sales"]},
        '"conversationType" must be one of [sales, general], but is an array: taken as it is',
        {"conversationType": "sales"},
    ),
    "a sales stage in title case": (
        {"metadata": {"salesStage": "Discovery"}},
        "is usually one of [qualification, discovery, demo, negotiation, general], but is",
        {"metadata": {"salesStage": "Discovery"}},
    ),
    "a sales stage off the list": (
        {"metadata": {"salesStage": "Closed Won"}},
        'but is "Closed Won": taken as it is',
        {"metadata": {"salesStage": "Closed Won"}},
    ),
    "metadata of one's own": (
        {"metadata": {"agentId": "7", "tries": 3}},
        '"metadata.agentId" is not allowed: kept where it is text',
        {"metadata": {"agentId": "7"}},
    ),
    "a feature that is not known": (
        {"features": {"featureList": ["insights", "summary"]}},
        '"features.featureList[1]" must be one of [insights, callScore], but is "summary": taken as it is',
        {"features": {"featureList": ["insights", "summary"]}},
    ),
    "a word twice": (
        {"trackers": [{"name": "x", "vocabulary": ["a", "b", "a"]}]},
        '"trackers[0].vocabulary[2]" contains a duplicate value: left out',
        {"trackers": [{"name": "x", "vocabulary": ["a", "b"]}]},
    ),
    "an empty word": (
        {"trackers": [{"name": "x", "vocabulary": ["a", ""]}]},
        '"trackers[0].vocabulary[1]" is not allowed to be empty: taken as not given',
        {"trackers": [{"name": "x", "vocabulary": ["a"]}]},
    ),
    "a tracker with both its keys": (
        {"trackers": [{"id": "", "name": "x", "vocabulary": ["a"]}]},
        '"trackers[0].id" is not allowed: left out',
        {"trackers": [{"name": "x", "vocabulary": ["a"]}]},
    ),
}


def read(leniency: Leniency, body: dict[str, Any], query: str = "") -> dict[str, Any]:
    """Read the parameters of a text call."""
    with reading(leniency):
        given = read_text(query, json.dumps({**TEXT, **body}).encode())
    return {name: value for name, value in given.items() if name != "messages"}


@pytest.mark.parametrize("case", BODIES)
def test_what_is_odd_in_a_body_is_taken_and_noted(case: str) -> None:
    """And makes no difference where nothing can be made of it."""
    body, said, taken = BODIES[case]
    leniency = Leniency()
    assert read(leniency, body) == taken
    assert any(said in note for note in leniency.notes), leniency.notes


STRICTLY_TAKEN = ("a sales stage in title case", "a sales stage off the list")


@pytest.mark.parametrize("case", [case for case in BODIES if case not in STRICTLY_TAKEN])
def test_a_strict_server_refuses_what_is_odd(case: str) -> None:
    """With the sentence that the note begins with."""
    with pytest.raises(ApiError):
        read(Leniency(is_strict=True), BODIES[case][0])


@pytest.mark.parametrize("case", STRICTLY_TAKEN)
def test_a_strict_server_takes_sales_stages_as_they_are(case: str) -> None:
    """The vendor's own programs send them so."""
    body, said, taken = BODIES[case]
    leniency = Leniency(is_strict=True)
    assert read(leniency, body) == taken
    assert said in leniency.notes[0]


QUERIES: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown names": ("undefined&%7B%22verbose%22%3A%20true%7D&x=1", {}),
    "what one SDK sends with every file": (
        "mode=&webhookUrl=&diarizationSpeakerCount=0&features=%7B%7D&metadata=%7B%7D",
        {"metadata": {}},
    ),
    "no vocabulary": ("customVocabulary=", {}),
    "no vocabulary, repeated": ("customVocabulary=&customVocabulary=", {}),
    "vocabulary with an empty word": ("customVocabulary=%5B%22%22%2C%22a%22%5D", {"customVocabulary": ["a"]}),
    "a name twice": ("name=a&name=b", {"name": "b"}),
    "a name, and then none": ("name=a&name=", {"name": "a"}),
    "the same flag twice": ("detectPhrases=true&detectPhrases=True", {"detectPhrases": True}),
    "JavaScript's undefined": ("customVocabulary=undefined&enableAllTrackers=undefined&mode=undefined", {}),
    "JavaScript's null": ("trackers=null&confidenceThreshold=null", {}),
    "Python's booleans": (
        "enableSpeakerDiarization=False&detectEntities=TRUE",
        {"enableSpeakerDiarization": False, "detectEntities": True},
    ),
    "brackets without numbers": (
        "customVocabulary[]=a&customVocabulary[]=b&features[featureList][]=insights",
        {"customVocabulary": ["a", "b"], "features": {"featureList": ["insights"]}},
    ),
    "a key twice in JSON": (
        'metadata={"salesStage":"demo","salesStage":"general"}',
        {"metadata": {"salesStage": "general"}},
    ),
    "a count of zero as a decimal": ("diarizationSpeakerCount=0.0", {}),
}  # fmt: skip


@pytest.mark.parametrize("case", QUERIES)
def test_what_is_odd_in_a_query_is_taken_and_noted(case: str) -> None:
    """In the query of a file."""
    query, taken = QUERIES[case]
    leniency = Leniency()
    with reading(leniency):
        assert read_file(query) == taken
    assert leniency.notes
    with pytest.raises(ApiError), reading(Leniency(is_strict=True)):
        read_file(query)


@pytest.mark.parametrize("query", [query for query, _ in QUERIES.values()])
def test_what_was_accepted_can_be_read_again(query: str) -> None:
    """As after a restart, when there is no request."""
    assert read_file(query) is not None


PLACES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a body's parameter in the query": (
        "name=x&customVocabulary=%5B%22a%22%5D",
        {},
        {"name": "x", "customVocabulary": ["a"]},
    ),
    "two values": ("webhookUrl=http://a/1", {"webhookUrl": "http://a/2"}, {"webhookUrl": "http://a/2"}),
    "one of two is empty": ("webhookUrl=http://a/1", {"webhookUrl": ""}, {"webhookUrl": "http://a/1"}),
    "two spellings": ("detectPhrases=True", {"detectPhrases": True}, {"detectPhrases": True}),
    "an unknown name": ("x=1", {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", PLACES)
def test_a_url_calls_parameters_are_taken_from_wherever_they_stand(case: str) -> None:
    """The body decides, where it says anything."""
    query, body, taken = PLACES[case]
    leniency = Leniency()
    with reading(leniency):
        assert read_url(query, json.dumps({**NOBODY, **body}).encode()) == {**NOBODY, **taken}
    assert leniency.notes


@pytest.mark.parametrize(
    "parameters",
    [
        {"confidenceThreshold": 1.5},
        {"confidenceThreshold": "much"},
        {"detectPhrases": "perhaps"},
        {"webhookUrl": "ftp://a/b"},
        {"trackers": "x"},
        {"trackers": [{"name": "x"}]},
        {"messages": []},
        {"messages": [{"payload": {"content": ""}}]},
        {"name": "\ud83d"},
        {"metadata": "x"},
        {"enableSpeakerDiarization": True, "messages": None},
    ],
)
def test_what_has_no_meaning_is_refused_even_so(parameters: dict[str, Any]) -> None:
    """A wrong value is a mistake, and the service refuses it as well; what is needed must be there."""
    with pytest.raises(ApiError):
        read(Leniency(), parameters)


def test_what_stands_for_none_is_found_at_some_depth_and_not_without_end() -> None:
    """However deep a request nests, it is looked into for a few levels."""
    deep: Any = ""
    for _ in range(900):
        deep = [deep]
    assert not is_empty(deep)
    assert is_empty({"a": [{}, [None, "", "undefined"]]})
    assert not is_empty({"a": [{}, [None, 0]]})


def test_notes_are_few_and_short() -> None:
    """A request fills no memory with them."""
    leniency = Leniency()
    with reading(leniency):
        read_file("&".join(f"{'x' * 1000}{number}=1" for number in range(100)))
    assert (len(leniency.notes), max(map(len, leniency.notes))) == (MOST_NOTES, LONGEST_NOTE)


def test_without_a_request_nothing_is_noted() -> None:
    """And nothing is refused."""
    tolerate(ApiError(400, "odd"), "taken")
    assert read_query("a=1&a=2") == {"a": "2"}


READS = ["verbose=True&sentiment=True", "undefined", "verbose=&sentiment=1", "verbose=true&verbose=true", "x=%7B%7D"]


@pytest.mark.parametrize("query", READS)
def test_a_read_with_an_odd_query_is_answered(lenient: Local, query: str) -> None:
    """And the journal says what was odd."""
    ids = lenient.text("Hello.")
    answer = lenient.send("GET", f"/v1/conversations/{ids['conversationId']}/messages?{query}")
    assert answer.status_code == 200, answer.text
    [shown] = answer.json()["messages"]
    assert ("words" in shown, "sentiment" in shown) == ("rue" in query, "=1" in query or "sentiment=T" in query)
    assert lenient.journal()[-1]["odd"]


def test_topics_have_both_what_excludes_each_other(lenient: Local) -> None:
    """Sentiment and parents."""
    ids = lenient.text("The delivery of the parcel is late. The parcel is lost.")
    topics = lenient.of(ids, "topics", sentiment="true", parentRefs="true")["topics"]
    assert all({"sentiment", "parentRefs"} <= topic.keys() for topic in topics)
    assert lenient.journal()[-1]["odd"] == [
        '"parentRefs" is not allowed together with "sentiment": both are given',
    ]


def test_a_token_is_given_to_who_says_more_than_is_asked(lenient: Local) -> None:
    """One SDK tells its own address with every login; what is needed is needed."""
    body = {**lenient.credentials, "AuthURI": "https://api.symbl.ai/oauth2/token:generate"}
    answer = lenient.send("POST", "/oauth2/token:generate", json=body)
    assert (answer.status_code, lenient.journal()[-1]["odd"]) == (200, ['"AuthURI" is not allowed: left out'])
    without = lenient.send("POST", "/oauth2/token:generate", json={"type": "application", "appId": ""})
    assert (without.status_code, without.json()) == (400, {"message": '"appSecret" is required'})


def test_an_ordinary_request_is_noted_as_nothing(lenient: Local) -> None:
    """The list is there, and empty."""
    lenient.text("Hello.")
    assert [entry["odd"] for entry in lenient.journal()] == [[] for _ in lenient.journal()]


def test_what_is_misspelt_in_a_control_route_is_refused(lenient: Local) -> None:
    """They are nobody's but this server's."""
    answer = lenient.send("PUT", "/__local__/progress", json={"by": "polls", "pols": 3})
    assert answer.status_code == 400


@pytest.mark.process
@pytest.mark.parametrize(
    ("path", "kind"),
    [("audio", "audio/mpeg"), ("audio", "audio/ogg"), ("audio", "call.wav"), ("video", ""), ("video", "audio/wav")],
)
def test_a_recordings_bytes_decide_and_not_its_declared_type(lenient: Local, path: str, kind: str) -> None:
    """What is said of it is noted where it is wrong."""
    lenient.submit(path, data=WAV, headers={"Content-Type": kind})
    assert lenient.journal()[-1]["odd"][0].endswith(": the bytes decide what it is")


def test_a_form_is_no_recording(lenient: Local) -> None:
    """The recording would have to be searched for in it."""
    answer = lenient.send("POST", "/v1/process/audio", files={"file": ("a.wav", WAV)})
    assert answer.status_code == 400
    assert "the body is the recording, but is multipart/form-data" in answer.json()["message"]
