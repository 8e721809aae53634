"""The nights that ``tests.benchmarks.airflow_nights`` compares, as users write them.

``http`` is what one writes without a provider: a mapped task for each step. It sends links, since HttpOperator cannot
send a file, it asks for no token, and it knows no cap: all of that is to its advantage.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import DAG, task

from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator

if TYPE_CHECKING:
    import requests

FOLDER = os.environ.get("NIGHT_FOLDER", "")
POLL_SECONDS = float(os.environ.get("NIGHT_POLL_SECONDS", "5"))


def _night(dag_id: str, *, deferrable: bool) -> DAG:
    with DAG(dag_id, schedule=None) as dag:
        SymblProcessRecordingsOperator(
            task_id="process",
            recordings=f"{FOLDER}/{dag_id}/recordings",
            results=f"{FOLDER}/{dag_id}/results",
            fetch=["messages"],
            settle_seconds=0,
            poll_interval=POLL_SECONDS,
            max_poll_interval=60,
            first_night="{{ dag_run.run_after | ds }}",
            symbl_conn_id=f"night_{dag_id}",
            deferrable=deferrable,
        )
    return dag


@task
def links() -> list[str]:
    """List the recordings, as bodies of submissions."""
    files = sorted(Path(FOLDER, "http", "recordings").iterdir())
    return [json.dumps({"url": file.as_uri(), "name": file.name}) for file in files]


def _job_of(response: requests.Response) -> str:
    return str(response.json()["jobId"])


def _is_completed(response: requests.Response) -> bool:
    return bool(response.json()["status"] == "completed")


deferred = _night("deferred", deferrable=True)
ours = _night("ours", deferrable=False)

with DAG("http", schedule=None) as http:
    submit = HttpOperator.partial(
        task_id="submit",
        http_conn_id="night_http",
        endpoint="v1/process/audio/url",
        headers={"Content-Type": "application/json"},
        response_filter=_job_of,
    ).expand(data=links())
    wait = HttpSensor.partial(
        task_id="wait", http_conn_id="night_http", poke_interval=POLL_SECONDS, response_check=_is_completed
    ).expand(endpoint=submit.output.map(lambda job: f"v1/job/{job}"))
    read = HttpOperator.partial(
        task_id="read", http_conn_id="night_http", method="GET", response_filter=lambda response: response.json()
    ).expand(endpoint=submit.output.map(lambda job: f"v1/conversations/{job}/messages"))
    wait >> read
