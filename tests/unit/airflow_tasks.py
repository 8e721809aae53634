"""Runs one operator or sensor as Airflow's task runner does, without a database: render, execute, defer, resume."""

from __future__ import annotations

import asyncio
import importlib
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

from airflow.sdk.bases.operator import ExecutorSafeguard
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.exceptions import TaskDeferred
    from airflow.triggers.base import BaseTrigger, TriggerEvent

RUN_ID = "manual__2026-01-31T09:30:00+00:00"


def context_of(task: BaseOperator, **params: object) -> Any:  # noqa: ANN401 - Airflow's context, of which this is a part
    """Return what a task is run with.

    :param task: the task.
    :param params: the run's parameters.
    """
    instance = mock.create_autospec(RuntimeTaskInstance, instance=True)
    instance.get_first_reschedule_date.return_value = None
    return {"ti": instance, "task": task, "run_id": RUN_ID, "params": params}


def run(task: BaseOperator, **params: object) -> Any:  # noqa: ANN401 - a task returns what it likes
    """Render a task's templates, execute it, and return its result.

    :param task: the task.
    :param params: the run's parameters.
    """
    context = context_of(task, **params)
    task.render_template_fields(context)
    # The task runner's own mark, without which Airflow warns of operators that call operators.
    token = ExecutorSafeguard.tracker.set(task)
    try:
        return task.execute(context)
    finally:
        ExecutorSafeguard.tracker.reset(token)


def resume(task: BaseOperator, deferred: TaskDeferred) -> Any:  # noqa: ANN401 - a task returns what it likes
    """Run the trigger of a deferred task in its stored form, and let the task take its event.

    :param task: the task.
    :param deferred: what it raised.
    """
    (event,) = asyncio.run(events_of(rebuilt(deferred.trigger)))
    payload = json.loads(json.dumps(event.payload))
    return task.resume_execution(deferred.method_name, {"event": payload}, context_of(task))


def rebuilt(trigger: BaseTrigger) -> BaseTrigger:
    """Return a trigger as another process makes it from its stored form.

    :param trigger: the trigger.
    """
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    made: BaseTrigger = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(arguments)))
    return made


async def events_of(trigger: BaseTrigger) -> list[TriggerEvent]:
    """Run a trigger to its end, and return all that it fired.

    :param trigger: the trigger.
    """
    return [event async for event in trigger.run()]
