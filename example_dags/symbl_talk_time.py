"""Calls into tables: submit each, land it as Parquet, and ask DuckDB who talked how long and which questions stand."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

from airflow.sdk import dag, task

from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.conversation import SymblGetConversationOperator

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))
RESULTS = Path(os.environ.get("SYMBL_RESULTS", Path.home() / "symbl-results")) / "tables"

TALK_TIME = """
    SELECT CAST(start_time AS DATE) AS day, coalesce(speaker_name, 'unknown') AS speaker,
           round(sum(duration), 1) AS seconds, count(*) AS messages
    FROM read_parquet($messages) GROUP BY day, speaker ORDER BY day, speaker
"""

# A question is answered when somebody else speaks right after its last message.
UNANSWERED = """
    WITH said AS (
        SELECT conversation_id, message_id, speaker_name,
               lead(speaker_name) OVER (PARTITION BY conversation_id ORDER BY position) AS next_speaker
        FROM read_parquet($messages)
    )
    SELECT question.text, question.speaker_name AS speaker
    FROM read_parquet($insights) AS question
    JOIN said ON said.conversation_id = question.conversation_id AND said.message_id = question.message_ids[-1]
    WHERE question.kind = 'question' AND said.next_speaker IS NOT DISTINCT FROM said.speaker_name
    ORDER BY question.conversation_id, question.text
"""


@task
def find() -> list[str]:
    """List the calls."""
    return [str(file) for file in sorted((RECORDINGS / "calls").iterdir()) if file.suffix in {".wav", ".mp3"}]


@task
def landing(file: str, submitted: dict[str, str]) -> dict[str, str]:
    """Say which conversation was made of which call, and the name that its folder gets."""
    return {"conversation_id": submitted["conversation_id"], "recording": file, "name": Path(file).name}


@task
def ask() -> dict[str, Any]:
    """Ask both questions of all calls that have landed so far."""
    # Not installed with the provider: pip install duckdb
    import duckdb  # noqa: PLC0415 - at the top every parsing of this file would load it

    tables = {name: f"{RESULTS}/*/{name}.parquet" for name in ("messages", "insights")}
    with duckdb.connect() as database:
        talk = database.execute(TALK_TIME, {"messages": tables["messages"]}).fetchall()
        questions = database.execute(UNANSWERED, tables).fetchall()
    return {
        "talk_time": [[str(day), speaker, seconds, messages] for day, speaker, seconds, messages in talk],
        "unanswered": [{"question": text, "speaker": speaker} for text, speaker in questions],
    }


@dag(
    schedule=None,
    catchup=False,
    tags=["symbl"],
    default_args={"retries": 3, "deferrable": True, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_talk_time() -> None:
    """Land every call, then query all of them."""
    files = find()
    submit = SymblSubmitAudioFileOperator.partial(
        task_id="submit",
        enable_separate_recognition_per_channel=True,
        channel_metadata=[
            {"channel": 1, "speaker": {"name": "Agent"}},
            {"channel": 2, "speaker": {"name": "Customer"}},
        ],
    ).expand(file=files)
    land = SymblGetConversationOperator.partial(
        task_id="land",
        results=str(RESULTS),
        formats=["json", "txt", "parquet"],
    ).expand_kwargs(landing.expand(file=files, submitted=submit.output))
    land >> ask()


symbl_talk_time()
