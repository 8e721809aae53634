"""Recordings: what is said in them, by whom, and when; and what becomes of those in which nothing can be heard."""

from __future__ import annotations

import io
import json
import re
import time
import wave
import zipfile
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from tests.support.audio import RECORDINGS, Sound
from tests.support.local_client import message
from tests.support.recogniser_processes import long_call
from tests.support.symbl_command import PAUSE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.local_client import Local

pytestmark = pytest.mark.process

CALL = RECORDINGS / "calls" / "late-parcel.wav"
MP3 = RECORDINGS / "meetings" / "lessons-learned.mp3"
MP4 = RECORDINGS / "meetings" / "launch-planning.mp4"
VIDEO = {"Content-Type": "video/mp4"}
MODES = ("default", "phone")


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(CALL, CALL.name)
    return buffer.getvalue()


def said(local: Local, ids: dict[str, str]) -> str:
    """Give all that was said, in lower case."""
    return " ".join(local.texts(ids)).lower()


def test_a_call_is_heard_in_sentences(at_once: Local) -> None:
    """Each message is about a sentence, and nobody is named where nobody is known."""
    ids = at_once.submit("audio", data=CALL.read_bytes(), headers={"Content-Type": "audio/wav"})
    found = at_once.messages(ids)
    assert "package was due on monday" in said(at_once, ids)
    assert len(found) > 5
    assert all(entry["from"] == {} and entry["duration"] > 0 for entry in found)
    assert [entry["timeOffset"] for entry in found] == sorted(entry["timeOffset"] for entry in found)
    assert at_once.of(ids, "members") == {"members": []}


def test_each_channel_is_a_speaker_where_asked(at_once: Local) -> None:
    """Members come from the metadata, and else are called after their channel."""
    query = {
        "enableSeparateRecognitionPerChannel": "true",
        "channelMetadata": json.dumps([{"channel": 2, "speaker": {"name": "Ann", "email": "ann@example.com"}}]),
    }
    ids = at_once.submit("audio", params=query, data=CALL.read_bytes())
    members = at_once.of(ids, "members")["members"]
    assert [(member["name"], member.get("email")) for member in members] == [
        ("Speaker 1", None),
        ("Ann", "ann@example.com"),
    ]
    found = at_once.messages(ids, verbose="true")
    assert {entry["from"]["name"] for entry in found} == {"Speaker 1", "Ann"}
    assert [entry["timeOffset"] for entry in found] == sorted(entry["timeOffset"] for entry in found)
    tags = {(entry["from"]["name"], word["speakerTag"]) for entry in found for word in entry["words"]}
    assert tags == {("Speaker 1", 1), ("Ann", 2)}


def test_words_carry_their_times_and_how_sure_they_are(at_once: Local) -> None:
    """A message is as long as its words."""
    ids = at_once.submit("audio", data=MP3.read_bytes()[:50_000], headers={"Content-Type": "audio/mpeg"})
    first = at_once.messages(ids, verbose="true")[0]
    words = first["words"]
    assert " ".join(word["word"] for word in words) == first["text"]
    assert (words[0]["startTime"], words[-1]["endTime"]) == (first["startTime"], first["endTime"])
    assert all(0 <= word["score"] <= 1 and "speakerTag" not in word for word in words)


def test_a_video_is_heard_by_its_sound_track(at_once: Local) -> None:
    """An MP4 is decoded without further ado."""
    ids = at_once.submit("video", data=MP4.read_bytes(), headers=VIDEO, params={"name": "Launch"})
    assert "mobile app" in said(at_once, ids)
    assert at_once.get(f"/v1/conversations/{ids['conversationId']}")["name"] == "Launch"


def test_one_speaker_may_be_told_apart_from_nobody(at_once: Local) -> None:
    """Diarization for one is honest; it wins over channels, and an append gets a fresh speaker, as Symbl's does."""
    query = {
        "enableSpeakerDiarization": "true",
        "diarizationSpeakerCount": "1",
        "enableSeparateRecognitionPerChannel": "true",
        "customVocabulary": '["warehouse"]',
    }
    ids = at_once.submit("audio", params=query, data=CALL.read_bytes())
    assert {entry["from"]["name"] for entry in at_once.messages(ids)} == {"Speaker 1"}
    at_once.submit(f"audio/{ids['conversationId']}", "PUT", params=query, data=CALL.read_bytes())
    members = at_once.of(ids, "members")["members"]
    assert [member["name"] for member in members] == ["Speaker 1", "Speaker 1"]


