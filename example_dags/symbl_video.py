"""Filmed meetings: submit a file and a link, append a file and a link, and read the transcript."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from airflow.sdk import dag, task

from airflow_provider_symbl.hooks.symbl import SymblHook
from airflow_provider_symbl.operators.video import (
    SymblAppendVideoFileOperator,
    SymblAppendVideoUrlOperator,
    SymblSubmitVideoFileOperator,
    SymblSubmitVideoUrlOperator,
)

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))
RECORDINGS_URL = os.environ.get("SYMBL_RECORDINGS_URL", "https://recordings.example.com")


@dag(
    schedule=None,
    catchup=False,
    tags=["symbl"],
    default_args={"retries": 3, "deferrable": True, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_video() -> None:
    """Make one conversation of three recordings and another one of a link; the waits hold no worker."""
    submit_file = SymblSubmitVideoFileOperator(
        task_id="submit_file",
        file=str(RECORDINGS / "meetings/launch-planning.mp4"),
        custom_vocabulary=["launch", "planning"],
    )
    conversation_id = submit_file.output["conversation_id"]
    append_file = SymblAppendVideoFileOperator(
        task_id="append_file",
        conversation_id=conversation_id,
        file=str(RECORDINGS / "meetings/customer-interview.mp4"),
    )
    append_url = SymblAppendVideoUrlOperator(
        task_id="append_url",
        conversation_id=conversation_id,
        url=f"{RECORDINGS_URL}/meetings/launch-planning.mp4",
    )
    submit_url = SymblSubmitVideoUrlOperator(
        task_id="submit_url",
        url=f"{RECORDINGS_URL}/meetings/customer-interview.mp4",
        name="A meeting from a link",
    )

    @task
    def read(submitted: dict[str, str]) -> dict[str, int]:
        """Read the transcript; only its size leaves the task."""
        hook = SymblHook()
        messages = hook.get_messages(submitted["conversation_id"])
        transcript = hook.get_transcript(submitted["conversation_id"], format="srt")
        return {"messages": len(messages), "transcript_characters": len(transcript)}

    # Appends follow one another: Symbl applies them in the order in which they arrive.
    append_file >> append_url >> read.override(task_id="read_file")(submit_file.output)
    read.override(task_id="read_url")(submit_url.output)


symbl_video()
