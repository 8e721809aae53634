"""The client for workers: every call of Symbl's API over requests."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from airflow_provider_symbl.client import calls, conversation_calls
from airflow_provider_symbl.client.exchange import Send, Sleep, TakeAlone, exchange, read_clock
from airflow_provider_symbl.client.models import Job
from airflow_provider_symbl.client.polling import (
    JOB_TIMEOUT,
    POLL_FAILED,
    POLL_INTERVAL,
    POLLED,
    JobPoller,
    as_seconds,
    features_asked,
    most_between,
)
from airflow_provider_symbl.client.responses import RequestFailedError
from airflow_provider_symbl.client.retries import seconds_left, time_limit
from airflow_provider_symbl.client.submitting import SubmittingClient
from airflow_provider_symbl.client.tokens import cache_for
from airflow_provider_symbl.client.transport import Transport
from airflow_provider_symbl.exceptions import SymblError, SymblTransportError

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_symbl.client.calls import Call
    from airflow_provider_symbl.client.exchange import Step, Steps
    from airflow_provider_symbl.client.models import Conversation
    from airflow_provider_symbl.client.settings import ClientSettings
    from airflow_provider_symbl.client.validators import Json

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

PAGE_SIZE = 100


def _sent(
    describe: Callable[Arguments, Call[Result]],
) -> Callable[Concatenate[SymblClient, Arguments], Result]:
    """Make a method that sends a call."""

    def method(client: SymblClient, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return client._perform(describe(*args, **kwargs))  # noqa: SLF001 - a method of the same class

    calls.show_as_method(method, describe)
    return method


class SymblClient(SubmittingClient):
    """Symbl's Async, Job and Conversation API, one call a method.

    Every method raises :class:`~airflow_provider_symbl.exceptions.SymblError` and nothing else. Reads are sent again
    after faults of network and server; a submission only when it cannot have been taken. Arguments and errors of each
    call are told where it is described, in :mod:`~airflow_provider_symbl.client.calls` and
    :mod:`~airflow_provider_symbl.client.conversation_calls`.

    :param settings: the account and how to reach it.
    :param retry_concurrency_limit: send a submission again that was refused because the account runs as many jobs as
        it may, as often as anything else; False leaves that to the caller.
    """

    def __init__(self, settings: ClientSettings, *, retry_concurrency_limit: bool = True) -> None:
        self._settings = settings
        self._retry_concurrency_limit = retry_concurrency_limit
        self._transport = Transport(settings)
        self._tokens = cache_for(settings.account)
        weakref.finalize(self, self._transport.close)

    def __reduce__(self) -> tuple[Any, ...]:
        """Make a copy, or a pickle, of the settings alone: it opens connections of its own."""
        return functools.partial(type(self), retry_concurrency_limit=self._retry_concurrency_limit), (self._settings,)

    def __enter__(self) -> Self:
        """Return the client itself, to be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._transport.close()

    def wait_for_job(
        self,
        job_id: str,
        *,
        conversation_id: str | None = None,
        features: Mapping[str, Json] | None = None,
        deadline: float | None = None,
        poll_interval: float | datetime.timedelta = POLL_INTERVAL,
        max_poll_interval: float | datetime.timedelta | None = None,
    ) -> Job:
        """Wait until a job is completed, and what ``features`` asked for besides, and return its state.

        :param job_id: the job.
        :param conversation_id: its conversation, needed for features and told in errors.
        :param features: the ``features`` that were submitted.
        :param deadline: when to give up, in seconds since the epoch; None is four hours from now.
        :param poll_interval: seconds before the first poll; each further pause is half as long again.
        :param max_poll_interval: the most seconds between two polls; None is a minute, or ``poll_interval`` if longer.
        :raises SymblJobFailedError: the job failed.
        :raises SymblJobTimeoutError: it was not over at the deadline; it goes on at Symbl.
        :raises SymblUnknownJobStatusError: Symbl gave a status that it does not document.
        """
        poller = JobPoller(
            job_id=job_id,
            conversation_id=conversation_id,
            features=features_asked(features),
            deadline=time.time() + JOB_TIMEOUT if deadline is None else deadline,
            poll_interval=as_seconds(poll_interval),
            max_poll_interval=most_between(poll_interval, max_poll_interval),
        )
        self.poll_until_over(poller)
        return Job(job_id, "completed")

    def poll_until_over(self, poller: JobPoller) -> None:
        """Poll until everything that a poller waits for is completed.

        :param poller: what is waited for, and until when.
        :raises SymblJobError: as :meth:`wait_for_job` does.
        """
        # The poller itself asks again after a fault, so each poll is sent once.
        with SymblClient(dataclasses.replace(self._settings, max_retries=0)) as client:
            while not poller.is_over:
                time.sleep(poller.pause())
                client.poll_once(poller)

    def poll_once(self, poller: JobPoller) -> bool:
        """Poll once, and tell whether what was asked for is completed.

        :param poller: what is waited for.
        :raises SymblJobError: as :meth:`wait_for_job` does.
        """
        try:
            with time_limit(poller.seconds_to_ask()):
                response = poller.poll(self)
        except SymblError as error:
            poller.on_error(error)
            log.log(poller.log_level, POLL_FAILED, poller.subject, error)
            return False
        is_completed = poller.on_response(response)
        log.log(poller.log_level, POLLED, poller.subject, poller.last_status)
        return is_completed

    def symbl_time(self) -> float:
        """Return seconds since the epoch by Symbl's clock, which is that of what is asked by time."""
        return self._drive(read_clock(self._settings, self._tokens))

    def list_conversations(
        self,
        *,
        start_time: datetime.datetime | None = None,
        end_time: datetime.datetime | None = None,
        order: str = "asc",
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Conversation]:
        """Yield the account's conversations by the time at which they started; pagination reads a page when it is due.

        :param start_time: the earliest start, with a time zone; None is seven days before the end.
        :param end_time: the latest start, with a time zone; None is now.
        :param order: asc or desc.
        :param page_size: how many are asked for at once.
        """
        for offset in itertools.count(0, page_size):
            page = self._perform(
                calls.list_conversations(
                    start_time=start_time, end_time=end_time, order=order, limit=page_size, offset=offset
                )
            )
            yield from page
            if len(page) < page_size:
                return

    get_job = _sent(calls.get_job)
    get_insights_status = _sent(conversation_calls.get_insights_status)
    get_call_score_status = _sent(conversation_calls.get_call_score_status)
    get_conversation = _sent(conversation_calls.get_conversation)
    get_messages = _sent(conversation_calls.get_messages)
    get_summary = _sent(conversation_calls.get_summary)
    get_members = _sent(conversation_calls.get_members)
    get_transcript = _sent(conversation_calls.get_transcript)
    get_topics = _sent(conversation_calls.get_topics)
    get_questions = _sent(conversation_calls.get_questions)
    get_action_items = _sent(conversation_calls.get_action_items)
    get_follow_ups = _sent(conversation_calls.get_follow_ups)
    get_insights = _sent(conversation_calls.get_insights)
    get_entities = _sent(conversation_calls.get_entities)
    get_trackers = _sent(conversation_calls.get_trackers)
    get_analytics = _sent(conversation_calls.get_analytics)
    update_member = _sent(conversation_calls.update_member)
    update_speaker_events = _sent(conversation_calls.update_speaker_events)
    update_conversation_metadata = _sent(conversation_calls.update_conversation_metadata)
    request = _sent(calls.request)
    delete_conversation = _sent(conversation_calls.delete_conversation)

    def _perform(self, call: Call[Result]) -> Result:
        return self._drive(
            exchange(call, self._settings, self._tokens, retry_concurrency_limit=self._retry_concurrency_limit)
        )

    def _drive(self, steps: Steps[Result]) -> Result:
        """Take the steps of an exchange and return its result."""
        outcome: object = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: Result = end.value
                return result
            outcome = self._take(step)

    def _take(self, step: Step) -> object:
        match step:
            case Sleep(seconds):
                time.sleep(min(seconds, seconds_left()))
            case TakeAlone(steps):
                return self._drive_alone(steps)
            case Send(call, token):
                try:
                    return self._transport.send(call, token)
                except RequestFailedError as failure:
                    return failure
        return None

    def _drive_alone(self, steps: Steps[Result]) -> Result:
        if not self._tokens.lock.acquire(timeout=min(seconds_left(), threading.TIMEOUT_MAX)):
            message = "no answer: another call still waits for the token"
            raise SymblTransportError(message)
        try:
            return self._drive(steps)
        finally:
            self._tokens.lock.release()
