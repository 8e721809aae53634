"""How a task waits: for room in the account, and for a job that an earlier try may have made."""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING

from airflow_provider_symbl.client.polling import pause_after
from airflow_provider_symbl.exceptions import SymblError

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.models import Job
    from airflow_provider_symbl.client.polling import JobPoller
    from airflow_provider_symbl.exceptions import SymblConcurrencyLimitError
    from airflow_provider_symbl.triggers.deadline import Deadline


def pause_for_room(
    error: SymblConcurrencyLimitError, pauses: int, poll_interval: float, max_poll_interval: float, deadline: Deadline
) -> float:
    """Return the seconds after which the account may have room.

    :param error: the refusal.
    :param pauses: how many pauses there were so far.
    :param poll_interval: seconds of the first pause; each further one is half as long again.
    :param max_poll_interval: the most seconds of a pause that Symbl did not ask for.
    :param deadline: when room is no longer waited for.
    :raises SymblConcurrencyLimitError: the pause would not be over by then; names the limit.
    """
    pause = pause_after(pauses, poll_interval, max_poll_interval, error.retry_after or 0.0)
    if time.time() + pause > deadline.at:
        raise error.not_within(deadline.limit) from error
    return pause


def pause_trigger(seconds: float) -> BaseTrigger:
    """Return a trigger that fires after a pause.

    :param seconds: the pause.
    """
    # Imported here: no DAG file needs it.
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger  # noqa: PLC0415 - only needed once the task runs

    return TimeDeltaTrigger(datetime.timedelta(seconds=seconds))


def is_over_already(poller: JobPoller, job: Job | None, client: SymblClient) -> bool:
    """Look once at what an earlier try submitted, and tell whether all that is waited for is completed.

    :param poller: what is waited for.
    :param job: the job as this try read it; None where its id was lost.
    :param client: of the account.
    :raises SymblJobError: it failed, or has a status that nobody knows.
    """
    if job is not None and not poller.on_response(job):
        return False
    while not poller.is_over:
        try:
            response = poller.poll(client)
        except SymblError as error:
            poller.on_error(error)
            return False
        if not poller.on_response(response):
            return False
    return True
