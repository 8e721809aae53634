"""Parameters: what is allowed where, and how a refusal reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.audio import Sound
from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local

COMMON: dict[str, Any] = {
    "name": "A call",
    "confidenceThreshold": 0.6,
    "detectPhrases": True,
    "detectEntities": "true",
    "entities": [{"customType": "product", "text": "app", "value": "App"}],
    "trackers": [{"name": "Price", "vocabulary": ["costs", "price"]}],
    "enableAllTrackers": False,
    "enableSummary": True,
    "webhookUrl": "http://127.0.0.1:9/hook",
    "features": {"featureList": ["insights", "callScore"], "callScore": {"scorecardId": 7}},
    "metadata": {"salesStage": "demo", "prospectName": "Acme"},
    "conversationType": "sales",
}
MEDIA: dict[str, Any] = {
    **COMMON,
    "customVocabulary": ["Platform"],
    "languageCode": "en-GB",
    "mode": "phone",
    "enableSeparateRecognitionPerChannel": True,
    "channelMetadata": [{"channel": 1, "speaker": {"name": "Ann", "email": "ann@example.com"}}],
    "enableSpeakerDiarization": True,
    "diarizationSpeakerCount": 1,
}
TEXT = {"messages": [message("Hello.", "Ann", "ann@example.com", startTime="2026-03-01", endTime="2026-03-02")]}


def in_query(parameters: dict[str, Any]) -> dict[str, str]:
    """Encode parameters as the contract does: JSON text but for bare strings."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}


def refusal(local: Local, path: str, **options: Any) -> str:
    """Submit something that must be refused, and give the reason."""
    answer = local.send("POST", f"/v1/process/{path}", **options)
    assert answer.status_code == 400, answer.text
    reason: str = answer.json()["message"]
    return reason


def test_text_takes_every_documented_parameter_in_the_body(local: Local) -> None:
    """All of them at once are accepted."""
    body = {**TEXT, **COMMON, "startTime": "2026-03-01T10:00:00Z", "timezoneOffset": -60}
    assert local.submit("text", json=body)


def test_text_takes_all_but_the_messages_in_the_query_too(local: Local) -> None:
    """A value that stands in both places must be the same."""
    assert local.submit("text", json={**TEXT, "name": "A call"}, params=in_query(COMMON))


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_urls_take_every_documented_parameter_in_the_body(local: Local, kind: str) -> None:
    """All of them at once are accepted; what the vendor also shows in the query is, there."""
    body = {**MEDIA, "url": "http://127.0.0.1:9/a.mp4", "timezoneOffset": 0}
    query = {"webhookUrl": COMMON["webhookUrl"], "enableSpeakerDiarization": "true", "diarizationSpeakerCount": "1"}
    assert local.submit(f"{kind}/url", json=body, params=query)


@pytest.mark.process
def test_files_take_every_documented_parameter_in_the_query(local: Local) -> None:
    """Lists and objects are one JSON text each."""
    wav = Sound().silence(0.1).wav()
    assert local.submit("audio", params=in_query(MEDIA), data=wav)
    assert local.submit("video", params=in_query(MEDIA), data=wav, headers={"Content-Type": "video/mp4"})


