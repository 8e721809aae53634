"""Every night, by mapped tasks: submit each new recording of a folder, wait without a worker, and land what was said.

Each recording has tasks of its own in the UI, with their logs, links and retries, and other tasks can follow on each.
That is for few recordings: each costs Airflow the scheduling of several tasks. ``symbl_nightly.py`` takes a whole night
in one task, with a ledger and a report. ``symbl_meeting_parts.py`` shows what only tasks can do: append the parts of a
meeting in their order.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from airflow.sdk import BaseOperator, dag, task, task_group
from airflow.timetables.trigger import CronTriggerTimetable

from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.conversation import SymblGetConversationOperator
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.operators.video import SymblSubmitVideoFileOperator

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))
RESULTS = Path(os.environ.get("SYMBL_RESULTS", Path.home() / "symbl-results")) / "mapped"

# Without a start_date, so that the first click makes no run for the night before: symbl_nightly.py says why.
EVERY_NIGHT = CronTriggerTimetable("0 2 * * *", timezone="UTC", run_immediately=datetime.timedelta(minutes=5))

# What lies where: calls have a speaker on each channel, meetings are one mix, chats are written.
PATTERNS = {
    "calls": ["calls/*.wav", "calls/*.mp3"],
    "meetings": ["meetings/*.wav", "meetings/*.mp3"],
    "videos": ["meetings/*.mp4"],
    "chats": ["chats/*.json"],
}


@task
def find_new(kind: str) -> list[dict[str, str]]:
    """List the recordings of a kind that have no result yet, each with the name of its result's folder."""
    files = [file for pattern in PATTERNS[kind] for file in sorted(RECORDINGS.glob(pattern))]
    landed = {document.parent.name for document in (RESULTS / kind).glob("*/conversation.json")}
    return [{"file": str(file), "name": file.name} for file in files if file.name not in landed]


def land(kind: str, file: str, name: str, submit: BaseOperator) -> None:
    """Write a conversation's transcript; its JSON comes last, since that marks the work as done."""
    SymblGetConversationOperator(
        task_id="land",
        conversation_id=submit.output["conversation_id"],
        results=str(RESULTS / kind),
        name=name,
        formats=["txt", "srt", "json"],
        recording=file,
    )


# In one mapped group a file and its conversation stay together, and one that fails stops no other.
@task_group
def call(file: str, name: str) -> None:
    """Take one telephone call: the agent on the left channel, the customer on the right one."""
    submit = SymblSubmitAudioFileOperator(
        task_id="submit",
        file=file,
        enable_separate_recognition_per_channel=True,
        channel_metadata=[
            {"channel": 1, "speaker": {"name": "Agent"}},
            {"channel": 2, "speaker": {"name": "Customer"}},
        ],
    )
    land("calls", file, name, submit)


@task_group
def meeting(file: str, name: str) -> None:
    """Take one recorded meeting."""
    land("meetings", file, name, SymblSubmitAudioFileOperator(task_id="submit", file=file))


@task_group
def video(file: str, name: str) -> None:
    """Take one filmed meeting."""
    land("videos", file, name, SymblSubmitVideoFileOperator(task_id="submit", file=file))


@task_group
def chat(file: str, name: str) -> None:
    """Take one chat: a JSON list of Symbl messages."""
    land("chats", file, name, SymblSubmitTextOperator(task_id="submit", messages=file))


# An outage of Symbl, or of Airflow's own API server, lasts minutes: fewer or quicker retries would be used up by it.
# After that a clear is left, which on Airflow 3.3 submits anew and is paid for again, unless on_clear is "resume".
@dag(
    schedule=EVERY_NIGHT,
    catchup=False,
    max_active_runs=1,
    tags=["symbl"],
    default_args={"retries": 3, "deferrable": True, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_nightly_mapped() -> None:
    """Land what was said in every new recording; one that fails does not stop the others."""
    for kind, take in (("calls", call), ("meetings", meeting), ("videos", video), ("chats", chat)):
        take.expand_kwargs(find_new.override(task_id=f"find_{kind}")(kind))


symbl_nightly_mapped()
