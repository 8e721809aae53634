"""What the core keeps of one content while a night works on it, and of all of them together."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, assert_never

from airflow_provider_symbl.recordings.core.standing import standing_of
from airflow_provider_symbl.recordings.night_settings import FOREIGN_GRACE, WITHOUT_JOB, billed_minutes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.recordings.core.standing import Standing
    from airflow_provider_symbl.recordings.facts import Attempt, Closed, Done, Inspection, RecordingFile
    from airflow_provider_symbl.recordings.night_settings import NightSettings
    from airflow_provider_symbl.recordings.outcomes import Held


@dataclass(slots=True)
class Track:
    """One content on its way.

    :param key: of the content.
    :param file: by which it is sent; None where no listed file has this content any more.
    :param inspection: None where its job was made by an earlier night, and nobody had to look into the file.
    :param seen: when this version of the file was first seen.
    :param attempts: its open attempts, as they were read, and as this night goes on with them.
    :param closed: what is closed of it.
    :param is_redriven: whether ``redrive`` gives it one attempt more.
    :param is_rerendered: whether ``redrive`` asks for its results again.
    :param is_landed_before: whether it had landed before this pass began.
    """

    key: str
    file: RecordingFile | None
    inspection: Inspection | None = None
    seen: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    closed: Closed | None = None
    is_redriven: bool = False
    is_rerendered: bool = False
    is_landed_before: bool = False
    activity: str = ""
    """What is under way for it, such as a poll; empty where nothing is."""
    held: Held | None = None
    began: float | None = None
    """When this pass began to send it; None where an earlier one did."""
    cuts: int = 0
    """How often in a row its submission could not be taken."""
    looks: int = 0
    """How often its lost answer was looked for."""
    failed_looks: int = 0
    """How often that could not be done."""
    polls: int = 0
    ran_at: float = 0.0
    """Seconds after its submission at which its job was last seen running."""
    failures: int = 0
    """How often its results could not be landed."""
    messages_seen: tuple[str, int] = ("", 0)
    """What a conversation whose job is not known held, and in how many reads in a row."""
    completed: float | None = None
    """When its job was seen completed."""
    failure: Done | None = None
    """How it failed, which is yet to be written down."""

    @property
    def path(self) -> str:
        """Where it lies, or lay when it was sent."""
        if self.file is not None:
            return self.file.path
        claims = [attempt.claim.path for attempt in self.attempts if attempt.claim is not None]
        return claims[-1] if claims else self.key

    @property
    def options(self) -> str:
        """The digest of the parameters that it would be sent with; where nobody looked, of its last attempt."""
        if self.inspection is not None:
            return self.inspection.options
        claims = [attempt.claim.options for attempt in self.attempts if attempt.claim is not None]
        return claims[-1] if claims else self.closed.options if self.closed is not None else ""

    @property
    def minutes(self) -> float:
        """What a submission of it is paid for."""
        if self.file is None or self.inspection is None:
            return 0.0
        return billed_minutes(self.file.size, self.inspection)

    @property
    def last(self) -> Attempt:
        """The attempt that it is about."""
        return self.attempts[-1]

    def standing(self, max_attempts: int) -> Standing:
        """Return how it stands.

        :param max_attempts: how many attempts it has.
        """
        return standing_of(self.attempts, self.closed, self.options, max_attempts, is_redriven=self.is_redriven)

    def note(self, **facts: object) -> None:
        """Take facts of its last attempt that are written down.

        :param facts: answer, done or is_deleted.
        """
        self.attempts[-1] = replace(self.last, **facts)  # type: ignore[arg-type]  # these are fields of an attempt


class Due(NamedTuple):
    """Something that is to be done from a moment on; the serial number keeps the order of equal moments."""

    moment: float
    serial: int
    what: str
    key: str


class Board:
    """All contents of a night, by what is due for each.

    :param settings: what the night keeps to.
    """

    def __init__(self, settings: NightSettings) -> None:
        self.settings = settings
        self.tracks: dict[str, Track] = {}
        self.to_send: deque[str] = deque()
        """Keys that wait for their submission, in order."""
        self.running: set[str] = set()
        """Keys whose job Symbl works on, as far as anybody knows."""
        self.unanswered: set[str] = set()
        """Keys of earlier claims without an answer, whose jobs may run; until they were looked for once."""
        self.unfollowed: set[str] = set()
        """Keys with a job that was paid for in vain, and that nobody asks for; until it should be over."""
        self.busy: set[str] = set()
        """Keys for which an action is under way."""
        self.agenda: list[Due] = []
        """What is due, and when; a heap."""
        self._serial = 0

    def plan(self, moment: float, what: str, key: str) -> None:
        """Have something done from a moment on.

        :param moment: when.
        :param what: which action.
        :param key: for which content.
        """
        self._serial += 1
        heapq.heappush(self.agenda, Due(moment, self._serial, what, key))

    def next_due(self) -> float | None:
        """Return the moment of what is due first; None where nothing is."""
        return self.agenda[0].moment if self.agenda else None

    def take_due(self, now: float) -> Due | None:
        """Return what is due, and forget it; None where nothing is.

        :param now: the moment.
        """
        return heapq.heappop(self.agenda) if self.agenda and self.agenda[0].moment <= now else None

    def drop(self, *what: str) -> None:
        """Forget all that is due of some kinds.

        :param what: the kinds.
        """
        self.agenda = [due for due in self.agenda if due.what not in what]
        heapq.heapify(self.agenda)

    def hasten(self, what: str, moments: Mapping[str, float]) -> None:
        """Have something that is due later done from an earlier moment on.

        :param what: which action.
        :param moments: the moment by key; where it is due sooner, that stays.
        """
        self.agenda = [
            due._replace(moment=min(due.moment, moments.get(due.key, due.moment))) if due.what == what else due
            for due in self.agenda
        ]
        heapq.heapify(self.agenda)

    def begin(self, track: Track, activity: str) -> None:
        """Note that an action is under way for a content.

        :param track: the content.
        :param activity: which action.
        """
        track.activity = activity
        self.busy.add(track.key)

    def end(self, key: str) -> Track:
        """Note that the action of a content is over, and return the content.

        :param key: of the content.
        """
        track = self.tracks[key]
        track.activity = ""
        self.busy.discard(key)
        return track

    def advance(self, track: Track, now: float) -> None:
        """Put a content where its facts say that it belongs.

        :param track: the content, for which nothing is under way.
        :param now: the moment.
        """
        key = track.key
        self.running.discard(key)
        self._count_unfollowed(track, now)
        if track.held is not None:
            return
        standing = track.standing(self.settings.max_attempts)
        attempt = standing.attempt
        match standing.state:
            case "send":
                self._to_send(track)
            case "unanswered":
                if not track.looks:
                    self.unanswered.add(key)
                self.plan(now, "reconcile", key)
            case "running":
                self.running.add(key)
                moment, what = self._first_poll(track, now)
                self.plan(moment, what, key)
            case "refused" | "failed":
                # Of a failure that is not written down yet, such as a last answer that was lost.
                if attempt is not None and attempt.done is None:
                    self.plan(now, "finish", key)
            case "landed":
                self._after_landing(track, attempt, now)
            case _:
                assert_never(standing.state)

    def _count_unfollowed(self, track: Track, now: float) -> None:
        done = track.last.done if track.attempts else None
        if done is not None and done.note and now < done.at + WITHOUT_JOB:
            self.unfollowed.add(track.key)
            self.plan(done.at + WITHOUT_JOB, "forget", track.key)

    def _after_landing(self, track: Track, attempt: Attempt | None, now: float) -> None:
        # A later attempt whose answer was lost has no conversation.
        is_deletable = attempt is not None and attempt.is_landed and not attempt.is_deleted
        if is_deletable and self.settings.delete_after:
            self.plan(now, "delete", track.key)
        elif track.is_rerendered:
            self.plan(now, "rerender", track.key)

    def _to_send(self, track: Track) -> None:
        if track.file is None:
            # What would be sent is not there any more.
            return
        if track.inspection is None:
            self.plan(0.0, "inspect", track.key)
        else:
            self.to_send.append(track.key)

    def _first_poll(self, track: Track, now: float) -> tuple[float, str]:
        """Return when a job is polled first: at once where an earlier pass made it, unless another night still may."""
        answer, claim = track.last.answer, track.last.claim
        if answer is None or track.began is not None:
            return now + self.settings.poll_interval, "poll"
        last_fact = max(answer.at, claim.at if claim is not None else 0.0) + FOREIGN_GRACE
        is_foreign = answer.night != self.settings.night and now < last_fact
        return (last_fact, "adopt") if is_foreign else (now, "poll")