@pytest.mark.process
def test_repeated_vocabulary_is_a_list_from_two_words_on(local: Local) -> None:
    """One repeated key is read as a scalar, as the vendor's server reads it."""
    wav = Sound().silence(0.1).wav()
    assert local.submit("audio", params={"customVocabulary": ["Platform", "Discussion"]}, data=wav)
    reason = refusal(local, "audio", params={"customVocabulary": '"Platform"'}, data=wav)
    assert reason == '"customVocabulary" must be an array, but is a string'
    reason = refusal(local, "audio", params={"customVocabulary": "Platform"}, data=wav)
    assert reason == '"customVocabulary" must be one JSON text in the query string, but is not JSON'


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"nickname": "x"}, '"nickname" is not allowed'),
        ({"Name": "x"}, '"Name" is not allowed'),
        ({"name": None}, '"name" must be a string, but is null'),
        ({"name": ""}, '"name" is not allowed to be empty'),
        ({"confidenceThreshold": 1.5}, '"confidenceThreshold" must be less than or equal to 1, but is 1.5'),
        ({"confidenceThreshold": "-0.1"}, '"confidenceThreshold" must be greater than or equal to 0, but is "-0.1"'),
        ({"confidenceThreshold": "NaN"}, '"confidenceThreshold" must be a number, but is "NaN"'),
        ({"confidenceThreshold": True}, '"confidenceThreshold" must be a number, but is true'),
        ({"confidenceThreshold": 1e300}, '"confidenceThreshold" must be a safe number'),
        ({"detectPhrases": "True"}, '"detectPhrases" must be a boolean, but is "True"'),
        ({"detectPhrases": "t" * 100}, '"detectPhrases" must be a boolean, but is a longer string'),
        ({"detectPhrases": [True]}, '"detectPhrases" must be a boolean, but is an array'),
        ({"entities": []}, '"entities" must contain at least 1 items, but has 0'),
        ({"entities": [{"text": "x"}]}, '"entities[0].customType" is required'),
        ({"trackers": [{"name": "x", "vocabulary": ["a", "a"]}]}, '"trackers[0].vocabulary[1]" contains a duplicate'),
        ({"trackers": [{"id": "1", "name": "x"}]}, '"trackers[0].name" is not allowed'),
        ({"trackers": ["x"]}, '"trackers[0]" must be of type object, but is a string'),
        ({"webhookUrl": "ftp://x/y"}, '"webhookUrl" must be a valid uri with a scheme matching the http|https pattern'),
        ({"webhookUrl": "http://[x"}, '"webhookUrl" must be a valid uri with a scheme matching the http|https pattern'),
        ({"features": {}}, '"features.featureList" is required'),
        ({"features": {"featureList": ["x"]}}, '"features.featureList[0]" must be one of [insights, callScore], but'),
        ({"conversationType": ["sales"]}, '"conversationType" must be one of [sales, general], but is an array'),
        ({"startTime": "yesterday"}, '"startTime" must be in ISO 8601 date format, but is "yesterday"'),
        ({"startTime": "0001-01-01"}, '"startTime" must be in ISO 8601 date format, but is "0001-01-01"'),
        ({"timezoneOffset": 0.5}, '"timezoneOffset" must be an integer, but is 0.5'),
        ({"customVocabulary": ["x"]}, '"customVocabulary" is not allowed'),
        ({"messages": {}}, '"messages" must be an array, but is an object'),
        ({"messages": [{}]}, '"messages[0].payload" is required'),
        ({"messages": [{"payload": {"content": ""}}]}, '"messages[0].payload.content" is not allowed to be empty'),
    ],
)  # fmt: skip
def test_a_bad_parameter_of_a_text_is_named(local: Local, parameters: dict[str, Any], said: str) -> None:
    """The answer names the field, what was given and what is allowed."""
    assert refusal(local, "text", json={**TEXT, **parameters}).startswith(said)


def test_a_message_must_not_end_before_it_begins(local: Local) -> None:
    """Both fields are named."""
    backwards = message("x", startTime="2026-02-02", endTime="2026-02-01")
    first, second = "messages[0].duration.endTime", "messages[0].duration.startTime"
    assert (
        refusal(local, "text", json={"messages": [backwards]})
        == f'"{first}" must be greater than or equal to "{second}"'
    )


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, '"url" is required'),
        ({"url": "http://a b/"}, '"url" must be a valid uri with a scheme matching the http|https pattern'),
        ({"messages": []}, '"messages" is not allowed'),
        ({"languageCode": "xx-XX"}, '"languageCode" must be one of [en-US, en-GB,'),
        ({"languageCode": "fr-FR"}, '"languageCode" is "fr-FR", and the speech model tiny.en knows English only'),
        ({"mode": "loud"}, '"mode" must be one of [default, phone], but is "loud"'),
        ({"channelMetadata": [{"channel": 0, "speaker": {}}]}, '"channelMetadata[0].channel" must be greater than'),
        ({"channelMetadata": [{"channel": 1, "speaker": {}}] * 2}, '"channelMetadata[1]" contains a duplicate value'),
        ({"enableSpeakerDiarization": True}, '"diarizationSpeakerCount" is required when'),
    ],
)  # fmt: skip
def test_a_bad_parameter_of_a_url_is_named(local: Local, parameters: dict[str, Any], said: str) -> None:
    """What the server cannot do it refuses with the reason."""
    body = {"url": "http://127.0.0.1:9/"} if parameters else {}
    assert refusal(local, "audio/url", json={**body, **parameters}).startswith(said)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("name=a&name=b", '"name" must be given once, but is given 2 times'),
        ("name=", '"name" is not allowed to be empty'),
        ("customVocabulary=", '"customVocabulary" must be an array, but is a string'),
        ("trackers=[NaN]", '"trackers" must be one JSON text in the query string, but is not JSON'),
        ("startTime=2026-01-01", '"startTime" is not allowed'),
        (
            "features[featureList][0]=insight",
            '"features.featureList[0]" must be one of [insights, callScore], but is "insight"',
        ),
    ],
)
def test_a_bad_query_of_a_file_is_named(local: Local, query: str, said: str) -> None:
    """The query string is as strict as a body."""
    assert refusal(local, f"audio?{query}", data=b"x") == said


