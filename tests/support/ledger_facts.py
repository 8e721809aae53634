"""Facts of a night with defaults, and stores that break or are interrupted at one of their calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_symbl.recordings.facts import Answer, Claim, Closed, Done, Night
from airflow_provider_symbl.recordings.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_symbl.recordings.ledger.ledger_store import LedgerStore, StoredFile

Result = TypeVar("Result")

HOST, APP_ID = "https://api.symbl.ai", "an-app-id"
NIGHT = Night("nightly", "scheduled__2026-11-24T22:00:00+00:00", "process")
OTHER_NIGHT = NIGHT._replace(run_id="scheduled__2026-11-25T22:00:00+00:00")
CLAIM = Claim(
    path="calls/late-parcel.wav",
    version="0f" * 16,
    size=1000,
    duration=60.0,
    minutes=1.0,
    kind="audio",
    options="some options",
    night=NIGHT,
    at=1000.0,
    ends=1600.0,
    sha256="ab" * 32,
)
ANSWER = Answer(NIGHT, 1010.0, conversation_id="c-1", job_id="j-1")
LANDED = Done(NIGHT, 1100.0, completed=1090.0, files={"conversation.json": {"uri": "s3://b/c.json", "size": 2}})
FAILED = Done(NIGHT, 1100.0, reason="job failed", message="Symbl says failed.")
CLOSED = Closed(
    key="a" * 32,
    attempts=1,
    used=1,
    reason="",
    message="",
    is_final=False,
    options="some options",
    night=NIGHT,
    at=1100.0,
    versions=("0f" * 16,),
    paths=("calls/late-parcel.wav",),
)


def key(number: int) -> str:
    """Return one of many keys."""
    return f"{number:032x}"


def open_ledger(store: LedgerStore) -> Ledger:
    """Open the ledger in a store, as a new process does."""
    ledger = Ledger(store, HOST, APP_ID)
    ledger.open()
    return ledger


def write_attempt(ledger: Ledger, of_key: str, number: int, done: Done | None = LANDED) -> None:
    """Write an attempt with an answer, and with its end where one is given."""
    assert ledger.claim(of_key, number, replace(CLAIM, path=f"calls/{of_key}.wav"))
    assert ledger.answer(of_key, number, replace(ANSWER, conversation_id=f"c-{of_key}-{number}"))
    if done:
        assert ledger.finish(of_key, number, done)


class InterruptedStore:
    """Passes all calls on, and does something else before or after one of them.

    :param store: keeps the files.
    :param at: number of the call, from 1.
    :param do: what happens then; it may raise.
    :param is_before: whether it happens before the call.
    """

    def __init__(self, store: LedgerStore, at: int, do: Callable[[], None], *, is_before: bool = True) -> None:
        self._store = store
        self._at = at
        self._do = do
        self._is_before = is_before
        self.calls = 0

    def _call(self, call: Callable[[], Result]) -> Result:
        self.calls += 1
        is_now = self.calls == self._at
        if is_now and self._is_before:
            self._do()
        result = call()
        if is_now and not self._is_before:
            self._do()
        return result

    def list(self, prefix: str) -> Iterable[StoredFile]:
        """List files."""
        return self._call(lambda: self._store.list(prefix))

    def read(self, name: str) -> bytes:
        """Read a file."""
        return self._call(lambda: self._store.read(name))

    def read_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """Read files, one call for each."""
        contents: dict[str, bytes] = {}
        for name in names:
            contents |= self._call(lambda name=name: self._store.read_many([name]))  # type: ignore[misc]
        return contents

    def create(self, name: str, content: bytes) -> bool:
        """Create a file."""
        return self._call(lambda: self._store.create(name, content))

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._call(lambda: self._store.delete(name))

    def delete_many(self, names: Iterable[str]) -> None:
        """Delete files, one call for each."""
        for name in names:
            self.delete(name)

    def uri(self, name: str) -> str:
        """Return where a file lies."""
        return self._store.uri(name)
