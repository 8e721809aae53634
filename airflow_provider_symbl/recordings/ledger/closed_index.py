"""What is known of the files that are closed: a million of them in little memory, and all of it for a few.

Several closed entries of one content are a union: what landed stays landed.
"""

from __future__ import annotations

import statistics
from array import array
from bisect import bisect_left
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from airflow_provider_symbl.recordings.facts import Closed, Night
    from airflow_provider_symbl.recordings.ledger.ledger import Ledger

HOUR = 3600
KEY_DIGITS = 16
"""Hexadecimal digits of a key that tell it from all others but for a chance of one in 10 ** 13 among a million."""
LATEST = 500
"""Jobs by which it is told how long one takes."""


class Known(NamedTuple):
    """What is known of a version of a path.

    :param landed: whether the results stand.
    :param reason: why it failed; empty where it landed.
    :param options: digest of the parameters of its last attempt.
    :param is_final: of a failure: whether it is quarantined.
    :param night_is_ours: whether the night that asks closed it.
    :param at: when: of what landed, the hour alone, so that a million of them share few values.
    :param key: of the content, where it failed or is ours; else empty.
    :param message: why it failed, in a sentence: failures are few among a million.
    """

    landed: bool
    reason: str
    options: str
    is_final: bool
    night_is_ours: bool
    at: float
    key: str = ""
    message: str = ""


class ClosedIndex:
    """The closed entries by the versions of paths that they tell of.

    :param night: the entries that it closed are kept whole in ``ours``, by key.
    """

    def __init__(self, night: Night) -> None:
        self._night = night
        # A digest of 16 bytes takes 64 as bytes and 48 as a number, and equal values are kept once.
        self._known: dict[int, Known] = {}
        self._shared: dict[Known, Known] = {}
        self._failed: dict[str, set[int]] = {}
        # Eight bytes of each key, which a set of numbers would need eight times as much for.
        self._keys = array("Q")
        self._has_sorted_keys = True
        self._job_seconds: deque[float] = deque(maxlen=LATEST)
        self.ours: dict[str, Closed] = {}

    def add(self, closed: Closed) -> None:
        """Take an entry in.

        :param closed: in any order, and any number of times.
        """
        is_ours = closed.night == self._night
        if closed.attempts:
            self._keys.append(int(closed.key[-KEY_DIGITS:], 16))
            self._has_sorted_keys = False
        if closed.is_landed and closed.completed is not None and closed.submitted is not None:
            self._job_seconds.append(closed.completed - closed.submitted)
        if is_ours:
            before = self.ours.get(closed.key)
            self.ours[closed.key] = union([before, closed]) if before else closed
        known = self._value(closed, is_ours=is_ours)
        digests = [int(version, 16) for version in closed.versions]
        if known.landed:
            digests += self._failed.pop(closed.key, ())
        else:
            self._failed.setdefault(closed.key, set()).update(digests)
        for digest in digests:
            before_it = self._known.get(digest)
            if before_it is None or (before_it.landed, before_it.at) <= (known.landed, known.at):
                self._known[digest] = known

    def find(self, digest: bytes) -> Known | None:
        """Return what is known of a version of a path.

        :param digest: :attr:`~airflow_provider_symbl.recordings.facts.RecordingFile.digest`.
        """
        return self._known.get(int.from_bytes(digest))

    def may_hold(self, key: str) -> bool:
        """Tell whether a content may be closed; where not, nothing that was added tells of it.

        :param key: of the content.
        """
        if not self._has_sorted_keys:
            self._keys = array("Q", sorted(self._keys))
            self._has_sorted_keys = True
        wanted = int(key[-KEY_DIGITS:], 16)
        place = bisect_left(self._keys, wanted)
        return place < len(self._keys) and self._keys[place] == wanted

    def usual_job_seconds(self) -> float | None:
        """Return the median of how long the latest jobs took from their submission on; None where none tells."""
        return statistics.median(self._job_seconds) if self._job_seconds else None

    def __len__(self) -> int:
        return len(self._known)

    def _value(self, closed: Closed, *, is_ours: bool) -> Known:
        landed = closed.is_landed
        known = Known(
            landed,
            closed.reason,
            closed.options,
            closed.is_final,
            is_ours,
            closed.at // HOUR * HOUR if landed and not is_ours else closed.at,
            closed.key if is_ours or not landed else "",
            "" if landed else closed.message,
        )
        return self._shared.setdefault(known, known)


def find_keys(ledger: Ledger, keys: Collection[str]) -> dict[str, Closed]:
    """Return what is closed of some keys, each the union of its entries, by one more pass over the closed part.

    :param ledger: is read.
    :param keys: of contents.
    """
    return union_by_key(ledger.closed_of(keys)) if keys else {}


def union_by_key(closed: Iterable[Closed]) -> dict[str, Closed]:
    """Return the union of the entries of each key.

    :param closed: in any order, and any number of times.
    """
    entries = defaultdict(list)
    for one in closed:
        entries[one.key].append(one)
    return {key: union(of_key) for key, of_key in entries.items()}


def union(entries: Sequence[Closed]) -> Closed:
    """Return what several entries of one content tell together.

    The one that landed tells how it ended, else the one with the highest attempt, else the latest. Attempts with its
    options count together, each once.

    :param entries: at least one.
    """
    told = max(entries, key=lambda entry: (entry.is_landed, entry.attempts, entry.at))
    last = max(entries, key=lambda entry: (entry.attempts, entry.at))
    used: dict[int, int] = {}
    for entry in entries:
        if entry.options == told.options:
            used[entry.attempts] = max(entry.used, used.get(entry.attempts, 0))
    return replace(
        told,
        attempts=last.attempts,
        used=sum(used.values()),
        is_redriven=last.is_redriven,
        versions=tuple(dict.fromkeys(version for entry in entries for version in entry.versions)),
        paths=tuple(dict.fromkeys(path for entry in entries for path in entry.paths)),
    )
