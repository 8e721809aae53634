"""Creates the same files as other processes at the same time; each of them is a process of its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_symbl.recordings.ledger.ledger_store import LedgerStore, LocalLedgerStore
from airflow_provider_symbl.recordings.ledger.object_ledger_store import ObjectLedgerStore

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

CREDENTIALS = {"key": "a-key", "secret": "a-secret-key-of-storage"}


def name(number: int) -> str:
    """Return the name of a file that all create."""
    return f"open/{number:032x}.1.claim"


def store_at(place: str) -> LedgerStore:
    """Return the store at a path, or at the URL of an S3 server with a path behind ``#``."""
    if not place.startswith("http"):
        return LocalLedgerStore(Path(place))
    import s3fs  # noqa: PLC0415 - takes a second, and local stores need it not

    url, _, path = place.partition("#")
    region = {"region_name": "eu-central-1"}
    files = s3fs.S3FileSystem(**CREDENTIALS, endpoint_url=url, client_kwargs=region, skip_instance_cache=True)
    return ObjectLedgerStore(files, path, f"s3://{path}")


def race(place: str, racer: int, number: int, barrier: Barrier, won: Queue[tuple[int, list[int]]]) -> None:
    """Create files, beginning each when all others are ready, and tell which ones were won.

    :param place: where; ``no links:`` in front of it makes hard links fail.
    :param racer: which process this is.
    :param number: of files.
    :param barrier: of all processes.
    :param won: takes what this one won.
    """
    if place.startswith("no links:"):
        place = place.removeprefix("no links:")
        os.link = _refuse
    store = store_at(place)
    mine = []
    for index in range(number):
        barrier.wait(60)
        if store.create(name(index), f"racer {racer} of file {index}".encode()):
            mine.append(index)
    won.put((racer, mine))


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")
