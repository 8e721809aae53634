"""Telephone calls: submit a file and a link, append a file and a link, and read the transcript."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from airflow.sdk import dag, task

from airflow_provider_symbl.hooks.symbl import SymblHook
from airflow_provider_symbl.operators.audio import (
    SymblAppendAudioFileOperator,
    SymblAppendAudioUrlOperator,
    SymblSubmitAudioFileOperator,
    SymblSubmitAudioUrlOperator,
)

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))
RECORDINGS_URL = os.environ.get("SYMBL_RECORDINGS_URL", "https://recordings.example.com")


@dag(
    schedule=None,
    catchup=False,
    tags=["symbl"],
    default_args={"retries": 3, "deferrable": True, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_audio() -> None:
    """Make one conversation of three recordings and another one of a link; the waits hold no worker."""
    submit_file = SymblSubmitAudioFileOperator(
        task_id="submit_file",
        file=str(RECORDINGS / "calls/late-parcel.wav"),
        custom_vocabulary=["package", "delivery"],
        enable_separate_recognition_per_channel=True,
        channel_metadata=[
            {"channel": 1, "speaker": {"name": "Agent"}},
            {"channel": 2, "speaker": {"name": "Customer"}},
        ],
    )
    conversation_id = submit_file.output["conversation_id"]
    append_file = SymblAppendAudioFileOperator(
        task_id="append_file",
        conversation_id=conversation_id,
        file=str(RECORDINGS / "calls/double-charge.mp3"),
    )
    append_url = SymblAppendAudioUrlOperator(
        task_id="append_url",
        conversation_id=conversation_id,
        url=f"{RECORDINGS_URL}/calls/late-parcel.wav",
    )
    submit_url = SymblSubmitAudioUrlOperator(
        task_id="submit_url",
        url=f"{RECORDINGS_URL}/calls/double-charge.mp3",
        name="A call from a link",
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


symbl_audio()
