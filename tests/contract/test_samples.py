"""The submissions that the vendor's samples for curl, Node and Python make, in their several spellings, sent plainly.

Numbers in parentheses are sections of the contract. Where a sample uses a name or a form that the reference does not
have, a clear refusal is right.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.raw_client import CLIENT, JSON, RawClient
from tests.contract.sample_conversation import FEATURES, METADATA, text_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.web_server import ClipServer

    Note = Callable[[str, str, str], None]

AUDIO = "late-parcel.wav"


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer {}"}, {"Authorization": "bearer {}"}, {"x-api-key": "{}"}, {"X-API-KEY": "{}"}],
    ids=["Bearer", "bearer", "x-api-key", "X-API-KEY"],
)
def test_a_token_is_taken_from_either_header(headers: dict[str, str], raw_client: RawClient, note: Note) -> None:
    """The old header takes the bare token (1.3)."""
    del raw_client.session.headers["Authorization"]
    raw_client.session.headers.update({name: form.format(raw_client.token) for name, form in headers.items()})
    raw_client.take("POST", "text", json=text_body("Hello.", "A chat"))
    received = raw_client.server.submissions()[0]["headers"]
    assert ("authorization" in received, "x-api-key" in received) == (
        "Authorization" in headers,
        "Authorization" not in headers,
    )
    note(f"token in {next(iter(headers)).lower()}", CLIENT, "yes")


def test_a_texts_webhook_may_be_in_the_query(raw_client: RawClient, web: ClipServer, note: Note) -> None:
    """Python's sample puts it there, against the table (8.2); it is told of each status."""
    raw_client.take("POST", f"text?webhookUrl={web.url}/query", json=text_body("Hello.", "A chat"))
    posts = [web.next_post() for _ in range(3)]
    assert [(post["path"], post["status"]) for post in posts] == [
        ("/query", "scheduled"),
        ("/query", "in_progress"),
        ("/query", "completed"),
    ]
    note("POST /v1/process/text?webhookUrl=", CLIENT, "yes")


def test_a_texts_webhook_may_be_in_the_body(raw_client: RawClient, web: ClipServer) -> None:
    """As the table says (8.2)."""
    raw_client.take("POST", "text", json={**text_body("Hello.", "A chat"), "webhookUrl": f"{web.url}/body"})
    assert web.next_post()["path"] == "/body"


@pytest.mark.parametrize("value", ["true", True, "false", False])
def test_a_boolean_may_be_a_word(value: object, raw_client: RawClient, note: Note) -> None:
    """The curl and Python samples quote it (8.8); it means the same."""
    body = {**text_body("I will send it.", "A chat"), "detectPhrases": value}
    conversation_id = raw_client.take("POST", "text", json=body)
    [message] = raw_client.read(f"/v1/conversations/{conversation_id}/messages")["messages"]
    assert bool(message["phrases"]) == (value in ("true", True))
    note('detectPhrases: "true"', CLIENT, "yes")


@pytest.mark.parametrize("where", ["body", "query", "both"])
def test_diarization_of_a_url_may_stand_in_either_place(
    where: str, raw_client: RawClient, web: ClipServer, note: Note
) -> None:
    """The table says the body and the prose the query (8.3)."""
    body: dict[str, Any] = {"url": f"{web.url}/{AUDIO}"}
    given = {"enableSpeakerDiarization": True, "diarizationSpeakerCount": 1}
    query = "?enableSpeakerDiarization=true&diarizationSpeakerCount=1" if where != "body" else ""
    conversation_id = raw_client.take("POST", f"audio/url{query}", json=body | (given if where != "query" else {}))
    members = raw_client.read(f"/v1/conversations/{conversation_id}/members")["members"]
    assert [member["name"] for member in members] == ["Speaker 1"]
    note(f"diarization of a URL in {where}", CLIENT, "yes")


def test_of_two_different_speaker_counts_the_bodys_is_taken(raw_client: RawClient, web: ClipServer) -> None:
    """And the journal says that they differ."""
    body = {"url": f"{web.url}/{AUDIO}", "enableSpeakerDiarization": True, "diarizationSpeakerCount": 1}
    raw_client.take("POST", "audio/url?diarizationSpeakerCount=2", json=body)
    [said] = raw_client.server.submissions()[0]["odd"]
    assert said.startswith('"diarizationSpeakerCount" is given in the body and in the query string')


