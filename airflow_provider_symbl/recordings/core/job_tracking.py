"""The part of the core that follows what was sent: lost answers, polls, results, failures, deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.core.pace import Pace
from airflow_provider_symbl.recordings.core.standing import LOST
from airflow_provider_symbl.recordings.facts import Done
from airflow_provider_symbl.recordings.night_settings import NEVER_ENDED, SEND_GRACE, WITHOUT_JOB
from airflow_provider_symbl.recordings.outcomes import Held

if TYPE_CHECKING:
    from airflow_provider_symbl.recordings.core.tracks import Board, Due, Track

MOST_FAILURES = 5
"""Attempts in a row to land a conversation."""
STABLE_READS = 3
"""Reads in a row that find the same messages, where there is no job to ask for."""
MOST_READS = 10
"""Reads of a conversation without a job in one pass, after which its age counts."""
LOOKS = (2.0, 10.0, 45.0, 120.0)
"""Seconds after which a lost answer is looked for again: Symbl may not show a conversation at once."""
MOST_FAILED_LOOKS = 10
"""Looks at Symbl that failed, after which a lost answer is left to another night: they tell nothing of it."""
ALL_SEVEN_DAYS = "its job has not ended within seven days"


class Jobs:
    """Follows what was sent until it has landed, or failed.

    :param board: all contents.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._settings = board.settings
        self._unanswered: set[str] = set()
        self._is_reconciling = False
        self._pace = Pace(board.settings.poll_interval, board.settings.max_poll_interval)
        self.trouble = ""
        """Why results cannot be written, which is no recording's fault."""

    @property
    def is_quiet(self) -> bool:
        """Whether no lost answer is being looked for."""
        return not self._unanswered and not self._is_reconciling

    def carry_out(self, due: Due, now: float) -> actions.Action | None:
        """Return the action for something that is due; None where it waits for others of its kind.

        :param due: poll, land, finish, delete, rerender or reconcile, of a content.
        :param now: the moment.
        """
        track = self._board.tracks[due.key]
        if due.what == "reconcile":
            self._unanswered.add(due.key)
            self._board.begin(track, due.what)
            return None
        action = self._action(track, due.what, now)
        if action is not None:
            self._board.begin(track, due.what)
        return action

    def _action(self, track: Track, what: str, now: float) -> actions.Action | None:
        answer = track.last.answer if track.attempts else None
        action: actions.Action | None = None
        if what in {"poll", "adopt"} and answer is not None:
            features = track.last.claim.features if track.last.claim is not None else ()
            action = actions.Poll(track.key, answer, features)
        elif what == "land":
            action = actions.Land(track.key, track.last, track.path, track.completed or now)
        elif what == "delete" and answer is not None:
            action = actions.Delete(track.key, track.last.number, str(answer.conversation_id))
        elif what == "rerender" and track.closed is not None:
            action = actions.Rerender(track.key, track.closed, track.path)
        elif what == "finish":
            action = actions.Finish(track.key, track.last.number, track.failure or self._failure_of(track, now))
        return action

    def reconcile(self, now: float) -> actions.Action | None:
        """Return the one look at Symbl for all answers that are missing; None where none is, or one is under way.

        :param now: the moment.
        """
        if not self._unanswered or self._is_reconciling:
            return None
        self._is_reconciling = True
        tracks = [self._board.tracks[key] for key in sorted(self._unanswered)]
        self._unanswered.clear()
        claims = [(track.key, track.last.number, self._begins(track)) for track in tracks]
        return actions.Reconcile(claims, frozenset(track.key for track in tracks if now >= self.judged_from(track)))

    def on_reconciled(self, event: events.Reconciled, now: float) -> None:
        """Take what was found of unanswered claims.

        :param event: the event.
        :param now: the moment.
        """
        self._is_reconciling = False
        has_failed = bool(event.message)
        for key in event.asked:
            track = self._board.end(key)
            if key in event.answers:
                self._board.unanswered.discard(key)
                track.note(answer=event.answers[key])
                self._board.advance(track, now)
                continue
            before = track.failed_looks if has_failed else track.looks
            if has_failed:
                track.failed_looks += 1
            else:
                track.looks += 1
            if not has_failed or track.failed_looks >= MOST_FAILED_LOOKS:
                self._board.unanswered.discard(key)
            self._board.plan(now + LOOKS[min(before, len(LOOKS) - 1)], "reconcile", key)

    def is_looked_for(self, track: Track) -> bool:
        """Tell whether a lost answer was looked for often enough in this pass; a look that failed tells nothing.

        :param track: a content whose last claim has no answer.
        """
        enough = len(LOOKS) if track.began is not None else 1
        return track.looks >= enough or track.failed_looks >= MOST_FAILED_LOOKS

    def judged_from(self, track: Track) -> float:
        """Return from when on a claim of which nothing is found is lost.

        :param track: a content whose last claim has no answer.
        """
        claim = track.last.claim
        if claim is None:
            # Half-written: nobody knows how large it is.
            return (track.last.claimed or 0.0) + NEVER_ENDED
        return max(claim.ends + SEND_GRACE, claim.at + self._settings.job_timeout)

    def on_polled(self, event: events.Polled, now: float) -> None:
        """Take the state of a job.

        :param event: the event.
        :param now: the moment.
        """
        track = self._board.end(event.key)
        track.polls += 1
        answer = track.last.answer
        age = now - (answer.at if answer is not None else now)
        if answer is not None and answer.job_id is None and age > WITHOUT_JOB:
            self._board.running.discard(event.key)
        is_completed = event.state == "completed" or (event.state == "running" and _has_settled(track, event.seen))
        if is_completed:
            track.completed = now
            self._board.running.discard(event.key)
            self._board.plan(now, "land", event.key)
            if track.began is not None:
                self._learn(track.ran_at, age, now)
        elif event.state in {"failed", "gone"}:
            self._fail(track, Done(self._settings.night, now, "job failed", event.message, completed=now))
        elif age > NEVER_ENDED:
            self._fail(track, Done(self._settings.night, now, "never ended", ALL_SEVEN_DAYS, is_final=True))
        elif event.seen and track.polls < MOST_READS:
            # What it holds has to be seen a few times, however old it is.
            self._board.plan(now + self._settings.poll_interval, "poll", event.key)
        elif age > self._settings.job_timeout:
            self._board.running.discard(event.key)
            track.held = Held("waiting", "overdue", event.message or "its job goes on for longer than job_timeout")
        else:
            track.ran_at = age
            self._board.plan(now + max(event.retry_after or 0.0, self._pause(track, age)), "poll", event.key)

    def on_landed(self, event: events.Landed, now: float) -> None:
        """Take what came of landing.

        :param event: the event.
        :param now: the moment.
        """
        track = self._board.end(event.key)
        if event.done is not None:
            track.is_rerendered = False
            if track.attempts and track.last.done is None:
                track.note(done=event.done)
            self._board.advance(track, now)
            return
        track.failures += 1
        if track.failures < MOST_FAILURES:
            what = "rerender" if track.is_rerendered else "land"
            self._board.plan(now + 2.0**track.failures, what, track.key)
        elif event.is_storage:
            self.trouble = event.message
            track.held = Held("failed", "results", event.message)
        else:
            track.held = Held("waiting", "running", event.message)

    def on_finished(self, event: events.Finished, now: float) -> None:
        """Take that a failure is written down.

        :param event: the event.
        :param now: the moment.
        """
        track = self._board.end(event.key)
        track.note(done=event.done)
        track.failure = None
        track.polls = track.failures = 0
        self._board.advance(track, now)

    def on_deleted(self, event: events.Deleted, _now: float) -> None:
        """Take whether a conversation is deleted; where it is not, the next night tries again.

        :param event: the event.
        """
        track = self._board.end(event.key)
        if event.is_deleted:
            track.note(is_deleted=True)

    def _fail(self, track: Track, done: Done) -> None:
        self._board.running.discard(track.key)
        track.failure = done
        self._board.plan(done.at, "finish", track.key)

    def _failure_of(self, track: Track, now: float) -> Done:
        """Return the failure that the answer to a submission tells, and whose writing was cut off."""
        answer = track.last.answer
        if answer is not None and answer.not_made == "refused":
            return Done(self._settings.night, now, "refused", answer.message, is_final=True)
        return Done(self._settings.night, now, "never ended", LOST)

    def _learn(self, ran: float, age: float, now: float) -> None:
        """Take how long a job took; by the first that tells, each other one is asked for once it is as old."""
        is_first = self._pace.usual is None
        self._pace.on_over(ran, age)
        if is_first:
            tracks = (self._board.tracks[key] for key in self._board.running)
            answers = ((track.key, track.last.answer) for track in tracks if track.attempts)
            moments = {key: max(now, answer.at + age) for key, answer in answers if answer is not None}
            self._board.hasten("poll", moments)

    def _pause(self, track: Track, age: float) -> float:
        """Return the seconds before the next poll; each content has its own share of the pauses."""
        return self._pace.pause(age, int(track.key[-2:], 16) / 0x100)

    @staticmethod
    def _begins(track: Track) -> float:
        """Return from when on the conversation of its last attempt may have begun."""
        claim = track.last.claim
        return (track.last.claimed or 0.0) if claim is None else min(claim.at, claim.since or claim.at)


def _has_settled(track: Track, seen: str) -> bool:
    """Tell whether a conversation whose job is not known holds what it held in the reads before."""
    if not seen:
        return False
    before, reads = track.messages_seen
    track.messages_seen = (seen, reads + 1 if seen == before else 1)
    return track.messages_seen[1] >= STABLE_READS
