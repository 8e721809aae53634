"""Media clock: where each decoded frame lies in time, by the recording's own timestamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av

LONGEST_SECONDS = 4 * 3600
TOLERANCE = 0.1
"""Seconds by which timestamps may run ahead of the sound before that is a gap; FFmpeg's ``aresample`` has the same."""
RESET = 1.0
"""Seconds by which they may fall behind before the clock was set anew, as where two streams were joined."""


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

    No sound is dropped: what is stamped before the end of what was there already follows it. A stamp that leads beyond
    the longest recording is no time, and the sound goes on where it was.
    """

    def __init__(self) -> None:
        self.position = 0.0
        """Seconds from the recording's beginning to the end of all that was there so far."""
        self._shift = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of what was there so far, as the timestamps count."""
        return self.position - self._shift

    def place(self, frame: av.AudioFrame, moment: float | None) -> TimedFrame:
        """Put a frame in its place.

        :param frame: the frame.
        :param moment: its timestamp, in seconds; None if it has none.
        """
        is_gap = moment is not None and self._skip(moment)
        timed = TimedFrame(self.position, is_gap, frame)
        self.position += frame.samples / frame.sample_rate
        return timed

    def end(self, moment: float) -> TimedFrame | None:
        """Give the silence that nothing follows, if there is any.

        :param moment: the timestamp of its end, in seconds.
        """
        return TimedFrame(self.position, follows_gap=True, frame=None) if self._skip(moment) else None

    def restart(self) -> None:
        """Begin a recording that was appended: its timestamps count from here."""
        self._shift = self.position

    def _skip(self, moment: float) -> bool:
        """Move on to a timestamp, if it lies far enough ahead."""
        lead = moment + self._shift - self.position
        if lead < -RESET or self.position + lead > LONGEST_SECONDS:
            self._shift -= lead
        elif lead > TOLERANCE:
            self.position += lead
            return True
        return False
