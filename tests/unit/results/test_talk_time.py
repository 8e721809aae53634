"""The questions that ``example_dags/symbl_talk_time.py`` asks of the tables, where the answers are known."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from airflow_provider_symbl.client.models import Conversation, Insight, Message
from airflow_provider_symbl.results.document import assemble
from airflow_provider_symbl.results.tables import to_parquet
from example_dags.symbl_talk_time import TALK_TIME, UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SAID: dict[str, list[tuple[str | None, str, str]]] = {
    "1": [
        ("Ann", "How are you?", "23:59:50"),
        ("Bob", "Fine.", "23:59:55"),
        ("Ann", "When do we meet?", "23:59:59"),
        ("Ann", "Never mind.", "00:00:05"),
    ],
    "2": [("Bob", "Hello.", "12:00:00"), (None, "Is anybody there?", "12:00:10")],
}
"""Who says what and when, by conversation; after midnight it is the day after."""


def land(folder: Path, conversation_id: str, said: Sequence[tuple[str | None, str, str]]) -> None:
    """Write the tables of a conversation; each message lasts two seconds, and those that ask are its questions."""
    messages: list[dict[str, Any]] = [
        {
            "id": f"{conversation_id}.{number}",
            "text": text,
            "from": {"name": name} if name else {},
            "startTime": f"2026-02-0{2 if time < '06' else 1}T{time}.000Z",
            "duration": 2,
        }
        for number, (name, text, time) in enumerate(said)
    ]
    asked = [
        {"id": message["id"], "text": message["text"], "messageIds": [message["id"]]}
        for message in messages
        if message["text"].endswith("?")
    ]
    reads = {
        "messages": [Message.from_json(message) for message in messages],
        "questions": [Insight.from_json(question) for question in asked],
    }
    folder.mkdir()
    for table, content in to_parquet([assemble(Conversation.from_json({"id": conversation_id}), reads)]).items():
        (folder / f"{table}.parquet").write_bytes(content)


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, str]:
    """Land both conversations, and return the patterns of their tables."""
    for conversation_id, said in SAID.items():
        land(tmp_path / conversation_id, conversation_id, said)
    return {name: f"{tmp_path}/*/{name}.parquet" for name in ("messages", "insights")}


def test_talk_time_is_told_by_speaker_and_day(tables: dict[str, str]) -> None:
    """Over all calls; who is not known counts too."""
    first, second = datetime.date(2026, 2, 1), datetime.date(2026, 2, 2)
    assert duckdb.execute(TALK_TIME, {"messages": tables["messages"]}).fetchall() == [
        (first, "Ann", 4.0, 2),
        (first, "Bob", 4.0, 2),
        (first, "unknown", 2.0, 1),
        (second, "Ann", 2.0, 1),
    ]


def test_a_question_is_answered_by_somebody_else(tables: dict[str, str]) -> None:
    """Not by who asked, and not by the end of the call."""
    assert duckdb.execute(UNANSWERED, tables).fetchall() == [
        ("When do we meet?", "Ann"),
        ("Is anybody there?", "unknown"),
    ]
