"""SymblGetConversationOperator and SymblDeleteConversationOperator: what stands afterwards, here and at Symbl."""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblNotFoundError, SymblStorageError
from airflow_provider_symbl.operators.conversation import SymblDeleteConversationOperator, SymblGetConversationOperator
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.results.document import READS
from airflow_provider_symbl.results.forms import FORMS
from tests.contract.sample_conversation import DELAY, FEATURES, TURNS
from tests.support.airflow_tasks import RUN_ID, TaskState, run, to_the_end

if TYPE_CHECKING:
    from tests.support.object_storage import Memory
    from tests.support.symbl_local import SymblLocal

MESSAGES = [{"payload": {"content": said}, "from": speaker} for speaker, said in TURNS]
FILES = {
    *("conversation.json", "messages.jsonl", "transcript.txt", "transcript.md", "transcript.srt", "transcript.vtt"),
    *("vcon.json", "conversations.parquet", "messages.parquet", "insights.parquet"),
}
PACE: dict[str, Any] = {"poll_interval": 0.02, "max_poll_interval": 0.05}

pytestmark = pytest.mark.usefixtures("connection")


@pytest.fixture
def conversation_id(symbl_local: SymblLocal) -> str:
    """Return a conversation whose job is over, in which every read finds something."""
    symbl_local.progress(by="at_once")
    with SymblClient(symbl_local.settings) as client:
        made = client.submit_text(MESSAGES, detect_entities=True, trackers=[DELAY], features=FEATURES)
        client.wait_for_job(made.job_id, poll_interval=0.01)
    return made.conversation_id


def get(conversation_id: str, **changes: Any) -> SymblGetConversationOperator:
    """Make the operator, which asks often."""
    return SymblGetConversationOperator(task_id="get", conversation_id=conversation_id, **(PACE | changes))


def read_back(uri: str) -> bytes:
    """Read what a manifest tells of."""
    return Path(urllib.parse.unquote(uri.removeprefix("file://"))).read_bytes()


