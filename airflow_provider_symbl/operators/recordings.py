"""The operator that works through a whole night of recordings, in one task."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator, conf

from airflow_provider_symbl.client.polling import (
    JOB_TIMEOUT,
    POLL_INTERVAL,
    as_seconds,
    check_intervals,
    most_between,
)
from airflow_provider_symbl.client.uploads import location
from airflow_provider_symbl.client.validators import as_text, invalid_value
from airflow_provider_symbl.hooks.arguments import CheckedArguments, check_given, check_names, is_templated
from airflow_provider_symbl.hooks.failures import fail_for_good
from airflow_provider_symbl.links.recordings import SymblReportLink, publish_report_link
from airflow_provider_symbl.operators.lineage import record_asset_events
from airflow_provider_symbl.operators.night import night_arguments, night_ledger
from airflow_provider_symbl.operators.storage import (
    folder_at,
    is_local,
    open_folder,
    path_of,
    presigned,
    public_uri,
)
from airflow_provider_symbl.operators.task_state import push_outputs, push_outputs_once
from airflow_provider_symbl.results.document import READS
from airflow_provider_symbl.triggers.recordings import SymblRecordingsTrigger, job_times
from airflow_provider_symbl.triggers.resumption import earliest_resumption

if TYPE_CHECKING:
    import datetime
    import os
    from collections.abc import Collection, Mapping, Sequence

    from airflow.providers.common.compat.sdk import BaseOperatorLink, Context

    from airflow_provider_symbl.client.uploads import StoredPath
    from airflow_provider_symbl.client.validators import Json
    from airflow_provider_symbl.hooks.symbl import SymblHook
    from airflow_provider_symbl.recordings.night_pass import NightParts, NightPass
    from airflow_provider_symbl.recordings.options import Send
    from airflow_provider_symbl.recordings.report.report import NightReport


class SymblProcessRecordingsOperator(CheckedArguments, BaseOperator):
    """Work through all recordings of a place in one task: each is submitted once, waited for, and landed.

    Every listed path has exactly one outcome, in a report that says why. A ledger beside the results knows each
    content, so that no night, retry, clear, backfill or second DAG pays for one twice; what is still open goes on where
    it stopped. One bad recording stops no other: the task fails only where more have failed than ``allowed_failures``,
    after the report. ``retries`` are for crashes.

    :param recordings: a folder with all below it, a glob, or a list of paths or URIs: local ones, or object storage.
    :param results: the folder of all results; each recording gets a folder of its own, named by its path.
    :param ledger: the folder of the ledger; by default ``_symbl`` in ``results``. Must be no template, and be given
        where ``results`` is one: each night would have a new, empty one.
    :param parameters: Symbl's parameters for all recordings, by their snake_case names.
    :param overrides: parameters by glob; later ones win. ``NAME.symbl.json`` beside a recording overrides both.
    :param pattern: a regular expression over the path; ``{group}`` in a parameter stands for what its group found.
    :param send: ``"file"``, or ``"url"``: a link to the object, so that no byte passes through the worker. Its key is
        then URI and version, so a rename is paid for again, unless the store keeps a checksum of the whole object.
    :param fetch: what to read of each conversation; by default all.
    :param formats: any of json, jsonl, txt, md, srt, vtt, vcon, parquet; json is always written.
    :param redact: any of email, phone, card: what is replaced before anything is written.
    :param redact_region: the country of telephone numbers that do not name it, such as US.
    :param delete_after: delete each conversation at Symbl once its files stand and were read back.
    :param max_concurrent_jobs: the most jobs at once; by default the connection's, else 50.
    :param max_attempts: how many submissions a content has.
    :param allowed_failures: how many may fail, or a share below 1; by default a tenth, and at least one.
    :param settle_seconds: seconds, or a timedelta, in which a local file must not change; objects are whole at once.
    :param job_timeout: seconds, or a timedelta, that a job may take.
    :param poll_interval: seconds, or a timedelta, before the first poll of a job; each further pause is half as long
        again, until jobs of this night tell how long they take.
    :param max_poll_interval: the most seconds between two polls; a minute, or ``poll_interval`` where that is longer.
    :param name: what stands in front of the conversation's token; by default the recording's path.
    :param since: only files that were changed at that time or later: a datetime, its text, or a timedelta back.
    :param max_minutes: the budget of a night; what is beyond it waits.
    :param finish_by: seconds from the start, or a time of day in the DAG's zone: after it nothing is begun.
    :param order: in which recordings are sent: oldest, newest, shortest or name.
    :param first_night: that day's date, to let a new ledger send more than 100 recordings.
    :param redrive: what gets one attempt more in this run: failed, quarantined, changed (landed with other options),
        results (rendered again, nothing is paid), or paths and globs as in overrides.
    :param dry_run: send nothing, and report the plan.
    :param price_per_minute: for the report.
    :param symbl_conn_id: the connection.
    :param deferrable: wait in the triggerer, without a worker.
    :return: ``{"balance": {"found", "landed", "failed", "waiting", "quarantined", "skipped"}, "minutes", "price",
        "report", "expected_seconds", "recordings", "text"}``; each is an output of its own too.
    :raises AirflowFailException: more failed than allowed; or what no retry mends, before anything is sent.
    """

    template_fields: Sequence[str] = (
        *("symbl_conn_id", "recordings", "results", "parameters", "overrides", "fetch", "formats", "redact"),
        *("redact_region", "name", "since", "max_minutes", "finish_by", "first_night", "redrive", "is_dry_run"),
    )
    template_fields_renderers = {"parameters": "json", "overrides": "json"}  # noqa: RUF012 - as of Airflow's base class
    operator_extra_links: Collection[BaseOperatorLink] = (SymblReportLink(),)
    ui_color = "#e7e3f9"

    def __init__(
        self,
        *,
        recordings: str | os.PathLike[str] | StoredPath | Sequence[str | os.PathLike[str] | StoredPath],
        results: str | os.PathLike[str] | StoredPath,
        ledger: str | os.PathLike[str] | StoredPath | None = None,
        parameters: Mapping[str, Json] | str | None = None,
        overrides: Mapping[str, Mapping[str, Json]] | str | None = None,
        pattern: str | None = None,
        send: str = "file",
        fetch: Sequence[str] | str = READS,
        formats: Sequence[str] | str = ("json", "txt"),
        redact: Sequence[str] | str = (),
        redact_region: str | None = None,
        delete_after: bool = False,
        max_concurrent_jobs: int | None = None,
        max_attempts: int = 3,
        allowed_failures: float | None = None,
        settle_seconds: float | datetime.timedelta = 60.0,
        job_timeout: float | datetime.timedelta = JOB_TIMEOUT,
        poll_interval: float | datetime.timedelta = POLL_INTERVAL,
        max_poll_interval: float | datetime.timedelta | None = None,
        name: str | None = None,
        since: datetime.datetime | datetime.timedelta | str | None = None,
        max_minutes: float | str | None = None,
        finish_by: float | datetime.time | datetime.timedelta | str | None = None,
        order: str = "oldest",
        first_night: datetime.date | str | None = None,
        redrive: Sequence[str] | str = (),
        dry_run: bool | str = False,
        price_per_minute: float | None = None,
        symbl_conn_id: str = "symbl_default",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("multiple_outputs", True)
        check_names(type(self), kwargs)
        super().__init__(**kwargs)
        self.recordings = recordings
        self.results = results
        self.ledger = ledger
        self.parameters = parameters
        self.overrides = overrides
        self.pattern = pattern
        self.send = send
        self.fetch = fetch
        self.formats = formats
        self.redact = redact
        self.redact_region = redact_region
        self.delete_after = delete_after
        self.max_concurrent_jobs = max_concurrent_jobs
        self.max_attempts = max_attempts
        self.allowed_failures = allowed_failures
        self.settle_seconds = as_seconds(settle_seconds)
        self.job_timeout = as_seconds(job_timeout)
        self.poll_interval = as_seconds(poll_interval)
        self.max_poll_interval = most_between(poll_interval, max_poll_interval)
        self.name = name
        self.since = since
        self.max_minutes = max_minutes
        self.finish_by = finish_by
        self.order = order
        self.first_night = first_night
        self.redrive = redrive
        # Not dry_run: Airflow's operators have a method of that name.
        self.is_dry_run = dry_run
        self.price_per_minute = price_per_minute
        self.symbl_conn_id = symbl_conn_id
        self.deferrable = deferrable
        self._pass: NightPass | None = None
        self._times: dict[str, float] = {}
        if not self.is_mapped:
            self._check(is_rendered=False)

    @classmethod
    def check_literals(cls, given: Mapping[str, object]) -> None:
        """Check each of some arguments that is no template; see :class:`CheckedArguments`."""
        night_arguments.check_literals(given)

    def _check(self, *, is_rendered: bool) -> None:
        """Check all arguments, those aside that are templates still."""
        for name in ("symbl_conn_id", "recordings", "results"):
            check_given(name, getattr(self, name), is_rendered=is_rendered)
        if self.ledger is None and is_templated(self.results):
            invalid_value("ledger", None, "a folder, where results is a template: each night would have a new ledger")
        if is_templated(self.ledger):
            invalid_value("ledger", self.ledger, "no template: each night would have a new ledger")
        check_intervals(self.poll_interval, self.max_poll_interval)
        self.check_literals({name: getattr(self, name) for name in night_arguments.CHECKS})

    @functools.cached_property
    def hook(self) -> SymblHook:
        """The hook of the connection."""
        # Imported here: DAG files import this module and none of them needs an HTTP library.
        from airflow_provider_symbl.hooks.symbl import SymblHook  # noqa: PLC0415 - only needed once the task runs

        return SymblHook(self.symbl_conn_id)

    def execute(self, context: Context) -> dict[str, Any]:
        """Look, do what is open, and close the books; or leave the waiting to the triggerer."""
        with fail_for_good():
            self.symbl_conn_id = str(as_text(self.symbl_conn_id))
            self._check(is_rendered=True)
            return self._process(context)

    def execute_complete(self, context: Context, event: object = None) -> dict[str, Any]:
        """Do the same: the ledger tells what is open, whatever the trigger saw.

        :param context: Airflow's.
        :param event: the payload of the trigger's event, by which the next one knows how long jobs take.
        """
        self._times = job_times(event)
        return self.execute(context)

    def on_kill(self) -> None:
        """Begin nothing more, and say what goes on without the task: Symbl cannot cancel a job."""
        if self._pass is not None:
            self._pass.stop()
            self.log.warning("Symbl cannot cancel jobs: those that run go on, and the next night lands them")

    def _process(self, context: Context) -> dict[str, Any]:
        # Imported here: no DAG file needs it.
        from airflow_provider_symbl.recordings.night_pass import NightPass  # noqa: PLC0415 - only needed once the task runs

        started = context["ti"].start_date.timestamp()
        parts = self._parts(context, started)
        self._pass = NightPass(parts)
        deferral = self._pass.run()
        if deferral is not None:
            self.log.info("%d jobs run; going on when %d are over", len(deferral.jobs), deferral.enough)
            self.defer(
                trigger=SymblRecordingsTrigger(
                    jobs=deferral.jobs,
                    enough=deferral.enough,
                    wake_at=deferral.wake_at,
                    not_before=earliest_resumption(),
                    symbl_conn_id=self.symbl_conn_id,
                    poll_interval=self.poll_interval,
                    max_poll_interval=self.max_poll_interval,
                    **self._times,
                ),
                method_name="execute_complete",
            )
        report = self._pass.close_books(
            started=started,
            recordings=self._shown_recordings(),
            results=public_uri(self.results),
            settings={name: str(given) for name in night_arguments.TOLD if (given := getattr(self, name))},
        )
        return self._finish(context, report)

    def _finish(self, context: Context, report: NightReport) -> dict[str, Any]:
        """Tell of the night, and raise where too much of it went wrong."""
        from airflow_provider_symbl.recordings.report.report import RECORDINGS, paragraph  # noqa: PLC0415 - only needed once the task runs

        text = paragraph(report)
        self.log.info("%s", text)
        result: dict[str, Any] = {
            "balance": dict(report.balance),
            "minutes": report.minutes,
            "price": report.price,
            "report": report.uri,
            "expected_seconds": self._pass.expected_seconds if self._pass is not None and self.is_dry_run else None,
            "recordings": report.uri.rpartition("/")[0] + f"/{RECORDINGS}",
            "text": text,
        }
        publish_report_link(self, context, self._below_results(report.uri))
        record_asset_events(context, self, {"balance": result["balance"], "report": public_uri(report.uri)})
        if self._pass is not None:
            self._pass.check_trouble()
        allowed = night_arguments.allowed(self.allowed_failures, report.balance["found"])
        if report.balance["failed"] > allowed:
            push_outputs(context, {"return_value": result, **result})
            raise AirflowFailException(
                f"{report.balance['failed']} recordings have failed, and allowed_failures is {allowed}: {text}"
            )
        push_outputs_once(self, context, result)
        return result

    def _shown_recordings(self) -> str:
        """Return what is searched, for people."""
        return f"{len(given)} places" if isinstance(given := self.recordings, (list, tuple)) else public_uri(given)

    def _below_results(self, uri: str) -> str | None:
        results = path_of(self.results, "results")
        folder = folder_at(results, "").uri("").rstrip("/") + "/"
        below = uri.removeprefix(folder) if uri.startswith(folder) else None
        # The URI of a local file is percent-encoded, that of an object is not.
        return unquote(below) if below and is_local(results) else below

    # The parts of a night.

    def _parts(self, context: Context, started: float) -> NightParts:
        # Imported here: no DAG file needs it.
        from airflow_provider_symbl.recordings.discovery import RecordingSource  # noqa: PLC0415 - only needed once the task runs
        from airflow_provider_symbl.recordings.landing import Landing  # noqa: PLC0415 - only needed once the task runs
        from airflow_provider_symbl.recordings.night_pass import NightParts  # noqa: PLC0415 - only needed once the task runs
        from airflow_provider_symbl.recordings.options import RecordingOptions  # noqa: PLC0415 - only needed once the task runs

        account = self.hook.settings
        results = path_of(self.results, "results")
        ledger_path = night_ledger.ledger_path(self.ledger, results)
        given = night_arguments.Rendered(vars(self))
        source = RecordingSource(
            self.recordings,
            functools.partial(path_of, argument="recordings"),
            since=given.since(started),
            ours=[location(self.results), location(ledger_path)],
            make_link=presigned,
        )
        send: Send = "url" if self.send == "url" else "file"
        options = RecordingOptions(given.parameters, given.overrides, self.pattern, send)
        landing = Landing(
            functools.partial(folder_at, results),
            given.fetch,
            given.formats,
            given.redact,
            self.redact_region,
            is_read_back=self.delete_after,
        )
        # All that can be wrong is told before the ledger is touched, and before anything is sent.
        options.check()
        landing.check()
        source.check()
        open_folder(self.results, "")
        ledger = night_ledger.open_ledger(ledger_path, account, context)
        night = night_arguments.night_of(self, context)
        return NightParts(
            settings=given.settings(night, account, started, night_arguments.zone_of(self.get_dag())),
            account=account,
            ledger=ledger,
            source=source,
            options=options,
            landing=landing,
            report_folder=functools.partial(folder_at, ledger_path),
            send=send,
            name=self.name or "",
        )
