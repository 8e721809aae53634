"""What a task returns, part by part, on an Airflow that takes no part that is None."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import BaseOperator

from airflow_provider_symbl.operators import task_state
from tests.support.airflow_tasks import context_of

IDS: dict[str, Any] = {"conversation_id": "123", "job_id": None}


def pushed_by(task: BaseOperator, outputs: dict[str, Any]) -> dict[str, Any]:
    """Return what is pushed for a task before Airflow pushes what it returns."""
    context = context_of(task)
    task_state.push_outputs_once(task, context, outputs)
    return {call.kwargs["key"]: call.kwargs["value"] for call in context["ti"].xcom_push.call_args_list}


def test_airflow_3_0_is_given_no_output_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its API server refuses it, and the task would fail when all its work is done; the whole goes on to Airflow."""
    monkeypatch.setattr(task_state, "PUSHES_NONE", False)
    task = BaseOperator(task_id="submit", multiple_outputs=True)
    assert pushed_by(task, IDS) == {"conversation_id": "123"}
    assert not task.multiple_outputs


@pytest.mark.parametrize(
    ("pushes_none", "outputs", "settings"),
    [
        (True, IDS, {"multiple_outputs": True}),
        (False, {**IDS, "job_id": "j"}, {"multiple_outputs": True}),
        (False, IDS, {"multiple_outputs": False}),
        (False, IDS, {"multiple_outputs": True, "do_xcom_push": False}),
    ],
)
def test_all_other_outputs_are_left_to_airflow(
    monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any], settings: dict[str, bool], *, pushes_none: bool
) -> None:
    """Where it takes them, where none is None, and where the user wants none of their own."""
    monkeypatch.setattr(task_state, "PUSHES_NONE", pushes_none)
    task = BaseOperator(task_id="submit", **settings)  # type: ignore[arg-type]  # these are arguments of it
    assert pushed_by(task, outputs) == {}
    assert task.multiple_outputs == settings["multiple_outputs"]
