"""Whatever changes is on disk: a store that reads its folder anew is what it was before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.store.data_dir import DataDir
from airflow_provider_symbl.local_server.store.records import (
    Conversation,
    Job,
    Member,
    Message,
    Part,
    Progress,
    RawSubmission,
    Status,
    Token,
    Tracker,
)
from airflow_provider_symbl.local_server.store.sqlite_store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = timestamps.now()
OTHER_ID = "2000000000000002"
CONVERSATION = Conversation("1000000000000001", "a call", NOW)
JOB = Job("job", CONVERSATION.id, NOW, Progress())
DONE = replace(JOB, actual=Status.COMPLETED, shown=Status.COMPLETED, shown_over=NOW)
ANN = Member("ann", "Ann", "ann@example.com")
PART = Part(JOB.id, (Message("m", "Hello.", NOW, NOW, member_id=ANN.id),), (ANN,), NOW, NOW)
SUBMISSION = RawSubmission("text", "a=b", b"{}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Return a store with one of everything: a finished job, one that waits, a token and a tracker."""
    with DataDir(tmp_path) as folder:
        store = SqliteStore(folder)
        store.put_token(Token("old", 1e10, "again"))
        store.put_trackers(Tracker("t", "refunds", ("money back",)))
        store.add_submission(CONVERSATION, JOB, SUBMISSION)
        end(store)
        store.add_submission(CONVERSATION, replace(JOB, id="next"), SUBMISSION)
        yield store


def end(store: SqliteStore) -> None:
    """End the first job."""
    store.end_job(DONE, PART, asyncio.run(store.pack(PART)))


def end_next(store: SqliteStore) -> None:
    """End the second job, of which nothing comes."""
    store.end_job(replace(DONE, id="next", actual=Status.FAILED, message="no sound"))


def rename(store: SqliteStore) -> None:
    """Give the member another name."""
    part = replace(PART, members=(replace(ANN, name="Anna"),))
    store.put_parts(CONVERSATION.id, [part], [asyncio.run(store.pack(part))])


CHANGES: dict[str, Callable[[SqliteStore], object]] = {
    "set_progress": lambda store: store.set_progress(Progress("polls", polls=3)),
    "put_token": lambda store: store.put_token(Token("new", 2e10, "more")),
    "remove_tokens": SqliteStore.remove_tokens,
    "put_trackers": lambda store: store.put_trackers(Tracker("u", "prices", ("how much",))),
    "remove_tracker": lambda store: store.remove_tracker("t"),
    "add_submission": lambda store: store.add_submission(
        replace(CONVERSATION, id="2000000000000002"),
        replace(JOB, id="new", conversation_id="2000000000000002"),
        SUBMISSION,
    ),
    "put_conversation": lambda store: store.put_conversation(replace(CONVERSATION, metadata={"salesStage": "demo"})),
    "remove_conversation": lambda store: store.remove_conversation(CONVERSATION.id),
    "put_parts": rename,
    "put_job": lambda store: store.put_job(replace(DONE, id="next", actual=Status.IN_PROGRESS)),
    "end_job": end_next,
    "count_read": lambda store: store.count_read("next", "job"),
    "clear": SqliteStore.clear,
}


def everything(store: SqliteStore) -> list[object]:
    """Read all that a store tells, but for how often something was read."""
    conversations = store.conversations()
    return [
        conversations,
        [store.parts(conversation.id) for conversation in conversations],
        store.jobs(),
        [store.submission(job.id) for job in store.jobs() if not job.actual.is_terminal],
        store.active_jobs(),
        store.trackers(),
        [store.token("old"), store.token("new")],
        store.progress,
    ]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_still_there_after_a_restart(store: SqliteStore, change: Callable[[SqliteStore], object]) -> None:
    """Of every kind of record."""
    before = everything(store)
    counted = change(store)
    changed = everything(store)
    assert changed != before or counted == 1
    store.restart()
    assert everything(store) == changed


def test_reads_are_counted_on_after_a_restart(store: SqliteStore) -> None:
    """Progress by polls depends on it."""
    assert store.count_read("next", "job") == 1
    store.restart()
    assert store.count_read("next", "job") == 2


def test_every_public_change_is_tried_here() -> None:
    """A method that writes and is not in the table is one that nobody has started again after."""
    writes = {name for name, method in vars(SqliteStore.__mro__[1]).items() if "_write" in _names(method)}
    assert {name for name in writes if not name.startswith("_")} | {"clear"} == set(CHANGES)


def _names(method: object) -> tuple[str, ...]:
    code = getattr(method, "__code__", None)
    return () if code is None else code.co_names
