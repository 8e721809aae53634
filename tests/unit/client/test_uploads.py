"""Files on their way: what is refused before anything is sent, and that what arrives is what lay there."""

from __future__ import annotations

import hashlib
import io
import os
import time
from typing import IO, TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.endpoints import AUDIO_FILE
from airflow_provider_symbl.client.uploads import Upload, UploadBody
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError, SymblUnknownSubmissionError
from tests.support.scripted_server import Answer, Cut
from tests.unit.client.client_fixtures import SUBMISSION, Pauses

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.client.client import SymblClient
    from tests.support.scripted_server import Received, ScriptedServer

AUDIO_PATH = "/v1/process/audio"
VIDEO_PATH = "/v1/process/video"


WAV = b"RIFF\xff\xff\xff\x7fWAVE"
MP3 = b"\xff\xfb\x90\x64" + bytes(60)
ADTS = b"\xff\xf1\x50\x80" + bytes(60)
TAG = b"ID3\x04\x00\x00\x00\x00\x01\x02" + b"\xff\xfb" * 65


class PathThatChanges:
    """A path that can be checked, and whose file then is another one.

    :param path: the file that is checked.
    :param opened: makes the stream of each opening; the first one is the check's.
    """

    suffix = ".wav"

    def __init__(self, path: Path, opened: Callable[[], IO[bytes]]) -> None:
        self._path = path
        self._opened = opened

    def __str__(self) -> str:
        return "recordings/call.wav"

    def stat(self) -> os.stat_result:
        """Tell the size at the time of the check."""
        return self._path.stat()

    def open(self, mode: str) -> IO[bytes]:
        """Open it."""
        assert mode == "rb"
        return self._opened()


def a_recording(folder: Path, name: str = "call.wav", size: int = 300_000) -> Path:
    """Write a file without any repetition in it."""
    path = folder / name
    path.write_bytes(WAV + b"".join(number.to_bytes(4) for number in range(size // 4 - 3)))
    return path


def denied() -> IO[bytes]:
    """Refuse to open."""
    raise PermissionError(13, "Permission denied")


def only(received: list[Received]) -> Received:
    """Return the one request."""
    (request,) = received
    return request


@pytest.mark.parametrize("size", [1, 4096, (1 << 17) - 1, 1 << 17, (1 << 17) + 1, 3_000_000])
def test_a_file_arrives_whole(client: SymblClient, server: ScriptedServer, tmp_path: Path, size: int) -> None:
    """Every byte in order, announced by Content-Length, around the size of a block."""
    path = tmp_path / "call.mp3"
    path.write_bytes(os.urandom(size))
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    client.submit_audio_file(path)
    request = only(server.received(AUDIO_PATH))
    assert request.headers["content-length"] == str(size)
    assert "transfer-encoding" not in request.headers
    assert request.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("call.wav", WAV, "audio/wav"),
        ("call.mp3", WAV, "audio/wav"),
        ("call", b"RF64" + WAV[4:], "audio/wav"),
        ("call.mp3", MP3, "audio/mpeg"),
        ("CALL.WAV", MP3, "audio/mpeg"),
        ("call.wav", TAG + MP3, "audio/mpeg"),
        ("call.mp3", TAG + ADTS, None),
        ("call.mp3", TAG + b"fLaC", None),
        ("call.mp3", TAG[:20], None),
        ("call.mp3", ADTS, None),
        ("call.mp3", b"\xff\xfe" + "text".encode("utf-16-le"), None),
        ("call.wav", b"RIFF\xff\xff\xff\x7fAVI ", None),
        ("call.wav", b"\x00\x00\x00\x20ftypM4A ", None),
        ("call.wav", b"OggS", None),
        ("call.wav", b"RI", None),
        ("call.mp3", b"\xff", None),
    ],
)
def test_the_first_bytes_of_audio_and_not_its_name_tell_its_type(  # noqa: PLR0917 - three fixtures and a row of three
    client: SymblClient,
    server: ScriptedServer,
    tmp_path: Path,
    name: str,
    content: bytes,
    content_type: str | None,
) -> None:
    """Symbl refuses a type that is not the data's; of every other format it finds out by itself, without a header."""
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    (tmp_path / name).write_bytes(content)
    client.submit_audio_file(tmp_path / name)
    assert only(server.received(AUDIO_PATH)).headers.get("content-type") == content_type
    assert only(server.received(AUDIO_PATH)).body == content


def test_video_is_always_mp4(client: SymblClient, server: ScriptedServer, tmp_path: Path) -> None:
    """It is the one type that Symbl takes, and its header is mandatory."""
    server.answer(VIDEO_PATH, Answer(201, SUBMISSION))
    client.submit_video_file(a_recording(tmp_path, "call.mov"))
    assert only(server.received(VIDEO_PATH)).headers["content-type"] == "video/mp4"


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("missing", "does not exist"),
        ("empty", "is empty"),
        ("folder", "is a folder"),
        ("pipe", "is not a regular file"),
    ],
)
def test_what_is_no_recording_is_refused(
    client: SymblClient,
    server: ScriptedServer,
    tmp_path: Path,
    what: str,
    reason: str,
) -> None:
    """The error names the file and what is wrong with it, and nothing is sent."""
    path = tmp_path / what
    make: dict[str, Callable[[], object]] = {
        "missing": lambda: None,
        "empty": path.touch,
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
    }
    make[what]()
    with pytest.raises(SymblConfigurationError) as caught:
        client.submit_audio_file(path)
    assert str(caught.value) == f"file: {path} {reason}; allowed: a readable file that is not empty"
    assert server.connections == 0


