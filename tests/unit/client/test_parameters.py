"""Symbl's parameters: what each becomes on the wire, and what is refused before anything is sent."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from airflow_provider_symbl.client.parameters import (
    LANGUAGE_CODES,
    MEDIA_PARAMETERS,
    TEXT_PARAMETERS,
    MediaParameters,
    TextParameters,
)
from airflow_provider_symbl.exceptions import SymblConfigurationError
from tests.support.scripted_server import Answer, Received
from tests.unit.client.client_fixtures import SUBMISSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.client.client import SymblClient
    from tests.support.scripted_server import ScriptedServer

TRACKERS = [{"name": "Money", "vocabulary": ["refund", "double charge"]}, {"id": "4527907378937856"}]
ENTITIES = [{"customType": "product", "text": "Röhre & Söhne", "value": "1 %"}]
FEATURES = {"featureList": ["insights", "callScore"], "callScore": {"scorecardId": 7}}
CHANNELS = [{"channel": 1, "speaker": {"name": "Ann", "email": "ann@example.org"}}]
METADATA = {"salesStage": "demo", "prospectName": "Ann"}
WEBHOOK = "https://h.example/x?a=1&b=2"
MESSAGES = [{"payload": {"content": "Hello."}}]

DIARIZATION = {"enable_speaker_diarization": True, "diarization_speaker_count": 2}
PER_CHANNEL = {"enable_separate_recognition_per_channel": True}

# Each parameter: the Python name, what is given, Symbl's name, the JSON value, the text in a query.
GOOD: list[tuple[str, Any, str, Any, str]] = [
    ("name", "Call 7: a+b & c", "name", "Call 7: a+b & c", "Call 7: a+b & c"),
    ("name", "007", "name", "007", "007"),
    ("name", 20261124, "name", "20261124", "20261124"),
    ("name", 1.5, "name", "1.5", "1.5"),
    ("name", datetime.date(2026, 1, 31), "name", "2026-01-31", "2026-01-31"),
    ("trackers", [{"id": 7}], "trackers", [{"id": "7"}], '[{"id":"7"}]'),
    ("trackers", [{"name": 5, "vocabulary": [1984]}], "trackers", [{"name": "5", "vocabulary": ["1984"]}],
     '[{"name":"5","vocabulary":["1984"]}]'),
    ("entities", [{"customType": 1, "text": 2, "value": 3}], "entities",
     [{"customType": "1", "text": "2", "value": "3"}], '[{"customType":"1","text":"2","value":"3"}]'),
    ("metadata", {"salesStage": "Closed Won", "k": 7}, "metadata", {"salesStage": "Closed Won", "k": "7"},
     '{"salesStage":"Closed Won","k":"7"}'),
    ("custom_vocabulary", [1984], "customVocabulary", ["1984"], '["1984"]'),
    ("channel_metadata", [{"channel": 1, "speaker": {"name": 7}}], "channelMetadata",
     [{"channel": 1, "speaker": {"name": "7"}}], '[{"channel":1,"speaker":{"name":"7"}}]'),
    ("confidence_threshold", 0.5, "confidenceThreshold", 0.5, "0.5"),
    ("confidence_threshold", 1, "confidenceThreshold", 1, "1"),
    ("confidence_threshold", "0.7", "confidenceThreshold", 0.7, "0.7"),
    ("detect_phrases", True, "detectPhrases", True, "true"),
    ("detect_phrases", "true", "detectPhrases", True, "true"),
    ("detect_entities", False, "detectEntities", False, "false"),
    ("detect_entities", "False", "detectEntities", False, "false"),
    ("entities", ENTITIES, "entities", ENTITIES, '[{"customType":"product","text":"Röhre & Söhne","value":"1 %"}]'),
    ("trackers", json.dumps(TRACKERS[1:]), "trackers", TRACKERS[1:], '[{"id":"4527907378937856"}]'),
    ("trackers", TRACKERS, "trackers", TRACKERS, json.dumps(TRACKERS, separators=(",", ":"))),
    ("enable_all_trackers", "TRUE", "enableAllTrackers", True, "true"),
    ("enable_summary", True, "enableSummary", True, "true"),
    ("webhook_url", WEBHOOK, "webhookUrl", WEBHOOK, WEBHOOK),
    ("features", FEATURES, "features", FEATURES, json.dumps(FEATURES, separators=(",", ":"))),
    ("metadata", METADATA, "metadata", METADATA, '{"salesStage":"demo","prospectName":"Ann"}'),
    ("conversation_type", "sales", "conversationType", "sales", "sales"),
    ("custom_vocabulary", ["Symbl"], "customVocabulary", ["Symbl"], '["Symbl"]'),
    ("custom_vocabulary", ("a", "b"), "customVocabulary", ["a", "b"], '["a","b"]'),
    ("language_code", "de-DE", "languageCode", "de-DE", "de-DE"),
    ("mode", "phone", "mode", "phone", "phone"),
    ("enable_separate_recognition_per_channel", True, "enableSeparateRecognitionPerChannel", True, "true"),
    ("channel_metadata", CHANNELS, "channelMetadata", CHANNELS, json.dumps(CHANNELS, separators=(",", ":"))),
    ("enable_speaker_diarization", True, "enableSpeakerDiarization", True, "true"),
    ("diarization_speaker_count", "3", "diarizationSpeakerCount", 3, "3"),
]  # fmt: skip

NO_JSON = ", or its JSON text; of a template {{ … | tojson }}, of a task's result its .output"

# Each parameter: what is given, and the error's text.
BAD: list[tuple[str, Any, str]] = [
    ("name", " ", "name: got ' '; allowed: text that is not blank"),
    ("name", True, "name: got True; allowed: text that is not blank"),
    ("name", float("nan"), "name: got nan; allowed: text that is not blank"),
    ("confidence_threshold", 0.49, "confidence_threshold: got 0.49; allowed: a number from 0.5 to 1.0"),
    ("confidence_threshold", "high", "confidence_threshold: got 'high'; allowed: a number from 0.5 to 1.0"),
    ("confidence_threshold", True, "confidence_threshold: got True; allowed: a number from 0.5 to 1.0"),
    ("confidence_threshold", "NaN", "confidence_threshold: got 'NaN'; allowed: a number from 0.5 to 1.0"),
    ("detect_phrases", "yes", "detect_phrases: got 'yes'; allowed: True or False"),
    ("detect_entities", 1, "detect_entities: got 1; allowed: True or False"),
    ("entities", "[]", "entities: got a value of type list; allowed: a list of at least one item, or its JSON text"),
    ("entities", [{"text": "x"}], "entities[0].customType: got nothing; allowed: text that is not blank"),
    ("trackers", [{"name": "x", "vocabulary": []}], "trackers[0].vocabulary: got a value of type list; allowed"),
    ("trackers", [{"id": ""}], "trackers[0].id: got ''; allowed: text that is not blank"),
    ("trackers", [{"id": True}], "trackers[0].id: got True; allowed: text that is not blank"),
    ("trackers", [{"id": "1", "name": "x"}], "trackers[0]: got 'name'; allowed: the keys id"),
    ("trackers", ["x"], "trackers[0]: got a value of type str; allowed: an object with name, vocabulary, or its JSON"),
    ("trackers", [TRACKERS[0], TRACKERS[0]], "trackers[1]: got 'Money'; allowed: each name once"),
    ("trackers", [{"name": "x", "vocabulary": ["a", "a"]}], "trackers[0].vocabulary[1]: got 'a'; allowed: each item"),
    ("enable_all_trackers", [True], "enable_all_trackers: got a value of type list; allowed: True or False"),
    ("enable_summary", "1", "enable_summary: got '1'; allowed: True or False"),
    ("webhook_url", "h.example/x", "webhook_url: got 'h.example/x'; allowed: an absolute http or https URL"),
    ("webhook_url", "https://[::1", "webhook_url: got 'https://[::1'; allowed: an absolute http or https URL"),
    ("webhook_url", "https://h/a b", "webhook_url: got 'https://h/a b'; allowed: an absolute http or https URL"),
    ("features", {"featureList": ["summary"]}, "features.featureList[0]: got 'summary'; allowed: insights, callScore"),
    ("features", {"x": 1}, "features: got 'x'; allowed: the keys featureList, callScore"),
    ("metadata", {"salesStage": " "}, "metadata.salesStage: got ' '; allowed: text that is not blank"),
    ("metadata", "{'k': 'v'}", f"metadata: got a value of type str; allowed: an object with salesStage{NO_JSON}"),
    ("trackers", "[{'id': '7'}]", f"trackers: got a value of type str; allowed: a list of at least one item{NO_JSON}"),
    ("metadata", ["k"], "metadata: got a value of type list; allowed: an object with salesStage, or its JSON text"),
    ("conversation_type", ["sales"], "conversation_type: got a value of type list; allowed: sales, general"),
    ("custom_vocabulary", "word", "custom_vocabulary: got a value of type str; allowed: a list of at least one item"),
    ("custom_vocabulary", [" "], "custom_vocabulary[0]: got ' '; allowed: text that is not blank"),
    ("language_code", "de", "language_code: got 'de'; allowed: en-US, en-GB"),
    ("mode", "x" * 100, f"mode: got '{'x' * 59}…; allowed: default, phone"),
    ("enable_separate_recognition_per_channel", "on", "enable_separate_recognition_per_channel: got 'on';"),
    ("channel_metadata", [{"channel": 0, "speaker": {}}], "channel_metadata[0].channel: got 0; allowed: a whole"),
    ("channel_metadata", [{"channel": 1}], "channel_metadata[0].speaker: got nothing; allowed: an"),
    ("channel_metadata", CHANNELS * 2, "channel_metadata[1]: got 1; allowed: each channel once"),
    ("enable_speaker_diarization", 2, "enable_speaker_diarization: got 2; allowed: True or False"),
    ("diarization_speaker_count", 0, "diarization_speaker_count: got 0; allowed: a whole number from 1 up"),
    ("diarization_speaker_count", "2.0", "diarization_speaker_count: got '2.0'; allowed: a whole number from 1 up"),
    ("diarization_speaker_count", True, "diarization_speaker_count: got True; allowed: a whole number from 1 up"),
]  # fmt: skip

PARTNERS: dict[str, dict[str, Any]] = {
    "enable_speaker_diarization": DIARIZATION,
    "diarization_speaker_count": DIARIZATION,
    "channel_metadata": PER_CHANNEL,
}


def with_partner(name: str, given: object) -> dict[str, Any]:
    """Return a parameter with what must stand beside it."""
    return {**PARTNERS.get(name, {}), name: given}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Make a file to be sent."""
    path = tmp_path / "call.wav"
    path.write_bytes(b"RIFF")
    return path


