"""The look at a recording before it is paid for: what it is, how long, and why some are not sent."""

from __future__ import annotations

import builtins
import hashlib
import io
import json
import random
import struct
import tracemalloc
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.recordings.discovery import RecordingSource
from airflow_provider_symbl.recordings.facts import Inspection, RecordingFile, Unfit
from airflow_provider_symbl.recordings.options import RecordingOptions
from airflow_provider_symbl.recordings.outcomes import REASONS
from airflow_provider_symbl.recordings.preflight import inspect, is_settled
from tests.support.audio import RECORDINGS
from tests.support.media_files import GSM, U_LAW, adts, box, chunk, flac, mp3, mp4, noise, tone, wav

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MESSAGES = [{"payload": {"content": "Good morning."}, "from": {"name": "Ann"}}]
SOUND, VIDEO = (b"soun", b"mp4a"), (b"vide", b"avc1")


class Folder:
    """A folder of recordings.

    :param path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = RecordingSource(str(path), lambda place: Path(str(place)))

    def file(self, name: str) -> RecordingFile:
        """Return a file as it is listed."""
        (found,) = [file for page in self.source.pages() for file in page if file.path == name]
        return found

    def inspect(
        self, content: bytes, name: str = "recording", parameters: Mapping[str, object] | None = None, **limits: Any
    ) -> Inspection | Unfit | None:
        """Write a file and look at it."""
        (self.path / name).write_bytes(content)
        return inspect(self.file(name), self.source, RecordingOptions(parameters or {}, {}), **limits)

    def sound(self, content: bytes, **others: Any) -> Inspection:
        """Write a file that is fit, and look at it."""
        found = self.inspect(content, **others)
        assert isinstance(found, Inspection), found
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Make an empty folder."""
    return Folder(tmp_path)


def reason_of(found: Inspection | Unfit | None) -> str:
    """Return why a file is not sent; it is one of the closed table."""
    assert isinstance(found, Unfit), found
    assert any(found.reason in reasons for reasons in REASONS.values())
    return found.reason


KINDS = {
    "pcm": (wav(tone(2)), "audio", 2.0, 1),
    "u-law": (wav(noise(16_000), codec=U_LAW, bits=8, channels=2), "audio", 1.0, 2),
    "rf64": (wav(tone(2), form=b"RF64"), "audio", 2.0, 1),
    "bw64": (wav(tone(2), form=b"BW64"), "audio", 2.0, 1),
    "size zero, as a stream has it": (wav(tone(2), declared=0), "audio", 2.0, 1),
    "size of a stream that was cut": (wav(tone(2), declared=0xFFFFFFFF), "audio", 2.0, 1),
    "size of more than there is": (wav(tone(2), declared=1_000_000), "audio", 2.0, 1),
    "size of less than there is": (wav(tone(2), declared=1000), "audio", 2.0, 1),
    "a chunk behind the samples": (wav(tone(2), behind=chunk(b"LIST", noise(400))), "audio", 2.0, 1),
    "gsm": (wav(noise(1625), codec=GSM, bits=0), "audio", None, 1),
    "mp3": (mp3(3), "audio", pytest.approx(3, abs=0.1), 1),
    "mp3 behind a tag": (b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + mp3(3), "audio", pytest.approx(3, abs=0.1), 1),
    "mp3 behind zeros": (bytes(70_000) + mp3(3), "audio", None, 1),
    "aac": (adts(40), "audio", None, 1),
    "flac": (flac(3), "audio", 3.0, 1),
    "amr": (b"#!AMR\n" + bytes(1000), "audio", None, 1),
    "m4a": (mp4(SOUND), "audio", 3.0, 2),
    "m4a with a cover": (mp4(SOUND, (b"vide", b"jpeg")), "audio", 3.0, 2),
    "mp4": (mp4(VIDEO, SOUND), "video", 3.0, 2),
    "mp4, header first": (mp4(VIDEO, SOUND, moov_first=True), "video", 3.0, 2),
    "mp4 in fragments": (mp4(VIDEO, SOUND, seconds=0), "video", None, 2),
    "webm": (bytes.fromhex("1a45dfa3") + noise(1000), "audio", None, 1),
    "text": (json.dumps(MESSAGES).encode(), "text", None, 1),
    "text with a mark": (b"\xef\xbb\xbf \n" + json.dumps(MESSAGES).encode(), "text", None, 1),
    "text of two bytes each": (json.dumps(MESSAGES).encode("utf-16"), "text", None, 1),
}


