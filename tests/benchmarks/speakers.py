"""How well symbl-local says who spoke: ``python -m tests.benchmarks.speakers`` prints it, and asserts nothing.

``spy-der`` computes the diarization error rate. A pause of under a second within what one speaker says counts as said,
in what is scored as in the labels. The folder of real people's recordings may be given.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import spyder

from airflow_provider_symbl.local_server.speech.diarization.diarizer import Diarizer
from airflow_provider_symbl.local_server.speech.diarization.speaker_embeddings import SpeakerEncoder
from airflow_provider_symbl.local_server.speech.transcription import Sentence, SpokenWord
from tests.support.audio import RECORDINGS
from tests.support.labelled_speech import RATE, TELEPHONE_RATE, LabelledSpeech, Turn, alone, composed, demo, labelled
from tests.support.symbl_command import SymblCommand
from tests.support.word_error import REAL_RECORDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONG = 1.0
"""Seconds from which a sentence counts as a long one."""
PAUSE = 1.0
COLLARS = (0.0, 0.25)
VOICES = ("heart", "rms", "slt", "heart-low")
LONG_CALL = 4 * 3600


@dataclass(frozen=True)
class Said:
    """What is found of a recording: sentences, or words."""

    speech: LabelledSpeech
    sentences: tuple[Turn, ...]
    words: tuple[Turn, ...]

    def right(self, found: Sequence[Turn]) -> list[bool]:
        """Say which are the speaker's that they are given to, by the best match of names."""
        truth = [self.speech.speaker(one.start, one.end) for one in found]
        names = sorted({one.speaker for one in found})
        real = [*sorted({turn.speaker for turn in self.speech.turns}), *names]
        matches = (dict(zip(names, chosen, strict=True)) for chosen in permutations(real[: len(names)]))
        return max(
            ([match[one.speaker] == true for one, true in zip(found, truth, strict=True)] for match in matches), key=sum
        )


def heard(server: SymblCommand, speech: LabelledSpeech, rate: int, count: int | None = None) -> Said:
    """Have a recording heard, and read who says what."""
    ids = server.submit(
        speech.wav(rate), enableSpeakerDiarization="true", diarizationSpeakerCount=str(count or speech.speakers)
    )
    server.wait_until_all_are_over()
    conversation = server.get(f"/v1/conversations/{ids['conversationId']}")
    begin = datetime.fromisoformat(conversation["startTime"])
    messages = server.get(f"/v1/conversations/{ids['conversationId']}/messages?verbose=true")["messages"]
    sentences = tuple(_turn(one["from"]["name"], one, begin) for one in messages)
    words = tuple(_turn(str(word["speakerTag"]), word, begin) for one in messages for word in one["words"])
    return Said(speech, sentences, words)


def scores(kind: str, all_said: Sequence[Said]) -> str:
    """Write a line of figures about recordings of one kind."""
    sentences = [(one, right) for said in all_said for one, right in _with_right(said, said.sentences)]
    long = [right for one, right in sentences if one.end - one.start >= LONG]
    words = [right for said in all_said for _, right in _with_right(said, said.words)]
    rates = ", ".join(f"{_error_rate(all_said, collar):.1%} (collar {collar:g} s)" for collar in COLLARS)
    return (
        f"{kind:30} sentences {_share([right for _, right in sentences])}, of 1 s and more {_share(long)}, "
        f"words {_share(words)}, DER {rates}"
    )


