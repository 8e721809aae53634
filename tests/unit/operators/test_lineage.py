"""Lineage: asset events and OpenLineage tell of recording, conversation and files, and of nothing that was said."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import Asset, AssetAlias
from airflow.sdk.execution_time.context import OutletEventAccessors

from airflow_provider_symbl.exceptions import SymblJobFailedError
from airflow_provider_symbl.operators.audio import SymblSubmitAudioUrlOperator
from airflow_provider_symbl.operators.lineage import (
    asset_extra,
    conversation_uri,
    dataset_name,
    open_lineage,
    record_asset_events,
)
from airflow_provider_symbl.operators.storage import public_uri
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.results.writer import WrittenFile
from tests.support.airflow_tasks import TaskState, context_of, execute, to_the_end
from tests.support.scripted_symbl import SUBMITTED, Reply, ScriptedSymbl, job

if TYPE_CHECKING:
    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator

CONVERSATION_ID = SUBMITTED["conversationId"]
SIGNED = "https://me:canary@files.example.com/calls/late.wav?X-Signature=canary#canary"
RECORDING = "https://files.example.com/calls/late.wav"
FILES = (
    WrittenFile("s3://lake@bucket/calls/späti \N{GRINNING FACE}/transcript.txt", 12, "ab" * 32),
    WrittenFile("s3://lake@bucket/calls/spaeti/transcript.srt", 34, "cd" * 32),
)
TASK: dict[str, Any] = {"task_id": "send", "poll_interval": 0.02, "max_poll_interval": 0.05}

submit_url = functools.partial(SymblSubmitAudioUrlOperator, url=SIGNED, **TASK)
submit_text = functools.partial(
    SymblSubmitTextOperator, messages=[{"payload": {"content": "The canary sings."}}], **TASK
)


@pytest.fixture
def symbl(scripted_symbl: ScriptedSymbl) -> ScriptedSymbl:
    """Run a Symbl that makes a job, which is over at the second look."""
    scripted_symbl.on("GET", "/v1/conversations", Reply(body={"conversations": []}))
    for path in ("/v1/process/audio/url", "/v1/process/text"):
        scripted_symbl.on("POST", path, Reply(201, SUBMITTED))
    scripted_symbl.on("GET", f"/v1/job/{SUBMITTED['jobId']}", job("in_progress"), job("completed"))
    return scripted_symbl


@pytest.mark.parametrize(
    ("place", "uri"),
    [
        (SIGNED, RECORDING),
        ("HTTPS://files.example.com:8443/late.wav", "https://files.example.com:8443/late.wav"),
        ("s3://lake@bucket/calls/a#1 b.wav", "s3://bucket/calls/a#1 b.wav"),
        ("gs://bucket/late.wav?token=canary", "gs://bucket/late.wav"),
        (Path("/recordings/späti 1.wav"), "file:///recordings/sp%C3%A4ti%201.wav"),
        ("late.wav", Path("late.wav").absolute().as_uri()),
        ("file:///recordings/late.wav", "file:///recordings/late.wav"),
    ],
)
def test_a_uri_holds_no_secret(place: object, uri: str) -> None:
    """Neither a signature nor credentials, nor the name of a connection; a local path is a URI too."""
    assert public_uri(place) == uri


@pytest.mark.parametrize(
    ("uri", "namespace", "name"),
    [
        ("s3://bucket/calls/a b.wav", "s3://bucket", "calls/a b.wav"),
        ("file:///recordings/sp%C3%A4ti%201.wav", "file", "/recordings/späti 1.wav"),
        ("https://files.example.com:8443/calls/late.wav", "https://files.example.com:8443", "calls/late.wav"),
        (conversation_uri("http://127.0.0.1:8765", "58151"), "symbl://127.0.0.1:8765", "58151"),
        (conversation_uri("https://api.symbl.ai", "58151"), "symbl://api.symbl.ai", "58151"),
    ],
)
def test_datasets_are_named_as_open_lineage_says(uri: str, namespace: str, name: str) -> None:
    """So that what other tools tell of the same files meets what is told here."""
    assert dataset_name(uri) == (namespace, name)


def test_an_event_tells_conversation_recording_and_files() -> None:
    """With sizes and hashes, by which a file is known again."""
    assert asset_extra(CONVERSATION_ID, SIGNED, FILES) == {
        "conversation_id": CONVERSATION_ID,
        "recording": RECORDING,
        "files": [
            {"uri": "s3://bucket/calls/späti \N{GRINNING FACE}/transcript.txt", "size": 12, "sha256": "ab" * 32},
            {"uri": "s3://bucket/calls/spaeti/transcript.srt", "size": 34, "sha256": "cd" * 32},
        ],
    }
    assert asset_extra(CONVERSATION_ID) == {"conversation_id": CONVERSATION_ID}


def test_each_file_is_an_asset_of_an_alias() -> None:
    """Whoever schedules on it is told which file, in a URI as Airflow takes it."""
    alias, table = AssetAlias("transcripts"), Asset("s3://bucket/calls")
    context = {"outlet_events": OutletEventAccessors()}
    task = submit_text(outlets=[alias, table])
    extra = asset_extra(CONVERSATION_ID, SIGNED, FILES)
    record_asset_events(context, task, extra)  # type: ignore[arg-type]  # the part of Airflow's context that is used
    assert context["outlet_events"][table].extra == extra
    first, second = context["outlet_events"][alias].asset_alias_events
    assert first.dest_asset_key.uri == "s3://bucket/calls/sp%C3%A4ti %F0%9F%98%80/transcript.txt"
    assert second.dest_asset_key.uri == "s3://bucket/calls/spaeti/transcript.srt"
    assert second.extra == {
        "conversation_id": CONVERSATION_ID,
        "recording": RECORDING,
        "uri": "s3://bucket/calls/spaeti/transcript.srt",
        "size": 34,
        "sha256": "cd" * 32,
    }


def test_a_submission_tells_its_conversation_in_the_event_of_its_outlet(symbl: ScriptedSymbl) -> None:  # noqa: ARG001 - answers
    """And where the recording lies, without its signature."""
    calls = Asset("s3://bucket/calls")
    task = submit_url(outlets=[calls])
    context = context_of(task) | {"outlet_events": OutletEventAccessors()}
    execute(task, context)
    assert context["outlet_events"][calls].extra == {"conversation_id": CONVERSATION_ID, "recording": RECORDING}


class TestOpenLineage:
    """What its provider, where it is installed, asks of a task."""

    pytestmark = pytest.mark.usefixtures("open_lineage_installed")

    @pytest.fixture
    def open_lineage_installed(self) -> None:
        """Skip where it is not: nothing but these tests needs it."""
        pytest.importorskip("airflow.providers.openlineage", reason="OpenLineage's provider is not installed")

    @pytest.mark.parametrize("deferrable", [False, True], ids=["sync", "deferrable"])
    def test_a_conversation_is_made_of_a_recording(self, symbl: ScriptedSymbl, *, deferrable: bool) -> None:
        """Also by the instance that came back from the triggerer."""
        told = self._told(submit_url(deferrable=deferrable))
        assert [(one.namespace, one.name) for one in told.inputs] == [("https://files.example.com", "calls/late.wav")]
        host = symbl.url.removeprefix("http://")
        assert [(one.namespace, one.name) for one in told.outputs] == [(f"symbl://{host}", CONVERSATION_ID)]
        assert "canary" not in str(told)

    def test_messages_are_no_dataset(self, symbl: ScriptedSymbl) -> None:  # noqa: ARG002 - answers
        """A task that is given what was said reads nothing."""
        told = self._told(submit_text())
        assert told.inputs == []
        assert len(told.outputs) == 1
        assert "canary" not in str(told)

    def test_a_failed_job_makes_no_conversation(self, symbl: ScriptedSymbl) -> None:
        """What it read is told all the same."""
        symbl.on("GET", f"/v1/job/{SUBMITTED['jobId']}", job("failed"))
        task = submit_url()
        with pytest.raises(SymblJobFailedError):
            to_the_end(task)
        told = self._extracted(task)
        assert [one.name for one in told.inputs] == ["calls/late.wav"]
        assert told.outputs == []

    def test_files_are_made_of_a_conversation(self) -> None:
        """As whoever fetches it tells."""
        told: Any = open_lineage([conversation_uri("https://api.symbl.ai", "58151")], [public_uri(FILES[1].uri)])
        assert [(one.namespace, one.name) for one in told.inputs] == [("symbl://api.symbl.ai", "58151")]
        assert [(one.namespace, one.name) for one in told.outputs] == [("s3://bucket", "calls/spaeti/transcript.srt")]

    def _told(self, task: SymblSubmissionOperator) -> Any:  # noqa: ANN401 - OpenLineage's
        to_the_end(task, TaskState())
        return self._extracted(task)

    def _extracted(self, task: SymblSubmissionOperator) -> Any:  # noqa: ANN401 - OpenLineage's
        from airflow.providers.openlineage.extractors.base import DefaultExtractor  # noqa: PLC0415 - see above

        # The one that OpenLineage's listener takes for whatever has its method.
        return DefaultExtractor(task).extract_on_complete(context_of(task)["ti"])
