"""Every night: submit each new recording of a folder once, wait without a worker, land transcripts as JSON and SRT."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any

import pendulum
from airflow.sdk import dag, task, task_group

from airflow_provider_symbl.hooks.symbl import SymblHook
from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.operators.video import SymblSubmitVideoFileOperator

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))
RESULTS = Path(os.environ.get("SYMBL_RESULTS", Path.home() / "symbl-results"))

# What lies where: calls have a speaker on each channel, meetings are one mix, chats are written.
PATTERNS = {
    "calls": ["calls/*.wav", "calls/*.mp3"],
    "meetings": ["meetings/*.wav", "meetings/*.mp3"],
    "videos": ["meetings/*.mp4"],
    "chats": ["chats/*.json"],
}


def result_of(file: str, suffix: str) -> Path:
    """Return where a recording's result lies: its own path below the results folder, with one more ending."""
    recording = Path(file).relative_to(RECORDINGS)
    return RESULTS / f"{recording}{suffix}"


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, so that a night that is cut off leaves no half transcript."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


@task
def find_new(kind: str) -> list[str]:
    """List the recordings of a kind that have no result yet."""
    files = [file for pattern in PATTERNS[kind] for file in sorted(RECORDINGS.glob(pattern))]
    return [str(file) for file in files if not result_of(str(file), ".json").exists()]


@task
def land(file: str, submitted: dict[str, str]) -> None:
    """Write a conversation's transcript as JSON and as SRT; the JSON comes last, since it marks the work as done."""
    hook = SymblHook()
    conversation = hook.get_conversation(submitted["conversation_id"])
    messages = hook.get_messages(submitted["conversation_id"])
    start, end = map(datetime.datetime.fromisoformat, (conversation.start_time, conversation.end_time))
    result: dict[str, Any] = {
        "recording": str(Path(file).relative_to(RECORDINGS)),
        **submitted,
        "duration": (end - start).total_seconds(),
        "messages": [message.raw for message in messages],
    }
    write(result_of(file, ".srt"), hook.get_transcript(submitted["conversation_id"], format="srt"))
    write(result_of(file, ".json"), json.dumps(result, indent=2, ensure_ascii=False))


@task_group
def call(file: str) -> None:
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
    land(file, submit.output)


@task_group
def meeting(file: str) -> None:
    """Take one recorded meeting."""
    land(file, SymblSubmitAudioFileOperator(task_id="submit", file=file).output)


@task_group
def video(file: str) -> None:
    """Take one filmed meeting."""
    land(file, SymblSubmitVideoFileOperator(task_id="submit", file=file).output)


@task_group
def chat(file: str) -> None:
    """Take one chat: a JSON list of Symbl messages."""
    land(file, SymblSubmitTextOperator(task_id="submit", messages=file).output)


# An outage of Symbl, or of Airflow's own API server, lasts minutes: fewer or quicker retries would be used up by it.
# After that a clear is left, which on Airflow 3.3 submits anew and is paid for again, unless on_clear is "resume".
@dag(
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["symbl"],
    default_args={"retries": 3, "deferrable": True, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_nightly() -> None:
    """Land what was said in every new recording; one that fails does not stop the others."""
    for kind, take in (("calls", call), ("meetings", meeting), ("videos", video), ("chats", chat)):
        take.expand(file=find_new.override(task_id=f"find_{kind}")(kind))


symbl_nightly()
