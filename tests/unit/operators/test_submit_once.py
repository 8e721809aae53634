"""One submission over all tries of a task, with Airflow's task state store: found again, looked for, and sent anew."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_symbl.client import reconciliation
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import (
    SymblError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblTransportError,
    SymblUnknownSubmissionError,
)
from airflow_provider_symbl.operators.audio import SymblAppendAudioFileOperator, SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.support.airflow_tasks import TaskState, context_of, execute, run, to_the_end

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

MESSAGES = [{"payload": {"content": "Good morning."}}]
MORE = [{"payload": {"content": "One more thing."}}]
PACE: dict[str, Any] = {"poll_interval": 0.02, "max_poll_interval": 0.05}
KEY = "symbl_submission"

pytestmark = pytest.mark.usefixtures("connection")


@pytest.fixture(autouse=True)
def _short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a lost submission once."""
    monkeypatch.setattr(reconciliation, "SEARCH_TIMEOUT", 0.0)


@pytest.fixture(params=[False, True], ids=["sync", "deferrable"])
def deferrable(request: pytest.FixtureRequest) -> bool:
    """Tell whether a task waits in the triggerer."""
    return bool(request.param)


@pytest.fixture
def conversation_id(symbl_local: SymblLocal) -> str:
    """Return a conversation that holds one message."""
    symbl_local.progress(by="at_once")
    with SymblClient(symbl_local.settings) as client:
        made = client.submit_text(MESSAGES).conversation_id
    symbl_local.progress(by="work")
    return made


@pytest.fixture
def make(
    request: pytest.FixtureRequest,
    conversation_id: str,
    clips: Path,
) -> Callable[..., SymblSubmissionOperator]:
    """Return what makes an operator of one of four kinds."""
    append = {"conversation_id": conversation_id}
    makers: dict[str, Callable[..., SymblSubmissionOperator]] = {
        "submit text": functools.partial(SymblSubmitTextOperator, messages=MORE),
        "append text": functools.partial(SymblAppendTextOperator, messages=MORE, **append),
        "submit file": functools.partial(SymblSubmitAudioFileOperator, file=clips / "late-parcel.wav"),
        "append file": functools.partial(SymblAppendAudioFileOperator, file=clips / "late-parcel.wav", **append),
    }
    return functools.partial(makers[request.param], task_id="send", **PACE)


all_kinds = pytest.mark.parametrize("make", ["submit text", "append text", "submit file", "append file"], indirect=True)
submits = pytest.mark.parametrize("make", ["submit text", "submit file"], indirect=True)
appends = pytest.mark.parametrize("make", ["append text", "append file"], indirect=True)


def fault(server: SymblLocal, **rule: Any) -> None:
    """Have the next submission go wrong."""
    requests.post(
        f"{server.url}/__local__/faults", json={"call": "* /v1/process/*", **rule}, timeout=10
    ).raise_for_status()


def jobs(server: SymblLocal) -> list[dict[str, Any]]:
    """Return the jobs that the tasks made, in order; the one of the conversation's beginning is left out."""
    found: list[dict[str, Any]] = requests.get(f"{server.url}/__local__/jobs", timeout=10).json()["jobs"]
    return found[1:]


def texts(server: SymblLocal, conversation_id: str) -> list[str]:
    """Return what a conversation holds."""
    with SymblClient(server.settings) as client:
        return [message.text for message in client.get_messages(conversation_id)]


class KilledError(BaseException):
    """Stands for the end of the process: nothing in it runs on."""


