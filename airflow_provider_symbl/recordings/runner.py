"""Runs a night: one loop that hands the core's actions to threads, and their events back to the core.

Threads and not asyncio, since object stores, Airflow's connections and the client for workers all block.
"""

from __future__ import annotations

import itertools
import json
import logging
import queue
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.core.rows import row_of, row_of_unfit
from airflow_provider_symbl.recordings.ledger.closed_index import union, union_by_key
from airflow_provider_symbl.recordings.outcomes import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from airflow_provider_symbl.recordings.core.actions import Action
    from airflow_provider_symbl.recordings.core.events import Event
    from airflow_provider_symbl.recordings.core.night_core import NightCore
    from airflow_provider_symbl.recordings.ledger.ledger import Ledger

log = logging.getLogger(__name__)

SENDERS = 16
"""Submissions at a time; each holds a connection while its file is read."""
READERS = 12
"""Polls, landings and facts at a time."""
INSPECTORS = 4
"""Files that are hashed at a time."""
ROWS_AT_A_TIME = 1000
"""Contents whose rows are made by one look at what was closed since the night began."""
TELL_EVERY = 30.0
"""Seconds between two lines of progress."""


def loop_of(core: NightCore, clock: Callable[[], float]) -> Generator[tuple[list[Action], float | None], Event | None]:
    """Yield actions, and when the time is to be told at the latest; take what comes of them, until the night is over.

    A generator, so that threads and a simulation drive the same loop.

    :param core: decides.
    :param clock: seconds since the epoch.
    """
    wanted = core.step(events.Started(), clock())
    while not core.is_over:
        event = yield wanted, core.next_due()
        wanted = core.step(event or events.Tick(), clock())


class NightRunner:
    """Drives a night with threads.

    :param core: decides.
    :param perform: carries out an action, and yields its events.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self, core: NightCore, perform: Callable[[Action], Iterator[Event]], clock: Callable[[], float] = time.time
    ) -> None:
        self._core = core
        self._perform = perform
        self._clock = clock
        self._events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()
        self._told = time.monotonic()

    def run(self) -> None:
        """Run until this pass is over.

        :raises SymblError: the night as a whole cannot go on.
        """
        senders = ThreadPoolExecutor(min(SENDERS, self._core.settings.cap), "symbl-send")
        readers = ThreadPoolExecutor(READERS, "symbl-read")
        inspectors = ThreadPoolExecutor(INSPECTORS, "symbl-inspect")
        lanes = {actions.Send: senders, actions.Inspect: inspectors}
        try:
            loop = loop_of(self._core, self._clock)
            event: Event | None = None
            while True:
                try:
                    wanted, due = loop.send(event)
                except StopIteration:
                    return
                for action in wanted:
                    lanes.get(type(action), readers).submit(self._carry_out, action)
                event = self._next(due)
        finally:
            for lane in (senders, readers, inspectors):
                lane.shutdown(wait=True, cancel_futures=True)

    def stop(self) -> None:
        """Begin nothing more; what runs is left to another try or night. May be called from any thread."""
        self._events.put(events.Stop("stopped"))

    def _carry_out(self, action: Action) -> None:
        try:
            for event in self._perform(action):
                self._events.put(event)
        except BaseException as error:  # noqa: BLE001 - it is raised where the loop runs
            self._events.put(error)

    def _next(self, due: float | None) -> Event | None:
        """Return the next event; None where the time is to be told first."""
        self._tell()
        wait = TELL_EVERY if due is None else min(TELL_EVERY, max(0.0, due - self._clock()))
        try:
            event = self._events.get(timeout=wait)
        except queue.Empty:
            return None
        if isinstance(event, BaseException):
            raise event
        return event

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            log.info("%s", self._core.progress())


class KnownRows:
    """Rows of what is over since earlier nights, kept in a file: there may be a million."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with this object
        self.count = 0

    def append(self, row: Row) -> None:
        """Keep a row.

        :param row: any.
        """
        self._file.write(json.dumps(row.as_json()) + "\n")
        self.count += 1

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows in their order."""
        self._file.seek(0)
        for line in self._file:
            told = json.loads(line)
            yield Row(**{**told, "forms": tuple(told["forms"]), "notes": tuple(told["notes"])})

    def close(self) -> None:
        """Forget them."""
        self._file.close()


def rows_of(core: NightCore, ledger: Ledger, known: KnownRows, now: float) -> Iterator[Row]:
    """Yield the one row of each listed path, by the facts of the ledger as they are now; forget each content by then.

    :param core: of the night that is over.
    :param ledger: its facts.
    :param known: rows of what was over before.
    :param now: the moment.
    """
    yield from known
    yield from (row_of_unfit(file, unfit) for file, unfit in core.planning.unfit)
    yield from (Row(file.path, "skipped", "gone", size=file.size) for file in core.planning.gone)
    for file, key, path in core.planning.aliases:
        yield Row(file.path, "skipped", "same content", path, key, file.size)
    tracks = core.board.tracks
    attempts = ledger.attempts({})
    keys = iter([key for key, track in tracks.items() if track.file is not None])
    # Some at a time, since what is closed of a large night takes more memory than its tracks.
    while some := list(itertools.islice(keys, ROWS_AT_A_TIME)):
        later = union_by_key(ledger.closed_later(some))
        for key in some:
            track = tracks.pop(key)
            entries = [entry for entry in (track.closed, later.get(key)) if entry is not None]
            yield row_of(
                track,
                attempts.get(key, ()),
                union(entries) if entries else None,
                settings=core.settings,
                now=now,
                stopped=core.submissions.stopped,
            )
