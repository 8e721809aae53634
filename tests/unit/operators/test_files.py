"""Files: local ones and those of object storage arrive whole, and what is none is told before any request."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import ObjectStoragePath

from airflow_provider_symbl.exceptions import SymblError, SymblStorageError
from airflow_provider_symbl.operators.audio import SymblAppendAudioFileOperator, SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.video import SymblAppendVideoFileOperator, SymblSubmitVideoFileOperator
from tests.support.airflow_tasks import run
from tests.support.scripted_symbl import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.operators.media import SymblFileOperator
    from tests.support.object_storage import Memory
    from tests.support.scripted_symbl import ScriptedSymbl
    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.process

OPERATORS = (
    SymblSubmitAudioFileOperator,
    SymblAppendAudioFileOperator,
    SymblSubmitVideoFileOperator,
    SymblAppendVideoFileOperator,
)


def make(operator: type[SymblFileOperator], file: Any) -> SymblFileOperator:  # noqa: ANN401 - several kinds of path
    """Make an operator that does not wait."""
    arguments = {"conversation_id": "7777777777777777"} if operator.is_append else {}
    return operator(task_id="send", file=file, wait_for_completion=False, **arguments)


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("kind", [str, Path, lambda path: f"file://{path}"], ids=["text", "path", "uri"])
def test_a_file_on_disk_arrives_whole(symbl_local: SymblLocal, clips: Path, kind: Callable[[Path], Any]) -> None:
    """A path, as text or as an object, or a URI leads to the same bytes with the same type."""
    clip = clips / "stand-up.wav"
    run(make(SymblSubmitAudioFileOperator, kind(clip)))
    (call,) = symbl_local.submissions()
    assert call["status"] == 201
    assert call["body_sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert call["headers"]["content-length"] == str(clip.stat().st_size)
    assert call["headers"]["content-type"] == "audio/wav"


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize(
    ("operator", "clip", "content_type"),
    [
        (SymblSubmitAudioFileOperator, "project-review.mp3", "audio/mpeg"),
        (SymblSubmitVideoFileOperator, "launch-planning.mp4", "video/mp4"),
    ],
)
def test_an_object_in_storage_arrives_whole(  # noqa: PLR0917 - two fixtures and a row of three
    symbl_local: SymblLocal,
    memory: Memory,
    clips: Path,
    operator: type[SymblFileOperator],
    clip: str,
    content_type: str,
) -> None:
    """Its length is known before it is read, so it is streamed as a file is."""
    content = (clips / clip).read_bytes()
    memory.keep(f"bucket/{clip}", content)
    run(make(operator, f"memory://shelf@bucket/{clip}"))
    (call,) = symbl_local.submissions()
    assert call["status"] == 201
    assert call["body_sha256"] == hashlib.sha256(content).hexdigest()
    assert call["headers"]["content-length"] == str(len(content))
    assert call["headers"]["content-type"] == content_type
    assert dict(call["query"])["name"].startswith(f"adhoc_airflow send manual__2026-01-31T09:30:00+00:00 {clip} (")


@pytest.mark.usefixtures("connection", "memory")
@pytest.mark.parametrize(
    "make_path", [ObjectStoragePath, lambda uri: ObjectStoragePath(uri.replace("call", "{{ 'call' }}"))]
)
def test_a_path_object_of_storage_is_taken_like_its_uri(
    symbl_local: SymblLocal,
    memory: Memory,
    clips: Path,
    make_path: Callable[[str], Any],
) -> None:
    """With a template in it too."""
    memory.keep("bucket/call.wav", (clips / "stand-up.wav").read_bytes())
    run(make(SymblSubmitAudioFileOperator, make_path("memory://shelf@bucket/call.wav")))
    assert symbl_local.submissions()[-1]["headers"]["content-type"] == "audio/wav"


@pytest.mark.usefixtures("connection")
def test_a_template_in_a_path_object_is_rendered(symbl_local: SymblLocal, clips: Path) -> None:
    """Airflow itself leaves paths of pathlib alone."""
    run(make(SymblSubmitAudioFileOperator, clips / "{{ params.name }}"), name="stand-up.wav")
    assert symbl_local.submissions()[-1]["status"] == 201


def test_a_failed_task_says_so_in_one_sentence_about_its_recording(scripted_symbl: ScriptedSymbl, clips: Path) -> None:
    """The name comes first, whatever failed, and no cause is told besides."""
    file = clips / "stand-up.wav"
    scripted_symbl.on("POST", "/v1/process/audio", Reply(400, {"message": "no"}), Reply(503), Reply(503))
    with pytest.raises(
        AirflowFailException, match=r"^stand-up\.wav: POST /v1/process/audio answered 400: no$"
    ) as caught:
        run(make(SymblSubmitAudioFileOperator, file))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    scripted_symbl.on("GET", "/v1/conversations", Reply(body={"conversations": []}))
    with pytest.raises(SymblError, match=r"^stand-up\.wav: "):
        run(make(SymblSubmitAudioFileOperator, file))


@pytest.mark.usefixtures("memory")
def test_storage_that_stumbles_is_tried_again(
    scripted_symbl: ScriptedSymbl,
    memory: Memory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error that passes uses a retry; nothing was sent."""

    def stumble(*_: object, **__: object) -> object:
        raise TimeoutError

    memory.keep("bucket/call.wav", b"x")
    monkeypatch.setattr(memory, "info", stumble)
    with pytest.raises(SymblStorageError, match=r"file: memory://shelf@/bucket/call\.wav cannot be read"):
        run(make(SymblSubmitAudioFileOperator, "memory://shelf@bucket/call.wav"))
    assert scripted_symbl.received == []


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_missing_file_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    operator: type[SymblFileOperator],
) -> None:
    """The message names the path, and nothing is sent, not even for a token."""
    with pytest.raises(
        AirflowFailException, match=r"file: /nowhere/call\.wav does not exist; allowed: a readable file"
    ):
        run(make(operator, "/nowhere/call.wav"))
    assert scripted_symbl.received == []


