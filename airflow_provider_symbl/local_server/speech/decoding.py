"""Decoding: demuxer and decoder, from a file to frames in their place in time, and on to 16 kHz samples.

A header's length, a file's name and one packet prove nothing. What can be decoded is heard, at its time; a recording
fails where nothing can be, and where much of it is known to be missing.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import av
from av.stream import Discard, Disposition

from airflow_provider_symbl.local_server.speech import media_formats
from airflow_provider_symbl.local_server.speech.file_parts import FilePart, heal, links
from airflow_provider_symbl.local_server.speech.media_clock import LONGEST_SECONDS, MediaClock, TimedFrame
from airflow_provider_symbl.local_server.speech.resampling import Resampler
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from airflow_provider_symbl.local_server.speech.resampling import Samples

MOST_CHANNELS = 32
MOST_TRACKS = 16
"""Tracks that are tried, one after the other, until anything is said."""
LOWEST_RATE = 100
"""Samples a second. Nobody could be understood at so few; at fewer still, a small file would last for hours."""
HIGHEST_RATE = 768_000
LEAST_SHARE = 0.005
"""Of a recording's samples, those that a number of channels must have: a damaged frame may claim any."""
MOST_MISSING = 1.0
"""Seconds by which the beginning of the last packet may lie before the one that an index tells of."""
MOST_ERRORS = 100
"""Errors of the demuxer, without a packet between them, after which it has come to the end of what it can find."""
ZERO_BASED = (media_formats.MP4, "matroska,webm", "flac", "flv", "asf")
"""Containers whose own time begins at 0; in others, it begins with the stream that begins first."""
STAMPED = (*ZERO_BASED, "ogg", "avi", "mpegts", "mpeg")
"""Containers that say when each packet begins; of others, the demuxer counts as if nothing changed on the way."""
LATE_HEADERS = ("mpegts", "mpeg", "flv")
"""Containers that tell of a track only where it begins."""
BUFFER = 256 * 1024
SIGN_OF_LIFE = 600
"""Seconds of sound that are measured between two signs of life."""

OPTIONS = {"format_whitelist": ",".join(media_formats.DEMUXERS)}
LOOK_FAR = {"probesize": str(256 * 1024**2), "analyzeduration": str(3600 * av.time_base)}

EMPTY = "The recording is empty: there is nothing in the file"
WRONG_FORMAT = "The recording has the wrong format: got {kind}; allowed: {read}"
UNREADABLE = "The recording is damaged: it begins like {kind} file, but the rest of its header cannot be read"
DAMAGED = "The recording is damaged: its format is {kind}, but none of its sound can be decoded"
CUT_OFF = "The recording is cut off: its sound ends after {reached:.0f} of {expected:.0f} seconds"
NO_TRACK = "The recording has no sound track"
NO_SOUND = "The recording holds no sound: not one sample could be decoded"
NO_CODEC = "The recording has the wrong format: its container is {kind}, but the coding of its sound is not known here"
NOT_MP4 = "A video must be an MP4, but this is {kind}"
TOO_LONG = f"The recording is longer than {LONGEST_SECONDS // 3600} hours, the most allowed"
CHANNELS = f"The recording has the wrong number of channels: got {{count}}; allowed: 1 to {MOST_CHANNELS}"
SAMPLE_RATE = (
    f"The recording has the wrong sample rate: got {{rate}} a second; allowed: {LOWEST_RATE:,} to {HIGHEST_RATE:,}"
)


