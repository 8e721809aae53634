"""The store that outlives its process: in memory as the other, and written through to a folder."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.store import serialization
from airflow_provider_symbl.local_server.store.data_dir import DataDirError
from airflow_provider_symbl.local_server.store.memory_store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from airflow_provider_symbl.local_server.store.data_dir import DataDir
    from airflow_provider_symbl.local_server.store.records import Part

    Record = TypeVar("Record")


class SqliteStore(Store):
    """The server's state, in memory and in a folder. The journal is in memory alone.

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
        except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
            problem = f"holds a record that cannot be read ({type(error).__name__})"
            raise DataDirError(f"The data folder {self._folder.path} {problem}") from error
        recordings = {part.recording for parts in self._parts.values() for part in parts if part.recording}
        self._folder.sweep({sent.file for sent in self._sent.values() if sent.file} | recordings)

    async def pack(self, part: Part) -> bytes:
        """Do what takes long about keeping a part, off the event loop.

        :return: what :meth:`end_job` asks for.
        """
        return await asyncio.to_thread(serialization.pack, part)

    def _write(self, *changes: tuple[str, str, object]) -> None:
        self._folder.write((kind, name, _value(record)) for kind, name, record in changes)

    def _load(self) -> None:
        self._conversations.update(self._read("conversation", serialization.conversation))
        self._jobs.update(self._read("job", serialization.job))
        self._active.update(job.id for job in self._jobs.values() if not job.shown.is_terminal)
        self._sent.update(self._read("sent", lambda data: serialization.sent(data, self._folder.spool)))
        self._parts.update({conversation_id: [] for conversation_id in self._conversations})
        for job_id, part in self._read("part", lambda data: serialization.part(data, self._folder.spool)).items():
            self._parts[self._jobs[job_id].conversation_id].append(part)
        self._tokens.update(self._read("token", serialization.token))
        self._reads.update(self._read("reads", int))
        self._trackers.update(self._read("tracker", serialization.tracker))
        self._progress = self._read("progress", serialization.progress).get("", self._progress)

    def _read(self, kind: str, decode: Callable[[bytes], Record]) -> dict[str, Record]:
        return {name: decode(value) for name, value in self._folder.records(kind)}


def _value(record: object) -> bytes | None:
    return record if record is None or isinstance(record, bytes) else serialization.encode(record)
