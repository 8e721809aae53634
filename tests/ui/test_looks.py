"""How the page looks: nothing cut off, nothing hard to read, in light and dark, on a telephone and on a desk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, expect

from tests.ui import pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.local_client import Local
    from tests.ui.conftest import Filled, Window

LOOKS = Path(__file__).with_name("looks.js").read_text()
VIEWS = ("jobs", "conversations", "conversations/{conversationId}", "faults")
READY = {"faults": ".rules li"}
"""What tells that a view is there, where it is no row of a table."""
GROUNDS = {"light": 200, "dark": 60}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("view", VIEWS)
def test_all_text_is_readable(
    view: str, filled: Filled, *, width: int, scheme: str, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    """It lies within the window, is not cut off, and has a contrast of 4.5 or more; dark is dark."""
    window = open_window(filled.client.url, width=width, scheme=scheme)
    window.open(view.format(**filled.call))
    _get_ready(window, view)
    assert window.tab.evaluate(LOOKS) == []
    seen = pixels.read(window.picture(tmp_path, f"{view.partition('/')[0]}-{width}-{scheme}"))
    corner = seen[-4:, :4].astype(int)
    assert (corner > GROUNDS["light"]).all() if scheme == "light" else (corner < GROUNDS["dark"]).all()


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1440, "light")])
def test_what_appears_while_it_is_used_is_readable(
    at_once: Local, *, width: int, scheme: str, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    """A file that was refused, a sentence that was found, a question, a fault that was cleared."""
    at_once.text("The printer is broken.", name="calls/Support (1a2b3c4d)")
    window = open_window(width=width, scheme=scheme)
    window.open("jobs")
    empty = FilePayload(name="a-long-name-of-a-recording.wav", mimeType="audio/wav", buffer=b"")
    window.find("input[type=file]").set_input_files(empty)
    states: list[tuple[str, Callable[[], object], str]] = [
        ("jobs", lambda: None, ".refused"),
        ("conversations", lambda: window.find("#search").fill("printer"), ".excerpt mark"),
        ("faults", lambda: window.press("Fail a job"), ".rules li"),
        ("faults", lambda: window.find(".rules button").click(), ".rules .cleared"),
        (
            f"conversations/{at_once.get('/__local__/conversations')['conversations'][0]['id']}",
            lambda: None,
            ".ids code",
        ),
        ("", lambda: window.press("Delete …"), "dialog"),
    ]
    for number, (view, act, shown) in enumerate(states):
        if view:
            window.open(view)
        act()
        expect(window.find(shown).first).to_be_visible()
        window.picture(tmp_path, f"{number}-{width}-{scheme}")
        assert window.tab.evaluate(LOOKS) == [], shown
    window.forgive("400 (Bad Request)")


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("width", [375, 1440])
def test_the_empty_page_is_readable(width: int, open_window: Callable[..., Window]) -> None:
    """The first thing that anybody sees."""
    window = open_window(width=width)
    window.open("jobs")
    expect(window.find(".empty")).to_be_visible()
    assert window.tab.evaluate(LOOKS) == []


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("width", [375, 1440])
def test_every_view_is_reached_by_keyboard(width: int, open_window: Callable[..., Window]) -> None:
    """The links come first, and tell which of them one is at."""
    window = open_window(width=width)
    window.open("jobs")
    for name in ("Jobs", "Conversations", "Faults"):
        window.tab.keyboard.press("Tab")
        expect(window.tab.get_by_role("link", name=name)).to_be_focused()
    window.tab.keyboard.press("Enter")
    expect(window.find("h1")).to_have_text("Faults")
    expect(window.find('nav a[aria-current="page"]')).to_have_text("Faults")
    expect(window.find("main")).to_be_focused()


@pytest.mark.parametrize("view", VIEWS)
def test_every_field_and_button_has_a_name(reading: Window, filled: Filled, view: str) -> None:
    """Also for those who do not see it."""
    window = reading
    window.open(view.format(**filled.call))
    _get_ready(window, view)
    fields = window.find(
        "button:visible, input:visible, textarea:visible, select:visible, progress:visible, video, audio"
    )
    assert fields.count()
    for index in range(fields.count()):
        expect(fields.nth(index)).to_have_accessible_name(re.compile(r"\w"))


def _get_ready(window: Window, view: str) -> None:
    if "/" in view:
        window.find(".transcript button.time").nth(3).click()
        expect(window.find(".transcript span[aria-current]")).to_be_visible()
        window.tab.evaluate("document.querySelector('audio').pause()")
    else:
        expect(window.find(READY.get(view, "tbody tr")).first).to_be_visible()
