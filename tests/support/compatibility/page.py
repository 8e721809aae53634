"""``docs/calls.md``, made from what the tests prove: ``python -m tests.support.compatibility.page``."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.app import Application
from airflow_provider_symbl.local_server.settings import ServerSettings
from airflow_provider_symbl.local_server.store.memory_store import Store
from tests.support.compatibility.parameters import CALLS, PARAMETERS
from tests.support.compatibility.recorded_differences import DIFFERENCES
from tests.support.compatibility.strangers import REQUESTS
from tests.support.rooms import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.api.operations import Operation

PAGE = ROOT / "docs" / "calls.md"
RUNS = Path(__file__).with_name("runs.csv")
INTRODUCTION = """\
# Calls, parameters and clients of symbl-local

Made from the tests (`python -m tests.support.compatibility.page`): each row is proven by one. "Noted" means that the
request is odd, which stands in `odd` of its entry in the journal; `--strict` refuses it.

What is odd is taken so, on every call: an unknown name is left out; what is empty (`""`, `null`, `[]`, `{}`,
`undefined`, a speaker count of 0), where it is not allowed, counts as not given; `True`, `FALSE`, `1` and `0` are
booleans; of a name that is given twice the last value that is not empty counts; a list of one word is that word; what
stands twice in a list is left out; a parameter of a link may stand in the query; where body and query differ, the
body counts; `name[]` is the next of a list; a recording's bytes decide what it is, whatever Content-Type says. Sales
stages are taken as they are. What has no meaning (a wrong type, a number out of bounds, a missing need) is refused
with 400.
"""


def runs() -> list[dict[str, str]]:
    """Give what came of each call of the clients that were run, and of each spelling of the samples."""
    with RUNS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text() -> str:
    """Return the page."""
    sections = [
        ("Calls", "Every call of the API. `/__local__/openapi.json` describes them.", _calls()),
        ("Parameters of submissions", "In the ten calls that submit or append.", _parameters()),
        ("Clients that were run", "As they come from the registry.", _runs(is_run=True)),
        ("Spellings of the vendor's samples", "For curl, Node and Python.", _runs(is_run=False)),
        ("Clients that were restated", "Their requests, as they form them.", _strangers()),
        (
            "Where answers differ from recorded ones",
            "All other keys of 28 reads are the same, with the same types and the same spelling of numbers.",
            _differences(),
        ),
    ]
    parts = [f"## {title}\n\n{words}\n\n{_table(rows)}" for title, words, rows in sections]
    return "\n".join([INTRODUCTION, *parts])


def _calls() -> Iterator[list[str]]:
    yield ["Call", "What it does", "Query", "Outcome"]
    application = Application(ServerSettings(), Store(), Path(), app_id="id", app_secret="secret")
    for operation in application.operations:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
        if not path.startswith("/__local__"):
            outcome = "refused: 501" if operation.tag == "Refused" else "works"
            summary = operation.summary.removeprefix("Refused: ")
            yield [f"`{operation.method} {path}`", summary, _query(operation), outcome]


def _query(operation: Operation) -> str:
    return "as below" if operation.tag == "Async" else ", ".join(f"`{name}`" for name in operation.query)


def _parameters() -> Iterator[list[str]]:
    yield ["Parameter", *(kind.capitalize() for kind in CALLS), "Outcome", "To know"]
    for name, (outcome, remark) in PARAMETERS.items():
        places = ["yes" if name in names else "" for names in CALLS.values()]
        yield [f"`{name}`", *places, outcome, remark]


def _runs(*, is_run: bool) -> Iterator[list[str]]:
    yield ["Client", "Call", "Outcome"] if is_run else ["Request", "Outcome"]
    for row in runs():
        if (row["client"] != "samples") == is_run:
            cells = [f"`{row['call']}`" if "/" in row["call"] else row["call"], row["outcome"]]
            yield [row["client"], *cells] if is_run else cells


def _strangers() -> Iterator[list[str]]:
    yield ["Client", "Its name for it", "Call", "Outcome", "To know"]
    for one in REQUESTS:
        lacks = [f"lacks `{path.removeprefix('0.')}`" for path in one.lacks]
        known = "; ".join([*lacks, *filter(None, [one.remark])])
        yield [one.client, one.call, f"`{one.send.partition('?')[0]}`", one.outcome, known]


def _differences() -> Iterator[list[str]]:
    yield ["Read", "Key", "Why"]
    for (read, key), reason in DIFFERENCES.items():
        yield [read, f"`{key}`", reason]


def _table(rows: Iterable[list[str]]) -> str:
    head, *body = rows
    lines: list[Any] = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
