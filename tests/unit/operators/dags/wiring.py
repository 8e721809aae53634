"""Operators and sensors wired as DAG authors wire them: mapped, fed by other tasks, waiting apart from the submit."""

from __future__ import annotations

import os
from typing import Any

from airflow.sdk import dag, task
from airflow.sdk.io import attach

from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator, SymblSubmitAudioUrlOperator
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from airflow_provider_symbl.sensors.job import SymblJobSensor
from tests.support.object_storage import SigningMemory

SPOKEN = ("The first is a secret of Anna.", "The second is a secret of Boris.", "The third is a secret of Clara.")
CLIPS = ("stand-up.wav", "project-review.mp3")
PACE = {"poll_interval": 0.1, "max_poll_interval": 0.3}


attach("s3", conn_id="lake", fs=SigningMemory(os.environ.get("CLIPS_URL", "")))


def said(text: str) -> list[dict[str, Any]]:
    """Return a conversation of one message."""
    return [{"payload": {"content": text}}]


@dag(schedule=None, default_args=PACE)
def wiring() -> None:
    """Wire them."""

    # What a task returns, Airflow's own decorator logs.
    @task(show_return_value_in_logs=False)
    def chats() -> list[list[dict[str, Any]]]:
        return [said(SPOKEN[0]), said(SPOKEN[1])]

    @task(show_return_value_in_logs=False)
    def one_more() -> list[dict[str, Any]]:
        return said(SPOKEN[2])

    # Airflow types the operators' arguments as values, and what stands for a value as XComArg.
    later: Any = one_more()
    mapped = SymblSubmitTextOperator.partial(task_id="mapped_texts", deferrable=True).expand(messages=chats())

    @task
    def count(results: Any) -> int:  # noqa: ANN401 - a sequence of Airflow's own
        return len({result["conversation_id"] for result in results})

    count(mapped.output)
    SymblSubmitAudioFileOperator.partial(task_id="mapped_files", name="{{ task.task_id }}", **PACE).expand(
        file=[f"{{{{ params.clips }}}}/{clip}" for clip in CLIPS],
    )
    fed: Any = SymblSubmitTextOperator(task_id="fed", messages=later, wait_for_completion=False, multiple_outputs=True)
    SymblAppendTextOperator(
        task_id="fed_append",
        conversation_id=fed.output["conversation_id"],
        messages=later,
        wait_for_completion=False,
    )
    for mode in ("poke", "reschedule", "deferrable"):
        SymblJobSensor(
            task_id=f"wait_{mode}",
            job_id=fed.output["job_id"],
            conversation_id=fed.output["conversation_id"],
            poke_interval=0.2,
            mode="reschedule" if mode == "reschedule" else "poke",
            deferrable=mode == "deferrable",
        )
    SymblSubmitAudioUrlOperator(
        task_id="signed",
        url="s3://lake@bucket/{{ params.signed }}",
        job_timeout=777,
        deferrable=True,
    )


in_the_dag_bag = wiring()
