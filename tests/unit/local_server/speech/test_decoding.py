"""What is heard of recordings of every kind, where and when; a stand-in for the model takes each sound for a word."""

from __future__ import annotations

import struct
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from airflow_provider_symbl.local_server.speech import media_formats
from airflow_provider_symbl.local_server.speech.file_parts import links
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, TranscriptionOptions
from airflow_provider_symbl.local_server.speech.whisper import WhisperTranscriber
from tests.support.media_cases import CASES, RATE, TONES, Case
from tests.support.media_encoding import Sound, encoded
from tests.support.tone_worker import ToneModel

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDED = Path(__file__).parents[3] / "recorded" / "media"
README = Path(__file__).parents[4] / "README.md"
CLUSTER = b"\x1f\x43\xb6\x75"
"""How a cluster of a WebM begins; its timestamp follows."""
CLOSE = 0.15
"""Seconds by which an encoder may delay what it encodes."""


@dataclass(frozen=True)
class Heard:
    """What was heard of a recording.

    :param channels: when each word begins and ends on each channel.
    :param progress: what was told of it on the way.
    """

    seconds: float
    channels: list[list[tuple[float, float]]]
    progress: list[float]

    @property
    def starts(self) -> list[list[float]]:
        """When each word begins on each channel."""
        return [[start for start, _ in words] for words in self.channels]


def hear(path: Path, *, by_channel: bool = False, only_mp4: bool = False) -> Heard:
    """Hear a recording by the stand-in."""
    reports: list[Mapping[str, Any]] = []
    options = TranscriptionOptions(by_channel=by_channel, only_mp4=only_mp4)
    end = WhisperTranscriber(ToneModel(), "tones").transcribe(path, options, reports.append)
    channels: list[list[tuple[float, float]]] = [[] for _ in range(int(str(end["channels"])))]
    for report in reports:
        if "words" in report:
            channels[report["channel"]] += [(start, end) for _, start, end, _ in report["words"]]
    progress = [report["progress"] for report in reports if report.get("progress") is not None]
    return Heard(float(str(end["seconds"])), channels, progress)


def written(folder: Path, data: bytes) -> Path:
    """Write a file without a name that tells anything."""
    path = folder / "recording"
    path.write_bytes(data)
    return path


def refused(path: Path) -> str:
    """Tell why a recording cannot be heard."""
    with pytest.raises(JobFailureError) as caught:
        hear(path)
    return str(caught.value)


def wav(frames: bytes, *, rate: int = 8000, channels: int = 1) -> bytes:
    """Write a WAV of 16 bits by hand: the library refuses to write what is wrong."""
    layout = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    data = b"data" + struct.pack("<I", len(frames)) + frames
    return b"RIFF" + struct.pack("<I", 28 + len(data)) + b"WAVEfmt " + layout + data


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_everything_is_heard_where_and_when_it_is(case: Case, tmp_path: Path) -> None:
    """On its channel, at its time; and of the length that the recording has."""
    path = written(tmp_path, case.make(TONES))
    heard = hear(path, by_channel=True)
    assert heard.starts == [pytest.approx(moments, abs=CLOSE) for moments in case.moments(TONES)]
    assert heard.seconds == pytest.approx(case.length(TONES), abs=0.35)
    assert heard.progress[-1] == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize(
    "case", [case for case in CASES if len(set(case.heard)) > 1 or "phase" in case.name], ids=lambda case: case.name
)
def test_a_mix_holds_what_is_on_any_channel(case: Case, tmp_path: Path) -> None:
    """Also on the third of three, and where two are each other's opposite."""
    mixed = hear(written(tmp_path, case.make(TONES)))
    moments = sorted({moment for channel in case.moments(TONES) for moment in channel})
    assert mixed.starts == [pytest.approx(moments, abs=CLOSE)]


