"""Speech of which is known who speaks when: the demo's recordings on one channel, and calls composed of their turns."""

from __future__ import annotations

import io
import json
import random
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import av
import numpy

from tests.support.audio import RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

Samples: TypeAlias = "numpy.ndarray[Any, numpy.dtype[numpy.float32]]"

TURNS = Path(__file__).with_name("turns")
RATE = 16_000
TELEPHONE_RATE = 8_000
LOUDNESS = 0.08
LEAD = 0.3


class Turn(NamedTuple):
    """What one speaker says without a longer pause; times in seconds from the recording's beginning."""

    speaker: str
    start: float
    end: float


@dataclass(frozen=True)
class LabelledSpeech:
    """A recording and who speaks when.

    :param samples: at 16 kHz.
    """

    name: str
    samples: Samples
    turns: tuple[Turn, ...]

    @property
    def speakers(self) -> int:
        """How many there are."""
        return len({turn.speaker for turn in self.turns})

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE

    def wav(self, rate: int = RATE) -> bytes:
        """Write it as a WAV file of one channel."""
        samples = resampled(self.samples, RATE, rate)
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
        return buffer.getvalue()

    def speaker(self, start: float, end: float) -> str:
        """Say who speaks for most of some time; if nobody does, who does nearest to it."""
        overlaps = {turn: min(end, turn.end) - max(start, turn.start) for turn in self.turns}
        spoken: dict[str, float] = {}
        for turn, overlap in overlaps.items():
            spoken[turn.speaker] = spoken.get(turn.speaker, 0) + max(0.0, overlap)
        most = max(spoken, key=spoken.__getitem__)
        return most if spoken[most] > 0 else max(overlaps, key=overlaps.__getitem__).speaker


def labelled(path: Path) -> LabelledSpeech:
    """Read a recording that is labelled, its channels mixed."""
    lines = (TURNS / f"{path.stem}.rttm").read_text().splitlines()
    return LabelledSpeech(path.stem, _mono(path), tuple(_turn(*line.split()) for line in lines))


def demo() -> list[LabelledSpeech]:
    """Read the demo's recordings."""
    return [labelled(path) for path in sorted(RECORDINGS.glob("*/*")) if (TURNS / f"{path.stem}.rttm").exists()]


def composed(name: str, voices: Sequence[str], pause: float, seed: int = 7, most: int = 100) -> LabelledSpeech:
    """Compose a call of what voices say in the demo's recordings, each turn by another voice than the one before.

    :param voices: of ``scripts.json``.
    :param pause: seconds between turns; below 0, turns overlap.
    :param seed: for who speaks next, and which of the turns.
    :param most: turns; fewer, if there are no more.
    """
    chance = random.Random(seed)  # noqa: S311 - the same call each time
    left = {voice: sounds for voice, sounds in _sounds().items() if voice in voices}
    placed: list[tuple[Turn, Samples]] = []
    position, last = LEAD, ""
    while len(placed) < most and (others := [voice for voice in voices if left[voice] and voice != last]):
        last = chance.choice(others)
        sound = left[last].pop(chance.randrange(len(left[last])))
        placed.append((Turn(last, position, position + len(sound) / RATE), sound))
        position = max(0.0, placed[-1][0].end + pause)
    samples = numpy.zeros(round((placed[-1][0].end + LEAD) * RATE) + RATE, dtype=numpy.float32)
    for turn, sound in placed:
        first = round(turn.start * RATE)
        samples[first : first + len(sound)] += sound
    return LabelledSpeech(name, samples, tuple(turn for turn, _ in placed))


def alone(path: Path, speaker: str) -> LabelledSpeech:
    """Give what one speaker says in a recording, one turn after the other."""
    speech = labelled(path)
    own = [turn for turn in speech.turns if turn.speaker == speaker]
    samples = numpy.concatenate([speech.samples[round(turn.start * RATE) : round(turn.end * RATE)] for turn in own])
    return LabelledSpeech(speaker, samples, (Turn(speaker, 0.0, len(samples) / RATE),))


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Bring samples of one channel to another rate."""
    if rate == wanted:
        return samples
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=wanted)
    frame = av.AudioFrame.from_ndarray(samples[None].astype(numpy.float32), format="fltp", layout="mono")
    frame.sample_rate = rate
    return numpy.concatenate([part.to_ndarray()[0] for given in (frame, None) for part in resampler.resample(given)])


def _turn(*fields: str) -> Turn:
    start, seconds = map(float, fields[3:5])
    return Turn(fields[7], start, start + seconds)


def _sounds() -> dict[str, list[Samples]]:
    """Give what each voice of the demo says, turn by turn, all equally loud; not what was on the telephone."""
    scripts = json.loads((RECORDINGS / "scripts.json").read_text())
    found: dict[str, list[Samples]] = {}
    for name, script in scripts.items():
        path = RECORDINGS / name
        if path.suffix in {".mp3", ".mp4"} or path.stem == "stand-up":
            speech = labelled(path)
            for turn, said in zip(speech.turns, script["turns"], strict=True):
                sound = speech.samples[round(turn.start * RATE) : round(turn.end * RATE)]
                found.setdefault(said["voice"], []).append(sound * (LOUDNESS / numpy.sqrt(numpy.square(sound).mean())))
    return found


def _mono(path: Path) -> Samples:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        frames = [*container.decode(audio=0), None]
        return numpy.concatenate([part.to_ndarray()[0] for frame in frames for part in resampler.resample(frame)])
