"""The search for planted texts finds them wherever a program may leave one."""

from __future__ import annotations

import gzip
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.support.canary_search import found_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "a canary/with+signs="
PLANTED = {"it": CANARY}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return an open database whose newest rows are in its write-ahead log alone."""
    connection = sqlite3.connect(tmp_path / "airflow.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE xcom (value)")
    connection.commit()
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep/in/a/folder.log", f"before {CANARY} after".encode()),
        ("in_a_link.json", b'{"url": "https://x.example/?sig=a%20canary%2Fwith%2Bsigns%3D"}'),
        ("packed.log.gz", gzip.compress(CANARY.encode())),
        ("bytes.bin", b"\xff\x00" + CANARY.encode() + b"\xff"),
    ],
)
def test_a_file_is_searched(tmp_path: Path, name: str, content: bytes) -> None:
    """Whatever it is, and however deep."""
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    (tmp_path / "innocent.log").write_text("a canary without signs")
    assert found_in([tmp_path], PLANTED) == [(str(file), "it")]


def test_a_file_name_is_searched(tmp_path: Path) -> None:
    """It tells as much as a content."""
    (tmp_path / "task_id=a canary").mkdir()
    assert found_in([tmp_path], {"it": "a canary"}) == [(str(tmp_path / "task_id=a canary"), "it")]


@pytest.mark.parametrize("value", [CANARY, CANARY.encode(), "x" * 4000 + CANARY + "y" * 9000])
def test_a_value_of_a_database_is_searched(tmp_path: Path, database: sqlite3.Connection, value: object) -> None:
    """Text, bytes, and what is longer than a page; before and after it moves from the log to the file."""
    database.execute("INSERT INTO xcom VALUES (?)", (value,))
    database.commit()
    place = f"{tmp_path / 'airflow.db'}:xcom"
    assert (place, "it") in found_in([tmp_path], PLANTED)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (place, "it") in found_in([tmp_path], PLANTED)


def test_what_is_not_there_is_not_found(tmp_path: Path, database: sqlite3.Connection) -> None:
    """Nothing is made up."""
    database.execute("INSERT INTO xcom VALUES ('a canary with no signs')")
    database.commit()
    assert found_in([tmp_path], PLANTED) == []
