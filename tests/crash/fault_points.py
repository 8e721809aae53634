"""The fault points of the crash matrix: a task ends itself by SIGKILL, on its first try, where its case says.

This runs inside the task. The operators have no hooks for it: what is watched is Airflow's task state store and, over
its control routes, symbl-local.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client import reconciliation
from tests.crash.crash_cases import FaultPoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from tests.crash.crash_cases import CrashCase

SEARCH_SECONDS_IN_DOUBT = 4.0
WATCH_SECONDS = 0.1
SERVER = os.environ.get("CRASH_SERVER", "")
MARKS = Path(os.environ.get("CRASH_MARKS", ""))


class WatchedStore:
    """Airflow's task state store, and the process that uses it dies at one of its writes.

    :param store: Airflow's.
    :param die: ends the process.
    :param before: the write, from 1, that is not made any more.
    :param after: the write that is the last one.
    """

    def __init__(self, store: Any, die: Callable[[], None], *, before: int = 0, after: int = 0) -> None:  # noqa: ANN401 - Airflow's accessor, passed through
        self._store = store
        self._die = die
        self._before = before
        self._after = after
        self._writes = 0
        self.written: Any = None
        """The last value."""

    def set(self, key: str, value: Any, **options: Any) -> None:  # noqa: ANN401 - JSON
        """Write a value, or die."""
        self._writes += 1
        if self._writes == self._before:
            self._die()
        self._store.set(key, value, **options)
        self.written = value
        if self._writes == self._after:
            self._die()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - Airflow's accessor, passed through
        return getattr(self._store, name)


STORE_WRITES: dict[FaultPoint, dict[str, int]] = {
    FaultPoint.BEFORE_SAVE: {"before": 1},
    FaultPoint.AFTER_SAVE: {"after": 1},
    FaultPoint.RESPONSE_RECEIVED: {"before": 2},
    FaultPoint.IDS_SAVED: {"after": 2},
    FaultPoint.CLEARED: {"after": 2},
}


def arm(case: CrashCase, context: Context) -> None:
    """Have the task die where its case says; the operator's ``pre_execute``."""
    if case.leaves_doubt:
        reconciliation.SEARCH_TIMEOUT = SEARCH_SECONDS_IN_DOUBT
    if not _is_first(context):
        return
    store = WatchedStore(context["task_state_store"], lambda: die(case), **STORE_WRITES.get(case.fault_point, {}))
    context["task_state_store"] = store  # type: ignore[typeddict-item]  # behaves like it
    if case.fault_point in {FaultPoint.IN_FLIGHT, FaultPoint.IN_FLIGHT_NOT_READ}:
        text = getattr(context["task"], "conversation_id", None) or f" {case.task_id} "
        _die_when(case, lambda: _is_held(text))
    elif case.fault_point is FaultPoint.POLLING:
        _die_when(case, lambda: _was_polled((store.written or {}).get("job_id")))


def before_push(case: CrashCase) -> None:
    """Die with the result in hand; the operator's ``post_execute``."""
    # That may be in the second try: where it is slow, Airflow's scheduler takes a task that resumes for a failed one.
    if case.fault_point is FaultPoint.BEFORE_PUSH and not (MARKS / case.task_id).exists():
        die(case)


def die(case: CrashCase) -> None:
    """End this process as the kernel does it when memory is short; leave a mark that says so."""
    with (MARKS / case.task_id).open("x") as mark:  # a second death of the same case would be one too many
        mark.write(str(os.getpid()))
    os.kill(os.getpid(), signal.SIGKILL)


def _is_first(context: Context) -> bool:
    return context["ti"].try_number == 1


def _die_when(case: CrashCase, has_come: Callable[[], bool]) -> None:
    def watch() -> None:
        while not has_come():
            time.sleep(WATCH_SECONDS)
        die(case)

    threading.Thread(target=watch, name="death", daemon=True).start()


def _is_held(text: str) -> bool:
    return any(rule.get("containing") == text and rule["holding"] for rule in _shown("faults"))


def _was_polled(job_id: str | None) -> bool:
    return job_id is not None and any(request["path"] == f"/v1/job/{job_id}" for request in _shown("journal"))


def _shown(route: str) -> list[dict[str, Any]]:
    # Imported here: the tasks that need no HTTP library start sooner.
    import requests  # noqa: PLC0415 - only where something is watched

    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{SERVER}/__local__/{route}", timeout=30).json()
    found: list[dict[str, Any]] = answer["requests" if route == "journal" else route]
    return found
