"""The tables of outcomes and reasons in ``docs/``: ``python -m tests.support.outcome_table``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.recordings.outcomes import REASONS
from airflow_provider_symbl.recordings.report.page.wording import ADVICE
from tests.support.rooms import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.recordings.outcomes import OutcomeName

DOCS = ROOT / "docs"
MEANINGS: Mapping[OutcomeName, str] = {
    "landed": "its results stand, by this night",
    "failed": "by this night, for the reason that is told",
    "waiting": "nothing was decided: a later night goes on with it",
    "quarantined": "failed in an earlier night for good; it is sent again by `redrive` alone",
    "skipped": "there is nothing to do",
}
LANDED = "Its results stand."
"""The report has nothing to advise there."""


def outcomes() -> str:
    """Return a row for each outcome, with its reasons."""
    rows = [f"| {outcome} | {MEANINGS[outcome]} | {', '.join(reasons)} |" for outcome, reasons in REASONS.items()]
    return "\n".join(["| Outcome | What it means | Reasons |", "|---|---|---|", *rows, ""])


def reasons() -> str:
    """Return a row for each reason, with what the report says of it."""
    rows = [
        f"| {outcome} | {reason} | {ADVICE.get(reason, LANDED)} |"
        for outcome, reasons in REASONS.items()
        for reason in reasons
    ]
    return "\n".join(["| Outcome | Reason | What is to be known, or done |", "|---|---|---|", *rows, ""])


TABLES = {"report.md": ("outcomes", outcomes), "nights.md": ("reasons", reasons)}
"""The table of each page, and its title."""


def between_marks(page: str) -> str:
    """Return a table with the marks around it, as its page has it."""
    begin, end = _marks(page)
    return f"{begin}{TABLES[page][1]()}{end}"


def write() -> None:
    """Replace the tables in the pages by those of the code."""
    for page in TABLES:
        begin, end = _marks(page)
        before, rest = (DOCS / page).read_text().split(begin)
        _, after = rest.split(end)
        (DOCS / page).write_text(f"{before}{between_marks(page)}{after}")


def _marks(page: str) -> tuple[str, str]:
    title = TABLES[page][0]
    return f"<!-- {title}: python -m tests.support.outcome_table -->\n", f"<!-- end of {title} -->"


if __name__ == "__main__":
    write()
    print(outcomes(), reasons(), sep="\n", end="")  # noqa: T201 - a command: what it prints is its result