@pytest.fixture
def submitted(server: ScriptedServer) -> Callable[[], Received]:
    """Answer all submits, and return the one that arrived."""
    for path in ("text", "audio", "audio/url", "video", "video/url"):
        server.answer(f"/v1/process/{path}", Answer(201, SUBMISSION))

    def only() -> Received:
        (request,) = [request for request in server.requests if "/process/" in request.path]
        return request

    return only


def test_the_tables_hold_every_parameter() -> None:
    """A parameter without a row here would be sent untested."""
    assert {row[0] for row in GOOD} == {row[0] for row in BAD} == set(MEDIA_PARAMETERS)


def test_the_keywords_are_the_parameters() -> None:
    """What type checkers see is what is checked."""
    assert set(MediaParameters.__annotations__) == set(MEDIA_PARAMETERS)
    assert set(TextParameters.__annotations__) == set(TEXT_PARAMETERS)


@pytest.mark.parametrize("row", GOOD, ids=str)
def test_a_file_carries_its_parameters_in_the_query(
    client: SymblClient,
    submitted: Callable[[], Received],
    recording: Path,
    row: tuple[str, Any, str, Any, str],
) -> None:
    """Lists and objects are one JSON text each, booleans lower-case, and everything is percent-encoded."""
    name, given, wire_name, _, text = row
    client.submit_audio_file(recording, **with_partner(name, given))
    request = submitted()
    assert request.query[wire_name] == text
    raw = dict(pair.split("=", 1) for pair in request.query_string.split("&"))
    assert unquote(raw[wire_name]) == text, "a space is %20, a plus is %2B: read the same with and without form rules"


