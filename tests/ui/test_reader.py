"""The transcript reader, with its recordings."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.local_client import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.local_client import Local
    from tests.ui.conftest import Filled, Window

LINES = ".transcript li"
MARKED = f"{LINES}[aria-current]"
TAKE_NOTES = """() => {
  [window.seeks, window.marks] = [[], []];
  new MutationObserver((changes) => window.marks.push(...changes
    .filter(({ target }) => target.matches("li[aria-current]"))
    .map(({ target }) => target.querySelector("p").textContent)))
    .observe(document.querySelector(".transcript"), { subtree: true, attributeFilter: ["aria-current"] });
  document.querySelector("audio").addEventListener("seeking", ({ target }) => window.seeks.push(target.currentTime));
}"""
PLAYS = "() => !document.querySelector('audio').paused"
STAND_AT = "(second) => { document.querySelector('audio').currentTime = second; }"
IS_READY = "() => document.querySelector('audio').readyState > 0"


def messages(local: Local, ids: dict[str, str]) -> list[dict[str, Any]]:
    """Read what was said from the server."""
    messages: list[dict[str, Any]] = local.get(f"/__local__/conversations/{ids['conversationId']}")["messages"]
    return messages


def read(window: Window, ids: dict[str, str]) -> None:
    """Open the reader, and wait until it shows something."""
    window.open(f"conversations/{ids['conversationId']}")
    expect(window.find(LINES).first).to_be_visible()


def test_each_message_is_shown_with_its_speaker_and_time(reading: Window, filled: Filled) -> None:
    """Of a real recording, in order; a speaker's name is seen where a turn begins, and heard at every message."""
    said = messages(filled.client, filled.call)
    read(reading, filled.call)
    expect(reading.find("h1")).to_have_text("Late parcel")
    expect(reading.find(f"{LINES} p")).to_have_text([one["text"] for one in said])
    speakers = [one["from"] for one in said]
    assert set(speakers) == {"Agent", "Customer"}
    expect(reading.find(f"{LINES} .speaker")).to_have_text(speakers)
    expect(reading.find(f"{LINES}.turn .speaker:not(.unseen)")).to_have_text([name for name, _ in groupby(speakers)])
    times = [f"0:{int(one['timeOffset']):02}" for one in said]
    expect(reading.find(f"{LINES} button.time")).to_have_text(times)
    expect(reading.find(".facts")).to_contain_text(f"0:21 · {len(said)} messages · Agent, Customer")


def test_a_click_on_a_sentence_plays_from_there(reading: Window, filled: Filled) -> None:
    """And the mark goes with what is said, to the next sentence by itself."""
    said = messages(filled.client, filled.call)
    read(reading, filled.call)
    reading.tab.evaluate(TAKE_NOTES)
    reading.find(f"{LINES} button.time").nth(3).click()
    reading.wait_for(PLAYS)
    reading.wait_for("() => window.seeks.length")
    assert reading.tab.evaluate("window.seeks[0]") == pytest.approx(said[3]["timeOffset"], abs=0.01)
    reading.wait_for("() => window.marks.length > 1")
    assert reading.tab.evaluate("window.marks.slice(0, 2)") == [said[3]["text"], said[4]["text"]]


def test_a_click_on_a_word_plays_from_that_word(reading: Window, filled: Filled) -> None:
    """Each word has a time of its own."""
    word = messages(filled.client, filled.call)[2]["words"][4]
    read(reading, filled.call)
    reading.tab.evaluate(TAKE_NOTES)
    reading.find(LINES).nth(2).locator("p span").nth(4).click()
    reading.wait_for("() => window.seeks.length")
    assert reading.tab.evaluate("window.seeks[0]") == pytest.approx(word["timeOffset"], abs=0.01)
    reading.wait_for(PLAYS)


def test_the_word_that_is_said_is_marked(reading: Window, filled: Filled) -> None:
    """Wherever the player stands, also while it does not play; never more than one."""
    said = messages(filled.client, filled.call)
    read(reading, filled.call)
    reading.wait_for(IS_READY)
    for one in (said[0], said[3], said[1]):
        for word in (one["words"][0], one["words"][-1]):
            reading.tab.evaluate(STAND_AT, word["timeOffset"] + 0.01)
            expect(reading.find(f"{MARKED} span[aria-current]")).to_have_text(word["word"].strip())
            expect(reading.find(f"{MARKED} p")).to_have_text(one["text"])


