"""The list of conversations, as people see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local
    from tests.ui.conftest import Window

NAMES = "tbody td:first-child div > a:first-child"


def test_conversations_are_listed_with_what_is_in_them(window: Window, at_once: Local) -> None:
    """The latest made first: name, beginning, length, messages and speakers."""
    at_once.text("Hello.", name="Earlier")
    times = {"startTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T10:01:05Z"}
    said = [message("Hello.", "Ann", **times), message("Hi.", "Bob", **times)]
    ids = at_once.submit("text", json={"name": "Later", "messages": said})
    window.open("conversations")
    expect(window.find(NAMES)).to_have_text(["Later", "Earlier"])
    cells = window.find("tbody tr").first.locator("td")
    expect(cells.nth(0).locator(".ids")).to_have_text(ids["conversationId"])
    expect(cells).to_contain_text(["Later", "1 Mar 2026, 10:00", "1:05", "2", "Ann, Bob"])


def test_conversations_are_searched_by_name(window: Window, at_once: Local) -> None:
    """While one types; what is found nowhere is said not to be."""
    for name in ("Weekly call", "Stand-up", "Call of Friday"):
        at_once.text("Hello.", name=name)
    window.open("conversations")
    search = window.tab.get_by_label("Search by name, id or what was said")
    search.fill("call")
    expect(window.find(NAMES)).to_have_text(["Call of Friday", "Weekly call"])
    expect(window.find(".count")).to_have_text("2 conversations")
    search.fill("nowhere")
    expect(window.find(".empty")).to_have_text("No conversation has that in its name, its ids or its transcript.")


def test_what_was_said_is_found_and_read_without_a_mouse(window: Window, at_once: Local) -> None:
    """The words that were typed are marked in their sentence, which leads to its place in the transcript."""
    at_once.text("Good morning.", "The printer is broken.", "The printer again.", name="Support")
    at_once.text("Hello.", name="Other")
    window.open("conversations")
    window.tab.get_by_label("Search by name, id or what was said").focus()
    window.tab.keyboard.type("PRINTER is")
    expect(window.find(NAMES)).to_have_text(["Support"])
    expect(window.find(".excerpt")).to_have_text("The printer is broken.")
    expect(window.find(".excerpt mark")).to_have_text("printer is")
    for _ in range(2):
        window.tab.keyboard.press("Tab")
    expect(window.find(".excerpt")).to_be_focused()
    window.tab.keyboard.press("Enter")
    expect(window.find("h1")).to_have_text("Support")
    expect(window.find(".transcript li").nth(1)).to_be_focused()


def test_conversations_are_found_by_id(window: Window, at_once: Local) -> None:
    """As it stands in a log of Airflow: that of the conversation, or of its job."""
    ids = at_once.text("Hello.", name="Wanted")
    at_once.text("Hello.", name="Other")
    window.open("conversations")
    search = window.tab.get_by_label("Search by name, id or what was said")
    for wanted in (ids["conversationId"], ids["jobId"]):
        search.fill("nothing")
        expect(window.find(NAMES)).to_have_count(0)
        search.fill(wanted)
        expect(window.find(NAMES)).to_have_text(["Wanted"])


def test_more_conversations_are_shown_on_demand(window: Window, at_once: Local) -> None:
    """Fifty at a time."""
    for number in range(60):
        at_once.text("Hello.", name=f"Call {number}")
    window.open("conversations")
    expect(window.find(NAMES)).to_have_count(50)
    expect(window.find(".count")).to_have_text("60 conversations")
    window.press("Show more")
    expect(window.find(NAMES)).to_have_count(60)
    expect(window.tab.get_by_role("button", name="Show more")).to_be_hidden()


def test_where_there_are_no_conversations_the_page_says_so(window: Window, local: Local) -> None:
    """And one that is made then appears by itself, and can be opened."""
    window.open("conversations")
    expect(window.find(".empty")).to_contain_text("No conversations yet: drop a recording on this page")
    local.text("Hello.", name="First")
    window.find(NAMES).click()
    expect(window.find("h1")).to_have_text("First")
