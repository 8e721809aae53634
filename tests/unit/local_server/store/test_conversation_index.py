"""The index of conversations: what a list shows, in which order, and what finding it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_symbl.local_server.store.conversation_index import SORTS, ConversationIndex
from airflow_provider_symbl.local_server.store.records import Conversation, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = datetime(2026, 11, 24, tzinfo=UTC)


def _moment(hours: int) -> datetime:
    return DAY + timedelta(hours=hours)


def _put(index: ConversationIndex, number: int, name: str, span: tuple[int, int]) -> None:
    start, length = span
    part = Part("job", (), (), _moment(start), _moment(start + length))
    index.put(Conversation(str(number), name, DAY), [part])


SPANS = st.tuples(st.integers(0, 9), st.integers(0, 5))
ENTRIES = st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["", "a", "B"]), st.none() | SPANS), max_size=30)


@given(ENTRIES, st.sampled_from(SORTS), st.booleans(), SPANS)
def test_a_list_is_what_sorting_all_would_give(
    changes: Sequence[tuple[int, str, tuple[int, int] | None]],
    sort: str,
    is_descending: bool,  # noqa: FBT001 - one of Hypothesis' arguments
    window: tuple[int, int],
) -> None:
    """Whatever was added, changed and removed, equal ones in the order in which they were made."""
    index = ConversationIndex()
    known: dict[int, dict[str, Any]] = {}
    for number, name, span in changes:
        if span is None:
            index.remove(str(number))
            known.pop(number, None)
        else:
            _put(index, number, name, span)
            known[number] = {"start": _moment(span[0]), "end": _moment(sum(span)), "name": name}
    low, high = _moment(window[0]), _moment(sum(window))
    wanted = [number for number, entry in known.items() if low <= entry["start"] <= high]
    wanted.sort(key=lambda number: known[number][sort], reverse=is_descending)
    found = index.between(low, high, sort, is_descending=is_descending)
    assert [int(entry.conversation.id) for entry in found] == wanted


@pytest.mark.parametrize("is_descending", [False, True])
def test_the_first_page_does_not_look_at_the_others(is_descending: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Nor does it look at what begins before the window."""
    index = ConversationIndex()
    for number in range(10_000):
        _put(index, number, "", (number, 1))
    looked: list[int] = []

    class Counted(list[Any]):
        def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - as the list's own
            looked.append(1)
            return super().__getitem__(at)

    index._orders["start"] = Counted(index._orders["start"])  # noqa: SLF001 - what is counted is how often it is read
    page = list(islice(index.between(_moment(5000), _moment(9000), is_descending=is_descending), 20))
    assert len(page) == 20
    assert len(looked) < 100


def test_what_is_taken_out_is_not_listed() -> None:
    """And taking out what is not there takes nothing out."""
    index = ConversationIndex()
    _put(index, 1, "", (0, 1))
    assert index.remove("2") is None
    assert [entry.conversation.id for entry in index.between(DAY, DAY)] == ["1"]
    index.clear()
    assert list(index.between(DAY, DAY)) == []