@pytest.mark.parametrize("file", ["", "  "])
def test_a_blank_path_is_refused(file: str) -> None:
    """A rendered template may be empty; the current folder is not meant."""
    with pytest.raises(SymblConfigurationError, match=r"^file: got '.*'; allowed: the path of a recording$"):
        Upload(file)


@pytest.mark.parametrize("file", [None, 7, ["call.wav"]])
def test_what_is_no_path_is_refused(file: Any) -> None:  # noqa: ANN401 - wrong on purpose
    """The error is one of this package, as all are."""
    with pytest.raises(SymblConfigurationError, match=r"^file: got .*; allowed: the path of a recording$"):
        Upload(file)


@pytest.mark.parametrize("name", ["x" * 300, "call.wav/inside", "nul\0byte"])
def test_a_path_that_the_system_refuses_is_refused(tmp_path: Path, name: str) -> None:
    """Too long, below a file, or with a byte that no path may hold."""
    a_recording(tmp_path)
    with pytest.raises(
        SymblConfigurationError, match=r"^file: .* (cannot be read \(.+\)|does not exist); allowed: a re"
    ):
        Upload(tmp_path / name)


def test_a_file_that_may_not_be_read_is_refused(client: SymblClient, server: ScriptedServer, tmp_path: Path) -> None:
    """The check opens it, so that nothing leaves for a file that cannot follow."""
    with pytest.raises(SymblConfigurationError) as caught:
        client.submit_audio_file(PathThatChanges(a_recording(tmp_path), denied))
    assert str(caught.value) == (
        "file: recordings/call.wav cannot be read (Permission denied); allowed: a readable file that is not empty"
    )
    assert server.connections == 0


