"""Recordings that people drop on the page, or choose: sent, heard and read."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from playwright.sync_api import FilePayload, expect

from tests.support.audio import Sound
from tests.ui.conftest import CALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.local_client import Local
    from tests.ui.conftest import Window

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const tell = (type) => document.querySelector("main").dispatchEvent(
    new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  return [tell("dragover"), document.body.classList.contains("dropping"), tell("drop"), document.body.className];
}"""
ROWS = ".sending li"
SUBMISSION = "POST /v1/process/*"
MOST_STOPS = 8
"""Presses of Tab from the top of a short page to any of its buttons."""


def silence(name: str) -> FilePayload:
    """Make a recording in which nothing is said: it is heard at once."""
    return FilePayload(name=name, mimeType="audio/wav", buffer=Sound().silence(1).wav())


def names(local: Local) -> list[str]:
    """Read which conversations there are, oldest first."""
    return [str(job["name"]) for job in local.get("/__local__/jobs")["jobs"]]


def test_a_recording_is_chosen_heard_and_read_without_a_mouse(window: Window, local: Local) -> None:
    """From the first press of a key to the transcript, with a speaker on each channel."""
    window.tab.on("filechooser", lambda _: None)  # the driver steps in from now on, not in the middle of a key's press
    window.open("jobs")
    choose = window.tab.get_by_role("button", name="Choose recordings …")
    for _ in range(4):
        window.tab.keyboard.press("Tab")
    expect(choose).to_be_focused()
    window.tab.keyboard.press("Tab")
    expect(window.tab.get_by_label("Speakers")).to_be_focused()
    window.tab.keyboard.press("ArrowDown")
    expect(window.tab.get_by_label("Speakers")).to_have_value("One on each channel")
    window.tab.keyboard.press("Shift+Tab")
    expect(choose).to_be_focused()
    with window.tab.expect_file_chooser() as chooser:
        window.tab.keyboard.press("Enter")
    assert chooser.value.is_multiple()
    chooser.value.set_files(CALL)
    expect(window.find("h1")).to_have_text("late-parcel.wav")
    expect(window.find("main")).to_be_focused()
    (job,) = local.get("/__local__/jobs")["jobs"]
    expect(window.find(".transcript li p").first).to_be_visible()
    expect(window.find(".transcript li p")).to_have_text(local.texts(job))
    expect(window.find(".told")).to_have_text(f"What was said is here: {len(local.texts(job))} messages")
    expect(window.find(".transcript .turn .speaker:not(.unseen)")).not_to_have_count(1)
    (sent,) = [request for request in local.journal() if request["method"] == "POST" and "process" in request["path"]]
    assert (sent["path"], sent["body_size"]) == ("/v1/process/audio", CALL.stat().st_size)
    asked = {"enableSeparateRecognitionPerChannel", "detectEntities", "enableAllTrackers"}
    assert dict(sent["query"]) == {"name": "late-parcel.wav", **dict.fromkeys(asked, "true")}


def test_a_recording_is_dropped_on_any_view(window: Window, at_once: Local) -> None:
    """The page says that it will take it, takes it, and shows it."""
    window.open("faults")
    content = base64.b64encode(Sound().silence(1).wav()).decode()
    over, is_marked, dropped, left = window.tab.evaluate(DROP, ["dropped.wav", content])
    assert (over, is_marked, dropped, left) == (False, True, False, "")
    expect(window.find("h1")).to_have_text("dropped.wav")
    expect(window.find(".notes")).to_have_text("")
    assert names(at_once) == ["dropped.wav"]


def test_several_recordings_are_sent_one_after_the_other(window: Window, at_once: Local) -> None:
    """They are listed as they are taken; the page stays where it is."""
    window.open("jobs")
    window.find("input[type=file]").set_input_files([silence("one.wav"), silence("two.wav")])
    expect(window.find(".others .what")).to_have_text(["two.wav", "one.wav"])
    expect(window.find(ROWS)).to_have_count(0)
    expect(window.find("h1")).to_have_text("Jobs")
    assert names(at_once) == ["one.wav", "two.wav"]


def test_a_recording_is_seen_on_its_way(window: Window, at_once: Local) -> None:
    """However long the server takes; it goes on when another view is shown meanwhile, and pulls nobody away from it."""
    at_once.send("POST", "/__local__/faults", json={"call": SUBMISSION, "at": "before_job", "delay": 1000})
    window.open("jobs")
    window.find("input[type=file]").set_input_files(silence("slow.wav"))
    expect(window.tab.get_by_role("progressbar", name="Sent of slow.wav")).to_be_visible()
    expect(window.find(ROWS)).to_contain_text("100 % sent")
    window.open("conversations")
    window.find("h1").click()  # a browser asks nobody who has not touched the page
    with window.tab.expect_event("dialog") as question:
        window.tab.close(run_before_unload=True)
    assert question.value.type == "beforeunload"
    question.value.dismiss()
    at_once.send("DELETE", "/__local__/faults")
    expect(window.find("tbody a").first).to_have_text("slow.wav")
    expect(window.find("h1")).to_have_text("Conversations")


