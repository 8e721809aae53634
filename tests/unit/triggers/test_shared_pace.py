"""SharedPace: what one of many watched jobs tells the others in the triggerer."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from airflow_provider_symbl.triggers.shared_pace import SharedPace

FIRST, MOST = 5.0, 60.0
SECONDS = 60.0


async def test_a_job_as_old_as_one_that_is_over_is_asked_for_at_once() -> None:
    """It does not sleep to the end of its pause."""
    pace = SharedPace(FIRST, MOST)
    submitted = time.time() - 100
    sleeping = asyncio.create_task(pace.sleep(10 * SECONDS, submitted, polled=30.0))
    await asyncio.sleep(0)
    assert not sleeping.done()
    pace.on_over(60.0, 90.0)
    await asyncio.wait_for(sleeping, SECONDS)
    await asyncio.wait_for(pace.sleep(10 * SECONDS, submitted, polled=30.0), SECONDS)


@pytest.mark.parametrize("polled", [95.0, math.inf])
async def test_a_job_that_was_asked_for_at_that_age_sleeps_on(polled: float) -> None:
    """So does one that Symbl asked to wait with."""
    pace = SharedPace(FIRST, MOST, soonest=90.0)
    sleeping = asyncio.create_task(pace.sleep(10 * SECONDS, time.time() - 100, polled))
    await asyncio.sleep(0)
    pace.on_over(60.0, 91.0)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not sleeping.done()
    sleeping.cancel()
