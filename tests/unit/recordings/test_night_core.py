"""The night's core by itself: what it asks for, event by event, with a clock that the test moves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import pytest

from airflow_provider_symbl.recordings import night_pass
from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.core.job_tracking import LOOKS, MOST_FAILED_LOOKS
from airflow_provider_symbl.recordings.core.night_core import NightCore
from airflow_provider_symbl.recordings.facts import (
    Answer,
    Attempt,
    Claim,
    Closed,
    Done,
    Inspection,
    Night,
    RecordingFile,
)
from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex
from airflow_provider_symbl.recordings.night_settings import WITHOUT_JOB, NightSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.recordings.outcomes import Row

NIGHT = Night("nightly", "tonight", "process")
BEGUN = 1_700_000_000.0
POLL_INTERVAL = 1.0

Asked = TypeVar("Asked", bound=actions.Action)


class PlannedNight:
    """A core with recordings that are planned, and the moment at which it is told events.

    :param recordings: how many are new.
    :param attempts: open ones of further contents, by key, whose files are not listed any more.
    :param closed: what is closed of these.
    """

    def __init__(
        self,
        recordings: int = 0,
        attempts: dict[str, list[Attempt]] | None = None,
        closed: dict[str, Closed] | None = None,
        **settings: object,
    ) -> None:
        self.now = BEGUN
        self.rows: list[Row] = []
        self.sends: list[actions.Send] = []
        made = NightSettings(
            night=NIGHT,
            is_first_night_meant=True,
            poll_interval=POLL_INTERVAL,
            **{"cap": 50, **settings},  # type: ignore[arg-type]  # as each test gives them
        )
        self.core = NightCore(made, lambda _: {"a"}, self.rows.append)
        files = [RecordingFile(f"{name}.wav", "", 8000, "1", BEGUN, is_settled=True) for name in range(recordings)]
        self.tell(events.Started())
        self.tell(events.FactsRead(attempts or {}, ClosedIndex(NIGHT), {}, {}))
        self.tell(events.Listed(files, is_last=True))
        for place, file in enumerate(files):
            self.tell(events.Inspected(file, Inspection("audio", f"{place:032x}", f"{place:064x}", 1.0, options="a")))
        self.asked = self.tell(events.ClosedFound(closed or {}))
        """What is asked for once all is planned."""

    def tell(self, event: events.Event) -> list[actions.Action]:
        """Tell an event, and return what is asked for; claims and looks before a submission are granted at once."""
        asked = self.core.step(event, self.now)
        self.sends += of_kind(asked, actions.Send)
        for action in [*asked]:
            if isinstance(action, actions.MakeClaim):
                asked += self.tell(events.Claimed(action.key, "won"))
            elif isinstance(action, actions.Relook):
                asked += self.tell(events.Relooked(action.claimed, {}))
        return asked

    def wait(self, seconds: float) -> list[actions.Action]:
        """Let time pass, and return what is asked for."""
        self.now += seconds
        return self.tell(events.Tick())

    def submissions(self) -> list[actions.Send]:
        """Return the submissions that were asked for since the last time."""
        sends, self.sends = self.sends, []
        return sends

    def answer(self, send: actions.Send, outcome: str = "made") -> list[actions.Action]:
        """Tell what came of a submission."""
        answer = Answer(NIGHT, self.now, f"c{send.key[-2:]}", f"j{send.key[-2:]}") if outcome != "unknown" else None
        done = None
        if outcome == "superseded":
            done = Done(NIGHT, self.now, "replaced", note="replaced while it was sent")
        return self.tell(events.Sent(send.key, outcome, answer, done))  # type: ignore[arg-type]  # as each test gives it


def of_kind(asked: Sequence[actions.Action], kind: type[Asked]) -> list[Asked]:
    """Return what is asked for of one kind."""
    return [action for action in asked if isinstance(action, kind)]


def claim_of(path: str = "0.wav") -> Claim:
    """Return a claim of tonight."""
    return Claim(
        path=path,
        version="00",
        size=8000,
        duration=1.0,
        minutes=1.0,
        kind="audio",
        options="a",
        night=NIGHT,
        at=BEGUN - 60,
        ends=BEGUN + 540,
    )


def look(night: PlannedNight) -> actions.Reconcile:
    """Return the look for lost answers that is asked for, however long that takes."""
    for _ in range(100):
        due = night.core.next_due()
        assert due is not None
        if looks := of_kind(night.wait(max(0.0, due - night.now)), actions.Reconcile):
            return looks[0]
    raise AssertionError("no look is asked for")


def test_a_look_that_failed_tells_nothing_of_a_lost_answer() -> None:
    """Symbl did not list its conversations, so as many looks as ever are left."""
    night = PlannedNight(recordings=1)
    (send,) = night.submissions()
    asked = night.answer(send, "unknown")
    looks = 0
    for _ in range(3):
        reconcile = of_kind(asked, actions.Reconcile)[0] if of_kind(asked, actions.Reconcile) else look(night)
        asked = night.tell(events.Reconciled([send.key], {}, "503"))
    while not night.core.is_over and looks < 50:
        reconcile = of_kind(asked, actions.Reconcile)[0] if of_kind(asked, actions.Reconcile) else look(night)
        assert reconcile.claims[0][0] == send.key
        looks += 1
        asked = night.tell(events.Reconciled([send.key], {}))
        if of_kind(asked, actions.Compact):
            break
    assert looks == len(LOOKS)


def test_a_symbl_that_never_lists_its_conversations_does_not_keep_a_night_from_its_end() -> None:
    """The answer is then left to another night."""
    night = PlannedNight(recordings=1)
    (send,) = night.submissions()
    asked = night.answer(send, "unknown")
    looks = 0
    while not of_kind(asked, actions.Compact):
        if not of_kind(asked, actions.Reconcile):
            look(night)
        looks += 1
        asked = night.tell(events.Reconciled([send.key], {}, "503"))
    assert looks == MOST_FAILED_LOOKS


def test_a_night_that_is_cut_short_while_answers_are_looked_for_ends() -> None:
    """One look is under way, and another answer waits for the next one: it gets that, and then all is over."""
    night = PlannedNight(recordings=2)
    first, second = night.submissions()
    assert of_kind(night.answer(first, "unknown"), actions.Reconcile)
    assert not of_kind(night.answer(second, "unknown"), actions.Reconcile)
    night.tell(events.Stop("stopped"))
    asked = night.tell(events.Reconciled([first.key], {}))
    assert [claims[0] for claims in of_kind(asked, actions.Reconcile)[0].claims] == [second.key]
    assert of_kind(night.tell(events.Reconciled([second.key], {})), actions.Compact)


def test_a_night_that_defers_goes_on_when_a_lost_answer_is_looked_for_next() -> None:
    """Also where no job runs whose end would wake it: nothing else would, for a day."""
    night = PlannedNight(recordings=1, deferrable=True)
    (send,) = night.submissions()
    asked = night.answer(send, "unknown")
    looked = BEGUN
    while not of_kind(asked, actions.Compact):
        if not of_kind(asked, actions.Reconcile):
            look(night)
        looked = night.now
        asked = night.tell(events.Reconciled([send.key], {}))
    night.tell(events.Compacted())
    assert night.core.deferral is not None
    assert night.core.deferral.jobs == ()
    assert night.core.deferral.wake_at == looked + LOOKS[2]


def test_only_a_conversation_that_landed_is_deleted() -> None:
    """A later attempt of the same content was lost, and has none."""
    landed = Closed(
        key="0" * 32,
        attempts=1,
        used=1,
        reason="",
        message="",
        is_final=False,
        options="a",
        night=NIGHT,
        at=BEGUN - 90,
        versions=("00",),
        paths=("0.wav",),
        is_deleted=True,
    )
    lost = Attempt(2, claim_of(), Answer(NIGHT, BEGUN - 10, not_made="lost"))
    night = PlannedNight(attempts={landed.key: [lost]}, closed={landed.key: landed}, delete_after=True)
    assert not of_kind(night.asked, actions.Delete)
    assert of_kind(night.asked, actions.Compact)


def test_a_job_of_what_was_replaced_while_it_was_sent_takes_a_place() -> None:
    """Nobody asks for it, and it runs all the same: until it should be over, one job fewer is sent."""
    night = PlannedNight(recordings=2, cap=1)
    (send,) = night.submissions()
    assert not of_kind(night.answer(send, "superseded"), actions.MakeClaim)
    assert not of_kind(night.wait(WITHOUT_JOB - 1), actions.MakeClaim)
    assert night.core.next_due() == BEGUN + WITHOUT_JOB
    assert of_kind(night.wait(1), actions.MakeClaim)


@pytest.mark.parametrize("seconds", [4.0, 10.0, 61.0])
def test_jobs_are_asked_for_when_earlier_ones_were_about_to_end(seconds: float) -> None:
    """The more of them have told how long they take, the sooner it is seen that one has ended."""
    night = PlannedNight(recordings=3, cap=1)
    late = []
    for _ in range(3):
        (send,) = night.submissions()
        ends = night.now + seconds
        night.answer(send)
        polls = 0
        while True:
            due = night.core.next_due()
            assert due is not None
            (poll,) = of_kind(night.wait(due - night.now), actions.Poll)
            polls += 1
            is_over = night.now >= ends
            night.tell(events.Polled(poll.key, "completed" if is_over else "running"))
            if is_over:
                break
        late.append(night.now - ends)
        night.tell(events.Tick())
        night.tell(events.Landed(send.key, Done(NIGHT, night.now)))
        assert polls < 20
    assert late[0] <= seconds / 2 + POLL_INTERVAL
    assert late[1] <= max(seconds / 20, 1.1 * POLL_INTERVAL)
    assert late[2] <= 1.1 * POLL_INTERVAL


def test_whoever_sets_the_clock_of_the_machine_does_not_set_that_of_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a claim would end too late, or be judged too early."""

    class Client:
        @staticmethod
        def symbl_time() -> float:
            return BEGUN

    clock = night_pass.clock_of(Client())  # type: ignore[arg-type]  # it can tell the time
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    assert BEGUN <= clock() < BEGUN + 60