def test_an_appended_recording_begins_where_the_conversation_ended(at_once: Local) -> None:
    """Silence at the end of what came before counts."""
    quiet = at_once.submit("audio", data=Sound().silence(4).wav())
    at_once.append(quiet["conversationId"], "one two three four five")
    call = at_once.submit(f"audio/{quiet['conversationId']}", "PUT", data=CALL.read_bytes())
    assert call["conversationId"] == quiet["conversationId"]
    found = at_once.messages(quiet)
    assert (found[0]["timeOffset"], found[0]["duration"]) == (4.0, 2.0)
    assert found[1]["timeOffset"] >= 6.0


@pytest.mark.parametrize("sound", [Sound().silence(2), Sound(8_000, channels=2).tone(2), Sound(44_100).tone(0.01)])
def test_a_recording_without_speech_completes_without_words(at_once: Local, sound: Sound) -> None:
    """No word is invented."""
    ids = at_once.submit("audio", data=sound.wav(), params={"enableSeparateRecognitionPerChannel": "true"})
    assert at_once.job(ids)["status"] == "completed"
    assert at_once.messages(ids) == []


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("audio", b"This is no recording." * 100, "The recording has the wrong format: got text; allowed: WAV, "),
        ("audio", b"\0", "The recording has the wrong format: got none that its first bytes tell; allowed: WAV, "),
        ("audio", _archive(), "The recording has the wrong format: got a ZIP archive; allowed: WAV, "),
        ("video", MP4.read_bytes()[:2_000], "The recording is damaged: it begins like an MP4 file, but "),
    ],
    ids=["text", "one byte", "zip", "half an index"],
)
def test_what_cannot_be_decoded_fails_with_the_reason(at_once: Local, path: str, data: bytes, reason: str) -> None:
    """The submission is taken, the job fails."""
    ids = at_once.submit(path, data=data, headers=VIDEO if path == "video" else {})
    job = at_once.job(ids)
    assert (job["id"], job["status"]) == (ids["jobId"], "failed")
    assert job["message"].startswith(reason)


def test_a_truncated_video_fails_with_the_reason(at_once: Local) -> None:
    """Its index tells how much is missing; what there is would pass for all that was said."""
    ids = at_once.submit("video", data=MP4.read_bytes()[:100_000], headers=VIDEO)
    reason = at_once.job(ids)["message"]
    assert re.fullmatch(r"The recording is cut off: its sound ends after \d\d of \d\d seconds", reason)


def test_a_truncated_wav_is_heard_as_far_as_it_goes(at_once: Local) -> None:
    """A WAV needs nothing that stands at its end."""
    ids = at_once.submit("audio", data=CALL.read_bytes()[:200_000], headers={"Content-Type": "audio/wav"})
    assert "customer support" in said(at_once, ids)
    assert "friday" not in said(at_once, ids)


def test_the_mode_for_telephones_hears_the_same(at_once: Local) -> None:
    """Whatever its sample rate, a recording is brought to the one that the model knows."""
    usual, phone = (at_once.submit("audio", params={"mode": mode}, data=CALL.read_bytes()) for mode in MODES)
    assert at_once.texts(usual) == at_once.texts(phone) != []


def test_a_playlist_is_not_followed(at_once: Local) -> None:
    """A playlist would make the decoder open whatever it names, files of this machine included."""
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:30\n#EXTINF:30,\nfile://{MP3}\n#EXT-X-ENDLIST\n"
    ids = at_once.submit("audio", data=playlist.encode())
    assert at_once.job(ids)["status"] == "failed"


def test_a_recording_without_samples_fails_with_the_reason(at_once: Local) -> None:
    """A header alone is no recording."""
    ids = at_once.submit("audio", data=Sound().wav())
    assert at_once.job(ids)["message"] == "The recording holds no sound: not one sample could be decoded"


def test_a_video_without_sound_fails_with_the_reason(at_once: Local, tmp_path: Path) -> None:
    """There is nothing to hear."""
    ids = at_once.submit("video", data=_silent_film(tmp_path / "film.mp4"), headers=VIDEO)
    assert at_once.job(ids)["message"] == "The recording has no sound track"