@pytest.mark.parametrize(("content", "kind", "duration", "channels"), KINDS.values(), ids=KINDS)
def test_content_tells_what_a_recording_is(
    folder: Folder, content: bytes, kind: str, duration: float | None, channels: int
) -> None:
    """Its name does not: none has an ending here."""
    found = folder.sound(content)
    assert (found.kind, found.duration, found.channels) == (kind, duration, channels)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.key == found.sha256[:32]


@pytest.mark.parametrize("name", ["call.txt", "call.wav", "call.json", "call.mp4", "call.pdf"])
def test_a_name_makes_no_other_kind_of_a_recording(folder: Folder, name: str) -> None:
    """Whatever it ends in."""
    assert folder.sound(mp3(3), name=name).kind == "audio"


@pytest.mark.parametrize(
    "recording",
    [path for path in RECORDINGS.rglob("*.*") if path.suffix in {".wav", ".mp3", ".mp4"}],
    ids=lambda p: p.name,
)
def test_real_recordings_have_the_length_that_a_decoder_finds(folder: Folder, recording: Path) -> None:
    """Within a hundredth, and a frame."""
    import av  # noqa: PLC0415 - loads much

    found = folder.sound(recording.read_bytes())
    with av.open(recording) as decoded:
        assert decoded.duration is not None
        assert found.duration == pytest.approx(decoded.duration / av.time_base, rel=0.01, abs=0.06)
        assert found.channels == decoded.streams.audio[0].channels
        assert found.kind == ("video" if decoded.streams.video else "audio")


UNFIT = {
    "nothing": (b"", "call.wav", "empty", True),
    "a header alone": (wav(b""), "call.wav", "empty", True),
    "noise": (noise(5000), "notes", "not a recording", True),
    "noise in which one frame could begin": (noise(500) + mp3(0.03) + noise(5000), "notes", "not a recording", True),
    "noise under a recording's name": (noise(5000), "call.wav", "codec not known", True),
    "a broken text": (b'[{"payload": {"content": "Good', "chat.json", "not a recording", True),
    "a list of something else": (b'[{"id": 7}]', "chat.json", "not a recording", True),
    "an object": (b'{"messages": []}', "chat.json", "not a recording", True),
    "brackets without end": (b"[" * 200_000, "chat.json", "not a recording", True),
    "messages that say nothing": (b'[{"payload": {"content": " "}}]', "chat.json", "refused", True),
    "a picture": (mp4(brand=b"heic"), "IMG_1.HEIC", "not a recording", True),
    "a protected book": (mp4(SOUND, brand=b"aax "), "book.aax", "codec not known", True),
    "encrypted sound": (mp4((b"soun", b"enca"), VIDEO), "call.mp4", "codec not known", True),
    "a hidden file": (wav(tone(1)), "._call.wav", "not a recording", True),
    "a draft": (wav(tone(1)), "call.wav.part", "not a recording", True),
    "a download": (mp3(2), "call.mp3.crdownload", "not a recording", True),
    "a system's own": (mp3(2), "Thumbs.db", "not a recording", True),
    "a lock": (mp3(2), "call.mp3.lock", "not a recording", True),
}


