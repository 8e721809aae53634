"""Runs seeded histories of nights, one action after the other, and judges what came of them.

The core, the loop, the ledger, the landing and the rows are the real ones. Which action takes effect next, how long it
takes, and where a process is killed, the seed decides; so a seed that fails fails again, alone.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.core.night_core import NightCore
from airflow_provider_symbl.recordings.facts import Night
from airflow_provider_symbl.recordings.landing import Landing
from airflow_provider_symbl.recordings.ledger.ledger import Ledger
from airflow_provider_symbl.recordings.ledger.ledger_store import InMemoryLedgerStore, StoredFile
from airflow_provider_symbl.recordings.night_settings import NightSettings
from airflow_provider_symbl.recordings.outcomes import REASONS
from airflow_provider_symbl.recordings.performer.performer import Performer
from airflow_provider_symbl.recordings.runner import loop_of, rows_of
from tests.support.night.world import START, Clock, Files, KilledError, Symbl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_symbl.recordings.outcomes import Row

DAY = 24 * 3600.0
HOUR = 3600.0
CLOCK_ERRORS = {True: (-200.0, 0.0, 200.0), False: (-5.0, 0.0, 5.0)}
"""Seconds by which the clock of a process may be wrong, whether recordings lie in an object store, or not.

By the first, two clocks differ by less than is waited for a claim's end; by the second, by less than what is left of
the time that a file has to settle. Nobody puts it forward or back while the process lives: it is Symbl's, and goes on
by a clock that nobody sets.
"""
COPIED = 0.2
"""Below this, a number of chance makes a new file empty, of another kind, or the copy of another."""
GROWING = 50.0
"""Seconds within which a file that is being written becomes whole: less than a night has it settle."""


class KillableStore(InMemoryLedgerStore):
    """A ledger's store in which the process that calls may be killed before or after any call takes effect.

    :param clock: of the world.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.calls_left: float = float("inf")

    def call(self) -> None:
        """Be killed, if it is time."""
        self.calls_left -= 1
        if self.calls_left <= 0:
            self.calls_left = float("inf")
            raise KilledError

    def list(self, prefix: str) -> list[StoredFile]:
        """Return what is there."""
        self.call()
        return super().list(prefix)

    def read(self, name: str) -> bytes:
        """Return what a file holds."""
        self.call()
        return super().read(name)

    def create(self, name: str, content: bytes) -> bool:
        """Create a file, or be killed before or after."""
        self.call()
        created = super().create(name, content)
        self.call()
        return created

    def delete(self, name: str) -> None:
        """Delete a file."""
        self.call()
        super().delete(name)


class Results:
    """The folder of results, in memory.

    :param store: whoever is killed at the store's calls is killed at writes of results, too.
    """

    def __init__(self, store: KillableStore) -> None:
        self.files: dict[str, bytes] = {}
        self._store = store

    def open_folder(self, name: str) -> _ResultFolder:
        """Return the folder of a recording."""
        return _ResultFolder(self.files, name, self._store)


@dataclass
class _ResultFolder:
    files: dict[str, bytes]
    name: str
    store: KillableStore

    def uri(self, name: str) -> str:
        return f"memory://results/{self.name}/{name}"

    def check(self) -> None:
        pass

    def write(self, name: str, content: bytes) -> None:
        self.store.call()
        self.files[f"{self.name}/{name}"] = content

    def read(self, name: str) -> bytes:
        try:
            return self.files[f"{self.name}/{name}"]
        except KeyError:
            raise FileNotFoundError(name) from None


@dataclass
class Plan:
    """What a history is made of.

    :param seed: decides everything.
    :param nights: how many, at most.
    :param recordings: how many at the beginning, at most.
    """

    seed: int
    nights: int = 3
    recordings: int = 20


@dataclass
class Report:
    """What a history came to.

    :param problems: what must never be, one sentence each.
    :param outcomes: how often each outcome and reason was told.
    """

    problems: list[str] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    paid: int = 0
    kills: int = 0


