"""The reads, corrections and management calls of the vendor's samples, sent plainly.

Numbers in parentheses are sections of the contract.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.raw_client import CLIENT, RawClient
from tests.contract.sample_conversation import ANN, DELAY, FEATURES, METADATA, TURNS, conversation_body, text_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.web_server import ClipServer

    Note = Callable[[str, str, str], None]


LISTS = {
    "newest first": ("order=desc", ["b", "a", "c"]),
    "by name": ("sort=conversation.name", ["a", "b", "c"]),
    "by name, from the second on, one": ("sort=conversation.name&limit=1&offset=1", ["b"]),
    "by what was put into its metadata": ("filter=conversation.metadata.team==%22red%22", ["a"]),
    "none": ("limit=0", []),
}


@pytest.mark.parametrize("case", LISTS)
def test_conversations_are_listed(case: str, raw_client: RawClient, note: Note) -> None:
    """Ordered, paged and filtered as the reference says (2.13, 4.14)."""
    ids = {name: raw_client.take("POST", "text", json=text_body("Hello.", name)) for name in ("c", "a", "b")}
    put = raw_client.send("PUT", f"/v1/conversations/{ids['a']}", json={"metadata": {"team": "red"}})
    assert put.json() == {"id": ids["a"], "metadata": {"team": "red"}}
    query, expected = LISTS[case]
    listed = raw_client.read(f"/v1/conversations?{query}")["conversations"]
    assert [entry["name"] for entry in listed] == expected
    note(f"GET /v1/conversations?{query.partition('=')[0]}=", CLIENT, "yes")


def test_both_names_of_the_trackers_read_answer_alike(raw_client: RawClient, note: Note) -> None:
    """The reference has one and the newer clients use the other (8.12)."""
    body = {**text_body("It is late.", "A chat"), "trackers": [DELAY]}
    one = f"/v1/conversations/{raw_client.take('POST', 'text', json=body)}"
    [tracker] = raw_client.read(f"{one}/trackers-detected")
    assert tracker["matches"][0]["messageRefs"][0]["offset"] == len("It is ")
    assert raw_client.read(f"{one}/trackers") == [tracker]
    note("GET /v1/conversations/{id}/trackers-detected", CLIENT, "yes")


READS = {
    "messages?verbose=true&sentiment=true": "messages",
    "topics?sentiment=true": "topics",
    "topics?parentRefs=true": "topics",
    "topics?refresh=true": "topics",
    "questions": "questions",
    "action-items": "actionItems",
    "follow-ups": "followUps",
    "insights": "insights",
    "entities": "entities",
    "analytics": "metrics",
    "summary": "summary",
    "summary?refresh=true": "summary",
    "members": "members",
    "abstract-topics": "abstractTopics",
    "comprehensive/action-items": "actionItems",
}


@pytest.mark.parametrize("path", READS)
def test_a_read_answers_in_its_documented_form(path: str, raw_client: RawClient, note: Note) -> None:
    """Each of the conversation's lists is there, and holds something of what was said."""
    conversation_id = raw_client.take("POST", "text", json=conversation_body())
    assert raw_client.read(f"/v1/conversations/{conversation_id}/{path}")[READS[path]]
    note(f"GET /v1/conversations/{{id}}/{path.partition('?')[0]}", CLIENT, "yes")


@pytest.mark.parametrize("kind", ["text/markdown", "text/srt"])
def test_a_transcript_is_written(kind: str, raw_client: RawClient, note: Note) -> None:
    """Both formats hold what was said, and Markdown who said it (4.13)."""
    conversation_id = raw_client.take("POST", "text", json=conversation_body())
    body = {"contentType": kind, "showSpeakerSeparation": True}
    answer = raw_client.send("POST", f"/v1/conversations/{conversation_id}/transcript", json=body)
    assert answer.status_code == 200, answer.text
    payload = json.dumps(answer.json()["transcript"]["payload"])
    assert "When will it arrive?" in payload
    assert ("Ben: When will it arrive?" in payload) == (kind == "text/markdown")
    note(f"POST /v1/conversations/{{id}}/transcript ({kind})", CLIENT, "yes")


def test_a_deleted_conversation_is_gone(raw_client: RawClient, note: Note) -> None:
    """The documented message, and 404 from then on (4.14)."""
    one = f"/v1/conversations/{raw_client.take('POST', 'text', json=conversation_body())}"
    answer = raw_client.send("DELETE", one)
    assert (answer.status_code, answer.json()) == (200, {"message": "successfully deleted the conversation"})
    for method, path in (("GET", one), ("GET", f"{one}/messages"), ("DELETE", one)):
        gone = raw_client.send(method, path)
        expected = {"message": "The conversationId is either invalid or does not exist."}
        assert (gone.status_code, gone.json()) == (404, expected)
    note("DELETE /v1/conversations/{id}", CLIENT, "yes")


