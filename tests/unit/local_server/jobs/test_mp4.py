"""Videos at the calls for sound: refused by their bytes, in the service's own words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.jobs.mp4 import refusal_of_video
from tests.support.audio import RECORDINGS, Sound
from tests.support.media_files import box, mp4

if TYPE_CHECKING:
    from tests.support.local_client import Local
    from tests.support.web_server import WebServer

PICTURES, SPEECH = (b"vide", b"avc1"), (b"soun", b"mp4a")
SAID = (
    "Detected MIME Type as '{}'. This endpoint only supports audio files. "
    "For video files please use /v1/process/video or /v1/process/video/url endpoints."
)
FILES: dict[str, tuple[bytes, str | None]] = {
    "a video": (mp4(SPEECH, PICTURES), "video/mp4"),
    "a video, its header first": (mp4(PICTURES, SPEECH, moov_first=True), "video/mp4"),
    "a video in fragments": (mp4(PICTURES, seconds=0, moov_first=True, brand=b"dash"), "video/mp4"),
    "a video for Apple's player": (mp4(PICTURES, SPEECH, brand=b"qt  "), "video/quicktime"),
    "sound": (mp4(SPEECH), None),
    "sound with a cover": (mp4(SPEECH, (b"vide", b"jpeg")), None),
    "sound by its brand, with a cover": (mp4(SPEECH, PICTURES, brand=b"M4A "), None),
    "no MP4": (Sound().tone(0.1).wav(), None),
    "nothing": (b"", None),
    "cut in the first box": (mp4(PICTURES)[:6], None),
    "cut before its header": (mp4(SPEECH, PICTURES)[:2000], None),
    "a box without end": (box(b"ftyp", b"isom") + b"\0\0\0\0mdat" + bytes(100), None),
    "a box that is too short": (box(b"ftyp", b"isom") + b"\0\0\0\2moov" + bytes(100), None),
    "a long box that is cut": (box(b"ftyp", b"isom") + b"\0\0\0\1moov\0", None),
    "boxes without number": (box(b"ftyp", b"isom") + box(b"free") * 5000 + mp4(PICTURES), None),
}


@pytest.mark.parametrize("case", FILES)
def test_a_video_is_told_by_its_tracks(case: str) -> None:
    """Whatever is broken is left to who decodes it."""
    data, kind = FILES[case]
    assert refusal_of_video(io.BytesIO(data)) == (kind and SAID.format(kind))


@pytest.mark.parametrize("declared", ["", "audio/mpeg", "video/mp4"])
def test_a_video_is_refused_at_the_call_for_audio(lenient: Local, declared: str) -> None:
    """Whatever it is said to be; at the other call it is right."""
    data = (RECORDINGS / "meetings" / "launch-planning.mp4").read_bytes()
    headers = {"Content-Type": declared}
    answer = lenient.send("POST", "/v1/process/audio", data=data, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"message": SAID.format("video/mp4")})
    assert lenient.get("/__local__/jobs")["total"] == 0


@pytest.mark.process
def test_a_job_with_a_link_to_a_video_fails_at_the_call_for_audio(lenient: Local, web_server: WebServer) -> None:
    """With the same words, once the link was followed."""
    ids = lenient.submit("audio/url", json={"url": web_server.serve("/a.mp4", mp4(SPEECH, PICTURES))})
    assert lenient.job(ids) == {"id": ids["jobId"], "status": "failed", "message": SAID.format("video/mp4")}