class Killing(TaskState):
    """A store whose task is killed when it writes for the n-th time, before or after the value is kept."""

    def at(self, write: int, *, after: bool) -> Killing:
        """Say when."""
        self.left, self.after = write, after
        return self

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Keep a value, or be killed."""
        self.left -= 1
        if self.left == 0 and not self.after:
            raise KilledError
        super().set(key, value)
        if self.left == 0:
            raise KilledError


@all_kinds
def test_the_intent_is_written_down_before_and_the_ids_after(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """What is kept holds a hash of what was submitted, and nothing of what was said."""
    task, state = make(job_timeout=900), Killing().at(1, after=True)
    with pytest.raises(KilledError):
        run(task, state)
    intent = state.get(KEY)
    assert (intent["conversation_id"], intent["job_id"]) == (None, None)
    assert jobs(symbl_local) == []
    fresh = TaskState()
    result = run(make(job_timeout=900), fresh)
    kept = fresh.get(KEY)
    assert {"conversation_id": kept["conversation_id"], "job_id": kept["job_id"]} == result
    assert len(kept["fingerprint"]) == 64
    assert "One more thing" not in json.dumps(kept)


@all_kinds
def test_a_retry_goes_on_with_the_job_of_the_try_before(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """A kill after the ids were stored costs nothing: one job, the same ids."""
    state = Killing().at(2, after=True)
    with pytest.raises(KilledError):
        run(make(deferrable=deferrable), state)
    (made,) = jobs(symbl_local)
    result = to_the_end(make(deferrable=deferrable), state)
    assert result == {"conversation_id": made["conversationId"], "job_id": made["jobId"]}
    assert len(jobs(symbl_local)) == 1


@all_kinds
def test_a_completed_job_is_returned_by_every_later_try(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """As when the process died before its result was stored."""
    state = TaskState()
    results = [to_the_end(make(deferrable=deferrable), state) for _ in range(3)]
    assert results[0] == results[1] == results[2]
    assert len(jobs(symbl_local)) == 1


@all_kinds
def test_a_kill_before_the_ids_were_stored_is_made_good(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """What the submission made is found by its name, or by what the conversation holds; its job's id is not."""
    state = Killing().at(2, after=False)
    with pytest.raises(KilledError):
        run(make(deferrable=deferrable), state)
    (made,) = jobs(symbl_local)
    _until_over(symbl_local)
    result = to_the_end(make(deferrable=deferrable), state)
    assert result == {"conversation_id": made["conversationId"], "job_id": None}
    assert len(jobs(symbl_local)) == 1
    assert to_the_end(make(deferrable=deferrable), state) == result


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


@all_kinds
def test_a_refused_submission_leaves_nothing_to_look_for(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
) -> None:
    """What Symbl refused it did not take, so that the next try submits without looking."""
    fault(symbl_local, status=400, body={"message": "no"})
    state = TaskState()
    with pytest.raises(AirflowFailException, match="answered 400: no"):
        run(make(), state)
    assert state.kept == {}


@all_kinds
def test_a_failed_job_is_submitted_anew(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """By the next try; the one that saw it fail says so with both ids."""
    fault(symbl_local, job="failed", message="unreadable")
    state = TaskState()
    with pytest.raises(SymblJobFailedError, match="unreadable"):
        to_the_end(make(deferrable=deferrable), state)
    result = to_the_end(make(deferrable=deferrable), state)
    failed, made = jobs(symbl_local)
    assert (failed["status"], made["status"]) == ("failed", "completed")
    assert result["job_id"] == made["jobId"]


@all_kinds
def test_a_clear_submits_anew(
    symbl_local: SymblLocal,
    make: Callable[..., SymblSubmissionOperator],
    deferrable: bool,  # noqa: FBT001 - a fixture
) -> None:
    """Airflow 3.3 keeps the state over a clear, and counts it."""
    state = TaskState()
    first = to_the_end(make(deferrable=deferrable), state)
    state.clear()
    second = to_the_end(make(deferrable=deferrable), state)
    assert [job["jobId"] for job in jobs(symbl_local)] == [first["job_id"], second["job_id"]]


def test_another_input_is_another_submission(
    symbl_local: SymblLocal,
    tmp_path: Path,
    logged: Callable[[], str],
) -> None:
    """A retry whose messages, parameters or file changed is not taken for the same."""
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(MESSAGES))
    state, pace = TaskState(), {"task_id": "send", **PACE}
    inputs: list[dict[str, Any]] = [
        {"messages": MESSAGES},
        {"messages": MORE},
        {"messages": MORE, "name": "Ours"},
        {"messages": MORE, "name": "Ours", "extra_parameters": {"timezoneOffset": 0}},
        {"messages": str(file)},
    ]
    for number, given in enumerate(inputs, start=1):
        to_the_end(SymblSubmitTextOperator(**given, **pace), state)
        to_the_end(SymblSubmitTextOperator(**given, **pace), state)
        assert len(symbl_local.submissions()) == number
    file.write_text(json.dumps(MESSAGES + MORE))
    to_the_end(SymblSubmitTextOperator(messages=str(file), **pace), state)
    assert len(symbl_local.submissions()) == 6
    file.unlink()
    to_the_end(SymblSubmitTextOperator(messages=str(file), **pace), state)
    assert len(symbl_local.submissions()) == 6
    assert "An earlier try submitted something else, which goes on by itself: job" in logged()