RECORDINGS = {
    "16k_then_44k.mp3": (6.15, 0.47, 6.0),
    "amr_dtx.amr": (4.4, 0.4, 3.74),
    "audio_starts_5s_late.mp4": (11.0, 5.4, 10.86),
    "call.au": (4.5, 0.4, 3.74),
    "ch10.wav": (0.6, 0.4, 0.5),
    "ch3_speech_on_third.wav": (4.5, 0.4, 3.74),
    "chained.ogg": (6.0, 0.4, 5.86),
    "chained_mono_stereo.opus": (6.0, 0.4, 5.86),
    "data_size_too_small.wav": (4.5, 0.4, 3.74),
    "frag.mp4": (6.05, 0.47, 5.93),
    "gap8s.webm": (14.0, 0.4, 13.86),
    "hdr_zero.wav": (4.5, 0.4, 3.74),
    "iphone.caf": (6.0, 0.4, 5.86),
    "live.webm": (6.0, 0.4, 5.86),
    "mono_then_stereo.mp3": (6.05, 0.43, 5.93),
    "mp3_named.wav": (6.0, 0.4, 5.86),
    "opposite_phase.wav": (4.5, 0.4, 3.74),
    "stream_ffff.wav": (4.5, 0.4, 3.74),
    "two_tracks_default_second.mp4": (6.0, 0.4, 5.86),
    "w_gsm.wav": (4.5, 0.4, 3.74),
    "zeros_before.mp3": (6.0, 0.4, 5.86),
}
"""How long each lasts, and when the first sound begins and the last one ends, in seconds."""


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_as_they_are_found_are_heard_from_the_first_sound_to_the_last(name: str) -> None:
    """In a mix, and over all channels."""
    heard, apart = hear(RECORDED / name), hear(RECORDED / name, by_channel=True)
    words = [word for channel in apart.channels for word in channel]
    for sounds in (heard.channels[0], words):
        found = (heard.seconds, min(start for start, _ in sounds), max(end for _, end in sounds))
        assert found == pytest.approx(RECORDINGS[name], abs=0.12)


def test_every_recording_that_was_found_is_in_the_table() -> None:
    """None is passed over."""
    assert {path.name for path in RECORDED.iterdir()} == set(RECORDINGS)


def test_a_recording_with_many_people_has_a_channel_for_each() -> None:
    """Ten of them speak at once."""
    heard = hear(RECORDED / "ch10.wav", by_channel=True)
    assert [len(words) > 0 for words in heard.channels] == [True] * 10


def test_more_channels_than_anybody_records_are_refused_by_their_number(tmp_path: Path) -> None:
    """Whether they are mixed or not."""
    path = written(tmp_path, wav(bytes(2 * 40 * 800), channels=40))
    assert refused(path) == "The recording has the wrong number of channels: got 40; allowed: 1 to 32"


def test_what_a_header_claims_counts_for_nothing(tmp_path: Path) -> None:
    """A FLAC that says that it lasts five hours is heard, and its progress is that of what is there."""
    data = bytearray(encoded("flac", Sound(TONES.on(16_000), 16_000, "flac")))
    data[21:26] = (data[21] & 0xF0 | (5 * 3600 * 16_000) >> 32).to_bytes(1) + struct.pack(">I", 5 * 3600 * 16_000)
    heard = hear(written(tmp_path, bytes(data)))
    assert heard.starts == [pytest.approx(TONES.starts, abs=CLOSE)]
    assert heard.progress[-1] == pytest.approx(1.0)


def test_a_single_timestamp_that_leaps_ahead_is_not_believed(tmp_path: Path) -> None:
    """A damaged bit must not move all that comes after it by half a minute."""
    sound = Sound(TONES.on(48_000), 48_000, "libopus")
    data = bytearray(encoded("webm", sound, options={"cluster_time_limit": "500"}))
    third = data.index(CLUSTER, data.index(CLUSTER, data.index(CLUSTER) + 4) + 4)
    data[data.index(b"\xe7\x82", third) + 2] ^= 0x80
    heard = hear(written(tmp_path, bytes(data)))
    assert heard.starts == [pytest.approx(TONES.starts, abs=CLOSE)]
    assert heard.seconds == pytest.approx(3.0, abs=0.1)


def test_a_clock_that_is_set_anew_loses_nothing(tmp_path: Path) -> None:
    """What is stamped as if it had been before follows what was there."""
    sound = Sound(TONES.on(48_000), 48_000, "libopus")
    data = bytearray(encoded("webm", sound, options={"cluster_time_limit": "500"}))
    at, number = -1, 0
    while (at := data.find(CLUSTER, at + 1)) >= 0:
        number += 1
        stamp = data.index(b"\xe7", at) + 2
        if number > 3:  # by then, it takes two bytes
            data[stamp : stamp + 2] = struct.pack(">H", struct.unpack_from(">H", data, stamp)[0] - 1300)
    assert number > 4
    assert hear(written(tmp_path, bytes(data))).starts == [pytest.approx(TONES.starts, abs=CLOSE)]


