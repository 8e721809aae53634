"""Runs one operator or sensor as Airflow's task runner does, without a database: render, execute, defer, resume."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import functools
import importlib
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.sdk.bases.operator import ExecutorSafeguard
from airflow.sdk.exceptions import AirflowRuntimeError
from airflow.sdk.execution_time.comms import ErrorResponse
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from tests.support.airflow_version import AIRFLOW
from tests.support.state_store import JsonStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import BaseOperator
    from airflow.triggers.base import BaseTrigger, TriggerEvent

serde: Any = importlib.import_module("airflow.sdk.serde" if AIRFLOW >= (3, 2) else "airflow.serialization.serde")
exceptions: Any = importlib.import_module("airflow.sdk.exceptions" if AIRFLOW >= (3, 2) else "airflow.exceptions")
AirflowRescheduleException = exceptions.AirflowRescheduleException

RUN_ID = "manual__2026-01-31T09:30:00+00:00"


@dataclasses.dataclass
class TaskState(JsonStore):
    """What Airflow keeps of a task between its tries: the task state store, and its own count.

    :param max_tries: Airflow's own count, which a clear raises.
    :param try_number: the number of the try.
    :param started: when the try first began; a task that comes back from the triggerer keeps it.
    """

    max_tries: int = 0
    try_number: int = 1
    started: datetime.datetime = dataclasses.field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def clear(self, *, keeps_state: bool = True) -> None:
        """Do what a user's Clear does: ``max_tries`` grows.

        :param keeps_state: Airflow 3.3 always keeps the state, and 3.4 where the user says so.
        """
        self.max_tries += 1
        if not keeps_state:
            self.kept.clear()

    def check(self) -> None:
        """Raise what Airflow raises while its API server is away."""
        try:
            super().check()
        except OSError as problem:
            raise AirflowRuntimeError(ErrorResponse(detail={"message": str(problem)})) from None


def context_of(task: BaseOperator, state: TaskState | None = None, **params: object) -> Any:  # noqa: ANN401 - Airflow's context, of which this is a part
    """Return what a task is run with.

    :param task: the task.
    :param state: what is left of its earlier tries.
    :param params: the run's parameters.
    """
    state = TaskState() if state is None else state
    instance = mock.create_autospec(RuntimeTaskInstance, instance=True)
    instance.get_first_reschedule_date.return_value = None
    instance.task = task
    instance.max_tries = state.max_tries
    instance.try_number = state.try_number
    instance.start_date = state.started
    return {"ti": instance, "task": task, "run_id": RUN_ID, "params": params, "task_state_store": state}


def run(task: BaseOperator, state: TaskState | None = None, **params: object) -> Any:  # noqa: ANN401 - a task returns what it likes
    """Render a task's templates, execute it, and return its result.

    :param task: the task.
    :param state: what is left of its earlier tries.
    :param params: the run's parameters.
    """
    context = context_of(task, state, **params)
    task.render_template_fields(context)
    return execute(task, context)


def execute(task: BaseOperator, context: Any) -> Any:  # noqa: ANN401 - a task returns what it likes
    """Execute a rendered task.

    :param task: the task.
    :param context: as :func:`context_of` makes it.
    """
    # The task runner's own mark, without which Airflow warns of operators that call operators.
    token = ExecutorSafeguard.tracker.set(task)
    try:
        return task.execute(context)
    finally:
        ExecutorSafeguard.tracker.reset(token)


def resume(task: BaseOperator, deferred: TaskDeferred, state: TaskState | None = None) -> Any:  # noqa: ANN401 - a task returns what it likes
    """Run the trigger of a deferred task in its stored form, and let the task take its event.

    :param task: the task.
    :param deferred: what it raised.
    :param state: what is left of its earlier tries.
    """
    (event,) = asyncio.run(events_of(rebuilt(deferred.trigger)))
    arguments = json.loads(json.dumps(deferred.kwargs or {}))
    payload = event.payload if isinstance(event.payload, datetime.datetime) else json.loads(json.dumps(event.payload))
    return task.resume_execution(deferred.method_name, {**arguments, "event": payload}, context_of(task, state))


def to_the_end(task: BaseOperator, state: TaskState | None = None) -> Any:  # noqa: ANN401 - a task returns what it likes
    """Run a try of a task as Airflow does, into the triggerer and back as often as it defers.

    :param task: the task.
    :param state: what is left of its earlier tries.
    """
    step: Callable[[], Any] = functools.partial(run, task, state)
    while True:
        try:
            return step()
        except TaskDeferred as deferred:
            step = functools.partial(resume, task, deferred, state)


def rebuilt(trigger: BaseTrigger) -> BaseTrigger:
    """Return a trigger as another process makes it from its stored form.

    :param trigger: the trigger.
    """
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    stored: Any = serde.deserialize(serde.serialize(arguments))
    made: BaseTrigger = getattr(importlib.import_module(module), name)(**stored)
    return made


async def events_of(trigger: BaseTrigger) -> list[TriggerEvent]:
    """Run a trigger to its end, and return all that it fired.

    :param trigger: the trigger.
    """
    return [event async for event in trigger.run()]
