"""The memory that one large text takes: a factor of its bytes, whatever is in it."""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tests.support.local_client import TIMEOUT, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.local_client import Local

KEPT = 10
"""Bytes that are kept for each byte that was sent, where every message is one word."""
PEAK = 40
"""Bytes that are taken while it is worked on, or read; the README says so."""
COUNT = 4000


@pytest.fixture
def _traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("_traced")
def test_a_text_of_the_shortest_messages_takes_a_bounded_multiple_of_its_bytes(at_once: Local) -> None:
    """While it is submitted, as long as its conversation is there, and while that is read."""
    text = json.dumps({"messages": [message("a")] * COUNT}, separators=(",", ":")).encode()
    at_once.text("Hello.")
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    ids = at_once.submit("text", data=text, headers={"Content-Type": "application/json"})
    submitted, kept = _peak_and_kept(before)
    size = _read(at_once, f"/v1/conversations/{ids['conversationId']}/messages")
    read, _ = _peak_and_kept(before)
    figures = [round(bytes_taken / len(text), 1) for bytes_taken in (submitted, kept, read)]
    assert submitted <= PEAK * len(text), figures
    assert kept <= KEPT * len(text), figures
    assert read <= PEAK * len(text), figures
    assert size > COUNT * 200, "all was read"


def _read(local: Local, path: str) -> int:
    """Read an answer block by block, since the client's memory is this process' too, and tell its length."""
    with local.session.get(local.url + path, stream=True, timeout=TIMEOUT) as response:
        return sum(len(block) for block in response.iter_content(16_384))


def _peak_and_kept(before: int) -> tuple[int, int]:
    """Tell the most that was taken, and what is left of it; begin anew."""
    _, peak = tracemalloc.get_traced_memory()
    gc.collect()
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    return peak - before, now - before