@dataclass
class Track:
    """A sound track of a recording, over all its links.

    :param path: the recording.
    :param links: where each of its links begins and ends.
    :param ordinal: which of the sound tracks it is, from 0.
    """

    path: Path
    links: list[tuple[int, int]]
    ordinal: int
    seconds: float = 0.0
    """How long it is, once it is measured."""
    channels: int = 0
    """The most that it has at a time, once it is measured."""
    problem: str = field(default=NO_SOUND, init=False)
    """Why nothing of it can be heard, if that is so."""

    def measure(self, report: Callable[[], None]) -> None:
        """Decode all of it once: only that tells how long it is.

        :param report: is called now and then, as a sign of life.
        :raises JobFailureError: it is longer than allowed, or much of it is missing.
        """
        clock, told = MediaClock(), 0.0
        heard: Counter[int] = Counter()
        for timed in self._frames(clock):
            if timed.frame is not None:
                heard[timed.frame.layout.nb_channels] += timed.frame.samples
            if round(clock.position, 3) > LONGEST_SECONDS:
                raise JobFailureError(TOO_LONG)
            if clock.position - told > SIGN_OF_LIFE:
                told = clock.position
                report()
        least = sum(heard.values()) * LEAST_SHARE
        self.channels = max((channels for channels, samples in heard.items() if samples >= least), default=0)
        self.seconds = clock.position if heard else 0.0

    def blocks(self) -> Iterator[Samples]:
        """Decode it, once it is measured.

        :return: blocks of shape (channels, samples).
        """
        resampler = Resampler(self.channels)
        for timed in self._frames(MediaClock()):
            yield from resampler.convert(timed)
        yield from resampler.flush()

    def _frames(self, clock: MediaClock) -> Iterator[TimedFrame]:
        for start, end in self.links:
            with contextlib.ExitStack() as stack:
                try:
                    container = stack.enter_context(_opened(self.path, start, end))
                    tracks = container.streams.audio
                    track = tracks[min(self.ordinal, len(tracks) - 1)]
                except (JobFailureError, IndexError):
                    continue  # of what was appended, this is no recording
                clock.restart()
                yield from self._link_frames(container, track, clock)

    def _link_frames(self, container: InputContainer, track: AudioStream, clock: MediaClock) -> Iterator[TimedFrame]:
        origin, is_stamped = _origin(container), container.format.name in STAMPED
        reached = missing = 0.0
        for packet in _packets(container, track):
            reached = max(reached, _seconds(packet.pts, track))
            try:
                frames = packet.decode()
            except av.FFmpegError as error:  # as players do, leave it out: the rest can still be heard
                reason = NO_CODEC if isinstance(error, av.DecoderNotFoundError) else DAMAGED
                self.problem = reason.format(kind=_format(container))
                missing += _seconds(packet.duration, track)
                continue
            for frame in self._fit(frames):
                origin = frame.time if origin is None else origin
                stamp = None if frame.time is None or origin is None else frame.time - origin
                for timed in clock.place(frame, stamp if is_stamped else clock.elapsed + missing):
                    missing = 0.0 if is_stamped or timed.follows_gap else missing
                    yield timed
        yield from clock.release()
        if silence := clock.end(clock.elapsed + missing):
            yield silence
        _check_whole(container, track, reached)

    def _fit(self, frames: Iterable[av.AudioFrame]) -> Iterator[av.AudioFrame]:
        for frame in frames:
            if problem := _unfit(frame):
                self.problem = problem
            elif frame.samples:
                yield frame


def tracks(path: Path, *, only_mp4: bool) -> list[Track]:
    """List the sound tracks of a recording in the order in which they are to be tried: the default ones first.

    :param path: the recording.
    :param only_mp4: whether any other container is refused.
    :return: at least one.
    :raises JobFailureError: it cannot be read, or has no sound track.
    """
    found = links(path)
    if not found:
        raise JobFailureError(EMPTY)
    with _first_opened(path, found) as container:
        if only_mp4 and container.format.name != media_formats.MP4:
            raise JobFailureError(NOT_MP4.format(kind=_format(container)))
        streams = container.streams.audio
        if not streams:
            raise JobFailureError(NO_TRACK)
        ranked = sorted(range(len(streams)), key=lambda ordinal: _rank(streams[ordinal]))
        return [Track(path, found, ordinal) for ordinal in ranked[:MOST_TRACKS]]


