"""One pass of a night, put together from its parts: up to the report, or until it has only to wait."""

from __future__ import annotations

import dataclasses
import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.tokens import elapsed
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError, SymblTransportError
from airflow_provider_symbl.recordings.core.night_core import NightCore
from airflow_provider_symbl.recordings.ledger.ledger_format import night_folder
from airflow_provider_symbl.recordings.performer.performer import Performer
from airflow_provider_symbl.recordings.preflight import inspect
from airflow_provider_symbl.recordings.report.report import ReportHeader, check_balance, write_report
from airflow_provider_symbl.recordings.runner import KnownRows, NightRunner, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_symbl.client.settings import ClientSettings
    from airflow_provider_symbl.client.validators import Json
    from airflow_provider_symbl.recordings.core.night_core import Deferral
    from airflow_provider_symbl.recordings.discovery import RecordingSource
    from airflow_provider_symbl.recordings.facts import RecordingFile
    from airflow_provider_symbl.recordings.landing import Landing
    from airflow_provider_symbl.recordings.ledger.ledger import Ledger
    from airflow_provider_symbl.recordings.night_settings import NightSettings
    from airflow_provider_symbl.recordings.options import RecordingOptions, Send
    from airflow_provider_symbl.recordings.report.report import NightReport
    from airflow_provider_symbl.results.writer import Folder


@dataclass(frozen=True)
class NightParts:
    """What a night is made of.

    :param settings: what it keeps to.
    :param account: of Symbl.
    :param ledger: open.
    :param source: of the recordings.
    :param options: the parameters of each.
    :param landing: writes the results.
    :param report_folder: gives the folder of a name below the ledger.
    :param send: whether files are sent, or links to them.
    :param name: what stands in front of the token in a conversation's name; empty for the recording's path.
    """

    settings: NightSettings
    account: ClientSettings
    ledger: Ledger
    source: RecordingSource
    options: RecordingOptions
    landing: Landing
    report_folder: Callable[[str], Folder]
    send: Send = "file"
    name: str = ""