@pytest.mark.parametrize("is_first", [True, False])
def test_of_files_in_a_row_one_that_is_broken_ends_nothing(is_first: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    """Whether it comes before or after."""
    good = encoded("flac", Sound(TONES.on(16_000), 16_000, "flac"))
    broken = b"fLaC\0\0\0\x22" + bytes(34)
    heard = hear(written(tmp_path, broken + good if is_first else good + broken))
    assert heard.starts == [pytest.approx(TONES.starts, abs=CLOSE)]


def test_a_file_of_nothing_but_beginnings_keeps_nobody_busy(tmp_path: Path) -> None:
    """Of what looks like recordings in a row, no more are tried than anybody joins."""
    path = written(tmp_path, b"fLaC\0\0\0\x22" * 20_000)
    assert len(links(path)) == 1_000
    assert refused(path).startswith("The recording is damaged: it begins like a FLAC file, but ")


def test_over_four_hours_are_refused_although_no_header_says_so(tmp_path: Path) -> None:
    """Before anything is recognised: so a small file cannot keep a process busy."""
    path = written(tmp_path, _flac_of_unknown_length(tmp_path / "long.flac", seconds=4 * 3600 + 10))
    assert refused(path) == "The recording is longer than 4 hours, the most allowed"


def test_so_few_samples_that_nobody_could_be_understood_are_refused(tmp_path: Path) -> None:
    """14 kB of one sample a second would be two hours."""
    expected = "The recording has the wrong sample rate: got 1 a second; allowed: 100 to 768,000"
    assert refused(written(tmp_path, wav(bytes(14_000), rate=1))) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The recording is empty: there is nothing in the file"),
        (bytes(5000), "The recording is empty: there is nothing in the file"),
        (b"This is no recording." * 100, "The recording has the wrong format: got text; allowed: WAV, "),
        (b"<!DOCTYPE html><html>Log in</html>", "The recording has the wrong format: got a web page; allowed: WAV, "),
        (b"PK\x03\x04" + bytes(500), "The recording has the wrong format: got a ZIP archive; allowed: WAV, "),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "The recording has the wrong format: got a playlist; allowed: "),
        (b"\x81\x92" * 50, "The recording has the wrong format: got none that its first bytes tell; allowed: WAV, "),
        (wav(b"")[:30], "The recording is damaged: it begins like a WAV file, but the rest of its header cannot"),
        (wav(b""), "The recording holds no sound: not one sample could be decoded"),
        (
            wav(bytes(500)).replace(b"\1\0\1\0", b"\xcd\xab\1\0"),
            "The recording has the wrong format: its container is wav,",
        ),
    ],
    ids=["nothing", "zeros", "text", "page", "zip", "playlist", "noise", "half a header", "no samples", "coding"],
)
def test_a_reason_tells_wrong_format_damage_and_silence_apart(data: bytes, reason: str, tmp_path: Path) -> None:
    """For whoever reads it the morning after."""
    assert refused(written(tmp_path, data)).startswith(reason)


def test_a_recording_of_which_nothing_can_be_decoded_is_damaged(tmp_path: Path) -> None:
    """Its header is good, its sound is not."""
    data = bytearray(encoded("wv", Sound(TONES.on(16_000), 16_000, "wavpack")))
    at = 0
    while (at := data.find(b"wvpk", at)) >= 0:
        data[at + 32 : at + 200] = bytes(168)
        at += 200
    expected = "The recording is damaged: its format is wv, but none of its sound can be decoded"
    assert refused(written(tmp_path, bytes(data))) == expected


def test_the_readme_lists_what_is_read() -> None:
    """As the reason does that a wrong format is refused for."""
    assert media_formats.READ in " ".join(README.read_text().split())


def test_a_voice_lasts_as_long_as_its_samples() -> None:
    """The cases' own clock is right."""
    assert 3 * TONES.third == TONES.samples.shape[1] / RATE == 3


def test_words_have_a_length(tmp_path: Path) -> None:
    """Also the shortest, at the very end."""
    path = tmp_path / "click.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000) + struct.pack("<h", 20_000) * 480)
    assert all(end > start for start, end in hear(path).channels[0])


def _flac_of_unknown_length(path: Path, seconds: int) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=1000, layout="mono")
        for second in range(0, seconds, 10):
            frame = av.AudioFrame("s16", "mono", 10_000)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts, frame.time_base = 1000, second * 1000, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    # The lower 36 bits of the eight bytes at 18 are the number of samples; zero means that it is not known.
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return bytes(data)