def test_a_store_that_cannot_be_read_is_not_an_empty_store(symbl_local: SymblLocal) -> None:
    """Nothing is submitted, and a retry may find the store again."""
    state = TaskState(is_broken=True)
    with pytest.raises(SymblError, match=r"cannot be read, so nothing is submitted.*the API server is away") as caught:
        run(SymblSubmitTextOperator(task_id="send", messages=MORE), state)
    assert not isinstance(caught.value, SymblTransportError)
    assert symbl_local.submissions() == []


def test_before_airflow_3_3_there_is_no_memory(symbl_local: SymblLocal, logged: Callable[[], str]) -> None:
    """Each try submits, and says so; within one a lost answer is still made good."""
    symbl_local.progress(by="at_once")

    def run_without_store() -> None:
        task = SymblSubmitTextOperator(task_id="send", messages=MORE, **PACE)
        context = context_of(task)
        del context["task_state_store"]
        execute(task, context)

    fault(symbl_local, at="after_job", cut=True)
    run_without_store()
    run_without_store()
    fault(symbl_local, status=400, body={"message": "no"})
    with pytest.raises(AirflowFailException, match="answered 400: no"):
        run_without_store()
    assert len(symbl_local.submissions()) == 3
    assert logged().count("a retry submits again") == 3


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


@pytest.mark.parametrize("is_deleted", [False, True], ids=["job forgotten", "all gone"])
def test_a_job_that_symbl_forgot_is_not_submitted_again(
    symbl_local: SymblLocal,
    is_deleted: bool,  # noqa: FBT001 - a case of the test
) -> None:
    """The conversation tells its end; without it the task says how to begin anew."""
    task, state = functools.partial(SymblSubmitTextOperator, task_id="send", messages=MORE, **PACE), TaskState()
    result = run(task(), state)
    fault(symbl_local, call="GET /v1/job/*", status=404, body={"message": "Job was not found"}, times=None)
    if is_deleted:
        with SymblClient(symbl_local.settings) as client:
            client.delete_conversation(result["conversation_id"])
        with pytest.raises(AirflowFailException, match="of which Symbl knows neither; clear the task to submit anew"):
            run(task(), state)
    else:
        assert run(task(), state) == {"conversation_id": result["conversation_id"], "job_id": None}
    assert len(symbl_local.submissions()) == 1


def test_the_deadline_outlives_the_tries(symbl_local: SymblLocal, deferrable: bool) -> None:  # noqa: FBT001 - a fixture
    """It counts from the submission: a later try looks once and does not wait as long again."""
    fault(symbl_local, job_seconds=600)
    make_task = functools.partial(
        SymblSubmitTextOperator, task_id="send", messages=MORE, deferrable=deferrable, job_timeout=0.2, **PACE
    )
    state = TaskState()
    with pytest.raises(SymblJobTimeoutError):
        to_the_end(make_task(), state)
    reads = len([call for call in symbl_local.requests() if call["path"].startswith("/v1/job/")])
    with pytest.raises(SymblJobTimeoutError, match="goes on at Symbl"):
        run(make_task(), state)
    after = [call for call in symbl_local.requests() if call["path"].startswith("/v1/job/")]
    assert len(after) == reads + 1
    assert len(symbl_local.submissions()) == 1


def test_the_state_of_a_task_that_waits_for_room_names_no_submission(symbl_local: SymblLocal) -> None:
    """A worker that dies meanwhile leaves nothing to look for."""
    fault(symbl_local, status=429, body={"message": "limit"})
    state = TaskState()
    with pytest.raises(TaskDeferred):
        run(SymblSubmitTextOperator(task_id="send", messages=MORE, deferrable=True, **PACE), state)
    assert state.kept == {}


def _until_over(server: SymblLocal) -> None:
    with SymblClient(server.settings) as client:
        for job in jobs(server):
            client.wait_for_job(job["jobId"], **PACE)
