"""A real S3 protocol as source and as target: recordings as files and as links, and results."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from airflow_provider_symbl.operators.audio import SymblSubmitAudioFileOperator, SymblSubmitAudioUrlOperator
from airflow_provider_symbl.operators.conversation import SymblGetConversationOperator
from airflow_provider_symbl.results.forms import FORMS
from tests.support.airflow_tasks import run
from tests.support.audio import RECORDINGS
from tests.support.s3_server import BUCKET, CREDENTIALS, S3Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.symbl_local import SymblLocal

pytestmark = [pytest.mark.usefixtures("connection"), pytest.mark.process]

RECORDING = RECORDINGS / "calls" / "late-parcel.wav"
KEY = "calls/late-parcel.wav"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Run S3, with a recording in it."""
    with S3Server() as server:
        server.files().pipe_file(f"{BUCKET}/{KEY}", RECORDING.read_bytes())
        yield server


@pytest.fixture
def storage(s3: S3Server, attach_storage: Callable[..., None]) -> S3Server:
    """Make Airflow know it as ``s3://aws@…``, and forget who has read."""
    attach_storage("s3", s3.files(), conn_id="aws")
    s3.reads.clear()
    return s3


def bytes_read_by_the_worker(storage: S3Server) -> int:
    """Return the bytes of the recording that came through s3fs; symbl-local's own client is another one."""
    return sum(read.size for read in storage.reads if read.path.endswith(KEY) and "boto" in read.agent.lower())


def test_a_recording_is_streamed_from_a_bucket(symbl_local: SymblLocal, storage: S3Server) -> None:
    """As ``file``: all of its bytes pass through the worker, and arrive."""
    symbl_local.progress(by="polls", polls=100_000)
    run(SymblSubmitAudioFileOperator(task_id="send", file=f"s3://aws@{BUCKET}/{KEY}", wait_for_completion=False))
    (sent,) = symbl_local.submissions()
    assert sent["body_sha256"] == hashlib.sha256(RECORDING.read_bytes()).hexdigest()
    assert bytes_read_by_the_worker(storage) >= RECORDING.stat().st_size


def test_no_byte_of_a_link_passes_through_the_worker(symbl_local: SymblLocal, storage: S3Server) -> None:
    """As ``url``: Symbl fetches it itself through the presigned link."""
    symbl_local.progress(by="work")
    url = f"s3://aws@{BUCKET}/{KEY}"
    result = run(SymblSubmitAudioUrlOperator(task_id="send", url=url, poll_interval=0.1, max_poll_interval=0.1))
    assert bytes_read_by_the_worker(storage) == 0
    assert sum(read.size for read in storage.reads if read.path.endswith(KEY)) == RECORDING.stat().st_size
    document = run(
        SymblGetConversationOperator(task_id="get", conversation_id=result["conversation_id"], recording=url)
    )
    assert "My package was due" in " ".join(message["text"] for message in document["messages"])
    assert (document["recording"]["path"], document["recording"]["size"]) == (url, RECORDING.stat().st_size)
    assert bytes_read_by_the_worker(storage) == 0


def test_no_log_tells_the_signature_of_a_link(
    symbl_local: SymblLocal, storage: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Not at DEBUG either, where the library that signs tells all it does."""
    symbl_local.progress(by="work")
    with caplog.at_level(logging.DEBUG):
        storage.files().sign(f"{BUCKET}/{KEY}")
        assert "Signature:" in caplog.text
        caplog.clear()
        url = f"s3://aws@{BUCKET}/{KEY}"
        run(SymblSubmitAudioUrlOperator(task_id="send", url=url, poll_interval=0.1, max_poll_interval=0.1))
        logging.getLogger("botocore.auth").debug("still heard")
    (read,) = (read for read in storage.reads if read.path.endswith(KEY))
    (signature,) = parse_qs(read.query)["X-Amz-Signature"]
    # The storage runs in this process, and tells of each request.
    logged = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert [message for message in logged if signature in message] == []
    assert "still heard" in logged


def test_results_land_in_a_bucket(symbl_local: SymblLocal, storage: S3Server, tmp_path: Path) -> None:
    """The same bytes as in a folder, and nothing else is left there."""
    symbl_local.progress(by="at_once")
    messages = [{"payload": {"content": "Good morning."}, "from": {"name": "Ann"}}]
    ids = symbl_local_submit(symbl_local, messages)
    here: dict[str, Any] = run(get(ids, tmp_path))
    there = run(get(ids, f"s3://aws@{BUCKET}/results"))
    stored = storage.files().find(f"{BUCKET}/results")
    assert sorted(path.rpartition("/")[2] for path in stored) == sorted(there["files"])
    for name, told in there["files"].items():
        content = storage.files().cat_file(f"{BUCKET}/results/{ids}/{name}")
        assert hashlib.sha256(content).hexdigest() == told["sha256"] == here["files"][name]["sha256"]
    assert CREDENTIALS["secret"] not in json.dumps(there)


def get(conversation_id: str, results: object) -> SymblGetConversationOperator:
    """Make a task that writes every form."""
    return SymblGetConversationOperator(
        task_id="get", conversation_id=conversation_id, results=str(results), formats=FORMS
    )


def symbl_local_submit(symbl_local: SymblLocal, messages: list[dict[str, Any]]) -> str:
    """Submit a chat, and return its conversation."""
    from airflow_provider_symbl.client.client import SymblClient  # noqa: PLC0415 - as a task does

    with SymblClient(symbl_local.settings) as client:
        return client.submit_text(messages).conversation_id
