"""The pages about a night list the outcomes and reasons that the code has."""

from __future__ import annotations

import pytest

from airflow_provider_symbl.recordings.outcomes import REASONS
from tests.support.outcome_table import DOCS, TABLES, between_marks


@pytest.mark.parametrize("page", TABLES)
def test_the_table_of_a_page_is_current(page: str) -> None:
    """``python -m tests.support.outcome_table`` makes it from the code."""
    assert between_marks(page) in (DOCS / page).read_text()


def test_every_reason_has_a_row_of_its_own() -> None:
    """With a sentence that tells a person something."""
    rows = [row.strip("| ").split(" | ") for row in TABLES["nights.md"][1]().splitlines()[2:]]
    assert [(outcome, reason) for outcome, reason, _ in rows] == [
        (outcome, reason) for outcome, reasons in REASONS.items() for reason in reasons
    ]
    assert min(len(advice.split()) for _, _, advice in rows) >= 3
