"""How far a job is said to have come: the setting that tests use instead of waiting."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.api.validation import Validator, enum, integer, number, object_of
from airflow_provider_symbl.local_server.store.records import Status

MODES = ("work", "at_once", "polls", "time")


@dataclass(frozen=True)
class Progress:
    """What a job's shown status follows.

    :param by: ``work`` (the real work), ``at_once`` (the work is over when the submission is answered),
        ``polls`` (the number of times that the status was read) or ``time`` (since submission).
    :param polls: the read that shows the end, from 1.
    :param seconds: how long after submission the end is shown at the earliest.
    """

    by: str = "work"
    polls: int = 1
    seconds: float = 0.0

    @property
    def setting(self) -> dict[str, object]:
        """The setting in the form in which it is set."""
        extra: dict[str, dict[str, object]] = {
            "polls": {"polls": self.polls},
            "time": {"seconds": self.seconds},
        }
        return {"by": self.by, **extra.get(self.by, {})}

    def at_read(self, reads: int, actual: Status) -> Status:
        """Say what the given read of a status shows when progress goes by polls.

        :param reads: how many reads there were, this one included.
        :param actual: where the work stands.
        """
        if actual.is_terminal and reads >= self.polls:
            return actual
        return Status.SCHEDULED if reads <= 1 else Status.IN_PROGRESS


SETTING = object_of({"by": enum(*MODES), "polls": integer(1), "seconds": number(0)}, ("by",))


def _progress(label: str, setting: object) -> Progress:
    by = SETTING(label, setting)
    needed = {"polls": "polls", "time": "seconds"}.get(by["by"])
    if needed and needed not in by:
        raise ApiError(400, f'"{needed}" is required when "by" is "{by["by"]}"')
    for name in by.keys() - {"by", needed}:
        raise ApiError(400, f'"{name}" is not allowed when "by" is "{by["by"]}"')
    return Progress(**by)


PROGRESS = Validator(_progress, SETTING.schema)
"""The setting that a test sends, in one of its four forms."""
