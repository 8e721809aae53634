"""Tasks whose links a person follows: two wait, in worker and triggerer, one lands a third, one is a night."""

from __future__ import annotations

import os
from typing import Any

from airflow.sdk import dag

from airflow_provider_symbl.operators.conversation import SymblGetConversationOperator
from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator

MESSAGES: list[dict[str, Any]] = [{"payload": {"content": "Shall we meet on Friday?"}, "from": {"name": "Anna"}}]
CHAT = os.environ["SYMBL_CHAT"]


@dag(schedule=None, default_args={"poll_interval": 1, "max_poll_interval": 1})
def shown() -> None:
    """Submit in three ways, land one of the conversations, and do a night."""
    SymblSubmitTextOperator(task_id="in_worker", messages=MESSAGES)
    SymblSubmitTextOperator(task_id="in_triggerer", messages=MESSAGES, deferrable=True)
    submitted = SymblSubmitTextOperator(task_id="submitted", messages=CHAT, deferrable=True)
    SymblGetConversationOperator(
        task_id="landed",
        conversation_id=submitted.output["conversation_id"],  # type: ignore[index]  # Airflow types it as any XComArg
        results=os.environ["SYMBL_RESULTS"],
        name="late parcel",
        formats=["json", "txt"],
        recording=CHAT,
    )
    SymblProcessRecordingsOperator(
        task_id="night",
        recordings=[CHAT],
        results=os.environ["SYMBL_NIGHT_RESULTS"],
        settle_seconds=0,
        symbl_conn_id="symbl_night",
        deferrable=True,
    )


shown_dag = shown()
