"""A night over a folder, as its environment says."""

from __future__ import annotations

import json
import os

from airflow.sdk import dag

from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator

NOTHING = '{"recordings": "recordings", "results": "results"}'


@dag(schedule=None)
def night() -> None:
    """Process all recordings."""
    given = json.loads(os.environ.get("NIGHT", NOTHING))
    SymblProcessRecordingsOperator(task_id="process", settle_seconds=0, poll_interval=0.2, max_poll_interval=1, **given)


night_dag = night()
