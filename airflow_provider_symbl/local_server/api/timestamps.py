"""Timestamps: parsing them, writing them as the API does (ISO-8601, UTC, milliseconds), and the clock."""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST_YEAR = 1900
LATEST_YEAR = 2999


def now() -> datetime:
    """Give the current time in UTC, cut to the milliseconds that the API can express."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """Write a moment as ISO-8601 in UTC with milliseconds and ``Z``.

    :param moment: an aware datetime.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    """Read an ISO-8601 moment; one without a zone is taken as UTC.

    :param text: a date, or a date and time.
    :raises ValueError: it is not ISO-8601, or its year is outside 1900 to 2999.
    """
    moment = datetime.fromisoformat(text)
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError(f"the year {moment.year} is outside {EARLIEST_YEAR} to {LATEST_YEAR}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
