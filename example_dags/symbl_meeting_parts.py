"""A meeting that was recorded in parts: append them in order, land one transcript, and delete what Symbl holds."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from airflow.sdk import dag
from airflow.sdk.bases.operator import chain

from airflow_provider_symbl.operators.audio import SymblAppendAudioFileOperator, SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.conversation import SymblDeleteConversationOperator, SymblGetConversationOperator

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))
RESULTS = Path(os.environ.get("SYMBL_RESULTS", Path.home() / "symbl-results")) / "parts"

FIRST, *FURTHER = [
    str(RECORDINGS / "meetings" / name) for name in ("stand-up.wav", "project-review.mp3", "lessons-learned.mp3")
]


@dag(
    schedule=None,
    catchup=False,
    tags=["symbl"],
    default_args={"retries": 3, "deferrable": True, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_meeting_parts() -> None:
    """Make one conversation of three recordings, and one transcript of the conversation."""
    submit = SymblSubmitAudioFileOperator(task_id="submit", file=FIRST, name="A meeting in three parts")
    conversation_id = submit.output["conversation_id"]
    # One after the other: Symbl applies appends in the order in which they arrive.
    appends = [
        SymblAppendAudioFileOperator(task_id=f"append_{number}", file=file, conversation_id=conversation_id)
        for number, file in enumerate(FURTHER, 2)
    ]
    land = SymblGetConversationOperator(
        task_id="land",
        conversation_id=conversation_id,
        results=str(RESULTS),
        name="a-meeting-in-three-parts",
        formats=["json", "md", "srt", "vcon"],
    )
    # ``delete_after`` of the task before would do the same, once its files were read back.
    delete = SymblDeleteConversationOperator(task_id="delete", conversation_id=conversation_id)
    chain(submit, *appends, land, delete)


symbl_meeting_parts()
