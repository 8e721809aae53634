"""Nights of the operator in the process that runs the test: what the user is told, and the report as it was written."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import unquote, urlsplit

import requests
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator
from airflow_provider_symbl.recordings import night_pass
from airflow_provider_symbl.recordings.facts import Night
from airflow_provider_symbl.recordings.ledger.ledger_format import night_folder
from tests.support.airflow_tasks import TaskState, context_of, execute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.symbl_local import SymblLocal

RUNS_ON: Mapping[str, Any] = {"status": 200, "body": {"id": "held", "status": "in_progress"}}
DAG_ID, TASK_ID = "nightly_calls", "process"
SECONDS = 60.0
PACE: Mapping[str, Any] = {"settle_seconds": 0, "poll_interval": 0.05, "max_poll_interval": 0.2}


@dataclass(frozen=True)
class Told:
    """What a night came to.

    :param result: the task's return value.
    :param rows: of the report, by path.
    :param error: the sentence that failed the task after its report; empty where it succeeded.
    """

    result: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Any]]
    error: str = ""

    @property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Outcome and reason by path."""
        return {path: (row["outcome"], row["reason"]) for path, row in self.rows.items()}


class Nights:
    """The nights of one folder.

    :param folder: holds ``recordings`` and ``results``; both are made.
    """

    def __init__(self, folder: Path) -> None:
        self.recordings = folder / "recordings"
        self.results = folder / "results"
        self.ledger = self.results / "_symbl"
        self.recordings.mkdir(parents=True, exist_ok=True)

    def chat(self, path: str, *texts: str) -> Path:
        """Write a chat, and return its file.

        :param path: below the recordings.
        :param texts: its messages; by default one that no other path has.
        """
        said = texts or (f"Shall we talk about {path}?",)
        messages = [{"payload": {"content": text}, "from": {"name": "Anna"}} for text in said]
        file = self.recordings / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(messages))
        return file

    def transcript(self, path: str) -> str:
        """Return what landed of a recording.

        :param path: of the recording.
        """
        return (self.results / path / "transcript.txt").read_text()

    def run(
        self,
        run_id: str = "first",
        *,
        dag_id: str = DAG_ID,
        state: TaskState | None = None,
        later: float = 0.0,
        schedule: object = None,
        **given: Any,
    ) -> Told:
        """Run a night, and return what came of it.

        :param run_id: of the DAG run.
        :param dag_id: of the DAG.
        :param state: what Airflow keeps of the task between its tries.
        :param later: seconds by which the clock of the night is ahead.
        :param schedule: of the DAG.
        :param given: arguments of the operator.
        :raises AirflowFailException: the night was not begun.
        """
        arguments = {"recordings": str(self.recordings), "results": str(self.results), **PACE, **given}
        task = _task(dag_id, arguments, schedule)
        if not later:
            return _told(task, run_id, state)
        with mock.patch.object(night_pass, "clock_of", return_value=lambda: time.time() + later):
            return _told(task, run_id, state)

    def run_stored(self, run_id: str = "first", *, dag_id: str = DAG_ID, **given: Any) -> Mapping[str, Any]:
        """Run a night whose report lies in object storage, and return what the task returns.

        :param run_id: of the DAG run.
        :param dag_id: of the DAG.
        :param given: arguments of the operator.
        """
        task = _task(dag_id, {**PACE, **given})
        result: Mapping[str, Any] = execute(task, _context(task, run_id, None))
        return result

    def report(self, run_id: str, dag_id: str = DAG_ID) -> Path:
        """Return the folder of a night's report.

        :param run_id: of the DAG run.
        :param dag_id: of the DAG.
        """
        return self.ledger / "nights" / night_folder(Night(dag_id, run_id, TASK_ID))


def hold_jobs(symbl_local: SymblLocal) -> None:
    """Let no job end, for those who ask.

    :param symbl_local: takes the jobs.
    """
    symbl_local.fault(call="GET /v1/job/*", times=None, **RUNS_ON)


def clear_faults(symbl_local: SymblLocal) -> None:
    """Let go of everything that goes wrong.

    :param symbl_local: where it does.
    """
    requests.delete(f"{symbl_local.url}/__local__/faults", timeout=SECONDS).raise_for_status()


def _task(dag_id: str, arguments: Mapping[str, Any], schedule: object = None) -> SymblProcessRecordingsOperator:
    return SymblProcessRecordingsOperator(task_id=TASK_ID, dag=DAG(dag_id, schedule=schedule), **arguments)


def _context(task: SymblProcessRecordingsOperator, run_id: str, state: TaskState | None) -> Any:  # noqa: ANN401 - Airflow's context, of which this is a part
    """Return what the task is run with, once its templates are rendered."""
    context: Any = {**context_of(task, state), "run_id": run_id}
    context["ti"].map_index = -1
    task.render_template_fields(context)
    return context


def _told(task: SymblProcessRecordingsOperator, run_id: str, state: TaskState | None) -> Told:
    context = _context(task, run_id, state)
    try:
        result = execute(task, context)
    except AirflowFailException as error:
        pushed = [call.kwargs for call in context["ti"].xcom_push.call_args_list]
        results = [call["value"] for call in pushed if call["key"] == "return_value"]
        if not results:
            raise
        return Told(results[0], rows_at(results[0]["recordings"]), str(error))
    return Told(result, rows_at(result["recordings"]))


def rows_at(uri: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a report on this machine, by path.

    :param uri: of its ``recordings.jsonl``.
    """
    lines = Path(unquote(urlsplit(uri).path)).read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}