def test_speakers_are_told_apart_as_one_asks(window: Window, local: Local) -> None:
    """By their voices, as many as one says; a server that cannot do it gives its reason."""
    rule = {"call": SUBMISSION, "status": 400, "body": {"message": "Not today"}}
    local.send("POST", "/__local__/faults", json=rule)
    window.open("jobs")
    window.tab.get_by_label("Speakers").select_option("3 voices")
    window.find("input[type=file]").set_input_files(silence("three.wav"))
    expect(window.find(ROWS)).to_contain_text("Not sent: Not today")
    window.forgive("400 (Bad Request)")
    (sent,) = [request for request in local.journal() if request["path"] == "/v1/process/audio"]
    asked = {"enableSpeakerDiarization": "true", "diarizationSpeakerCount": "3"}
    assert dict(sent["query"]).items() >= {"name": "three.wav", **asked}.items()


def test_a_recording_waits_where_too_many_are_heard(window: Window, at_once: Local) -> None:
    """It is sent again by itself once the server has room."""
    at_once.send("POST", "/__local__/faults", json={"call": SUBMISSION, "status": 429, "times": 1})
    window.open("jobs")
    window.find("input[type=file]").set_input_files(silence("patient.wav"))
    expect(window.find(ROWS)).to_contain_text("Waiting for a job to end")
    expect(window.find("h1")).to_have_text("patient.wav")
    window.forgive("429 (Too Many Requests)")


def test_a_recording_that_is_refused_says_why(window: Window, at_once: Local) -> None:
    """Until it is dismissed; those after it are sent all the same. A screen reader is told, and the focus kept."""
    window.open("jobs")
    empty = FilePayload(name="empty.wav", mimeType="audio/wav", buffer=b"")
    window.find("input[type=file]").set_input_files([empty, silence("good.wav")])
    reason = "The request body must be the recording's bytes, but is empty"
    expect(window.find(f"{ROWS}.refused")).to_contain_text(f"Not sent: {reason}")
    expect(window.find(".others .what")).to_have_text(["good.wav"])
    expect(window.find(".uploads [role=status]")).to_have_text("good.wav was sent")
    window.tab.get_by_role("button", name="Dismiss empty.wav").press("Enter")
    expect(window.find(ROWS)).to_have_count(0)
    expect(window.tab.get_by_role("button", name="Choose recordings …")).to_be_focused()
    window.forgive("400 (Bad Request)")
    assert names(at_once) == ["good.wav"]


def test_a_recording_whose_connection_is_cut_says_so(window: Window, local: Local) -> None:
    """The browser tells no more than that."""
    local.send("POST", "/__local__/faults", json={"call": SUBMISSION, "cut": True, "times": None})
    window.open("jobs")
    window.find("input[type=file]").set_input_files(silence("lost.wav"))
    expect(window.find(ROWS)).to_contain_text("Not sent: The connection ended before the server answered")
    window.forgive("ERR_")


def test_a_recording_that_cannot_be_heard_is_told_of_where_it_is_read(window: Window, at_once: Local) -> None:
    """The person who dropped it looks there."""
    window.open("jobs")
    broken = FilePayload(
        name="broken.wav", mimeType="audio/wav", buffer=b"RIFF\xff\x00\x00\x00WAVE" + bytes(range(256))
    )
    window.find("input[type=file]").set_input_files(broken)
    expect(window.find(".notes")).to_contain_text("Job 1 of 1 failed: ")
    (job,) = at_once.get("/__local__/jobs")["jobs"]
    expect(window.find(".notes")).to_contain_text(job["message"])


def test_a_telephone_is_enough_without_a_mouse(at_once: Local, open_window: Callable[..., Window]) -> None:
    """A recording is chosen, read about and deleted, in a window of 375 pixels and by keys alone."""
    window = open_window(width=375, height=667)
    window.tab.on("filechooser", lambda _: None)  # as above
    window.open("jobs")
    keys = window.tab.keyboard
    for _ in range(4):
        keys.press("Tab")
    expect(window.tab.get_by_role("button", name="Choose recordings …")).to_be_focused()
    with window.tab.expect_file_chooser() as chooser:
        keys.press("Space")
    chooser.value.set_files(silence("short.wav"))
    expect(window.find("h1")).to_have_text("short.wav")
    delete = window.tab.get_by_role("button", name="Delete …")
    expect(delete).to_be_visible()
    focused = 0
    while not delete.evaluate("(button) => button === document.activeElement") and focused < MOST_STOPS:
        keys.press("Tab")
        focused += 1
    expect(delete).to_be_focused()
    expect(delete).to_be_in_viewport()
    for key in ("Enter", "Tab", "Enter"):
        keys.press(key)
    expect(window.find("h1")).to_have_text("Conversations")
    assert at_once.get("/__local__/conversations")["total"] == 0
