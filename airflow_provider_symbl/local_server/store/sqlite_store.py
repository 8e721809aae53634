"""The store that outlives its process: in memory as the other, and written to a data folder.

Write-through cache: every change is written to SQLite first (the write-first rule of :class:`.Store`), and reads never
leave memory.
Serialization: a record is JSON, written and read by pydantic's TypeAdapter over its dataclass. A field that a later
server has added is ignored, and a field that an earlier one did not write takes its default.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from airflow_provider_symbl.local_server.store.data_dir import DataDirError
from airflow_provider_symbl.local_server.store.memory_store import Store
from airflow_provider_symbl.local_server.store.records import (
    Conversation,
    Job,
    Part,
    Progress,
    RawSubmission,
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


class SqliteStore(Store):
    """The server's state, in memory and in a data folder. The journal is in memory alone.

    :param folder: entered, and left only after the last use of the store.
    :raises DataDirError: what the folder holds cannot be read.
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

        :raises DataDirError: what the folder holds cannot be read.
        """
        self._forget()
        try:
            self._load()
        except (ValueError, KeyError, zlib.error) as error:
            problem = f"holds a record that cannot be read ({type(error).__name__})"
            raise DataDirError(f"The data folder {self._folder.path} {problem}") from error
        recordings = {part.recording for parts in self._parts.values() for part in parts if part.recording}
        submitted = {submission.file for submission in self._submissions.values() if submission.file}
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
            self._parts[self._jobs[job_id].conversation_id].append(part)
        for conversation_id in self._conversations:
            self._list(conversation_id)
        self._tokens.update(self._read("token"))
        self._reads.update(self._read("reads"))
        self._trackers.update(self._read("tracker"))
        self._progress = self._read("progress").get("", self._progress)

    def _read(self, kind: str) -> dict[str, Any]:
        return {name: self._record(kind, value) for name, value in self._folder.records(kind)}

    def _record(self, kind: str, value: bytes) -> object:
        text = zlib.decompress(value) if kind == "part" else value
        return ADAPTERS[kind].validate_json(text, context=self._folder.spool)


def _packed(part: Part) -> bytes:
    return zlib.compress(ADAPTERS["part"].dump_json(part), 1)


def _value(kind: str, record: object) -> bytes | None:
    return record if record is None or isinstance(record, bytes) else ADAPTERS[kind].dump_json(record)
