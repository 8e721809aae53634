"""Views of conversations: what is found is found once, and never outlives what it was found in."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from weakref import ref

import pytest

from airflow_provider_symbl.local_server.intelligence import analysis, resources
from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer
from airflow_provider_symbl.local_server.store.members import with_member
from airflow_provider_symbl.local_server.store.memory_store import Store
from airflow_provider_symbl.local_server.store.records import (
    Conversation,
    Job,
    Member,
    Progress,
    RawSubmission,
    Status,
)
from tests.unit.local_server.intelligence.sample_views import START, identity, part, view

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView
    from airflow_provider_symbl.local_server.store.records import Part

ONE = "1234567890123456"


@pytest.fixture
def store() -> Store:
    """Make a store with a conversation of one part."""
    made = Store()
    add(made, "first", part([("Ann Lee", "I will send it.")]))
    return made


def add(store: Store, job_id: str, added: Part, conversation_id: str = ONE) -> None:
    """Add a part, whose job is shown completed."""
    job = Job(job_id, conversation_id, START, Progress())
    known = store.conversation(conversation_id)
    store.add_submission(known or Conversation(conversation_id, "A call", START), job, RawSubmission("text", ""))
    store.end_job(replace(job, actual=Status.COMPLETED, shown=Status.COMPLETED), replace(added, job_id=job_id))


def seen(analyzer: ConversationAnalyzer, store: Store, conversation_id: str = ONE) -> ConversationView:
    """Give the view of a conversation that is there."""
    conversation = store.conversation(conversation_id)
    assert conversation is not None
    return analyzer.view(conversation)


def names(seen_now: ConversationView) -> list[object]:
    """Give the texts of the action items."""
    found = resources.action_items(seen_now)["actionItems"]
    assert isinstance(found, list)
    return [(item["text"], item["assignee"]["name"]) for item in found]


def test_what_was_found_is_kept_until_something_changes(store: Store) -> None:
    """A second read gets the same view, and searches nothing."""
    analyzer = ConversationAnalyzer(store)
    first = seen(analyzer, store)
    searched: list[object] = []
    first.once(searched.append)
    seen(analyzer, store).once(searched.append)
    assert seen(analyzer, store) is first
    assert searched == [first]


def test_an_append_a_correction_and_new_metadata_make_new_findings(store: Store) -> None:
    """Nothing is read of what is past."""
    analyzer = ConversationAnalyzer(store)
    assert names(seen(analyzer, store)) == [("I will send it.", "Ann Lee")]
    add(store, "second", part([("Bob Fox", "I will sign it.")], first=1))
    assert names(seen(analyzer, store)) == [("I will send it.", "Ann Lee"), ("I will sign it.", "Bob Fox")]
    corrected = with_member(store.parts(ONE), Member(identity("Ann Lee"), "Anna"))
    store.put_parts(ONE, corrected, [b""] * len(corrected))
    assert names(seen(analyzer, store)) == [("I will send it.", "Anna"), ("I will sign it.", "Bob Fox")]
    before = seen(analyzer, store)
    conversation = store.conversation(ONE)
    assert conversation is not None
    store.put_conversation(replace(conversation, name="Renamed"))
    assert seen(analyzer, store).name == "Renamed"
    assert before.name == "A call"


def test_a_part_counts_from_when_its_job_is_shown_completed(store: Store) -> None:
    """Even though it was there before."""
    analyzer = ConversationAnalyzer(store)
    add(store, "second", part([("Bob Fox", "I will sign it.")], first=1))
    done = store.known_job("second")
    store.put_job(replace(done, shown=Status.IN_PROGRESS))
    assert len(names(seen(analyzer, store))) == 1
    store.put_job(done)
    assert len(names(seen(analyzer, store))) == 2


def test_nothing_stays_of_a_deleted_conversation(store: Store) -> None:
    """The view goes with the record, without another read."""
    analyzer = ConversationAnalyzer(store)
    kept = ref(seen(analyzer, store))
    assert kept() is not None
    store.remove_conversation(ONE)
    gc.collect()
    assert kept() is None


def test_only_the_views_that_were_read_last_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their number, and by their messages; the one that is read is kept, however long."""
    monkeypatch.setattr(analysis, "MOST_MESSAGES_KEPT", 3)
    analyzer = ConversationAnalyzer(store)
    for number in range(3):
        add(store, f"job {number}", part([("Ann Lee", "One."), ("Ann Lee", "Two.")]), str(number))
    first = seen(analyzer, store, "0")
    second = seen(analyzer, store, "1")
    assert seen(analyzer, store, "1") is second
    assert seen(analyzer, store, "0") is not first
    long = part([("Ann Lee", "One.")] * 4)
    add(store, "job 4", replace(long, end=long.end + timedelta(1)), "4")
    assert seen(analyzer, store, "4") is seen(analyzer, store, "4")


def test_threads_that_ask_at_the_same_time_wait_for_one_search() -> None:
    """The second gets what the first has found."""
    spoken, searches = view(("Ann Lee", "Hello.")), []
    has_begun, may_end = threading.Event(), threading.Event()

    def find(_of: ConversationView) -> int:
        searches.append(1)
        has_begun.set()
        assert may_end.wait(30)
        return len(searches)

    threads = [threading.Thread(target=spoken.once, args=(find,)) for _ in range(2)]
    threads[0].start()
    assert has_begun.wait(30)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(30)
    assert spoken.once(find) == 1
