"""Job runner: the work of one job, from its content to the part that it adds to its conversation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread

from airflow_provider_symbl.local_server.jobs.downloads import Limits, download
from airflow_provider_symbl.local_server.jobs.message_assembly import PartContext, media_part, text_part
from airflow_provider_symbl.local_server.jobs.mp4 import refusal_of_video
from airflow_provider_symbl.local_server.jobs.submission_content import MediaContent
from airflow_provider_symbl.local_server.speech.transcription import OWN_FAULT, JobFailureError, TranscriptionOptions
from airflow_provider_symbl.local_server.store.records import Status, discard

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.local_server.jobs.job_view import JobView
    from airflow_provider_symbl.local_server.jobs.submission_content import Content
    from airflow_provider_symbl.local_server.settings import ServerSettings
    from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
    from airflow_provider_symbl.local_server.speech.transcription import Transcription
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Job, Part

Result = TypeVar("Result")

LOGGER = logging.getLogger(__name__)
DOWNLOADS_AT_ONCE = 8
WRITE_AGAIN_SECONDS = 1.0
DELETED = "The conversation was deleted before the job was done"


class JobRunner:
    """Does the work of jobs; what takes long is done in anyio's threads, all else on the event loop.

    Whoever cancels it does not wait for a thread: one that listens ends soon after :meth:`interrupt`. Nor does the
    process, whose end waits for the standard library's own pools: these threads are daemons, as the server's is.

    :param settings: what a download may do, and how many recordings are recognised at a time.
    :param store: where jobs and results are kept.
    :param view: is told how far a job is.
    :param recogniser: listens to recordings.
    :param spool: the folder for downloads.
    """

    def __init__(
        self, settings: ServerSettings, store: Store, view: JobView, recogniser: RecogniserPool, spool: Path
    ) -> None:
        self._store = store
        self._view = view
        self._recogniser = recogniser
        self._spool = spool
        self._limits = Limits.from_settings(settings)
        self._stopped = threading.Event()
        self._downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self._recognitions = CapacityLimiter(settings.workers)
        self._assemblies = CapacityLimiter(1)

    async def close(self) -> None:
        """End the recogniser's processes."""
        await to_thread.run_sync(self._recogniser.close, abandon_on_cancel=True)

    def interrupt(self) -> None:
        """Have the threads end soon what they are busy with, whose results count for nothing."""
        self._stopped.set()
        self._stopped = threading.Event()

    async def run(self, job: Job, content: Content) -> None:
        """Do a job's work, and end the job."""
        async with contextlib.AsyncExitStack() as held:
            try:
                part = await self._part(job, content, held)
                packed = await self._store.pack(part)
                if job.fault.failure:
                    raise JobFailureError(job.fault.failure)  # noqa: TRY301 - a fault counts as what goes wrong by itself
            except JobFailureError as error:
                await self.fail(job.id, job.fault.failure or str(error))
            except Exception as error:  # noqa: BLE001 - a defect in one job must not end the server
                LOGGER.error("Job %s: %s\n%s", job.id, type(error).__name__, _frames(error))  # noqa: TRY400 - the error's text may hold what was said
                await self.fail(job.id, OWN_FAULT)
            else:
                await self._until_written(partial(self._keep, job, part, packed))

    async def fail(self, job_id: str, reason: str) -> None:
        """End a job that cannot be done."""
        await self._until_written(partial(self._fail, job_id, reason))

    async def show_end(self, job: Job) -> None:
        """Show the end of a job that is over."""
        await self._until_written(partial(self._view.end, job))

    async def _until_written(self, change: Callable[[], None]) -> None:
        """Make a change again and again until it could be written: a disk that is full may have room later.

        :param change: does nothing a second time of what it has done.
        """
        while True:
            try:
                change()
            except (OSError, sqlite3.Error) as error:
                LOGGER.error("Jobs wait until what they have found can be written: %s", error)  # noqa: TRY400 - nothing of ours is at fault
                await asyncio.sleep(WRITE_AGAIN_SECONDS)
            else:
                return

    def _fail(self, job_id: str, reason: str) -> None:
        if not self._store.known_job(job_id).actual.is_terminal:
            self._store.end_job(replace(self._store.known_job(job_id), actual=Status.FAILED, message=reason))
        self._view.end(self._store.known_job(job_id))

    def _keep(self, job: Job, part: Part, packed: bytes) -> None:
        known = self._store.known_job(job.id)
        if not known.actual.is_terminal:
            if self._store.conversation(job.conversation_id) is None:
                discard(part)
                self._fail(job.id, DELETED)
                return
            self._store.end_job(replace(known, actual=Status.COMPLETED), part, packed)
        self._view.end(self._store.known_job(job.id))

    async def _part(self, job: Job, content: Content, held: contextlib.AsyncExitStack) -> Part:
        """Make a job's part.

        :param held: from now on holds off corrections of the members, who are in the part already.
        """
        if isinstance(content, MediaContent):
            return await self._media_part(job, content, held)
        await held.enter_async_context(self._store.changing(job.conversation_id))
        work = partial(text_part, content, self._context(job))
        return await _in_thread(self._assemblies, self._announced(job, work))

    async def _media_part(self, job: Job, content: MediaContent, held: contextlib.AsyncExitStack) -> Part:
        path = await self._recording(job, content)
        try:
            transcription = await self._transcription(job, content, path)
            await held.enter_async_context(self._store.changing(job.conversation_id))
            work = partial(media_part, content, transcription, path, self._context(job))
            return await _in_thread(self._assemblies, work)
        except BaseException:
            if path != content.source:
                path.unlink(missing_ok=True)
            raise

    async def _recording(self, job: Job, content: MediaContent) -> Path:
        if isinstance(content.source, Path):
            return content.source
        async with self._downloads:
            self._view.begin(job.id)
            path = await download(content.source, self._spool, self._limits)
        if not content.is_video:
            await to_thread.run_sync(_ensure_sound, path)
        return path

    async def _transcription(self, job: Job, content: MediaContent, path: Path) -> Transcription:
        # One speaker says everything: for that, nobody has to be told apart.
        speaker_count = content.speaker_count if content.speaker_count and content.speaker_count > 1 else None
        options = TranscriptionOptions(
            content.language, content.vocabulary, content.by_channel, content.is_video, speaker_count
        )
        loop = asyncio.get_running_loop()

        def report(fraction: float) -> None:
            loop.call_soon_threadsafe(self._view.advance, job.id, fraction)

        work = partial(self._recogniser.recognise, path, options, self._stopped, report)
        return await _in_thread(self._recognitions, self._announced(job, work))

    def _context(self, job: Job) -> PartContext:
        if self._store.conversation(job.conversation_id) is None:
            raise JobFailureError(DELETED)
        end = self._store.timeline_end(job.conversation_id)
        known = self._store.known_members(job.conversation_id)
        return PartContext(job.id, end or job.submitted, tuple(known))

    def _announced(self, job: Job, work: Callable[[], Result]) -> Callable[[], Result]:
        """Have the job marked as in progress as soon as a thread takes it up."""
        loop = asyncio.get_running_loop()

        def announced() -> Result:
            loop.call_soon_threadsafe(self._view.begin, job.id)
            return work()

        return announced


def _ensure_sound(path: Path) -> None:
    with path.open("rb") as file:
        refusal = refusal_of_video(file)
    if refusal:
        path.unlink()
        raise JobFailureError(refusal)


async def _in_thread(limiter: CapacityLimiter, work: Callable[[], Result]) -> Result:
    return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=limiter)


def _frames(error: Exception) -> str:
    return "".join(traceback.format_tb(error.__traceback__))
