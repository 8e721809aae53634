"""What a task writes down about its submission, and where: Airflow's task state store, which outlives a try."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from airflow_provider_symbl.client.reconciliation import SubmissionEvidence
from airflow_provider_symbl.exceptions import SymblError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.providers.common.compat.sdk import Context

log = logging.getLogger(__name__)

KEY = "symbl_submission"


@dataclass(frozen=True, slots=True)
class Record:
    """One submission of a task: what it was meant to be and, once it was answered, what it made.

    :param generation: Airflow's ``max_tries`` of the task: a clear raises it, a retry leaves it alone.
    :param fingerprint: a hash of call, target and parameters.
    :param size: bytes of the file that was sent, None where there is none or nobody could tell.
    :param intent: what was so just before.
    :param conversation_id: the conversation; None until the answer came.
    :param job_id: the job; None until then, and where only the conversation was found again.
    :param deadline: when to stop waiting for the job, in seconds since the epoch.
    """

    generation: int
    fingerprint: str
    size: int | None
    intent: SubmissionEvidence
    conversation_id: str | None = None
    job_id: str | None = None
    deadline: float = 0.0

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_json` gave."""
        return cls(**{**kept, "intent": SubmissionEvidence.from_json(kept["intent"])})

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, free of any secret and of what was said."""
        return {
            "generation": self.generation,
            "fingerprint": self.fingerprint,
            "size": self.size,
            "intent": self.intent.as_json(),
            "conversation_id": self.conversation_id,
            "job_id": self.job_id,
            "deadline": self.deadline,
        }

    def is_for(self, fingerprint: str, size: int | None) -> bool:
        """Tell whether it is about the same submission; a file that has gone since is taken for the same.

        :param fingerprint: of what is to be submitted now.
        :param size: bytes of the file now.
        """
        is_same_size = size is None or self.size is None or size == self.size
        return is_same_size and fingerprint == self.fingerprint

    def __str__(self) -> str:
        return f"job {self.job_id or 'not known'} of conversation {self.conversation_id or 'not known'}"


class StateStore(Protocol):
    """Airflow's accessor of the task state store, as far as it is needed."""

    def get(self, key: str) -> Any:  # noqa: ANN401 - JSON
        """Return a value, None where there is none."""

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Keep a value."""

    def delete(self, key: str) -> None:
        """Forget a value."""


class InMemoryStore:
    """What stands in for the task state store before Airflow 3.3: it ends with the process."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def get(self, key: str) -> Any:  # noqa: ANN401 - JSON
        """Return a value, None where there is none."""
        return self._held.get(key)

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Keep a value."""
        self._held[key] = value

    def delete(self, key: str) -> None:
        """Forget a value."""
        self._held.pop(key, None)


class SubmissionState:
    """What earlier tries of this task wrote down.

    A try after a clear has a generation of its own, for which nothing is written down yet.

    :param store: Airflow's.
    :param generation: that of this try.
    """

    def __init__(self, store: StateStore, generation: int) -> None:
        self._store = store
        self.generation = generation

    @classmethod
    def of_task(cls, context: Context) -> Self:
        """Return the memory of the task that runs.

        :param context: Airflow's.
        """
        store = context.get("task_state_store")
        if store is None:
            log.info("Airflow before 3.3 keeps no state between tries: a retry submits again")
        return cls(store or InMemoryStore(), context["ti"].max_tries)

    def load(self, fingerprint: str, size: int | None) -> Record | None:
        """Return what an earlier try wrote down about the same submission, None where there is nothing.

        :param fingerprint: of what is to be submitted now.
        :param size: bytes of the file now.
        :raises SymblError: the store cannot be read, which does not mean that it is empty.
        """
        record = self._read()
        if record is None:
            return None
        if record.generation != self.generation:
            log.info("This task was cleared, so it submits anew; before, it had made %s", record)
            return None
        if not record.is_for(fingerprint, size):
            log.warning("An earlier try submitted something else, which goes on by itself: %s", record)
            return None
        return record

    def save(self, record: Record) -> None:
        """Write a record down, in place of the one before.

        :raises SymblError: it cannot be written.
        """
        try:
            self._store.set(KEY, record.as_json())
        except Exception as problem:
            message = f"Airflow's task state store cannot be written: {problem}"
            raise SymblError(message) from problem

    def clear(self) -> None:
        """Take back what was written down: nothing was submitted."""
        try:
            self._store.delete(KEY)
        except Exception:
            # What stands there now is looked into by the next try; this one has an error of its own to tell.
            log.warning("Airflow's task state store cannot be written", exc_info=True)

    def _read(self) -> Record | None:
        try:
            kept = self._store.get(KEY)
            return None if kept is None else Record.from_json(kept)
        except Exception as problem:
            message = f"Airflow's task state store cannot be read, so nothing is submitted: {problem}"
            raise SymblError(message) from problem
