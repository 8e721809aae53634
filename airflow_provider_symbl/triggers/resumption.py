"""How early a deferred task may go on: Airflow fails one that goes on before it has noticed the deferral."""

from __future__ import annotations

import time

from airflow.providers.common.compat.sdk import conf


def shortest_deferral() -> float:
    """Return the seconds that a task must stay deferred.

    The scheduler takes the end of the deferring process for that of a task that already goes on, and fails it ("state
    mismatch"). A worker may notice that end as late as its heartbeat is due, five seconds unless Airflow is set
    otherwise; as long again is left for scheduler and triggerer.
    """
    noticed: float = conf.getfloat("workers", "min_heartbeat_interval", fallback=5.0)
    return 2 * noticed


def earliest_resumption() -> float:
    """Return when a task that is deferred now may go on, in seconds since the epoch."""
    return time.time() + shortest_deferral()