@pytest.mark.parametrize(("content", "name", "reason", "is_final"), UNFIT.values(), ids=UNFIT)
def test_what_is_no_recording_is_not_sent(
    folder: Folder,
    content: bytes,
    name: str,
    reason: str,
    is_final: bool,  # noqa: FBT001 - a column
) -> None:
    """For a reason of the closed table, and one sentence."""
    found = folder.inspect(content, name)
    assert reason_of(found) == reason
    assert isinstance(found, Unfit)
    assert found.is_final is is_final
    assert found.message
    assert "\n" not in found.message
    assert "Good" not in found.message


def test_boxes_in_boxes_without_end_are_left(folder: Folder) -> None:
    """No header makes the reader go as deep as it likes."""
    nested = b""
    for _ in range(3000):
        nested = box(b"moov", nested)
    assert folder.sound(box(b"ftyp", b"isom") + nested).duration is None


def test_a_text_that_is_too_long_is_not_read_as_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be anything, and a parser would hold all of it."""
    monkeypatch.setattr("airflow_provider_symbl.recordings.headers.contents.TEXT_SIZE", 100)
    monkeypatch.setattr("airflow_provider_symbl.recordings.preflight.json.loads", lambda _: pytest.fail("parsed"))
    assert reason_of(folder.inspect(json.dumps(MESSAGES * 5).encode())) == "not a recording"


def test_a_claim_of_days_is_not_believed(folder: Folder) -> None:
    """A length that the bytes cannot have is none, and so it cannot be longer than the budget either."""
    found = folder.sound(mp4(SOUND, seconds=1_000_000), max_minutes=60)
    assert found.duration is None


def test_a_recording_longer_than_the_whole_budget_fails(folder: Folder) -> None:
    """It would wait for ever; a larger budget takes it."""
    found = folder.inspect(wav(tone(3)), max_minutes=0.04)
    assert reason_of(found) == "longer than the budget"
    assert isinstance(found, Unfit)
    assert not found.is_final
    assert isinstance(folder.inspect(wav(tone(3)), max_minutes=0.05), Inspection)


@pytest.mark.parametrize("apart", [True, "true"])
def test_channels_that_are_recognised_apart_count_each(folder: Folder, apart: object) -> None:
    """As they are billed, also where a template has made text of the parameter."""
    content = wav(tone(30, channels=2), channels=2)
    assert not folder.sound(content, max_minutes=0.6).are_channels_apart
    parameters = {"enable_separate_recognition_per_channel": apart}
    assert folder.sound(content, parameters=parameters, max_minutes=1.0).are_channels_apart
    assert reason_of(folder.inspect(content, parameters=parameters, max_minutes=0.9)) == "longer than the budget"


def test_an_unknown_length_counts_by_its_bytes(folder: Folder) -> None:
    """A kilobyte is a second, so that it cannot wait for ever either."""
    assert folder.sound(adts(300), max_minutes=1.0).duration is None
    assert reason_of(folder.inspect(adts(300), max_minutes=0.9)) == "longer than the budget"


def test_a_text_tells_when_it_begins(folder: Folder) -> None:
    """By its earliest message, which need not be the first; a time without a zone is UTC."""
    times = ["1970-01-01T01:00:09", None, "1970-01-01T01:00:07.500Z", "1970-01-01T02:00:08+01:00"]
    messages = [{**MESSAGES[0], "duration": {"startTime": time} if time else {}} for time in times]
    assert folder.sound(json.dumps(messages).encode()).starts == 3607.5
    assert folder.sound(json.dumps(MESSAGES).encode()).starts is None
    assert folder.sound(mp3(3)).starts is None


SILENCE = bytes(16_000)
WINDOWS = {
    "silence": (wav(SILENCE * 5), ["it is silent at its beginning, middle and end"]),
    "silence of u-law": (wav(b"\xff" * 40_000, codec=U_LAW, bits=8), ["it is silent at its beginning, middle and end"]),
    "silence of 24 bits": (wav(b"\x55\1\0" * 24_000, bits=24), ["it is silent at its beginning, middle and end"]),
    "heard in the middle": (wav(SILENCE * 2 + tone(1) + SILENCE * 2), []),
    "heard at the end": (wav(SILENCE * 4 + tone(1)), []),
    "heard at the beginning": (wav(tone(1) + SILENCE * 4), []),
    "quiet, and not silent": (wav(struct.pack("<2h", 40, 0) * 20_000), []),
    "quiet below zero": (wav(struct.pack("<2h", -40, 0) * 20_000), []),
    "equal channels": (
        wav(tone(5, channels=2), channels=2),
        ["both channels are the same: recognised apart, it is paid twice"],
    ),
    "equal channels but for the end": (wav(tone(5, channels=2) + struct.pack("<2h", 9, 8), channels=2), []),
    "a claim of less than there is": (wav(SILENCE + tone(4), declared=8000), []),
}


@pytest.mark.parametrize(("content", "warnings"), WINDOWS.values(), ids=WINDOWS)
def test_three_seconds_of_samples_warn(folder: Folder, content: bytes, warnings: list[str]) -> None:
    """Of silence, and of channels that would be paid twice; nothing is refused for it."""
    assert list(folder.sound(content).warnings) == warnings


def test_what_is_not_as_it_was_listed_is_not_sent(folder: Folder) -> None:
    """Gone, grown, replaced or cut since then: none of it is a failure of the recording."""
    options = RecordingOptions({}, {})
    path = folder.path / "call.wav"
    path.write_bytes(wav(tone(1)))
    file = folder.file("call.wav")
    path.write_bytes(wav(tone(2)))
    assert reason_of(inspect(file, folder.source, options)) == "not settled"
    path.unlink()
    assert inspect(file, folder.source, options) is None
    path.symlink_to("nowhere")
    assert inspect(folder.file("call.wav"), folder.source, options) is None
    path.unlink()
    path.write_bytes(b"")
    file = folder.file("call.wav")
    path.write_bytes(wav(tone(1)))
    assert reason_of(inspect(file, folder.source, options)) == "not settled"


def test_a_storage_that_stumbles_leaves_the_recording_for_another_night(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unreadable, and not for ever; its own words are not repeated, which may hold a signed link."""

    def fail(*_: object) -> None:
        raise ValueError("https://storage/key?signature=secret")

    monkeypatch.setattr(RecordingSource, "open", fail)
    found = folder.inspect(wav(tone(1)))
    assert reason_of(found) == "unreadable"
    assert isinstance(found, Unfit)
    assert not found.is_final
    assert "secret" not in found.message


