"""Time expressions: where a sentence names a time, and which days or moments that means.

A pattern finds the expression, so that its offset is known and nothing else is taken for one; dateparser says which
day or moment it means, and the calendar which days a week, a month or a year has.
"""

from __future__ import annotations

import calendar
import importlib
import re
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api import timestamps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _after(*words: str) -> str:
    return "(?:" + "|".join(rf"(?<=\b{word} )" for word in words) + ")"


MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = "(?:" + "|".join(MONTHS) + ")"
_SHORT_MONTH = rf"(?:{_MONTH}|jan|feb|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
_YEAR = r"(?:1[89]|2[01])\d{2}"
_NUMBER = r"(?:3[01]|[12]\d|0?[1-9])"
_ORDINAL = rf"{_NUMBER}(?:st|nd|rd|th)"
_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_PART = r"(?:morning|afternoon|evening|night)"
_HOUR = r"\d{1,2}(?::\d{2})? ?[ap](?:m\b|\.m\.)"
_CLOCK = rf"(?:{_HOUR}|\d{{1,2}}:\d{{2}}|noon|midnight)"
_LONG, _SHORT = r"(?:day|week|month|year)s?", r"(?:minute|hour)s?"
_PLAIN_DAY = (
    rf"(?:(?:(?:this|next|last) )?{_WEEKDAY}|today|tomorrow|yesterday"
    rf"|{_YEAR}-\d{{2}}-\d{{2}}|\d{{1,2}}/\d{{1,2}}/{_YEAR}"
    rf"|(?:the )?{_NUMBER}(?:st|nd|rd|th)?(?: of)? {_SHORT_MONTH}(?:,? {_YEAR})?"
    rf"|{_SHORT_MONTH} (?:the )?{_NUMBER}(?:st|nd|rd|th)?\b(?:,? {_YEAR})?"
    rf"|{_after('on', 'by', 'until', 'before')}the {_ORDINAL})"
)
_DAY = (
    rf"{_PLAIN_DAY}(?: {_PART})?|this {_PART}|tonight|last night"
    rf"|in {_COUNT} {_LONG}|{_COUNT} {_LONG} ago"
)
_MOMENT = (
    rf"{_PLAIN_DAY}(?: {_PART})? at {_CLOCK}|{_CLOCK} {_PLAIN_DAY}"
    rf"|{_HOUR}|{_after('at', 'by', 'until', 'before')}{_CLOCK}|in {_COUNT} {_SHORT}|{_COUNT} {_SHORT} ago"
)
_RANGE = (
    rf"(?:this|next|last) (?:weekend|week|month|year)|the weekend"
    rf"|{_after('in', 'of', 'by', 'until', 'before', 'since')}{_MONTH}(?: {_YEAR})?"
    rf"|(?:next|last) {_MONTH}|{_MONTH} {_YEAR}"
)
EXPRESSION = re.compile(
    rf"(?<![\w.,/:-])(?=\w)(?:(?P<datetime>{_MOMENT})|(?P<date>{_DAY})|(?P<daterange>{_RANGE}))(?![\w/:-])".replace(
        " ", r"\s"
    ).replace(r"\d", "[0-9]"),
    re.IGNORECASE,
)
SPAN = re.compile(rf"in {_COUNT} {_SHORT}|{_COUNT} {_SHORT} ago")
CLOCK_TIME = re.compile(_CLOCK)
AT_A_CLOCK_TIME = re.compile(rf"(?P<day>.+) at (?P<clock>{_CLOCK})|(?P<first>{_CLOCK}) (?P<other>.+)")
NAMED_DAY = re.compile(
    rf"(?:(?:the )?(?P<d>{_NUMBER})(?:st|nd|rd|th)?(?: of)? (?P<m>{_SHORT_MONTH})"
    rf"|(?P<n>{_SHORT_MONTH}) (?:the )?(?P<e>{_NUMBER})(?:st|nd|rd|th)?)(?:,? (?P<y>{_YEAR}))?"
)
PAST = re.compile(r"\b(?:was|were|did|had)(?:n't)?\b", re.IGNORECASE)
FUTURE = re.compile(r"\bwill\b|'ll\b|\bgoing to\b", re.IGNORECASE)
LOWER_CASE_WORDS = re.compile(r"\b(?:may|march)\b")
"""Months only where they begin with a capital."""
WEEK = timedelta(days=7)
LAST_MINUTE = time(23, 59)
NOON = time(12)
MOST_KEPT = 4096
"""Expressions of days whose meaning is kept."""

DATEPARSER = threading.Lock()
"""dateparser keeps what it is doing in module variables, and its users report wrong results from two threads."""


@dataclass(frozen=True)
class Clock:
    """The time and the time zone of a message.

    :param now: an aware moment.
    :param minutes_off_utc: the speaker's time zone.
    """

    now: datetime
    minutes_off_utc: int = 0

    @property
    def local(self) -> datetime:
        """The wall clock's time, without a zone."""
        return self.now.astimezone(UTC).replace(tzinfo=None) + timedelta(minutes=self.minutes_off_utc)

    def utc(self, local: datetime) -> datetime:
        """Give the moment at which the wall clock shows a time."""
        return (local - timedelta(minutes=self.minutes_off_utc)).replace(tzinfo=UTC)


