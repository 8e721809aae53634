"""Histories of nights in a simulated world: nothing is lost, nothing is paid for twice, and the books close."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.night.planted_faults import FAULTS
from tests.support.night.simulator import play, play_year
from tests.support.sizes import SIZES

SHARES = 10
"""Parts into which the histories are cut, so that several processes share them."""
MOST_HISTORIES = 1000
"""In so many histories each planted fault is found; the seeds are always the same."""


@pytest.mark.parametrize("share", range(SHARES))
def test_no_history_loses_a_recording_or_pays_for_one_twice(share: int) -> None:
    """With kills, two DAGs, files that move, lost answers and whatever else; the seed of a failure plays alone."""
    outcomes: Counter[tuple[str, str]] = Counter()
    found = {}
    for seed in range(share, SIZES.night_histories, SHARES):
        report = play(seed)
        outcomes += report.outcomes
        if report.problems:
            found[seed] = report.problems
    assert found == {}
    assert {outcome for outcome, _ in outcomes} == {"landed", "failed", "waiting", "quarantined", "skipped"}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the histories would prove nothing."""
    FAULTS[fault](monkeypatch)
    assert any(_is_found(seed) for seed in range(MOST_HISTORIES))


def test_a_long_row_of_nights_loses_nothing() -> None:
    """Each with new recordings; the ledger grows and is merged, and kills come now and then."""
    report = play_year(1, SIZES.nights_in_a_row, SIZES.recordings_a_night)
    assert report.problems == []
    assert report.outcomes["landed", "landed"] >= 0.99 * SIZES.nights_in_a_row * SIZES.recordings_a_night


def test_a_history_plays_alike_each_time() -> None:
    """So that a seed that fails can be looked into."""
    assert play(7) == play(7)


def _is_found(seed: int) -> bool:
    try:
        return bool(play(seed).problems)
    except (ValueError, RuntimeError):
        # What is wrong may also end a night with an error that no user should see.
        return True
