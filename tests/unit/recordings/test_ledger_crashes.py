"""Closing and merging, killed or met by another task at every call of the store: nothing is lost or used again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.recordings.ledger.closed_index import find_keys
from airflow_provider_symbl.recordings.ledger.ledger import Ledger
from airflow_provider_symbl.recordings.ledger.ledger_store import InMemoryLedgerStore
from tests.support.ledger_facts import (
    ANSWER,
    APP_ID,
    CLAIM,
    CLOSED,
    FAILED,
    HOST,
    LANDED,
    InterruptedStore,
    key,
    open_ledger,
    write_attempt,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_symbl.recordings.facts import Attempt

HIGHEST = {key(0): 1, key(1): 2, key(2): 3, key(3): 1}
"""The highest number of each key; the last one has no end."""
RUNNING = key(3)
LEAST_CALLS = 10


class KilledError(Exception):
    """The process ends here."""


def die() -> None:
    """End the process."""
    raise KilledError


def attempted() -> InMemoryLedgerStore:
    """Return a store with attempts of some keys."""
    store = InMemoryLedgerStore()
    ledger = open_ledger(store)
    for of_key, highest in HIGHEST.items():
        for number in range(1, highest):
            write_attempt(ledger, of_key, number, FAILED)
        write_attempt(ledger, of_key, highest, LANDED if of_key != RUNNING else None)
    # A half-written answer, beside which the whole one stands.
    store.delete(f"open/{key(0)}.1.answer")
    store.create(f"open/{key(0)}.1.answer", b"{")
    ledger.answer(key(0), 1, replace(ANSWER, conversation_id=f"c-{key(0)}-1"))
    return store


def interruptions(
    make: Callable[[], InMemoryLedgerStore],
    act: Callable[[Ledger], None],
    meanwhile: Callable[[InMemoryLedgerStore], None] | None,
) -> Iterator[InMemoryLedgerStore]:
    """Give the store after each way to interrupt what is done: before and after each call, by a kill or by another."""
    for moment in itertools.count(2):
        store = make()
        do = die if meanwhile is None else partial(meanwhile, store)
        interrupted = InterruptedStore(store, moment // 2, do, is_before=moment % 2 == 0)
        try:
            act(Ledger(interrupted, HOST, APP_ID))
        except KilledError:
            assert meanwhile is None
        if interrupted.calls < moment // 2:
            assert interrupted.calls > LEAST_CALLS
            return
        yield store


def compact_all(ledger: Ledger) -> None:
    """Close what has ended."""
    ledger.compact(ledger.attempts())


def check_nothing_is_lost(store: InMemoryLedgerStore) -> None:
    """Whoever looks, at first into the open part, sees each key's highest number and how it ended."""
    ledger = open_ledger(store)
    attempts = ledger.attempts()
    closed = find_keys(ledger, HIGHEST)
    for of_key, highest in HIGHEST.items():
        found = attempts.get(of_key, [])
        entry = closed.get(of_key)
        assert max([entry.attempts if entry else 0, *(attempt.number for attempt in found)]) == highest
        assert entry is None or (entry.is_landed and entry.attempts == highest)
        check_open(of_key, found)


def check_open(of_key: str, found: list[Attempt]) -> None:
    """Who has not seen the segment, and sees anything of a key, sees its last attempt and its end."""
    if found:
        assert found[-1].number == HIGHEST[of_key]
        assert (found[-1].done is not None) == (of_key != RUNNING)


def clean_up(store: InMemoryLedgerStore) -> None:
    """Do what the next night does."""
    ledger = open_ledger(store)
    ledger.delete_leftovers()
    ledger.compact(ledger.attempts())


def check_clean(store: InMemoryLedgerStore) -> None:
    """All that ended is closed with all of its attempts, and nothing of it is open."""
    ledger = open_ledger(store)
    assert {file.name for file in store.list("open/")} == {f"open/{RUNNING}.1.claim", f"open/{RUNNING}.1.answer"}
    closed = find_keys(ledger, HIGHEST)
    assert {of_key: entry.attempts for of_key, entry in closed.items()} == {
        of_key: highest for of_key, highest in HIGHEST.items() if of_key != RUNNING
    }
    for entry in closed.values():
        assert entry.is_landed
        assert entry.conversation_id == f"c-{entry.key}-{entry.attempts}"
        assert entry.used == entry.attempts


def test_a_kill_while_closing_loses_nothing() -> None:
    """Before and after each call; the next night puts it right."""
    for store in interruptions(attempted, compact_all, None):
        check_nothing_is_lost(store)
        clean_up(store)
        check_clean(store)


def test_two_close_at_once() -> None:
    """At each call of the one, all of the other; both entries are a union."""
    for store in interruptions(attempted, compact_all, lambda store: compact_all(open_ledger(store))):
        check_nothing_is_lost(store)
        clean_up(store)
        check_clean(store)


