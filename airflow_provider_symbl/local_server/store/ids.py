"""Ids as Symbl makes them: 16 digits, of which every one is exact in a JavaScript number.

All that outsiders recorded lie between 2^52 and one and a half times that, and are multiples of 4096. Members and jobs
have UUIDs instead.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST = 2**52
STEP = 4096
IDS = 2**51 // STEP
"""How many there are, 2^39: of 10,000 that are made by chance two agree in one of 11,000 cases."""
STRIDE = 339_777_891_287
"""What is odd shares no factor with their number, so that a sequence comes to all of them before it begins again."""


def random_id() -> str:
    """Make an id by chance."""
    return _written(secrets.randbelow(IDS))


def distinct_ids() -> Iterator[str]:
    """Make ids that begin by chance and differ, such as those of the messages of one job."""
    first = secrets.randbelow(IDS)
    return (_written(first + index * STRIDE) for index in count())


def stable_id(*key: object) -> str:
    """Make the id that belongs to a key, the same each time.

    :param key: what no two share, as JSON can hold it.
    """
    return _written(int.from_bytes(hashlib.sha256(json.dumps(key).encode()).digest()[:8]))


def _written(number: int) -> str:
    return str(LEAST + number % IDS * STEP)
