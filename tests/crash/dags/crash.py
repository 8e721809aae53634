"""The crash matrix as DAGs: a task for each case, with the operators as users write them.

The test starts Airflow with the checkout on its module path, and hands conversations over as the run's conf.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG

from airflow_provider_symbl.operators.audio import SymblAppendAudioFileOperator, SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.crash import fault_points
from tests.crash.crash_cases import CLEARED_CASES, SERVER_CASES, TASK_CASES, TRIGGERER_CASES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.crash_cases import CrashCase

FILES = os.environ.get("CRASH_FILES", "")
SYNC_PAUSE = 1.0
DEFERRABLE_PAUSE = 5.0  # Airflow may fail a task that resumes at once


def _task(case: CrashCase) -> None:
    content = {"file": f"{FILES}/{case.task_id}.wav"} if case.is_file else {"messages": _said(case.sentence)}
    arguments: dict[str, Any] = {
        **content,
        "task_id": case.task_id,
        "deferrable": case.is_deferrable,
        # What waits in the triggerer goes first: it leaves its worker to the others.
        "priority_weight": 2 if case.is_deferrable else 1,
        "pre_execute": functools.partial(fault_points.arm, case),
        "post_execute": lambda _context, _result: fault_points.before_push(case),
        **dict.fromkeys(("poll_interval", "max_poll_interval"), DEFERRABLE_PAUSE if case.is_deferrable else SYNC_PAUSE),
    }
    if case.is_append:
        append = SymblAppendAudioFileOperator if case.is_file else SymblAppendTextOperator
        append(conversation_id="{{ dag_run.conf[task.task_id] }}", **arguments)
    else:
        (SymblSubmitAudioFileOperator if case.is_file else SymblSubmitTextOperator)(**arguments)


def _said(sentence: str) -> list[dict[str, Any]]:
    return [{"payload": {"content": sentence}}]


def _dag(dag_id: str, cases: Iterable[CrashCase]) -> DAG:
    with DAG(dag_id, schedule=None, default_args={"retries": 2, "retry_delay": 0}) as dag:
        for case in cases:
            _task(case)
    return dag


kill_dag = _dag("crash_kills", TASK_CASES)
triggerer_dag = _dag("crash_triggerer", TRIGGERER_CASES)
server_dag = _dag("crash_server", SERVER_CASES)
cleared_dag = _dag("crash_cleared", CLEARED_CASES)
