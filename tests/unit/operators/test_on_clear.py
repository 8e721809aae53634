"""What a task does that a user cleared: on Airflow 3.3, which keeps its state, and from 3.4, where users choose."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_symbl.exceptions import SymblJobTimeoutError
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from tests.support.airflow_tasks import TaskState, run, to_the_end
from tests.unit.operators.tries import MORE, PACE, KilledError, Killing, appends, fault, jobs, submits

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.usefixtures("connection", "short_search", "conversation_id")


make_submit = functools.partial(SymblSubmitTextOperator, task_id="send", messages=MORE, **PACE)

WAYS = [
    # Airflow, what its clear does to the state, the argument, whether a second job is made
    ("airflow_3_3", True, "airflow", True),
    ("airflow_3_3", True, "submit", True),
    ("airflow_3_3", True, "resume", False),
    ("airflow_3_4", True, "airflow", False),
    ("airflow_3_4", True, "submit", True),
    ("airflow_3_4", True, "resume", False),
    ("airflow_3_4", False, "airflow", True),
    ("airflow_3_4", False, "submit", True),
    ("airflow_3_4", False, "resume", True),
]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_clear(
    symbl_local: SymblLocal,
    request: pytest.FixtureRequest,
    way: tuple[str, bool, str, bool],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """It submits anew or returns the job of before, and so does every retry after it."""
    airflow, keeps_state, on_clear, is_anew = way
    request.getfixturevalue(airflow)
    make, state = functools.partial(make_submit, on_clear=on_clear, deferrable=deferrable), TaskState()
    first = to_the_end(make(), state)
    state.clear(keeps_state=keeps_state)
    second, retried = to_the_end(make(), state), to_the_end(make(), state)
    assert (second != first) == is_anew
    assert retried == second
    assert len(jobs(symbl_local)) == (2 if is_anew else 1)


@pytest.mark.usefixtures("airflow_3_4")
def test_the_log_of_a_task_that_goes_on_says_how_to_submit_anew(logged: Callable[[], str]) -> None:
    """Clearing a whole run keeps the state on 3.4 whatever the user wants, so the argument is named too."""
    state = TaskState()
    first = to_the_end(make_submit(), state)
    state.clear()
    to_the_end(make_submit(), state)
    goes_on = f"This task was cleared and goes on with job {first['job_id']} of conversation {first['conversation_id']}"
    anew = 'with "Keep task state and resume" not ticked, or set on_clear="submit"'
    assert f"{goes_on}; clear the task to submit anew, by itself and {anew}" in logged()
    state.clear()
    to_the_end(make_submit(on_clear="resume"), state)
    assert f'{goes_on}; set on_clear="submit" and clear the task to submit anew' in logged()


@pytest.mark.usefixtures("airflow_3_3")
def test_a_job_that_took_too_long_is_waited_for_anew(symbl_local: SymblLocal) -> None:
    """Who has a cleared task go on after its job_timeout wants it to wait; retries do not wait longer than that."""
    fault(symbl_local, job_seconds=600)
    make, state = functools.partial(make_submit, on_clear="resume", deferrable=True), TaskState()
    with pytest.raises(SymblJobTimeoutError):
        to_the_end(make(job_timeout=0.2), state)
    state.clear()
    deadlines = []
    for _ in range(2):
        with pytest.raises(TaskDeferred) as caught:
            run(make(job_timeout=900), state)
        deadlines.append(caught.value.trigger.serialize()[1]["deadline"])
    assert deadlines[0] == deadlines[1] > time.time() + 600
    assert len(jobs(symbl_local)) == 1


@submits
@pytest.mark.usefixtures("airflow_3_4")
def test_a_clear_looks_for_what_a_killed_try_submitted(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """The intent is part of what is kept."""
    state = Killing().at(2, after=False)
    with pytest.raises(KilledError):
        run(make(wait_for_completion=False), state)
    (made,) = jobs(symbl_local)
    state.clear()
    result = run(make(wait_for_completion=False), state)
    assert result == {"conversation_id": made["conversationId"], "job_id": None}


@appends
@pytest.mark.parametrize(
    ("airflow", "on_clear", "told"),
    [
        ("airflow_3_3", "airflow", r"; clear the task to submit anew$"),
        ("airflow_3_4", "airflow", r'; clear the task to submit anew, by itself and with "Keep task state'),
        ("airflow_3_3", "resume", r'; set on_clear="submit" and clear the task to submit anew$'),
    ],
)
def test_an_append_that_is_unknown_says_how_to_submit_anew(
    request: pytest.FixtureRequest,
    make: Callable[..., Any],
    airflow: str,
    on_clear: str,
    told: str,
) -> None:
    """As fits the Airflow that runs it, and the task's own argument."""
    request.getfixturevalue(airflow)
    state = Killing().at(1, after=True)
    with pytest.raises(KilledError):
        run(make(on_clear=on_clear), state)
    with pytest.raises(AirflowFailException, match=told):
        run(make(on_clear=on_clear), state)