def test_who_spoke_when_may_be_told_afterwards(raw_client: RawClient, note: Note) -> None:
    """The samples give nanoseconds of more than a second (4.12), and each message goes to whoever spoke in it."""
    one = f"/v1/conversations/{raw_client.take('POST', 'text', json=conversation_body())}"
    carl = {"id": "carl@example.com", "name": "Carl", "email": "carl@example.com"}
    events = [
        {"type": "started_speaking", "user": carl, "offset": {"seconds": 0, "nanos": 0}},
        {"type": "stopped_speaking", "user": carl, "offset": {"seconds": 2, "nanos": 5_000_000_000}},
    ]
    answer = raw_client.send("PUT", f"{one}/speakers", json={"speakerEvents": events})
    assert (answer.status_code, set(answer.json())) == (200, {"message"})
    names = [message["from"]["name"] for message in raw_client.read(f"{one}/messages")["messages"]]
    assert names == ["Carl", *(speaker["name"] for speaker, _ in TURNS[1:])]
    note("PUT /v1/conversations/{id}/speakers", CLIENT, "yes")


def test_a_voice_becomes_a_known_member(raw_client: RawClient, audio: bytes, note: Note) -> None:
    """A diarized append brings "Speaker 1"; given Ann's e-mail address, that is Ann (2.10, 4.11)."""
    target = raw_client.take("POST", "text", json=text_body("Hello.", "A chat"))
    raw_client.take("PUT", f"audio/{target}?enableSpeakerDiarization=true&diarizationSpeakerCount=1", data=audio)
    members = f"/v1/conversations/{target}/members"
    [voice] = [member for member in raw_client.read(members)["members"] if member["name"] == "Speaker 1"]
    body = {"id": voice["id"], "name": "Ann", "email": ANN["userId"]}
    answer = raw_client.send("PUT", f"{members}/{voice['id']}", json=body)
    assert (answer.status_code, set(answer.json())) == (200, {"message"})
    [ann] = raw_client.read(members)["members"]
    assert (ann["name"], ann["email"]) == ("Ann", ANN["userId"])
    note("PUT /v1/conversations/{id}/members/{memberId}", CLIENT, "yes")


def test_a_kept_tracker_is_used_by_its_id_or_with_all_others(raw_client: RawClient, note: Note) -> None:
    """The tracker tutorial's two ways to ask for one that the account keeps (2.6, 7)."""
    created = raw_client.send("POST", "/v1/manage/tracker", json=DELAY).json()["tracker"]
    assert {**DELAY, "id": created["id"]} == created
    assert raw_client.read("/v1/manage/trackers?name=Delay") == {"trackers": [created]}
    for asked in ({"trackers": [{"id": created["id"]}]}, {"enableAllTrackers": True}):
        conversation_id = raw_client.take("POST", "text", json={**text_body("It is late.", "A chat"), **asked})
        [found] = raw_client.read(f"/v1/conversations/{conversation_id}/trackers-detected")
        assert (found["id"], found["name"]) == (created["id"], "Delay")
    note("POST /v1/manage/tracker", CLIENT, "yes")
    note("GET /v1/manage/trackers", CLIENT, "yes")


EXPERIENCES: dict[str, dict[str, Any]] = {
    "verbose-text-summary": {},
    "audio-summary": {"summaryURLExpiresIn": 0, "logo": "https://example.com/logo.png"},
    "video-summary": {"videoUrl": "https://example.com/call.mp4", "color": {"background": "#0a2136"}},
}


@pytest.mark.parametrize("name", EXPERIENCES)
def test_a_link_for_people_is_given(name: str, raw_client: RawClient, web: ClipServer, note: Note) -> None:
    """The pre-built pages' call (5) gives a link that the server itself serves."""
    url = f"{web.url}/late-parcel.wav"
    conversation_id = raw_client.take("POST", "audio/url", json={"url": url})
    body = {"name": name, **EXPERIENCES[name], **({"audioUrl": url} if name == "audio-summary" else {})}
    answer = raw_client.send("POST", f"/v1/conversations/{conversation_id}/experiences", json=body)
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["name"] == name
    page = raw_client.session.get(answer.json()["url"], timeout=60)
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    note(f"POST /v1/conversations/{{id}}/experiences ({name})", CLIENT, "yes")


def test_add_ons_are_followed_in_the_newest_samples_order(raw_client: RawClient, note: Note) -> None:
    """Job, insights' status, call score's status, then the insights themselves (3, 4.16)."""
    body = {**conversation_body(), "features": FEATURES, "metadata": METADATA, "startTime": "2026-03-02T09:00:00.000Z"}
    one = f"/v1/conversations/{raw_client.take('POST', 'text', json=body)}"
    assert raw_client.read(f"{one}/lm-insights/status")["status"] == "completed"
    assert raw_client.read(f"{one}/callscore/status")["status"] == "completed"
    [insights] = raw_client.read(f"{one}/lm-insights")
    assert sorted(person["name"] for person in insights["attendees"]) == ["Ann", "Ben"]
    assert insights["meetingName"] == "A late parcel"
    assert insights["callNextSteps"]["nextSteps"]
    note("GET /v1/conversations/{id}/lm-insights", CLIENT, "yes")
    refused = raw_client.send("GET", f"{one}/callscore")
    assert (refused.status_code, refused.json()["message"].partition(":")[0]) == (
        501,
        "symbl-local does not score calls",
    )
    note("GET /v1/conversations/{id}/callscore", CLIENT, "refused: 501")
