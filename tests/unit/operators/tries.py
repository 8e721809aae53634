"""Tries of a task that are killed, and what symbl-local holds of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_symbl.client.client import SymblClient
from tests.support.airflow_tasks import TaskState

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

MESSAGES = [{"payload": {"content": "Good morning."}}]
MORE = [{"payload": {"content": "One more thing."}}]
PACE: dict[str, Any] = {"poll_interval": 0.02, "max_poll_interval": 0.05}

SUBMITS = ["submit text", pytest.param("submit file", marks=pytest.mark.process)]
APPENDS = ["append text", pytest.param("append file", marks=pytest.mark.process)]
all_kinds = pytest.mark.parametrize("make", [*SUBMITS, *APPENDS], indirect=True)
submits = pytest.mark.parametrize("make", SUBMITS, indirect=True)
appends = pytest.mark.parametrize("make", APPENDS, indirect=True)


def fault(server: SymblLocal, **rule: Any) -> None:
    """Have the next submission go wrong."""
    requests.post(
        f"{server.url}/__local__/faults", json={"call": "* /v1/process/*", **rule}, timeout=10
    ).raise_for_status()


def jobs(server: SymblLocal) -> list[dict[str, Any]]:
    """Return the jobs that the tasks made, in order; the one of the conversation's beginning is left out."""
    found: list[dict[str, Any]] = requests.get(f"{server.url}/__local__/jobs", timeout=10).json()["jobs"]
    return found[1:]


def texts(server: SymblLocal, conversation_id: str) -> list[str]:
    """Return what a conversation holds."""
    with SymblClient(server.settings) as client:
        return [message.text for message in client.get_messages(conversation_id)]


class KilledError(BaseException):
    """Stands for the end of the process: nothing in it runs on."""


class Killing(TaskState):
    """A store whose task is killed when it writes for the n-th time, before or after the value is kept."""

    def at(self, write: int, *, after: bool) -> Killing:
        """Say when."""
        self.left, self.after = write, after
        return self

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Keep a value, or be killed."""
        self.left -= 1
        if self.left == 0 and not self.after:
            raise KilledError
        super().set(key, value)
        if self.left == 0:
            raise KilledError
