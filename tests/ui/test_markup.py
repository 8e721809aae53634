"""Markup in what comes from clients: it stays text wherever the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, expect

from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local
    from tests.ui.conftest import Window

EVIL = """<img src=x onerror="window.hacked = true"><script>window.hacked = true</script><b>bold</b>"""


@pytest.mark.parametrize("view", ["jobs", "conversations", "conversations/{conversationId}"])
def test_markup_in_what_comes_from_clients_stays_text(window: Window, at_once: Local, view: str) -> None:
    """Names of conversations and speakers, and what was said, are shown letter by letter and do nothing."""
    tracker, entity = {"name": EVIL, "vocabulary": ["bold"]}, {"customType": EVIL, "text": "hacked"}
    body = {"name": EVIL, "messages": [message(EVIL, EVIL)], "trackers": [tracker], "entities": [entity]}
    ids = at_once.submit("text", json={**body, "detectEntities": True})
    window.open(view.format(**ids))
    expect(window.tab.get_by_text(EVIL, exact=True).first).to_be_visible()
    expect(window.find("main img, main script, main b")).to_have_count(0)
    assert window.tab.evaluate("window.hacked") is None


def test_markup_in_a_reason_and_a_rule_stays_text(window: Window, at_once: Local) -> None:
    """They come from clients too."""
    at_once.send("POST", "/__local__/faults", json={"call": "POST *", "job": "failed", "message": EVIL})
    at_once.text("Hello.")
    window.open("jobs")
    expect(window.find(".reason")).to_have_text(EVIL)
    window.open("faults")
    expect(window.find(".rules code")).to_contain_text("<img src=x onerror=")
    expect(window.find("main img, main script, main b")).to_have_count(0)
    assert window.tab.evaluate("window.hacked") is None


def test_markup_in_a_search_and_a_question_stays_text(window: Window, at_once: Local) -> None:
    """What was found is marked by the page's own element, and by none that was said."""
    at_once.submit("text", json={"name": EVIL, "messages": [message(EVIL, EVIL)]})
    window.open("conversations")
    window.find("#search").fill("<b>bold")
    expect(window.find(".excerpt mark")).to_have_text("<b>bold")
    expect(window.find("main img, main script, main b")).to_have_count(0)
    window.find(".excerpt").click()
    window.press("Delete …")
    expect(window.find("dialog h2")).to_have_text(f"Delete {EVIL}?")
    expect(window.find("dialog img, dialog script, dialog b")).to_have_count(0)
    assert window.tab.evaluate("window.hacked") is None


def test_markup_in_the_name_of_a_file_stays_text(window: Window) -> None:
    """While it is sent, and when it is refused."""
    window.open("jobs")
    empty = FilePayload(name="<img src=x onerror=hacked()>.wav", mimeType="audio/wav", buffer=b"")
    window.find("input[type=file]").set_input_files(empty)
    expect(window.find(".refused .file")).to_have_text("<img src=x onerror=hacked()>.wav")
    expect(window.find("main img")).to_have_count(0)
    window.forgive("400 (Bad Request)")
