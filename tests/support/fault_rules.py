"""Fault rules of a running symbl-local, and calls that meet them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests

from tests.support.local_client import TIMEOUT, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.local_client import Local

TEXT = "POST /v1/process/text"


def fault(local: Local, call: str, **rule: Any) -> None:
    """Add a rule."""
    answer = local.send("POST", "/__local__/faults", json={"call": call, **rule})
    assert answer.status_code == 201, answer.text


def faults(local: Local) -> list[dict[str, Any]]:
    """Read the rules."""
    found: list[dict[str, Any]] = local.get("/__local__/faults")["faults"]
    return found


def jobs(local: Local) -> int:
    """Count the jobs that were made."""
    return len(local.get("/__local__/jobs")["jobs"])


def post_text(local: Local) -> requests.Response:
    """Submit a text on a connection of its own, and give the answer, whatever it is."""
    body = {"messages": [message("Hello.")]}
    headers = {"Authorization": str(local.session.headers["Authorization"])}
    return requests.post(f"{local.url}/v1/process/text", json=body, headers=headers, timeout=TIMEOUT)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that comes true by itself."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline


def outcome(local: Local) -> str:
    """Submit a text, and say what became of it: a status of the answer or of the job, or a cut connection."""
    try:
        answer = post_text(local)
    except requests.ConnectionError:
        return "cut"
    return local.job(answer.json())["status"] if answer.ok else str(answer.status_code)
