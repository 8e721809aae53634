"""The journal: what it keeps of requests, in how much memory, and how it is shown."""

from __future__ import annotations

import json

import pytest

from airflow_provider_symbl.local_server.store.journal import ENTRY_BYTES, Journal, JournalEntry


def _entry(number: int, query: str = "") -> JournalEntry:
    return JournalEntry("GET", f"/{number}", query, "{}")


def _shown(journal: Journal) -> list[dict[str, object]]:
    requests: list[dict[str, object]] = json.loads(b"".join(journal.blocks()))["requests"]
    return requests


def test_the_oldest_bodies_go_first_when_all_are_too_long_together() -> None:
    """Their entries stay."""
    journal = Journal(max_body_bytes=100)
    for number, size in enumerate((40, 40, 20, 30)):
        entry = _entry(number)
        journal.append(entry)
        journal.keep_body(entry, json.dumps("x" * (size - 2)))
    assert [shown["body"] for shown in _shown(journal)] == [None, "x" * 38, "x" * 18, "x" * 28]


def test_the_oldest_entries_go_first_when_all_heads_are_too_long_together() -> None:
    """Whatever is in them, no more is kept than is allowed."""
    journal = Journal(max_head_bytes=10 * (ENTRY_BYTES + 60_000))
    for number in range(1000):
        journal.append(_entry(number, "a&" * 30_000))
    shown = _shown(journal)
    assert [entry["path"] for entry in shown] == [f"/{number}" for number in range(991, 1000)]
    assert shown[-1]["query"] == [["a", ""]] * 30_000


def test_only_so_many_entries_are_kept() -> None:
    """However short they are."""
    journal = Journal(max_entries=3)
    for number in range(10):
        journal.append(_entry(number))
    assert [entry["path"] for entry in _shown(journal)] == ["/7", "/8", "/9"]


def test_entries_that_are_forgotten_are_not_held_for_their_bodies() -> None:
    """And make room like any other; a body that comes too late is not kept."""
    journal = Journal(max_entries=2, max_body_bytes=100)
    entries = [_entry(number) for number in range(5)]
    for entry in entries:
        journal.append(entry)
        journal.keep_body(entry, '"' + 48 * "x" + '"')
    journal.keep_body(entries[0], '"late"')
    assert [entry.body is None for entry in entries] == [True, True, True, False, False]


@pytest.mark.parametrize("body", [None, "[]", '{"a":"\\ud83d"}'])
def test_an_entry_is_shown_with_its_query_decoded(body: str | None) -> None:
    """Headers and bodies are shown as JSON, not as text that holds JSON."""
    journal = Journal()
    entry = JournalEntry("POST", "/é", "a=%20&a", '{"x-trace":"7"}', body_size=2, body_sha256="00", status=201)
    journal.append(entry)
    if body:
        journal.keep_body(entry, body)
    assert _shown(journal) == [
        {
            "method": "POST",
            "path": "/é",
            "query_string": "a=%20&a",
            "query": [["a", " "], ["a", ""]],
            "headers": {"x-trace": "7"},
            "body": body and json.loads(body),
            "body_size": 2,
            "body_sha256": "00",
            "status": 201,
            "odd": [],
        }
    ]


def test_a_long_journal_is_shown_in_blocks() -> None:
    """As it was when it was asked for, whatever comes meanwhile."""
    journal = Journal()
    for number in range(1000):
        journal.append(_entry(number, "x" * 1000))
    blocks = journal.blocks()
    first = next(blocks)
    journal.append(_entry(1000))
    rest = list(blocks)
    assert len(rest) > 10
    assert max(len(block) for block in rest) < 70_000
    assert len(json.loads(b"".join([first, *rest]))["requests"]) == 1000


def test_an_empty_journal_is_shown() -> None:
    """A cleared one as well."""
    journal = Journal()
    journal.append(_entry(0))
    journal.clear()
    assert _shown(journal) == []
