"""A stranger's client keeps symbl-local honest: the vendor's own generated one, as it comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import symbl_rest

from tests.conftest import RECORDINGS, SymblLocal

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = RECORDINGS / "calls" / "late-parcel.wav"
MEETING = RECORDINGS / "meetings" / "stand-up.wav"


@pytest.fixture
def vendor(symbl_local: SymblLocal) -> Iterator[symbl_rest.ApiClient]:
    """Return the vendor's client with a token that it fetched itself; it sends no header but x-api-key."""
    configuration = symbl_rest.Configuration()
    configuration.host = symbl_local.url
    client = symbl_rest.ApiClient(configuration)
    grant = {"type": "application", "appId": symbl_local.app_id, "appSecret": symbl_local.app_secret}
    token = symbl_rest.AuthenticationApi(client).generate_token(grant)
    configuration.api_key["x-api-key"] = token.access_token
    yield client
    client.pool.close()
    client.pool.join()


def test_the_vendor_client_submits_and_appends_text(vendor: symbl_rest.ApiClient, symbl_local: SymblLocal) -> None:
    """Text goes in by POST and PUT, and is read as it was given, in order."""
    calls = symbl_rest.AsyncApi(vendor)
    submitted = calls.add_text(body=_text("Good morning.", "Shall we start?"))
    appended = calls.append_text(submitted.conversation_id, body=_text("Yes, let us start."))
    assert appended.conversation_id == submitted.conversation_id
    assert appended.job_id != submitted.job_id
    _wait(vendor, submitted.job_id, appended.job_id)
    assert _texts(vendor, submitted.conversation_id) == ["Good morning.", "Shall we start?", "Yes, let us start."]
    assert [request["method"] for request in symbl_local.submissions()] == ["POST", "PUT"]


def test_the_vendor_client_submits_and_appends_audio(vendor: symbl_rest.ApiClient, symbl_local: SymblLocal) -> None:
    """Audio goes in by POST and PUT, with the vendor's own choice of content types, and is heard."""
    calls = symbl_rest.AsyncApi(vendor)
    # In a query its True would arrive as "True", which the vendor's higher client spells out too.
    submitted = calls.add_audio(CALL.read_bytes(), "audio/wav", name="A call", detect_phrases="true")
    appended = calls.append_audio(MEETING.read_bytes(), "", submitted.conversation_id)
    _wait(vendor, submitted.job_id, appended.job_id)
    heard = " ".join(_texts(vendor, submitted.conversation_id)).lower()
    assert "package" in heard
    assert len(heard.split()) > 80
    first, second = symbl_local.submissions()
    assert first["headers"]["x-api-key"] == "***"
    assert "authorization" not in first["headers"]
    assert (first["body_size"], second["body_size"]) == (CALL.stat().st_size, MEETING.stat().st_size)


def _text(*contents: str) -> dict[str, Any]:
    return {"messages": [{"payload": {"content": content}} for content in contents]}


def _wait(vendor: symbl_rest.ApiClient, *job_ids: str) -> None:
    """Ask until each job is over: how fast it is recognised is the machine's affair."""
    jobs = symbl_rest.JobsApi(vendor)
    deadline = time.monotonic() + 120
    for job_id in job_ids:
        while (status := jobs.get_job_status(job_id).status) in {"scheduled", "in_progress"}:
            assert time.monotonic() < deadline, f"job {job_id} is still {status}"
        assert status == "completed"


def _texts(vendor: symbl_rest.ApiClient, conversation_id: str) -> list[str]:
    answer = symbl_rest.ConversationsApi(vendor).get_messages_by_conversation_id(conversation_id)
    return [message.text for message in answer.messages]