def test_a_key_that_is_tried_again_while_it_is_closed_keeps_its_new_attempt() -> None:
    """Its number is above the closed one."""

    def redrive(store: InMemoryLedgerStore) -> None:
        ledger = open_ledger(store)
        compact_all(ledger)
        assert ledger.claim(key(1), 3, replace(CLAIM, redrive=True))

    for store in interruptions(attempted, compact_all, redrive):
        ledger = open_ledger(store)
        assert [attempt.number for attempt in ledger.attempts_of(key(1)) if attempt.claim] == [3]
        assert find_keys(ledger, [key(1)])[key(1)].attempts == 2


def test_who_looks_while_it_is_closed_misses_nothing() -> None:
    """The open part first, then the closed one."""
    for at in range(1, 40):
        store = attempted()
        meanwhile = InterruptedStore(store, at, lambda store=store: compact_all(open_ledger(store)))  # type: ignore[misc]
        ledger = Ledger(meanwhile, HOST, APP_ID)
        attempts = ledger.attempts()
        closed = find_keys(ledger, HIGHEST)
        for of_key, highest in HIGHEST.items():
            seen = [attempt.number for attempt in attempts.get(of_key, [])]
            assert max([*seen, closed[of_key].attempts if of_key in closed else 0]) == highest
        if meanwhile.calls < at:
            break
    assert at > 20


KEYS = {key(number) for number in range(6)}


def segmented() -> InMemoryLedgerStore:
    """Return a store with one entry in each of some segments."""
    store = InMemoryLedgerStore()
    for of_key in KEYS:
        open_ledger(store).compact({}, [replace(CLOSED, key=of_key)])
    return store


def merge(ledger: Ledger) -> None:
    """Put all segments into one, knowing what they replace."""
    list(ledger.closed())
    ledger.merge(most=1)


def check_merged(store: InMemoryLedgerStore) -> None:
    """All entries are there, and after two merges that nobody disturbs each is there once."""
    assert {entry.key for entry in open_ledger(store).closed()} == KEYS
    for _ in range(2):
        merge(open_ledger(store))
    assert sorted(entry.key for entry in open_ledger(store).closed()) == sorted(KEYS)
    assert len([*store.list("closed/")]) == 1


def test_a_kill_while_merging_loses_nothing() -> None:
    """Before and after each call."""
    for store in interruptions(segmented, merge, None):
        check_merged(store)


def test_two_merge_at_once() -> None:
    """At each call of the one, all of the other."""
    for store in interruptions(segmented, merge, lambda store: merge(open_ledger(store))):
        check_merged(store)


@pytest.mark.parametrize("is_before", [True, False])
def test_who_reads_while_segments_are_merged_misses_nothing(*, is_before: bool) -> None:
    """Whatever call of the reader meets the merge."""
    for at in range(1, 40):
        store = segmented()
        meanwhile = InterruptedStore(
            store,
            at,
            lambda store=store: merge(open_ledger(store)),  # type: ignore[misc]
            is_before=is_before,
        )
        reader = Ledger(meanwhile, HOST, APP_ID)
        assert {entry.key for entry in reader.closed()} == KEYS
        assert [*reader.newly_closed()] == []
        if meanwhile.calls < at:
            break
    assert at > 8


def test_who_looks_again_gets_what_is_new_once() -> None:
    """Whatever call of the reader meets a new segment or a merge."""

    def close_and_merge(store: InMemoryLedgerStore) -> None:
        ledger = open_ledger(store)
        ledger.compact({}, [replace(CLOSED, key="new")])
        merge(ledger)

    for at in range(1, 40):
        store = segmented()
        meanwhile = InterruptedStore(store, at, lambda store=store: close_and_merge(store))  # type: ignore[misc]
        reader = Ledger(meanwhile, HOST, APP_ID)
        first = {entry.key for entry in reader.closed()}
        second = {entry.key for entry in reader.newly_closed()}
        third = {entry.key for entry in reader.newly_closed()}
        assert first >= KEYS
        if meanwhile.calls >= at:
            assert first | second | third == {*KEYS, "new"}
        else:
            break
    assert at > 8


def test_a_listing_that_is_no_snapshot_misses_nothing() -> None:
    """A folder that is read while segments are merged can show neither those nor the one that replaces them."""

    class Torn(InMemoryLedgerStore):
        """A store whose first listing lacks what is merged while it lasts."""

        is_torn = False

        def list(self, prefix: str) -> list:  # type: ignore[type-arg]
            """List files."""
            if prefix != "closed/" or self.is_torn:
                return super().list(prefix)
            self.is_torn = True
            before = {file.name for file in super().list(prefix)}
            merge(Ledger(self, HOST, APP_ID))
            return [file for file in super().list(prefix) if file.name in before]

    store = Torn()
    store.is_torn = True
    for of_key in KEYS:
        open_ledger(store).compact({}, [replace(CLOSED, key=of_key)])
    store.is_torn = False
    assert {entry.key for entry in open_ledger(store).closed()} == KEYS
