"""Webhooks: one POST for each change of a job's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.unit.local_server.conftest import Local, Stranger


def test_each_change_of_status_is_posted_in_order(local: Local, stranger: Stranger) -> None:
    """Scheduled, in progress, and the end."""
    ids = local.text("Hello.", webhookUrl=f"{stranger.url}/hook")
    assert stranger.posted(3) == [
        {"jobId": ids["jobId"], "status": status} for status in ("scheduled", "in_progress", "completed")
    ]


def test_changes_that_are_made_by_polling_are_posted_too(local: Local, stranger: Stranger) -> None:
    """What is posted is what is shown."""
    local.progress(by="polls", polls=3)
    ids = local.text("Hello.", webhookUrl=f"{stranger.url}/hook")
    assert stranger.posted(1)[0]["status"] == "scheduled"
    for _ in range(3):
        local.job(ids)
    assert [post["status"] for post in stranger.posted(2)] == ["in_progress", "completed"]


def test_a_failed_job_is_posted_as_failed(local: Local, stranger: Stranger) -> None:
    """The reason is read from the job."""
    local.submit("audio", params={"webhookUrl": f"{stranger.url}/hook"}, data=b"noise")
    assert [post["status"] for post in stranger.posted(3)][-1] == "failed"


def test_a_webhook_that_refuses_does_not_hold_up_the_job(
    local: Local, stranger: Stranger, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is logged, without the address, and the next change is still posted."""
    url = stranger.serve("/hook?key=secret", b"", 500)
    ids = local.text("Hello.", webhookUrl=url)
    while local.job(ids)["status"] != "completed":
        pass
    assert len(stranger.posted(3)) == 3
    local.send("POST", "/__local__/reset")
    assert "did not take scheduled: HTTPError" in caplog.text
    assert "secret" not in caplog.text


def test_a_reset_forgets_what_was_not_posted_yet(local: Local, stranger: Stranger) -> None:
    """What is on its way arrives, what waits behind it never does."""
    stranger.may_answer.clear()
    old = local.text("Hello.", webhookUrl=f"{stranger.url}/hook")
    assert stranger.posted(1) == [{"jobId": old["jobId"], "status": "scheduled"}]
    local.send("POST", "/__local__/reset")
    stranger.may_answer.set()
    local.authorise()
    new = local.text("Hello.", webhookUrl=f"{stranger.url}/hook")
    assert {post["jobId"] for post in stranger.posted(3)} == {new["jobId"]}
