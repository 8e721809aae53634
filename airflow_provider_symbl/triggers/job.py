"""SymblJobTrigger: waits for a job in the triggerer; and the meaning of its one event."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import time
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_symbl.client.polling import POLL_FAILED, POLLED, JobPoller
from airflow_provider_symbl.exceptions import (
    SymblError,
    SymblJobError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblUnknownJobStatusError,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from airflow_provider_symbl.client.async_client import AsyncSymblClient

JOB_ERRORS: dict[str, type[SymblJobError]] = {
    error.__name__: error for error in (SymblJobFailedError, SymblJobTimeoutError, SymblUnknownJobStatusError)
}

NEEDED = (
    "airflow_provider_symbl.client.async_client",
    "airflow_provider_symbl.hooks.symbl",
    "airflow.providers.common.compat.connection",
)

FINAL = "final"
"""Marks a poll's error that no retry mends."""


class SymblJobTrigger(BaseTrigger):
    """Polls until a job is over, or its deadline, and then fires one event.

    A failed poll is not a failed job: faults of network and server, 429 and, for a while, other refusals are polled
    through. All triggers of one connection share a session, a token and a limit on requests.

    :param job_id: the job; None where its id was lost, so that its end is read from the conversation.
    :param conversation_id: its conversation; None where nobody knows it.
    :param deadline: when to give up, in seconds since the epoch, so that a move to another triggerer changes nothing.
    :param symbl_conn_id: the connection.
    :param features: what to wait for besides the job: insights, callScore.
    :param poll_interval: seconds before the first poll; each further pause is half as long again.
    :param max_poll_interval: the most seconds between two polls.
    :param messages_before: without a job, how many messages the conversation held before an append.
    :param limit: the argument of the task that set the deadline, told in the error.
    :param recording: whose job it is, told in logs.
    :param is_job_over: whether the job is known to be completed, so that only ``features`` are waited for.
    :param not_before: when the event may fire, in seconds since the epoch; see :mod:`.resumption`.
    """

    def __init__(
        self,
        *,
        job_id: str | None,
        conversation_id: str | None,
        deadline: float,
        symbl_conn_id: str = "symbl_default",
        features: Sequence[str] = (),
        poll_interval: float = 5.0,
        max_poll_interval: float = 60.0,
        messages_before: int | None = None,
        limit: str = "",
        recording: str = "",
        is_job_over: bool = False,
        not_before: float = 0.0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.job_id = job_id
        self.conversation_id = conversation_id
        self.deadline = deadline
        self.symbl_conn_id = symbl_conn_id
        self.features = list(features)
        self.poll_interval = poll_interval
        self.max_poll_interval = max_poll_interval
        self.messages_before = messages_before
        self.limit = limit
        self.recording = recording
        self.is_job_over = is_job_over
        self.not_before = not_before

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class's path and its arguments, JSON primitives without any secret."""
        return "airflow_provider_symbl.triggers.job.SymblJobTrigger", {
            "job_id": self.job_id,
            "conversation_id": self.conversation_id,
            "deadline": self.deadline,
            "symbl_conn_id": self.symbl_conn_id,
            "features": self.features,
            "poll_interval": self.poll_interval,
            "max_poll_interval": self.max_poll_interval,
            "messages_before": self.messages_before,
            "limit": self.limit,
            "recording": self.recording,
            "is_job_over": self.is_job_over,
            "not_before": self.not_before,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire the one event; :func:`completed_ids` reads it."""
        try:
            await self._wait()
        except SymblJobError as error:
            event = self._event("failed", type(error).__name__, error.reason)
        except SymblError as error:
            event = self._event("failed", FINAL, str(error))
        except Exception as error:
            # What escapes a trigger reaches the task without its reason.
            self.log.exception("Waiting for Symbl job %s went wrong", self._subject)
            event = self._event("failed", type(error).__name__, str(error))
        else:
            event = self._event("completed")
        await asyncio.sleep(self.not_before - time.time())
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]  # Airflow's own

    async def on_kill(self) -> None:
        """Say what goes on without the task: Symbl cannot cancel a job."""
        self.log.warning("Symbl cannot cancel a job: %s goes on without this task", self._subject)

    @property
    def _subject(self) -> str:
        ids = f"{self.job_id} of conversation {self.conversation_id}"
        return printable(f"{ids} ({self.recording})" if self.recording else ids)

    async def _wait(self) -> None:
        poller = JobPoller(
            job_id=self.job_id,
            conversation_id=self.conversation_id,
            features=self.features,
            deadline=self.deadline,
            poll_interval=self.poll_interval,
            max_poll_interval=self.max_poll_interval,
            messages_before=self.messages_before,
            limit=self.limit,
            recording=self.recording,
            is_job_over=self.is_job_over,
        )
        await asyncio.to_thread(import_needed)
        # Before the connection is looked up: hundreds of waits may begin at once, and the pause's jitter spreads them.
        await asyncio.sleep(poller.pause())
        from airflow_provider_symbl.client.async_client import shared_client  # noqa: PLC0415 - only needed once the task runs
        from airflow_provider_symbl.hooks.symbl import SymblHook  # noqa: PLC0415 - only needed once the task runs

        settings = await SymblHook(self.symbl_conn_id).aget_settings()
        # The poller itself asks again after a fault, so each poll is sent once.
        async with shared_client(dataclasses.replace(settings, max_retries=0)) as client:
            await poll_once(poller, client, self.log.log)
            while not poller.is_over:
                await asyncio.sleep(poller.pause())
                await poll_once(poller, client, self.log.log)

    def _event(self, status: str, error: str = "", message: str = "") -> dict[str, str | None]:
        return {
            "status": status,
            "job_id": self.job_id,
            "conversation_id": self.conversation_id,
            "error": error,
            "message": message,
        }


async def poll_once(poller: JobPoller, client: AsyncSymblClient, tell: Callable[..., object]) -> bool:
    """Poll once, tell what was seen, and return whether anything was.

    :param poller: what is waited for.
    :param client: reads it.
    :param tell: takes a log's level, text and arguments.
    :raises SymblError: what is waited for did not come to its good end, or asking again would not help.
    """
    try:
        async with asyncio.timeout(poller.seconds_to_ask()):
            response = await poller.poll(client)
    except TimeoutError:
        # The deadline: the next pause tells it.
        return False
    except SymblError as error:
        poller.on_error(error)
        tell(poller.log_level, POLL_FAILED, poller.subject, error)
        return False
    poller.on_response(response)
    tell(poller.log_level, POLLED, poller.subject, poller.last_status)
    return True


def import_needed() -> None:
    """Import what a wait needs; with this module every DAG file would, and in the loop all waits would stand still."""
    for name in NEEDED:
        importlib.import_module(name)


def completed_ids(event: object) -> dict[str, str | None]:
    """Return both ids of a job that a trigger saw completed, None for one that nobody knows.

    :param event: the payload that :class:`SymblJobTrigger` fired.
    :raises SymblJobError: the job failed, was not over in time or has a status that nobody knows.
    :raises AirflowFailException: a poll met an error that no retry mends.
    :raises SymblError: the wait itself went wrong, or the payload is none of this trigger's.
    """
    if not isinstance(event, dict) or not (
        isinstance(event.get("job_id"), str) or isinstance(event.get("conversation_id"), str)
    ):
        message = f"the trigger's event is not one of SymblJobTrigger: a value of type {type(event).__name__}"
        raise SymblError(message)
    job_id, conversation_id = event.get("job_id"), event.get("conversation_id")
    if event.get("status") == "completed":
        return {"conversation_id": conversation_id, "job_id": job_id}
    reason = str(event.get("message"))
    if event.get("error") in JOB_ERRORS:
        raise JOB_ERRORS[event["error"]](reason, job_id, conversation_id)
    message = printable(f"waiting for Symbl job {job_id} of conversation {conversation_id} ended: {reason}")
    raise AirflowFailException(message) if event.get("error") == FINAL else SymblError(message)
