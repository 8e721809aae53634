"""Tasks whose connection is kept in Airflow's database: the hook, and waits in the triggerer."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from airflow_provider_symbl.hooks.symbl import SymblHook
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.sensors.job import SymblJobSensor

CONN_ID = "symbl_in_database"
MESSAGES = [{"payload": {"content": "Good morning."}}]


@dag(schedule=None, default_args={"symbl_conn_id": CONN_ID})
def in_database() -> None:
    """Submit and wait, in one task and in two, and read."""
    # Airflow types an output as a value that has no items.
    deferred: Any = SymblSubmitTextOperator(
        task_id="deferred", messages=MESSAGES, deferrable=True, poll_interval=0.1, max_poll_interval=0.3
    )
    submit: Any = SymblSubmitTextOperator(task_id="submit", messages=MESSAGES, wait_for_completion=False)
    SymblJobSensor(
        task_id="wait",
        job_id=submit.output["job_id"],
        conversation_id=submit.output["conversation_id"],
        deferrable=True,
        poke_interval=0.1,
    )

    @task
    def read(conversation_id: Any) -> int:  # noqa: ANN401 - stands for a value of another task
        return len(SymblHook(CONN_ID).get_messages(conversation_id))

    read(deferred.output["conversation_id"])


a_run = in_database()
