"""A submit that is given no name says where it comes from, so that it can be found again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.operators.audio import (
    SymblAppendAudioFileOperator,
    SymblSubmitAudioFileOperator,
    SymblSubmitAudioUrlOperator,
)
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from airflow_provider_symbl.operators.video import SymblSubmitVideoFileOperator, SymblSubmitVideoUrlOperator
from tests.support.airflow_tasks import RUN_ID, run
from tests.support.audio import RECORDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

MESSAGES = [{"payload": {"content": "Good morning."}}]
CHAT = RECORDINGS / "chats" / "expired-password.json"

pytestmark = pytest.mark.usefixtures("connection")


def sent_name(server: SymblLocal, operator: type[SymblSubmissionOperator], **arguments: Any) -> str | None:
    """Run a task of the DAG ``nightly`` and return the name that the server received, its unique end left out."""
    with DAG("nightly", schedule=None):
        task = operator(task_id="send", wait_for_completion=False, **arguments)
    run(task)
    call = server.submissions()[-1]
    found: str | None = {**dict(call["query"]), **(call["body"] or {})}.get("name")
    return found and re.sub(r" \([0-9a-f]{8}\)$", " (…)", found)


@pytest.mark.parametrize(
    ("operator", "clip"),
    [(SymblSubmitAudioFileOperator, "late-parcel.wav"), (SymblSubmitVideoFileOperator, "launch-planning.mp4")],
)
@pytest.mark.process
def test_a_file_is_told(
    symbl_local: SymblLocal,
    clips: Path,
    operator: type[SymblSubmissionOperator],
    clip: str,
) -> None:
    """DAG, task, run and the recording's own name, not its folder."""
    assert sent_name(symbl_local, operator, file=str(clips / clip)) == f"nightly send {RUN_ID} {clip} (…)"
    assert sent_name(symbl_local, operator, file=clips / clip) == f"nightly send {RUN_ID} {clip} (…)"


@pytest.mark.parametrize(
    ("operator", "clip"),
    [(SymblSubmitAudioUrlOperator, "late-parcel.wav"), (SymblSubmitVideoUrlOperator, "launch-planning.mp4")],
)
def test_the_end_of_a_link_is_told_without_its_query(
    symbl_local: SymblLocal,
    clips_url: str,
    operator: type[SymblSubmissionOperator],
    clip: str,
) -> None:
    """A query may hold a signature, which belongs into no name."""
    name = sent_name(symbl_local, operator, url=f"{clips_url}/{clip}?signature=abc#top")
    assert name == f"nightly send {RUN_ID} {clip} (…)"


def test_a_file_of_messages_is_told(symbl_local: SymblLocal) -> None:
    """A chat that lies in a file goes by the file's name."""
    name = sent_name(symbl_local, SymblSubmitTextOperator, messages=str(CHAT))
    assert name == f"nightly send {RUN_ID} expired-password.json (…)"


def test_messages_without_a_file_are_told_by_the_task(symbl_local: SymblLocal) -> None:
    """There is no more to tell than where they come from."""
    assert sent_name(symbl_local, SymblSubmitTextOperator, messages=MESSAGES) == f"nightly send {RUN_ID} (…)"


def test_a_name_that_is_given_is_sent(symbl_local: SymblLocal) -> None:
    """The default is for who gives none."""
    assert sent_name(symbl_local, SymblSubmitTextOperator, messages=MESSAGES, name="Ours") == "Ours"


@pytest.mark.parametrize("operator", [SymblAppendTextOperator, SymblAppendAudioFileOperator])
def test_an_append_names_nothing(
    symbl_local: SymblLocal,
    clips: Path,
    operator: type[SymblSubmissionOperator],
) -> None:
    """The conversation has its name already."""
    with SymblClient(symbl_local.settings) as client:
        conversation = client.submit_text(MESSAGES).conversation_id
    content = {operator.source.content: MESSAGES if operator is SymblAppendTextOperator else clips / "stand-up.wav"}
    assert sent_name(symbl_local, operator, conversation_id=conversation, **content) is None
