"""SymblHook: how it reads its connection, what the connection's test tells, and that each method reaches Symbl."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import pickle
import socket
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.endpoints import AUDIO_FILE, AUDIO_URL, TEXT, VIDEO_FILE, VIDEO_URL
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblNotFoundError
from airflow_provider_symbl.hooks.symbl import SymblHook
from tests.support.name_service import NameService
from tests.support.scripted_symbl import Reply
from tests.unit.hooks.hook_fixtures import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.support.scripted_symbl import ScriptedSymbl
    from tests.support.symbl_local import SymblLocal
    from tests.unit.hooks.hook_fixtures import HookOf

MESSAGES = [{"payload": {"content": "Good morning."}}]
OWN_METHODS = {"aget_settings", "get_conn", "test_connection"}
METHODS = {name for name, value in vars(SymblHook).items() if inspect.isfunction(value) and not name.startswith("_")}
CLIENT_METHODS = METHODS - OWN_METHODS

EXTRA_VALUES: Mapping[str, Any] = {"timeout": 12.5, "max_retries": "0", "verify": "false"}


async def test_both_ways_of_reading_a_connection_agree(hook_of: HookOf) -> None:
    """The triggerer reads without blocking, and reads the same."""
    hook = hook_of(host="symbl.example.com", extra=dict(EXTRA_VALUES))
    assert await hook.aget_settings() == await asyncio.to_thread(lambda: hook.settings)


async def test_a_wrong_connection_names_its_field_in_the_triggerer_too(hook_of: HookOf) -> None:
    """The message is the same one."""
    with pytest.raises(SymblConfigurationError, match="connection 'mine': max_retries: got -1"):
        await hook_of(extra={"max_retries": -1}).aget_settings()


async def test_a_connection_that_is_not_there_is_told_in_the_triggerer_too() -> None:
    """Asking once more, as a run in one process needs, does not hide it."""
    with pytest.raises(AirflowNotFoundException, match="`nowhere` isn't defined"):
        await SymblHook("nowhere").aget_settings()


COPIES: Mapping[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),  # noqa: S301 - what was pickled a moment ago
}


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("way", COPIES)
def test_a_hook_that_was_used_can_be_copied(symbl_local: SymblLocal, way: str) -> None:
    """The copy reads its connection anew, and reaches the same account."""
    hook = SymblHook()
    conversation_id = hook.submit_text(MESSAGES).conversation_id
    copied = COPIES[way](hook)
    assert copied.get_conn() is not hook.get_conn()
    assert copied.get_conversation(conversation_id).id == conversation_id
    assert symbl_local.requests()[-1]["status"] == 200


@pytest.mark.usefixtures("symbl_local")
def test_a_pickled_hook_holds_no_secret(symbl_local: SymblLocal, connection: str) -> None:
    """It names its connection; who loads it must be allowed to read that."""
    hook = SymblHook(connection)
    hook.submit_text(MESSAGES)
    assert symbl_local.app_secret.encode() not in pickle.dumps(hook)
    assert not copy.copy(hook).__dict__.keys() & {"_connection", "_client"}


def test_a_hook_keeps_one_client(hook_of: HookOf) -> None:
    """Connections to the host stay open between calls."""
    hook = hook_of()
    assert isinstance(hook.get_conn(), SymblClient)
    assert hook.get_conn() is hook.get_conn()


def test_no_secret_in_the_text_of_a_hook(hook_of: HookOf) -> None:
    """Whoever prints a hook or its settings sees no App Secret."""
    hook = hook_of()
    assert SECRET not in f"{hook!r} {hook} {hook.settings!r} {hook.get_conn()!r}"


def test_the_test_button_says_yes(symbl_local: SymblLocal, connection: str) -> None:
    """A token and one cheap read that needs it tell that the account works."""
    is_fine, message = SymblHook(connection).test_connection()
    assert is_fine, message
    assert symbl_local.url in message
    assert [(request["method"], request["path"]) for request in symbl_local.requests()] == [
        ("POST", "/oauth2/token:generate"),
        ("GET", "/v1/conversations"),
    ]
    assert ["limit", "1"] in symbl_local.requests("/v1/conversations")[0]["query"]


def test_the_test_button_says_no_to_a_wrong_secret(symbl_local: SymblLocal, hook_of: HookOf) -> None:
    """It tells that the credentials are refused, and does not repeat them."""
    hook = hook_of(login=symbl_local.app_id, host=symbl_local.url)
    is_fine, message = hook.test_connection()
    assert not is_fine
    assert "401" in message
    assert SECRET not in message


def test_the_test_button_says_no_when_nobody_answers(
    hook_of: HookOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A dead host is told at once, without any retry."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    is_fine, message = hook_of(host=f"http://127.0.0.1:{port}", extra={"max_retries": 9}).test_connection()
    assert not is_fine
    assert "Connection refused" in message
    assert SECRET not in message
    assert "again in" not in caplog.text


@pytest.mark.parametrize("waiting", [0, 1], ids=["silent", "unreachable"])
def test_the_test_button_does_not_wait_long(
    hook_of: HookOf,
    monkeypatch: pytest.MonkeyPatch,
    waiting: int,
) -> None:
    """Whatever patience the connection has, whoever pressed the button gets an answer soon."""
    monkeypatch.setattr("airflow_provider_symbl.hooks.symbl.TEST_TIMEOUT", 0.2)
    with socket.socket() as nobody, contextlib.ExitStack() as queue:
        nobody.bind(("127.0.0.1", 0))
        nobody.listen(0)
        # Linux takes one connection more than it was told to, and then leaves the next ones without an answer.
        for _ in range(waiting):
            queue.enter_context(socket.create_connection(nobody.getsockname(), timeout=1))
        # More than the whole test run may take.
        patient = {"timeout": 7200, "connect_timeout": 7200}
        is_fine, message = hook_of(host=f"http://127.0.0.1:{nobody.getsockname()[1]}", extra=patient).test_connection()
    assert not is_fine
    assert "timed out" in message


def test_the_test_button_says_no_to_a_token_that_is_refused(
    scripted_symbl: ScriptedSymbl,
    hook_of: HookOf,
) -> None:
    """A token alone does not make the account work: the read is refused."""
    is_fine, message = hook_of(host=scripted_symbl.url).test_connection()
    assert not is_fine
    assert "GET /v1/conversations answered 404" in message
    assert "scripted-token" not in message


def test_the_test_button_tells_that_symbls_own_host_is_gone(
    hook_of: HookOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connection without a host names the one that was asked, and what there is instead."""
    NameService().install(monkeypatch)
    monkeypatch.setattr("airflow_provider_symbl.hooks.connection.DEFAULT_HOST", "https://api.symbl.invalid")
    monkeypatch.setattr("airflow_provider_symbl.client.settings.DEFAULT_HOST", "https://api.symbl.invalid")
    is_fine, message = hook_of().test_connection()
    assert not is_fine
    assert "the name api.symbl.invalid does not resolve" in message
    assert "symbl-local" in message