class Task:
    """One process of a night's task.

    :param world: that it runs in.
    :param night: whose it is.
    """

    def __init__(self, world: World, night: Night, **settings: Any) -> None:
        self.world = world
        self.night = night
        self.known: list[Row] = []
        self.is_dead = False
        """Whether it takes no step any more."""
        self.has_ended = False
        self.serial = 0
        self.clock_error = world.clock_error()
        ledger = world.ledger(self.clock)
        ledger.open()
        made = NightSettings(night=night, **{**world.settings, **settings})
        self.core = NightCore(made, lambda _: {world.options}, self.known.append)
        self.performer = Performer(
            settings=made,
            ledger=ledger,
            source=world.files,  # type: ignore[arg-type]  # it can do what a source can
            inspect=lambda file: world.files.inspect(file, world.options),
            sender=world.symbl,  # type: ignore[arg-type]  # it can do what a client can
            reader=world.symbl,  # type: ignore[arg-type]  # the same
            landing=Landing(world.results.open_folder, ("messages",), ("json",), is_read_back=made.delete_after),
            clock=self.clock,
        )
        self.loop = loop_of(self.core, self.clock)
        self.take(None)

    def clock(self) -> float:
        """Return seconds since the epoch as this process sees it."""
        return self.world.clock.now + self.clock_error

    def take(self, event: events.Event | None) -> None:
        """Hand an event, or the time, to the loop, and plan what it asks for."""
        self.serial += 1
        try:
            wanted, due = self.loop.send(event)
        except StopIteration:
            self.is_dead = self.has_ended = True
            return
        for action in wanted:
            self.world.plan(self.world.delay(isinstance(action, actions.Send)), self._effect, action)
        if due is not None:
            self.world.plan(max(0.0, due - self.clock()), self._tick, self.serial)

    def _tick(self, serial: int) -> None:
        if serial == self.serial:
            self.take(None)

    def _effect(self, action: actions.Action) -> None:
        self._go_on(self.performer.perform(action))

    def _go_on(self, steps: Iterator[events.Event]) -> None:
        """Take the next step of an action; the event reaches the loop a little later, and the action goes on after."""
        event = next(steps, None)
        if event is not None:
            # Between the steps of a submission a process stands still rather than elsewhere: there it hurts.
            until_told = self.world.delay()
            self.world.plan(until_told, self.take, event)
            stands_still = self.world.delay(is_slow=isinstance(event, events.Tick))
            self.world.plan(until_told + stands_still, self._go_on, steps)

    def rows(self) -> list[Row]:
        """Return the report's rows."""
        return [*rows_of(self.core, self.performer.ledger, self.known, self.clock())]  # type: ignore[arg-type]  # a list is iterated alike


