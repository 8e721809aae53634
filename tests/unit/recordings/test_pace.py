"""Pace: when each of many jobs is polled that run together."""

from __future__ import annotations

import itertools

import pytest

from airflow_provider_symbl.recordings.core.pace import Pace

FIRST, MOST = 5.0, 60.0
JOBS = 50


def polls_until(pace: Pace, seconds: float, share: float) -> list[float]:
    """Return the ages at which a job is polled, the first of them beyond some age included."""
    ages = [pace.pause(0.0, share)]
    while ages[-1] < seconds:
        ages.append(ages[-1] + pace.pause(ages[-1], share))
    return ages


@pytest.mark.parametrize("seconds", [7.0, 12.0, 20.0, 60.0, 90.0])
def test_one_of_many_jobs_is_polled_soon_after_an_end_that_nobody_knows(seconds: float) -> None:
    """A job by itself may be polled half of its time later."""
    soonest = min(polls_until(Pace(FIRST, MOST), seconds, place / JOBS)[-1] for place in range(JOBS))
    assert seconds <= soonest < 1.02 * seconds + 0.2


@pytest.mark.parametrize("usual", [None, 3.0, 43.0, 1000.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.98])
def test_no_pause_is_shorter_or_longer_than_was_asked_for(usual: float | None, share: float) -> None:
    """However old a job is."""
    pace = Pace(FIRST, MOST, usual)
    assert all(FIRST - 1e-6 <= pace.pause(age / 10, share) <= MOST for age in range(20_000))


def test_a_job_is_asked_for_when_jobs_of_the_night_have_ended() -> None:
    """Not before; then again and again, less and less often where it takes longer."""
    pace, share = Pace(FIRST, MOST, usual=40.0), 0.5
    ages = polls_until(pace, 100.0, share)
    assert ages[0] == 40.0 + share * FIRST
    pauses = [later - earlier for earlier, later in itertools.pairwise(ages)]
    assert pauses == sorted(pauses)
    assert pauses[0] == FIRST


def test_what_was_seen_of_jobs_that_ended_counts_for_the_others() -> None:
    """The median of the ages at which they still ran, and the shortest at which one was over."""
    pace = Pace(FIRST, MOST, usual=500.0, soonest=900.0)
    for ran, age in ((40.0, 60.0), (50.0, 61.0), (0.0, 100.0)):
        pace.on_over(ran, age)
    assert (pace.usual, pace.soonest) == (50.0, 60.0)
