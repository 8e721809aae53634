"""What must hold of nights whose processes were killed, at whatever moments: by what the server got and users see.

A process that is killed between its claim and the server's answer leaves a claim of which nobody knows what came. A
conversation of it is found by its name. Where there is none, the recording waits until the claim is judged lost, which
uses up an attempt, in the next night; so a lost claim is never followed by another one of the same night. What was
found by its name has no job's id: whether its job has failed nobody can tell, and it stays overdue.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.recordings.core.standing import LOST
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.support.night.real_nights import Told

CAP = SIZES.crash_night_recordings // 15
MAX_ATTEMPTS = 3
"""One may be lost by a kill, and one fail, before the one that lands."""
JOB_TIMEOUT = 60
"""Seconds after which a job whose id was lost, and which may have failed, is overdue."""
JOB_SECONDS = 6.0
NOT_TAKEN = (401, 429)
"""Answers to a submission after which the same attempt is sent again."""
MESSAGES = {"refused": "No such thing.", "failing": "Nothing to hear."}
"""What the server says of what is bad for good."""
KINDS: dict[str, dict[str, Any]] = {
    "refused": {"status": 400, "body": {"message": MESSAGES["refused"]}, "times": None},
    "failing": {"job": "failed", "message": MESSAGES["failing"], "times": None},
    "failing-once": {"job": "failed", "message": MESSAGES["failing"]},
    "cut": {"cut": True, "at": "before_job"},
    "answer-lost": {"cut": True, "at": "after_job"},
}
"""What goes wrong with recordings of each kind: the first two are a twentieth of all each, the others half of that."""
FULL: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "1"}, "body": {"message": "Too many jobs."}}

LANDED, BEFORE = ("landed", "landed"), ("skipped", "landed before")
UNKNOWN, OVERDUE = ("waiting", "unknown"), ("waiting", "overdue")
QUARANTINED = ("quarantined", "quarantined")
NEVER_ENDED = ("failed", "never ended")
"""What was lost was the last attempt that it had."""
FAILURES = {"refused": ("failed", "refused"), "failing": ("failed", "job failed")}


@dataclass
class Received:
    """What the server got of one recording, by the token of each attempt.

    :param jobs: of each token, in the order of their submission.
    :param statuses: what was answered to each submission that is not to be repeated; None where nothing was.
    """

    jobs: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, list[int | None]] = field(default_factory=lambda: defaultdict(list))

    @property
    def is_failed(self) -> list[bool]:
        """Whether each job has failed, in their order."""
        return [job["status"] == "failed" for jobs in self.jobs.values() for job in jobs]


@dataclass(frozen=True)
class Evidence:
    """All that nights over one ledger came to.

    :param kinds: of each recording, by its path.
    :param received: by path.
    :param nights: what each came to; only the first one was killed.
    :param first_ended: the moment after the first night.
    :param kills: how often its task was killed.
    """

    kinds: Mapping[str, str]
    received: Mapping[str, Received]
    nights: Sequence[Told]
    first_ended: float
    kills: int

    def of(self, path: str) -> str:
        """Return all that is known of one recording, to be told where something is wrong with it."""
        rows = [json.dumps(told.rows[path]) for told in self.nights]
        return "\n".join([f"{path}, {self.kinds[path]}: {self.received[path]}", *rows])


def received_of(
    submissions: Sequence[Mapping[str, Any]], jobs: Sequence[Mapping[str, Any]], paths: Collection[str]
) -> dict[str, Received]:
    """Return what the server got, by path.

    :param submissions: from its journal.
    :param jobs: all that it made.
    :param paths: of the recordings.
    """
    found = {path: Received() for path in paths}
    for sent in submissions:
        name = dict(sent["query"]).get("name") or (sent["body"] or {}).get("name")
        # What was cut off while it was sent has no name, and no job either.
        if name and sent["status"] not in NOT_TAKEN:
            path, _, token = name.rpartition(" ")
            found[path].statuses[token].append(sent["status"])
    for job in jobs:
        path, _, token = job["name"].rpartition(" ")
        found[path].jobs[token].append(job)
    return found


def check_all(evidence: Evidence) -> None:
    """Check everything.

    :param evidence: of the nights.
    """
    for told in evidence.nights:
        check_books(evidence.kinds, told)
    check_payments(evidence)
    check_first_night(evidence)
    check_last_nights(evidence)
    check_reasons(evidence)


def check_books(kinds: Mapping[str, str], told: Told) -> None:
    """Find each recording once in the report, and its numbers the sums of the rows."""
    assert kinds.keys() == told.rows.keys()
    counted = Counter(row["outcome"] for row in told.rows.values())
    assert told.result["balance"] == {**dict.fromkeys(told.result["balance"], 0), **counted, "found": len(kinds)}


def check_payments(evidence: Evidence) -> None:
    """Find each attempt submitted once, and made only where the one before was lost, or has failed."""
    lost = 0
    for path, got in evidence.received.items():
        # A row tells none where the recording was over before.
        kind, attempts = evidence.kinds[path], max(told.rows[path].get("attempts", 0) for told in evidence.nights)
        assert all(len(statuses) == 1 for statuses in got.statuses.values()), evidence.of(path)
        assert all(len(made) == 1 for made in got.jobs.values()), evidence.of(path)
        assert got.jobs.keys() <= got.statuses.keys(), evidence.of(path)
        # Of each recording one claim at most was cut off by a kill before the server got anything.
        assert 0 <= attempts - len(got.statuses) <= 1, evidence.of(path)
        assert attempts <= MAX_ATTEMPTS
        lost += attempts - len(got.statuses)
        last = evidence.nights[-1].outcomes[path]
        assert got.is_failed == _jobs_due(kind, got, is_overdue=last == OVERDUE), evidence.of(path)
    assert lost <= evidence.kills * CAP


def _jobs_due(kind: str, got: Received, *, is_overdue: bool) -> list[bool]:
    """Return of each job that is due whether it has failed."""
    if kind == "refused":
        return []
    if kind not in {"failing", "failing-once"}:
        return [False]
    if is_overdue:
        # The last one has failed, and nobody knows.
        return [True] * (1 if kind == "failing-once" else len(got.statuses))
    if kind == "failing-once":
        return [True, False]
    # One claim may be lost to a kill.
    return [True] * max(MAX_ATTEMPTS - 1, len(got.statuses))


def check_first_night(evidence: Evidence) -> None:
    """Find all landed or failed, but for what nobody could know by then."""
    for path, kind in evidence.kinds.items():
        outcome = evidence.nights[0].outcomes[path]
        got = evidence.received[path]
        made = [job for jobs in got.jobs.values() for job in jobs if submitted(job) < evidence.first_ended]
        # Where the last job was found by its name, and has failed, that cannot be told.
        may_be_overdue = {OVERDUE} if made and made[-1]["status"] == "failed" else set()
        if kind == "cut":
            assert outcome == UNKNOWN, evidence.of(path)
        elif kind in FAILURES:
            assert outcome in {FAILURES[kind], UNKNOWN, *may_be_overdue}, evidence.of(path)
        elif kind == "failing-once":
            is_over = bool(made) and made[-1]["status"] != "failed"
            assert outcome in ({LANDED} if is_over else {UNKNOWN, *may_be_overdue}), evidence.of(path)
        else:
            assert outcome == (LANDED if made else UNKNOWN), evidence.of(path)


def check_last_nights(evidence: Evidence) -> None:
    """Find in the second night all closed but what was cut only then; and in the third one all."""
    _, second, third = evidence.nights
    for path, kind in evidence.kinds.items():
        first, then, last = (told.outcomes[path] for told in evidence.nights)
        was_open = first == UNKNOWN
        if first == OVERDUE:
            assert then == last == OVERDUE
        elif kind in FAILURES:
            failed = _failure(kind, evidence.nights[0].rows[path], is_open=was_open)[0]
            assert then == (failed if was_open else QUARANTINED), evidence.of(path)
            assert last == QUARANTINED, evidence.of(path)
        elif then == UNKNOWN:
            assert kind == "cut", evidence.of(path)
            # Its first claim was lost to a kill, so it was cut by the second night.
            assert second.rows[path]["attempts"] == 2, evidence.of(path)
            assert last == LANDED, evidence.of(path)
        else:
            assert then == (LANDED if was_open else BEFORE), evidence.of(path)
            assert last == BEFORE, evidence.of(path)
    assert UNKNOWN not in third.outcomes.values()


def check_reasons(evidence: Evidence) -> None:
    """Find what the server said of each bad recording, in the row that has its name."""
    for path, kind in evidence.kinds.items():
        failed = [told.rows[path] for told in evidence.nights if told.outcomes[path][0] == "failed"]
        if kind in FAILURES and evidence.nights[-1].outcomes[path] != OVERDUE:
            was_open = evidence.nights[0].outcomes[path] == UNKNOWN
            (_, reason), message = _failure(kind, evidence.nights[0].rows[path], is_open=was_open)
            assert len(failed) == 1, evidence.of(path)
            assert failed[0]["reason"] == reason, evidence.of(path)
            assert message in failed[0]["message"], evidence.of(path)
            assert evidence.nights[-1].rows[path]["message"].startswith(f"{reason}: "), evidence.of(path)
        else:
            assert not failed, evidence.of(path)


def _failure(kind: str, first: Mapping[str, Any], *, is_open: bool) -> tuple[tuple[str, str], str]:
    """Return as what a bad recording has failed, and with which words.

    :param first: its row of the first night.
    :param is_open: whether the answer to its last attempt was lost there.
    """
    if is_open and first.get("attempts") == MAX_ATTEMPTS:
        return NEVER_ENDED, LOST
    return FAILURES[kind], MESSAGES[kind]


def submitted(job: Mapping[str, Any]) -> float:
    """Return when a job was submitted, in seconds since the epoch.

    :param job: as the server shows it.
    """
    return datetime.datetime.fromisoformat(job["submitted"]).timestamp()


def most_at_once(jobs: Sequence[Mapping[str, Any]]) -> int:
    """Return the most jobs that ran at once, by when each was submitted and how long it took.

    :param jobs: as the server shows them; all are over.
    """
    spans = [(submitted(job), submitted(job) + float(job["seconds"])) for job in jobs]
    return max(len([1 for begin, end in spans if begin <= moment < end]) for moment, _ in spans)
