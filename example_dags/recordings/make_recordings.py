# /// script
# requires-python = ">=3.11"
# dependencies = ["av>=14", "hibari-tts==0.2.1", "numpy>=1.26", "pillow>=10.1"]
# ///
"""Speaks, mixes and encodes every recording of this folder again from the words in ``scripts.json``.

Needs the command ``flite`` (Debian and Ubuntu: ``apt-get install flite``) and the four packages listed above.
``uv run make_recordings.py`` installs the packages by itself; otherwise install them with pip and run
``python make_recordings.py [--into FOLDER]``. The same scripts give the same words and, with the same
versions of the tools, the same sound.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import wave
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import av
import numpy as np
from hibari import SAMPLE_RATE, Hibari, dsp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.stream import VideoStream

Sound: TypeAlias = NDArray[np.float32]
Card: TypeAlias = NDArray[np.uint8]

HERE = Path(__file__).resolve().parent
PAUSE_SECONDS = 0.35
LEAD_SECONDS = 0.3
SPEECH_RMS = 0.09
PEAK = 0.89
# Whisper listens at 16 kHz, so a higher rate would only cost bytes; a telephone line samples at 8 kHz.
RATE = 16_000
TELEPHONE_RATE = 8_000
BITS_PER_CHANNEL = {"calls": 24_000, "meetings": 32_000}
PICTURE_SIZE = (320, 180)
PICTURES_PER_SECOND = 5
# The wheel of hibari holds one voice; the second is drawn from it: a lower pitch, a longer vocal tract, and
# the power averaged over 2 x 5 + 1 bins of 20 Hz, so that the harmonics of the first pitch are not heard.
LOWER_PITCH = 0.62
LOWER_TRACT = 0.87
LOWER_SMOOTHING_BINS = 5
CARD_COLOURS = ("#1d3557", "#5b2a4f", "#22577a", "#7a4419")


@dataclass(frozen=True)
class Turn:
    """One turn of a script.

    :param speaker: who speaks, as the title card and the channel know them.
    :param voice: a key of ``VOICES``.
    :param text: the exact words.
    """

    speaker: str
    voice: str
    text: str


@dataclass(frozen=True)
class Spoken:
    """A turn with its place in the recording.

    :param turn: what is said.
    :param start: seconds from the beginning of the recording.
    :param sound: mono samples, shape (n,), at the recording's rate.
    """

    turn: Turn
    start: float
    sound: Sound


@cache
def hibari() -> Hibari:
    """Load the model once, since loading takes longer than speaking."""
    return Hibari()


def speak_heart(text: str) -> tuple[Sound, int]:
    """Speak with hibari's own voice.

    :param text: the words.
    :return: mono samples, shape (n,), and their rate in Hz.
    """
    return hibari()(text, seed=0), SAMPLE_RATE


def speak_lower(text: str) -> tuple[Sound, int]:
    """Speak with hibari's voice made lower in pitch and formants, sentence by sentence.

    :param text: the words.
    :return: mono samples, shape (n,), and their rate in Hz.
    """
    noise = np.random.default_rng(0)
    sentences = [hibari().ids(phonemes) for phonemes in hibari().phonemize(text)]
    return np.concatenate([lowered(ids, noise) for ids in sentences]), SAMPLE_RATE


def lowered(ids: Sequence[int], noise: np.random.Generator) -> Sound:
    """Speak one sentence from the model's spectra after moving them down.

    :param ids: phoneme ids as ``Hibari.ids`` gives them.
    :param noise: source of the breath noise.
    :return: mono samples, shape (n,), at hibari's rate.
    """
    inputs = {"ids": np.asarray([ids], np.int64), "speed": np.ones(1, np.float32)}
    *spectra, pitch = (output[0] for output in hibari().sess.run(None, inputs))
    spectra[0] = level_harmonics(spectra[0])
    bins = len(spectra[0])
    source = np.minimum(np.round(np.arange(bins) / LOWER_TRACT), bins - 1).astype(int)
    moved = [spectrum[source] for spectrum in spectra]
    sound: Sound = dsp.synth(*moved, (pitch * LOWER_PITCH).astype(np.float32), noise)
    return sound


def level_harmonics(spectrum: Sound) -> Sound:
    """Average the power of neighbouring bins.

    :param spectrum: log magnitudes, shape (bins, frames).
    :return: log magnitudes, same shape.
    """
    width = LOWER_SMOOTHING_BINS
    power = np.pad(np.exp(2 * np.minimum(spectrum, 7)), ((width, width), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(power, 2 * width + 1, axis=0)
    levelled: Sound = (0.5 * np.log(windows.mean(axis=-1) + 1e-12)).astype(np.float32)
    return levelled


def speak_flite(text: str, voice: str) -> tuple[Sound, int]:
    """Speak with one of the voices in Debian's flite.

    :param text: the words.
    :param voice: flite's name of the voice.
    :return: mono samples, shape (n,), and their rate in Hz.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        command = ["flite", "-voice", voice, "-t", text, "-o", str(file)]
        subprocess.run(command, check=True)  # noqa: S603 - the words and voices are this project's own
        with wave.open(str(file), "rb") as recorded:
            samples = np.frombuffer(recorded.readframes(recorded.getnframes()), "<i2")
            return (samples / 32768).astype(np.float32), recorded.getframerate()


