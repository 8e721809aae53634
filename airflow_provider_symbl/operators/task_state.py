"""Airflow's task state store as the place where a task's submission is written down."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_symbl.durable.submission_state import InMemoryStore, SubmissionState

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

log = logging.getLogger(__name__)


def submission_state_of(context: Context) -> SubmissionState:
    """Return what earlier tries of the task that runs wrote down.

    The generation is Airflow's ``max_tries``: a clear raises it, a retry leaves it alone.

    :param context: Airflow's.
    """
    store = context.get("task_state_store")
    if store is None:
        log.info("Airflow before 3.3 keeps no state between tries: a retry submits again")
    return SubmissionState(store or InMemoryStore(), context["ti"].max_tries, "Airflow's task state store")
