"""Submissions in every way of waiting, with an outlet, and one whose job fails."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, dag

from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.support.airflow_version import AIRFLOW

PACE = {"poll_interval": 0.1, "max_poll_interval": 0.3}
MESSAGES: list[dict[str, Any]] = [{"payload": {"content": "A canary sings."}}]
CALLS = Asset("s3://bucket/calls")
OUTLETS = [CALLS] if AIRFLOW >= (3, 1) else []
"""Airflow 3.0's ``dag.test`` makes no asset known, and fails what has one for an outlet."""


@dag(schedule=None, default_args=PACE)
def linked() -> None:
    """Submit, append, and fail."""
    SymblSubmitTextOperator(task_id="sync", messages=MESSAGES)
    SymblSubmitTextOperator(task_id="unwaited", messages=MESSAGES, wait_for_completion=False)
    SymblSubmitTextOperator.partial(task_id="mapped").expand(messages=[MESSAGES])
    deferred: Any = SymblSubmitAudioFileOperator(
        task_id="deferred", file="{{ params.clips }}/stand-up.wav", deferrable=True, outlets=OUTLETS
    )
    SymblAppendTextOperator(
        task_id="append", conversation_id=deferred.output["conversation_id"], messages=MESSAGES, deferrable=True
    )
    SymblSubmitAudioFileOperator(task_id="failed", file="{{ params.broken }}", deferrable=True)


linked_dag = linked()