def test_what_is_said_stays_in_view(filled: Filled, open_window: Callable[..., Window]) -> None:
    """In a low window too, and below the player."""
    window = open_window(filled.client.url, width=360, height=320)
    read(window, filled.call)
    window.wait_for(IS_READY)
    last = window.find(LINES).last
    expect(last).not_to_be_in_viewport()
    window.tab.evaluate(STAND_AT, messages(filled.client, filled.call)[-1]["timeOffset"] + 0.01)
    expect(last).to_be_in_viewport(ratio=1)
    window.tab.evaluate(STAND_AT, 0.01)
    expect(window.find(LINES).first).to_be_in_viewport(ratio=1)
    player = window.find(".player").bounding_box()
    line = window.find(LINES).first.bounding_box()
    assert player is not None
    assert line is not None
    assert line["y"] >= player["y"] + player["height"]


def test_the_reader_is_used_without_a_mouse(reading: Window, filled: Filled) -> None:
    """The time of each message is a button."""
    said = messages(filled.client, filled.call)
    read(reading, filled.call)
    reading.tab.evaluate(TAKE_NOTES)
    reading.tab.get_by_role("button", name="Play from 0:07").focus()
    reading.tab.keyboard.press("Enter")
    reading.wait_for(PLAYS)
    reading.wait_for("() => window.marks.length")
    assert reading.tab.evaluate("window.marks[0]") == said[3]["text"]


def test_appended_recordings_play_one_after_the_other(reading: Window, filled: Filled) -> None:
    """A click on what was said in the second plays that; at its end the first goes over to it."""
    said = messages(filled.client, filled.appended)
    second = next(one for one in said if one["jobId"] != filled.appended["jobId"])
    read(reading, filled.appended)
    reading.tab.evaluate(TAKE_NOTES)
    choice = reading.tab.get_by_label("Which recording")
    reading.find(f"#message-{second['id']} button.time").click()
    reading.wait_for(f"() => document.querySelector('audio').src.endsWith({json.dumps(second['jobId'])})")
    reading.wait_for("() => window.marks.length")
    assert reading.tab.evaluate("window.marks[0]") == second["text"]
    expect(choice).to_have_js_property("selectedIndex", 1)
    choice.select_option(index=0)
    reading.wait_for(IS_READY)
    reading.tab.evaluate(
        "() => { const it = document.querySelector('audio'); it.currentTime = it.duration - .1; it.play(); }"
    )
    expect(choice).to_have_js_property("selectedIndex", 1)
    reading.wait_for(PLAYS)
    assert reading.tab.evaluate("document.querySelector('audio').src").endswith(second["jobId"])


def test_a_text_has_no_player(window: Window, at_once: Local) -> None:
    """Nor anything that looks as if it could be played; who is not known is said not to be."""
    ids = at_once.submit("text", json={"messages": [message("Hello.", "Ann"), message("Hi.")]})
    read(window, ids)
    expect(window.find(f"{LINES} .speaker")).to_have_text(["Ann", "Unknown speaker"])
    expect(window.find("audio")).to_be_hidden()
    expect(window.find(f"{LINES} button")).to_have_count(0)


def test_a_recording_that_browsers_cannot_play_is_said_to_be_one(reading: Window, filled: Filled) -> None:
    """Its transcript is there all the same."""
    reading.tab.route("**/__local__/recordings/*", lambda route: route.fulfill(body=b"#!AMR", content_type="audio/amr"))
    read(reading, filled.call)
    expect(reading.find(".player .problem")).to_have_text("This browser cannot play the recording (audio/wav).")
    assert len(messages(filled.client, filled.call)) == reading.find(LINES).count()


def test_what_was_said_appears_when_its_job_is_over(window: Window, local: Local) -> None:
    """By itself; until then the page says that there is more to come."""
    local.progress(by="polls", polls=2)
    ids = local.text("Hello there.")
    window.open(f"conversations/{ids['conversationId']}")
    expect(window.find(".notes")).to_have_text("Job 1 of 1 is not over: what it finds will appear here.")
    assert [local.job(ids)["status"] for _ in range(2)] == ["scheduled", "completed"]
    expect(window.find(f"{LINES} p")).to_have_text("Hello there.")
    expect(window.find(".notes")).to_have_text("")


def test_a_failed_job_is_told_of_in_its_conversation(window: Window, at_once: Local) -> None:
    """With its reason, above what the others found."""
    ids = at_once.text("Hello.")
    at_once.send("POST", "/__local__/faults", json={"call": "PUT *", "job": "failed", "message": "Out of luck"})
    at_once.append(ids["conversationId"], "More.")
    read(window, ids)
    expect(window.find(".notes")).to_have_text("Job 2 of 2 failed: Out of luck")
    expect(window.find(f"{LINES} p")).to_have_text(["Hello."])


def test_an_unknown_conversation_is_said_to_be_unknown(window: Window, local: Local) -> None:
    """Its link may be old."""
    assert local.send("GET", "/__local__/conversations/1234567890123456").status_code == 404
    window.open("conversations/1234567890123456")
    expect(window.find("h1")).to_have_text("No such conversation")
    window.forgive("404 (Not Found)")
