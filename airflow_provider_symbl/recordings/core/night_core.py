"""The night's core: a state machine that is told events and asks for actions.

It knows no clock, threads, random numbers, storage and network: each event comes with its moment, and the same events
give the same actions. It is our own, since workflow engines (Temporal, DBOS) keep such a state in a service or database
of their own, which a provider cannot ask for. Here the ledger is the state, and all of this may be lost at any moment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.core.job_tracking import Jobs
from airflow_provider_symbl.recordings.core.planning import Planning
from airflow_provider_symbl.recordings.core.send_queue import Submissions
from airflow_provider_symbl.recordings.core.standing import standing_of
from airflow_provider_symbl.recordings.core.tracks import Board
from airflow_provider_symbl.recordings.facts import Unfit
from airflow_provider_symbl.recordings.night_settings import FIRST_NIGHT_LIMIT
from airflow_provider_symbl.recordings.outcomes import Held

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from airflow_provider_symbl.recordings.core.tracks import Due, Track
    from airflow_provider_symbl.recordings.facts import RecordingFile
    from airflow_provider_symbl.recordings.night_settings import NightSettings
    from airflow_provider_symbl.recordings.outcomes import Row

CUT_SHORT = frozenset(("finish_by", "unreachable", "dry run", "first night", "stopped"))
"""Why a pass ends at once; where it is only paused, what runs is followed to its end."""
WORTH_DEFERRING = 15.0
"""Seconds of waiting below which a deferral costs more than it frees."""
ORDERS: dict[str, Callable[[Track], tuple[float, str]]] = {
    "oldest": lambda track: (_modified(track), track.path),
    "newest": lambda track: (-_modified(track), track.path),
    "shortest": lambda track: (track.minutes, track.path),
    "name": lambda track: (0.0, track.path),
}
"""In which order recordings are sent."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """What a trigger is to wait for.

    :param jobs: job's and conversation's id of each, and when it was submitted, in seconds since the epoch.
    :param enough: how many of them have to be over before it is worth going on.
    :param wake_at: when to go on whatever they do, the same; None for never.
    """

    jobs: tuple[tuple[str, str, float], ...]
    enough: int
    wake_at: float | None


class NightCore:
    """Decides what a night does next.

    :param settings: what it keeps to.
    :param options_of: gives the digests that the parameters for a file could have now.
    :param on_known: takes the row of each file that is over since an earlier night or try.
    """

    def __init__(
        self,
        settings: NightSettings,
        options_of: Callable[[RecordingFile], Collection[str]],
        on_known: Callable[[Row], None],
    ) -> None:
        self.settings = settings
        self.finish_by = settings.finish_by
        """The same by the clock that the core is told the time by, which may not be this machine's."""
        self._is_ledger_unused = False
        self.planning = Planning(settings, options_of, on_known)
        self.board = Board(settings)
        self.submissions = Submissions(self.board)
        self.jobs = Jobs(self.board)
        self.is_over = False
        self.deferral: Deferral | None = None
        """What to wait for, where the night is over for this process only."""
        self.refusal = ""
        """Why nothing may be sent: one sentence for a person, who has to decide."""
        self._is_planned = False
        self._is_compacting = False
        self._closed: Collection[str] = ()

    def step(self, event: events.Event, now: float) -> list[actions.Action]:
        """Take an event, and return what is to be done.

        :param event: what has happened.
        :param now: the moment, in seconds since the epoch.
        """
        wanted = self._take(event, now)
        if self._is_planned and not self.is_over and not self._is_compacting:
            wanted.extend(self._pump(now))
        return wanted

    def next_due(self) -> float | None:
        """Return when the core is to be told the time, if nothing happens before; None for never."""
        if self._is_compacting or self._is_cut_short:
            # Nothing is begun any more: only what is under way is waited for.
            return None
        finish_by = self.finish_by if self._is_planned else None
        moments = (self.board.next_due(), self.submissions.next_due, finish_by)
        return min((moment for moment in moments if moment is not None), default=None)

    def progress(self) -> str:
        """Return one line about how far the night is."""
        if not self._is_planned:
            return f"{self.planning.found} recordings listed, looking into those that are new"
        tracks = self.board.tracks.values()
        done = [track.last.done for track in tracks if track.attempts and track.last.done is not None]
        landed = sum(one.is_landed for one in done)
        return (
            f"{landed} landed, {len(done) - landed} attempts failed, {len(self.board.running)} run, "
            f"{len(self.board.to_send)} wait to be sent; {len(tracks)} contents, {self.planning.found} recordings"
        )

    def _take(self, event: events.Event, now: float) -> list[actions.Action]:
        planning = self.planning
        match event:
            case events.Started():
                return [actions.ReadFacts()]
            case events.FactsRead():
                # Not whether it was made just now: a night that was refused, or only planned, has made it.
                self._is_ledger_unused = event.is_unused
                if event.is_paused:
                    self._stop(Held("waiting", "paused", "a file named pause lies in the ledger"))
                return planning.on_facts(event)
            case events.Listed():
                return planning.on_listed(event, now)
            case events.Inspected() if not self._is_planned:
                return planning.on_inspected(event, now)
            case events.ClosedFound():
                self._begin(planning.on_closed(event), now)
            case events.Compacted():
                self._end()
            case events.Stop():
                self._stop(Held("waiting", event.reason, event.message))
            case events.Tick():
                pass
            case _:
                self._take_progress(event, now)
        return []

    def _take_progress(self, event: events.Event, now: float) -> None:
        """Take what came of an action of a night that is planned."""
        take: dict[type, Callable[[Any, float], None]] = {
            events.Inspected: self._on_inspected_again,
            events.Claimed: self.submissions.on_claimed,
            events.Relooked: self.submissions.on_relooked,
            events.Withdrawn: self.submissions.on_withdrawn,
            events.Sent: self.submissions.on_sent,
            events.Reconciled: self.jobs.on_reconciled,
            events.Polled: self.jobs.on_polled,
            events.Landed: self.jobs.on_landed,
            events.Finished: self.jobs.on_finished,
            events.Deleted: self.jobs.on_deleted,
        }
        take[type(event)](event, now)

    def _stop(self, held: Held) -> None:
        self.submissions.stopped = self.submissions.stopped or held

    def _begin(self, tracks: dict[str, Track], now: float) -> None:
        """Begin to send: all that was listed is held against all that is known."""
        self._is_planned = True
        self.board.tracks = tracks
        self.submissions.minutes = self.planning.minutes_paid()
        listed = sorted((one for one in tracks.values() if one.file is not None), key=ORDERS[self.settings.order])
        for track in listed:
            self.board.advance(track, now)
        if self.settings.is_dry_run:
            self._stop(Held("waiting", "dry run"))
            self.submissions.plan_budget()
            return
        self.refusal = self._why_not_meant()
        if self.refusal:
            self._stop(Held("waiting", "first night"))
        for track in tracks.values():
            if track.file is None:
                self.board.advance(track, now)

    def expected_seconds(self) -> float | None:
        """Return how long a dry run's night would take from its first submission on, by the jobs of earlier nights.

        None where none of them tells. The account's cap binds: so many jobs at once, and each place goes to the next
        job when one is seen over. Jobs that run already have places, too.
        """
        usual = self.planning.usual_job_seconds
        waiting = sum(self.board.tracks[key].held is None for key in self.board.to_send)
        if usual is None or not waiting:
            return usual and 0.0
        return usual * math.ceil((waiting + len(self.board.running)) / self.settings.cap)

    def _why_not_meant(self) -> str:
        """Return why the first night of a ledger is not begun; empty where it may be."""
        waiting = [self.board.tracks[key] for key in self.board.to_send]
        is_meant = self.settings.is_first_night_meant or len(waiting) <= FIRST_NIGHT_LIMIT
        if not self._is_ledger_unused or is_meant:
            return ""
        minutes = sum(track.minutes for track in waiting)
        price = self.settings.price_per_minute
        cost = "" if price is None else f", {minutes * price:.2f} at {price:g} a minute"
        return (
            f"first_night: the ledger is empty, and {len(waiting)} recordings ({minutes:.0f} minutes{cost}) would be"
            " sent and paid for; nothing was sent. Name an older ledger in ledger, if there is one; else give"
            " first_night today's date"
        )

    def _on_inspected_again(self, event: events.Inspected, now: float) -> None:
        """Take what is in a file whose earlier attempt has failed, so that it may be sent once more."""
        found = event.found
        track = next(one for one in self.board.tracks.values() if one.file == event.file)
        self.board.end(track.key)
        if found is None:
            track.held = Held("skipped", "gone")
        elif isinstance(found, Unfit):
            track.held = Held("failed", found.reason, found.message)
        elif found.key != track.key:
            track.held = Held("waiting", "not settled", "it has changed since it was sent")
        else:
            track.inspection, track.seen = found, now
            self.board.advance(track, now)

    def _pump(self, now: float) -> Iterator[actions.Action]:
        """Yield all that is to be done now; where nothing is, and nothing will be, close this pass."""
        if self.finish_by is not None and now >= self.finish_by and not self._is_cut_short:
            self.submissions.stopped = Held("waiting", "finish_by")
        while not self._is_cut_short and (due := self.board.take_due(now)) is not None:
            if (action := self._carry_out(due, now)) is not None:
                yield action
        yield from self.submissions.pump(now)
        # Also where the night is cut short: what waits for the look that is under way counts as under way itself.
        if (action := self.jobs.reconcile(now)) is not None:
            yield action
        if self.board.busy or not self.submissions.is_quiet or not self.jobs.is_quiet:
            return
        if self._is_cut_short or not self._has_more(now):
            yield self._close()
        elif self.settings.deferrable and self._is_worth_deferring(now):
            self.submissions.is_leaving = True
            yield from self.submissions.releases()
            if not self.board.busy:
                self.deferral = self._deferral(now)
                yield self._close()

    @property
    def _is_cut_short(self) -> bool:
        """Whether nothing is begun any more, and what runs is left to another night."""
        stopped = self.submissions.stopped
        return stopped is not None and stopped.reason in CUT_SHORT

    def _carry_out(self, due: Due, now: float) -> actions.Action | None:
        track = self.board.tracks[due.key]
        match due.what:
            case "send":
                return self.submissions.send(track, now)
            case "settled":
                self.board.advance(track, now)
                return None
            case "forget":
                self.board.unfollowed.discard(due.key)
                return None
            case "inspect":
                if self.submissions.stopped is not None or track.file is None:
                    return None
                self.board.begin(track, "inspect")
                return actions.Inspect(track.file)
            case _:
                return self.jobs.carry_out(due, now)

    def _has_more(self, now: float) -> bool:
        """Tell whether anything is left for this night to do or to wait for.

        Jobs that another night still looks after are left to it, and so are answers that were looked for in vain.
        """
        if self.board.to_send and self.submissions.stopped is None:
            return True
        return any(self._is_waited_for(due, now) for due in self.board.agenda)

    def _is_waited_for(self, due: Due, now: float) -> bool:
        if due.what == "adopt":
            return due.moment <= now
        if due.what == "forget":
            return False
        return due.what != "reconcile" or not self.jobs.is_looked_for(self.board.tracks[due.key])

    def _is_worth_deferring(self, now: float) -> bool:
        soon = [due.moment for due in self.board.agenda if due.what != "poll" and self._is_waited_for(due, now)]
        if self.submissions.next_due is not None:
            soon.append(self.submissions.next_due)
        return min(soon, default=now + WORTH_DEFERRING) >= now + WORTH_DEFERRING

    def _deferral(self, now: float) -> Deferral:
        board = self.board
        keys = sorted({due.key for due in board.agenda if due.what == "poll"})
        answers = [answer for key in keys if (answer := board.tracks[key].last.answer) is not None]
        jobs = tuple((one.job_id, str(one.conversation_id), one.at) for one in answers if one.job_id is not None)
        moments = [
            due.moment
            for due in board.agenda
            if due.what != "poll" and (due.what != "reconcile" or self._is_waited_for(due, now))
        ]
        moments += [moment for moment in (self.submissions.next_due, self.finish_by) if moment is not None]
        if len(jobs) < len(answers):
            # Of a job whose id was lost only this side can tell the end.
            moments.append(now + self.settings.max_poll_interval)
        return Deferral(jobs, self.submissions.enough(len(jobs)), min(moments, default=None))

    def _close(self) -> actions.Action:
        """Return the end of this pass: what is over is closed in the ledger; where nothing may be sent, nothing is."""
        self._is_compacting = True
        if self.settings.is_dry_run or self.refusal:
            return actions.Compact({}, ())
        over = {key: track.attempts for key, track in self.board.tracks.items() if self._is_compacted(track)}
        self._closed = over.keys()
        return actions.Compact(over, self.planning.extra)

    def _end(self) -> None:
        """Note that this pass is over; what became of what is closed, the ledger tells."""
        self.is_over = True
        for track in map(self.board.tracks.__getitem__, self._closed):
            # Where nobody has looked into the file, only they tell its options.
            if track.inspection is not None:
                track.attempts.clear()

    def _is_compacted(self, track: Track) -> bool:
        done = track.last.done if track.attempts else None
        if done is None or (track.closed is not None and track.closed.attempts >= track.last.number):
            return False
        if done.is_landed:
            return track.last.is_deleted or not self.settings.delete_after
        standing = standing_of(track.attempts, track.closed, track.options, self.settings.max_attempts)
        return standing.state == "failed" or track.file is None


def _modified(track: Track) -> float:
    return (track.file.modified if track.file is not None else None) or 0.0
