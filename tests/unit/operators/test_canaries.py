"""Nothing that a conversation holds is in a log, a traceback, an XCom, a trigger or the state, whatever goes wrong."""

from __future__ import annotations

import base64
import functools
import json
import logging
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import structlog
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_symbl.operators.audio import (
    SymblSubmitAudioFileOperator,
    SymblSubmitAudioUrlOperator,
)
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.support.airflow_tasks import TaskState, resume, run
from tests.support.scripted_symbl import SUBMITTED, Reply, ScriptedSymbl, job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator

JOB_PATH = f"/v1/job/{SUBMITTED['jobId']}"
NAME = "canary-of-the-name"
WORDS = {
    "mail": "canary-of-the-mail@example.com",
    "webhook": "canary-of-the-webhook",
    "signature": "canary/of+the=signature",
    "tracker": "canary of the tracker's words",
    "entity": "canary of the entity",
    "metadata": "canary of the metadata",
    "said": "canary of what was said",
    "secret": ScriptedSymbl.app_secret,
    "token": "scripted-token",
}
"""None of them but the name may be anywhere; and the name in the state only, where it stands by its own right."""
CONTENT = {"payload": {"content": WORDS["said"]}, "from": {"name": NAME, "userId": WORDS["mail"]}}
PARAMETERS: dict[str, Any] = {
    "task_id": "send",
    "name": NAME,
    "webhook_url": f"https://example.com/{WORDS['webhook']}?sig={quote(WORDS['signature'], safe='')}",
    "trackers": [{"name": "canary-tracker", "vocabulary": [WORDS["tracker"]]}],
    "entities": [{"customType": "canary-type", "text": WORDS["entity"]}],
    "metadata": {"agentsNote": WORDS["metadata"]},
    "on_unknown_submission": "fail",
    "poll_interval": 0.02,
    "max_poll_interval": 0.05,
    "job_timeout": 1.0,
}
# The file's own name is told in messages, so it is no canary; the folder above it is one.
LINK = f"https://example.com/{WORDS['webhook']}/call.wav?sig={quote(WORDS['signature'], safe='')}"
ECHO = {"message": "what was sent"}
"""Stands for a message that repeats what was sent."""
APPEND = {"conversation_id": SUBMITTED["conversationId"]}
WRONG: dict[str, tuple[list[Reply], list[Reply]]] = {
    "refused": ([Reply(400, ECHO)], []),
    "not found": ([Reply(404, ECHO)], []),
    "no room": ([Reply(429, ECHO)], []),
    "server error": ([Reply(500, ECHO)], []),
    "cut": ([Reply(0)], []),
    "wrong answer": ([Reply(201, ECHO)], []),
    "redirect": ([Reply(302, ECHO, {"Location": LINK})], []),
    "header that cannot be read": ([Reply(400, ECHO, {"X-One": "1\r\nno header at all"})], []),
    "failed job": ([Reply(201, SUBMITTED)], [job("in_progress"), job("failed", message="no audio stream")]),
    "wrong status": ([Reply(201, SUBMITTED)], [job("paused")]),
    "wrong poll": ([Reply(201, SUBMITTED)], [Reply(200, ECHO)]),
    "completed": ([Reply(201, SUBMITTED)], [job("completed")]),
}


@pytest.fixture
def _all_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log everything that any library has to say."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "requests", "aiohttp", "asyncio", "airflow_provider_symbl"):
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")


@pytest.fixture(params=["text", "append text", "file", "url"])
def make(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., SymblSubmissionOperator]:
    """Return what makes an operator whose every argument is a canary."""
    file = tmp_path / "call.wav"
    file.write_bytes(b"RIFF\xff\x00\x00\x00WAVE" + bytes(200))
    arguments: dict[str, tuple[type[SymblSubmissionOperator], dict[str, Any]]] = {
        "text": (SymblSubmitTextOperator, {"messages": [CONTENT]}),
        "append text": (SymblAppendTextOperator, {"messages": [CONTENT], **APPEND}),
        "file": (SymblSubmitAudioFileOperator, {"file": file}),
        "url": (SymblSubmitAudioUrlOperator, {"url": LINK}),
    }
    operator, own = arguments[request.param]
    monkeypatch.setitem(ECHO, "message", json.dumps([PARAMETERS, {**own, "file": str(file)}]))
    return lambda **more: operator(**PARAMETERS, **own, **more)


def all_forms(text: str) -> Iterator[str]:
    """Yield the forms in which a text may travel."""
    yield text
    yield quote(text, safe="")
    yield quote(text)
    yield json.dumps(text)[1:-1]
    yield base64.b64encode(text.encode()).decode()


def ends_of(task: SymblSubmissionOperator, state: TaskState) -> tuple[str, str]:
    """Run a task to its end, and return its triggers, and what it returned or its whole traceback."""
    triggers: list[str] = []
    go_on: Callable[[], object] = functools.partial(run, task, state)
    while True:
        try:
            return "".join(triggers), repr(go_on())
        except TaskDeferred as deferred:
            # On a busy machine it may wait for room more than once.
            triggers.append(repr((deferred.trigger.serialize(), vars(deferred.trigger), deferred.kwargs)))
            go_on = functools.partial(resume, task, deferred, state)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be in it
            return "".join(triggers), "".join(traceback.format_exception(error))


@pytest.mark.usefixtures("_all_is_logged", "short_search")
@pytest.mark.parametrize("deferrable", [False, True], ids=["sync", "deferrable"])
@pytest.mark.parametrize("wrong", WRONG)
def test_no_canary_is_anywhere(
    *,
    scripted_symbl: ScriptedSymbl,
    make: Callable[..., SymblSubmissionOperator],
    wrong: str,
    deferrable: bool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """At the lowest level of every logger, with the whole traceback, and where the server repeats what it got."""
    task = make(deferrable=deferrable)
    submitted, polled = WRONG[wrong]
    path = task.source.submit.path
    scripted_symbl.on("POST", path, *submitted)
    scripted_symbl.on("PUT", f"{path}/{SUBMITTED['conversationId']}", *submitted)
    scripted_symbl.on("GET", "/v1/conversations", Reply(body={"conversations": []}))
    held = {"messages": [{"id": "1", "text": WORDS["said"]}]}
    scripted_symbl.on("GET", f"/v1/conversations/{SUBMITTED['conversationId']}/messages", Reply(body=held))
    scripted_symbl.on("GET", JOB_PATH, *polled)
    state = TaskState()
    with structlog.testing.capture_logs() as entries:
        triggers, end = ends_of(task, state)
    records = "".join(f"{record.getMessage()}{record.args}{record.exc_text}" for record in caplog.records)
    output = "".join(capfd.readouterr())
    seen = {"log": records + caplog.text + repr(entries) + output, "end": end, "trigger": triggers}
    for place, text in {**seen, "state": repr(state.kept)}.items():
        for word in [*WORDS.values(), *([] if place == "state" else [NAME])]:
            found = [text[max(0, text.find(form) - 200) :][:400] for form in all_forms(word) if form in text]
            assert not found, f"{word} in the {place}"
    assert scripted_symbl.count("POST", "/oauth2/token:generate") >= 1