def test_every_form_lands_and_the_manifest_tells_of_it(conversation_id: str, tmp_path: Path) -> None:
    """In a folder of its own; XCom gets ids, URIs, sizes, hashes and counts, and nothing of what was said."""
    manifest = run(get(conversation_id, results=str(tmp_path), formats=FORMS))
    folder = tmp_path / conversation_id
    assert {file.name for file in folder.iterdir()} == manifest["files"].keys() == FILES
    for name, told in manifest["files"].items():
        content = read_back(told["uri"])
        assert content == (folder / name).read_bytes()
        assert (told["size"], told["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert manifest["counts"]["messages"] == len(MESSAGES)
    assert MESSAGES[0]["payload"]["content"] not in json.dumps(manifest)
    document = json.loads((folder / "conversation.json").read_text())
    assert [message["text"] for message in document["messages"]] == [said for _, said in TURNS]
    assert all(document[name] for name in READS)


def test_a_second_run_writes_the_same_bytes(conversation_id: str, tmp_path: Path) -> None:
    """Whoever compares files sees that nothing changed."""
    task = get(conversation_id, results=tmp_path, formats=list(FORMS))
    first = run(task)
    assert run(task) == first


def test_without_a_folder_the_document_is_returned(conversation_id: str) -> None:
    """What was asked for of it; the rest is None."""
    document = run(get(conversation_id, fetch=["messages", "summary"]))
    assert [message["text"] for message in document["messages"]] == [said for _, said in TURNS]
    assert document["topics"] is None


def test_a_large_document_is_no_result(symbl_local: SymblLocal) -> None:
    """XCom lies in Airflow's database; the message says what to do instead."""
    symbl_local.progress(by="at_once")
    with SymblClient(symbl_local.settings) as client:
        made = client.submit_text([{"payload": {"content": "word " * 1000}}] * 20)
    with pytest.raises(AirflowFailException, match=r"results: got None.*bytes.*allowed: a folder, such as s3://"):
        run(get(made.conversation_id))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fetch": ["messages", "topic"]}, "fetch: got 'topic'; allowed: any of messages, .*did you mean topics"),
        ({"formats": ["json", "docx"]}, "formats: got 'docx'; allowed: any of json, jsonl"),
        ({"formats": "srt,word"}, "formats: got 'word'"),
        ({"formats": 7}, "formats: got 7"),
        (
            {"results": "/r", "fetch": ["topics"], "formats": ["srt"]},
            "fetch: .*messages among them, of which srt is made",
        ),
        ({"results": "/r", "formats": []}, "formats: got .*; allowed: any of json"),
        ({"delete_after": True}, "delete_after: got True; allowed: False, unless results has a folder"),
        ({"delete_after": True, "results": "/r", "formats": ["txt"]}, "delete_after: got True.*formats has json"),
        ({"recording": {"colour": "red"}}, "recording: got 'colour'; allowed: path, size"),
        ({"recording": {"size": "big"}}, "recording.size: got 'big'; allowed: bytes"),
        ({"recording": {"sha256": "abc"}}, "recording.sha256: got 'abc'; allowed: 64 hexadecimal digits"),
        ({"poll_interval": 0}, "poll_interval: got 0"),
        ({"job_timeout": -1}, "job_timeout: got -1"),
    ],
)
def test_what_is_wrong_is_told_when_the_dag_is_parsed(changes: dict[str, Any], told: str) -> None:
    """With the list of what there is."""
    with pytest.raises(SymblConfigurationError, match=told):
        get("1", **changes)
    with pytest.raises((SymblConfigurationError, AirflowFailException), match=told):
        get("1", **changes)


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_read(
    conversation_id: str, symbl_local: SymblLocal, tmp_path: Path
) -> None:
    """Retries may mend it."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SymblStorageError, match=r"results: file://.*/file/.* cannot be written"):
        run(get(conversation_id, results=tmp_path / "file"))
    assert symbl_local.requests(f"/v1/conversations/{conversation_id}") == []


@pytest.mark.usefixtures("symbl_local")
def test_a_conversation_that_is_gone_leaves_nothing_written(tmp_path: Path) -> None:
    """The error names it, and no retry is used up."""
    with pytest.raises(AirflowFailException, match="/v1/conversations/1616161616161616"):
        run(get("1616161616161616", results=tmp_path))
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("deferrable", [False, True])
def test_features_are_waited_for_before_anything_is_read(
    symbl_local: SymblLocal,
    tmp_path: Path,
    deferrable: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """In the worker or in the triggerer."""
    symbl_local.progress(by="polls", polls=3)
    with SymblClient(symbl_local.settings) as client:
        made = client.submit_text(MESSAGES, features={"featureList": ["insights"]})
        client.wait_for_job(made.job_id, poll_interval=0.01)
    features = {"featureList": ["insights"]}
    task = get(made.conversation_id, results=tmp_path, features=features, deferrable=deferrable)
    manifest = to_the_end(task)
    base = f"/v1/conversations/{made.conversation_id}"
    asked = [request["path"] for request in symbl_local.requests() if request["path"].startswith(base)]
    statuses = asked.count(f"{base}/lm-insights/status")
    assert statuses >= 2
    assert asked[:statuses] == [f"{base}/lm-insights/status"] * statuses
    assert manifest["counts"]["messages"] == len(MESSAGES)


def test_a_conversation_is_deleted_once_its_files_stand(
    conversation_id: str, symbl_local: SymblLocal, tmp_path: Path
) -> None:
    """A retry that finds it gone returns the same, from what the try before landed."""
    task = get(conversation_id, results=tmp_path, formats=["json", "txt"], delete_after=True)
    manifest = run(task)
    with SymblClient(symbl_local.settings) as client, pytest.raises(SymblNotFoundError):
        client.get_conversation(conversation_id)
    assert (tmp_path / conversation_id / "transcript.txt").read_text()
    assert run(task) == manifest


def test_what_does_not_stand_is_not_deleted(
    conversation_id: str, symbl_local: SymblLocal, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storage that loses what it took costs no conversation."""
    monkeypatch.setattr(memory, "cat_file", lambda *_, **__: b"something else")
    with pytest.raises(SymblStorageError, match="does not hold what was written"):
        run(get(conversation_id, results="memory://shelf@results", delete_after=True))
    with SymblClient(symbl_local.settings) as client:
        assert client.get_conversation(conversation_id).id == conversation_id


