"""Jobs that fail or last because a test wants them to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.middleware.fault_rules import FAILURE
from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.fault_rules import TEXT, fault, faults, until
from tests.support.local_client import Local

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("by", [{"by": "work"}, {"by": "at_once"}, {"by": "polls", "polls": 3}, {"by": "time"}])
@pytest.mark.parametrize("at", ["before_body", "before_job"])
def test_a_job_can_be_made_to_fail(local: Local, at: str, by: dict[str, Any]) -> None:
    """With the reason of the rule, when its progress says so; its conversation stays empty."""
    local.progress(**by, **({"seconds": 0.2} if by["by"] == "time" else {}))
    fault(local, TEXT, at=at, job="failed", message="Out of cheese")
    ids = local.text("Hello.")
    read: list[dict[str, str]] = []

    def is_over() -> bool:
        read.append(local.job(ids))
        return read[-1]["status"] == "failed"

    until(is_over)
    assert read[-1]["message"] == "Out of cheese"
    assert by["by"] != "polls" or [job["status"] for job in read] == ["scheduled", "in_progress", "failed"]
    assert by["by"] != "time" or local.get("/__local__/jobs")["jobs"][0]["seconds"] >= 0.2
    assert local.messages(ids) == []


@pytest.mark.process
def test_a_rules_reason_goes_before_the_works_own(at_once: Local) -> None:
    """A recording that cannot be decoded fails as the rule says; the next one by itself."""
    fault(at_once, "POST /v1/process/audio", job="failed")
    reasons = [at_once.job(at_once.submit("audio", data=b"noise"))["message"] for _ in range(2)]
    assert reasons[0] == FAILURE
    assert reasons[1].startswith("The recording has the wrong format: got text; ")


def test_a_failed_append_leaves_the_conversation_as_it_was(at_once: Local) -> None:
    """And the next one goes on where the first ended."""
    ids = at_once.text("One.")
    fault(at_once, "PUT /v1/process/text/*", job="failed")
    at_once.append(ids["conversationId"], "Two.")
    at_once.append(ids["conversationId"], "Three.")
    assert at_once.texts(ids) == ["One.", "Three."]


@pytest.mark.parametrize("by", [{"by": "at_once"}, {"by": "polls", "polls": 1}, {"by": "time", "seconds": 0.0}])
def test_a_jobs_end_can_be_put_off(local: Local, by: dict[str, Any]) -> None:
    """The submission's answer is not, and what the job found stays unseen until then."""
    local.progress(**by)
    fault(local, TEXT, containing="Late", job_seconds=10_000)
    fault(local, TEXT, containing="Soon", job_seconds=0.3)
    late, soon = local.text("Late."), local.text("Soon.")
    until(lambda: local.job(soon)["status"] == "completed")
    assert local.job(late)["status"] in {"scheduled", "in_progress"}
    assert (local.texts(late), local.texts(soon)) == ([], ["Soon."])
    first, second = local.get("/__local__/jobs")["jobs"]
    assert (first["seconds"], second["seconds"] >= 0.3) == (None, True)


def test_a_late_job_can_fail_too(at_once: Local) -> None:
    """One rule may say both, and what several rules want is joined."""
    fault(at_once, TEXT, at="before_body", job="failed", message="Out of cheese", job_seconds=0.1)
    fault(at_once, TEXT, job_seconds=0.3)
    ids = at_once.text("Hello.")
    until(lambda: at_once.job(ids)["status"] == "failed")
    (job,) = at_once.get("/__local__/jobs")["jobs"]
    assert (job["message"], job["seconds"] >= 0.3) == ("Out of cheese", True)


def test_what_a_rule_wants_for_a_job_outlives_a_restart(tmp_path: Path) -> None:
    """The job's own, that is; the rules themselves are gone."""
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        fault(local, TEXT, job="failed", message="Out of cheese", job_seconds=0.5)
        ids = local.text("Hello.")
    with LocalServer(data_dir=tmp_path, app_id=server.app_id, app_secret=server.app_secret) as server:
        again = Local(server)
        until(lambda: again.job(ids)["status"] == "failed")
        (job,) = again.get("/__local__/jobs")["jobs"]
        assert (job["message"], job["seconds"] >= 0.5, faults(again)) == ("Out of cheese", True, [])
    local.session.close()
    again.session.close()


def test_only_submissions_meet_rules_about_jobs(at_once: Local) -> None:
    """Whatever else the rule's call would fit is not counted."""
    fault(at_once, "* *", job="failed")
    at_once.get("/v1/conversations")
    assert at_once.job(at_once.text("Hello."))["status"] == "failed"