@pytest.mark.parametrize(
    "problem",
    [
        OSError("Connection reset by peer"),
        TimeoutError(),
        ConnectionRefusedError(111, "Connection refused"),
        PermissionError(13, "The provided token has expired"),
        LookupError("503 of https://store.example/call.wav?signature=abc"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("when", ["stat", "open"])
def test_storage_that_stumbles_is_no_wrong_path(  # noqa: PLR0917 - four fixtures and two parameters
    client: SymblClient,
    server: ScriptedServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception,
    when: str,
) -> None:
    """What passes by itself is raised as an error of its own, so that a retry tries again, without any signature."""

    def stumble(*_: object) -> Any:  # noqa: ANN401 - it never returns
        raise problem

    path = PathThatChanges(a_recording(tmp_path), lambda: io.BytesIO(WAV))
    monkeypatch.setattr(path, when, stumble)
    with pytest.raises(SymblStorageError, match=r"^file: recordings/call\.wav cannot be read \(.+\)$") as caught:
        client.submit_audio_file(path)
    assert caught.value.__suppress_context__
    assert "abc" not in str(caught.value)
    assert server.connections == 0


@pytest.mark.parametrize("file", ["https://h.example/call.wav?signature=abc", "HTTP://h.example/call.wav"])
def test_a_link_is_no_file(file: str) -> None:
    """The error names what takes links, and no signature."""
    with pytest.raises(SymblConfigurationError, match=r"use submit_audio_url or submit_video_url") as caught:
        Upload(file)
    assert "abc" not in str(caught.value)


def test_a_path_of_any_kind_is_taken(client: SymblClient, server: ScriptedServer, tmp_path: Path) -> None:
    """An entry of a folder's listing is a path too."""
    a_recording(tmp_path)
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    with os.scandir(tmp_path) as entries:
        client.submit_audio_file(next(iter(entries)))
    assert only(server.received(AUDIO_PATH)).headers["content-type"] == "audio/wav"


def test_a_file_that_grows_is_sent_as_it_was_announced(
    client: SymblClient,
    server: ScriptedServer,
    tmp_path: Path,
) -> None:
    """What is written after the check would be read as the next request."""
    path = a_recording(tmp_path)
    before = path.read_bytes()
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    client.submit_audio_file(PathThatChanges(path, lambda: io.BytesIO(before + b"more")))
    assert only(server.received(AUDIO_PATH)).body == before


def test_a_file_that_shrinks_was_not_taken(
    client: SymblClient,
    server: ScriptedServer,
    tmp_path: Path,
    pauses: Pauses,
) -> None:
    """What we ended before its announced length no server takes; sent again, it would end the same way."""
    path = a_recording(tmp_path)
    half = path.read_bytes()[: path.stat().st_size // 2]
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    with pytest.raises(SymblStorageError, match=r"call.wav has become shorter while it was being sent"):
        client.submit_audio_file(PathThatChanges(path, lambda: io.BytesIO(half)))
    assert pauses.wanted == []
    assert server.connections == 1


class FailingStore(io.BytesIO):
    """A stream that an object store breaks off, with an error of its own, after the first block."""

    def read(self, size: int | None = -1) -> bytes:
        """Return a block, and then no more."""
        if self.tell():
            raise LookupError("the store's connection was lost")
        return super().read(size)


def test_a_file_that_its_store_breaks_off_was_not_taken(
    client: SymblClient,
    server: ScriptedServer,
    tmp_path: Path,
    pauses: Pauses,
) -> None:
    """Object stores raise errors of their own; the body has ended short all the same."""
    path = a_recording(tmp_path)
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    with pytest.raises(SymblStorageError, match=r"call.wav cannot be read any further \(LookupError\)"):
        client.submit_audio_file(PathThatChanges(path, lambda: FailingStore(path.read_bytes())))
    assert pauses.wanted == []
    assert server.connections == 1


def test_a_send_whose_time_is_over_is_cut_short(
    client: SymblClient, server: ScriptedServer, tmp_path: Path, pauses: Pauses
) -> None:
    """So that nobody takes it later, when somebody else may have sent the same."""
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    upload = Upload(a_recording(tmp_path), ends=time.monotonic())
    with pytest.raises(SymblStorageError, match=r"call.wav took too long to be sent"):
        client.submit(AUDIO_FILE, upload)
    assert pauses.wanted == []


def test_what_was_sent_is_hashed_where_somebody_asks(
    client: SymblClient, server: ScriptedServer, tmp_path: Path
) -> None:
    """By it a file that was replaced meanwhile is found out."""
    path = a_recording(tmp_path)
    server.answer(AUDIO_PATH, Answer(201, SUBMISSION))
    upload = Upload(path, is_hashed=True)
    client.submit(AUDIO_FILE, upload)
    assert upload.sha256 == hashlib.sha256(only(server.received(AUDIO_PATH)).body).hexdigest()
    assert upload.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_each_attempt_sends_the_file_from_its_beginning(
    client: SymblClient,
    server: ScriptedServer,
    tmp_path: Path,
    pauses: Pauses,
) -> None:
    """429 makes no job, so the same bytes follow."""
    path = a_recording(tmp_path)
    server.answer(AUDIO_PATH, Answer(429, {"message": "too many"}), Answer(201, SUBMISSION))
    client.submit_audio_file(path)
    assert [request.body for request in server.received(AUDIO_PATH)] == [path.read_bytes()] * 2
    assert len(pauses.wanted) == 1


def test_files_are_closed_whatever_happens(client: SymblClient, server: ScriptedServer, tmp_path: Path) -> None:
    """A night of failures must not run out of file handles."""
    opened: list[IO[bytes]] = []
    path = a_recording(tmp_path)

    def open_file() -> IO[bytes]:
        opened.append(path.open("rb"))
        return opened[-1]

    server.answer(AUDIO_PATH, Answer(cut=Cut.AFTER_BODY))
    with pytest.raises(SymblUnknownSubmissionError):
        client.submit_audio_file(PathThatChanges(path, open_file))
    assert [stream.closed for stream in opened] == [True, True]


def test_a_body_notes_whether_anything_has_left() -> None:
    """It decides whether a submission may be sent again."""
    body = UploadBody(io.BytesIO(b"abcdef"), 4, "x")
    assert (len(body), body.has_left) == (4, False)
    assert b"".join(body) == b"abcd"
    assert body.has_left
