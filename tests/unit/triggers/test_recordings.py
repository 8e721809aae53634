"""SymblRecordingsTrigger: one event for many jobs, which tells the next one how long they take."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.triggers.recordings import SymblRecordingsTrigger, job_times
from tests.support.airflow_tasks import events_of, rebuilt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.usefixtures("connection")

JOBS = 3


def make_trigger(**changes: Any) -> SymblRecordingsTrigger:
    """Make a trigger that asks often."""
    arguments: dict[str, Any] = {"jobs": [], "enough": 1, "wake_at": None, "poll_interval": 0.02}
    return SymblRecordingsTrigger(**{**arguments, "max_poll_interval": 0.05, **changes})


def submit(server: SymblLocal) -> list[tuple[str, str, float]]:
    """Submit some texts."""
    with SymblClient(server.settings) as client:
        made = [client.submit_text([{"payload": {"content": "Good morning."}}]) for _ in range(JOBS)]
    return [(one.job_id, one.conversation_id, time.time()) for one in made]


async def payload_of(trigger: SymblRecordingsTrigger) -> Mapping[str, Any]:
    """Return what the one event of a trigger carries, as JSON brings it to the task."""
    (event,) = await events_of(trigger)
    told: Mapping[str, Any] = json.loads(json.dumps(event.payload))
    return told


def test_the_stored_form_makes_an_equal_trigger() -> None:
    """What was learned of the jobs, too."""
    trigger = make_trigger(jobs=[("j", "c", 5.0)], wake_at=7.0, not_before=2.0, usual=40.0, soonest=62.0)
    assert rebuilt(trigger).serialize() == trigger.serialize()
    assert trigger.serialize()[1]["usual"] == 40.0


async def test_the_event_tells_how_long_jobs_took(symbl_local: SymblLocal) -> None:
    """The next trigger begins with that."""
    symbl_local.progress(by="polls", polls=3)
    told = await payload_of(make_trigger(jobs=submit(symbl_local), enough=JOBS))
    assert (told["over"], told["jobs"]) == (JOBS, JOBS)
    assert 0 < told["usual"] < told["soonest"]
    again = make_trigger(**job_times(told)).serialize()[1]
    assert (again["usual"], again["soonest"]) == (told["usual"], told["soonest"])


async def test_a_trigger_that_saw_no_end_hands_on_what_it_was_told(symbl_local: SymblLocal) -> None:
    """Such as one that had to wake before."""
    symbl_local.fault(call="GET /v1/job/*", times=None, status=200, body={"id": "held", "status": "in_progress"})
    told = await payload_of(make_trigger(jobs=submit(symbl_local), wake_at=time.time() + 0.3, usual=40.0, soonest=62.0))
    assert told == {"over": 0, "jobs": JOBS, "usual": 40.0, "soonest": 62.0}


@pytest.mark.parametrize("event", [None, "over", {"over": 3, "jobs": 3}, {"usual": None, "soonest": "soon"}])
def test_an_event_that_tells_nothing_is_borne(event: object) -> None:
    """One of another version, or none."""
    assert job_times(event) == {}
