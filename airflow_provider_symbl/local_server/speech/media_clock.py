"""Media clock: where each decoded frame lies in time, by the recording's own timestamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import av

LONGEST_SECONDS = 4 * 3600
TOLERANCE = 0.1
"""Seconds by which timestamps may run ahead of the sound before that is a gap; FFmpeg's ``aresample`` has the same."""
RESET = 1.0
"""Seconds by which they may fall behind before the clock was set anew, as where two streams were joined."""

LEAP = 2.0
"""Seconds of a gap that is believed only when the timestamps after it go on from there: one alone may be damaged."""
PROBATION = 5.0
"""Seconds of sound that must do so."""


@dataclass(frozen=True)
class TimedFrame:
    """A decoded frame in its place.

    :param start: seconds from the recording's beginning.
    :param follows_gap: whether silence lies between it and the one before it.
    :param frame: None for silence that nothing follows.
    """

    start: float
    follows_gap: bool
    frame: av.AudioFrame | None


class MediaClock:
    """Puts each frame in its place; what lies between two is silence: a late start, a pause, a packet that was lost.

    No sound is dropped: what is stamped before the end of what was there already follows it. A timestamp is no time
    that leads beyond the longest recording, or so far ahead that those after it go back: the sound goes on as it was.
    """

    def __init__(self) -> None:
        self.position = 0.0
        """Seconds from the recording's beginning to the end of all that was there so far."""
        self._shift = 0.0
        self._held: list[tuple[av.AudioFrame, float | None]] = []
        self._held_seconds = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of what was there so far, as the timestamps count."""
        return self.position - self._shift

    def place(self, frame: av.AudioFrame, moment: float | None) -> Iterator[TimedFrame]:
        """Put a frame in its place, and those before it that had to wait for it.

        :param frame: the frame.
        :param moment: its timestamp, in seconds; None if it has none.
        """
        if self._goes_back(moment):
            self._held = [(held, None) for held, _ in self._held]
            yield from self.release()
        if self._held or (moment is not None and moment - self.elapsed > LEAP):
            self._held.append((frame, moment))
            self._held_seconds += frame.samples / frame.sample_rate
            if self._held_seconds > PROBATION:
                yield from self.release()
        else:
            yield self._placed(frame, moment)

    def release(self) -> Iterator[TimedFrame]:
        """Put the frames in their place that waited for others."""
        held, self._held, self._held_seconds = self._held, [], 0.0
        for frame, moment in held:
            yield self._placed(frame, moment)

    def end(self, moment: float) -> TimedFrame | None:
        """Give the silence that nothing follows, if there is any; no frame may be waiting.

        :param moment: the timestamp of its end, in seconds.
        """
        return TimedFrame(self.position, follows_gap=True, frame=None) if self._skip(moment) else None

    def restart(self) -> None:
        """Begin a recording that was appended: its timestamps count from here."""
        self._shift = self.position

    def _goes_back(self, moment: float | None) -> bool:
        first = self._held[0][1] if self._held else None
        return moment is not None and first is not None and moment < first - RESET

    def _placed(self, frame: av.AudioFrame, moment: float | None) -> TimedFrame:
        is_gap = moment is not None and self._skip(moment)
        timed = TimedFrame(self.position, is_gap, frame)
        self.position += frame.samples / frame.sample_rate
        return timed

    def _skip(self, moment: float) -> bool:
        """Move on to a timestamp, if it lies far enough ahead."""
        lead = moment - self.elapsed
        if lead < -RESET or self.position + lead > LONGEST_SECONDS:
            self._shift -= lead
        elif lead > TOLERANCE:
            self.position += lead
            return True
        return False