class World:
    """One history.

    :param plan: what it is made of.
    """

    def __init__(self, plan: Plan) -> None:
        self.chance = chance = random.Random(plan.seed)  # noqa: S311 - decides histories, guards nothing
        self.clock = Clock()
        self.store = KillableStore(self.clock)
        self.results = Results(self.store)
        self.files = Files(self.clock, is_object_store=chance.random() < 0.5)
        self.options = "a"
        self.option_changes = 0
        self.named: set[str] = set()
        """Conversations that the ledger names as paid for in vain."""
        self.zombies: list[Task] = []
        self.had_zombies = False
        self.at_work: Task | None = None
        self.minutes: defaultdict[Night, float] = defaultdict(float)
        """What each night has paid for."""
        self.parts: set[str] = set()
        """Digests of files that were listed while they were written, if at all: none of them may be sent."""
        self.is_alone = True
        """Whether one process alone works, so that cap and budget are its own doing."""
        self.is_calm = False
        self.cap = chance.choice([1, 2, 5, 50])
        is_calm = chance.random() < 0.2
        kinds = ("unreachable", "full", "lost_before", "lost_after", "job", "read", "token")
        faults = {} if is_calm else {kind: chance.choice([0.0, 0.0, 0.05, 0.2]) for kind in kinds}
        self.symbl = Symbl(self.clock, chance, chance.choice([self.cap, self.cap + 3, max(1, self.cap - 1)]), faults)
        self.settings: dict[str, Any] = {
            "cap": self.cap,
            "max_attempts": 3,
            "settle_seconds": 60.0,
            "job_timeout": HOUR,
            "is_first_night_meant": True,
            "delete_after": chance.random() < 0.2,
            "max_minutes": chance.choice([None, None, 2.0]),
            "deferrable": False,
        }
        self.slowness = chance.choice([0.0, 0.0, 0.02])
        self.symbl.on_sold = self._judge_cap
        if chance.random() < 0.15:
            # Sometimes, Symbl shows what it has made only hours later.
            self.symbl.shown_after = 3 * HOUR
        self.report = Report()
        self.last_rows: dict[str, Row] = {}
        self._agenda: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._serial = itertools.count()
        self._ids = itertools.count()
        self._names = itertools.count()
        self.plan_of_history = plan
        for _ in range(chance.randint(0, plan.recordings)):
            self._new_file()

    def ledger(self, clock: Callable[[], float] | None = None) -> Ledger:
        """Return the ledger, as a process opens it, with the clock that it sees."""
        return Ledger(
            self.store,
            "https://api.symbl.ai",
            "app",
            new_id=lambda: f"{next(self._ids):016x}",
            clock=clock or self.clock,
        )

    def clock_error(self) -> float:
        """Return by how many seconds the clock of a process is wrong."""
        return 0.0 if self.is_calm else self.chance.choice(CLOCK_ERRORS[self.files.is_object_store])

    def plan(self, seconds: float, what: Callable[..., None], *about: Any) -> None:
        """Have something happen after some seconds."""
        heapq.heappush(self._agenda, (self.clock.now + seconds, next(self._serial), what, about))

    def delay(self, is_slow: bool = False) -> float:  # noqa: FBT001, FBT002 - of a submission
        """Return how long a step takes; now and then a process stands still, above all around submissions."""
        if self.chance.random() < self.slowness * (10 if is_slow else 1):
            return self.chance.uniform(0.0, 5 * HOUR)
        return self.chance.expovariate(1.0 if is_slow else 20.0)

    # The history.

    def run(self) -> Report:
        """Run all nights, and one calm one at the end; return what must never be."""
        plan = self.plan_of_history
        nights = self.chance.randint(1, plan.nights)
        for number in range(nights):
            self.clock.now = max(self.clock.now, START + number * DAY)
            self._night(number)
            self._meddle()
        for zombie in self.zombies:
            zombie.is_dead = True
        self.zombies.clear()
        # Three calm nights, each after all that could still be open has become old.
        self.is_calm = True
        self.symbl.faults_ever, self.symbl.faults = self.symbl.faults, {}
        self.symbl.shown_after = 0.0 if not self.symbl.shown_after else 1.0
        self.slowness = 0.0
        self.settings["max_minutes"] = None
        self.store.calls_left = float("inf")
        self.symbl.cap = max(self.symbl.cap, self.cap)
        for number in range(nights, nights + 3):
            self.clock.now = max(self.clock.now, START + number * DAY)
            self._run([Night("nightly", f"run {number}", "night")])
        self._judge()
        return self.report

    def _night(self, number: int) -> None:
        nights = [Night("nightly", f"run {number}", "night")]
        if self.chance.random() < 0.25:
            nights.append(Night("other", f"run {number}", "night"))
        tries = self.chance.choice([1, 1, 2, 4])
        for remaining in range(tries, 0, -1):
            is_killed = remaining > 1
            self.store.calls_left = self.chance.randint(1, 300) if is_killed else float("inf")
            self._run(nights, seconds=self.chance.choice([None, 30.0, 600.0]) if is_killed else None)
            self.clock.now += self.chance.choice([1.0, 300.0, 2 * HOUR])

    def _run(self, nights: list[Night], seconds: float | None = None) -> None:
        """Run one process for each night until all are over, or dead; one that is cut off may live on unseen."""
        tasks: list[Task] = []
        self.is_alone = len(nights) == 1 and not self.zombies
        waiting = [*nights]
        for place, night in enumerate(nights):
            # A second DAG begins at the same time, or while the first one works or stands still.
            self.plan(self.chance.choice([0.0, 60.0, 2 * HOUR]) if place else 0.0, self._start, night, waiting, tasks)
        for _ in range(0 if self.is_calm else self.chance.randint(0, 3)):
            self.plan(self.chance.uniform(0, 300), self._meddle_once)
        # A process that stands still again and again takes days.
        longest = 30 * DAY if self.slowness else 3 * DAY
        end = self.clock.now + (seconds if seconds is not None else longest)
        while self._agenda and (waiting or any(not task.is_dead for task in tasks)) and self._agenda[0][0] <= end:
            moment, _, what, about = heapq.heappop(self._agenda)
            self.clock.now = max(self.clock.now, moment)
            self._do(what, about)
        waiting.clear()
        for task in tasks:
            if task.has_ended:
                self._judge_balance(task)
            elif not task.is_dead:
                self._leave(task, is_stuck=seconds is None)

    def _start(self, night: Night, waiting: list[Night], tasks: list[Task]) -> None:
        if night not in waiting:
            # The run that it was planned in is over.
            return
        waiting.remove(night)
        try:
            tasks.append(Task(self, night))
        except KilledError:
            self.report.kills += 1

    def _do(self, what: Callable[..., None], about: tuple[Any, ...]) -> None:
        owner = getattr(what, "__self__", None)
        if isinstance(owner, Task):
            if owner.is_dead:
                return
            self.at_work = owner
        try:
            what(*about)
        except KilledError:
            self.report.kills += 1
            owner.is_dead = True  # type: ignore[union-attr]  # only a task calls the store

    def _leave(self, task: Task, *, is_stuck: bool) -> None:
        """Kill a task that was cut off, or let it live on beside the next try, as one that Airflow has lost does."""
        if is_stuck:
            self.report.problems.append("a night did not come to its end")
        if not self.is_calm and self.chance.random() < 0.3:
            self.zombies.append(task)
            self.had_zombies = True
        else:
            task.is_dead = True
            self.report.kills += 1

    # What people do.

    def _new_file(self) -> None:
        content = bytes([self.chance.randrange(65, 90)]) * self.chance.randint(1, 60) + b"%d." % next(self._names)
        kind = self.chance.random()
        if kind < 0.05:
            content = b""
        elif kind < 0.1:
            content = b"?" + content
        elif kind < COPIED and self.files.files:
            content = self.chance.choice(list(self.files.files.values())).content
            # The copy of a part is whole.
            self.parts.discard(hashlib.sha256(content).hexdigest())
        path = f"calls/{next(self._names)}.wav"
        is_new = kind >= COPIED
        if is_new and not self.files.is_object_store and not self.is_calm and self.chance.random() < 0.2:
            # An object is there as a whole or not at all; a file grows while it is copied.
            part = content[:-1]
            self.parts.add(hashlib.sha256(part).hexdigest())
            self.files.put(path, part)
            self.plan(self.chance.uniform(0.0, GROWING), self._write_rest, path, part, content, self.clock.now)
        else:
            self.files.put(path, content)
        digest = hashlib.sha256(content).hexdigest()
        if self.chance.random() < 0.03:
            self.symbl.bad_contents.add(digest)
        elif self.chance.random() < 0.03:
            self.symbl.refused_contents.add(digest)

    def _write_rest(self, path: str, part: bytes, content: bytes, begun: float) -> None:
        is_there = path in self.files.files and self.files.files[path].content == part
        if is_there:
            self.files.put(path, content)
        if not is_there or self.clock.now > begun + GROWING:
            # It went on for hours, or stays what it is by another name: a recording like any other.
            self.parts.discard(hashlib.sha256(part).hexdigest())

    def _meddle(self) -> None:
        for _ in range(self.chance.randint(0, 6)):
            self._meddle_once()
        if self.chance.random() < 0.2:
            self.options = self.chance.choice("ab")
            self.option_changes += 1

    def _meddle_once(self) -> None:
        files = self.files.files
        paths = sorted(files)
        what = self.chance.random()
        if what < 0.4 or not paths:
            self._new_file()
            return
        path = self.chance.choice(paths)
        if what < 0.6:
            files[f"calls/renamed-{next(self._names)}.wav"] = files.pop(path)
        elif what < 0.75:
            self.files.put(path, files[path].content + b"more")
        elif what < 0.9:
            self.files.put(path, b"replaced %d." % next(self._names))
        else:
            del files[path]

    # What must never be.

    def _judge_balance(self, task: Task) -> None:
        self.store.calls_left = float("inf")
        rows = task.rows()
        paths = Counter(row.path for row in rows)
        found = task.core.planning.found
        problems = self.report.problems
        problems += [f"{path} has {count} rows" for path, count in paths.items() if count != 1]
        if len(rows) != found:
            problems.append(f"{found} were found, and {len(rows)} have an outcome")
        self.last_rows.update({row.path: row for row in rows})
        for row in rows:
            self.report.outcomes[row.outcome, row.reason] += 1
            if row.reason not in REASONS[row.outcome]:
                problems.append(f"{row.path}: {row.outcome} has no reason {row.reason!r}")

    def _judge(self) -> None:
        problems = self.report.problems
        self.report.paid = len(self.symbl.sold)
        self._judge_payments(problems)
        landed = self._landed()
        for path, file in sorted(self.files.files.items()):
            self._judge_file(path, file.content, landed, problems)

    def _judge_cap(self) -> None:
        running = self.symbl.running()
        if self.at_work is not None:
            night = self.at_work.night
            self.minutes[night] += len(self.symbl.taken) / 60
            budget = self.at_work.core.settings.max_minutes
            if self.is_alone and not self.had_zombies and budget is not None and self.minutes[night] > budget + 1.0:
                self.report.problems.append(f"{self.minutes[night]:.1f} minutes were paid of {budget}")
        if self.is_alone and running > self.cap:
            self.report.problems.append(f"{running} jobs run at once, above the cap of {self.cap}")

    def _judge_payments(self, problems: list[str]) -> None:
        self.named = self._named()
        for content, sold in self.symbl.by_content.items():
            count = sum(not one.has_failed for one in sold)
            ids = [one.id for one in sold]
            # Only where an answer is lost and Symbl shows what it made too late, it is paid twice.
            named = len(self.named & {*ids})
            is_lost = self.symbl.shown_after and not named
            if count > 1 + named and not (is_lost and self.symbl.faults_ever.get("lost_after")):
                problems.append(f"a content was paid for {count} times: {content[:8]}")
        tries = map(len, self.symbl.by_content.values())
        problems += [f"a part of a file was sent: {one.id}" for one in self.symbl.sold if one.content in self.parts]
        problems += [f"a content was sent {count} times" for count in tries if count > 3 * self.option_changes + 3]

    def _named(self) -> set[str]:
        """Return the conversations that the ledger names as paid for in vain, or has under another content.

        The latter are of files that were replaced while they were sent, and whose answers were lost: found again by
        their names, they are taken for what was claimed.
        """
        ledger = self.ledger()
        ledger.open()
        notes, keys = [], {}
        for closed in ledger.closed():
            notes.append(closed.note)
            keys[closed.conversation_id] = closed.key
        for key, attempts in ledger.attempts().items():
            notes += [one.done.note for one in attempts if one.done is not None]
            keys |= {one.answer.conversation_id: key for one in attempts if one.answer is not None}
        contents = {one.id: one.content for one in self.symbl.sold}
        others = {found for found, key in keys.items() if found in contents and not contents[found].startswith(key)}
        return {*re.findall(r"conversation (c\d+)", " ".join(notes)), *others}

    def _landed(self) -> set[str]:
        """Return the digests of all that has landed, as Symbl has heard them."""
        documents = (json.loads(text) for text in self.results.files.values())
        return {message["text"] for document in documents for message in document["messages"]}

    def _judge_file(self, path: str, content: bytes, landed: set[str], problems: list[str]) -> None:
        digest = hashlib.sha256(content).hexdigest()
        if not content or content.startswith(b"?") or digest in self.symbl.refused_contents:
            return
        sold = self.symbl.by_content[digest]
        good = [one for one in sold if not one.has_failed and one.id not in self.named]
        if not good:
            row = self.last_rows.get(path)
            if row is not None and row.reason == "same content":
                row = self.last_rows.get(row.message)
            # An adopted conversation tells no failure of its job, so it is overdue until it is given up after a week.
            is_told = row is not None and (
                (row.outcome in {"failed", "quarantined"} and row.attempts >= 3) or row.reason == "overdue"
            )
            if not is_told:
                problems.append(f"{path} was lost: sent {len(sold)} times, and the last night says {row}")
            return
        if digest not in landed:
            problems.append(f"{path} was paid for, and never landed")