def table(recordings: Path) -> Iterator[str]:
    """Give the figures line by line."""
    with SymblCommand() as server:
        call = recordings / "support-call.wav"
        if call.exists():
            yield scores("support call, 8 kHz", [heard(server, labelled(call), TELEPHONE_RATE)])
        for rate in (RATE, TELEPHONE_RATE):
            yield scores(f"demo, mixed, {rate // 1000} kHz", [heard(server, one, rate) for one in demo()])
        for count in (2, 3, 4):
            calls = [composed(f"{count} speakers", VOICES[:count], 0.4, seed) for seed in range(2)]
            yield scores(calls[0].name, [heard(server, one, RATE) for one in calls])
        for count in (2, 3):
            calls = [composed(f"{count}, turns overlap by 0.5 s", VOICES[:count], -0.5, seed) for seed in range(2)]
            yield scores(calls[0].name, [heard(server, one, RATE) for one in calls])
        yield from _odd(server)
    yield from _cost()


def _odd(server: SymblCommand) -> Iterator[str]:
    times = numpy.arange(20 * RATE) / RATE
    chord = 0.1 * numpy.sin(2 * numpy.pi * numpy.outer((220, 277, 330), times)).sum(axis=0)
    voice = alone(RECORDINGS / "calls" / "double-charge.mp3", "Agent").samples
    for name, sound in (("silence", 0 * chord), ("music", chord), ("one voice", voice)):
        said = heard(server, LabelledSpeech(name, sound.astype(numpy.float32), (Turn("nobody", 0, 20),)), RATE, 2)
        found = len({one.speaker for one in said.sentences})
        yield f"{name} asked for as two: {len(said.sentences)} sentences, {found} speakers"


def _cost() -> Iterator[str]:
    """Diarize words of which one ends every 0.4 s, as if somebody spoke for hours."""
    given = composed("two", VOICES[:2], 0.4)
    sound = given.samples[: int(given.seconds) * RATE]
    diarizer = Diarizer(SpeakerEncoder(), 2)
    begun, spent = time.perf_counter(), time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for offset in range(0, LONG_CALL, len(sound) // RATE):
        diarizer.add(list(_sentences(offset, len(sound) // RATE)), sound, offset)
    diarizer.speakers()
    took, used = time.perf_counter() - begun, time.process_time() - spent
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    yield (
        f"diarization of {LONG_CALL / 3600:.0f} h without a pause: {took:.0f} s, {took / LONG_CALL:.4f} x real time "
        f"({used / LONG_CALL:.4f} of one processor's time), {grown:.0f} MiB more"
    )


def _sentences(offset: float, seconds: int) -> Iterator[Sentence]:
    for start in range(0, seconds - 4, 4):
        starts = [offset + start + 0.4 * index for index in range(10)]
        yield Sentence(tuple(SpokenWord(" word", one, one + 0.4, 1.0) for one in starts))


def _turn(speaker: str, entry: dict[str, Any], begin: datetime) -> Turn:
    start, end = ((datetime.fromisoformat(entry[name]) - begin).total_seconds() for name in ("startTime", "endTime"))
    return Turn(speaker, start, end)


def _with_right(said: Said, found: Sequence[Turn]) -> Iterator[tuple[Turn, bool]]:
    return zip(found, said.right(found), strict=True) if found else iter(())


def _error_rate(all_said: Iterable[Said], collar: float) -> float:
    reference = {said.speech.name: list(said.speech.turns) for said in all_said}
    found = {said.speech.name: list(_filled(said.sentences)) for said in all_said}
    return float(spyder.DER(reference, found, collar=collar)["Overall"].der)


def _filled(sentences: Iterable[Turn]) -> Iterator[Turn]:
    """Join what one speaker says with pauses of under a second."""
    last: dict[str, Turn] = {}
    for one in sentences:
        before = last.get(one.speaker)
        if before and one.start - before.end < PAUSE:
            last[one.speaker] = Turn(one.speaker, before.start, max(before.end, one.end))
            continue
        if before:
            yield before
        last[one.speaker] = one
    yield from last.values()


def _share(right: Sequence[bool]) -> str:
    return f"{sum(right)}/{len(right)} ({sum(right) / max(1, len(right)):.1%})"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else REAL_RECORDINGS
    for line in table(folder):
        print(line, flush=True)  # noqa: T201 - the figures that are asked for
