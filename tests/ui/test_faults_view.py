"""Faults, switched on and off by people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import expect

from tests.support.local_client import message

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.support.local_client import Local
    from tests.ui.conftest import Window

SHOWN = {"after": 0, "at": "before_job", "times": 1, "met": 0, "left": 1, "holding": 0}
READY: dict[str, dict[str, Any]] = {
    "Lose an answer": {"call": "POST /v1/process/*", "at": "after_job", "cut": True},
    "Refuse three polls": {"call": "GET /v1/job/*", "status": 503, "times": 3, "left": 3},
    "Fail a job": {"call": "* /v1/process/*", "job": "failed"},
    "Answer slowly": {"call": "* *", "delay": 2, "times": None, "left": None},
    "Refuse two submits": {
        "call": "POST /v1/process/*",
        "status": 429,
        "headers": {"Retry-After": "1"},
        "times": 2,
        "left": 2,
    },
}
ROWS = ".rules li"


def box(element: Locator) -> object:
    """Tell where an element is."""
    return element.bounding_box()


def in_force(local: Local) -> list[dict[str, Any]]:
    """Ask the server for its rules, without their ids."""
    rules: list[dict[str, Any]] = local.get("/__local__/faults")["faults"]
    return [{name: value for name, value in rule.items() if name != "id"} for rule in rules]


@pytest.mark.parametrize("name", READY)
def test_a_ready_fault_is_switched_on_with_one_click(window: Window, local: Local, name: str) -> None:
    """The server has the rule then, and the page shows it."""
    window.open("faults")
    window.press(name)
    expect(window.find(ROWS)).to_have_count(1)
    expect(window.find(ROWS)).to_contain_text(READY[name]["call"])
    assert in_force(local) == [{**SHOWN, **READY[name]}]


def test_a_fault_meets_real_calls_and_is_seen_to(window: Window, at_once: Local) -> None:
    """Three polls are refused, and counted on the page; the fourth is answered."""
    ids = at_once.text("Hello.")
    window.open("faults")
    window.press("Refuse three polls")
    expect(window.find(f"{ROWS} .count")).to_have_text("met 0 · 3 still to meet")
    answers = [at_once.send("GET", f"/v1/job/{ids['jobId']}").status_code for _ in range(4)]
    assert answers == [503, 503, 503, 200]
    expect(window.find(f"{ROWS} .count")).to_have_text("met 3 · 0 still to meet")


def test_an_answer_is_lost_after_its_job_is_made(window: Window, at_once: Local) -> None:
    """The client sees the connection end, the server has the job."""
    window.open("faults")
    window.press("Lose an answer")
    expect(window.find(ROWS)).to_have_count(1)
    with pytest.raises(requests.ConnectionError):
        at_once.send("POST", "/v1/process/text", json={"messages": [message("Hello.")]})
    assert len(at_once.get("/__local__/jobs")["jobs"]) == 1


def test_tokens_are_made_to_expire(window: Window, local: Local) -> None:
    """The next call is refused, until the client gets a new one."""
    window.open("faults")
    assert local.send("GET", "/v1/conversations").status_code == 200
    window.press("Expire tokens")
    expect(window.find(".count")).to_have_text("Done: expire tokens.")
    assert local.send("GET", "/v1/conversations").status_code == 401
    local.authorise()
    assert local.send("GET", "/v1/conversations").status_code == 200


def test_all_faults_are_cleared(window: Window, local: Local) -> None:
    """Also those that the page did not switch on."""
    local.send("POST", "/__local__/faults", json={"call": "GET /v1/job/*", "status": 500})
    window.open("faults")
    window.press("Fail a job")
    expect(window.find(ROWS)).to_have_count(2)
    window.press("Clear all")
    expect(window.find(ROWS)).to_have_count(0)
    expect(window.find(".empty")).to_have_text("None: every call is answered as it should be.")
    assert in_force(local) == []


def test_one_fault_is_cleared_and_nothing_moves(window: Window, local: Local) -> None:
    """Neither when rules come nor when one goes: a second press meets what the first met; the focus stays, too."""
    window.open("faults")
    switches = window.find(".ready button")
    before = [box(switch) for switch in switches.all()]
    for name in ("Lose an answer", "Fail a job", "Answer slowly"):
        window.press(name)
    expect(window.find(ROWS)).to_have_count(3)
    rules = [box(rule) for rule in window.find(ROWS).all()]
    second = window.find(ROWS).nth(1).get_by_role("button")
    second.focus()
    window.tab.keyboard.press("Enter")
    expect(window.find(ROWS).nth(1)).to_contain_text("Cleared")
    expect(second).to_be_focused()
    assert [rule["call"] for rule in in_force(local)] == ["POST /v1/process/*", "* *"]
    window.tab.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-disabled", "true")
    assert [box(rule) for rule in window.find(ROWS).all()] == rules
    assert [box(switch) for switch in switches.all()] == before
    local.send("POST", "/__local__/faults", json={"call": "GET /v1/job/*", "status": 500})
    expect(window.find(ROWS)).to_have_count(4)
    expect(window.find("#problem")).to_have_text("")
    assert [box(rule) for rule in window.find(ROWS).all()][:3] == rules
    window.press("Clear all")
    expect(window.find(ROWS)).to_have_count(0)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ('{"call": "GET /v1/job/*", "speed": 3}', '"speed" is not allowed'),
        ('{"call": ', "The request body must be JSON, but its 9 bytes are not"),
    ],
)
def test_a_rule_of_ones_own_is_refused_with_a_reason(window: Window, local: Local, rule: str, problem: str) -> None:
    """The server's; a rule that is put right is taken, and the reason goes away."""
    window.open("faults")
    window.tab.get_by_label("A rule as JSON").fill(rule)
    window.press("Add rule")
    expect(window.find("#problem")).to_have_text(problem)
    assert in_force(local) == []
    window.forgive("400 (Bad Request)")
    window.tab.get_by_label("A rule as JSON").fill('{"call": "GET /v1/job/*", "status": 500, "after": 2}')
    window.press("Add rule")
    expect(window.find(ROWS)).to_contain_text('"after": 2')
    expect(window.find("#problem")).to_have_text("")
    assert in_force(local) == [{**SHOWN, "call": "GET /v1/job/*", "status": 500, "after": 2}]


def test_the_example_is_a_rule(window: Window, local: Local) -> None:
    """What stands in the form can be sent as it is."""
    window.open("faults")
    window.press("Add rule")
    expect(window.find(ROWS)).to_have_count(1)
    assert [rule["call"] for rule in in_force(local)] == ["GET /v1/conversations/*"]
