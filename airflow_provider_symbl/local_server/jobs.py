"""Jobs: accepted up to the cap, worked on in order per conversation, and shown as the progress setting says."""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
import time
import traceback
import uuid
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server import moments
from airflow_provider_symbl.local_server.downloads import download
from airflow_provider_symbl.local_server.orders import MediaOrder, TextOrder
from airflow_provider_symbl.local_server.records import Conversation, Job, Status
from airflow_provider_symbl.local_server.responses import RefusalError
from airflow_provider_symbl.local_server.speech import JobFailureError, Listening
from airflow_provider_symbl.local_server.threads import WorkerThreads
from airflow_provider_symbl.local_server.timeline import Place, media_part, text_part
from airflow_provider_symbl.local_server.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from airflow_provider_symbl.local_server.faults import Fate
    from airflow_provider_symbl.local_server.orders import Order, Sent, Terms
    from airflow_provider_symbl.local_server.records import Part
    from airflow_provider_symbl.local_server.speech import Heard, Recogniser
    from airflow_provider_symbl.local_server.store import Store

LOGGER = logging.getLogger(__name__)
DOWNLOADS_AT_ONCE = 8
WEBHOOKS_AT_ONCE = 8
LAST_PATIENCE = 60.0
UNREADABLE = "What was submitted could not be read again after a restart: {reason}"
DELETED = "The conversation was deleted before the job was done"
OVER_THE_CAP = (
    "This API has a limit of maximum of `{cap}` number of concurrent jobs per account. "
    "Wait until a job has ended, or start the server with a higher --max-concurrent-jobs."
)


class CapReachedError(RefusalError):
    """There are as many jobs as may be at a time; none was made."""

    def __init__(self, cap: int) -> None:
        super().__init__(429, OVER_THE_CAP.format(cap=cap), {"statusCode": 429})


@dataclass(frozen=True)
class Pools:
    """The threads for each kind of work."""

    recognition: WorkerThreads
    downloads: WorkerThreads
    texts: WorkerThreads
    webhooks: WorkerThreads

    @classmethod
    def of(cls, workers: int) -> Pools:
        """Make the threads.

        :param workers: how many recordings are recognised at a time.
        """
        return cls(
            WorkerThreads("recognition", workers),
            WorkerThreads("download", DOWNLOADS_AT_ONCE),
            WorkerThreads("text", 1),
            WorkerThreads("webhook", WEBHOOKS_AT_ONCE),
        )

    def all(self) -> tuple[WorkerThreads, ...]:
        """List them."""
        return (self.recognition, self.downloads, self.texts, self.webhooks)