def test_object_storage_gets_the_same(conversation_id: str, memory: Memory, tmp_path: Path) -> None:
    """Byte by byte, under URIs that lead there again."""
    here = run(get(conversation_id, results=tmp_path, formats=FORMS))
    there = run(get(conversation_id, results="memory://shelf@results/calls", formats=FORMS))
    assert there["counts"] == here["counts"]
    for name, told in there["files"].items():
        assert told["uri"] == f"memory://shelf@/results/calls/{conversation_id}/{name}"
        assert told["sha256"] == here["files"][name]["sha256"]
        assert memory.cat_file(f"results/calls/{conversation_id}/{name}") == read_back(here["files"][name]["uri"])


def test_a_recording_is_known_by_its_file(conversation_id: str, tmp_path: Path) -> None:
    """Path, size and hash, and the task that submitted it."""
    call = tmp_path / "call.wav"
    call.write_bytes(b"RIFF" * 1000)
    with DAG("a_dag", schedule=None):
        task = get(conversation_id, results=tmp_path, recording=call)
        SymblSubmitTextOperator(task_id="submit", messages=MESSAGES) >> task
    run(task)
    document = json.loads((tmp_path / conversation_id / "conversation.json").read_text())
    assert document["recording"] == {
        "path": str(call),
        "size": 4000,
        "sha256": hashlib.sha256(call.read_bytes()).hexdigest(),
        "duration": None,
        "dag_id": "a_dag",
        "task_id": "submit",
        "run_id": RUN_ID,
    }


def test_a_signature_is_no_part_of_the_document(conversation_id: str) -> None:
    """A recording's URL is known without its query."""
    url = "https://bucket.example/call.wav?X-Amz-Signature=secret"
    document = run(get(conversation_id, fetch=[], recording=url))
    assert document["recording"]["path"] == "https://bucket.example/call.wav"
    facts = {"path": url, "duration": 3.5, "run_id": "another"}
    document = run(get(conversation_id, fetch=[], recording=json.dumps(facts)))
    assert document["recording"]["path"] == "https://bucket.example/call.wav"
    assert (document["recording"]["duration"], document["recording"]["run_id"]) == (3.5, "another")


@pytest.mark.parametrize("name", ["calls/2026/ann & bob?.wav", "x" * 300, "a\x00b", "…/..", "CON", "\ud800"])
def test_a_name_that_is_no_file_name_is_made_one(conversation_id: str, tmp_path: Path, name: str) -> None:
    """One folder, the same each time."""
    task = get(conversation_id, results=tmp_path, name=name)
    manifest = run(task)
    (folder,) = tmp_path.iterdir()
    assert run(task) == manifest
    assert [*tmp_path.iterdir()] == [folder]
    assert len(folder.name.encode()) <= 120


def test_templates_are_filled(conversation_id: str, tmp_path: Path) -> None:
    """Each argument may come from another task."""
    with DAG("a_dag", schedule=None, render_template_as_native_obj=True):
        task = SymblGetConversationOperator(
            task_id="get",
            conversation_id="{{ params.conversation_id }}",
            results="{{ params.results }}",
            formats="{{ params.formats }}",
            fetch="{{ params.fetch }}",
            name="{{ params.name }}",
        )
    params: dict[str, Any] = {
        "results": str(tmp_path),
        "formats": '["txt"]',
        "fetch": "messages,topics",
        "name": "None",
    }
    manifest = run(task, conversation_id=conversation_id, **params)
    assert manifest["files"].keys() == {"transcript.txt"}
    assert manifest["counts"].keys() == {"messages", "topics", "members"}


def test_a_deleted_conversation_is_gone(conversation_id: str, symbl_local: SymblLocal) -> None:
    """Once Symbl confirms it; what is not there cannot be deleted, but by the try before."""
    task = SymblDeleteConversationOperator(task_id="delete", conversation_id=conversation_id)
    assert run(task) == conversation_id
    with SymblClient(symbl_local.settings) as client, pytest.raises(SymblNotFoundError):
        client.get_conversation(conversation_id)
    with pytest.raises(AirflowFailException, match=conversation_id):
        run(task)
    assert run(task, TaskState(try_number=2)) == conversation_id


@pytest.mark.parametrize("operator", [SymblGetConversationOperator, SymblDeleteConversationOperator])
def test_a_mapped_task_gets_airflows_own_defaults(operator: type[SymblGetConversationOperator]) -> None:
    """A base class that Airflow takes for an operator would set some of them to None, and the task could not start."""
    with DAG("a_dag", schedule=None):
        mapped = operator.partial(task_id="each").expand(conversation_id=["1", "2"])
    assert (mapped.inlets, mapped.outlets) == ([], [])
