"""What was found in a conversation, beside its transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.support.local_client import message
from tests.ui.test_reader import LINES, read

if TYPE_CHECKING:
    from tests.support.local_client import Local
    from tests.ui.conftest import Filled, Window

KINDS = ("summary", "topics", "actionItems", "questions", "followUps")


def test_insights_are_shown_and_lead_to_their_messages(window: Window, at_once: Local) -> None:
    """Just what the server finds; a kind of which there is nothing is left out."""
    said = [
        "The delivery of the new printer is late.",
        "What does the printer cost?",
        "I will send the offer tomorrow.",
    ]
    ids = at_once.submit("text", json={"messages": [message(text, "Ann") for text in said]})
    insights = at_once.get(f"/__local__/conversations/{ids['conversationId']}/insights")
    assert said[1] in [one["text"] for one in insights["questions"]]
    read(window, ids)
    found = {kind: [one["text"] for one in insights[kind]] for kind in KINDS if insights[kind]}
    expect(window.find("aside section")).to_have_count(len(found) + 1)
    for kind, texts in found.items():
        expect(window.find(f"aside .{kind} li")).to_have_text(texts)
    window.find("aside .questions button").click()
    expect(window.find(LINES).nth(1)).to_be_focused()


def test_talk_time_and_sentiment_are_told_of_each_speaker(window: Window, at_once: Local) -> None:
    """And of all together; what nobody measured, such as an overlap, is not told."""
    first = {"startTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T10:00:30Z"}
    later = {"startTime": "2026-03-01T10:00:30Z", "endTime": "2026-03-01T10:00:40Z"}
    last = {"startTime": "2026-03-01T10:00:50Z", "endTime": "2026-03-01T10:01:00Z"}
    said = [message("I love it.", "Ann", **first), message("It is terrible.", "Bob", **later), message("No.", **last)]
    read(window, at_once.submit("text", json={"messages": said}))
    lines = window.find("aside .talk li")
    expect(lines).to_have_text(
        [
            "0:50 talk, 0:10 silence · neutral (0.05)",
            "Ann50 % · 0:30 · 6 words a minute · positive (0.64)",
            "Bob17 % · 0:10 · 18 words a minute · negative (-0.48)",
            "Not known17 % · 0:10 · 6 words a minute",
        ]
    )
    share = window.tab.get_by_role("progressbar", name="Talk time of Ann")
    expect(share).to_have_js_property("position", 0.5)


def test_trackers_and_entities_lead_to_their_messages(window: Window, at_once: Local) -> None:
    """Each phrase with how often it was said; each entity with what it is."""
    said = ["Where is my parcel?", "The parcel comes on Monday.", "Is the package heavy?"]
    trackers = [{"name": "Delivery", "vocabulary": ["parcel", "package"]}]
    entities = [{"customType": "Weight", "text": "heavy"}]
    body = {"messages": [message(text, "Ann") for text in said], "trackers": trackers, "entities": entities}
    ids = at_once.submit("text", json={**body, "detectEntities": True})
    found = [f"{one['text']} {one.get('customType', one['type'])}" for one in at_once.of(ids, "entities")["entities"]]
    assert {"monday date", "heavy Weight"} <= set(found)
    read(window, ids)
    expect(window.find("aside .trackers li")).to_have_text(["Delivery: parcel 2 times", "Delivery: package"])
    window.tab.get_by_role("button", name="Delivery: package").press("Enter")
    expect(window.find(LINES).nth(2)).to_be_focused()
    expect(window.find("aside .entities li")).to_have_text(found)
    window.tab.get_by_role("button", name="monday", exact=True).press("Enter")
    expect(window.find(LINES).nth(1)).to_be_focused()


def test_what_a_recording_asked_for_is_found_in_it(reading: Window, filled: Filled) -> None:
    """Of a real one: its trackers, its entities, and how much each speaker talked."""
    read(reading, filled.call)
    expect(reading.find("aside .trackers li")).to_have_text(["Delivery: package"])
    expect(reading.find("aside .entities li")).to_contain_text(["monday"])
    expect(reading.find("aside .talk strong")).to_have_text(["Agent", "Customer"])
