"""When a task stops waiting: at a limit of its own, or at the end of Airflow's execution_timeout if that is earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, Context

EXECUTION_TIMEOUT = "execution_timeout"


class Deadline(NamedTuple):
    """When to give up, and the argument of the task that says so.

    :param at: seconds since the epoch.
    :param limit: the argument's name.
    """

    at: float
    limit: str


def execution_end(task: BaseOperator, context: Context) -> float | None:
    """Return when the ``execution_timeout`` of this try is over, in seconds since the epoch; None where it has none.

    Airflow measures it only while a worker runs the task, and from the start at each return from the triggerer. Who
    asks for it means the try, so it counts from the try's first start.

    :param task: the task.
    :param context: Airflow's.
    """
    if task.execution_timeout is None:
        return None
    return context["ti"].start_date.timestamp() + task.execution_timeout.total_seconds()


def earlier(own: Deadline, end: float | None) -> Deadline:
    """Return the earlier one of a task's own limit and the end of its ``execution_timeout``.

    :param own: the task's own limit.
    :param end: what :func:`execution_end` returned when the try began.
    """
    return own if end is None else min(own, Deadline(end, EXECUTION_TIMEOUT))
