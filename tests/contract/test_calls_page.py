"""The table of calls that ships with the documentation is what the tests prove."""

from __future__ import annotations

from tests.support.compatibility.page import PAGE, text


def test_the_page_is_made_from_what_is_proven() -> None:
    """``python -m tests.support.compatibility.page`` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == text()