def test_the_test_button_names_a_wrong_field(hook_of: HookOf) -> None:
    """What a person typed wrong is told before anything is sent."""
    is_fine, message = hook_of(extra={"timeout": -1}).test_connection()
    assert not is_fine
    assert message.startswith("connection 'mine': timeout: got -1; allowed:")


@pytest.mark.usefixtures("connection")
@pytest.mark.process
def test_each_submit_reaches_symbl_and_appends_where_an_id_is_given(
    symbl_local: SymblLocal,
    clips: Path,
    clips_url: str,
) -> None:
    """Without ``conversation_id`` a POST makes a conversation, with it a PUT appends to that one."""
    hook = SymblHook()
    calls: list[tuple[str, Any, str]] = [
        ("submit_text", MESSAGES, "/v1/process/text"),
        ("submit_audio_file", clips / "stand-up.wav", "/v1/process/audio"),
        ("submit_audio_url", f"{clips_url}/stand-up.wav", "/v1/process/audio/url"),
        ("submit_video_file", clips / "launch-planning.mp4", "/v1/process/video"),
        ("submit_video_url", f"{clips_url}/launch-planning.mp4", "/v1/process/video/url"),
    ]
    assert {name for name, _, _ in calls} == {name for name in CLIENT_METHODS if name.startswith("submit_")}
    for name, content, path in calls:
        submitted = getattr(hook, name)(content, name="one")
        appended = getattr(hook, name)(content, conversation_id=submitted.conversation_id)
        assert appended.conversation_id == submitted.conversation_id
        received = [(call["method"], call["path"], call["status"]) for call in symbl_local.submissions()[-2:]]
        assert received == [("POST", path, 201), ("PUT", f"{path}/{submitted.conversation_id}", 201)]