def play(seed: int, nights: int = 3, recordings: int = 20) -> Report:
    """Run one history.

    :param seed: which.
    :param nights: how many at most.
    :param recordings: how many at most, to begin with.
    """
    return World(Plan(seed, nights, recordings)).run()


DAYS_KEPT = 7
"""After so many days a recording is moved away, as people do."""


def play_year(seed: int, nights: int, recordings: int) -> Report:
    """Run one long history: each day new recordings, each night one task that may be killed once.

    :param seed: which.
    :param nights: how many.
    :param recordings: that are new each day.
    """
    world = World(Plan(seed, recordings=0))
    world.cap = world.settings["cap"] = world.symbl.cap = 50
    world.settings |= {"max_minutes": None, "delete_after": False}
    world.slowness, world.symbl.shown_after, world.is_calm = 0.0, 0.0, True
    world.symbl.faults = {"unreachable": 0.01, "full": 0.02, "lost_before": 0.01, "lost_after": 0.01, "job": 0.05}
    days: list[list[str]] = []
    contents: dict[str, bytes] = {}
    for number in range(nights + 2):
        world.clock.now = max(world.clock.now, START + number * DAY)
        new = [f"day-{number:03}/{place:04}.wav" for place in range(recordings if number < nights else 0)]
        for path in new:
            contents[path] = f"what was said in {path}".encode()
            world.files.put(path, contents[path])
        days.append(new)
        if number >= DAYS_KEPT:
            for path in days[number - DAYS_KEPT]:
                del world.files.files[path]
        night = Night("nightly", f"run {number}", "night")
        if world.chance.random() < 0.2:
            world.store.calls_left = world.chance.randint(1, 20 * recordings)
            world._run([night], seconds=world.chance.choice([60.0, 1800.0]))  # noqa: SLF001 - of this module
        world.store.calls_left = float("inf")
        world.symbl.faults = world.symbl.faults if number < nights else {}
        world._run([night])  # noqa: SLF001 - of this module
    world.named = world._named()  # noqa: SLF001 - of this module
    world._judge_payments(world.report.problems)  # noqa: SLF001 - of this module
    landed = world._landed()  # noqa: SLF001 - of this module
    for path, content in contents.items():
        world._judge_file(path, content, landed, world.report.problems)  # noqa: SLF001 - of this module
    world.report.paid = len(world.symbl.sold)
    return world.report
