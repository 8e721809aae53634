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

# Days are those of UTC.
TALK_TIME = """
    SELECT CAST(start_time AT TIME ZONE 'UTC' AS DATE) AS day, coalesce(speaker_name, 'unknown') AS speaker,
           round(sum(duration), 1) AS seconds, count(*) AS messages
    FROM read_parquet($messages) GROUP BY day, speaker ORDER BY day, speaker
"""

# A question is answered when somebody else speaks right after its last message.
UNANSWERED = """
    WITH said AS (
        SELECT conversation_id, message_id, coalesce(speaker_name, 'unknown') AS speaker,
               lead(coalesce(speaker_name, 'unknown')) OVER (PARTITION BY conversation_id ORDER BY position) AS next
        FROM read_parquet($messages)
    )
    SELECT question.text, said.speaker
    FROM read_parquet($insights) AS question
    JOIN said ON said.conversation_id = question.conversation_id AND said.message_id = question.message_ids[-1]
    WHERE question.kind = 'question' AND coalesce(said.next = said.speaker, true)
    ORDER BY question.conversation_id, question.text
"""


@task
def find() -> list[str]:
    """List the calls."""
    return [str(file) for file in sorted((RECORDINGS / "calls").iterdir()) if file.suffix in {".wav", ".mp3"}]


def landing(pair: tuple[str, dict[str, str]]) -> dict[str, str]:
    """Say of a call and the conversation that was made of it what lands it."""
    file, submitted = pair
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
        # By ``expand(file=files, submitted=submit.output)`` every call would meet every conversation.
    ).expand_kwargs(files.zip(submit.output).map(landing))
    land >> ask()


symbl_talk_time()