@pytest.mark.usefixtures("connection")
@pytest.mark.process
def test_any_source_can_be_submitted(symbl_local: SymblLocal, clips: Path, clips_url: str) -> None:
    """What holds a source as data needs no method's name; a path is sent as a file."""
    contents = {"messages": MESSAGES, "url": f"{clips_url}/stand-up.wav"}
    files = {AUDIO_FILE: "stand-up.wav", VIDEO_FILE: "launch-planning.mp4"}
    hook = SymblHook()
    for source in (TEXT, AUDIO_FILE, AUDIO_URL, VIDEO_FILE, VIDEO_URL):
        content = contents.get(source.content) or str(clips / files[source])
        submitted = hook.submit(source, content, name="one")
        appended = hook.submit(source, content, conversation_id=submitted.conversation_id)
        assert appended.conversation_id == submitted.conversation_id
        path = source.submit.path
        received = [(call["method"], call["path"], call["status"]) for call in symbl_local.submissions()[-2:]]
        assert received == [("POST", path, 201), ("PUT", f"{path}/{submitted.conversation_id}", 201)]


READS: Mapping[str, tuple[str, str]] = {
    "get_job": ("GET", "/v1/job/{job_id}"),
    "get_insights_status": ("GET", "/v1/conversations/{conversation_id}/lm-insights/status"),
    "get_call_score_status": ("GET", "/v1/conversations/{conversation_id}/callscore/status"),
    "wait_for_job": ("GET", "/v1/job/{job_id}"),
    "get_conversation": ("GET", "/v1/conversations/{conversation_id}"),
    "list_conversations": ("GET", "/v1/conversations"),
    "get_messages": ("GET", "/v1/conversations/{conversation_id}/messages"),
    "get_members": ("GET", "/v1/conversations/{conversation_id}/members"),
    "get_transcript": ("POST", "/v1/conversations/{conversation_id}/transcript"),
    "get_topics": ("GET", "/v1/conversations/{conversation_id}/topics"),
    "get_questions": ("GET", "/v1/conversations/{conversation_id}/questions"),
    "get_action_items": ("GET", "/v1/conversations/{conversation_id}/action-items"),
    "get_follow_ups": ("GET", "/v1/conversations/{conversation_id}/follow-ups"),
    "get_insights": ("GET", "/v1/conversations/{conversation_id}/insights"),
    "get_entities": ("GET", "/v1/conversations/{conversation_id}/entities"),
    "get_trackers": ("GET", "/v1/conversations/{conversation_id}/trackers"),
    "get_analytics": ("GET", "/v1/conversations/{conversation_id}/analytics"),
    "update_speaker_events": ("PUT", "/v1/conversations/{conversation_id}/speakers"),
    "update_conversation_metadata": ("PUT", "/v1/conversations/{conversation_id}"),
    "delete_conversation": ("DELETE", "/v1/conversations/{conversation_id}"),
}
MORE: Mapping[str, Mapping[str, Any]] = {
    "wait_for_job": {"poll_interval": 0.01},
    "update_conversation_metadata": {"metadata": {"agent": "7"}},
    "update_speaker_events": {
        "speaker_events": [{"type": "started_speaking", "user": {"name": "Ann"}, "offset": {"seconds": 0}}]
    },
}
OTHERWISE = {"submit", "get_summary", "update_member", "request"}
"""Tried in tests of their own."""


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("name", sorted(READS))
def test_each_other_method_reaches_symbl(symbl_local: SymblLocal, name: str) -> None:
    """A method of the hook is the client's, with the account of the connection."""
    hook, (method, path) = SymblHook(), READS[name]
    symbl_local.progress(by="at_once")
    features = {"featureList": ["insights", "callScore"]}
    ids = hook.submit_text(MESSAGES, features=features).as_dict()
    identifier = [] if name == "list_conversations" else [ids["job_id" if "{job_id}" in path else "conversation_id"]]
    result = getattr(hook, name)(*identifier, **MORE.get(name, {}))
    if name == "list_conversations":
        assert [conversation.id for conversation in result] == [ids["conversation_id"]]
    (call,) = symbl_local.requests(path.format(**ids))
    assert (call["method"], call["status"]) == (method, 200)