def test_a_video_must_be_an_mp4(at_once: Local) -> None:
    """What is only called a video is not taken for one."""
    ids = at_once.submit("video", data=Sound().silence(1).wav(), headers=VIDEO)
    assert at_once.job(ids)["message"] == "A video must be an MP4, but this is wav"


def test_more_than_four_hours_fail_with_the_reason(at_once: Local) -> None:
    """A file that says its length is not decoded first."""
    ids = at_once.submit("audio", data=Sound(100).silence(4 * 3600 + 1).wav())
    assert at_once.job(ids)["message"] == "The recording is longer than 4 hours, the most allowed"


def test_a_damaged_stretch_is_left_out(at_once: Local) -> None:
    """What comes after the damage is still heard."""
    data = bytearray(MP3.read_bytes()[:50_000])
    data[20_000:21_000] = bytes(1_000)
    ids = at_once.submit("audio", data=bytes(data))
    assert at_once.job(ids)["status"] == "completed"
    assert len(at_once.messages(ids)) > 1


@pytest.mark.parametrize("content_type", ["audio/wav", "audio/wave", "AUDIO/WAV; x=y", "application/octet-stream", ""])
def test_content_types_that_fit_are_taken(local: Local, content_type: str) -> None:
    """The four documented ones, and those of clients that leave the format to the server."""
    assert local.submit("audio", data=Sound().silence(0.1).wav(), headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    ("path", "content_type", "said"),
    [
        ("audio", "audio/mpeg", '"Content-Type" is audio/mpeg, but the data does not begin as such data does'),
        ("audio", "audio/flac", '"Content-Type" must be one of [audio/wav, audio/wave, audio/mpeg, audio/mp3] or left'),
        ("audio", "multipart/form-data", '"Content-Type" must be one of'),
        ("video", "audio/wav", '"Content-Type" must be video/mp4, but is audio/wav'),
        ("video", None, '"Content-Type" must be video/mp4, but is missing'),
    ],
)
def test_content_types_that_do_not_fit_are_refused(
    local: Local, path: str, content_type: str | None, said: str
) -> None:
    """Large or small, the body is read before the answer."""
    wav = Sound().silence(60).wav()
    answer = local.send("POST", f"/v1/process/{path}", data=wav, headers={"Content-Type": content_type})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(said)
    assert local.journal()[-1]["body_size"] == len(wav)


def test_an_empty_body_is_refused(local: Local) -> None:
    """There is nothing to recognise."""
    answer = local.send("POST", "/v1/process/audio")
    assert answer.json()["message"] == "The request body must be the recording's bytes, but is empty"


def test_a_recording_may_be_appended_to_a_text(at_once: Local) -> None:
    """Kinds may be mixed in a conversation."""
    ids = at_once.submit("text", json={"messages": [message("Hello.", "Ann")]})
    path = f"video/{ids['conversationId']}"
    assert at_once.submit(path, "PUT", data=MP4.read_bytes(), headers=VIDEO)["conversationId"] == ids["conversationId"]
    assert at_once.texts(ids)[0] == "Hello."
    assert len(at_once.texts(ids)) > 3


def test_progress_tells_how_much_has_been_heard(local: Local) -> None:
    """It never goes back, and is the whole when the job is over; of a text nobody knows until then."""
    ids, shares = local.submit("audio", data=long_call()), [0.0]
    while local.job(ids)["status"] != "completed":
        shares.append(local.get("/__local__/jobs")["jobs"][0]["progress"] or shares[-1])
        time.sleep(PAUSE)
    assert shares == sorted(shares)
    assert any(0 < share < 1 for share in shares)
    assert local.get("/__local__/jobs")["jobs"][0]["progress"] == 1.0


def test_a_chunked_upload_is_taken(at_once: Local) -> None:
    """A client need not know the length beforehand."""
    wav = Sound().silence(60).wav()
    ids = at_once.submit("audio", data=iter([wav[:100], wav[100:]]))
    assert at_once.job(ids)["status"] == "completed"
    with wave.open(io.BytesIO(wav)) as file:
        assert at_once.journal()[-2]["body_size"] == file.getnframes() * 2 + 44


def _silent_film(path: Path) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for index in range(5):
            frame = av.VideoFrame(32, 32, "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()
