"""``dry_run`` against the night that then happens: the same recordings, minutes and money."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.night.real_nights import Nights, Told, clear_faults, hold_jobs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.symbl_local import SymblLocal

pytestmark = [pytest.mark.usefixtures("connection"), pytest.mark.process]

ADDED: Mapping[str, Any] = {"trackers": [{"name": "Parcel", "vocabulary": ["parcel"]}]}
HOUR = 3600.0
CAP = 2
JOB_SECONDS = 0.3


@pytest.fixture
def nights(tmp_path: Path, symbl_local: SymblLocal) -> Nights:
    """Return nights of a folder in which everything has happened that a plan has to know of."""
    symbl_local.progress(by="at_once")
    made = Nights(tmp_path)
    for path in ("known.json", "refused.json", "failing.json", "day/known.json"):
        made.chat(path)
    symbl_local.fault(call="POST /v1/process/text", containing="refused.json", status=400, body={"message": "No."})
    symbl_local.fault(call="POST /v1/process/text", containing="failing.json", job="failed", times=1)
    made.run("first", max_attempts=1, allowed_failures=9)
    for number in range(6):
        made.chat(f"new/{number}.json", "A word. " * (number + 1))
    made.chat("new/twin.json", "A word. ")
    (made.recordings / "empty.wav").touch()
    (made.recordings / "note.txt").write_text("Not a recording.")
    return made


def planned_and_done(nights: Nights, **given: Any) -> tuple[Told, Told]:
    """Plan a night, and then run it."""
    arguments = {"price_per_minute": 10, "allowed_failures": 9, **given}
    planned = nights.run("second", dry_run=True, **arguments)
    return planned, nights.run("second", **arguments)


def minutes_of(told: Told) -> dict[str, float]:
    """Return what each recording is paid for, of those that are."""
    return {path: row["minutes"] for path, row in told.rows.items() if row.get("minutes")}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"max_minutes": 0.006, "order": "shortest"},
        {"max_minutes": 0.006, "order": "newest"},
        {"redrive": ["changed"], "parameters": ADDED},
        {"redrive": "failed, quarantined"},
        {"redrive": "known.json"},
        {"redrive": ["changed", "failed"], "parameters": ADDED, "max_minutes": 0.006},
        {"overrides": {"refused.json": {"name": "Another", "confidence_threshold": 0.7}}},
        {"since": "2040-01-01"},
    ],
    ids=str,
)
def test_the_same_recordings_and_minutes(nights: Nights, symbl_local: SymblLocal, given: Mapping[str, Any]) -> None:
    """What would be sent is what is sent, and everything else is told as it then is."""
    before = len(symbl_local.submissions())
    planned, done = planned_and_done(nights, **given)
    to_send = {path for path, outcome in planned.outcomes.items() if outcome == ("waiting", "dry run")}
    assert to_send == {path for path, outcome in done.outcomes.items() if outcome == ("landed", "landed")}
    assert len(symbl_local.submissions()) == before + len(to_send)
    others = planned.outcomes.keys() - to_send
    assert {path: planned.outcomes[path] for path in others} == {path: done.outcomes[path] for path in others}
    assert minutes_of(planned) == minutes_of(done)
    assert planned.result["minutes"] == done.result["minutes"]
    assert planned.result["price"] == done.result["price"]


def test_what_an_earlier_night_has_sent_is_not_planned_again(nights: Nights, symbl_local: SymblLocal) -> None:
    """Its job runs at Symbl, is paid for, and lands."""
    hold_jobs(symbl_local)
    nights.run("evening", finish_by=2)
    clear_faults(symbl_local)
    planned = nights.run("second", dry_run=True, later=HOUR)
    sent = {path for path, outcome in planned.outcomes.items() if outcome == ("waiting", "running")}
    assert sent == {"failing.json", *(f"new/{number}.json" for number in range(6))}
    assert planned.result["minutes"] == 0
    before = len(symbl_local.submissions())
    done = nights.run("second", later=HOUR)
    assert {path for path, outcome in done.outcomes.items() if outcome == ("landed", "landed")} == sent
    assert len(symbl_local.submissions()) == before


def test_the_expected_time_is_that_of_so_many_jobs_at_once_one_after_the_other(
    tmp_path: Path, symbl_local: SymblLocal
) -> None:
    """By the jobs of earlier nights, each of which has taken one of the places; nobody knows it in the first."""
    symbl_local.progress(by="time", seconds=JOB_SECONDS)
    nights = Nights(tmp_path)
    for number in range(3):
        nights.chat(f"first/{number}.json")
    planned = nights.run("first", dry_run=True, max_concurrent_jobs=CAP)
    assert planned.result["expected_seconds"] is None
    first = nights.run("first", max_concurrent_jobs=CAP)
    usual = statistics.median(row["completed"] - row["submitted"] for row in first.rows.values())
    for number in range(5):
        nights.chat(f"second/{number}.json")
    told = nights.run("second", dry_run=True, max_concurrent_jobs=CAP)
    assert told.result["expected_seconds"] == pytest.approx(math.ceil(5 / CAP) * usual)
    nights.run("second", max_concurrent_jobs=CAP)
    assert nights.run("third", dry_run=True).result["expected_seconds"] == 0