def _rank(track: AudioStream) -> tuple[bool, bool]:
    """Put comments and descriptions last, and default tracks first."""
    aside = Disposition.comment | Disposition.visual_impaired | Disposition.dependent
    return bool(track.disposition & aside), not track.disposition & Disposition.default


@contextlib.contextmanager
def _first_opened(path: Path, found: list[tuple[int, int]]) -> Iterator[InputContainer]:
    """Open the first link that can be read.

    :raises JobFailureError: none can; says why the first one cannot.
    """
    problems = []
    for start, end in found:
        with contextlib.ExitStack() as stack:
            try:
                container = stack.enter_context(_opened(path, start, end))
            except JobFailureError as error:
                problems.append(error)
                continue
            yield container
            return
    raise problems[0]


@contextlib.contextmanager
def _opened(path: Path, start: int, end: int) -> Iterator[InputContainer]:
    """Open one link of a file.

    :raises JobFailureError: it cannot be read.
    """
    with path.open("rb") as file:
        part = FilePart(file, start, end)
        heal(part)
        try:
            container = _open(part)
        except (av.FFmpegError, ValueError) as error:
            raise JobFailureError(_refusal(part)) from error
        with container:
            yield container


def _open(part: FilePart) -> InputContainer:
    container = av.open(part, "r", metadata_errors="ignore", options=OPTIONS, buffer_size=BUFFER)
    if not container.streams.audio and container.format.name in LATE_HEADERS:
        container.close()
        part.seek(0)
        container = av.open(part, "r", metadata_errors="ignore", options=OPTIONS | LOOK_FAR, buffer_size=BUFFER)
    return container


def _refusal(part: FilePart) -> str:
    if kind := media_formats.kind(part):
        return UNREADABLE.format(kind=kind)
    kind = media_formats.other_kind(part) or "none that its first bytes tell"
    return WRONG_FORMAT.format(kind=kind, read=media_formats.READ)


def _packets(container: InputContainer, track: AudioStream) -> Iterator[av.Packet[AudioStream]]:
    """Demux a track; after an error the demuxer looks for the next packet, and the last packet flushes the decoder."""
    for stream in container.streams:
        stream.discard = Discard.default if stream.index == track.index else Discard.all
    errors = 0
    while errors < MOST_ERRORS:
        try:
            for packet in container.demux(track):
                errors = 0
                yield packet
        except av.FFmpegError:
            errors += 1
        except IndexError:  # PyAV's, after the last packet: a track began that the header did not tell of
            break
        else:
            break


def _origin(container: InputContainer) -> float | None:
    """Say at which of its timestamps, in seconds, a container begins; None for that of the first frame."""
    if container.format.name in ZERO_BASED:
        return 0.0
    start = cast("int | None", container.start_time)  # PyAV's stubs do not know of None
    return None if start is None else start / av.time_base


def _unfit(frame: av.AudioFrame) -> str | None:
    if not LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE:
        return SAMPLE_RATE.format(rate=frame.sample_rate)
    channels = frame.layout.nb_channels
    return None if 1 <= channels <= MOST_CHANNELS else CHANNELS.format(count=channels)


def _check_whole(container: InputContainer, track: AudioStream, reached: float) -> None:
    """Refuse an MP4 whose index tells of more sound than is there; of other containers, the length is a guess."""
    if container.format.name != media_formats.MP4 or not track.index_entries:
        return
    expected = _seconds(track.index_entries[-1].timestamp, track)
    if reached < expected - MOST_MISSING:
        raise JobFailureError(CUT_OFF.format(reached=reached, expected=expected))


def _seconds(ticks: int | None, track: AudioStream) -> float:
    return float((ticks or 0) * (track.time_base or 0))


def _format(container: InputContainer) -> str:
    return container.format.name.partition(",")[0]
