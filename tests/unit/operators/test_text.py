"""Messages: where they may come from, and that they stay out of what Airflow shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG, ObjectStoragePath, task
from airflow.sdk.execution_time.task_runner import _serialize_rendered_fields

from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.support.airflow_tasks import context_of, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.object_storage import Memory
    from tests.support.scripted_symbl import ScriptedSymbl
    from tests.support.symbl_local import SymblLocal

SPOKEN = "The merger is on Tuesday."
MESSAGES = [{"payload": {"content": SPOKEN, "contentType": "text/plain"}, "from": {"name": "Ann", "userId": "ann-1"}}]


def make(messages: Any, **changes: Any) -> SymblSubmitTextOperator:  # noqa: ANN401 - wrong ones, too
    """Make a submit that does not wait."""
    return SymblSubmitTextOperator(task_id="submit", messages=messages, wait_for_completion=False, **changes)


def received(server: SymblLocal) -> Any:  # noqa: ANN401 - JSON
    """Return the messages of the one submission."""
    (call,) = server.submissions()
    assert call["status"] == 201
    return call["body"]["messages"]


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """Return a file of messages."""
    file = tmp_path / "chat.json"
    file.write_text(json.dumps(MESSAGES))
    return file


@pytest.mark.usefixtures("connection")
def test_messages_of_the_dag_file(symbl_local: SymblLocal) -> None:
    """A list is sent as it stands."""
    run(make(MESSAGES))
    assert received(symbl_local) == MESSAGES


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("kind", [str, Path, lambda path: f"file://{path}"], ids=["text", "path", "uri"])
def test_messages_of_a_file(symbl_local: SymblLocal, chat: Path, kind: Callable[[Path], Any]) -> None:
    """A path, as text or as an object, or a URI leads to a JSON file that holds the list."""
    run(make(kind(chat)))
    assert received(symbl_local) == MESSAGES


@pytest.mark.usefixtures("connection")
def test_messages_of_a_path_object_of_storage(symbl_local: SymblLocal, memory: Memory) -> None:
    """It is taken like its URI."""
    memory.keep("bucket/chat.json", json.dumps(MESSAGES).encode())
    run(make(ObjectStoragePath("memory://shelf@bucket/chat.json")))
    assert received(symbl_local) == MESSAGES


@pytest.mark.parametrize("messages", [MESSAGES[0], MESSAGES, tuple(MESSAGES), f"Ann: {SPOKEN}\nBen: {SPOKEN}"], ids=str)
def test_a_conversation_that_is_no_json_is_not_taken_for_a_path(
    scripted_symbl: ScriptedSymbl,
    messages: object,
) -> None:
    """A template without ``tojson`` makes Python's text of it; the error says what to write and not what was said."""
    with pytest.raises(AirflowFailException, match=r"^messages: got a value of type \w+; allowed: a list") as caught:
        run(make("{{ params.messages }}"), messages=messages)
    assert SPOKEN not in str(caught.value)
    assert scripted_symbl.received == []
    if not isinstance(messages, str):
        assert "| tojson }}, of a task's result its .output" in str(caught.value)


@pytest.mark.usefixtures("connection")
def test_messages_of_object_storage(symbl_local: SymblLocal, memory: Memory) -> None:
    """Any file system that Airflow knows will do."""
    memory.keep("bucket/chat.json", json.dumps(MESSAGES).encode())
    run(make("memory://shelf@bucket/chat.json"))
    assert received(symbl_local) == MESSAGES


@pytest.mark.usefixtures("connection")
def test_messages_as_json_text(symbl_local: SymblLocal) -> None:
    """A template renders a list as text, in JSON or in Python's own form through ``tojson``."""
    run(make("  {{ params.messages | tojson }}"), messages=MESSAGES)
    assert received(symbl_local) == MESSAGES


@pytest.mark.usefixtures("connection")
def test_messages_with_templates_inside(symbl_local: SymblLocal) -> None:
    """A list may hold templates at any depth."""
    run(make([{"payload": {"content": "{{ params.said }}"}}]), said=SPOKEN)
    assert received(symbl_local) == [{"payload": {"content": SPOKEN}}]


