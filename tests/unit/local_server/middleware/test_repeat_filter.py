"""The repeat filter: what is logged again and again, and what is not."""

from __future__ import annotations

import logging

from airflow_provider_symbl.local_server.middleware.repeat_filter import MOST_KNOWN, RepeatFilter


def _record(message: str, created: float, *args: object) -> logging.LogRecord:
    record = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, message, args, None)
    record.created = created
    return record


def test_the_same_message_is_logged_once_a_minute() -> None:
    """Counted from when it was logged, so that one that keeps coming is seen now and then."""
    repeats = RepeatFilter()
    logged = [repeats.filter(_record("Invalid", 1000.0 + second)) for second in range(121)]
    assert [second for second, is_logged in enumerate(logged) if is_logged] == [0, 60, 120]


def test_other_messages_are_logged_meanwhile() -> None:
    """Those that say something else of the same kind as well."""
    repeats = RepeatFilter()
    kinds = [repeats.filter(_record("A request: %s", 1000.0, kind)) for kind in ("OSError", "KeyError", "OSError")]
    assert kinds == [True, True, False]


def test_not_every_message_is_remembered() -> None:
    """Whoever makes up new ones does not fill the memory."""
    repeats = RepeatFilter()
    for number in range(MOST_KNOWN + 1):
        assert repeats.filter(_record("%d", 1000.0, number))
    assert repeats.filter(_record("%d", 1000.0, 0)), "it was forgotten"
