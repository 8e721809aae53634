"""What Airflow keeps of a task: its outputs, and the state in which its submission is written down.

Of the state also what a clear does to it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow import __version__ as airflow_version

from airflow_provider_symbl.durable.submission_state import InMemoryStore, SubmissionState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.providers.common.compat.sdk import BaseOperator, Context

log = logging.getLogger(__name__)

ON_CLEAR = ("airflow", "submit", "resume")

AIRFLOW = tuple(map(int, airflow_version.split(".")[:2]))
CLEAR_DISCARDS = AIRFLOW >= (3, 4)
"""Whether Airflow discards a task's state at a clear unless the user keeps it; 3.3 keeps it at every clear."""

PUSHES_NONE = AIRFLOW >= (3, 1)
"""Whether an output may be None; the API server of 3.0 refuses that with 422, and the task fails."""

BY_CLEAR = "clear the task to submit anew"
BY_DISCARD = f'{BY_CLEAR}, by itself and with "Keep task state and resume" not ticked, or set on_clear="submit"'
BY_ARGUMENT = f'set on_clear="submit" and {BY_CLEAR}'


def push_outputs(context: Context, outputs: Mapping[str, object]) -> None:
    """Push what a task returns part by part, those aside that are None where Airflow takes none.

    :param context: Airflow's.
    :param outputs: by their keys.
    """
    for key, value in outputs.items():
        if value is not None or PUSHES_NONE:
            context["ti"].xcom_push(key=key, value=value)


def push_outputs_once(task: BaseOperator, context: Context, outputs: Mapping[str, object]) -> None:
    """Push the parts of what a task returns where Airflow would fail at one of them, and let it push the whole alone.

    :param task: the one that runs.
    :param context: Airflow's.
    :param outputs: what it returns.
    """
    if task.multiple_outputs and task.do_xcom_push and None in outputs.values() and not PUSHES_NONE:
        push_outputs(context, outputs)
        task.multiple_outputs = False


def resumes_after_clear(on_clear: str) -> bool:
    """Tell whether a task that was cleared goes on with what Airflow kept of it.

    :param on_clear: the argument of the task.
    """
    return on_clear == "resume" or (on_clear == "airflow" and CLEAR_DISCARDS)


def how_to_submit_anew(on_clear: str) -> str:
    """Return what a user does to have a task submit once more.

    :param on_clear: the argument of the task.
    """
    if not resumes_after_clear(on_clear):
        return BY_CLEAR
    return BY_DISCARD if on_clear == "airflow" else BY_ARGUMENT


def submission_state_of(context: Context, on_clear: str = "airflow") -> SubmissionState:
    """Return what earlier tries of the task that runs wrote down.

    The generation is Airflow's ``max_tries``: a clear raises it, a retry leaves it alone.

    :param context: Airflow's.
    :param on_clear: whether what was written down before a clear is gone on with: ``"airflow"`` where Airflow lets the
        user choose what a clear keeps.
    """
    store = context.get("task_state_store")
    if store is None:
        log.info("Airflow before 3.3 keeps no state between tries: a retry submits again")
    return SubmissionState(
        store or InMemoryStore(),
        context["ti"].max_tries,
        "Airflow's task state store",
        how_to_submit_anew=how_to_submit_anew(on_clear) if resumes_after_clear(on_clear) else "",
    )
