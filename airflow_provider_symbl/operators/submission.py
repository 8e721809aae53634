"""What all submits and appends share: Symbl's parameters, the one submission, and the wait for its job."""

from __future__ import annotations

import functools
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import AirflowFailException, conf

from airflow_provider_symbl.client.parameters import TextParameters, check_each, check_extra, check_together, validate
from airflow_provider_symbl.client.polling import (
    JOB_TIMEOUT,
    POLL_INTERVAL,
    as_seconds,
    check_intervals,
    check_seconds,
    most_between,
)
from airflow_provider_symbl.client.reconciliation import SubmissionEvidence
from airflow_provider_symbl.client.validators import Json, as_text, choice, path_id, text
from airflow_provider_symbl.durable.submit_once import SubmissionRequest, SubmitOnce
from airflow_provider_symbl.exceptions import SymblConcurrencyLimitError, SymblUnrepeatableSubmissionError
from airflow_provider_symbl.hooks.arguments import CheckedArguments, check_given, check_names, is_templated
from airflow_provider_symbl.hooks.failures import about, fail_for_good
from airflow_provider_symbl.links.conversation import SymblConversationLink, publish_conversation_link
from airflow_provider_symbl.operators.identity import fingerprint, unique_name
from airflow_provider_symbl.operators.task_state import ON_CLEAR, how_to_submit_anew, submission_state_of
from airflow_provider_symbl.operators.waiting import WaitingOperator
from airflow_provider_symbl.triggers.deadline import execution_end

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Collection, Mapping, Sequence

    from airflow.providers.common.compat.sdk import BaseOperatorLink, Context

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.endpoints import Source
    from airflow_provider_symbl.client.models import Job, Submission
    from airflow_provider_symbl.durable.submission_state import Record
    from airflow_provider_symbl.hooks.symbl import SymblHook


NO_TEMPLATES = ("on_unknown_submission", "on_clear")
"""Arguments that Airflow does not render."""