VOICES: dict[str, Callable[[str], tuple[Sound, int]]] = {
    "heart": speak_heart,
    "heart-low": speak_lower,
    "slt": lambda text: speak_flite(text, "slt"),
    "rms": lambda text: speak_flite(text, "rms"),
}


def speak(turn: Turn, rate: int) -> Sound:
    """Speak one turn, without silence around it, at the loudness that all voices share.

    :param turn: voice and words.
    :param rate: samples per second of the result.
    :return: mono samples, shape (n,).
    :raises ValueError: the script names a voice that is not known here.
    """
    if turn.voice not in VOICES:
        message = f"voice: {turn.voice!r} is not known; allowed: {', '.join(VOICES)}"
        raise ValueError(message)
    sound = trimmed(resampled(*VOICES[turn.voice](turn.text), rate), rate)
    level = SPEECH_RMS / float(np.sqrt(np.mean(sound**2)))
    return sound * min(level, PEAK / float(np.abs(sound).max()))


def resampled(sound: Sound, old_rate: int, rate: int) -> Sound:
    """Change the rate by cutting the spectrum, which also removes what the new rate cannot hold.

    :param sound: mono samples, shape (n,).
    :param old_rate: samples per second of the sound.
    :param rate: samples per second of the result.
    :return: mono samples, shape (n * rate / old_rate,).
    """
    if old_rate == rate:
        return sound
    length = round(len(sound) * rate / old_rate)
    return (np.fft.irfft(np.fft.rfft(sound), length) * (length / len(sound))).astype(np.float32)


def trimmed(sound: Sound, rate: int) -> Sound:
    """Cut the silence before and after the words, leaving 50 ms of each.

    :param sound: mono samples, shape (n,).
    :param rate: samples per second.
    :return: mono samples, shape (at most n,).
    """
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    margin = rate // 20
    return sound[max(loud[0] - margin, 0) : loud[-1] + margin]


def arranged(turns: Sequence[Turn], rate: int) -> list[Spoken]:
    """Speak the turns one after the other, with a pause between them.

    :param turns: the script.
    :param rate: samples per second.
    :return: the turns with their sound and start.
    """
    spoken: list[Spoken] = []
    start = LEAD_SECONDS
    for turn in turns:
        sound = speak(turn, rate)
        spoken.append(Spoken(turn, start, sound))
        start += len(sound) / rate + PAUSE_SECONDS
    return spoken


def mixed(spoken: Sequence[Spoken], rate: int, *, channel_per_speaker: bool) -> Sound:
    """Lay the turns into one recording.

    :param spoken: the turns in order.
    :param rate: samples per second.
    :param channel_per_speaker: give each speaker a channel, in order of first words, instead of one for all.
    :return: samples, shape (channels, n).
    """
    speakers = list(dict.fromkeys(one.turn.speaker for one in spoken)) if channel_per_speaker else []
    length = round(rate * (spoken[-1].start + LEAD_SECONDS)) + len(spoken[-1].sound)
    mix = np.zeros((max(len(speakers), 1), length), np.float32)
    for one in spoken:
        channel = speakers.index(one.turn.speaker) if speakers else 0
        first = round(one.start * rate)
        mix[channel, first : first + len(one.sound)] += one.sound
    return mix


def write_wav(file: Path, sound: Sound, rate: int) -> None:
    """Write 16-bit PCM.

    :param file: where to.
    :param sound: samples, shape (channels, n).
    :param rate: samples per second.
    """
    with wave.open(str(file), "wb") as target:
        target.setnchannels(len(sound))
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes((sound.T * 32767).astype("<i2").tobytes())


def write_mp3(file: Path, sound: Sound, rate: int, bit_rate: int) -> None:
    """Write an MP3 of a constant bit rate.

    :param file: where to.
    :param sound: samples, shape (channels, n).
    :param rate: samples per second.
    :param bit_rate: bits per second of all channels together.
    """
    layout = "stereo" if len(sound) > 1 else "mono"
    # Joint stereo lets the voice of one channel leak into the other.
    separate = {"joint_stereo": "0"}
    with av.open(str(file), "w") as target:
        stream = target.add_stream("libmp3lame", rate, layout=layout, bit_rate=bit_rate, options=separate)
        add_sound(target, stream, sound, rate)