@pytest.mark.parametrize("space", ["%20", "+"])
def test_a_space_may_be_written_two_ways(space: str, raw_client: RawClient, audio: bytes, note: Note) -> None:
    """The samples for curl write ``%20`` and Python's ``+`` (2.4)."""
    conversation_id = raw_client.take("POST", f"audio?name=Business{space}Meeting", data=audio)
    assert raw_client.name(conversation_id) == "Business Meeting"
    note(f"space as {space}", CLIENT, "yes")


@pytest.mark.parametrize("kind", [None, "", "audio/wav", "audio/wave", "application/octet-stream"])
def test_audio_needs_no_type(kind: str | None, raw_client: RawClient, audio: bytes, note: Note) -> None:
    """The header may be missing (2.2), and the vendor's own clients send an empty or a general one."""
    raw_client.take("POST", "audio?name=A%20call", data=audio, headers={} if kind is None else {"Content-Type": kind})
    assert raw_client.server.submissions()[0]["headers"].get("content-type") == kind
    note("audio with " + ("no Content-Type" if kind is None else f'Content-Type "{kind}"'), CLIENT, "yes")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "audio/ogg", "late-parcel.wav"])
def test_audio_of_another_type_is_taken(kind: str, raw_client: RawClient, audio: bytes, note: Note) -> None:
    """Curl adds the first by itself; one community client sends what is no media type at all (2.2)."""
    raw_client.take("POST", "audio", data=audio, headers={"Content-Type": kind})
    [said] = raw_client.server.submissions()[0]["odd"]
    assert said.startswith('"Content-Type" must be one of [audio/wav, audio/wave, audio/mpeg, audio/mp3]')
    note(f'audio with Content-Type "{kind}"', CLIENT, "yes, noted")


def test_a_file_may_be_streamed_without_a_length(raw_client: RawClient, audio: bytes, note: Note) -> None:
    """Node's samples pipe the file, so that it arrives in chunks (8.14)."""
    half = len(audio) // 2
    raw_client.take("POST", "audio", data=iter([audio[:half], audio[half:]]))
    [sent] = raw_client.server.submissions()
    assert sent["headers"]["transfer-encoding"] == "chunked"
    assert "content-length" not in sent["headers"]
    assert sent["body_size"] == len(audio)
    note("audio in chunks, with no Content-Length", CLIENT, "yes")


def test_a_form_upload_is_refused(raw_client: RawClient, audio: bytes, note: Note) -> None:
    """The platform takes no forms (2.1)."""
    assert '"Content-Type" must be' in raw_client.refuse("POST", "audio", files={"file": (AUDIO, audio)})
    note("audio in a form", CLIENT, "refused: 400")


VOCABULARIES = {
    "one JSON text": "customVocabulary=%5B%22Northwind%22%2C%22parcel%22%5D",
    "one JSON text with one word": "customVocabulary=%5B%22Northwind%22%5D",
    "repeated": "customVocabulary=Northwind&customVocabulary=parcel",
}


@pytest.mark.parametrize("form", VOCABULARIES)
def test_vocabulary_may_be_one_text_or_repeated(form: str, raw_client: RawClient, audio: bytes, note: Note) -> None:
    """JSON text works for any number of words, repetition for two or more (2.4)."""
    raw_client.take("POST", f"audio?{VOCABULARIES[form]}", data=audio)
    note(f"customVocabulary: {form}", CLIENT, "yes")


def test_one_word_of_vocabulary_alone_is_refused(raw_client: RawClient, audio: bytes, note: Note) -> None:
    """Read as a scalar, it was refused by the vendor too, by what one published client does about it (2.4)."""
    reason = raw_client.refuse("POST", "audio?customVocabulary=Northwind", data=audio)
    assert reason.startswith('"customVocabulary" must be')
    note("customVocabulary: one bare word", CLIENT, "refused: 400")


def test_objects_in_a_files_query_are_json_text(raw_client: RawClient, audio: bytes, note: Note) -> None:
    """Features, metadata and trackers of a recording, as curl's samples and a support reply send them (2.4)."""
    given = {"features": FEATURES, "metadata": METADATA, "trackers": [{"name": "Support", "vocabulary": ["support"]}]}
    query = {name: json.dumps(value) for name, value in given.items()}
    conversation_id = raw_client.take("POST", "audio", params=query, data=audio)
    [tracker] = raw_client.read(f"/v1/conversations/{conversation_id}/trackers-detected")
    assert tracker["name"] == "Support"
    assert raw_client.read(f"/v1/conversations/{conversation_id}/callscore/status")["status"] == "completed"
    note("features, metadata, trackers as JSON text", CLIENT, "yes")