@pytest.mark.usefixtures("connection")
def test_messages_of_a_task_before(symbl_local: SymblLocal) -> None:
    """Another task's result is read when the task runs, and that task comes first."""

    @task
    def read() -> list[dict[str, Any]]:
        return MESSAGES

    with DAG("a_dag", schedule=None):
        messages = read()
        submit = make(messages)
    assert submit.upstream_task_ids == {"read"}
    context = context_of(submit)
    context["ti"].xcom_pull.return_value = MESSAGES
    submit.render_template_fields(context)
    submit.execute(context)
    assert received(symbl_local) == MESSAGES


@pytest.mark.usefixtures("connection")
def test_rendered_messages_are_not_shown(symbl_local: SymblLocal) -> None:
    """What Airflow stores as rendered fields, and the operator's text, hold nothing of what a template brought."""
    submit = make("{{ params.messages | tojson }}")
    run(submit, messages=MESSAGES)
    assert received(symbl_local) == MESSAGES
    rendered = _serialize_rendered_fields(submit)
    assert rendered["messages"] == "messages, not shown"
    assert SPOKEN not in f"{rendered} {submit!r} {submit} {submit.messages} {submit.messages!r}"


def test_a_content_is_not_shown() -> None:
    """What holds the messages while they are sent may stand in an error's text or a debugger's."""
    content = make(MESSAGES).content
    assert SPOKEN not in f"{content} {content!r} {content.open}"


def test_a_rendered_path_is_shown(chat: Path) -> None:
    """Where the messages lie is what a person wants to know."""
    submit = make("{{ params.path }}")
    submit.render_template_fields(context_of(submit, path=str(chat)))
    assert _serialize_rendered_fields(submit)["messages"] == str(chat)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, r"messages\.json does not exist; allowed: the path of a readable JSON file"),
        ("not JSON: The merger", "the path of a file that holds a JSON list of messages"),
        (b"\xff\xfe".decode("latin-1"), "the path of a file that holds a JSON list of messages"),
    ],
    ids=["missing", "no JSON", "no text"],
)
def test_a_file_that_cannot_be_read_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    tmp_path: Path,
    content: str | None,
    told: str,
) -> None:
    """The message names the path, nothing is sent, and nothing of the content is told."""
    file = tmp_path / "messages.json"
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    with pytest.raises(AirflowFailException, match=told) as caught:
        run(make(str(file)))
    assert str(file)[:50] in str(caught.value)
    assert "merger" not in str(caught.value)
    assert scripted_symbl.received == []


def test_a_folder_is_no_file_of_messages(scripted_symbl: ScriptedSymbl, tmp_path: Path) -> None:
    """The system's own reason is told."""
    with pytest.raises(AirflowFailException, match="Is a directory"):
        run(make(str(tmp_path)))
    assert scripted_symbl.received == []


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([], "messages: got .*; allowed: a list of at least one item"),
        ({"payload": {"content": SPOKEN}}, "messages: got a value of type dict; allowed: a list of at least one item"),
        ([{"content": SPOKEN}], r"messages\[0\]: got 'content'; allowed: the keys payload"),
        ([{"payload": {"content": " "}}], r"messages\[0\]\.payload\.content"),
    ],
    ids=str,
)
def test_a_file_with_other_content_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    tmp_path: Path,
    messages: object,
    told: str,
) -> None:
    """The message names the place, and not what was said there."""
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(messages))
    with pytest.raises(AirflowFailException, match=told) as caught:
        run(make(str(file)))
    assert SPOKEN not in str(caught.value)
    assert scripted_symbl.received == []


def test_storage_that_airflow_does_not_know_fails_the_task_for_good(scripted_symbl: ScriptedSymbl) -> None:
    """The message names the argument and says that the file system is what is missing."""
    with pytest.raises(AirflowFailException, match=r"messages: got 'nonsense://bucket/chat.json'; .*file system"):
        run(make("nonsense://bucket/chat.json"))
    assert scripted_symbl.received == []


@pytest.mark.usefixtures("connection")
def test_an_append_takes_messages_in_the_same_ways(symbl_local: SymblLocal, chat: Path) -> None:
    """Here a template that renders a path."""
    ids = run(make(MESSAGES))
    append = SymblAppendTextOperator(
        task_id="append",
        conversation_id="{{ params.conversation_id }}",
        messages="{{ params.chat }}",
        wait_for_completion=False,
    )
    assert run(append, chat=str(chat), **ids)["conversation_id"] == ids["conversation_id"]
    assert symbl_local.submissions()[-1]["body"] == {"messages": MESSAGES}