def write_mp4(file: Path, title: str, spoken: Sequence[Spoken], sound: Sound, rate: int) -> None:
    """Write a video: H.264 cards that name the meeting and whoever speaks, and AAC sound.

    :param file: where to.
    :param title: the meeting's name.
    :param spoken: the turns with their start.
    :param sound: samples, shape (1, n).
    :param rate: samples per second.
    """
    still = {"crf": "28", "tune": "stillimage"}
    with av.open(str(file), "w", options={"movflags": "faststart"}) as target:
        pictures = target.add_stream("libx264", PICTURES_PER_SECOND, options=still, pix_fmt="yuv420p")
        pictures.width, pictures.height = PICTURE_SIZE
        voices = target.add_stream("aac", rate, layout="mono", bit_rate=BITS_PER_CHANNEL["meetings"])
        add_cards(target, pictures, shown_cards(title, spoken, sound.shape[1] / rate))
        add_sound(target, voices, sound, rate)


def add_sound(target: OutputContainer, stream: AudioStream, sound: Sound, rate: int) -> None:
    """Encode the whole sound into a stream.

    :param target: the open file.
    :param stream: its audio stream.
    :param sound: samples, shape (channels, n).
    :param rate: samples per second.
    """
    frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout=stream.layout.name)
    frame.sample_rate = rate
    target.mux(stream.encode(frame))
    target.mux(stream.encode(None))


def add_cards(target: OutputContainer, stream: VideoStream, cards: Iterable[Card]) -> None:
    """Encode one card after the other into a stream.

    :param target: the open file.
    :param stream: its video stream.
    :param cards: one for each picture of the video.
    """
    for number, card in enumerate(cards):
        frame = av.VideoFrame.from_ndarray(card, format="rgb24")
        frame.pts = number
        frame.time_base = Fraction(1, PICTURES_PER_SECOND)
        target.mux(stream.encode(frame))
    target.mux(stream.encode(None))


def shown_cards(title: str, spoken: Sequence[Spoken], seconds: float) -> Iterator[Card]:
    """Choose the card of whoever began to speak last; before the first word, of whoever will.

    :param title: the meeting's name.
    :param spoken: the turns in order.
    :param seconds: how long the video lasts.
    :return: one card for each picture of the video.
    """
    names = list(dict.fromkeys(one.turn.speaker for one in spoken))
    cards = {name: title_card(title, name, colour) for name, colour in zip(names, CARD_COLOURS, strict=False)}
    for number in range(round(seconds * PICTURES_PER_SECOND)):
        begun = [one for one in spoken if one.start <= number / PICTURES_PER_SECOND] or spoken[:1]
        yield cards[begun[-1].turn.speaker]


def title_card(title: str, speaker: str, colour: str) -> Card:
    """Draw one card.

    :param title: the meeting's name; what follows a colon goes to a second line.
    :param speaker: who speaks.
    :param colour: the background, as a hexadecimal RGB string.
    :return: RGB pixels, shape (180, 320, 3).
    """
    card = Image.new("RGB", PICTURE_SIZE, colour)
    draw = ImageDraw.Draw(card)
    middle = PICTURE_SIZE[0] // 2
    kind, _, topic = title.partition(": ")
    draw.text((middle, 28), kind, "#c9d6df", ImageFont.load_default(13), anchor="mm")
    draw.text((middle, 52), topic, "#ffffff", ImageFont.load_default(13), anchor="mm")
    draw.text((middle, 115), speaker, "#ffffff", ImageFont.load_default(40), anchor="mm")
    return np.asarray(card)


def make(name: str, title: str, turns: Sequence[Turn], into: Path) -> Path:
    """Make one recording.

    :param name: its path inside the folder; ``calls/`` gives each speaker a channel, the ending the format.
    :param title: what the recording is.
    :param turns: the script.
    :param into: the folder that the path starts from.
    :return: the written file.
    :raises ValueError: the ending is none of the three that are made here.
    """
    file, kind = into / name, Path(name).parts[0]
    rate = TELEPHONE_RATE if kind == "calls" and file.suffix == ".wav" else RATE
    spoken = arranged(turns, rate)
    sound = mixed(spoken, rate, channel_per_speaker=kind == "calls")
    file.parent.mkdir(parents=True, exist_ok=True)
    match file.suffix:
        case ".wav":
            write_wav(file, sound, rate)
        case ".mp3":
            write_mp3(file, sound, rate, BITS_PER_CHANNEL[kind] * len(sound))
        case ".mp4":
            write_mp4(file, title, spoken, sound, rate)
        case _:
            message = f"{name}: the ending {file.suffix!r} is not known; allowed: .wav, .mp3, .mp4"
            raise ValueError(message)
    return file


def main() -> None:
    """Make every recording of ``scripts.json``."""
    parser = argparse.ArgumentParser(description="Make the example recordings again from scripts.json.")
    parser.add_argument("--into", type=Path, default=HERE, metavar="FOLDER", help="default: where this script is")
    into: Path = parser.parse_args().into
    scripts = json.loads((HERE / "scripts.json").read_text(encoding="utf-8"))
    for name, script in scripts.items():
        file = make(name, script["title"], [Turn(**turn) for turn in script["turns"]], into)
        sys.stdout.write(f"{file} {file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
