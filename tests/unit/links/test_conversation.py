"""The links of a task: there from the submission on, and never a reason for the task to fail."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred, XCom

from airflow_provider_symbl.hooks.symbl import SymblHook
from airflow_provider_symbl.links.conversation import SymblConversationLink, SymblResultsLink, publish_results_link
from airflow_provider_symbl.operators import audio, text, video
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.support.airflow_tasks import TaskState, context_of, execute, resume
from tests.support.scripted_symbl import SUBMITTED, Reply, ScriptedSymbl, job

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator

CONVERSATION_ID = SUBMITTED["conversationId"]
JOB_PATH = f"/v1/job/{SUBMITTED['jobId']}"
MESSAGES = [{"payload": {"content": "Good morning."}}]
TASK: dict[str, Any] = {"task_id": "send", "messages": MESSAGES, "poll_interval": 0.02, "max_poll_interval": 0.05}
KEY = SymblConversationLink().xcom_key

submit = functools.partial(SymblSubmitTextOperator, **TASK)
append = functools.partial(SymblAppendTextOperator, conversation_id=CONVERSATION_ID, **TASK)


@pytest.fixture(autouse=True)
def symbl(scripted_symbl: ScriptedSymbl) -> ScriptedSymbl:
    """Run a Symbl that makes a job, which is over at the second look."""
    scripted_symbl.on("GET", "/v1/conversations", Reply(body={"conversations": []}))
    scripted_symbl.on("GET", f"/v1/conversations/{CONVERSATION_ID}/messages", Reply(body={"messages": []}))
    scripted_symbl.on("POST", "/v1/process/text", Reply(201, SUBMITTED))
    scripted_symbl.on("PUT", f"/v1/process/text/{CONVERSATION_ID}", Reply(201, SUBMITTED))
    scripted_symbl.on("GET", JOB_PATH, job("in_progress"), job("completed"))
    return scripted_symbl


def page(server: ScriptedSymbl) -> str:
    """Return the URL of the conversation's page."""
    return f"{server.url}/__local__/#conversations/{CONVERSATION_ID}"


@pytest.mark.parametrize("make", [submit, append], ids=["submit", "append"])
def test_the_link_is_there_before_the_job_is_asked_for(
    make: Callable[..., SymblSubmissionOperator], symbl: ScriptedSymbl
) -> None:
    """A task that waits in its worker shows it from the submission on."""
    polls = []
    context = context_of(make())
    context["ti"].xcom_push.side_effect = lambda **_: polls.append(symbl.count("GET", JOB_PATH))
    execute(make(), context)
    context["ti"].xcom_push.assert_called_once_with(key=KEY, value=page(symbl))
    assert polls == [0]


def test_a_task_that_is_deferred_has_its_link(symbl: ScriptedSymbl) -> None:
    """It is written once; whoever comes back from the triggerer leaves it alone."""
    task, state = submit(deferrable=True), TaskState()
    context = context_of(task, state)
    with pytest.raises(TaskDeferred) as deferred:
        execute(task, context)
    context["ti"].xcom_push.assert_called_once_with(key=KEY, value=page(symbl))
    resumed = submit(deferrable=True)
    assert resume(resumed, deferred.value, state)["conversation_id"] == CONVERSATION_ID


def test_a_retry_has_its_link_again(symbl: ScriptedSymbl) -> None:
    """Airflow forgets a task's XCom when it begins anew, and the job is found again."""
    state = TaskState()
    execute(submit(), context_of(submit(), state))
    context = context_of(submit(), state)
    execute(submit(), context)
    context["ti"].xcom_push.assert_called_once_with(key=KEY, value=page(symbl))
    assert symbl.count("POST", "/v1/process/text") == 1


def test_a_link_that_cannot_be_stored_fails_nothing(logged: Callable[[], str]) -> None:
    """The log names it, and the task has its result."""
    context = context_of(submit())
    context["ti"].xcom_push.side_effect = OSError("the API server is away")
    assert execute(submit(), context)["conversation_id"] == CONVERSATION_ID
    assert "warning: The task goes on without its link 'Conversation', which could not be made: the API" in logged()


def test_a_link_that_cannot_be_read_is_empty(logged: Callable[[], str]) -> None:
    """In Airflow 3.0 an error would keep the task's callbacks from being called."""
    with mock.patch.object(XCom, "get_value", autospec=True, side_effect=OSError("the API server is away")):
        assert SymblConversationLink().get_link(submit(), ti_key=context_of(submit())["ti"]) == ""
    assert "The task's link 'Conversation' could not be read: the API server is away" in logged()


def test_the_process_that_published_a_link_need_not_read_it(symbl: ScriptedSymbl) -> None:
    """It costs no call; where it could not be stored at first, Airflow stores it at the end."""
    task = submit()
    context = context_of(task)
    context["ti"].xcom_push.side_effect = OSError("the API server is away")
    execute(task, context)
    with mock.patch.object(XCom, "get_value", autospec=True) as read:
        assert SymblConversationLink().get_link(task, ti_key=context["ti"]) == page(symbl)
    read.assert_not_called()


@pytest.mark.parametrize(("published", "shown"), [("https://a.example/1", "https://a.example/1"), (None, "")])
def test_a_link_is_what_its_task_has_published(published: str | None, shown: str) -> None:
    """Airflow asks at the end of each of the task's processes, and stores the answer."""
    instance = context_of(submit())["ti"]
    with mock.patch.object(XCom, "get_value", autospec=True, return_value=published) as read:
        assert SymblConversationLink().get_link(submit(), ti_key=instance) == shown
    assert read.call_args.kwargs == {"ti_key": instance, "key": KEY}


def test_results_have_a_link_where_the_connection_says_so(
    symbl: ScriptedSymbl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers open no files from a page, so without it there is none."""

    class Task:
        hook = SymblHook("with_results")

    fields = {"conn_type": "symbl", "login": symbl.app_id, "password": symbl.app_secret, "host": symbl.url}
    for extra, expected in (({}, []), ({"results_url": "https://f.example/{path}/"}, ["https://f.example/calls/1/"])):
        monkeypatch.setenv("AIRFLOW_CONN_WITH_RESULTS", json.dumps({**fields, "extra": extra}))
        Task.hook = SymblHook("with_results")
        context = context_of(submit())
        publish_results_link(Task(), context, CONVERSATION_ID, "calls/1")
        pushed = [(call.kwargs["key"], call.kwargs["value"]) for call in context["ti"].xcom_push.call_args_list]
        assert pushed == [(SymblResultsLink().xcom_key, url) for url in expected]


def test_all_ten_operators_have_the_link() -> None:
    """By the name that the button has."""
    modules = (text, audio, video)
    own = [operator for module in modules for operator in vars(module).values() if _is_defined_in(module, operator)]
    ten = [operator for operator in own if operator.__name__.startswith("Symbl")]
    assert len(ten) == 10
    assert all([link.name for link in operator.operator_extra_links] == ["Conversation"] for operator in ten)


def _is_defined_in(module: object, thing: object) -> bool:
    return isinstance(thing, type) and thing.__module__ == getattr(module, "__name__", "")