class Jobs:
    """Accepts and does the work. All of it but the work itself happens on the event loop.

    :param store: where jobs and results are kept.
    :param recogniser: listens to recordings.
    :param cap: how many jobs may be shown scheduled or in progress at a time.
    :param workers: how many recordings are recognised at a time.
    :param spool: the folder for downloads.
    """

    def __init__(self, store: Store, recogniser: Recogniser, cap: int, workers: int, spool: Path) -> None:
        self._store = store
        self._recogniser = recogniser
        self._cap = cap
        self._spool = spool
        self._pools = Pools.of(workers)
        self._webhooks = Webhooks(self._pools.webhooks)
        self._stopped = threading.Event()
        self._tails: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: dict[str, asyncio.Event] = {}
        self.has_ended = False

    def start(self) -> None:
        """Start the threads."""
        atexit.register(self._at_exit)
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
        """Give up all work.

        :param patience: seconds to wait for the threads; afterwards :attr:`has_ended` tells about the recognition.
        """
        deadline = time.monotonic() + patience
        await self.drop()
        self.has_ended = await asyncio.to_thread(self._pools.recognition.stop, deadline)
        for pool in self._pools.all():
            await asyncio.to_thread(pool.stop, deadline)
        if self.has_ended:
            atexit.unregister(self._at_exit)

    async def drop(self) -> None:
        """Give up all work, as if it had never begun; what a thread is busy with ends soon and counts for nothing."""
        self._stopped.set()
        self._stopped = threading.Event()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._webhooks.drop()

    def ensure_room(self) -> None:
        """Refuse a submission that would be one too many.

        :raises CapReachedError: as many jobs as may be are shown scheduled or in progress.
        """
        if self._store.active_jobs() >= self._cap:
            raise CapReachedError(self._cap)

    def accept(self, conversation: Conversation | None, order: Order, sent: Sent, terms: Terms, fate: Fate) -> Job:
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
            submitted=moments.now(),
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

    async def settle(self, job: Job, order: Order) -> None:
        """Wait as long as the progress setting wants the submission's answer held back.

        By polls, a text's is held until the work is done, so that the reads alone decide what is shown.

        :param job: the job just accepted.
        :param order: what it works on.
        """
        is_text = isinstance(order, TextOrder)
        if job.progress.by == "at_once" or (job.progress.by == "polls" and is_text):
            await self._over[job.id].wait()

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
        age = (moments.now() - job.shown_over).total_seconds()
        return Status.IN_PROGRESS if age < job.progress.seconds else Status.COMPLETED

    def _at_exit(self) -> None:
        """Wait for the recogniser: the interpreter crashes when it ends while a thread is in its C++ code."""
        self._stopped.set()
        self._pools.recognition.stop(time.monotonic() + LAST_PATIENCE)

    def _named(self, conversation: Conversation | None, terms: Terms) -> Conversation:
        if conversation is None:
            fresh = self._store.new_conversation_id()
            conversation = Conversation(fresh, fresh, moments.now())
        return replace(conversation, name=terms.name or conversation.name)

    def _take_up(self, job: Job) -> None:
        try:
            order = self._store.sent(job.id).order()
        except (OSError, RefusalError) as error:
            self._finish(job.id, Status.FAILED, UNREADABLE.format(reason=type(error).__name__))
        else:
            self._queue(job, order)

    def _queue(self, job: Job, order: Order) -> None:
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

    async def _work(self, job: Job, order: Order, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        try:
            part = await self._part(job, order)
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
            self._finish(job.id, Status.FAILED, DELETED)
        else:
            self._finish(job.id, Status.COMPLETED, part=part, packed=packed)

    async def _part(self, job: Job, order: Order) -> Part:
        if isinstance(order, MediaOrder):
            heard = await self._hear(job, order)
            return media_part(order, heard, self._place(job))
        work = partial(text_part, order, self._place(job))
        return await self._pools.texts.run(self._announced(job, work))

    async def _hear(self, job: Job, order: MediaOrder) -> Heard:
        if isinstance(order.source, Path):
            return await self._listen(job, order, order.source)
        fetch = partial(download, order.source, self._spool, self._stopped)
        path = await self._pools.downloads.run(self._announced(job, fetch))
        try:
            return await self._listen(job, order, path)
        finally:
            path.unlink(missing_ok=True)

    async def _listen(self, job: Job, order: MediaOrder, path: Path) -> Heard:
        how = Listening(order.language, order.vocabulary, order.by_channel, order.is_video)
        work = partial(self._recogniser.recognise, path, how, self._stopped)
        return await self._pools.recognition.run(self._announced(job, work))

    def _place(self, job: Job) -> Place:
        if self._store.conversation(job.conversation_id) is None:
            raise JobFailureError(DELETED)
        end = self._store.timeline_end(job.conversation_id)
        known = self._store.known_members(job.conversation_id)
        return Place(job.id, end or job.submitted, tuple(known))

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
            over = moments.now() if status.is_terminal else None
            shown = replace(job, shown=status, shown_over=over)
            self._store.put_job(shown)
            self._webhooks.notify(shown)


def _rest(job: Job) -> float:
    """Tell how many seconds are left before a job's end may be shown."""
    age = (moments.now() - job.submitted).total_seconds()
    return max(0.0, job.progress.seconds - age, job.must_last - age)


def _obey(job: Job) -> None:
    if job.must_fail:
        raise JobFailureError(job.must_fail)


def _frames(error: Exception) -> str:
    return "".join(traceback.format_tb(error.__traceback__))
