"""What is known of closed files: in any order and number of entries, what landed stays landed."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - pytest's fixtures are typed by it
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex, Known, find_keys, union
from airflow_provider_symbl.recordings.ledger.ledger_store import InMemoryLedgerStore
from tests.benchmarks import ledger as benchmark
from tests.benchmarks.nights import served, write_recordings
from tests.support.ledger_facts import CLOSED, NIGHT, OTHER_NIGHT, key, open_ledger

if TYPE_CHECKING:
    from airflow_provider_symbl.recordings.facts import Closed

LANDED = replace(CLOSED, key=key(1), night=OTHER_NIGHT, at=10_000.0)
FAILED = replace(
    LANDED, reason="job failed", message="Symbl says failed.", is_final=True, at=9_000.0, versions=("1e" * 16,)
)
DIGEST, OTHER_DIGEST = bytes.fromhex("0f" * 16), bytes.fromhex("1e" * 16)


def index_of(*entries: Closed) -> ClosedIndex:
    """Make an index for one night."""
    index = ClosedIndex(NIGHT)
    for entry in entries:
        index.add(entry)
    return index


def test_what_landed_is_known_by_all_its_versions() -> None:
    """In little memory: not its key, and the hour alone."""
    index = index_of(replace(LANDED, versions=("0f" * 16, "1e" * 16)))
    assert index.find(DIGEST) == index.find(OTHER_DIGEST)
    assert index.find(DIGEST) == Known(
        landed=True, reason="", options="some options", is_final=False, night_is_ours=False, at=7200.0
    )
    assert index.find(b"\0" * 16) is None
    assert (len(index), index.ours) == (2, {})


def test_what_failed_is_known_with_its_key() -> None:
    """And why, and since when."""
    known = index_of(FAILED).find(OTHER_DIGEST)
    assert known == Known(
        landed=False,
        reason="job failed",
        options="some options",
        is_final=True,
        night_is_ours=False,
        at=9000.0,
        key=key(1),
        message="Symbl says failed.",
    )


def test_what_our_night_closed_is_kept_whole() -> None:
    """The union of all entries of each key; those of other nights are not in it."""
    first = replace(LANDED, night=NIGHT, attempts=2)
    second = replace(first, versions=("1e" * 16,), paths=("calls/renamed.wav",))
    index = index_of(LANDED, first, second)
    assert index.ours == {key(1): union([first, second])}
    known = index.find(DIGEST)
    assert known is not None
    assert (known.night_is_ours, known.at, known.key) == (True, 10_000.0, key(1))


@pytest.mark.parametrize("versions", [("1e" * 16,), ("0f" * 16,)])
def test_what_landed_stays_landed(versions: tuple[str, ...]) -> None:
    """Whatever failed of the same version, before or afterwards; of another version of the content, before."""
    landed = replace(LANDED, versions=versions)
    orders = itertools.permutations([landed, FAILED]) if landed.versions == FAILED.versions else [(FAILED, landed)]
    for order in orders:
        index = index_of(*order)
        for version in {*landed.versions, *FAILED.versions}:
            known = index.find(bytes.fromhex(version))
            assert known is not None
            assert known.landed


def test_the_later_of_two_failures_is_told() -> None:
    """In any order."""
    later = replace(FAILED, at=9_500.0, reason="unreadable")
    for order in itertools.permutations([FAILED, later]):
        known = index_of(*order).find(OTHER_DIGEST)
        assert known is not None
        assert known.reason == "unreadable"


def test_entries_of_one_content_are_a_union() -> None:
    """The highest number, versions and paths together, attempts with the same options once, what landed first."""
    again = replace(FAILED, attempts=4, used=1, is_redriven=True, at=9_500.0, paths=("calls/renamed.wav",))
    entries = [
        replace(FAILED, attempts=3, used=3, paths=("calls/a.wav",)),
        replace(FAILED, attempts=3, used=2, paths=("calls/b.wav",)),  # two closed it at once, and one saw half of it
        replace(FAILED, attempts=2, used=2, options="other options"),
        again,
    ]
    for order in itertools.permutations(entries):
        told = union(order)
        assert (told.attempts, told.used, told.is_redriven, told.at) == (4, 4, True, 9_500.0)
        assert {*told.paths} == {"calls/a.wav", "calls/b.wav", "calls/late-parcel.wav", "calls/renamed.wav"}
        landed = union([*order, replace(LANDED, attempts=2, used=1, conversation_id="c-7")])
        assert (landed.reason, landed.conversation_id, landed.attempts) == ("", "c-7", 4)
        assert {*landed.versions} == {"0f" * 16, "1e" * 16}


def test_the_index_tells_which_contents_may_be_closed() -> None:
    """So that a night of new recordings makes no second pass; what never had a claim has no content."""
    index = index_of(*(replace(LANDED, key=key(number)) for number in range(0, 300, 3)))
    assert [number for number in range(300) if index.may_hold(key(number))] == [*range(0, 300, 3)]
    index.add(replace(FAILED, key=key(1)))
    index.add(replace(FAILED, key=f"file-{'0f' * 16}", attempts=0))
    assert index.may_hold(key(1))
    assert not index.may_hold("0f" * 16)
    assert not index_of().may_hold(key(1))


def test_what_was_closed_since_all_was_read_is_found_by_itself() -> None:
    """By this process or by another one, and no segment is read that was there before."""
    store = InMemoryLedgerStore()
    ledger, other = open_ledger(store), open_ledger(store)
    ledger.compact({}, [replace(LANDED, key=key(1))])
    reader = open_ledger(store)
    assert [entry.key for entry in reader.closed()] == [key(1)]
    reader.compact({}, [replace(LANDED, key=key(2)), replace(LANDED, key=key(3))])
    other.compact({}, [replace(FAILED, key=key(1), attempts=2), replace(LANDED, key=key(4))])
    keys = {key(1), key(2), key(4), key(5)}
    later = sorted((entry.key, entry.attempts) for entry in reader.closed_later(keys))
    assert later == [(key(1), 2), (key(2), 1), (key(4), 1)]
    assert sorted((entry.key, entry.attempts) for entry in reader.closed_later(keys)) == later


def test_some_keys_are_found_by_one_more_pass() -> None:
    """Each with all that is closed of it, and no segment counts as read by that."""
    store = InMemoryLedgerStore()
    ledger, reader = open_ledger(store), open_ledger(store)
    for number in range(1200):
        if number % 400 == 0:
            ledger.compact({}, [replace(LANDED, key=key(each)) for each in range(number, number + 400)])
    ledger.compact({}, [replace(FAILED, key=key(7), attempts=2)])
    found = find_keys(reader, {key(7), key(1199), key(5000)})
    assert {of_key: (entry.attempts, entry.is_landed) for of_key, entry in found.items()} == {
        key(7): (2, True),
        key(1199): (1, True),
    }
    assert find_keys(reader, []) == {}
    assert len([*reader.newly_closed()]) == 1201


def test_a_small_ledger_is_planned_as_a_large_one_is(tmp_path: Path) -> None:
    """The benchmark's own steps find all of it."""
    with served(1.0, 1) as url:
        benchmark.fill(tmp_path, 2000, 5, url)
        write_recordings(tmp_path / "recordings", 3)
        figures = benchmark.plan(tmp_path, url) | benchmark.read_again(tmp_path, url)
    assert (figures["segments"], figures["entries"], figures["found again"]) == (5, 2000, 100)
    assert (figures["found"], figures["to be sent"]) == (3, 3)
