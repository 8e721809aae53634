"""The store owns recordings: each lives exactly as long as what it was recognised for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.store.memory_store import Store
from airflow_provider_symbl.local_server.store.records import Conversation, Job, Part, Progress, RawSubmission, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ONE, OTHER = "1000000000000001", "1000000000000002"


@pytest.fixture
def store() -> Store:
    """Return a store with nothing in it."""
    return Store()


@pytest.fixture
def finish(store: Store, tmp_path: Path) -> Callable[[str], Path]:
    """Return what adds a conversation with one finished recording, and gives that file."""

    def add(conversation_id: str) -> Path:
        now = timestamps.now()
        recording = tmp_path / f"{conversation_id}.wav"
        recording.write_bytes(b"sound")
        conversation = Conversation(conversation_id, conversation_id, now)
        job = Job(f"job of {conversation_id}", conversation_id, now, Progress())
        store.add_submission(conversation, job, RawSubmission("audio", "", file=recording))
        part = Part(job.id, (), (), now, now, recording=recording)
        store.end_job(replace(job, actual=Status.COMPLETED, shown=Status.COMPLETED), part)
        return recording

    return add


def test_a_recording_lives_on_when_its_job_is_over(finish: Callable[[str], Path]) -> None:
    """The page plays it."""
    assert finish(ONE).read_bytes() == b"sound"


def test_a_deleted_conversation_takes_its_recordings_with_it(store: Store, finish: Callable[[str], Path]) -> None:
    """And no other's."""
    gone, kept = finish(ONE), finish(OTHER)
    store.remove_conversation(ONE)
    assert (gone.exists(), kept.exists()) == (False, True)
    assert [conversation.id for conversation in store.conversations()] == [OTHER]


def test_a_cleared_store_leaves_no_recording(store: Store, finish: Callable[[str], Path]) -> None:
    """Of those that were recognised, and of those that wait for it."""
    files = [finish(ONE), finish(OTHER)]
    store.clear()
    assert [file.exists() for file in files] == [False, False]