class SymblSubmissionOperator(CheckedArguments, WaitingOperator):
    """Submit a conversation or append to one, and wait for the job.

    Every keyword that is not below goes to Symbl under its own name, checked when the DAG is parsed and, where it is a
    template, when the task runs; see Symbl's Async API reference for what each does.

    Each task makes one job, whatever happens to its tries: what is submitted is written down in Airflow's task state
    store (Airflow 3.3), so that a retry goes on with the job of the try before; only a job that failed is submitted
    anew. What a clear does, ``on_clear`` says. Symbl cannot cancel a job: a killed task's job goes on.

    An account that runs as many jobs as it may is waited for up to ``job_timeout``; deferrable without a worker.
    Airflow's ``execution_timeout`` ends each try, deferred too: the earlier of both limits counts.

    :param symbl_conn_id: the connection.
    :param name: the conversation's name; a submit without one tells DAG, task, run and file.
    :param confidence_threshold: 0.5 to 1.0, for insights.
    :param detect_phrases: mark key phrases in messages.
    :param detect_entities: find entities.
    :param entities: own entities: ``{"customType", "text", "value"?}`` each.
    :param trackers: ``{"name", "vocabulary": [...]}`` or ``{"id"}`` each.
    :param enable_all_trackers: use every tracker of the account.
    :param enable_summary: make a summary.
    :param webhook_url: where Symbl posts each change of the job's status.
    :param features: ``{"featureList": ["insights", "callScore"], "callScore": {"scorecardId"}}``; waited for too.
    :param metadata: text by key, such as ``salesStage``.
    :param conversation_type: sales or general.
    :param extra_parameters: values by Symbl's names, for what has no keyword here, or JSON text; sent as they are.
    :param wait_for_completion: wait until the job is completed.
    :param deferrable: wait in the triggerer, without a worker.
    :param poll_interval: seconds, or a timedelta, before the first poll; each further pause is half as long again.
    :param max_poll_interval: the most seconds between two polls; a minute, or ``poll_interval`` where that is longer.
    :param job_timeout: seconds, or a timedelta, of wall clock that the job may take since it was submitted.
    :param on_unknown_submission: what to do when the submission left, no answer came, and nothing of it was found at
        Symbl within a minute: ``"resubmit"`` raises, so that a retry looks again and then submits again; ``"fail"``
        fails the task at once. Default: resubmit for submits; fail for appends, where a second copy would corrupt the
        conversation.
    :param on_clear: what a task does that a user cleared: ``"airflow"`` does what Airflow's clear says, which is to
        submit anew on 3.3, and from 3.4 to go on with the job where the state was kept; ``"submit"`` always submits
        anew; ``"resume"`` goes on with the job wherever the state is still there, and waits for it anew.
    :return: ``{"conversation_id": str, "job_id": str}``; each is also an output of its own:
        ``submit.output["conversation_id"]``. The job's id is None where only the conversation was found again.
    :raises SymblJobFailedError: the job failed.
    :raises SymblJobTimeoutError: the job was not over in time; it goes on at Symbl.
    :raises AirflowFailException: what no retry mends: a wrong value, refused credentials, an unknown conversation.
    """

    parameter_names: ClassVar[tuple[str, ...]] = tuple(TextParameters.__annotations__)
    template_fields: Sequence[str] = ("symbl_conn_id", *parameter_names, "extra_parameters")
    template_fields_renderers: ClassVar[dict[str, str]] = dict.fromkeys(
        ("entities", "trackers", "features", "metadata", "extra_parameters"),
        "json",
    )
    operator_extra_links: Collection[BaseOperatorLink] = (SymblConversationLink(),)
    ui_color = "#e7e3f9"

    conversation_id: str | None = None
    """The conversation to append to; submits have none."""

    # The signature is spelled out, not made of the table of parameters: Airflow's default_args and partial() read it,
    # and so do editors. What a template may fill and what is sent are derived from the table.
    def __init__(
        self,
        *,
        symbl_conn_id: str = "symbl_default",
        name: str | None = None,
        confidence_threshold: float | str | None = None,
        detect_phrases: bool | str | None = None,
        detect_entities: bool | str | None = None,
        entities: Sequence[Mapping[str, str]] | str | None = None,
        trackers: Sequence[Mapping[str, Json]] | str | None = None,
        enable_all_trackers: bool | str | None = None,
        enable_summary: bool | str | None = None,
        webhook_url: str | None = None,
        features: Mapping[str, Json] | str | None = None,
        metadata: Mapping[str, str] | str | None = None,
        conversation_type: str | None = None,
        extra_parameters: Mapping[str, Json] | str | None = None,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float | datetime.timedelta = POLL_INTERVAL,
        max_poll_interval: float | datetime.timedelta | None = None,
        job_timeout: float | datetime.timedelta = JOB_TIMEOUT,
        on_unknown_submission: str | None = None,
        on_clear: str = "airflow",
        **kwargs: Any,
    ) -> None:
        # Each id is an XCom of its own too, so that ``.output["conversation_id"]`` can be handed on.
        kwargs.setdefault("multiple_outputs", True)
        check_names(type(self), kwargs)
        super().__init__(**kwargs)
        self.symbl_conn_id = symbl_conn_id
        self.name = name
        self.confidence_threshold = confidence_threshold
        self.detect_phrases = detect_phrases
        self.detect_entities = detect_entities
        self.entities = entities
        self.trackers = trackers
        self.enable_all_trackers = enable_all_trackers
        self.enable_summary = enable_summary
        self.webhook_url = webhook_url
        self.features = features
        self.metadata = metadata
        self.conversation_type = conversation_type
        self.extra_parameters = extra_parameters
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.poll_interval = as_seconds(poll_interval)
        self.max_poll_interval = most_between(poll_interval, max_poll_interval)
        self.job_timeout = as_seconds(job_timeout)
        self.on_unknown_submission = on_unknown_submission or ("fail" if self.is_append else "resubmit")
        self.on_clear = on_clear

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the client, which holds the App Secret."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[no-untyped-call]  # Airflow's own
        return {name: value for name, value in state.items() if name != "_client"}

    @functools.cached_property
    def hook(self) -> SymblHook:
        """The hook of the connection."""
        # Imported here: DAG files import this module and none of them needs an HTTP library.
        from airflow_provider_symbl.hooks.symbl import SymblHook  # noqa: PLC0415 - only needed once the task runs

        return SymblHook(self.symbl_conn_id)

    @functools.cached_property
    def _client(self) -> SymblClient:
        from airflow_provider_symbl.client.client import SymblClient  # noqa: PLC0415 - only needed once the task runs

        return SymblClient(self.hook.settings, retry_concurrency_limit=False)

    def execute(self, context: Context) -> dict[str, str | None]:
        """Submit or append once, wait as asked, and return both ids."""
        return self.execute_after_capacity_wait(context)

    def execute_after_capacity_wait(
        self,
        context: Context,
        event: object = None,  # noqa: ARG002 - Airflow's signature
        *,
        since: float | None = None,
        refusals: int = 0,
        end: float | None = None,
    ) -> dict[str, str | None]:
        """Do the same, when the account may have room again.

        :param context: Airflow's.
        :param event: of the pause, which tells nothing.
        :param since: when the first submission was refused, in seconds since the epoch.
        :param refusals: how many were refused.
        :param end: when ``execution_timeout`` is over, in seconds since the epoch.
        """
        if end is None and self.deferrable:
            end = execution_end(self, context)
        with about(self.content.name), fail_for_good():
            self._take_text()
            self._check(is_rendered=True)
            record, job = self._submit(context, time.time() if since is None else since, refusals, end)
            publish_conversation_link(self, context, str(record.conversation_id))
            if self.wait_for_completion:
                self._wait(self._client, record, job, end)
            return self._finish(context, {"conversation_id": record.conversation_id, "job_id": record.job_id})

    def check_arguments(self) -> None:
        """Check, when the DAG is parsed, what the DAG file spells out; called at the end of each constructor.

        :raises SymblConfigurationError: names the argument, what was given and what is allowed.
        """
        if not self.is_mapped:
            self._check(is_rendered=False)

    @classmethod
    @abstractmethod
    def check_content(cls, given: object) -> None:
        """Check what can be told of a conversation without looking for it.

        :param given: messages, a path or a link, as a DAG file or a template gives it.
        """

    @classmethod
    def check_literals(cls, given: Mapping[str, object]) -> None:
        """Check each of some arguments that is no template; see :class:`CheckedArguments`."""
        check_literals(cls.source, cls.parameter_names, cls.check_content, given)

    def _check(self, *, is_rendered: bool) -> None:
        """Check all arguments, those aside that are templates still."""
        needed = ("symbl_conn_id", *(("conversation_id",) if self.is_append else ()))
        content = {self.source.content: self.content.given}
        for name, value in ({name: getattr(self, name) for name in needed} | content).items():
            check_given(name, value, is_rendered=is_rendered)
        check_intervals(self.poll_interval, self.max_poll_interval)
        given = self._given()
        own = {name: getattr(self, name) for name in (*needed, "job_timeout", "on_unknown_submission", "on_clear")}
        self.check_literals(given | own | content | {"extra_parameters": self.extra_parameters})
        if is_rendered:
            # What Airflow does not render, such as a key of an object, is sent as it is, so it is checked as it is.
            validate(self.source, given, self.extra_parameters)
        elif not any(map(is_templated, given.values())):
            check_together(check_each(self.source, given))

    def _take_text(self) -> None:
        """Take numbers for text where templates, rendered as native objects, made numbers of ids and paths."""
        for name in ("symbl_conn_id", "conversation_id", "file", "url"):
            if hasattr(self, name):
                setattr(self, name, as_text(getattr(self, name)))

    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.parameter_names}

    def _parameters(self) -> dict[str, Any]:
        return self._given() | {"extra_parameters": self.extra_parameters}

    def _submit(self, context: Context, since: float, refusals: int, end: float | None) -> tuple[Record, Job | None]:
        """Submit once, as soon as the account has room; the job is one that an earlier try made."""
        submit_once = SubmitOnce(submission_state_of(context, self.on_clear), self._client)
        request = self._request(context)
        while True:
            try:
                return submit_once.submit_or_resume(request), submit_once.job
            except SymblUnrepeatableSubmissionError as error:
                raise AirflowFailException(f"{error}; {how_to_submit_anew(self.on_clear)}") from None
            except SymblConcurrencyLimitError as error:
                refusals += 1
                self._wait_for_capacity(error, since, refusals, end)

    def _request(self, context: Context) -> SubmissionRequest[Any]:
        content, account = self.content, self.hook.settings
        return SubmissionRequest(
            fingerprint=fingerprint(self.source, account, self.conversation_id, content.given, self._parameters()),
            size=content.size(),
            open=content.open,
            take_evidence=functools.partial(self._evidence, context),
            send=self._send,
            job_timeout=self.job_timeout,
            may_repeat=self.on_unknown_submission == "resubmit",
        )

    def _evidence(self, context: Context, opened: object) -> SubmissionEvidence:
        if self.conversation_id is not None:
            return SubmissionEvidence.to_append(self._client, self.conversation_id)
        name = self.name or unique_name(self.dag_id, self.task_id, str(context["run_id"]), self.content.name)
        return SubmissionEvidence.to_submit(
            self._client, name, is_unique=not self.name, starts=self.content.starts(opened)
        )

    def _send(self, evidence: SubmissionEvidence, opened: object) -> Submission:
        parameters = self._parameters()
        if self.is_append:
            parameters["conversation_id"] = self.conversation_id
        else:
            parameters["name"] = evidence.name
        return self._client.submit(self.source, opened, **parameters)


