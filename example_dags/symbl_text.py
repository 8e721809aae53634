"""A chat: submit it, append to it, wait with a sensor, read what was understood."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from airflow.sdk import dag, task

from airflow_provider_symbl.hooks.symbl import SymblHook
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from airflow_provider_symbl.sensors.job import SymblJobSensor

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))


@dag(
    schedule=None,
    catchup=False,
    tags=["symbl"],
    default_args={"retries": 3, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_text() -> None:
    """Submit a chat from a JSON file, append one more message, and read the whole conversation."""
    submit = SymblSubmitTextOperator(
        task_id="submit",
        messages=str(RECORDINGS / "chats" / "expired-password.json"),
        detect_phrases=True,
        poll_interval=1,
    )
    append = SymblAppendTextOperator(
        task_id="append",
        conversation_id=submit.output["conversation_id"],
        messages=[{"payload": {"content": "This chat is closed now."}, "from": {"name": "Support desk"}}],
        wait_for_completion=False,
    )
    wait = SymblJobSensor(
        task_id="wait",
        job_id=append.output["job_id"],
        conversation_id=append.output["conversation_id"],
        deferrable=True,
        poke_interval=5,
        timeout=3600,
    )

    @task
    def read(submitted: dict[str, str]) -> dict[str, int]:
        """Read the messages and who wrote them; only their number leaves the task."""
        hook = SymblHook()
        messages = hook.get_messages(submitted["conversation_id"])
        members = hook.get_members(submitted["conversation_id"])
        return {"messages": len(messages), "members": len(members)}

    wait >> read(submit.output)


symbl_text()
