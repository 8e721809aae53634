"""Recordings: the example ones, short cuts of them, and ones that are put together from tones and silence."""

from __future__ import annotations

import io
import math
import struct
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import av

if TYPE_CHECKING:
    from collections.abc import Iterable

RECORDINGS = Path(__file__).parents[2] / "example_dags" / "recordings"


@dataclass
class Sound:
    """A recording that is put together from tones and silence."""

    rate: int = 16_000
    channels: int = 1
    frames: bytes = b""

    def tone(self, seconds: float, hertz: float = 440.0) -> Self:
        """Add a tone on all channels."""
        steps = range(int(seconds * self.rate))
        wave_form = (int(8000 * math.sin(2 * math.pi * hertz * step / self.rate)) for step in steps)
        self.frames += b"".join(struct.pack("<h", value) * self.channels for value in wave_form)
        return self

    def silence(self, seconds: float) -> Self:
        """Add silence."""
        self.frames += bytes(2 * self.channels * int(seconds * self.rate))
        return self

    def wav(self) -> bytes:
        """Write it as a WAV file."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(self.channels)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self.frames)
        return buffer.getvalue()


def cut_clips(recordings: Iterable[Path], folder: Path, *, seconds: float = 2) -> None:
    """Cut the beginning of each recording, so that hearing it takes no time.

    :param recordings: audio and video files; others among them are passed over.
    :param folder: where the clips go, under the recordings' names.
    :param seconds: how long a clip is.
    """
    for recording in recordings:
        if recording.suffix in {".wav", ".mp3", ".mp4"}:
            _cut(recording, folder / recording.name, seconds)


def _cut(source: Path, target: Path, seconds: float) -> None:
    with av.open(source) as given, av.open(target, "w") as clip:
        streams = {stream.index: clip.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.pts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                clip.mux(packet)
