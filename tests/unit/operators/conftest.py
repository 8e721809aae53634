"""What the tests of the operators share: ways to wait, and operators of four kinds."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import reconciliation
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.operators import task_state
from airflow_provider_symbl.operators.audio import SymblAppendAudioFileOperator, SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.unit.operators.tries import MESSAGES, MORE, PACE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal


@pytest.fixture
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a lost submission once."""
    monkeypatch.setattr(reconciliation, "SEARCH_TIMEOUT", 0.0)


@pytest.fixture(params=[False, True], ids=["sync", "deferrable"])
def deferrable(request: pytest.FixtureRequest) -> bool:
    """Tell whether a task waits in the triggerer."""
    return bool(request.param)


@pytest.fixture
def airflow_3_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take this Airflow for 3.3, whose every clear keeps the state."""
    monkeypatch.setattr(task_state, "CLEAR_DISCARDS", False)


@pytest.fixture
def airflow_3_4(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take this Airflow for 3.4, whose clear discards the state unless the user keeps it."""
    monkeypatch.setattr(task_state, "CLEAR_DISCARDS", True)


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