@pytest.mark.usefixtures("connection")
def test_a_deleted_conversation_is_gone() -> None:
    """Deleting is real, and reading afterwards says so."""
    hook = SymblHook()
    conversation_id = hook.submit_text(MESSAGES).conversation_id
    hook.delete_conversation(conversation_id)
    with pytest.raises(SymblNotFoundError):
        hook.get_conversation(conversation_id)


def test_a_summary_is_read(scripted_symbl: ScriptedSymbl) -> None:
    """Sentence by sentence; of symbl-local there is none yet."""
    sentences = [{"id": "1", "text": "They greeted.", "messageRefs": [{"id": "7"}]}]
    scripted_symbl.on("GET", "/v1/conversations/5/summary", Reply(body={"summary": sentences}))
    (sentence,) = SymblHook().get_summary("5")
    assert (sentence.id, sentence.text, sentence.raw) == ("1", "They greeted.", sentences[0])


@pytest.mark.usefixtures("connection")
def test_a_member_is_renamed(symbl_local: SymblLocal) -> None:
    """By the id that the members are read with."""
    symbl_local.progress(by="at_once")
    hook = SymblHook()
    conversation_id = hook.submit_text([{**MESSAGES[0], "from": {"name": "Speaker 1"}}]).conversation_id
    (member,) = hook.get_members(conversation_id)
    said = hook.update_member(conversation_id, member.id, name="Ann", email="ann@example.org")
    assert "updated successfully" in said
    assert [(one.name, one.email) for one in hook.get_members(conversation_id)] == [("Ann", "ann@example.org")]


@pytest.mark.usefixtures("connection", "symbl_local")
def test_any_other_call_is_sent_with_the_account() -> None:
    """A tracker is made, found and deleted, though the hook has no method for it."""
    hook = SymblHook()
    made = hook.request("POST", "/v1/manage/tracker", json={"name": "Money", "vocabulary": ["refund"]})["tracker"]
    found = hook.request("GET", "/v1/manage/trackers", params={"name": "Money"})
    assert [tracker["id"] for tracker in found["trackers"]] == [made["id"]]
    assert hook.request("DELETE", f"/v1/manage/tracker/{made['id']}")["deleted"] is True
    with pytest.raises(SymblNotFoundError):
        hook.request("GET", f"/v1/manage/tracker/{made['id']}")


def test_every_method_is_tried_here() -> None:
    """None is forgotten."""
    submits = {name for name in CLIENT_METHODS if name.startswith("submit_")}
    assert CLIENT_METHODS - submits - OTHERWISE == set(READS)


@pytest.mark.parametrize("name", sorted(CLIENT_METHODS))
def test_a_method_has_the_clients_signature(name: str) -> None:
    """Editors and documentation show of the hook what they show of the client."""
    ours, clients = getattr(SymblHook, name), getattr(SymblClient, name)
    assert inspect.signature(ours) == inspect.signature(clients)
    assert ours.__doc__ == clients.__doc__
