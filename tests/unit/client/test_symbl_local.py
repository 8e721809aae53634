"""The client against symbl-local, which was written from Symbl's reference alone: both read it the same way."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import wave
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.async_client import AsyncSymblClient
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.models import Member
from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblJobTimeoutError,
    SymblNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.symbl_local import SymblLocal

ANN = {"name": "Ann", "userId": "ann@example.org"}
HELLO = {
    "payload": {"content": "Hello, Bob. Größe 😀?", "contentType": "text/plain"},
    "from": ANN,
    "duration": {"startTime": "2026-01-31T09:30:00.000Z", "endTime": "2026-01-31T09:30:04.000Z"},
}
GOODBYE = {"payload": {"content": "Goodbye."}, "from": ANN}


@pytest.fixture
def local_client(symbl_local: SymblLocal) -> Iterator[SymblClient]:
    """Open a client of symbl-local, whose jobs are over at once."""
    symbl_local.progress(by="at_once")
    with SymblClient(symbl_local.settings) as client:
        yield client


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    """Record half a second in which nobody speaks."""
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    return path


def wait_for(client: SymblClient, job_id: str) -> str:
    """Return the last state of a job."""
    return client.wait_for_job(job_id, poll_interval=0.01, max_poll_interval=0.02).status


def fill(client: SymblClient) -> None:
    """Submit more than the account may have at once."""
    for _ in range(100):
        client.submit_text([HELLO])


def test_a_written_conversation_comes_back(local_client: SymblClient) -> None:
    """Submitted, appended to, read in every form, found in the list and deleted."""
    began = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    submission = local_client.submit_text([HELLO], name="a chat")
    assert wait_for(local_client, submission.job_id) == "completed"
    appended = local_client.submit_text([GOODBYE], conversation_id=submission.conversation_id)
    assert wait_for(local_client, appended.job_id) == "completed"
    assert appended.conversation_id == submission.conversation_id
    assert appended.job_id != submission.job_id

    conversation_id = submission.conversation_id
    messages = local_client.get_messages(conversation_id, verbose=True)
    assert [message.text for message in messages] == ["Hello, Bob. Größe 😀?", "Goodbye."]
    assert messages[0].start_time == "2026-01-31T09:30:00.000Z"
    (ann,) = local_client.get_members(conversation_id)
    assert (ann.name, ann.email) == ("Ann", "ann@example.org")
    assert isinstance(messages[0].speaker, Member)
    assert messages[0].speaker.name == "Ann"
    assert local_client.get_conversation(conversation_id).name == "a chat"
    for form in ("markdown", "srt"):
        assert "Goodbye." in local_client.get_transcript(conversation_id, format=form)
    found = local_client.list_conversations(start_time=began, order="desc", page_size=1)
    assert [conversation.id for conversation in found] == [conversation_id]
    local_client.delete_conversation(conversation_id)
    with pytest.raises(SymblNotFoundError):
        local_client.get_conversation(conversation_id)


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.process
def test_a_file_arrives_with_all_its_parameters(
    local_client: SymblClient,
    symbl_local: SymblLocal,
    silence: Path,
    append: bool,  # noqa: FBT001 - a case of the test
) -> None:
    """The server refuses what it does not know, so what it takes is spelt as Symbl spells it."""
    conversation_id = local_client.submit_text([HELLO]).conversation_id if append else None
    parameters: dict[str, Any] = {
        "name": "50 % off: a+b & c",
        "confidence_threshold": 0.7,
        "detect_phrases": True,
        "detect_entities": False,
        "entities": [{"customType": "product", "text": "Röhre & Söhne", "value": "1 %"}],
        "trackers": [{"name": "Money", "vocabulary": ["refund", "double charge"]}],
        "enable_all_trackers": True,
        "enable_summary": True,
        "features": {"featureList": ["insights"]},
        "metadata": {"salesStage": "demo"},
        "conversation_type": "sales",
        "custom_vocabulary": ["Symbl"],
        "language_code": "en-US",
        "mode": "phone",
        "enable_speaker_diarization": True,
        "diarization_speaker_count": 1,
    }
    submission = local_client.submit_audio_file(silence, conversation_id=conversation_id, **parameters)
    request = symbl_local.submissions()[-1]
    assert request["status"] == 201
    assert request["method"] == ("PUT" if append else "POST")
    assert request["body_sha256"] == hashlib.sha256(silence.read_bytes()).hexdigest()
    assert request["headers"]["content-length"] == str(silence.stat().st_size)
    assert ["name", "50 % off: a+b & c"] in request["query"]
    assert wait_for(local_client, submission.job_id) == "completed"


def test_refusals_are_told_apart(local_client: SymblClient, symbl_local: SymblLocal) -> None:
    """By the server's own answers."""
    with pytest.raises(SymblNotFoundError):
        local_client.get_job("nobody")
    with pytest.raises(SymblNotFoundError):
        local_client.submit_text([HELLO], conversation_id="1234567890123456")
    with pytest.raises(SymblBadRequestError, match="newThing"):
        local_client.submit_text([HELLO], extra_parameters={"newThing": 1})
    wrong = dataclasses.replace(symbl_local.settings, app_secret="wrong secret")
    with SymblClient(wrong) as client, pytest.raises(SymblAuthenticationError):
        client.get_job("nobody")


def test_the_deadline_ends_a_wait_for_a_job_that_goes_on(local_client: SymblClient, symbl_local: SymblLocal) -> None:
    """The job is still there afterwards."""
    symbl_local.progress(by="polls", polls=1000)
    submission = local_client.submit_text([HELLO])
    with pytest.raises(SymblJobTimeoutError):
        local_client.wait_for_job(submission.job_id, deadline=0.0)
    assert local_client.get_job(submission.job_id).status in {"scheduled", "in_progress"}


async def test_the_asynchronous_client_reads_the_same(local_client: SymblClient, symbl_local: SymblLocal) -> None:
    """Job and messages."""
    submission = local_client.submit_text([HELLO], name="a chat")
    client = AsyncSymblClient(symbl_local.settings)
    assert await client.get_job(submission.job_id) == local_client.get_job(submission.job_id)
    messages = await client.get_messages(submission.conversation_id)
    await client.close()
    assert messages == local_client.get_messages(submission.conversation_id)
    tokens = [request for request in symbl_local.requests() if request["path"] == "/oauth2/token:generate"]
    assert len(tokens) == 1


def test_a_full_account_is_a_limit_error(symbl_local: SymblLocal) -> None:
    """Nothing is created beyond the cap."""
    symbl_local.progress(by="polls", polls=1000)
    with SymblClient(dataclasses.replace(symbl_local.settings, max_retries=0)) as client:
        with pytest.raises(SymblConcurrencyLimitError, match="maximum"):
            fill(client)
        assert len(list(client.list_conversations())) == len(symbl_local.submissions()) - 1
