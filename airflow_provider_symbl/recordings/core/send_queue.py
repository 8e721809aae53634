"""The part of the core that sends: within the limits of account, budget and time, each attempt under its claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.client.polling import features_asked
from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.core.concurrency_limit import ConcurrencyLimit
from airflow_provider_symbl.recordings.facts import Attempt, Claim
from airflow_provider_symbl.recordings.ledger.closed_index import union
from airflow_provider_symbl.recordings.night_settings import send_time
from airflow_provider_symbl.recordings.outcomes import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.recordings.core.tracks import Board, Track

GROWTH = 1.5
MOST_CUTS = 5
"""Submissions of a recording in a row that could not be taken, after which it waits for another night."""
UNREACHABLE_AFTER = 20
"""The same of all recordings, after which the night sends nothing more."""


class Submissions:
    """Sends what waits to be sent.

    :param board: all contents.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._settings = board.settings
        self._limit = ConcurrencyLimit(board.settings.cap)
        self._claimed: dict[str, int] = {}
        self._is_relooking = False
        self._late: list[str] = []
        self._held: set[str] = set()
        self._under_way: set[str] = set()
        self._paused_until = 0.0
        self._refusals = 0
        self._cuts_in_a_row = 0
        self.minutes = 0.0
        """That this night pays for, over all its tries."""
        self.stopped: Held | None = None
        """Why nothing more is sent; None while something may be."""
        self.is_leaving = False
        """Whether this pass sends nothing more, and another one will."""
        self.trouble = ""
        """Why Symbl takes nothing, where that is no recording's fault."""

    @property
    def is_quiet(self) -> bool:
        """Whether no submission is under way."""
        return not self._under_way and not self._claimed and not self._is_relooking

    @property
    def next_due(self) -> float | None:
        """When the account may have room again; None where nothing waits for that."""
        is_waiting = self._board.to_send and not self._is_closed and self._has_room()
        return self._paused_until if is_waiting else None

    def enough(self, jobs: int) -> int:
        """Return how many of some jobs have to be over before it is worth sending more, or landing them.

        :param jobs: how many there are.
        """
        if not self._board.to_send or self.stopped is not None:
            return jobs
        limit = self._limit.now
        return min(jobs, max(1, limit // 2 - (limit - len(self._board.running))))

    @property
    def _is_closed(self) -> bool:
        return self.is_leaving or self.stopped is not None

    def pump(self, now: float) -> Iterator[actions.Action]:
        """Yield what is to be done now.

        :param now: the moment.
        """
        if self.stopped is not None:
            yield from self.releases()
        while not self._is_closed and self._board.to_send and self._has_room() and now >= self._paused_until:
            track = self._board.tracks[self._board.to_send.popleft()]
            if (action := self._claim(track, now)) is not None:
                yield action
        for key in self._late:
            track = self._board.tracks[key]
            self._board.begin(track, "withdraw")
            yield actions.Withdraw(key, track.last.number)
        self._late.clear()
        if self._claimed and not self._is_relooking:
            self._is_relooking = True
            claimed, self._claimed = self._claimed, {}
            yield actions.Relook(claimed)

    def send(self, track: Track, now: float) -> actions.Action | None:
        """Return the submission of a content that is claimed, or its release where its time is over.

        :param track: the content.
        :param now: the moment.
        """
        claim, file, inspection = track.last.claim, track.file, track.inspection
        self._held.discard(track.key)
        if claim is None or file is None or inspection is None:
            return None
        self._board.begin(track, "send")
        if self._is_closed or track.cuts >= MOST_CUTS or self._is_over(claim, now):
            return actions.Release(track.key, track.last.number, "cut")
        if now < self._paused_until:
            self._hold(track, self._paused_until)
            return None
        track.began = now
        return actions.Send(track.key, track.last.number, file, inspection, claim)

    def on_claimed(self, event: events.Claimed, _now: float) -> None:
        """Take whether an attempt is ours.

        :param event: the event.
        """
        track = self._board.end(event.key)
        if event.outcome == "won":
            self._claimed[event.key] = track.last.number
            return
        self._under_way.discard(event.key)
        track.attempts.pop()
        track.held = {
            "lost": Held("waiting", "elsewhere", event.message),
            "gone": Held("skipped", "gone"),
            "changed": Held("waiting", "not settled", "it was changed since it was listed"),
            "error": Held("waiting", "fact that cannot be read", event.message),
        }[event.outcome]

    def on_relooked(self, event: events.Relooked, now: float) -> None:
        """Take which claims came too late; the others are sent under.

        :param event: the event.
        :param now: the moment.
        """
        self._is_relooking = False
        if event.is_paused:
            self.stopped = self.stopped or Held("waiting", "paused", "a file named pause lies in the ledger")
        for key, closed in event.closed.items():
            if (track := self._board.tracks.get(key)) is not None:
                track.closed = union([track.closed, closed]) if track.closed is not None else closed
        for key, number in event.claimed.items():
            if self._comes_too_late(key, number):
                self._late.append(key)
            else:
                self._hold(self._board.tracks[key], now)

    def on_withdrawn(self, event: events.Withdrawn, now: float) -> None:
        """Take that a claim is taken back.

        :param event: the event.
        :param now: the moment.
        """
        track = self._board.end(event.key)
        self._under_way.discard(event.key)
        track.attempts.pop()
        self._board.advance(track, now)

    def _comes_too_late(self, key: str, number: int) -> bool:
        """Tell whether the number of a claim was used and closed, or what it is for has landed meanwhile."""
        track = self._board.tracks[key]
        if track.closed is None:
            return False
        return track.closed.attempts >= number or (track.closed.is_landed and not track.is_redriven)

    def on_sent(self, event: events.Sent, now: float) -> None:
        """Take what came of a submission.

        :param event: the event.
        :param now: the moment.
        """
        track = self._board.end(event.key)
        if event.answer is not None:
            track.note(answer=event.answer, done=event.done)
        if event.outcome in {"made", "refused", "superseded", "late"}:
            # Symbl answers, so whatever comes next is no outage.
            self._cuts_in_a_row = track.cuts = 0
            track.is_redriven = False
        if event.outcome in {"full", "cut", "stopped"}:
            self._on_not_taken(track, event, now)
            return
        self._under_way.discard(event.key)
        if event.outcome in {"made", "superseded", "unknown"}:
            # What may be paid for counts, so that the budget holds whatever comes to light.
            self.minutes += track.minutes
        if event.outcome in {"made", "superseded"}:
            self._limit.on_taken()
            self._refusals, self._paused_until = 0, 0.0
        if event.outcome == "superseded":
            track.held = Held("waiting", "not settled", event.message)
        elif event.outcome == "gone":
            track.held = Held("skipped", "gone")
        elif event.outcome == "released" and track.cuts >= MOST_CUTS:
            track.held = Held("waiting", "unreachable", event.message)
        self._board.advance(track, now)

    def _on_not_taken(self, track: Track, event: events.Sent, now: float) -> None:
        pause = 2.0 ** (track.cuts + 1)
        if event.outcome == "full":
            self._limit.on_full(track.began or now, now)
            self._refusals += 1
            longest = self._settings.max_poll_interval
            backoff = min(self._settings.poll_interval * GROWTH ** min(self._refusals - 1, 50), longest)
            pause = max(event.retry_after or 0.0, backoff)
            self._paused_until = max(self._paused_until, now + pause)
        else:
            track.cuts += 1
            self._cuts_in_a_row += 1
            if event.outcome == "stopped" or self._cuts_in_a_row >= UNREACHABLE_AFTER:
                self.trouble = event.message
                self.stopped = Held("waiting", "unreachable", event.message)
        self._hold(track, now + pause)

    def _hold(self, track: Track, until: float) -> None:
        """Keep a claim under which nothing was made, to send under it later."""
        self._board.end(track.key)
        self._held.add(track.key)
        self._board.plan(until, "send", track.key)

    def _has_room(self) -> bool:
        """Tell whether one more job would be within the limit; what is being sent, or may have been, counts too."""
        board = self._board
        taken = len(board.running) + len(board.unanswered) + len(board.unfollowed) + len(self._under_way)
        return taken < self._limit.now

    def _claim(self, track: Track, now: float) -> actions.Action | None:
        """Return the claim of the next attempt; None where it has to wait."""
        file, inspection, settings = track.file, track.inspection, self._settings
        if file is None or inspection is None:
            return None
        standing = track.standing(settings.max_attempts)
        if standing.state != "send":
            # Another night has closed it meanwhile.
            self._board.advance(track, now)
            return None
        if not file.is_settled and now < track.seen + settings.settle_seconds:
            self._board.plan(track.seen + settings.settle_seconds, "settled", track.key)
            return None
        if self._is_beyond_budget(track, self.minutes + self._minutes_under_way()):
            return None
        claim = Claim(
            path=file.path,
            version=file.digest.hex(),
            size=file.size,
            duration=inspection.duration,
            minutes=track.minutes,
            kind=inspection.kind,
            options=inspection.options,
            night=settings.night,
            at=now,
            ends=now + send_time(file.size),
            redrive=standing.is_redrive,
            sha256=inspection.sha256,
            since=inspection.starts,
            features=tuple(features_asked(inspection.parameters.get("features"))),
        )
        track.attempts.append(Attempt(standing.number, claim))
        track.looks = track.failed_looks = track.polls = track.cuts = 0
        track.messages_seen, track.completed, track.ran_at = ("", 0), None, 0.0
        self._under_way.add(track.key)
        self._board.begin(track, "claim")
        return actions.MakeClaim(track.key, standing.number, file, claim)

    @staticmethod
    def _is_over(claim: Claim, now: float) -> bool:
        """Tell whether nothing may leave under a claim any more."""
        return now >= claim.ends

    def plan_budget(self) -> None:
        """Hold what would be beyond the budget, in the order in which it would be sent."""
        minutes = self.minutes
        for track in (self._board.tracks[key] for key in self._board.to_send):
            if not self._is_beyond_budget(track, minutes):
                minutes += track.minutes

    def _is_beyond_budget(self, track: Track, minutes: float) -> bool:
        """Tell whether a content would be beyond the budget, and hold it then."""
        most = self._settings.max_minutes
        if most is None or minutes + track.minutes <= most:
            return False
        track.held = Held("waiting", "budget", f"{most:g} minutes a night")
        return True

    def _minutes_under_way(self) -> float:
        return sum(self._board.tracks[key].minutes for key in self._under_way)

    def releases(self) -> Iterator[actions.Action]:
        """Yield the end of the claims under which nothing was made, since this pass sends nothing more."""
        for key in sorted(self._held):
            track = self._board.tracks[key]
            self._board.begin(track, "send")
            yield actions.Release(key, track.last.number, "cut")
        self._held.clear()
        self._board.drop("send")
