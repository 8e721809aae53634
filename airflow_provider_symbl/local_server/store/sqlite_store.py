"""The store that outlives its process: in memory as the other, and written to a data folder.

Write-through cache: every change is written to SQLite first (the write-first rule of :class:`.Store`), and reads never
leave memory.
Serialization: a record is JSON, written and read by pydantic's TypeAdapter over its dataclass. A field that a later
server has added is ignored, and a field that an earlier one did not write takes its default.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from airflow_provider_symbl.local_server.store.memory_store import Store
from airflow_provider_symbl.local_server.store.records import (
    Conversation,
    Job,
    Part,
    Progress,
    RawSubmission,
    Status,
    Token,
    Tracker,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.local_server.store.data_dir import DataDir

ADAPTERS: Mapping[str, TypeAdapter[Any]] = {
    "conversation": TypeAdapter(Conversation),
    "job": TypeAdapter(Job),
    "submission": TypeAdapter(RawSubmission),
    "part": TypeAdapter(Part),
    "token": TypeAdapter(Token),
    "reads": TypeAdapter(int),
    "tracker": TypeAdapter(Tracker),
    "progress": TypeAdapter(Progress),
}
"""What each kind of record in the data folder is; parts are compressed besides."""
DAMAGED = "The data folder %s: the record %s %s is left out, and left as it is: %s"
RESULTS_DAMAGED = "What was found is damaged in the data folder of symbl-local, and cannot be read"
LOGGER = logging.getLogger(__name__)


class SqliteStore(Store):
    """The server's state, in memory and in a data folder. The journal is in memory alone.

    A record that cannot be read is left out with a word in the log, and the rest is served.

    :param folder: entered, and left only after the last use of the store.
    :raises DataDirError: the folder's database cannot be read.
    """

    def __init__(self, folder: DataDir) -> None:
        super().__init__()
        self._folder = folder
        self.restart()

    def clear(self) -> None:
        """Forget everything, the progress setting included; the account stays."""
        self._folder.clear()
        super().clear()

    def restart(self) -> None:
        """Forget what is in memory, and read it from the folder anew.

        :raises DataDirError: its database cannot be read.
        """
        self._forget()
        self._damaged = 0
        self._load()
        recordings = {part.recording for parts in self._parts.values() for part in parts if part.recording}
        submitted = {submission.file for submission in self._submissions.values() if submission.file}
        if not self._damaged:  # what belongs to a damaged record may be of use to whoever mends it
            self._folder.sweep(submitted | recordings)

    async def pack(self, part: Part) -> bytes:
        """Serialize and compress a part in a thread.

        :return: what :meth:`end_job` and :meth:`put_parts` ask for.
        """
        return await asyncio.to_thread(_packed, part)

    def _write(self, *changes: tuple[str, str, object]) -> None:
        self._folder.write((kind, name, _value(kind, record)) for kind, name, record in changes)

    def _load(self) -> None:
        self._conversations.update(self._read("conversation"))
        for job in self._read("job").values():
            self._remember(job)
        self._submissions.update(self._read("submission"))
        self._parts.update({conversation_id: [] for conversation_id in self._conversations})
        for job_id, part in self._read("part").items():
            job = self._jobs.get(job_id)
            if job and job.conversation_id in self._parts:
                self._parts[job.conversation_id].append(part)
            else:
                self._leave_out("part", job_id, "its job or its conversation is not there")
        self._tokens.update(self._read("token"))
        self._reads.update(self._read("reads"))
        self._trackers.update(self._read("tracker"))
        self._progress = self._read("progress").get("", self._progress)
        for conversation_id in self._conversations:
            self._list(conversation_id)

    def _read(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self._folder.records(kind):
            try:
                found[name] = self._record(kind, value)
            except (ValueError, zlib.error) as error:
                self._leave_out(kind, name, type(error).__name__)
                if kind == "part":
                    self._fail_in_memory(name)
        return found

    def _leave_out(self, kind: str, name: str, reason: str) -> None:
        """Go on without a record; it stays in the folder as it is."""
        self._damaged += 1
        # A token's own text is a secret, and so is its id.
        LOGGER.error(DAMAGED, self._folder.path, kind, "***" if kind == "token" else name, reason)

    def _fail_in_memory(self, job_id: str) -> None:
        """Let a job whose results are damaged be shown as failed, rather than its conversation as empty."""
        if job_id in self._jobs:
            known = self._jobs[job_id]
            self._remember(replace(known, actual=Status.FAILED, shown=Status.FAILED, message=RESULTS_DAMAGED))

    def _record(self, kind: str, value: bytes) -> object:
        text = zlib.decompress(value) if kind == "part" else value
        return ADAPTERS[kind].validate_json(text, context=self._folder.spool)


def _packed(part: Part) -> bytes:
    return zlib.compress(ADAPTERS["part"].dump_json(part), 1)


def _value(kind: str, record: object) -> bytes | None:
    return record if record is None or isinstance(record, bytes) else ADAPTERS[kind].dump_json(record)