HALF = "must be Unicode text, but has half of a surrogate pair"


@pytest.mark.parametrize(
    ("parameters", "label"),
    [
        ({"messages": [message("cut off \ud83d")]}, "messages[0].payload.content"),
        ({"messages": [message("Hi.", "\udc80")]}, "messages[0].from.name"),
        ({"name": "\ude00\ud83d"}, "name"),
        ({"trackers": [{"name": "x", "vocabulary": ["a", "\ud800"]}]}, "trackers[0].vocabulary[1]"),
        ({"entities": [{"customType": "x", "text": "\udfff"}]}, "entities[0].text"),
        ({"metadata": {"prospectName": "\ud83d"}}, "metadata.prospectName"),
        (
            {"features": {"featureList": ["insights"], "callScore": {"scorecardId": "\ud83d"}}},
            "features.callScore.score",
        ),
    ],
)
def test_half_a_surrogate_pair_is_refused(local: Local, parameters: dict[str, Any], label: str) -> None:
    """JSON can escape it, and a cut text leaves it behind, but it is no Unicode; nothing is kept of it."""
    assert refusal(local, "text", json={**TEXT, **parameters}).startswith(f'"{label}')
    assert refusal(local, "text", json={**TEXT, **parameters}).endswith(HALF)
    assert local.get("/__local__/jobs")["jobs"] == []


@pytest.mark.parametrize("body", ['{"name": "\\ud83d", %s}', '{"name": "\udc80", %s}'])
def test_half_a_surrogate_pair_is_refused_escaped_or_not(local: Local, body: str) -> None:
    """Bytes that are no UTF-8 but look like it are the same."""
    data = (body % json.dumps(TEXT)[1:-1]).encode(errors="surrogatepass")
    assert refusal(local, "text", data=data, headers={"Content-Type": "application/json"}) == f'"name" {HALF}'


def test_half_a_surrogate_pair_is_refused_in_queries_and_addresses(local: Local) -> None:
    """As JSON in the query, and in the link to a recording; percent-encoded it is no UTF-8."""
    query = {"customVocabulary": '["ok", "\\ud83d"]'}
    assert refusal(local, "audio", params=query, data=b"x") == f'"customVocabulary[1]" {HALF}'
    assert refusal(local, "audio/url", json={"url": "http://a/\ud83d"}) == f'"url" {HALF}'
    reason = refusal(local, "audio?name=%ED%A0%BD", data=b"x")
    assert reason == "The query string must be UTF-8, percent-encoded, but is not UTF-8"


@pytest.mark.parametrize("metadata", [{"key": "\ud83d"}, {"\ud83d": "value"}])
def test_half_a_surrogate_pair_is_no_metadata(local: Local, metadata: dict[str, str]) -> None:
    """Neither as a value nor as a key."""
    path = f"/v1/conversations/{local.text('Hello.')['conversationId']}"
    answer = local.send("PUT", path, json={"metadata": metadata})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith('"metadata')
    assert answer.json()["message"].endswith("has half of a surrogate pair")


def test_what_belongs_in_the_body_is_refused_in_the_query(local: Local) -> None:
    """A URL call's name is a body parameter, and a text's messages are."""
    body = {"url": "http://127.0.0.1:9/"}
    assert refusal(local, "audio/url?name=x", json=body) == '"name" is not allowed in the query string'
    assert refusal(local, "text?messages=x", json=TEXT) == '"messages" is not allowed in the query string'


def test_two_places_must_not_disagree(local: Local) -> None:
    """Which of two values is meant cannot be known."""
    reason = refusal(local, "text?name=x", json={**TEXT, "name": "y"})
    assert reason == '"name" is given in the body and in the query string with different values'


@pytest.mark.parametrize("body", ["", "{", "[NaN]", "[" * 100_000])
def test_a_body_that_is_not_json_is_refused(local: Local, body: str) -> None:
    """However it fails to be JSON."""
    reason = refusal(local, "text", data=body, headers={"Content-Type": "application/json"})
    assert reason == f"The request body must be JSON, but its {len(body)} bytes are not"


def test_a_body_that_is_no_object_is_refused(local: Local) -> None:
    """A bare list of messages is a likely mistake."""
    assert refusal(local, "text", json=TEXT["messages"]) == '"value" must be of type object, but is an array'


def test_a_body_of_another_type_is_refused(local: Local) -> None:
    """Forms are not supported by the platform."""
    reason = refusal(local, "text", files={"messages": "[]"})
    assert reason == '"Content-Type" must be application/json, but is multipart/form-data'
    assert refusal(local, "text", data=b"{}") == '"Content-Type" must be application/json, but is missing'
