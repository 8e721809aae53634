"""Fault rules as they are set: what is shown of them, and which are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fault_rules import TEXT, faults

if TYPE_CHECKING:
    from tests.support.local_client import Local


ANSWER = {"call": TEXT, "status": 503}
LATE = {"call": TEXT, "at": "after_job"}


def test_a_rule_comes_back_as_it_was_set(local: Local) -> None:
    """With what was left out, and what has become of it."""
    given = {"call": TEXT, "containing": "x", "delay": 1.5, "status": 503, "headers": {"A": "b"}, "body": {"c": [None]}}
    answer = local.send("POST", "/__local__/faults", json=given)
    shown = {**given, "after": 0, "times": 1, "at": "before_job", "met": 0, "left": 1, "holding": 0}
    assert (answer.status_code, answer.json()) == (201, {"id": answer.json()["id"], **shown})
    assert faults(local) == [answer.json()]


def test_a_rule_is_cleared_by_its_id(local: Local) -> None:
    """The others stay; a second time it is not found."""
    first, second = (
        local.send("POST", "/__local__/faults", json={**ANSWER, "after": after}).json() for after in (1, 2)
    )
    assert local.send("DELETE", f"/__local__/faults/{first['id']}").status_code == 200
    assert faults(local) == [second]
    again = local.send("DELETE", f"/__local__/faults/{first['id']}")
    assert (again.status_code, again.json()) == (404, {"message": f"There is no fault rule with id {first['id']}"})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ([], '"value" must be of type object, but is an array'),
        ({"cut": True}, '"call" is required'),
        ({"call": ""}, '"call" is not allowed to be empty'),
        ({"call": 7}, '"call" must be a string, but is a number'),
        *(
            ({"call": call}, f'"call" must be a method and a path without query, such as "{TEXT}", but is "{call}"')
            for call in ("POST", "POST v1", "post /v1", "POST /v1 ", "POST  /v1", "GET /v1/job?x")
        ),
        ({**ANSWER, "rate": 1}, '"rate" is not allowed'),
        ({**ANSWER, "containing": ""}, '"containing" is not allowed to be empty'),
        ({**ANSWER, "containing": None}, '"containing" must be a string, but is null'),
        ({**ANSWER, "after": -1}, '"after" must be greater than or equal to 0, but is -1'),
        ({**ANSWER, "after": None}, '"after" must be a number, but is null'),
        ({**ANSWER, "times": 0}, '"times" must be greater than or equal to 1, but is 0'),
        ({**ANSWER, "times": 1.5}, '"times" must be an integer, but is 1.5'),
        ({**ANSWER, "at": "never"}, '"at" must be one of [before_body, before_job, after_job], but is "never"'),
        ({**ANSWER, "delay": -1}, '"delay" must be greater than or equal to 0, but is -1'),
        ({"call": TEXT, "cut": 1}, '"cut" must be a boolean, but is 1'),
        ({"call": TEXT, "status": 199}, '"status" must be greater than or equal to 200, but is 199'),
        ({"call": TEXT, "status": 600}, '"status" must be less than or equal to 599, but is 600'),
        ({**ANSWER, "headers": []}, '"headers" must be of type object, but is an array'),
        ({**ANSWER, "headers": {"Retry-After": 2}}, '"headers.Retry-After" must be a string, but is a number'),
        ({**ANSWER, "headers": {"A": "b\r\nc"}}, '"headers.A" is no value that a header may have'),
        ({**ANSWER, "headers": {"A": "€"}}, '"headers.A" is no value that a header may have'),
        ({**ANSWER, "headers": {"A:": "b"}}, '"headers.A:" is no name that a header may have'),
        (
            {**ANSWER, "headers": {"TE": "", "Content-length": ""}},
            '"headers.Content-length" is not allowed: the server writes it',
        ),
        ({"call": TEXT, "cut": True, "headers": {}}, '"headers" is not allowed without "status"'),
        ({"call": TEXT, "cut": True, "body": ""}, '"body" is not allowed without "status"'),
        ({"call": TEXT, "status": 204, "body": None}, '"body" is not allowed when "status" is 204'),
        ({"call": TEXT, "job": "slow"}, '"job" must be one of [failed], but is "slow"'),
        ({"call": TEXT, "job_seconds": 1, "message": "x"}, '"message" is not allowed without "job"'),
        ({"call": TEXT, "job": "failed", "message": ""}, '"message" is not allowed to be empty'),
        ({"call": TEXT, "job_seconds": -1}, '"job_seconds" must be greater than or equal to 0, but is -1'),
        ({**LATE, "job": "failed"}, '"job" is not allowed when "at" is "after_job": the job is made by then'),
        ({**LATE, "job_seconds": 1}, '"job_seconds" is not allowed when "at" is "after_job": the job is made by then'),
        ({**ANSWER, "cut": True}, '"status" is not allowed together with "cut"'),
        ({"call": TEXT, "job": "failed", "cut": True}, '"job" is not allowed together with "cut"'),
        ({**ANSWER, "job_seconds": 1}, '"job_seconds" is not allowed together with "status"'),
        *(
            ({"call": TEXT, **nothing}, '"value" must contain at least one of [delay, cut, status, job, job_seconds]')
            for nothing in ({}, {"delay": 0}, {"cut": False}, {"job_seconds": 0}, {"containing": "x"})
        ),
    ],
)
def test_a_bad_rule_is_named(local: Local, rule: object, said: str) -> None:
    """And none is added."""
    answer = local.send("POST", "/__local__/faults", json=rule)
    assert (answer.status_code, answer.json()) == (400, {"message": said})
    assert faults(local) == []


def test_a_body_that_no_json_can_hold_is_refused(local: Local) -> None:
    """JSON can be read that cannot be written again."""
    rule, headers = b'{"call": "* *", "status": 200, "body": [1e999]}', {"Content-Type": "application/json"}
    answer = local.send("POST", "/__local__/faults", data=rule, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"message": '"body" must be JSON that can be written again'})
