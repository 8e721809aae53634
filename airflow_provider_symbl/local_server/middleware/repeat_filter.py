"""Repeat filter: whoever sends the same nonsense again and again does not fill the disk with what is logged of it."""

from __future__ import annotations

import logging

SECONDS = 60.0
MOST_KNOWN = 1000


class RepeatFilter(logging.Filter):
    """Lets the same message of the same logger through once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._logged: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a message has not been logged for a minute."""
        key = (record.name, record.getMessage())
        if record.created - self._logged.get(key, -SECONDS) < SECONDS:
            return False
        if len(self._logged) >= MOST_KNOWN:
            self._logged.clear()
        self._logged[key] = record.created
        return True