@dataclass(frozen=True)
class TimeExpression:
    """A time expression.

    :param start: the offset of its first character in the text.
    :param type: ``date``, ``datetime`` or ``daterange``, as the API calls them.
    :param value: the ISO-8601 date or moment that it means; None for a range.
    :param bounds: a range's first day, and the day behind its last.
    :param due: the last moment that it covers, to the minute.
    """

    text: str
    start: int
    type: str
    value: str | None
    bounds: tuple[date, date] | None
    due: datetime


def find_time_expressions(text: str, clock: Clock) -> Iterator[TimeExpression]:
    """Find time expressions.

    :param text: a sentence; where it is in the past tense, ``on Monday`` is the last one rather than the next.
    :param clock: the time of its message.
    """
    is_past = bool(PAST.search(text)) and not FUTURE.search(text)
    for match in EXPRESSION.finditer(text):
        expression = None if LOWER_CASE_WORDS.search(match[0]) else _read(match, clock, is_past=is_past)
        if expression:
            yield expression


def _read(match: re.Match[str], clock: Clock, *, is_past: bool) -> TimeExpression | None:
    kind, words = str(match.lastgroup), " ".join(match[0].lower().split())
    try:
        if kind == "daterange":
            first, last = _days(words, clock.local.date(), is_past=is_past)
            bounds = first, last + timedelta(days=1)
            return TimeExpression(match[0], match.start(), kind, None, bounds, _due(last, clock))
        local = _parsed(words, clock, is_past=is_past)
    except (OverflowError, ValueError):  # no calendar has that day
        return None
    if local is None:
        return None
    if kind == "date":
        day = local.date()
        return TimeExpression(match[0], match.start(), kind, day.isoformat(), None, _due(day, clock))
    moment = clock.utc(local)
    return TimeExpression(match[0], match.start(), kind, timestamps.iso(moment), None, moment)


def _due(day: date, clock: Clock) -> datetime:
    return clock.utc(datetime.combine(day, LAST_MINUTE))


def _parsed(words: str, clock: Clock, *, is_past: bool) -> datetime | None:
    """Read an expression, by the day alone where that is enough: each is parsed once for a day, not for a message."""
    today = datetime.combine(clock.local.date(), NOON)
    if parted := AT_A_CLOCK_TIME.fullmatch(words):
        day = _parsed(parted["day"] or parted["other"], clock, is_past=is_past)
        moment = _dateparsed(parted["clock"] or parted["first"], today, is_past=is_past)
        return datetime.combine(day, moment.time()) if day and moment else None
    if named := NAMED_DAY.fullmatch(words):
        return _named_day(named, today, is_past=is_past)
    if SPAN.fullmatch(words):
        read = _dateparsed(words, today, is_past=is_past)
        return read and clock.local + (read - today)
    if not CLOCK_TIME.fullmatch(words):
        return _dateparsed(words, today, is_past=is_past)
    edge = time.max if is_past else time.min
    read = _dateparsed(words, datetime.combine(today, edge), is_past=is_past)
    if read is None or (read <= clock.local if is_past else read >= clock.local):
        return read
    return read + timedelta(days=-1 if is_past else 1)


def _named_day(match: re.Match[str], today: datetime, *, is_past: bool) -> datetime:
    """Read a day of a month, which has too many forms to keep each; without a year, it is the nearest."""
    month = next(number for number, name in enumerate(MONTHS, 1) if name.startswith((match["m"] or match["n"])[:3]))
    day, year = int(match["d"] or match["e"]), match["y"]
    if year:
        return datetime.combine(date(int(year), month, day), NOON)
    read = datetime.combine(date(today.year, month, day), NOON)
    if is_past:
        return read if read <= today else read.replace(year=today.year - 1)
    return read if read >= today else read.replace(year=today.year + 1)


@lru_cache(maxsize=MOST_KEPT)
def _dateparsed(words: str, base: datetime, *, is_past: bool) -> datetime | None:
    # Loaded when first used: a fifth of a second.
    parse: Callable[..., datetime | None] = importlib.import_module("dateparser").parse
    settings = {
        "RELATIVE_BASE": base,
        "PREFER_DATES_FROM": "past" if is_past else "future",
        "RETURN_AS_TIMEZONE_AWARE": False,
    }
    with DATEPARSER:
        return parse(words, languages=["en"], settings=settings)


def _days(words: str, today: date, *, is_past: bool) -> tuple[date, date]:
    """Give the first and the last day of a week, a weekend, a month or a year."""
    step = {"next": 1, "last": -1}.get(words[:4], 0)
    if words.endswith(("week", "weekend")):
        monday = today - timedelta(days=today.weekday()) + step * WEEK
        return monday + timedelta(days=5 if words.endswith("weekend") else 0), monday + timedelta(days=6)
    if words.endswith("year"):
        return date(today.year + step, 1, 1), date(today.year + step, 12, 31)
    year, month = _month(words, today, step, is_past=is_past)
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _month(words: str, today: date, step: int, *, is_past: bool) -> tuple[int, int]:
    *_, last = words.split()
    if last == "month":
        years, month = divmod(today.month - 1 + step, 12)
        return today.year + years, month + 1
    if last.isdecimal():
        return int(last), MONTHS.index(words.split()[-2]) + 1
    month = MONTHS.index(last) + 1
    if step < 0 or is_past:
        return today.year - (month >= today.month), month
    return today.year + (month < today.month), month
