"""Tasks under random faults: each ends as the README says; no conversation is lost or doubled."""

from __future__ import annotations

import collections
import functools
import os
import random
import wave
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_symbl.client import reconciliation, retries
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblError
from airflow_provider_symbl.operators.audio import SymblAppendAudioFileOperator, SymblSubmitAudioFileOperator
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from tests.crash.crash_env import SPEECH
from tests.support.airflow_tasks import TaskState, to_the_end
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.symbl_local import SymblLocal

RUNS = SIZES.random_fault_runs
CHANCE = 0.1
TRIES = 8
CALLS_TO_HIT = 10
SEED = int(os.environ.get("SYMBL_SEED", "20261122"))

NO_ANSWER: list[dict[str, Any]] = [{"at": at, "cut": True} for at in ("before_body", "before_job", "after_job")]
SAID_NO: list[dict[str, Any]] = [
    {"status": 500, "body": {"message": "fault"}},
    {"status": 503, "body": "not even JSON", "at": "after_job"},
    {"status": 429, "headers": {"Retry-After": "0"}, "body": {"message": "full"}},
]
REFUSED: dict[str, Any] = {"status": 401, "body": {"message": "Token validation failed for provided token."}}
GARBAGE: list[dict[str, Any]] = [{"at": "after_job", "status": 201, "body": "{ni"}]
FAULTS = {
    "POST /oauth2/token:generate": [*NO_ANSWER, *SAID_NO, *GARBAGE],
    "* /v1/process/*": [*NO_ANSWER, *SAID_NO, *GARBAGE, {"job": "failed", "message": "fault"}],
    "GET /v1/job/*": [*NO_ANSWER, *SAID_NO, *GARBAGE, REFUSED],
}


@dataclass
class Outcome:
    """What one task came to.

    :param end: in one or two words.
    :param tries: how many it took.
    :param copies: how often Symbl holds what was submitted.
    """

    end: str
    tries: int
    copies: int
    is_right: bool


@dataclass
class RandomFaults:
    """One server and its random faults."""

    server: SymblLocal
    file: Path
    rng: random.Random
    met: collections.Counter[str] = field(default_factory=collections.Counter)

    def post(self, route: str, **body: Any) -> None:
        """Use a control route."""
        requests.post(f"{self.server.url}/__local__/{route}", json=body, timeout=10).raise_for_status()

    def read(self, route: str) -> Any:  # noqa: ANN401 - JSON
        """Read a control route."""
        return requests.get(f"{self.server.url}/__local__/{route}", timeout=10).json()

    def set_faults(self) -> None:
        """Let each of the next calls go wrong with the same chance."""
        for call, faults in FAULTS.items():
            for number in range(CALLS_TO_HIT):
                if self.rng.random() < CHANCE:
                    self.post("faults", call=call, after=number, **self.rng.choice(faults))
        # A token is kept for a day: without this, hardly a task would ask for one. It is the submission's 401, too.
        self.post("tokens/expire")

    def clear_faults(self) -> None:
        """Count the faults that were met, and let all go well."""
        for rule in self.read("faults")["faults"]:
            self.met[rule["call"]] += rule["met"]
        requests.delete(f"{self.server.url}/__local__/faults", timeout=10).raise_for_status()


@pytest.fixture
def faults(symbl_local: SymblLocal, connection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RandomFaults:  # noqa: ARG001 - the connection leads to the server
    """Return the server, with a client whose pauses are short."""
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(reconciliation, "SEARCH_TIMEOUT", 2.0)
    monkeypatch.setattr(reconciliation, "FIRST_PAUSE", 0.05)
    file = tmp_path / "spoken.wav"
    with wave.open(str(SPEECH), "rb") as source, wave.open(str(file), "wb") as target:
        target.setparams(source.getparams())
        target.writeframes(source.readframes(2 * source.getframerate()))
    return RandomFaults(symbl_local, file, random.Random(SEED))  # noqa: S311 - repeatable, guards nothing


def test_no_conversation_is_lost_or_doubled(faults: RandomFaults, capsys: pytest.CaptureFixture[str]) -> None:
    """A submit always ends well; an append ends well, or says that nobody knows and is there once at most."""
    outcomes = [_one_task(faults, number) for number in range(RUNS)]
    ends = collections.Counter(outcome.end for outcome in outcomes)
    doubled = sum(outcome.copies > 1 for outcome in outcomes)
    lost = sum(outcome.end == "success" and (outcome.copies < 1 or not outcome.is_right) for outcome in outcomes)
    tries = collections.Counter(outcome.tries for outcome in outcomes)
    with capsys.disabled():
        print(  # noqa: T201 - the figures that are asked for
            f"\n{RUNS} random runs, seed {SEED}: {doubled} duplicates, {lost} lost; ends {dict(ends)}; "
            f"tries {dict(sorted(tries.items()))}; faults met {dict(faults.met)}"
        )
    assert sum(faults.met.values()) > RUNS / 4
    assert (doubled, lost) == (0, 0)
    assert set(ends) <= {"success", "append unknown"}


def _one_task(faults: RandomFaults, number: int) -> Outcome:
    """Run one task over as many tries as it takes, and count what Symbl holds of it."""
    # To hear a recording takes a second, so there are fewer of them.
    (kind,) = faults.rng.choices(list(KINDS), weights=[4, 4, 1, 1])
    is_deferrable = faults.rng.choice([False, True])
    target = "" if kind.startswith("submit") else _conversation(faults.server, number)
    content: dict[str, Any] = {"file": faults.file} if "file" in kind else {"messages": _messages(f"Content {number}.")}
    content |= {"conversation_id": target} if target else {}
    make = functools.partial(KINDS[kind], task_id=f"run_{number}", deferrable=is_deferrable, **content, **PACE)
    before = len(faults.read("jobs")["jobs"])
    faults.set_faults()
    end, tries, result = _tried(make)
    faults.clear_faults()
    made = [job for job in faults.read("jobs")["jobs"][before:] if job["status"] != "failed"]
    if end == "unknown":
        end = f"{kind.split()[0]} unknown"
    is_right = result is None or (
        result["conversation_id"] == made[0]["conversationId"] and result["job_id"] in {made[0]["jobId"], None}
    )
    return Outcome(end, tries, len(made), is_right)


def _tried(make: Callable[[], SymblSubmissionOperator]) -> tuple[str, int, dict[str, str] | None]:
    state = TaskState()
    for tries in range(1, TRIES + 1):
        try:
            return "success", tries, to_the_end(make(), state)
        except AirflowFailException as error:
            return "unknown" if "is unknown" in str(error) else str(error), tries, None
        except SymblError:
            continue
    return "out of tries", TRIES, None


def _conversation(server: SymblLocal, number: int) -> str:
    with SymblClient(server.settings) as client:
        made = client.submit_text(_messages(f"Conversation {number} begins."))
        client.wait_for_job(made.job_id, poll_interval=0.01)
    return made.conversation_id


def _messages(text: str) -> list[dict[str, Any]]:
    return [{"payload": {"content": text}}]


PACE: dict[str, Any] = {"poll_interval": 0.02, "max_poll_interval": 0.05}
KINDS: dict[str, type[SymblSubmissionOperator]] = {
    "submit text": SymblSubmitTextOperator,
    "append text": SymblAppendTextOperator,
    "submit file": SymblSubmitAudioFileOperator,
    "append file": SymblAppendAudioFileOperator,
}
