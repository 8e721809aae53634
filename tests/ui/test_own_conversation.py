"""What people do with a conversation: take its transcript away, copy its ids, see its picture, delete it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.support.local_client import message
from tests.ui import pixels
from tests.ui.test_reader import LINES, read

if TYPE_CHECKING:
    from tests.support.local_client import Local
    from tests.ui.conftest import Filled, Window

FORMS = {"TXT": "txt", "Markdown": "md", "SRT": "srt", "JSON": "json"}
BLACK = 24


def test_a_transcript_is_downloaded_without_a_mouse(window: Window, at_once: Local) -> None:
    """In each form; what is saved is what the server gives, under the conversation's name."""
    ids = at_once.submit("text", json={"name": "calls/Weekly call", "messages": [message("Good morning.", "Ann")]})
    read(window, ids)
    for name, suffix in FORMS.items():
        with window.tab.expect_download() as download:
            window.tab.get_by_role("link", name=name, exact=True).press("Enter")
        assert download.value.suggested_filename == f"Weekly call.{suffix}"
        path = f"/__local__/conversations/{ids['conversationId']}/transcript.{suffix}"
        saved = Path(download.value.path()).read_bytes()
        assert saved == at_once.send("GET", path).content
        assert b"Good morning" in saved


def test_nothing_is_to_be_downloaded_before_anything_was_heard(window: Window, local: Local) -> None:
    """The page offers what there is."""
    local.progress(by="polls", polls=9)
    ids = local.text("Hello.")
    window.open(f"conversations/{ids['conversationId']}")
    expect(window.find(".notes")).to_contain_text("is not over")
    expect(window.find(".downloads")).to_be_hidden()


def test_how_far_a_recording_was_heard_is_seen(window: Window, local: Local) -> None:
    """While its transcript is waited for."""
    local.progress(by="polls", polls=9)
    ids = local.text("Hello.")
    for _ in range(2):
        local.job(ids)
    window.open(f"conversations/{ids['conversationId']}")
    expect(window.find(".heard")).to_have_text("100 % heard")
    expect(window.tab.get_by_role("progressbar", name="Progress")).to_be_visible()


def test_a_conversation_is_deleted_after_a_question(window: Window, at_once: Local) -> None:
    """By keyboard alone: Escape leaves it, and the first answer does; then it is gone from the server too."""
    ids = at_once.text("Hello.", name="Secret")
    read(window, ids)
    delete = window.tab.get_by_role("button", name="Delete …")
    dialog = window.tab.get_by_role("dialog", name="Delete Secret?")
    for leave in ("Escape", "Enter"):
        delete.press("Enter")
        expect(dialog).to_be_visible()
        expect(window.tab.get_by_role("button", name="Keep it")).to_be_focused()
        window.tab.keyboard.press(leave)
        expect(dialog).to_have_count(0)
        expect(delete).to_be_focused()
    assert at_once.texts(ids) == ["Hello."]
    delete.press("Enter")
    window.tab.keyboard.press("Tab")
    expect(window.tab.get_by_role("button", name="Delete", exact=True)).to_be_focused()
    window.tab.keyboard.press("Enter")
    expect(window.find("h1")).to_have_text("Conversations")
    expect(window.find(".empty")).to_contain_text("No conversations yet")
    assert at_once.send("GET", f"/v1/conversations/{ids['conversationId']}").status_code == 404


def test_what_could_not_be_deleted_is_said_to_be_there(window: Window, at_once: Local) -> None:
    """With the server's reason; a question that is left open goes with its view."""
    fault = {"call": "DELETE *", "status": 503, "body": {"message": "Out of order"}}
    at_once.send("POST", "/__local__/faults", json=fault)
    ids = at_once.text("Hello.", name="Secret")
    read(window, ids)
    window.press("Delete …")
    window.press("Delete")
    expect(window.tab.get_by_role("alert").first).to_have_text("Not deleted: Out of order")
    window.forgive("503 (Service Unavailable)")
    window.press("Delete …")
    window.tab.go_back()
    expect(window.find("dialog")).to_have_count(0)
    assert at_once.texts(ids) == ["Hello."]


def test_ids_are_copied(window: Window, at_once: Local) -> None:
    """That of the conversation, and those of its jobs."""
    window.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ids = at_once.text("Hello.")
    second = at_once.append(ids["conversationId"], "More.")
    read(window, ids)
    wanted = {"Conversation": ids["conversationId"], "Job 1": ids["jobId"], "Job 2": second["jobId"]}
    for name, known in wanted.items():
        expect(window.find(".reader .ids")).to_contain_text(f"{name} {known}")
        copy = window.tab.get_by_role("button", name=f"Copy {name}", exact=True)
        copy.press("Enter")
        expect(copy).to_have_text("Copied")
        assert window.tab.evaluate("navigator.clipboard.readText()") == known


def test_an_id_that_may_not_be_copied_is_selected(window: Window, at_once: Local) -> None:
    """As where the page is read from another machine, without encryption."""
    window.tab.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    ids = at_once.text("Hello.")
    read(window, ids)
    window.press("Copy Job")
    expect(window.tab.get_by_role("button", name="Copy Job")).to_have_text("Selected")
    assert window.tab.evaluate("String(getSelection())") == ids["jobId"]


def test_the_picture_of_a_video_is_seen(reading: Window, filled: Filled, tmp_path: Path) -> None:
    """Before it is played, too; what was said in it stays in reach below it."""
    read(reading, filled.video)
    picture = reading.find("video.picture")
    expect(picture).to_be_visible()
    reading.wait_for("() => document.querySelector('video').readyState > 1")
    picture.screenshot(path=tmp_path / "video.png")
    seen = pixels.read(tmp_path / "video.png")
    middle = seen[seen.shape[0] // 4 : seen.shape[0] // 2, seen.shape[1] // 3 : 2 * seen.shape[1] // 3]
    assert (middle.max(axis=-1) > BLACK).mean() > 0.9
    reading.find(f"{LINES} button.time").first.press("Enter")
    reading.wait_for("() => !document.querySelector('video').paused")
    expect(reading.find(LINES).first).to_be_in_viewport()


def test_a_video_without_a_picture_takes_no_room(reading: Window, filled: Filled) -> None:
    """An MP4 may hold sound alone."""
    shown: dict[str, Any] = filled.client.get(f"/__local__/conversations/{filled.call['conversationId']}")
    (recording,) = shown["recordings"]
    answer = {**shown, "recordings": [{**recording, "mediaType": "video/mp4"}]}
    reading.tab.route(f"**/__local__/conversations/{shown['id']}", lambda route: route.fulfill(json=answer))
    read(reading, filled.call)
    reading.wait_for("() => document.querySelector('video').readyState > 0")
    box = reading.find("video").bounding_box()
    assert box is not None
    assert box["height"] < 40