def check_literals(
    source: Source,
    parameter_names: Collection[str],
    check_content: Callable[[object], None],
    given: Mapping[str, object],
) -> None:
    """Check each of some arguments that is no template.

    :param source: how the conversation is handed over.
    :param parameter_names: which arguments are Symbl's parameters.
    :param check_content: checks the messages, the path or the link.
    :param given: arguments by name, Airflow's among them.
    :raises SymblConfigurationError: names the argument, what was given and what is allowed.
    """
    literal = {name: value for name, value in given.items() if name in NO_TEMPLATES or not is_templated(value)}
    check_each(source, {name: value for name, value in literal.items() if name in parameter_names})
    checks: dict[str, Callable[[Any], object]] = {
        "symbl_conn_id": functools.partial(text, "symbl_conn_id"),
        "conversation_id": functools.partial(path_id, "conversation_id"),
        source.content: check_content,
        "extra_parameters": functools.partial(check_extra, source),
        "on_unknown_submission": functools.partial(choice("resubmit", "fail"), "on_unknown_submission"),
        "on_clear": functools.partial(choice(*ON_CLEAR), "on_clear"),
        "job_timeout": lambda seconds: check_seconds("job_timeout", as_seconds(seconds)),
    }
    for name in checks.keys() & literal.keys():
        checks[name](literal[name])
