"""The package is as its documents say: standard terms lead to their code, rooms and files stay small, names are one."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.support.rooms import ARCHITECTURE, BEGIN, END, ROOT, picture

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = ROOT / "airflow_provider_symbl"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({module.parent for module in MODULES})

MOST_LINES = 350
MOST_MODULES = 16
MOST_MODULES_IN = {"client": 18, "local_server": 6}
"""The room of all calls may have more; what lies beside the rooms of symbl-local must be little."""

GLOSSARY_ROW = re.compile(r"^\| ([^|]+) \| ((?:`[^`]+`(?:, )?)+) \|", re.MULTILINE)
STANDARD_TERMS = {
    *("rate limiter", "backoff", "retry policy", "middleware", "validator", "SSRF", "job queue"),
    *("speaker diarization", "clustering", "pagination", "idempotent"),
    *("idempotency", "ledger", "write-ahead", "exclusive creation", "AIMD", "dead letter queue", "state machine"),
}

SAME_NAME = {
    ("client/", "client/client.py"): "the room of Symbl's API, and the synchronous client in it",
    ("client/parameters.py", "local_server/api/parameters.py"): "Symbl's parameters, sent and received",
    ("client/responses.py", "local_server/api/responses.py"): "the API's responses, read and written",
    ("client/settings.py", "local_server/settings.py"): "how the client, and how the server, is set up",
    ("local_server/intelligence/insights.py", "local_server/routes/insights.py"): "what finds, and what serves it",
    (
        "local_server/intelligence/serializers.py",
        "local_server/routes/serializers.py",
    ): "JSON of insights, JSON of records",
    ("local_server/page/routes.py", "local_server/routes/"): "the page's routes are above those of the API",
    ("links/conversation.py", "operators/conversation.py"): "the links to a conversation, and what is done with one",
    ("local_server/routes/transcripts.py", "results/transcripts.py"): "Symbl's transcripts, and those that are stored",
    ("links/recordings.py", "operators/recordings.py", "recordings/", "triggers/recordings.py"): (
        "what a night is, and Airflow's four sides of it"
    ),
    ("local_server/page/", "recordings/report/page/"): "symbl-local's page, and that of a report",
    ("recordings/ledger/", "recordings/ledger/ledger.py"): "the room, and the ledger in it",
    ("recordings/performer/", "recordings/performer/performer.py"): "the room, and the performer in it",
    ("recordings/report/", "recordings/report/report.py"): "the room, and the report in it",
    ("sensors/job.py", "triggers/job.py"): "two ways to wait for a job",
}
"""Files and folders of one name, with the reason."""


def glossary() -> list[tuple[str, str]]:
    """Give each term of the glossary with each file that it leads to."""
    text = ARCHITECTURE.read_text()
    rows = GLOSSARY_ROW.findall(text[text.index("## Glossary") :])
    return [(term.strip(), path) for term, paths in rows for path in re.findall(r"`([^`]+)`", paths)]


def test_the_glossary_holds_the_standard_terms() -> None:
    """Whoever searches by the field's words finds each of them."""
    assert {term for term, _ in glossary()} >= STANDARD_TERMS


@pytest.mark.parametrize(("term", "path"), glossary())
def test_a_term_is_found_in_the_file_that_the_glossary_names(term: str, path: str) -> None:
    """By a search that minds no capitals, as ``grep -ri`` does."""
    assert term.lower() in (PACKAGE / path).read_text().lower()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_room_has_few_modules(folder: Path) -> None:
    """One look tells what is in it; ``__init__`` counts too."""
    name = str(folder.relative_to(PACKAGE))
    assert len(list(folder.glob("*.py"))) <= MOST_MODULES_IN.get(name, MOST_MODULES)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_is_short(module: Path) -> None:
    """It is read in one sitting."""
    assert len(module.read_text().splitlines()) <= MOST_LINES


def test_no_two_modules_have_one_name_without_a_reason() -> None:
    """Neither do folders and modules; and no reason stands for names that are gone."""
    named: dict[str, set[str]] = defaultdict(set)
    for module in MODULES:
        if not module.stem.startswith("__"):
            named[module.stem].add(str(module.relative_to(PACKAGE)))
    for folder in FOLDERS:
        named[folder.name].add(f"{folder.relative_to(PACKAGE)}/")
    assert {tuple(sorted(paths)) for paths in named.values() if len(paths) > 1} == set(SAME_NAME)


def test_the_picture_of_the_rooms_is_current() -> None:
    """``python -m tests.support.rooms`` draws it from the code."""
    assert f"{BEGIN}{picture()}{END}" in ARCHITECTURE.read_text()
