"""Airflow's REST API (v2), as far as a demonstration or a test needs it to do what a person does in the UI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from demo.processes import TAIL_LINES, DemoError, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDED_RUN = frozenset({"success", "failed"})
CALL_SECONDS = 30.0


@dataclass(frozen=True)
class TaskInstance:
    """One task of one run, as Airflow shows it.

    :param map_index: -1 unless the task is mapped.
    :param try_number: 1 for the first try.
    :param state: ``None`` as long as nothing has happened.
    :param duration: seconds of the last try.
    """

    task_id: str
    map_index: int
    try_number: int
    state: str | None
    duration: float | None


class AirflowApi:
    """What one can ask of a running Airflow.

    :param url: where its API server listens, without a path.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine's has no business on loopback

    def log_in(self, username: str, password: str) -> None:
        """Take a token; all later calls use it.

        :raises DemoError: Airflow refused.
        """
        token = self.call("POST", "/auth/token", json={"username": username, "password": password})
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> dict[str, Any]:
        """Make any call of the API; for what the methods below do not cover.

        :param path: with its ``/api/v2``.
        :raises DemoError: the answer's status is 400 or above; the message holds what Airflow said.
        """
        answer = self._session.request(method, self.url + path, json=json, params=params, timeout=CALL_SECONDS)
        if not answer.ok:
            message = f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:2000]}"
            raise DemoError(message)
        return dict(answer.json()) if answer.content else {}

    def unhealthy_components(self) -> list[str]:
        """Return the names of the components that do not report themselves healthy."""
        health = self.call("GET", "/api/v2/monitor/health")
        return [name for name, report in health.items() if report["status"] != "healthy"]

    def set_connection(self, conn_id: str, fields: Mapping[str, Any]) -> None:
        """Store a connection, in place of one of the same name.

        :param fields: ``conn_type``, ``host``, ``login``, ``password`` and what else the connection has.
        """
        body = {"connection_id": conn_id, **fields}
        known = self.call("GET", "/api/v2/connections", params={"limit": 1000})["connections"]
        if conn_id in {connection["connection_id"] for connection in known}:
            self.call("PATCH", f"/api/v2/connections/{quote(conn_id)}", json=body)
        else:
            self.call("POST", "/api/v2/connections", json=body)

    def wait_for_dag(self, dag_id: str, timeout: float = 60.0) -> None:
        """Wait until Airflow has read the DAG.

        :param timeout: seconds.
        :raises DemoError: a DAG file could not be imported, or the DAG did not turn up in time.
        """
        wait_until(lambda: self._is_known(dag_id) or None, seconds=timeout, what=f"the DAG {dag_id}")

    def unpause(self, dag_id: str) -> None:
        """Let the DAG's runs go: a new DAG is paused."""
        self.call("PATCH", f"/api/v2/dags/{quote(dag_id)}", json={"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run of the DAG, as the button does, and return its id; a paused DAG's starts when it is unpaused.

        :param conf: the run's parameters.
        """
        body = {"logical_date": None, "conf": dict(conf or {})}
        return str(self.call("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", json=body)["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return all runs of the DAG, as Airflow tells of them.

        :param dag_id: of the DAG.
        """
        found = self.call("GET", f"/api/v2/dags/{quote(dag_id)}/dagRuns", params={"limit": 1000})
        return list(found["dag_runs"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the run's state: ``queued``, ``running``, ``success`` or ``failed``."""
        return str(self.call("GET", _run_path(dag_id, run_id))["state"])

    def wait_for_run(self, dag_id: str, run_id: str, timeout: float = 300.0) -> str:
        """Wait until the run has ended and return how, ``success`` or ``failed``.

        :param timeout: seconds.
        :raises DemoError: the run goes on after that time; the message holds what :meth:`describe_run` tells.
        """

        def ended() -> str | None:
            state = self.run_state(dag_id, run_id)
            return state if state in ENDED_RUN else None

        try:
            return wait_until(ended, seconds=timeout, what=f"the run {run_id} of {dag_id}", every=0.5)
        except DemoError as problem:
            message = f"{problem}\n{self.describe_run(dag_id, run_id)}"
            raise DemoError(message) from None

    def clear(self, dag_id: str, run_id: str) -> None:
        """Clear every task of the run, as the button of that name does, so that the run begins anew."""
        body = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "reset_dag_runs": True}
        self.call("POST", f"/api/v2/dags/{quote(dag_id)}/clearTaskInstances", json=body)

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """Return all tasks of the run, mapped ones one by one."""
        found = self.call("GET", f"{_run_path(dag_id, run_id)}/taskInstances", params={"limit": 1000})
        return [_task_instance(raw) for raw in found["task_instances"]]

    def describe_run(self, dag_id: str, run_id: str) -> str:
        """Return the state of each task, the end of the log of those that did not succeed, and state mismatches."""
        tasks = [self._describe_task(dag_id, run_id, task) for task in self.task_instances(dag_id, run_id)]
        found: dict[str, str | int] = {"dag_id": dag_id, "run_id": run_id, "event": "state mismatch", "limit": 1000}
        mismatches = self.call("GET", "/api/v2/eventLogs", params=found)["event_logs"]
        return "\n".join([*tasks, *(f"{entry['when']} {entry['event']}: {entry['extra']}" for entry in mismatches)])

    def _describe_task(self, dag_id: str, run_id: str, task: TaskInstance) -> str:
        name = f"{task.task_id}[{task.map_index}]" if task.map_index >= 0 else task.task_id
        head = f"--- {name} is {task.state}, try {task.try_number}"
        if task.state in {None, "success", "skipped", "upstream_failed"} or not task.try_number:
            return head
        log = self.task_log(dag_id, run_id, task.task_id, task.try_number, task.map_index)
        return "\n".join([head, *(f"    {line}" for line in log.splitlines()[-TAIL_LINES:])])

    def was_deferred(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> bool:
        """Tell from the task's log whether the triggerer had it."""
        log = self.task_log(dag_id, run_id, task_id, try_number, map_index)
        return ".log.trigger." in log  # the triggerer writes a file of its own, named in the head

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:  # noqa: ANN401 - whatever the task returned
        """Return a task's XCom as the JSON value it is."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{quote(task_id)}/xcomEntries/{quote(key)}"
        return self.call("GET", path, params={"map_index": map_index, "deserialize": "true"})["value"]

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """Return the log of one try, a line per event, the triggerer's share included."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{quote(task_id)}/logs/{try_number}"
        content = self.call("GET", path, params={"map_index": map_index, "full_content": "true"})["content"]
        return "\n".join(_log_line(event) for event in content)

    def _is_known(self, dag_id: str) -> bool:
        errors = self.call("GET", "/api/v2/importErrors")["import_errors"]
        if errors:
            message = "\n".join(f"{error['filename']}:\n{error['stack_trace']}" for error in errors)
            raise DemoError(message)
        found = self.call("GET", "/api/v2/dags", params={"dag_id_pattern": dag_id, "limit": 1000})["dags"]
        return dag_id in {dag["dag_id"] for dag in found}


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"


def _task_instance(raw: Mapping[str, Any]) -> TaskInstance:
    return TaskInstance(
        task_id=raw["task_id"],
        map_index=raw["map_index"],
        try_number=raw["try_number"],
        state=raw["state"],
        duration=raw["duration"],
    )


def _log_line(event: Mapping[str, Any] | str) -> str:
    if isinstance(event, str):
        return event
    return " ".join(str(event[key]) for key in ("timestamp", "level", "event", "error_detail") if event.get(key))
