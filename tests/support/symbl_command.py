"""The command ``symbl-local`` as a process of its own, and a plain client of it."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from types import TracebackType

APP_ID = "an id"
TIMEOUT = 60.0
"""Seconds after which a response is taken never to come."""
PAUSE = 0.05
"""Seconds between one look and the next: whoever looks all the time takes the processor from what is looked at."""


class SymblCommand:
    """The command, from entering the context to leaving it, which kills it.

    :param arguments: further ones for the command line.
    :param module: what is run.
    """

    def __init__(self, *arguments: str, module: str = "airflow_provider_symbl.local_server") -> None:
        self._command = [sys.executable, "-m", module, "--port", "0", "--app-id", APP_ID, *arguments]
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        lines = [self.process.stdout.readline() for _ in range(5)]
        self.url, secret = lines[0].split()[-1], lines[2].split()[-1]
        grant = {"type": "application", "appId": APP_ID, "appSecret": secret}
        token = self._session.post(f"{self.url}/oauth2/token:generate", json=grant, timeout=TIMEOUT).json()
        self._session.headers["Authorization"] = f"Bearer {token['accessToken']}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        self.process.kill()
        with self.process:
            pass

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        response = self._session.get(self.url + path, timeout=TIMEOUT)
        response.raise_for_status()
        return response.json()

    def submit(self, recording: bytes, kind: str = "audio", **query: str) -> dict[str, str]:
        """Submit a recording, and give its ids."""
        headers = {"Content-Type": "video/mp4"} if kind == "video" else {}
        url = f"{self.url}/v1/process/{kind}"
        response = self._session.post(url, params=query, data=recording, headers=headers, timeout=TIMEOUT)
        response.raise_for_status()
        ids: dict[str, str] = response.json()
        return ids

    def jobs(self) -> list[dict[str, Any]]:
        """Show all jobs."""
        found: list[dict[str, Any]] = self.get("/__local__/jobs")["jobs"]
        return found

    def texts(self, ids: dict[str, str]) -> list[str]:
        """Read what was said."""
        messages = self.get(f"/v1/conversations/{ids['conversationId']}/messages")["messages"]
        return [message["text"] for message in messages]

    def wait_until_all_are_heard(self) -> None:
        """Wait until all jobs are in the middle of their recording."""
        while not all(job["progress"] for job in self.jobs()):
            time.sleep(PAUSE)
        assert all(job["status"] == "in_progress" for job in self.jobs())

    def wait_until_all_are_over(self) -> None:
        """Wait until no job is scheduled or in progress."""
        while any(job["status"] in {"scheduled", "in_progress"} for job in self.jobs()):
            time.sleep(PAUSE)
