"""What all calls share: methods, bodies, and query strings with nested values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.support.audio import Sound
from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local

WAV = Sound().silence(0.1).wav()


def refusal(local: Local, query: str) -> str:
    """Submit a recording with a query that must be refused, and give the reason."""
    answer = local.send("POST", f"/v1/process/audio?{query}", data=WAV)
    assert answer.status_code == 400, answer.text
    reason: str = answer.json()["message"]
    return reason


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/conversations", {"GET", "HEAD"}),
        ("/v1/conversations/1234567890123456", {"GET", "HEAD", "PUT", "DELETE"}),
        ("/v1/manage/trackers", {"GET", "HEAD", "POST"}),
        ("/v1/process/text", {"POST"}),
        ("/__local__/progress", {"GET", "HEAD", "PUT"}),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(local: Local, path: str, allowed: set[str]) -> None:
    """All that the path has."""
    answer = local.send("PATCH", path)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert answer.json() == {"message": f"Method Not Allowed: PATCH {path}"}


def test_a_head_is_answered_as_a_get_without_its_body(local: Local) -> None:
    """On a path that has other methods too."""
    path = f"/v1/conversations/{local.text('Hello.')['conversationId']}"
    answer = local.send("HEAD", path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(local.send("GET", path).content)


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/conversations/", "/v1/process/audio/url/", "/v2/conversations"])
def test_a_path_that_is_none_is_not_found(local: Local, path: str) -> None:
    """Nor led elsewhere."""
    answer = local.send("GET", path, allow_redirects=False)
    assert (answer.status_code, answer.json()) == (404, {"message": f"Not Found: GET {path}"})


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_must_say_that_it_is_json(local: Local, content_type: str) -> None:
    """On every call that has one."""
    headers = {"Content-Type": content_type}
    answer = local.send("POST", "/v1/manage/tracker", data=b'{"name": "x", "vocabulary": ["y"]}', headers=headers)
    said = f'"Content-Type" must be application/json, but is {content_type or "missing"}'
    assert (answer.status_code, answer.json()["message"]) == (400, said)


def test_json_may_have_parameters_and_capitals(local: Local) -> None:
    """A Content-Type is more than its name."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = local.send("POST", "/v1/manage/tracker", data=b'{"name": "x", "vocabulary": ["y"]}', headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[" * 100_000, b"\xff", b'{"name": 1e999}'])