class NightPass:
    """One process's part of a night.

    :param parts: what it is made of.
    """

    def __init__(self, parts: NightParts) -> None:
        self._parts = parts
        self._known = KnownRows()
        self._core = NightCore(parts.settings, self._options_of, self._known.append)
        self._runner: NightRunner | None = None
        self._clock: Callable[[], float] = time.time
        self.expected_seconds: float | None = None
        """How long a dry run's night would take; None where no earlier night tells."""

    def run(self) -> Deferral | None:
        """Work until the night is over, or has only to wait; return what for, with its moments by this machine's clock.

        :raises SymblConfigurationError: nothing may be sent before a person has decided; a sidecar is wrong.
        :raises SymblError: the night as a whole cannot go on.
        """
        has_books_to_close = False
        try:
            self._work()
            if self._core.refusal:
                raise SymblConfigurationError(self._core.refusal)
            has_books_to_close = self._core.deferral is None
        finally:
            if not has_books_to_close:
                self._known.close()
        return self._by_this_machine(self._core.deferral)

    def _work(self) -> None:
        parts = self._parts
        # One submission is one call, which the ledger counts; what may be sent again the core decides.
        once = dataclasses.replace(parts.account, max_retries=0)
        with SymblClient(once, retry_concurrency_limit=False) as sender, SymblClient(parts.account) as reader:
            self._clock = clock_of(reader)
            # A person who writes a time of day means that of this machine.
            self._core.finish_by = _moved(parts.settings.finish_by, self._ahead)
            performer = Performer(
                settings=parts.settings,
                ledger=parts.ledger,
                source=parts.source,
                inspect=functools.partial(
                    inspect,
                    source=parts.source,
                    options=parts.options,
                    send=parts.send,
                    max_minutes=parts.settings.max_minutes,
                ),
                sender=sender,
                reader=reader,
                landing=parts.landing,
                clock=self._clock,
                send=parts.send,
                name=parts.name,
            )
            self._runner = NightRunner(self._core, performer.perform, self._clock)
            self._runner.run()
            self.expected_seconds = self._core.expected_seconds()

    @property
    def _ahead(self) -> float:
        """Seconds by which the night's clock, which agrees with Symbl's, is ahead of this machine's."""
        return self._clock() - time.time()

    def _by_this_machine(self, deferral: Deferral | None) -> Deferral | None:
        """Return what a trigger is to wait for by the clock that it has, which is this machine's."""
        if deferral is None:
            return None
        back = -self._ahead
        jobs = tuple((job, conversation, submitted + back) for job, conversation, submitted in deferral.jobs)
        return dataclasses.replace(deferral, jobs=jobs, wake_at=_moved(deferral.wake_at, back))

    def stop(self) -> None:
        """Begin nothing more; may be called from a signal's handler."""
        if self._runner is not None:
            self._runner.stop()

    def close_books(
        self, *, started: float, recordings: str, results: str, settings: Mapping[str, Json]
    ) -> NightReport:
        """Write the report, read it back, and check that every recording is in it.

        :param started: when the night's first try began, in seconds since the epoch by this machine's clock.
        :param recordings: what was searched, as a person wrote it.
        :param results: of the folder of all results.
        :param settings: arguments that are worth telling.
        :raises SymblBalanceError: the books do not close; names the recording.
        :raises SymblStorageError: the report cannot be written.
        """
        parts, core = self._parts, self._core
        header = ReportHeader(
            night=parts.settings.night,
            ledger=parts.ledger.id,
            account=parts.account.host,
            # By the clock of the rows.
            started=started + self._ahead,
            ended=self._clock(),
            recordings=recordings,
            results=results,
            cap=parts.settings.cap,
            price_per_minute=parts.settings.price_per_minute,
            settings=settings,
            warnings=(*parts.source.warnings, *self._troubles()),
            is_dry_run=parts.settings.is_dry_run,
            next_steps=self._plan(),
            carried=sum(track.file is None for track in core.board.tracks.values()),
        )
        folder = parts.report_folder(f"nights/{night_folder(parts.settings.night)}")
        try:
            report = write_report(folder, header, rows_of(core, parts.ledger, self._known, self._clock()))
            check_balance(folder, core.planning.found)
        finally:
            self._known.close()
        return report

    def check_trouble(self) -> None:
        """Raise what kept the night from its work, and is no recording's fault; a retry may find it gone.

        :raises SymblTransportError: Symbl takes nothing.
        :raises SymblStorageError: results cannot be written.
        """
        if self._core.jobs.trouble:
            raise SymblStorageError(self._core.jobs.trouble)
        if self._core.submissions.trouble:
            raise SymblTransportError(f"nothing more is sent: {self._core.submissions.trouble}")

    def _plan(self) -> tuple[str, ...]:
        """Return what a dry run tells of time and limit."""
        settings, expected = self._parts.settings, self.expected_seconds
        if not settings.is_dry_run:
            return ()
        binds = f"What binds is the cap of {settings.cap} jobs at once"
        if expected is None:
            return (f"{binds}; no earlier night tells how long a job takes.",)
        return (f"It would take about {expected / 60:.1f} minutes from the first submission on. {binds}.",)

    def _troubles(self) -> list[str]:
        return [told for told in (self._core.submissions.trouble, self._core.jobs.trouble) if told]

    def _options_of(self, file: RecordingFile) -> frozenset[str]:
        """Return the digests that a file's parameters can have; none where a sidecar would have to be read."""
        return frozenset() if file.sidecar is not None else self._parts.options.digests(file, None)


def _moved(moment: float | None, seconds: float) -> float | None:
    return None if moment is None else moment + seconds


def clock_of(client: SymblClient) -> Callable[[], float]:
    """Return a clock that agrees with Symbl's, by which several machines can agree too, whoever sets theirs meanwhile.

    :param client: of the account.
    """
    zero = client.symbl_time() - elapsed()
    return lambda: zero + elapsed()
