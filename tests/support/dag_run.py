"""Runs DAGs as ``dag.test`` does, in a process of their own, and tells all that Airflow then shows of them.

Airflow's in-process scheduler, API server and triggerer stay out of the tests' own process and its warnings.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from sqlalchemy import select

from tests.support.airflow_version import AIRFLOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.sdk import DAG

ROOT = Path(__file__).parent.parent.parent


class TaskKey(NamedTuple):
    """One task instance of a run."""

    task_id: str
    map_index: int = -1


@dataclasses.dataclass(frozen=True)
class Run:
    """What Airflow shows of a DAG run.

    :param states: each task instance's last state.
    :param results: the return value of each that has one.
    :param rendered: the rendered fields of each.
    :param links: the URL of each link of each, by the link's name; empty where it leads nowhere.
    :param events: what each event of an asset tells, by the asset's URI; of each that has outlets.
    :param log: all that was written to the terminal, by other runs of the process too.
    """

    states: Mapping[TaskKey, str]
    results: Mapping[TaskKey, Any]
    rendered: Mapping[TaskKey, Mapping[str, Any]]
    links: Mapping[TaskKey, Mapping[str, str]]
    events: Mapping[TaskKey, Mapping[str, Any]]
    log: str

    @property
    def shown(self) -> str:
        """Everything that Airflow stores or prints, as one text."""
        stored = (self.results, self.rendered, self.links, self.events)
        return "\n".join([self.log, *(str(value) for values in stored for value in values.values())])


def run_dags(
    file: Path,
    dag_ids: Sequence[str],
    params: Mapping[str, Any],
    environment: Mapping[str, str],
) -> dict[str, Run]:
    """Run DAGs of a file, one after the other, and return what each came to.

    :param file: the DAG file.
    :param dag_ids: the DAGs in it.
    :param params: the parameters of each run.
    :param environment: variables for their process, such as connections.
    """
    # Coverage would follow into all of Airflow; what the runs execute of this package, other tests execute too.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "tests.support.dag_run", str(file), *dag_ids, json.dumps(params), str(report)]
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env={**inherited, **environment, "AIRFLOW__CORE__DAGS_FOLDER": str(file.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        if not report.exists():
            raise RuntimeError(done.stdout)
        found = json.loads(report.read_text())
    return {dag_id: _run_of(found[dag_id], done.stdout) for dag_id in dag_ids}


def _run_of(rows: list[dict[str, Any]], log: str) -> Run:
    keys = {TaskKey(row["task_id"], row["map_index"]): row for row in rows}
    return Run(
        states={key: row["state"] for key, row in keys.items()},
        results={key: row["result"] for key, row in keys.items() if row["result"] is not None},
        rendered={key: row["rendered"] for key, row in keys.items()},
        links={key: row["links"] for key, row in keys.items()},
        events={key: row["events"] for key, row in keys.items() if row["events"]},
        log=log,
    )


def main(file: str, *arguments: str) -> None:
    """Run the DAGs and write the report; the process's own side."""
    from airflow.sdk import DAG  # noqa: PLC0415 - only in the process that runs the DAG

    if AIRFLOW < (3, 1):  # in dag.test it prints, for debugging, all that a task tells its supervisor
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    *dag_ids, params, report = arguments
    dags = {value.dag_id: value for value in runpy.run_path(file).values() if isinstance(value, DAG)}
    runs = {dag_id: dags[dag_id].test(run_conf=json.loads(params)) for dag_id in dag_ids}
    rows = {
        dag_id: [_row(instance, dags[dag_id]) for instance in run.get_task_instances()] for dag_id, run in runs.items()
    }
    Path(report).write_text(json.dumps(rows))


def _row(instance: Any, dag: DAG) -> dict[str, Any]:  # noqa: ANN401 - a row of Airflow's database, which has no public type
    from airflow.models.renderedtifields import RenderedTaskInstanceFields  # noqa: PLC0415 - see main

    return {
        "task_id": instance.task_id,
        "map_index": instance.map_index,
        "state": str(instance.state),
        "result": _xcom(instance, "return_value"),
        "rendered": RenderedTaskInstanceFields.get_templated_fields(instance) or {},
        # By these keys Airflow's UI looks for links.
        "links": {
            link.name: _xcom(instance, link.xcom_key) or ""
            for link in dag.get_task(instance.task_id).operator_extra_links
        },
        "events": _events(instance),
    }


def _xcom(instance: Any, key: str) -> Any:  # noqa: ANN401 - as above
    return instance.xcom_pull(task_ids=instance.task_id, key=key, map_indexes=instance.map_index)


def _events(instance: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    from airflow.models.asset import AssetEvent  # noqa: PLC0415 - see main
    from airflow.utils.session import create_session  # noqa: PLC0415 - see main

    source = {"dag_id": instance.dag_id, "run_id": instance.run_id, "task_id": instance.task_id}
    where = {f"source_{name}": value for name, value in source.items()} | {"source_map_index": instance.map_index}
    with create_session() as session:
        return {event.uri: event.extra for event in session.scalars(select(AssetEvent).filter_by(**where))}


if __name__ == "__main__":
    main(*sys.argv[1:])