@pytest.mark.parametrize("row", GOOD, ids=str)
def test_a_url_carries_its_parameters_in_the_body(
    client: SymblClient,
    submitted: Callable[[], Received],
    row: tuple[str, Any, str, Any, str],
) -> None:
    """Values stay JSON, of the same type as the value that was meant."""
    name, given, wire_name, value, _ = row
    client.submit_video_url("https://h.example/v.mp4", **with_partner(name, given))
    body = submitted().json
    assert body["url"] == "https://h.example/v.mp4"
    assert body[wire_name] == value
    assert type(body[wire_name]) is type(value)
    assert submitted().query_string == ""


@pytest.mark.parametrize(("name", "given", "message"), BAD)
def test_a_bad_value_is_refused_before_anything_is_sent(
    client: SymblClient,
    server: ScriptedServer,
    name: str,
    given: object,
    message: str,
) -> None:
    """The error names the place, what was given and what is allowed."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.submit_audio_url("https://h.example/a.mp3", **with_partner(name, given))
    assert str(caught.value).startswith(message)
    assert server.connections == 0


@pytest.mark.parametrize("nothing", [None, "", [], (), {}])
def test_what_is_empty_is_never_sent(
    client: SymblClient,
    submitted: Callable[[], Received],
    recording: Path,
    nothing: Any,  # noqa: ANN401 - each kind of nothing
) -> None:
    """None and empties are left out of the query."""
    everything: dict[str, Any] = dict.fromkeys(MEDIA_PARAMETERS, nothing)
    client.submit_video_file(recording, extra_parameters={"newThing": nothing}, **everything)
    assert submitted().query_string == ""
    assert submitted().target == "/v1/process/video"


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({"metadata": {"k": None}}, {}),
        ({"metadata": "{}"}, {}),
        ({"features": {"featureList": ["insights"], "callScore": {}}}, {"features": {"featureList": ["insights"]}}),
        ({"extra_parameters": {}}, {}),
    ],
)
def test_what_holds_nothing_but_empties_is_empty(
    client: SymblClient,
    submitted: Callable[[], Received],
    parameters: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    """An object whose keys all hold nothing is not sent as an empty object."""
    client.submit_text(MESSAGES, **parameters)
    assert submitted().json == {"messages": MESSAGES, **sent}


def test_every_language_of_symbl_is_taken(client: SymblClient, server: ScriptedServer) -> None:
    """All 20 codes travel as they are."""
    server.answer("/v1/process/audio/url", Answer(201, SUBMISSION))
    for code in LANGUAGE_CODES:
        client.submit_audio_url("https://h.example/a.mp3", language_code=code)
    assert [request.json["languageCode"] for request in server.received("/v1/process/audio/url")] == [*LANGUAGE_CODES]
    assert len(set(LANGUAGE_CODES)) == 20


def test_an_unknown_keyword_is_refused(client: SymblClient, server: ScriptedServer) -> None:
    """The error names the keyword and all that there are."""
    unknown: dict[str, Any] = {"enable_sumary": True}
    with pytest.raises(SymblConfigurationError, match="parameter: got 'enable_sumary'; allowed: for text: name, conf"):
        client.submit_text(MESSAGES, **unknown)
    assert server.connections == 0


@pytest.mark.parametrize("name", sorted(set(MEDIA_PARAMETERS) - set(TEXT_PARAMETERS)))
def test_text_has_no_parameters_about_speech(client: SymblClient, name: str) -> None:
    """A written conversation has no language code, channels or speakers to tell apart."""
    unknown: dict[str, Any] = {name: "en-US"}
    with pytest.raises(SymblConfigurationError, match=f"parameter: got '{name}'; allowed: for text: name"):
        client.submit_text(MESSAGES, **unknown)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"enable_speaker_diarization": True}, "diarization_speaker_count: got nothing; allowed: a number of speakers"),
        ({"diarization_speaker_count": 2}, "diarization_speaker_count: got 2; allowed: to be given with enable_"),
        (
            {"enable_speaker_diarization": "false", "diarization_speaker_count": 2},
            "diarization_speaker_count: got 2; allowed: to be given with enable_",
        ),
        ({"channel_metadata": CHANNELS}, "channel_metadata: got a value of type list; allowed: to be given with"),
        (
            {"channel_metadata": CHANNELS, "enable_separate_recognition_per_channel": False},
            "channel_metadata: got a value of type list; allowed: to be given with enable_",
        ),
    ],
)
def test_one_of_a_pair_alone_is_refused(client: SymblClient, given: dict[str, Any], message: str) -> None:
    """Symbl would ignore or misread it."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.submit_audio_url("https://h.example/a.mp3", **given)
    assert str(caught.value).startswith(message)


