"""symbl-local as a process of its own, with fresh credentials."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sys
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import requests

from demo.processes import ProcessGroup, free_port

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

START_SECONDS = 60.0


class SymblServer:
    """A symbl-local that runs as long as the ``with`` block.

    :param log: the file that takes its output.
    :param port: the first port to try; 0 takes any.
    :param data_dir: the folder that keeps its state; None keeps it in memory.
    :param app_id: its account; None makes one up.
    :raises DemoError: on entering, when it dies or does not answer; the message holds its log's end.
    """

    def __init__(self, log: Path, *, port: int = 0, data_dir: Path | None = None, app_id: str | None = None) -> None:
        self.url = ""
        """Where it listens; known once the block is entered."""
        self.app_id = app_id or secrets.token_hex(16)
        self.app_secret = secrets.token_hex(32)
        self._data_dir = data_dir
        self._log = log
        self._group = self._group_on(free_port(port) if port else 0)

    @property
    def connection(self) -> dict[str, str]:
        """The Airflow connection to it, field by field."""
        return {"conn_type": "symbl", "host": self.url, "login": self.app_id, "password": self.app_secret}

    @property
    def connection_env(self) -> dict[str, str]:
        """The same as the variable by which a task finds the connection ``symbl_default``."""
        return {"AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(self.connection)}

    def job_seconds(self) -> dict[str, float]:
        """Return how long the job of each conversation took that is over, from its submission to its end.

        :return: by the conversation's id; of several jobs the last one's.
        """
        with requests.Session() as session:
            session.trust_env = False
            jobs = session.get(f"{self.url}/__local__/jobs", timeout=5).json()["jobs"]
        return {job["conversationId"]: job["seconds"] for job in jobs if job["seconds"] is not None}

    def crash_and_restart(self) -> None:
        """End it by force, and start it again on its port, with its account and its folder.

        :raises DemoError: it does not come up again.
        """
        self._group.kill()
        self._group = self._group_on(urlsplit(self.url).port or 0)
        self._start()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._group.stop()
            raise
        return self

    def _start(self) -> None:
        self._group.start()
        self.url = self._group.wait_until(self._printed_url, seconds=START_SECONDS, what="symbl-local's URL")
        self._group.wait_until(self._is_healthy, seconds=START_SECONDS, what=f"{self.url} to answer")

    def __exit__(self, *_: object) -> None:
        self._group.stop()

    def _group_on(self, port: int) -> ProcessGroup:
        # Not on the command line, which everybody on the machine can read.
        account = {"SYMBL_LOCAL_APP_ID": self.app_id, "SYMBL_LOCAL_APP_SECRET": self.app_secret}
        kept = ["--data-dir", str(self._data_dir)] if self._data_dir else []
        # The recordings and the webhooks of a demo are on this machine too.
        options = ["--port", str(port), "--allow-private-urls", *kept]
        command = [sys.executable, "-m", "airflow_provider_symbl.local_server", *options]
        return ProcessGroup("symbl-local", command, env={**os.environ, **account}, log=self._log)

    def _printed_url(self) -> str | None:
        found = re.search(r"http://127\.0\.0\.1:\d+", self._group.log.read_text())
        return found[0] if found else None

    def _is_healthy(self) -> Literal[True] | None:
        with contextlib.suppress(requests.ConnectionError), requests.Session() as session:
            session.trust_env = False
            return True if session.get(f"{self.url}/__local__/health", timeout=5).ok else None
        return None
