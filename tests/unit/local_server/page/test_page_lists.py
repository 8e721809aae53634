"""What the page lists: jobs, those that failed apart, and conversations as they are searched; and its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local


def found(local: Local, search: str, **query: Any) -> list[dict[str, Any]]:
    """Search as the page does."""
    entries: list[dict[str, Any]] = local.get("/__local__/conversations", search=search, **query)["conversations"]
    return entries


def names(local: Local, search: str, **query: Any) -> list[str]:
    """Search as the page does, and give the names."""
    return [entry["name"] for entry in found(local, search, **query)]


def test_conversations_are_found_by_part_of_a_name(at_once: Local) -> None:
    """In capitals or not; what a regular expression would take for its own is a letter like any other."""
    for name in ("Weekly call", "Stand-up", "CALL of Friday (1)"):
        at_once.text("Hello.", name=name)
    assert names(at_once, "call") == ["CALL of Friday (1)", "Weekly call"]
    assert names(at_once, " (1) ") == ["CALL of Friday (1)"]
    assert names(at_once, ".*") == []
    assert at_once.get("/__local__/conversations", search="call", limit=1)["total"] == 2
    assert names(at_once, "call", limit=1, offset=1) == ["Weekly call"]


def test_conversations_are_found_by_their_ids(at_once: Local) -> None:
    """That of the conversation, as far as it is typed, and that of a job."""
    ids = at_once.text("Hello.", name="Wanted")
    at_once.text("Hello.", name="Other")
    appended = at_once.append(ids["conversationId"], "More.")
    for wanted in (ids["conversationId"], ids["conversationId"][:12], ids["jobId"], appended["jobId"]):
        assert names(at_once, wanted) == ["Wanted"]


def test_conversations_are_found_by_what_was_said(at_once: Local) -> None:
    """With the first message that has it, and what stands around it there."""
    said = "x" * 70 + " the Printer is broken " + "y" * 70
    ids = at_once.text("Good morning.", said, "The printer again.", name="Broken")
    at_once.text("Hello.", name="Other")
    (entry,) = found(at_once, "printer IS")
    assert entry["said"] == {
        "messageId": at_once.messages(ids)[1]["id"],
        "before": "… " + ("x" * 70 + " the ")[-60:],
        "match": "Printer is",
        "after": (" broken " + "y" * 70)[:60] + " …",
    }
    assert found(at_once, "broken")[0]["said"]["before"].endswith("the Printer is ")


def test_what_clients_may_not_see_yet_is_not_found(local: Local) -> None:
    """A conversation is found by its name, not by what its job has heard in secret."""
    local.progress(by="polls", polls=2)
    ids = local.text("The printer is broken.", name="Call")
    assert (names(local, "printer"), names(local, "call")) == ([], ["Call"])
    for _ in range(2):
        local.job(ids)
    assert names(local, "printer") == ["Call"]


def test_failed_jobs_are_listed_apart(at_once: Local) -> None:
    """The newest first among them and among the others, each as far as asked for; all are counted."""
    at_once.text("Hello.", name="Good 1")
    rule = {"call": "POST /v1/process/text", "job": "failed", "message": "Out of luck", "times": 2}
    at_once.send("POST", "/__local__/faults", json=rule)
    for name in ("Bad 1", "Bad 2", "Good 2"):
        at_once.text("Hello.", name=name)
    listed = at_once.get("/__local__/jobs/failed-first")
    assert [job["name"] for job in listed["failed"]] == ["Bad 2", "Bad 1"]
    assert [job["name"] for job in listed["others"]] == ["Good 2", "Good 1"]
    assert {job["message"] for job in listed["failed"]} == {"Out of luck"}
    assert (listed["failedTotal"], listed["total"], listed["running"]) == (2, 4, 0)
    fewer = at_once.get("/__local__/jobs/failed-first", failed=1, others=0)
    assert ([job["name"] for job in fewer["failed"]], fewer["others"]) == (["Bad 2"], [])
    assert (fewer["failedTotal"], fewer["total"]) == (2, 4)


def test_a_listed_job_is_as_the_control_route_shows_it(local: Local) -> None:
    """Also one that is not over; looking does not move it on."""
    local.progress(by="polls", polls=2)
    local.text("Hello.")
    for _ in range(3):
        listed = local.get("/__local__/jobs/failed-first")
    assert listed["others"] == local.get("/__local__/jobs")["jobs"]
    assert (listed["others"][0]["status"], listed["running"]) == ("scheduled", 1)


def test_the_page_is_given_a_token(at_once: Local) -> None:
    """With it, it may do what any client may; one that has been made to expire is replaced."""
    ids = at_once.text("Hello.", name="To be deleted")
    at_once.send("POST", "/__local__/tokens/expire")
    answer = at_once.send("POST", "/__local__/tokens", headers={"Authorization": ""})
    token = {"Authorization": f"Bearer {answer.json()['accessToken']}"}
    gone = at_once.send("DELETE", f"/v1/conversations/{ids['conversationId']}", headers=token)
    assert (gone.status_code, names(at_once, "deleted")) == (200, [])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "elsewhere.example"}, 403),
        ({}, 200),
    ],
)
def test_no_other_page_is_given_a_token(local: Local, headers: dict[str, str], status: int) -> None:
    """Control access stands before it as before all that is the page's."""
    answer = local.send("POST", "/__local__/tokens", headers=headers)
    assert (answer.status_code, "accessToken" in answer.json()) == (status, status == 200)


def test_a_message_without_a_speaker_is_found_too(at_once: Local) -> None:
    """Nobody has to be known for it."""
    at_once.submit("text", json={"messages": [message("Straße gesperrt.", "Ann"), message("STRASSE frei.")]})
    (entry,) = found(at_once, "strasse")
    assert entry["said"]["match"] == "STRASSE"