def test_objects_in_a_files_query_may_be_in_brackets(raw_client: RawClient, audio: bytes, note: Note) -> None:
    """What Node's query-string library makes of them, and what the vendor's support once advised (2.4)."""
    query = (
        "features[featureList][0]=insights&features[featureList][1]=callScore"
        "&metadata[salesStage]=discovery&metadata%5BprospectName%5D=Ben"
    )
    conversation_id = raw_client.take("POST", f"audio?{query}", data=audio)
    for feature in ("callscore", "lm-insights"):
        assert raw_client.read(f"/v1/conversations/{conversation_id}/{feature}/status")["status"] == "completed"
    note("features, metadata in brackets", CLIENT, "yes")


ODDITIES: dict[str, tuple[dict[str, Any], str]] = {
    "customEntities, an old name": ({"customEntities": [{"customType": "parcel", "text": "4711"}]}, '"customEntities"'),
    "enableAllTracker, a misspelt name": ({"enableAllTracker": True}, '"enableAllTracker"'),
    "conversationType as a list": ({"conversationType": ["sales"]}, '"conversationType"'),
    "salesStage with a capital": ({"metadata": {"salesStage": "Discovery"}}, '"metadata.salesStage"'),
    "null": ({"confidenceThreshold": None}, '"confidenceThreshold"'),
    "an empty webhook": ({"webhookUrl": ""}, '"webhookUrl"'),
}


@pytest.mark.parametrize("case", ODDITIES)
def test_a_form_that_the_reference_has_not_is_taken_and_noted(case: str, raw_client: RawClient, note: Note) -> None:
    """Old names, misspellings and placeholders of some samples (8.6, 8.7, 8.12, 8.22; 10)."""
    extra, field = ODDITIES[case]
    raw_client.take("POST", "text", json={**text_body("Hello.", "A chat"), **extra})
    assert raw_client.server.submissions()[0]["odd"][0].startswith(field)
    note(case, CLIENT, "yes, noted")


def test_a_threshold_above_one_is_refused(raw_client: RawClient, note: Note) -> None:
    """Nothing can be meant by it."""
    body = {**text_body("Hello.", "A chat"), "confidenceThreshold": 1.5}
    assert raw_client.refuse("POST", "text", json=body).startswith('"confidenceThreshold" must be')
    note("confidenceThreshold above 1", CLIENT, "refused: 400")


def test_a_threshold_below_a_half_is_taken(raw_client: RawClient, note: Note) -> None:
    """The samples' comments allow what the tables do not (8.1)."""
    raw_client.take("POST", "text", json={**text_body("Hello.", "A chat"), "confidenceThreshold": 0.3})
    note("confidenceThreshold below 0.5", CLIENT, "yes")


def test_json_with_a_trailing_comma_is_refused(raw_client: RawClient, note: Note) -> None:
    """One of curl's samples has it (8.10)."""
    reason = raw_client.refuse("POST", "text", data='{"messages": [],}', headers=JSON)
    assert reason.startswith("The request body must be JSON")
    note("JSON with a trailing comma", CLIENT, "refused: 400")


def test_an_append_keeps_the_conversation(raw_client: RawClient, audio: bytes, web: ClipServer) -> None:
    """A text, a file and a link may follow one another in one conversation (2.10)."""
    conversation_id = raw_client.take("POST", "text", json=text_body("Hello.", "A chat"))
    assert raw_client.take("PUT", f"text/{conversation_id}", json=text_body("Again.", "more")) == conversation_id
    assert raw_client.take("PUT", f"audio/{conversation_id}", data=audio) == conversation_id
    url = {"url": f"{web.url}/{AUDIO}"}
    assert raw_client.take("PUT", f"audio/url/{conversation_id}", json=url) == conversation_id
    texts = [entry["text"] for entry in raw_client.read(f"/v1/conversations/{conversation_id}/messages")["messages"]]
    assert texts[:2] == ["Hello.", "Again."]
    assert len(texts) >= 4
