"""What is written down about a submission, and the store that it is written to, which outlives a try."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Protocol, Self

from airflow_provider_symbl.client.reconciliation import SubmissionEvidence
from airflow_provider_symbl.exceptions import SymblError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.validators import Json

log = logging.getLogger(__name__)

KEY = "symbl_submission"

FORMAT = 1
"""The number of the record's format: a new field with a default leaves it alone, any other change raises it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One submission: what it was meant to be and, once it was answered, what it made.

    :param generation: which submission of the same task it belongs to; see :class:`SubmissionState`.
    :param fingerprint: a hash of call, target and parameters.
    :param size: bytes of the file that was sent, None where there is none or nobody could tell.
    :param evidence: what was so just before, by which the submission can be found again.
    :param conversation_id: the conversation; None until the answer came.
    :param job_id: the job; None until then, and where only the conversation was found again.
    :param deadline: when to stop waiting for the job, in seconds since the epoch.
    """

    generation: int
    fingerprint: str
    size: int | None
    evidence: SubmissionEvidence
    conversation_id: str | None = None
    job_id: str | None = None
    deadline: float = 0.0

    @classmethod
    def from_json(cls, stored: Mapping[str, Json]) -> Self:
        """Read what :meth:`as_json` gave, now or in another version of this package.

        A field that is not known is left out, one that is missing has its default.

        :param stored: the JSON.
        :raises ValueError: another format, which may tell of a job that is paid for.
        """
        # What was written before formats had numbers is of format 0.
        written = stored.get("format", 0)
        if written != FORMAT:
            message = (
                f"{KEY} is in format {written} and this version reads format {FORMAT}; install the version that wrote "
                f"it, or delete {KEY} there to submit anew"
            )
            raise ValueError(message)
        known = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        defaults = SubmissionEvidence().as_json()
        evidence = {name: stored["evidence"].get(name, default) for name, default in defaults.items()}
        return cls(**{**known, "evidence": SubmissionEvidence.from_json(evidence)})

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON, free of any secret and of what was said."""
        return {"format": FORMAT, **asdict(self), "evidence": self.evidence.as_json()}

    def is_for(self, fingerprint: str, size: int | None) -> bool:
        """Tell whether it is about the same submission; a file that has gone since is taken for the same.

        :param fingerprint: of what is to be submitted now.
        :param size: bytes of the file now.
        """
        is_same_size = size is None or self.size is None or size == self.size
        return is_same_size and fingerprint == self.fingerprint

    def __str__(self) -> str:
        return printable(f"job {self.job_id or 'not known'} of conversation {self.conversation_id or 'not known'}")


class StateStore(Protocol):
    """Keeps JSON by key, beyond the end of a process; Airflow's task state store is one."""

    def get(self, key: str) -> Json:
        """Return a value, None where there is none."""

    def set(self, key: str, value: Json) -> None:
        """Keep a value."""

    def delete(self, key: str) -> None:
        """Forget a value."""


class InMemoryStore:
    """What stands in where there is no store: it ends with the process."""

    def __init__(self) -> None:
        self._values: dict[str, Json] = {}

    def get(self, key: str) -> Json:
        """Return a value, None where there is none."""
        return self._values.get(key)

    def set(self, key: str, value: Json) -> None:
        """Keep a value."""
        self._values[key] = value

    def delete(self, key: str) -> None:
        """Forget a value."""
        self._values.pop(key, None)


class SubmissionState:
    """What earlier tries wrote down about the one submission.

    :param store: keeps it.
    :param generation: of this try. Who wants a second submission of the same raises it: what was written down in
        another generation is told in the log, and not gone on with.
    :param store_name: what errors call the store.
    :param how_to_submit_anew: where it is given, what another generation wrote down is gone on with too, and the log
        says this.
    """

    def __init__(
        self,
        store: StateStore,
        generation: int,
        store_name: str = "the state store",
        how_to_submit_anew: str = "",
    ) -> None:
        self._store = store
        self.generation = generation
        self._store_name = store_name
        self._how_to_submit_anew = how_to_submit_anew

    def load(self, fingerprint: str, size: int | None) -> Record | None:
        """Return what an earlier try wrote down about the same submission, None where there is nothing.

        :param fingerprint: of what is to be submitted now.
        :param size: bytes of the file now.
        :raises SymblError: the store cannot be read, which does not mean that it is empty.
        """
        record = self._read()
        if record is None:
            return None
        is_cleared = record.generation != self.generation
        if is_cleared and not self._how_to_submit_anew:
            log.info("This task was cleared, so it submits anew; before, it had made %s", record)
            return None
        if not record.is_for(fingerprint, size):
            log.warning("An earlier try submitted something else, which goes on by itself: %s", record)
            return None
        if is_cleared:
            log.info("This task was cleared and goes on with %s; %s", record, self._how_to_submit_anew)
        return record

    def save(self, record: Record) -> None:
        """Write a record down, in place of the one before.

        :param record: what is so now.
        :raises SymblError: it cannot be written.
        """
        try:
            self._store.set(KEY, record.as_json())
        except Exception as problem:
            message = f"{self._store_name} cannot be written: {problem}"
            raise SymblError(message) from problem

    def clear(self) -> None:
        """Take back what was written down: nothing was submitted."""
        try:
            self._store.delete(KEY)
        except Exception:
            # What stands there now is looked into by the next try; this one has an error of its own to tell.
            log.warning("%s cannot be written", self._store_name, exc_info=True)

    def _read(self) -> Record | None:
        try:
            stored = self._store.get(KEY)
            return None if stored is None else Record.from_json(stored)
        except Exception as problem:
            message = f"{self._store_name} cannot be read, so nothing is submitted: {problem}"
            raise SymblError(message) from problem