def test_what_is_no_json_is_refused(local: Local, body: bytes) -> None:
    """However it fails to be."""
    answer = local.send("POST", "/v1/manage/tracker", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize("query", ["verbose=true&verbose=true", "verbose=true&verbose=false"])
def test_a_parameter_is_given_once(at_once: Local, query: str) -> None:
    """The same value twice is twice."""
    path = f"/v1/conversations/{at_once.text('Hello.')['conversationId']}/messages"
    answer = at_once.send("GET", f"{path}?{query}")
    said = '"verbose" must be given once, but is given 2 times'
    assert (answer.status_code, answer.json()["message"]) == (400, said)


@pytest.mark.process
def test_nested_values_may_come_in_brackets(at_once: Local) -> None:
    """As Symbl's support told a customer, and as JavaScript's libraries write them."""
    query = {
        "features[featureList][0]": "insights",
        "features[featureList][1]": "callScore",
        "features[callScore][scorecardId]": "7",
        "metadata[salesStage]": "demo",
        "trackers[0][name]": "Price",
        "trackers[0][vocabulary][0]": "cost",
        "channelMetadata[0][channel]": "1",
        "channelMetadata[0][speaker][name]": "Ann",
        "customVocabulary[0]": "Platform",
        "enableSeparateRecognitionPerChannel": "true",
    }
    ids = at_once.submit("audio", params=query, data=WAV)
    assert at_once.of(ids, "lm-insights/status")["status"] == "completed"
    assert at_once.of(ids, "callscore/status")["status"] == "completed"
    assert [member["name"] for member in at_once.of(ids, "members")["members"]] == ["Ann"]


def test_a_list_in_brackets_is_in_the_order_of_its_numbers(at_once: Local) -> None:
    """Ten comes after nine, and the order of sending is nobody's."""
    words = {f"trackers[0][vocabulary][{index}]": f"w{index}" for index in reversed(range(12))}
    words["trackers[0][vocabulary][11]"] = "w0"
    query = "&".join([*(f"{quote(name)}={word}" for name, word in words.items()), "trackers[0][name]=x"])
    assert refusal(at_once, query) == '"trackers[0].vocabulary[11]" contains a duplicate value'


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("features[featureList][1]=insights", '"features.featureList" must be an array, but is an object'),
        ("features[featureList]=insights", '"features.featureList" must be an array, but is a string'),
        ("features[other]=1", '"features.other" is not allowed'),
        ("features[featureList][0]=a&features[featureList][0]=b", '"features[featureList][0]" must be given once, but'),
        ("metadata[a]=1&metadata[a][b]=2", '"metadata[a][b]" must not lead into another parameter\'s value'),
        ("metadata[a][b]=2&metadata[a]=1", '"metadata[a]" must be given once, but is given twice or more'),
        (
            'metadata={"prospectName":"x"}&metadata[salesStage]=demo',
            '"metadata" must be given once, but is given as a whole and in parts',
        ),
        (
            "customVocabulary=a&customVocabulary=b&customVocabulary[0]=c",
            '"customVocabulary" must be given once, but is given as a whole and in parts',
        ),
        ("customVocabulary[]=a", '"customVocabulary[]" is not allowed'),
        ("name[0]=a", '"name[0]" is not allowed'),
        ("metadata[a][b][c][d][e]=1", '"metadata[a][b][c][d][e]" is not allowed'),
        (f"metadata{'[a]' * 5000}=1", f'"metadata{"[a]" * 5000}" is not allowed'),
    ],
)
def test_brackets_that_do_not_fit_together_are_refused(local: Local, query: str, said: str) -> None:
    """Nothing is dropped without a word, and nothing goes deeper than the API's values do."""
    assert refusal(local, query).startswith(said)


@pytest.mark.parametrize("query", ["name=%ff", "name=%ed%a0%80", "%c3=x", "metadata[%e4]=x"])
def test_a_query_is_utf_8(local: Local, query: str) -> None:
    """A name in another encoding would be kept as something that nobody wrote."""
    assert refusal(local, query) == "The query string must be UTF-8, percent-encoded, but is not UTF-8"


@pytest.mark.parametrize("name", ["metadata", "features"])
def test_json_in_a_query_has_each_key_once_too(local: Local, name: str) -> None:
    """As in a body."""
    assert refusal(local, f'{name}={{"a":1,"a":2}}').startswith('"a" must be given once, but is given twice or more')


def test_a_text_takes_brackets_too(at_once: Local) -> None:
    """They say the same as the body, or they are refused."""
    body: dict[str, Any] = {"messages": [message("Hello.")], "features": {"featureList": ["insights"]}}
    same = at_once.send("POST", "/v1/process/text?features[featureList][0]=insights", json=body)
    assert same.status_code == 201
    other = at_once.send("POST", "/v1/process/text?features[featureList][0]=callScore", json=body)
    said = '"features" is given in the body and in the query string with different values'
    assert (other.status_code, other.json()["message"]) == (400, said)


@pytest.mark.parametrize(
    "address",
    ["http://exämple.com/", "http://example.com/a b", "http://example.com/%zz", "http://\x01example.com/", "//a/b"],
)
def test_an_address_is_written_as_addresses_are(local: Local, address: str) -> None:
    """What is not plain ASCII has to be percent-encoded, as with Symbl's own rules for it."""
    body = {"messages": [message("Hello.")], "webhookUrl": address}
    headers = {"Content-Type": "application/json"}
    answer = local.send("POST", "/v1/process/text", data=json.dumps(body), headers=headers)
    said = '"webhookUrl" must be a valid uri with a scheme matching the http|https pattern'
    assert (answer.status_code, answer.json()["message"]) == (400, said)
