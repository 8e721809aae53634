"""Faults of the kinds that lose recordings or pay for them twice, to be planted one at a time."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.recordings.core.concurrency_limit import ConcurrencyLimit
from airflow_provider_symbl.recordings.core.job_tracking import Jobs
from airflow_provider_symbl.recordings.core.planning import Planning
from airflow_provider_symbl.recordings.core.send_queue import Submissions
from airflow_provider_symbl.recordings.facts import Done, Inspection
from airflow_provider_symbl.recordings.ledger.ledger import Ledger
from airflow_provider_symbl.recordings.ledger.open_attempts import OpenAttempts
from airflow_provider_symbl.recordings.ledger.segments import closed_entry, is_ended
from airflow_provider_symbl.recordings.performer.performer import Performer
from tests.support.night.simulator import KillableStore
from tests.support.night.world import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pytest

    from airflow_provider_symbl.recordings.core import actions, events
    from airflow_provider_symbl.recordings.facts import Attempt, Closed, RecordingFile, Unfit


def no_second_look(patch: pytest.MonkeyPatch) -> None:
    """Send under a claim without looking whether the key was closed meanwhile."""
    patch.setattr(Submissions, "_comes_too_late", lambda *_: False)


def delete_before_segment(patch: pytest.MonkeyPatch) -> None:
    """Delete the open files of what is over, and write the segment then."""

    def compact(ledger: Any, entries: Mapping[str, Sequence[Attempt]], extra: Sequence[Closed] = ()) -> int:  # noqa: ANN401 - reaches into a ledger
        lines = [closed_entry(key, attempts) for key, attempts in entries.items() if is_ended(attempts)]
        ledger._open.delete({line.key: line.attempts for line in lines})
        if lines or extra:
            ledger._segments.write([*lines, *extra])
        return len(lines)

    patch.setattr(Ledger, "compact", compact)


def judged_before_its_end(patch: pytest.MonkeyPatch) -> None:
    """Take a claim for lost as soon as it is seen without an answer."""
    patch.setattr(Jobs, "judged_from", lambda _, track: track.last.claim.at)


def end_not_checked(patch: pytest.MonkeyPatch) -> None:
    """Send under a claim whatever the time is."""
    send = Performer._send

    def without_end(performer: Performer, action: actions.Send) -> Iterator[events.Event]:
        return send(performer, replace(action, claim=replace(action.claim, ends=float("inf"))))

    patch.setattr(Performer, "_send", without_end)
    patch.setattr(Submissions, "_is_over", lambda *_: False)


def answer_overwritten(patch: pytest.MonkeyPatch) -> None:
    """Let the last answer stand, not the first."""
    note = OpenAttempts.note

    def overwrite(attempts: Any, key: str, number: int, fact: Any, content: Any) -> bool:  # noqa: ANN401 - reaches into a ledger
        if fact == "answer":
            attempts._store.delete(f"open/{key}.{number}.answer")
        return note(attempts, key, number, fact, content)

    patch.setattr(OpenAttempts, "note", overwrite)


def key_of_the_beginning(patch: pytest.MonkeyPatch) -> None:
    """Take the beginning of a content for all of it."""
    inspect = Files.inspect

    def begin(files: Files, file: RecordingFile, options: str) -> Inspection | Unfit | None:
        found = inspect(files, file, options)
        if not isinstance(found, Inspection):
            return found
        return replace(found, key=hashlib.sha256(files.files[file.path].content[:4]).hexdigest()[:32])

    patch.setattr(Files, "inspect", begin)


def budget_per_try(patch: pytest.MonkeyPatch) -> None:
    """Forget what earlier tries of a night have paid for."""
    patch.setattr(Planning, "minutes_paid", lambda _: 0.0)


def one_job_too_many(patch: pytest.MonkeyPatch) -> None:
    """Run one job more than the cap allows."""
    now = vars(ConcurrencyLimit)["now"].fget
    patch.setattr(ConcurrencyLimit, "now", property(lambda limit: now(limit) + 1))


def done_before_it_landed(patch: pytest.MonkeyPatch) -> None:
    """Write down that results stand, and write them then."""
    land = Performer._land

    def first_done(performer: Performer, action: actions.Land) -> events.Event:
        done = Done(performer.settings.night, performer.clock(), completed=action.completed)
        performer.ledger.finish(action.key, action.attempt.number, done)
        return land(performer, action)

    patch.setattr(Performer, "_land", first_done)


def listing_remembered(patch: pytest.MonkeyPatch) -> None:
    """Answer from the first listing of a folder for a while, as caches of object stores do."""
    listed = KillableStore.list

    def remember(store: KillableStore, prefix: str) -> Any:  # noqa: ANN401 - as the store gives it
        cache = vars(store).setdefault("_remembered", {})
        now = store._clock()
        if prefix not in cache or now - cache[prefix][0] > 6 * 3600 or now < cache[prefix][0]:
            cache[prefix] = (now, listed(store, prefix))
        return cache[prefix][1]

    patch.setattr(KillableStore, "list", remember)


FAULTS: Mapping[str, Callable[[pytest.MonkeyPatch], None]] = {
    fault.__name__: fault
    for fault in (
        no_second_look,
        delete_before_segment,
        judged_before_its_end,
        end_not_checked,
        answer_overwritten,
        key_of_the_beginning,
        budget_per_try,
        one_job_too_many,
        done_before_it_landed,
        listing_remembered,
    )
}
