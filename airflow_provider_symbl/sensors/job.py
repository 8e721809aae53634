"""SymblJobSensor: waits for a job that some other task submitted."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import time
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    BaseSensorOperator,
    conf,
)

from airflow_provider_symbl.client.polling import LAST_POLL, MAX_POLL_INTERVAL, POLL_INTERVAL, JobPoller, features_asked
from airflow_provider_symbl.client.validators import FEATURES, as_text, is_empty, path_id, text
from airflow_provider_symbl.exceptions import (
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblUnknownJobStatusError,
)
from airflow_provider_symbl.hooks.arguments import CheckedArguments, check_given, check_names, is_templated
from airflow_provider_symbl.hooks.failures import fail_for_good
from airflow_provider_symbl.triggers.deadline import EXECUTION_TIMEOUT, Deadline, earlier, execution_end
from airflow_provider_symbl.triggers.job import SymblJobTrigger, completed_ids
from airflow_provider_symbl.triggers.resumption import earliest_resumption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_symbl.client.validators import Json, Validator
    from airflow_provider_symbl.hooks.symbl import SymblHook

SHORTEST_POLL_INTERVAL = 0.1
"""Seconds; Airflow allows a poke_interval of 0, with which a trigger would ask without a pause."""


class SymblJobSensor(CheckedArguments, BaseSensorOperator):
    """Wait until a job is completed, and what ``features`` asked for besides.

    A failed job, or a status that nobody knows, fails the task at once: waiting longer would not mend it. A failed poll
    does not. At ``timeout`` the task fails, or is skipped with ``soft_fail``; the job goes on at Symbl. Airflow's
    ``execution_timeout`` ends a try that is deferred too.

    :param job_id: the job.
    :param conversation_id: its conversation, told in errors, and needed with ``features``.
    :param features: the ``features`` that were submitted.
    :param symbl_conn_id: the connection.
    :param deferrable: wait in the triggerer, without a worker; polls start at ``poke_interval`` and back off to a
        minute.
    """

    template_fields: Sequence[str] = ("symbl_conn_id", "job_id", "conversation_id", "features")
    ui_color = "#e7e3f9"

    def __init__(
        self,
        *,
        job_id: str,
        conversation_id: str | None = None,
        features: Mapping[str, Json] | str | None = None,
        symbl_conn_id: str = "symbl_default",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        check_names(type(self), kwargs)
        super().__init__(**kwargs)
        self.job_id = job_id
        self.conversation_id = conversation_id
        self.features = features
        self.symbl_conn_id = symbl_conn_id
        self.deferrable = deferrable
        self._deadline = 0.0
        self._kept: JobPoller | None = None
        if not self.is_mapped:
            self._check(is_rendered=False)

    @classmethod
    def check_literals(cls, given: Mapping[str, object]) -> None:
        """Check each of some arguments that is no template; see :class:`CheckedArguments`."""
        checks: dict[str, Validator] = {
            "symbl_conn_id": text,
            "job_id": path_id,
            "conversation_id": path_id,
            "features": FEATURES,
        }
        for name in checks.keys() & given.keys():
            if not is_templated(given[name]) and not is_empty(given[name]):
                checks[name](name, given[name])

    def _check(self, *, is_rendered: bool) -> None:
        """Check all arguments, those aside that are templates still."""
        for name in ("symbl_conn_id", "job_id"):
            check_given(name, getattr(self, name), is_rendered=is_rendered)
        self.check_literals({name: getattr(self, name) for name in self.template_fields})

    def _take_text(self) -> None:
        """Take numbers for text where templates, rendered as native objects, made numbers of ids."""
        for name in ("symbl_conn_id", "job_id", "conversation_id"):
            setattr(self, name, as_text(getattr(self, name)) or None)

    @functools.cached_property
    def hook(self) -> SymblHook:
        """The hook of the connection."""
        # Imported here: DAG files import this module and none of them needs an HTTP library.
        from airflow_provider_symbl.hooks.symbl import SymblHook  # noqa: PLC0415 - only needed once the task runs

        return SymblHook(self.symbl_conn_id)

    def execute(self, context: Context) -> Any:  # noqa: ANN401 - as of Airflow's base class
        """Poke, or hand the wait to the triggerer."""
        with fail_for_good():
            self._take_text()
            self._check(is_rendered=True)
        self._kept = None
        self._deadline = self._started(context) + self.timeout
        if not self.deferrable:
            return super().execute(context)
        if not self._first_poke(context):
            self.defer(trigger=self._trigger(context), method_name="execute_complete")
        return None

    def poke(self, context: Context) -> bool:  # noqa: ARG002 - Airflow's signature
        """Ask once, and tell whether everything is completed."""
        # Imported here: DAG files import this module and none of them needs an HTTP library.
        from airflow_provider_symbl.client.client import SymblClient  # noqa: PLC0415 - only needed once the task runs

        with fail_for_good(SymblJobFailedError, SymblUnknownJobStatusError):
            poller = self._kept = self._kept or self._poller()
            # The next poke itself asks again after a fault, so each poll is sent once.
            with SymblClient(dataclasses.replace(self.hook.settings, max_retries=0)) as client:
                while not poller.is_over:
                    if not client.poll_once(poller) and not self._asks_again(poller):
                        return False
        return True

    def _asks_again(self, poller: JobPoller) -> bool:
        """Wait and tell so after a refusal of which the next run would know nothing: one that passes must not last."""
        if not (self.reschedule and poller.is_refused) or poller.seconds_to_ask() <= LAST_POLL:
            return False
        time.sleep(min(max(self.poke_interval, SHORTEST_POLL_INTERVAL), POLL_INTERVAL))
        return True

    def execute_complete(self, context: Context, event: object = None) -> None:  # noqa: ARG002 - Airflow's signature
        """Read what the trigger saw.

        :param context: Airflow's.
        :param event: the payload of the trigger's event.
        """
        try:
            with fail_for_good(SymblJobFailedError, SymblUnknownJobStatusError):
                completed_ids(event)
        except SymblJobTimeoutError as error:
            is_skipped = self.soft_fail or self.never_fail
            if EXECUTION_TIMEOUT in error.reason and not is_skipped:
                # As in the worker: Airflow retries it, while a sensor's own timeout is final.
                raise AirflowTaskTimeout(str(error)) from error
            raise AirflowSensorTimeout(str(error)) from error

    def _first_poke(self, context: Context) -> bool:
        try:
            return self.poke(context)
        except AirflowFailException as error:
            # Airflow skips for soft_fail in its own loop, which a deferrable sensor does not enter.
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise

    def _started(self, context: Context) -> float:
        """Return when the wait began, in seconds since the epoch; in reschedule mode in an earlier run."""
        first = context["ti"].get_first_reschedule_date(context) if self.reschedule else None
        # Airflow 3.0 gives text in dag.test.
        return datetime.datetime.fromisoformat(str(first)).timestamp() if first else time.time()

    def _poller(self) -> JobPoller:
        return JobPoller(
            job_id=self.job_id,
            conversation_id=self.conversation_id,
            features=self._features_asked(),
            deadline=self._deadline or time.time() + self.timeout,
        )

    def _trigger(self, context: Context) -> SymblJobTrigger:
        poll_interval = max(self.poke_interval, SHORTEST_POLL_INTERVAL)
        deadline = earlier(
            Deadline(self._deadline or time.time() + self.timeout, "timeout"), execution_end(self, context)
        )
        return SymblJobTrigger(
            job_id=self.job_id,
            conversation_id=self.conversation_id,
            deadline=deadline.at,
            limit=deadline.limit,
            symbl_conn_id=self.symbl_conn_id,
            features=self._features_asked(),
            poll_interval=poll_interval,
            max_poll_interval=max(MAX_POLL_INTERVAL, poll_interval),
            not_before=earliest_resumption(),
        )

    def _features_asked(self) -> list[str]:
        return [] if is_empty(self.features) else features_asked(FEATURES("features", self.features))
