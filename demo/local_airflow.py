"""A whole Airflow on loopback: scheduler, DAG processor, triggerer, API server and SQLite, in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from demo.airflow_api import AirflowApi
from demo.processes import LOOPBACK, DemoError, ProcessGroup, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, Self

START_SECONDS = 240.0
USERNAME = "admin"


class LocalAirflow(AirflowApi):
    """An Airflow that runs as long as the ``with`` block, and does what :class:`~demo.airflow_api.AirflowApi` says.

    :param home: AIRFLOW_HOME; made if it does not exist, and left behind with logs and database.
    :param dags: the folder of DAGs.
    :param env: variables for every process of Airflow, so for every task, on top of this process's own. Settings of
        Airflow (``AIRFLOW__…``, ``AIRFLOW_CONN_…``) come from here alone: what the machine has set is left out.
    :param port: the first port to try for the UI and the API; 0 takes any.
    :raises DemoError: on entering, when it dies or is not healthy in time; the message holds the end of its log.
    """

    def __init__(self, home: Path, dags: Path, env: Mapping[str, str] | None = None, *, port: int = 0) -> None:
        self.home = home
        self.start_seconds = 0.0
        """Seconds from the start of its processes until all of them reported healthy."""
        self._port = free_port(port)
        super().__init__(f"http://localhost:{self._port}")
        self.env = _machine_environment() | self._settings(dags) | dict(env or {})
        """The environment of its processes, for further ones of the same Airflow."""
        self._group = ProcessGroup(
            "Airflow",
            [sys.executable, "-m", "airflow", "standalone"],
            env=self.env,
            log=home / "standalone.log",
        )

    @property
    def username(self) -> str:
        """The user who may do everything."""
        return USERNAME

    @property
    def password(self) -> str:
        """The password that Airflow made for that user at its first start in this home."""
        passwords = json.loads((self.home / "simple_auth_manager_passwords.json.generated").read_text())
        return str(passwords[USERNAME])

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        try:
            self._group.start()
            self._group.wait_until(self._is_healthy, seconds=START_SECONDS, what="Airflow to be healthy")
            self.log_in(self.username, self.password)
        except BaseException:
            self._group.stop()
            raise
        self.start_seconds = time.monotonic() - started
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._group.stop()

    def _is_healthy(self) -> Literal[True] | None:
        with contextlib.suppress(requests.ConnectionError, DemoError):
            return True if not self.unhealthy_components() else None
        return None

    def _settings(self, dags: Path) -> dict[str, str]:
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(self._port),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{self._port}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            # SQLite takes one writer at a time: with many tasks at once the scheduler dies of a locked database.
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            # Two Airflows on one machine would else fight for these two.
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }


def _machine_environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        # Measuring coverage in there would slow the whole of Airflow down, and its processes are ended by force.
        if not name.startswith(("AIRFLOW_", "_AIRFLOW_", "COVERAGE_"))
    }
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    kept["NO_PROXY"] = kept["no_proxy"] = ",".join(filter(None, [kept.get("NO_PROXY"), LOOPBACK, "localhost"]))
    kept["NO_COLOR"] = "1"
    return kept
