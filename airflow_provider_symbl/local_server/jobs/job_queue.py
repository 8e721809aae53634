"""Jobs: accepted up to the cap, worked on in order per conversation, and shown as the progress setting says."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import traceback
import uuid
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.jobs.downloads import Limits, download
from airflow_provider_symbl.local_server.jobs.message_assembly import PartContext, media_part, text_part
from airflow_provider_symbl.local_server.jobs.submission_content import MediaContent, TextContent, content_of
from airflow_provider_symbl.local_server.jobs.threads import WorkerThreads
from airflow_provider_symbl.local_server.jobs.webhooks import Webhooks
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, TranscriptionOptions
from airflow_provider_symbl.local_server.store.records import Conversation, Job, Status, discard

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Self

    from airflow_provider_symbl.local_server.jobs.submission_content import Content, JobOptions
    from airflow_provider_symbl.local_server.settings import ServerSettings
    from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
    from airflow_provider_symbl.local_server.speech.transcription import Transcription
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import JobFault, Part, RawSubmission

LOGGER = logging.getLogger(__name__)
DOWNLOADS_AT_ONCE = 8
WEBHOOKS_AT_ONCE = 8
UNREADABLE = "What was submitted could not be read again after a restart: {reason}"
DELETED = "The conversation was deleted before the job was done"
OVER_THE_CAP = (
    "This API has a limit of maximum of `{cap}` number of concurrent jobs per account. "
    "Wait until a job has ended, or start the server with a higher --max-concurrent-jobs."
)


class CapReachedError(ApiError):
    """There are as many jobs as may be at a time; none was made."""

    def __init__(self, cap: int) -> None:
        super().__init__(429, OVER_THE_CAP.format(cap=cap), {"statusCode": 429})


@dataclass(frozen=True)
class Pools:
    """The threads for each kind of work."""

    recognition: WorkerThreads
    downloads: WorkerThreads
    parts: WorkerThreads
    webhooks: WorkerThreads

    @classmethod
    def of(cls, workers: int) -> Pools:
        """Make the threads.

        :param workers: how many recordings are recognised at a time.
        """
        return cls(
            WorkerThreads("recognition", workers),
            WorkerThreads("download", DOWNLOADS_AT_ONCE),
            WorkerThreads("part", 1),
            WorkerThreads("webhook", WEBHOOKS_AT_ONCE),
        )

    def all(self) -> tuple[WorkerThreads, ...]:
        """List them."""
        return (self.recognition, self.downloads, self.parts, self.webhooks)


class Jobs:
    """Accepts and does the work. All of it but the work itself happens on the event loop.

    :param store: where jobs and results are kept.
    :param recogniser: listens to recordings.
    :param cap: how many jobs may be shown scheduled or in progress at a time.
    :param spool: the folder for downloads.
    :param limits: what a download may do; where it may lead, a webhook may too.
    """

    def __init__(self, store: Store, recogniser: RecogniserPool, cap: int, spool: Path, limits: Limits) -> None:
        self._store = store
        self._recogniser = recogniser
        self._cap = cap
        self._spool = spool
        self._pools = Pools.of(recogniser.workers)
        self._limits = limits
        self._webhooks = Webhooks(self._pools.webhooks, allow_private=limits.allow_private)
        self._stopped = threading.Event()
        self._tails: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: dict[str, asyncio.Event] = {}
        self._fractions: dict[str, float] = {}

    def start(self) -> None:
        """Start the threads."""
        for pool in self._pools.all():
            pool.start()

    def resume(self) -> None:
        """Take up again what the store knows to be unfinished, in order of submission.

        Webhooks hear of the changes to come; one that was due before and was not sent is lost.
        """
        for job in self._store.jobs():
            if job.actual.is_terminal and not job.shown.is_terminal:
                self._disclose(job)
            elif not job.actual.is_terminal and job.id not in self._over:
                self._take_up(job)

    async def stop(self, patience: float) -> None:
        """Give up all work, and end the recogniser's processes.

        :param patience: seconds to wait for the threads.
        """
        deadline = time.monotonic() + patience
        await self.drop()
        for pool in self._pools.all():
            await asyncio.to_thread(pool.stop, deadline)
        await asyncio.to_thread(self._recogniser.close)

    async def drop(self) -> None:
        """Give up all work, as if it had never begun; what a thread is busy with ends soon and counts for nothing."""
        self._stopped.set()
        self._stopped = threading.Event()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._webhooks.drop()

    @classmethod
    def from_settings(cls, settings: ServerSettings, store: Store, recogniser: RecogniserPool, spool: Path) -> Self:
        """Make what a server's settings ask for."""
        limits = Limits(settings.allow_private_urls, settings.max_recording_bytes)
        return cls(store, recogniser, settings.max_concurrent_jobs, spool, limits)

    def ensure_room(self) -> None:
        """Refuse a submission that would be one too many.

        :raises CapReachedError: as many jobs as may be are shown scheduled or in progress.
        """
        if self._store.active_jobs() >= self._cap:
            raise CapReachedError(self._cap)

    def accept(
        self, conversation: Conversation | None, order: Content, sent: RawSubmission, terms: JobOptions, fate: JobFault
    ) -> Job:
        """Make a job, and its conversation unless it appends to one. Ask :meth:`ensure_room` first.

        :param conversation: the one to append to.
        :param order: what to work on.
        :param sent: what it was read from.
        :param terms: name, webhook and features.
        :param fate: what fault rules want for it.
        """
        conversation = self._named(conversation, terms)
        job = Job(
            id=str(uuid.uuid4()),
            conversation_id=conversation.id,
            submitted=timestamps.now(),
            progress=self._store.progress,
            webhook_url=terms.webhook_url,
            features=terms.features,
            must_fail=fate.failure,
            must_last=fate.seconds,
        )
        self._store.add_submission(conversation, job, sent)
        self._webhooks.notify(job)
        self._queue(job, order)
        return job

    async def settle(self, job: Job, order: Content) -> None:
        """Wait as long as the progress setting wants the submission's answer held back.

        By polls, a text's is held until the work is done, so that the reads alone decide what is shown.

        :param job: the job just accepted.
        :param order: what it works on.
        """
        is_text = isinstance(order, TextContent)
        if job.progress.by == "at_once" or (job.progress.by == "polls" and is_text):
            await self._over[job.id].wait()

    def fraction(self, job_id: str) -> float | None:
        """Tell how much of a job's work is done, 0 to 1: how much of its recording was heard; None if nobody knows."""
        return 1.0 if self._store.known_job(job_id).actual.is_terminal else self._fractions.get(job_id)

    def read(self, job: Job) -> Job:
        """Count a read of a job's status, and give the job as it is shown at this read."""
        if job.progress.by == "polls" and not job.shown.is_terminal:
            reads = self._store.count_read(job.id, "job")
            self._show(job.id, job.progress.at_read(reads, Status.IN_PROGRESS if _rest(job) else job.actual))
        return self._store.known_job(job.id)

    def read_feature(self, job: Job, feature: str) -> Status:
        """Count a read of an add-on's status, and tell it; add-ons begin when their job is shown completed.

        :param feature: the add-on, in Symbl's words.
        """
        if job.shown is not Status.COMPLETED or job.shown_over is None:
            return job.shown if job.shown is Status.FAILED else Status.SCHEDULED
        if job.progress.by == "polls":
            return job.progress.at_read(self._store.count_read(job.id, feature), job.actual)
        age = (timestamps.now() - job.shown_over).total_seconds()
        return Status.IN_PROGRESS if age < job.progress.seconds else Status.COMPLETED

    def _named(self, conversation: Conversation | None, terms: JobOptions) -> Conversation:
        if conversation is None:
            fresh = self._store.new_conversation_id()
            conversation = Conversation(fresh, fresh, timestamps.now())
        metadata = {**conversation.metadata, **terms.metadata}
        return replace(conversation, name=terms.name or conversation.name, metadata=metadata)

    def _take_up(self, job: Job) -> None:
        try:
            order = content_of(self._store.submission(job.id))
        except (OSError, ApiError) as error:
            self._finish(job.id, Status.FAILED, UNREADABLE.format(reason=type(error).__name__))
        else:
            self._queue(job, order)

    def _queue(self, job: Job, order: Content) -> None:
        self._over[job.id] = asyncio.Event()
        previous = self._tails.get(job.conversation_id)
        task = self._spawn(self._work(job, order, previous))
        self._tails[job.conversation_id] = task
        task.add_done_callback(lambda done: self._ended(job, done))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _ended(self, job: Job, task: asyncio.Task[None]) -> None:
        if self._tails.get(job.conversation_id) is task:
            del self._tails[job.conversation_id]
        self._over.pop(job.id).set()
        self._fractions.pop(job.id, None)

    async def _work(self, job: Job, order: Content, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        async with contextlib.AsyncExitStack() as held:
            try:
                part = await self._part(job, order, held)
                packed = await self._store.pack(part)
                _obey(job)
            except JobFailureError as error:
                self._finish(job.id, Status.FAILED, job.must_fail or str(error))
            except Exception as error:  # noqa: BLE001 - a defect in one job must not end the server
                LOGGER.error("Job %s: %s\n%s", job.id, type(error).__name__, _frames(error))  # noqa: TRY400 - the error's text may hold what was said
                self._finish(job.id, Status.FAILED, f"symbl-local failed: {type(error).__name__}")
            else:
                self._keep(job, part, packed)

    def _keep(self, job: Job, part: Part, packed: bytes) -> None:
        if self._store.conversation(job.conversation_id) is None:
            discard(part)
            self._finish(job.id, Status.FAILED, DELETED)
        else:
            self._finish(job.id, Status.COMPLETED, part=part, packed=packed)

    async def _part(self, job: Job, order: Content, held: contextlib.AsyncExitStack) -> Part:
        """Make a job's part.

        :param held: from now on holds off corrections of the members, who are in the part already.
        """
        if isinstance(order, MediaContent):
            return await self._heard_part(job, order, held)
        await held.enter_async_context(self._store.changing(job.conversation_id))
        work = partial(text_part, order, self._place(job))
        return await self._pools.parts.run(self._announced(job, work))

    async def _heard_part(self, job: Job, order: MediaContent, held: contextlib.AsyncExitStack) -> Part:
        path = await self._recording(job, order)
        try:
            heard = await self._listen(job, order, path)
            await held.enter_async_context(self._store.changing(job.conversation_id))
            return await self._pools.parts.run(partial(media_part, order, heard, path, self._place(job)))
        except BaseException:
            if path != order.source:
                path.unlink(missing_ok=True)
            raise

    async def _recording(self, job: Job, order: MediaContent) -> Path:
        if isinstance(order.source, Path):
            return order.source
        fetch = partial(download, order.source, self._spool, self._stopped, self._limits)
        return await self._pools.downloads.run(self._announced(job, fetch))

    async def _listen(self, job: Job, order: MediaContent, path: Path) -> Transcription:
        # One voice is everybody's: for that, nobody has to be told apart.
        voices = order.voices if order.voices and order.voices > 1 else None
        how = TranscriptionOptions(order.language, order.vocabulary, order.by_channel, order.is_video, voices)
        work = partial(self._recogniser.recognise, path, how, self._stopped, self._teller(job))
        return await self._pools.recognition.run(self._announced(job, work))

    def _teller(self, job: Job) -> Callable[[float], None]:
        loop = asyncio.get_running_loop()

        def tell(fraction: float) -> None:
            loop.call_soon_threadsafe(self._hear, job.id, fraction)

        return tell

    def _hear(self, job_id: str, fraction: float) -> None:
        """Note how much has been heard; a second try, which begins anew, does not turn it back."""
        if job_id in self._over:
            self._fractions[job_id] = max(fraction, self._fractions.get(job_id, 0.0))

    def _place(self, job: Job) -> PartContext:
        if self._store.conversation(job.conversation_id) is None:
            raise JobFailureError(DELETED)
        end = self._store.timeline_end(job.conversation_id)
        known = self._store.known_members(job.conversation_id)
        return PartContext(job.id, end or job.submitted, tuple(known))

    def _announced(self, job: Job, work: Callable[[], Any]) -> Callable[[], Any]:
        """Have the job marked as in progress as soon as a thread takes it up."""
        loop = asyncio.get_running_loop()

        def announced() -> Any:  # noqa: ANN401 - whatever the work gives
            loop.call_soon_threadsafe(self._begin, job.id)
            return work()

        return announced

    def _begin(self, job_id: str) -> None:
        job = self._store.job(job_id)
        if job is None or job.actual is not Status.SCHEDULED:
            return
        self._store.put_job(replace(job, actual=Status.IN_PROGRESS))
        if job.progress.by != "polls":
            self._show(job_id, Status.IN_PROGRESS)

    def _finish(
        self, job_id: str, status: Status, message: str | None = None, part: Part | None = None, packed: bytes = b""
    ) -> None:
        job = replace(self._store.known_job(job_id), actual=status, message=message)
        self._store.end_job(job, part, packed)
        self._disclose(job)

    def _disclose(self, job: Job) -> None:
        """Show the end of a job when it is time to."""
        if job.progress.by == "polls":
            return
        if job.progress.by == "time" or job.must_last:
            self._spawn(self._show_later(job))
        else:
            self._show(job.id, job.actual)

    async def _show_later(self, job: Job) -> None:
        await asyncio.sleep(_rest(job))
        self._show(job.id, job.actual)

    def _show(self, job_id: str, status: Status) -> None:
        job = self._store.known_job(job_id)
        if job.shown is not status:
            over = timestamps.now() if status.is_terminal else None
            shown = replace(job, shown=status, shown_over=over)
            self._store.put_job(shown)
            self._webhooks.notify(shown)


def _rest(job: Job) -> float:
    """Tell how many seconds are left before a job's end may be shown."""
    age = (timestamps.now() - job.submitted).total_seconds()
    return max(0.0, job.progress.seconds - age, job.must_last - age)


def _obey(job: Job) -> None:
    if job.must_fail:
        raise JobFailureError(job.must_fail)


def _frames(error: Exception) -> str:
    return "".join(traceback.format_tb(error.__traceback__))
