"""A night as a DAG, waiting in the worker or the triggerer: its processes leave marks, so that they can be killed.

The test starts Airflow with the checkout on its module path, and says in the run's conf how far the clock is ahead.
"""

from __future__ import annotations

import datetime
import functools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from airflow.sdk import DAG

from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator
from tests.crash.airflow_night_checks import CAP, JOB_TIMEOUT, MAX_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from airflow_provider_symbl.client.client import SymblClient

FOLDER = Path(os.environ.get("NIGHTS_FOLDER", ""))
DAGS = {"night_sync": False, "night_deferrable": True}
"""Whether each waits in the triggerer."""


class MarkedNightOperator(SymblProcessRecordingsOperator):
    """The operator as users have it, whose process is known to the test."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Do the night with its clock, and leave the mark of this process until that is done."""
        from airflow_provider_symbl.recordings import night_pass  # noqa: PLC0415 - only needed once the task runs

        mark = FOLDER / self.dag_id / "marks" / f"{time.time_ns()}.{os.getpid()}"
        mark.touch()
        later = float(context["dag_run"].conf["later"])  # type: ignore[index]  # the test gives each run one
        clock = functools.partial(_clock_ahead, night_pass.clock_of, later)
        try:
            with mock.patch.object(night_pass, "clock_of", clock):
                return super().execute(context)
        finally:
            mark.unlink()


def _clock_ahead(
    clock_of: Callable[[SymblClient], Callable[[], float]], later: float, client: SymblClient
) -> Callable[[], float]:
    clock = clock_of(client)
    return lambda: clock() + later


for dag_id, is_deferrable in DAGS.items():
    with DAG(dag_id, schedule=None) as dag:
        MarkedNightOperator(
            task_id="process",
            recordings=str(FOLDER / dag_id / "recordings"),
            results=str(FOLDER / dag_id / "results"),
            first_night="{{ ti.start_date.strftime('%Y-%m-%d') }}",
            max_concurrent_jobs=CAP,
            max_attempts=MAX_ATTEMPTS,
            allowed_failures=1000,
            job_timeout=JOB_TIMEOUT,
            poll_interval=1,
            max_poll_interval=5,
            settle_seconds=0,
            deferrable=is_deferrable,
            retries=20,
            retry_delay=datetime.timedelta(0),
        )
    globals()[dag_id] = dag
