"""Job queue: jobs are accepted up to a cap, and done in order per conversation.

Our own, in memory: jobs of one conversation follow each other while all others run at once, the store knows what is
unfinished after a restart, and a broker or its workers would be one more thing for a user to run.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.jobs.job_runner import JobRunner
from airflow_provider_symbl.local_server.jobs.job_view import JobView
from airflow_provider_symbl.local_server.jobs.submission_content import TextContent, content_of
from airflow_provider_symbl.local_server.jobs.webhooks import Webhooks
from airflow_provider_symbl.local_server.store.records import Conversation, Job

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_symbl.local_server.jobs.submission_content import Content, JobOptions
    from airflow_provider_symbl.local_server.settings import ServerSettings
    from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import JobFault, RawSubmission

UNREADABLE = "What was submitted could not be read again after a restart: its file is gone, or damaged"
OVER_THE_CAP = (
    "This API has a limit of maximum of `{cap}` number of concurrent jobs per account. "
    "Wait until a job has ended, or start the server with a higher --max-concurrent-jobs."
)


class CapReachedError(ApiError):
    """There are as many jobs as may be at a time; none was made."""

    def __init__(self, cap: int) -> None:
        super().__init__(429, OVER_THE_CAP.format(cap=cap), {"statusCode": 429})


class JobQueue:
    """Accepts jobs and has them done. All of it happens on the event loop.

    :param settings: among them how many jobs may be shown scheduled or in progress at a time.
    :param store: where jobs and results are kept.
    :param recogniser: listens to recordings.
    :param spool: the folder for downloads.
    """

    def __init__(self, settings: ServerSettings, store: Store, recogniser: RecogniserPool, spool: Path) -> None:
        self._store = store
        self._cap = settings.max_concurrent_jobs
        self._webhooks = Webhooks.from_settings(settings)
        self.view = JobView(store, self._webhooks)
        self._runner = JobRunner(settings, store, self.view, recogniser, spool)
        self._tails: dict[str, asyncio.Task[None]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def resume(self) -> None:
        """Take up again what the store knows to be unfinished, in order of submission.

        Webhooks hear of the changes to come; one that was due before and was not sent is lost.
        """
        for job in self._store.jobs():
            if not job.shown.is_terminal and job.id not in self._tasks:
                self._enqueue(job, None)

    async def stop(self) -> None:
        """Give up all work, and end the recogniser's processes."""
        await self.drop()
        await self._runner.close()

    async def drop(self) -> None:
        """Give up all work, as if it had never begun; what a thread is busy with ends soon and counts for nothing."""
        self._runner.interrupt()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.view.drop()
        await self._webhooks.drop()

    def ensure_room(self) -> None:
        """Refuse a submission that would be one too many.

        :raises CapReachedError: as many jobs as may be are shown scheduled or in progress.
        """
        if self._store.active_jobs() >= self._cap:
            raise CapReachedError(self._cap)

    def accept(
        self,
        conversation: Conversation | None,
        content: Content,
        submission: RawSubmission,
        options: JobOptions,
        job_fault: JobFault,
    ) -> Job:
        """Make a job, and its conversation unless it appends to one. Ask :meth:`ensure_room` first.

        :param conversation: the one to append to.
        :param content: what to work on.
        :param submission: what it was read from.
        :param options: name, webhook and features.
        :param job_fault: what the fault rules do to it.
        """
        conversation = self._named(conversation, options)
        job = Job(
            id=str(uuid.uuid4()),
            conversation_id=conversation.id,
            submitted=timestamps.now(),
            progress=self._store.progress,
            webhook_url=options.webhook_url,
            features=options.features,
            fault=job_fault,
        )
        self._store.add_submission(conversation, job, submission)
        self._webhooks.notify(job)
        self._enqueue(job, content)
        return job

    async def settle(self, job: Job, content: Content) -> None:
        """Wait as long as the progress setting wants the submission's answer held back.

        By polls, a text's is held until the work is done, so that the reads alone decide what is shown.

        :param job: the job just accepted.
        :param content: what it works on.
        """
        is_text = isinstance(content, TextContent)
        if job.progress.by == "at_once" or (job.progress.by == "polls" and is_text):
            await asyncio.wait([self._tasks[job.id]])

    def _named(self, conversation: Conversation | None, options: JobOptions) -> Conversation:
        if conversation is None:
            fresh = self._store.new_conversation_id()
            conversation = Conversation(fresh, fresh, timestamps.now())
        metadata = {**conversation.metadata, **options.metadata}
        return replace(conversation, name=options.name or conversation.name, metadata=metadata)

    def _enqueue(self, job: Job, content: Content | None) -> None:
        """Have a job done after those of the same conversation that came before it.

        :param content: None for what the store has of it.
        """
        task = asyncio.create_task(self._run(job, content, self._tails.get(job.conversation_id)))
        self._tasks[job.id] = self._tails[job.conversation_id] = task
        task.add_done_callback(lambda done: self._forget(job, done))

    async def _run(self, job: Job, content: Content | None, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        if job.actual.is_terminal:
            await self._runner.show_end(job)
            return
        try:
            content = content or content_of(self._store.submission(job.id))
        except (OSError, KeyError, ApiError):
            await self._runner.fail(job.id, UNREADABLE)
        else:
            await self._runner.run(job, content)

    def _forget(self, job: Job, task: asyncio.Task[None]) -> None:
        del self._tasks[job.id]
        if self._tails.get(job.conversation_id) is task:
            del self._tails[job.conversation_id]