def test_extra_parameters_travel_as_they_are(
    client: SymblClient,
    submitted: Callable[[], Received],
    recording: Path,
) -> None:
    """What Symbl adds tomorrow is sent under its own name, beside what has a keyword."""
    extra = {"newThing": {"on": True}, "timezoneOffset": 0, "empty": None}
    client.submit_audio_file(recording, name="n", extra_parameters=extra)
    assert submitted().query == {"name": "n", "newThing": '{"on":true}', "timezoneOffset": "0"}


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            "{'x': 1}",
            "extra_parameters: got a value of type str; allowed: a mapping of Symbl's parameter names to JSON val",
        ),
        ("x=1", "extra_parameters: got 'x=1'; allowed: a mapping of Symbl's parameter names to JSON values"),
        ({1: 2}, "extra_parameters: got a value of type dict; allowed: a mapping of Symbl's parameter names"),
        ({"messages": []}, "extra_parameters: got 'messages'; allowed: names other than 'messages'"),
        ({"detectPhrases": True}, "extra_parameters: got 'detectPhrases'; allowed: names without a keyword of"),
        ({"x": {1, 2}}, "extra_parameters.x: got a value of type set; allowed: a JSON value"),
        ({"x": float("nan")}, "extra_parameters.x: got nan; allowed: a JSON value"),
    ],
)
def test_extra_parameters_with_a_bad_shape_are_refused(
    client: SymblClient,
    server: ScriptedServer,
    extra: Any,  # noqa: ANN401 - wrong on purpose
    message: str,
) -> None:
    """They may not hide what has a keyword, nor hold what JSON cannot."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.submit_text(MESSAGES, extra_parameters=extra)
    assert str(caught.value).startswith(message)
    assert server.connections == 0


def test_extra_parameters_may_be_json_text(client: SymblClient, submitted: Callable[[], Received]) -> None:
    """A rendered template is text, for these as for all others."""
    client.submit_text(MESSAGES, extra_parameters='{"timezoneOffset": 60}')
    assert submitted().json == {"messages": MESSAGES, "timezoneOffset": 60}


def test_a_misspelt_keyword_is_answered_with_the_one_that_was_meant(client: SymblClient) -> None:
    """One letter is soon left out."""
    unknown: dict[str, Any] = {"confidence_treshold": 0.7}
    with pytest.raises(SymblConfigurationError, match=r"; did you mean confidence_threshold\?$"):
        client.submit_text(MESSAGES, **unknown)


def test_text_may_carry_the_name_of_a_parameter_about_speech_as_an_extra(
    client: SymblClient,
    submitted: Callable[[], Received],
) -> None:
    """An extra is refused only where the same submission has the keyword."""
    client.submit_text(MESSAGES, extra_parameters={"languageCode": "en-US"})
    assert submitted().json["languageCode"] == "en-US"
