"""Of many that create a file at once, one wins: on disk with and without links, on S3, and among threads."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.recordings.ledger.ledger_store import InMemoryLedgerStore, LedgerStore
from airflow_provider_symbl.recordings.ledger.object_ledger_store import ObjectLedgerStore
from tests.support.object_storage import Memory
from tests.support.s3_server import BUCKET, S3Server
from tests.support.sizes import SIZES
from tests.unit.recordings.racing_creators import name, race, store_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RACERS = 6


def winners(place: str, number: int) -> list[tuple[int, list[int]]]:
    """Let processes create the same files, and return what each has won."""
    spawning = multiprocessing.get_context("spawn")
    barrier, won = spawning.Barrier(RACERS), spawning.Queue()
    racers = [
        spawning.Process(target=race, args=(place, racer, number, barrier, won), daemon=True) for racer in range(RACERS)
    ]
    for racer in racers:
        racer.start()
    told = [won.get(timeout=300) for _ in racers]
    for racer in racers:
        racer.join(60)
    return told


def check(store: LedgerStore, told: list[tuple[int, list[int]]], number: int) -> None:
    """Each file was won once, and holds what its winner wrote."""
    assert sorted(index for _, mine in told for index in mine) == [*range(number)]
    for racer, mine in told:
        contents = store.read_many(map(name, mine))
        assert contents == {name(index): f"racer {racer} of file {index}".encode() for index in mine}


@pytest.mark.process
@pytest.mark.parametrize("prefix", ["", "no links:"], ids=["links", "no links"])
def test_each_local_file_is_won_once(tmp_path: Path, prefix: str) -> None:
    """By one of six processes that begin together."""
    told = winners(f"{prefix}{tmp_path}", SIZES.raced_files)
    check(store_at(str(tmp_path)), told, SIZES.raced_files)


@pytest.mark.process
def test_each_object_is_won_once(ledger_s3: S3Server) -> None:
    """The same on S3."""
    place = f"{ledger_s3.url}#{BUCKET}/races"
    check(store_at(place), winners(place, SIZES.raced_files), SIZES.raced_files)


@pytest.fixture
def _hasty_threads() -> Iterator[None]:
    """Let threads take turns within a call, not after five milliseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty_threads")
@pytest.mark.parametrize("kind", ["memory", "fsspec memory"])
def test_each_file_in_memory_is_won_once(kind: str) -> None:
    """By one of six threads that begin together."""
    store = InMemoryLedgerStore() if kind == "memory" else ObjectLedgerStore(Memory(), "/races", "memory://races")
    barrier, number = threading.Barrier(RACERS), 300

    def run(racer: int) -> tuple[int, list[int]]:
        mine = []
        for index in range(number):
            barrier.wait(60)
            if store.create(name(index), f"racer {racer} of file {index}".encode()):
                mine.append(index)
        return racer, mine

    with ThreadPoolExecutor(RACERS) as threads:
        told = [*threads.map(run, range(RACERS))]
    check(store, told, number)