def test_an_empty_file_fails_the_task_for_good(scripted_symbl: ScriptedSymbl, tmp_path: Path) -> None:
    """A recording of nothing is a mistake on the way here."""
    file = tmp_path / "empty.wav"
    file.touch()
    with pytest.raises(AirflowFailException, match=r"file: .*empty\.wav is empty"):
        run(make(SymblSubmitAudioFileOperator, str(file)))
    assert scripted_symbl.received == []


def test_a_folder_fails_the_task_for_good(scripted_symbl: ScriptedSymbl, tmp_path: Path) -> None:
    """A folder is not sent file by file."""
    with pytest.raises(AirflowFailException, match="is a folder"):
        run(make(SymblSubmitAudioFileOperator, str(tmp_path)))
    assert scripted_symbl.received == []


@pytest.mark.usefixtures("memory")
def test_a_missing_object_fails_the_task_for_good(scripted_symbl: ScriptedSymbl) -> None:
    """As a missing file does, and the message names the URI."""
    with pytest.raises(AirflowFailException, match=r"file: memory://shelf@/bucket/call\.wav does not exist"):
        run(make(SymblSubmitAudioFileOperator, "memory://shelf@bucket/call.wav"))
    assert scripted_symbl.received == []


@pytest.mark.parametrize("uri", ["nonsense://bucket/call.wav", "s3://bucket/call.wav"])
def test_storage_that_airflow_does_not_know_fails_the_task_for_good(scripted_symbl: ScriptedSymbl, uri: str) -> None:
    """The message says that the file system is what is missing: a protocol with a typing error, or no provider."""
    with pytest.raises(AirflowFailException, match=f"file: got '{uri}'; allowed: .*a file system that Airflow knows"):
        run(make(SymblSubmitAudioFileOperator, uri))
    assert scripted_symbl.received == []
