"""How a task waits: for room in the account, and for a job that an earlier try may have made."""

from __future__ import annotations

import datetime
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_symbl.client.parameters import check_each
from airflow_provider_symbl.client.polling import JobPoller, features_asked, pause_after
from airflow_provider_symbl.exceptions import SymblError
from airflow_provider_symbl.hooks.failures import about
from airflow_provider_symbl.operators.lineage import asset_extra, conversation_uri, open_lineage, record_asset_events
from airflow_provider_symbl.operators.storage import public_uri
from airflow_provider_symbl.operators.task_state import push_outputs_once
from airflow_provider_symbl.triggers.deadline import Deadline, earlier
from airflow_provider_symbl.triggers.job import SymblJobTrigger, completed_ids
from airflow_provider_symbl.triggers.resumption import earliest_resumption, shortest_deferral

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.providers.common.compat.sdk import Context
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.endpoints import Source
    from airflow_provider_symbl.client.models import Job
    from airflow_provider_symbl.client.validators import Json
    from airflow_provider_symbl.durable.submission_state import Record
    from airflow_provider_symbl.exceptions import SymblConcurrencyLimitError
    from airflow_provider_symbl.hooks.symbl import SymblHook
    from airflow_provider_symbl.operators.content import Content


class WaitingOperator(BaseOperator):
    """Waits in the worker or in the triggerer, as its arguments say; these are the subclass's."""

    source: ClassVar[Source]
    is_append: ClassVar[bool] = False
    symbl_conn_id: str
    features: Mapping[str, Json] | str | None
    deferrable: bool
    poll_interval: float
    max_poll_interval: float
    job_timeout: float
    _waited_for: Record | None = None
    _made: str | None = None
    """The conversation, once the task is done with it."""

    @property
    @abstractmethod
    def hook(self) -> SymblHook:
        """The hook of the connection."""

    @property
    @abstractmethod
    def content(self) -> Content:
        """The conversation as the task was given it."""

    def execute_complete(self, context: Context, event: object = None) -> dict[str, str | None]:
        """Return both ids of the job that the trigger saw completed, or raise what it saw.

        :param context: Airflow's.
        :param event: the payload of the trigger's event.
        """
        with about(self.content.name):
            return self._finish(context, completed_ids(event))

    def get_openlineage_facets_on_complete(self, task_instance: object) -> OperatorLineage[Any, Any]:  # noqa: ARG002 - the signature that OpenLineage calls
        """Return what OpenLineage is told: the recording and, once it is there, the conversation made of it."""
        recording = self.content.place
        inputs = [] if recording is None else [public_uri(recording)]
        return open_lineage(inputs, [conversation_uri(self.hook.settings.host, self._made)] if self._made else [])

    def _finish(self, context: Context, ids: dict[str, str | None]) -> dict[str, str | None]:
        """Tell of the conversation in asset events, and return both ids."""
        self._made = ids["conversation_id"]
        record_asset_events(context, self, asset_extra(self._made, self.content.place))
        push_outputs_once(self, context, ids)
        return ids

    def on_kill(self) -> None:
        """Say what goes on without the task: Symbl cannot cancel a job."""
        if self._waited_for is not None:
            self.log.warning(
                "Symbl cannot cancel a job: %s of conversation %s goes on without this task (%s)",
                self._waited_for.job_id,
                self._waited_for.conversation_id,
                self.content.name or self.task_id,
            )

    def _wait_for_capacity(
        self, error: SymblConcurrencyLimitError, since: float, refusals: int, end: float | None
    ) -> None:
        deadline = earlier(Deadline(since + self.job_timeout, "job_timeout"), end)
        pause = pause_for_room(error, refusals - 1, self.poll_interval, self.max_poll_interval, deadline)
        if self.deferrable:
            pause = max(pause, shortest_deferral())
        name = self.content.name or self.task_id
        self.log.info("%s: nothing was submitted, trying again in %.0f s: %s", name, pause, error)
        if not self.deferrable:
            time.sleep(pause)
            return
        self.defer(
            trigger=pause_trigger(pause),
            method_name="execute_after_capacity_wait",
            kwargs={"since": since, "refusals": refusals, "end": end},
        )

    def _wait(self, client: SymblClient, record: Record, job: Job | None, end: float | None) -> None:
        self._waited_for = record
        arguments = self._waits_for(record, earlier(Deadline(record.deadline, "job_timeout"), end))
        poller = JobPoller(**arguments)
        is_new = job is None and record.job_id is not None
        if not is_new and is_over_already(poller, job, client):
            return
        # A trigger that fires at once may reach Airflow before it knows that the task is deferred.
        poller.check_deadline()
        if self.deferrable:
            trigger = SymblJobTrigger(symbl_conn_id=self.symbl_conn_id, not_before=earliest_resumption(), **arguments)
            self.defer(trigger=trigger, method_name="execute_complete")
        client.poll_until_over(poller)

    def _waits_for(self, record: Record, deadline: Deadline) -> dict[str, Any]:
        return {
            "job_id": record.job_id,
            "conversation_id": record.conversation_id,
            "features": features_asked(check_each(self.source, {"features": self.features}).get("features")),
            "deadline": deadline.at,
            "limit": deadline.limit,
            "recording": self.content.name or "",
            "poll_interval": self.poll_interval,
            "max_poll_interval": self.max_poll_interval,
            "messages_before": record.evidence.messages if self.is_append else None,
        }


def pause_for_room(
    error: SymblConcurrencyLimitError, pauses: int, poll_interval: float, max_poll_interval: float, deadline: Deadline
) -> float:
    """Return the seconds after which the account may have room.

    :param error: the refusal.
    :param pauses: how many pauses there were so far.
    :param poll_interval: seconds of the first pause; each further one is half as long again.
    :param max_poll_interval: the most seconds of a pause that Symbl did not ask for.
    :param deadline: when room is no longer waited for.
    :raises SymblConcurrencyLimitError: the pause would not be over by then; names the limit.
    """
    pause = pause_after(pauses, poll_interval, max_poll_interval, error.retry_after or 0.0)
    if time.time() + pause > deadline.at:
        raise error.not_within(deadline.limit) from error
    return pause


def pause_trigger(seconds: float) -> BaseTrigger:
    """Return a trigger that fires after a pause.

    :param seconds: the pause.
    """
    # Imported here: no DAG file needs it.
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger  # noqa: PLC0415 - only needed once the task runs

    return TimeDeltaTrigger(datetime.timedelta(seconds=seconds))


def is_over_already(poller: JobPoller, job: Job | None, client: SymblClient) -> bool:
    """Look once at what an earlier try submitted, and tell whether all that is waited for is completed.

    :param poller: what is waited for.
    :param job: the job as this try read it; None where its id was lost.
    :param client: of the account.
    :raises SymblJobError: it failed, or has a status that nobody knows.
    """
    if job is not None and not poller.on_response(job):
        return False
    while not poller.is_over:
        try:
            response = poller.poll(client)
        except SymblError as error:
            poller.on_error(error)
            return False
        if not poller.on_response(response):
            return False
    return True