def test_a_night_goes_on_without_tinytag(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it reads has no length then; the rest does."""
    real: Callable[..., Any] = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:  # noqa: ANN401 - as Python's own
        if name == "tinytag":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert folder.sound(mp3(3)).duration is None
    assert folder.sound(mp4(VIDEO, SOUND)).duration == 3
    assert folder.sound(wav(tone(2))).duration == 2


def test_by_url_no_byte_is_read(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name's ending tells the kind; the key is of URI and version, so that a changed file has another one."""
    monkeypatch.setattr(RecordingSource, "open", lambda *_: pytest.fail("opened"))
    first = folder.sound(noise(100), name="call.wav", send="url")
    assert (first.kind, first.sha256, first.duration) == ("audio", None, None)
    assert folder.sound(noise(100), name="call.mp4", send="url").kind == "video"
    assert folder.sound(noise(101), name="call.wav", send="url").key != first.key
    assert reason_of(folder.inspect(noise(100), name="call", send="url")) == "not a recording"


def test_by_url_text_is_read(folder: Folder) -> None:
    """There is no call that fetches it."""
    assert folder.sound(json.dumps(MESSAGES).encode(), name="chat.json", send="url").kind == "text"


def test_a_sidecar_is_taken_and_a_wrong_one_is_named(folder: Folder) -> None:
    """It raises: one sentence before anything is sent. What is wrong for one path alone is that recording's failure."""
    sidecar = folder.path / "call.wav.symbl.json"
    sidecar.write_text('{"language_code": "en-GB"}')
    assert folder.sound(wav(tone(1)), name="call.wav").parameters == {"language_code": "en-GB"}
    sidecar.write_text('{"langage_code": "en-GB"}')
    with pytest.raises(SymblConfigurationError, match=r"call\.wav\.symbl\.json: .*did you mean language_code"):
        folder.inspect(wav(tone(1)), "call.wav")
    options = RecordingOptions({"language_code": "{code}"}, {}, r"(?P<code>\w+)\.wav")
    (folder.path / "xx.wav").write_bytes(wav(tone(1)))
    found = inspect(folder.file("xx.wav"), folder.source, options)
    assert reason_of(found) == "refused"


def test_a_file_is_settled_when_two_looks_are_equal() -> None:
    """Far enough apart; an object is at once, and what was replaced never is."""
    one = RecordingFile("a", "/a", 5, "1")
    assert is_settled(one, one, 60, 60)
    assert not is_settled(one, one, 59.9, 60)
    assert not is_settled(one, RecordingFile("a", "/a", 6, "1"), 99, 60)
    assert not is_settled(one, RecordingFile("a", "/a", 5, "2"), 99, 60)
    assert not is_settled(one, None, 99, 60)
    stored = RecordingFile("a", "s3://b/a", 5, "1", is_settled=True)
    assert is_settled(stored, stored, 0, 60)
    assert not is_settled(stored, RecordingFile("a", "s3://b/a", 5, "2", is_settled=True), 0, 60)


def test_a_long_recording_takes_no_more_memory_than_a_short_one(folder: Folder) -> None:
    """The hash is of blocks, and only windows are kept."""
    (folder.path / "long.wav").write_bytes(wav(tone(1) * 4000))
    file = folder.file("long.wav")
    options = RecordingOptions({}, {})
    tracemalloc.start()
    assert isinstance(inspect(file, folder.source, options), Inspection)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.size > 60 << 20
    assert peak < 8 << 20


class InMemory(RecordingSource):
    """A source of one file that is nowhere."""

    content = b""

    def open(self, file: RecordingFile, block_size: int = 0) -> IO[bytes]:  # noqa: ARG002 - as the original
        """Open it."""
        return io.BytesIO(self.content)


HEADS = {
    "wav": wav(tone(0.1)),
    "rf64": wav(tone(0.1), form=b"RF64"),
    "mp3": mp3(0.3),
    "tagged mp3": b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + mp3(0.3),
    "flac": flac(1),
    "mp4": mp4(VIDEO, SOUND, size=100),
    "text": json.dumps(MESSAGES).encode(),
}


@pytest.mark.parametrize("content", HEADS.values(), ids=HEADS)
def test_no_broken_header_is_more_than_a_file_that_is_not_sent(content: bytes) -> None:
    """Two thousand ways to break each: a result or a reason, never an exception, and lengths that are numbers."""
    chance = random.Random(11)  # noqa: S311 - the same each time
    source, options = InMemory("/", lambda place: Path(str(place))), RecordingOptions({}, {})
    fit = 0
    for _ in range(2000):
        broken = bytearray(content)
        for _ in range(chance.choice((1, 2, 8, 40))):
            place = chance.randrange(min(len(content), 300))
            how = chance.randrange(4)
            if how == 0:
                broken[place : place + 1] = chance.randbytes(1)
            elif how == 1:
                broken[place : place + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1"))
            elif how == 2:
                del broken[place : place + chance.randrange(1, 20)]
            else:
                broken[place:place] = chance.randbytes(3)
        source.content = bytes(broken)
        found = inspect(RecordingFile("broken", "/broken", max(len(broken), 1), "1"), source, options)
        if isinstance(found, Inspection):
            assert found.duration is None or 0 < found.duration <= len(broken) / 16
            assert found.channels >= 1
            fit += 1
        else:
            # Nor is a mistake of ours taken for a storage that stumbles.
            assert reason_of(found) in {"codec not known", "empty", "not a recording", "refused"} or not broken
    assert 0 < fit < 2000
