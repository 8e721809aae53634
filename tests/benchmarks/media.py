"""What symbl-local hears in recordings of every kind: ``python -m tests.benchmarks.media`` prints a table.

The recordings are those of ``tests.support.media_cases``, made of the demo's call instead of tones; it asserts nothing.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import jiwer
import numpy

from airflow_provider_symbl.local_server.speech import worker
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, TranscriptionOptions
from tests.support.audio import RECORDINGS
from tests.support.media_cases import CASES, RATE, Case, Voice
from tests.support.media_encoding import resampled
from tests.support.word_error import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.local_server.speech.worker import Transcriber

CALL = RECORDINGS / "calls" / "late-parcel.wav"
SENTENCES = (
    (0, 0.0, 3.3, "Customer support, how can I help you?"),
    (1, 4.5, 7.5, "My package was due on Monday and it is not here."),
    (0, 14.3, 17.8, "I will send it again today, and you will have it on Friday."),
)
"""Channel, beginning and end in the call, and what is said."""
THIRD = 4.0
LEAD = 0.3


@dataclass(frozen=True)
class Row:
    """What became of a recording.

    :param words: the word error rate over all channels.
    :param late: by how many seconds the worst sentence is heard too early or too late.
    """

    name: str
    words: float
    late: float
    length: float
    channels: str
    problem: str = ""

    @property
    def is_right(self) -> bool:
        """Whether all is heard, on its channel and at its time; one word may be wrong."""
        return not self.problem and self.words <= 0.1 and self.late <= 0.5


def call() -> Voice:
    """Put three sentences of the call into thirds of four seconds."""
    with av.open(str(CALL)) as container:
        resampler = av.AudioResampler(format="flt", rate=8000)
        frames = [block for frame in container.decode(audio=0) for block in resampler.resample(frame)]
    samples = numpy.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in frames]).T.astype(numpy.float32)
    voice = numpy.zeros((1, round(THIRD * 3 * 8000)), numpy.float32)
    for number, (channel, begin, end, _) in enumerate(SENTENCES):
        piece = samples[channel, round(begin * 8000) : round(end * 8000)]
        at = round((number * THIRD + LEAD) * 8000)
        voice[0, at : at + len(piece)] = piece
    return Voice(resampled(voice, 8000, RATE), (LEAD, THIRD + LEAD, 2 * THIRD + LEAD))


def judged(case: Case, voice: Voice, model: Transcriber, folder: Path) -> Row:
    """Hear a recording with each channel apart."""
    path = folder / "recording"
    path.write_bytes(case.make(voice))
    reports: list[Mapping[str, Any]] = []
    try:
        end = model.transcribe(path, TranscriptionOptions(by_channel=True), reports.append)
    except JobFailureError as error:
        return Row(case.name, 1.0, 0.0, 0.0, "", str(error))
    errors, lateness = [0.0], [0.0]
    for channel, heard in enumerate(case.heard):
        words = [word for report in reports if report.get("channel") == channel for word in report["words"]]
        expected = " ".join(SENTENCES[index][3] for index, _ in heard)
        errors.append(_word_error(expected, "".join(str(word[0]) for word in words)))
        starts = [float(word[1]) for word in words] or [0.0]
        lateness += [min(abs(start - moment) for start in starts) for moment in case.moments(voice)[channel]]
    off = abs(float(str(end["seconds"])) - case.length(voice))
    channels = f"{end['channels']} of {len(case.heard)}"
    return Row(case.name, max(errors), max(lateness), off, channels)


def _word_error(expected: str, heard: str) -> float:
    if not expected:
        return float(bool(heard.strip()))
    return float(jiwer.wer(normalised(expected), normalised(heard)))


def main() -> None:
    """Print the table."""
    voice = call()
    model = worker.load({"model": None, "name": "tiny.en", "workers": 1, "speaker": None}, lambda _: None)
    print("| Recording | right | word errors | time off | length off | channels |\n|---|---|---|---|---|---|")  # noqa: T201 - it is a command
    with tempfile.TemporaryDirectory() as folder:
        rows = [judged(case, voice, model, Path(folder)) for case in CASES]
    for row in rows:
        outcome = row.problem or f"{row.words:.0%} | {row.late:.2f} s | {row.length:.2f} s | {row.channels}"
        print(f"| {row.name} | {'yes' if row.is_right else 'NO'} | {outcome} |")  # noqa: T201 - likewise
    print(f"{sum(row.is_right for row in rows)} of {len(rows)}")  # noqa: T201 - likewise


if __name__ == "__main__":
    main()
