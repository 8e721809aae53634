"""The ten submits and appends, as tests go through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.models import Submission

MESSAGES = [{"payload": {"content": "Hello."}}]
URL = "https://h.example/recording"
BYTES = bytes(range(256)) * 64


class SubmitCall(NamedTuple):
    """One of the ten calls."""

    method: str
    path: str
    send: Callable[[SymblClient, Path], Submission]


TEN_CALLS = (
    SubmitCall("POST", "/v1/process/text", lambda client, _: client.submit_text(MESSAGES)),
    SubmitCall("PUT", "/v1/process/text/c-1", lambda client, _: client.submit_text(MESSAGES, conversation_id="c-1")),
    SubmitCall("POST", "/v1/process/audio", lambda client, file: client.submit_audio_file(file)),
    SubmitCall(
        "PUT", "/v1/process/audio/c-1", lambda client, file: client.submit_audio_file(file, conversation_id="c-1")
    ),
    SubmitCall("POST", "/v1/process/audio/url", lambda client, _: client.submit_audio_url(URL)),
    SubmitCall(
        "PUT", "/v1/process/audio/url/c-1", lambda client, _: client.submit_audio_url(URL, conversation_id="c-1")
    ),
    SubmitCall("POST", "/v1/process/video", lambda client, file: client.submit_video_file(file)),
    SubmitCall(
        "PUT", "/v1/process/video/c-1", lambda client, file: client.submit_video_file(file, conversation_id="c-1")
    ),
    SubmitCall("POST", "/v1/process/video/url", lambda client, _: client.submit_video_url(URL)),
    SubmitCall(
        "PUT", "/v1/process/video/url/c-1", lambda client, _: client.submit_video_url(URL, conversation_id="c-1")
    ),
)
# One of each method and each kind of body.
FEW_CALLS = (TEN_CALLS[0], TEN_CALLS[3], TEN_CALLS[5])

each_call = pytest.mark.parametrize("call", TEN_CALLS, ids=lambda call: f"{call.method} {call.path}")
few_calls = pytest.mark.parametrize("call", FEW_CALLS, ids=lambda call: f"{call.method} {call.path}")
