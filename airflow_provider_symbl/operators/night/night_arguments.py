"""The arguments of a night: how each is checked when the DAG is parsed, and what it comes to once the task runs."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pendulum

from airflow_provider_symbl.client.polling import as_seconds, check_seconds
from airflow_provider_symbl.client.validators import choice, integer, invalid_value, is_empty, parsed, text
from airflow_provider_symbl.hooks.arguments import choices, is_templated
from airflow_provider_symbl.results.document import READS
from airflow_provider_symbl.results.forms import FORMS
from airflow_provider_symbl.results.redaction import check_kinds, check_region

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import DAG, BaseOperator, Context

    from airflow_provider_symbl.client.settings import ClientSettings
    from airflow_provider_symbl.client.validators import Validator
    from airflow_provider_symbl.recordings.facts import Night
    from airflow_provider_symbl.recordings.night_settings import NightSettings

ORDERS = ("oldest", "newest", "shortest", "name")
KINDS_OF_REDRIVE = ("failed", "quarantined", "changed", "results")
SHARE = 0.1
"""Of what was found, that may fail where nobody says how many."""
MOMENT = "a datetime, its text in ISO 8601, or a timedelta back from the start"
TIME_OF_DAY = "seconds from the start, a timedelta, or a time of day such as 06:30"
TOLD = (
    *("parameters", "overrides", "pattern", "send", "formats", "redact", "delete_after", "max_attempts"),
    *("allowed_failures", "since", "max_minutes", "finish_by", "order", "redrive"),
)
"""Arguments that the report tells."""


def _moment(where: str, given: object) -> datetime.datetime | datetime.timedelta:
    if isinstance(given, (datetime.datetime, datetime.timedelta)):
        return given
    try:
        return datetime.datetime.fromisoformat(str(given))
    except ValueError:
        return invalid_value(where, given, MOMENT)


def _date(where: str, given: object) -> datetime.date:
    if isinstance(given, datetime.datetime):
        return given.date()
    if isinstance(given, datetime.date):
        return given
    try:
        return datetime.date.fromisoformat(str(given))
    except ValueError:
        return invalid_value(where, given, "today's date, such as 2026-11-25")


def _end(where: str, given: object) -> float | datetime.time:
    """Return the seconds from the start, or the time of day."""
    given = as_seconds(given)
    if isinstance(given, datetime.time):
        return given
    try:
        return check_seconds(where, float(given) if isinstance(given, str) else given)
    except ValueError:
        pass
    try:
        return datetime.time.fromisoformat(str(given))
    except ValueError:
        return invalid_value(where, given, TIME_OF_DAY)


def _positive(where: str, given: object) -> float:
    value = parsed(given)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        invalid_value(where, given, "a number above 0")
    return float(value)


def _seconds_or_none(where: str, given: object) -> float:
    value = as_seconds(given)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        invalid_value(where, given, "seconds, 0 or more")
    return float(value)


def _failures(where: str, given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given < math.inf:
        invalid_value(where, given, "a number of recordings, or a share below 1")
    return float(given)


def _names(where: str, given: object) -> tuple[str, ...]:
    value = parsed(given) if isinstance(given, str) and given.lstrip().startswith("[") else given
    value = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not isinstance(value, Sequence) or not all(isinstance(name, str) and name for name in value):
        invalid_value(where, given, f"any of {', '.join(KINDS_OF_REDRIVE)}, or paths and globs of recordings")
    return tuple(value)


def _flag(where: str, given: object) -> bool:
    value = parsed(given)
    if not isinstance(value, bool):
        invalid_value(where, given, "true or false")
    return value


def _object(where: str, given: object) -> Mapping[str, Any]:
    value = parsed(given)
    if not isinstance(value, Mapping):
        invalid_value(where, type(value), "a mapping, or its JSON text")
    return value


CHECKS: Mapping[str, Validator] = {
    "symbl_conn_id": text,
    "parameters": _object,
    "overrides": _object,
    "pattern": text,
    "send": choice("file", "url"),
    "fetch": choices(*READS),
    "formats": choices(*FORMS),
    "redact": lambda _, given: check_kinds(given),
    "redact_region": lambda _, given: check_region(given),
    "delete_after": _flag,
    "max_concurrent_jobs": integer(1),
    "max_attempts": integer(1),
    "allowed_failures": _failures,
    "settle_seconds": _seconds_or_none,
    "job_timeout": check_seconds,
    "name": text,
    "since": _moment,
    "max_minutes": _positive,
    "finish_by": _end,
    "order": choice(*ORDERS),
    "first_night": _date,
    "redrive": _names,
    "is_dry_run": _flag,
    "price_per_minute": _positive,
}
"""How each argument is checked, and read."""


def check_literals(given: Mapping[str, object]) -> None:
    """Check each of some arguments that is no template.

    :param given: by name.
    :raises SymblConfigurationError: names the argument, what was given and what is allowed.
    """
    for name in CHECKS.keys() & given.keys():
        value = as_seconds(given[name]) if name == "job_timeout" else given[name]
        if not is_templated(value) and not is_empty(value):
            CHECKS[name](name, value)
    if not is_templated(given.get("parameters")) and not is_templated(given.get("overrides")):
        _check_options(given)


def _check_options(given: Mapping[str, object]) -> None:
    # Imported here: it is needed where a DAG file spells parameters out, and by no other.
    from airflow_provider_symbl.recordings.options import RecordingOptions  # noqa: PLC0415 - as above

    parameters, overrides, pattern = (given.get(name) for name in ("parameters", "overrides", "pattern"))
    if not is_empty(parameters) or not is_empty(overrides) or pattern is not None:
        send = "url" if given.get("send") == "url" else "file"
        RecordingOptions(parameters or {}, overrides or {}, pattern, send).check()  # type: ignore[arg-type]  # checked there


def allowed(failures: float | None, found: int) -> int:
    """Return how many recordings may fail.

    :param failures: the argument: a number, a share below 1, or None for a tenth, and at least one.
    :param found: how many there are.
    """
    if failures is None:
        return max(1, int(SHARE * found))
    return int(failures * found) if 0 < failures < 1 else int(failures)


def night_of(operator: BaseOperator, context: Context) -> Night:
    """Return whose doing a night is.

    :param operator: its task.
    :param context: Airflow's.
    """
    from airflow_provider_symbl.recordings.facts import Night  # noqa: PLC0415 - only needed once the task runs

    index = context["ti"].map_index
    is_mapped = index is not None and index >= 0
    task_id = f"{operator.task_id}[{index}]" if is_mapped else operator.task_id
    return Night(operator.dag_id, str(context["run_id"]), task_id)


def zone_of(dag: DAG | None) -> Any:  # noqa: ANN401 - a time zone's name, or one of pendulum or the standard library
    """Return the zone in which a DAG's times of day are meant: that of its schedule, else of its start, else Airflow's.

    :param dag: None gives UTC.
    """
    if dag is None:
        return "UTC"
    schedule = dag.timetable
    # A schedule may be made of others.
    parts = (schedule, getattr(schedule, "timetable", None), *getattr(schedule, "timetables", ()))
    # Airflow 3.0 has no public name for it.
    zones = (getattr(part, name, None) for part in parts for name in ("timezone", "_timezone"))
    return next((zone for zone in zones if zone), dag.timezone)


@dataclass(frozen=True)
class Rendered:
    """The arguments of a task that runs, read.

    :param given: by name; rendered and checked.
    """

    given: Mapping[str, Any]

    def _read(self, name: str) -> Any:  # noqa: ANN401 - as its check gives it
        given = self.given[name]
        return None if is_empty(given) else CHECKS[name](name, given)

    @property
    def fetch(self) -> tuple[str, ...]:
        """What is read of each conversation; messages in any case, of which the forms are made."""
        return tuple(dict.fromkeys(("messages", *self._read("fetch"))))

    @property
    def formats(self) -> tuple[str, ...]:
        """The forms; json in any case, from which the others can be made again."""
        return tuple(dict.fromkeys(("json", *(self._read("formats") or ()))))

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Symbl's parameters for all."""
        return self._read("parameters") or {}

    @property
    def overrides(self) -> Mapping[str, Mapping[str, Any]]:
        """The same by glob."""
        return self._read("overrides") or {}

    @property
    def redact(self) -> tuple[str, ...]:
        """What is replaced."""
        return self._read("redact") or ()

    def since(self, started: float) -> datetime.datetime | None:
        """Return the moment before which no file is taken; None for any.

        :param started: when the night began, in seconds since the epoch.
        """
        since: datetime.datetime | datetime.timedelta | None = self._read("since")
        if isinstance(since, datetime.timedelta):
            return datetime.datetime.fromtimestamp(started, datetime.UTC) - since
        return since if since is None or since.tzinfo else since.replace(tzinfo=datetime.UTC)

    def settings(self, night: Night, account: ClientSettings, started: float, zone: Any) -> NightSettings:  # noqa: ANN401 - as :func:`zone_of` gives it
        """Return what the night keeps to.

        :param night: whose doing it is.
        :param account: its connection may say how many jobs there may be at once.
        :param started: when its first try began, in seconds since the epoch.
        :param zone: in which a time of day is meant.
        """
        from airflow_provider_symbl.recordings.night_settings import DEFAULT_CAP, NightSettings  # noqa: PLC0415 - no DAG file needs it

        given = self.given
        return NightSettings(
            night=night,
            cap=self._read("max_concurrent_jobs") or account.max_concurrent_jobs or DEFAULT_CAP,
            max_attempts=self._read("max_attempts"),
            settle_seconds=given["settle_seconds"],
            job_timeout=given["job_timeout"],
            poll_interval=given["poll_interval"],
            max_poll_interval=given["max_poll_interval"],
            finish_by=_next(self._read("finish_by"), started, zone),
            max_minutes=self._read("max_minutes"),
            price_per_minute=given["price_per_minute"],
            is_first_night_meant=self._is_today(started, zone),
            redrive=self._read("redrive") or (),
            order=given["order"],
            delete_after=bool(given["delete_after"]),
            is_dry_run=bool(self._read("is_dry_run")),
            deferrable=given["deferrable"],
        )

    def _is_today(self, started: float, zone: Any) -> bool:  # noqa: ANN401 - as above
        date = self._read("first_night")
        return date is not None and date == pendulum.from_timestamp(started, tz=zone).date()


def _next(end: float | datetime.time | None, started: float, zone: Any) -> float | None:  # noqa: ANN401 - as above
    """Return a moment in seconds since the epoch: so many seconds on, or the next one with that time of day."""
    if end is None or isinstance(end, float):
        return None if end is None else started + end
    now = pendulum.from_timestamp(started, tz=zone)
    moment = now.at(end.hour, end.minute, end.second)
    return (moment if moment > now else moment.add(days=1)).timestamp()
