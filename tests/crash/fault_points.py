"""How a task of the matrix dies: SIGKILL of its own process, on its first try, at the moment that its cell names.

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
from tests.crash.crash_cases import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from tests.crash.crash_cases import Cell

PATIENCE_IN_VAIN = 4.0
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


STORE_MOMENTS: dict[Step, dict[str, int]] = {
    Step.BEFORE_INTENT: {"before": 1},
    Step.AFTER_INTENT: {"after": 1},
    Step.ANSWERED: {"before": 2},
    Step.IDS_STORED: {"after": 2},
    Step.CLEARED: {"after": 2},
}


def arm(cell: Cell, context: Context) -> None:
    """Have the task die where its cell says; the operator's ``pre_execute``."""
    if cell.leaves_doubt:
        reconciliation.SEARCH_TIMEOUT = PATIENCE_IN_VAIN
    if not _is_first(context):
        return
    store = WatchedStore(context["task_state_store"], lambda: die(cell), **STORE_MOMENTS.get(cell.step, {}))
    context["task_state_store"] = store  # type: ignore[typeddict-item]  # behaves like it
    if cell.step in {Step.IN_FLIGHT, Step.IN_FLIGHT_IN_VAIN}:
        text = getattr(context["task"], "conversation_id", None) or f" {cell.task_id} "
        _die_once(cell, lambda: _is_held(text))
    elif cell.step is Step.WAITING:
        _die_once(cell, lambda: _was_polled((store.written or {}).get("job_id")))


def before_push(cell: Cell) -> None:
    """Die with the result in hand; the operator's ``post_execute``."""
    # That may be in the second try: where it is slow, Airflow's scheduler takes a task that resumes for a failed one.
    if cell.step is Step.BEFORE_PUSH and not (MARKS / cell.task_id).exists():
        die(cell)


def die(cell: Cell) -> None:
    """End this process as the kernel does it when memory is short; leave a mark that says so."""
    with (MARKS / cell.task_id).open("x") as mark:  # a second death of the same cell would be one too many
        mark.write(str(os.getpid()))
    os.kill(os.getpid(), signal.SIGKILL)


def _is_first(context: Context) -> bool:
    return context["ti"].try_number == 1


def _die_once(cell: Cell, has_come: Callable[[], bool]) -> None:
    def watch() -> None:
        while not has_come():
            time.sleep(WATCH_SECONDS)
        die(cell)

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
