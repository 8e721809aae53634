"""Submissions whose answer was lost: what is found, what is sent again, and what is left to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblUnknownSubmissionError
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from tests.support.airflow_tasks import TaskState, run, to_the_end
from tests.unit.operators.tries import (
    MESSAGES,
    MORE,
    PACE,
    KilledError,
    Killing,
    all_kinds,
    appends,
    fault,
    jobs,
    submits,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.usefixtures("connection", "short_search")


@all_kinds
@pytest.mark.parametrize("lost", [{"cut": True}, {"status": 502}, {"status": 201, "body": "{ni"}], ids=str)
def test_a_lost_answer_is_made_good_in_the_same_try(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    lost: dict[str, Any],
) -> None:
    """The job was made and the answer did not come: nothing is sent a second time."""
    symbl_local.progress(by="at_once")
    fault(symbl_local, at="after_job", **lost)
    result = run(make(), TaskState())
    (made,) = jobs(symbl_local)
    assert result == {"conversation_id": made["conversationId"], "job_id": None}
    assert len(texts(symbl_local, made["conversationId"])) >= 1
    assert len(symbl_local.submissions()) == 2


@submits
def test_a_submit_that_was_not_taken_is_sent_again_by_a_retry(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """Nothing of it is found, so the try fails; the next one looks once more, and submits."""
    fault(symbl_local, at="before_job", cut=True)
    state = TaskState()
    with pytest.raises(SymblUnknownSubmissionError, match="may or may not exist"):
        run(make(deferrable=deferrable), state)
    assert jobs(symbl_local) == []
    result = to_the_end(make(deferrable=deferrable), state)
    (made,) = jobs(symbl_local)
    assert result == {"conversation_id": made["conversationId"], "job_id": made["jobId"]}


@appends
def test_an_append_that_left_no_trace_fails_the_task_for_good(
    symbl_local: SymblLocal,
    conversation_id: str,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """A second copy would corrupt the conversation; so it says what is unknown and what to do."""
    fault(symbl_local, at="before_job", cut=True)
    state = TaskState()
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"whether Symbl took it is unknown.*clear the task"):
            run(make(), state)
    assert len(symbl_local.submissions()) == 2
    assert texts(symbl_local, conversation_id) == ["Good morning."]


@appends
def test_who_asks_for_it_has_an_append_sent_again(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """By a retry, after it looked."""
    fault(symbl_local, at="before_job", cut=True)
    state = TaskState()
    with pytest.raises(SymblUnknownSubmissionError):
        run(make(on_unknown_submission="resubmit"), state)
    run(make(on_unknown_submission="resubmit"), state)
    assert len(jobs(symbl_local)) == 1


@submits
def test_who_asks_for_it_has_no_submit_sent_again(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """Neither in the try in which the answer was lost nor in a later one."""
    state = Killing().at(1, after=True)
    with pytest.raises(KilledError):
        run(make(on_unknown_submission="fail"), state)
    with pytest.raises(AirflowFailException, match=r"whether Symbl took it is unknown"):
        run(make(on_unknown_submission="fail"), state)
    assert jobs(symbl_local) == []


def test_a_name_of_the_users_own_is_told_apart_from_the_same_one_before(symbl_local: SymblLocal) -> None:
    """What had that name already is not taken for what was lost."""
    with SymblClient(symbl_local.settings) as client:
        client.submit_text(MESSAGES, name="Stand-up")
    fault(symbl_local, at="after_job", cut=True)
    result = run(SymblSubmitTextOperator(task_id="send", messages=MORE, name="Stand-up", **PACE), TaskState())
    (made,) = jobs(symbl_local)
    assert result["conversation_id"] == made["conversationId"]


def test_old_messages_are_found_where_symbl_puts_them(symbl_local: SymblLocal) -> None:
    """A conversation may start when its first message says, long before it was submitted."""
    fault(symbl_local, at="after_job", cut=True)
    spoken = {"startTime": "2025-01-31T09:30:00", "endTime": "2025-01-31T09:31:00"}
    messages = [{"payload": {"content": "Long ago."}, "duration": spoken}]
    result = run(SymblSubmitTextOperator(task_id="send", messages=messages, **PACE), TaskState())
    (call,) = [call for call in symbl_local.requests("/v1/conversations") if call["method"] == "GET"]
    assert dict(call["query"])["startTime"] < "2025-01-31T09:30:01"
    assert result["conversation_id"]
