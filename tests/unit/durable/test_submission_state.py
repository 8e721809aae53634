"""What is written down about a submission: read again by this version and the next, and never overlooked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.reconciliation import SubmissionEvidence
from airflow_provider_symbl.durable.submission_state import FORMAT, KEY, InMemoryStore, Record, SubmissionState
from airflow_provider_symbl.exceptions import SymblError
from tests.support.state_store import JsonStore

if TYPE_CHECKING:
    from collections.abc import Callable

EVIDENCE = SubmissionEvidence("A call", 1769851800.0, ("1", "2"), "3", 4)
RECORD = Record(0, "a-fingerprint", 512, EVIDENCE, "3", "a-job", 1769866200.0)
INTENT = Record(0, "a-fingerprint", None, SubmissionEvidence())


def state_of(stored: object) -> SubmissionState:
    """Return the state of a store that holds a value."""
    return SubmissionState(JsonStore({KEY: json.dumps(stored)}), generation=0, store_name="The ledger")


def load(stored: object) -> Record | None:
    """Read a record as it stands in a store."""
    return state_of(stored).load("a-fingerprint", size=512)


@pytest.mark.parametrize("record", [RECORD, INTENT], ids=["ids", "intent"])
@pytest.mark.parametrize("store", [JsonStore, InMemoryStore])
def test_what_is_saved_is_loaded(record: Record, store: Callable[[], JsonStore | InMemoryStore]) -> None:
    """By another process too, until it is cleared."""
    kept = store()
    SubmissionState(kept, generation=0).save(record)
    assert SubmissionState(kept, generation=0).load("a-fingerprint", size=512) == record
    SubmissionState(kept, generation=0).clear()
    assert SubmissionState(kept, generation=0).load("a-fingerprint", size=512) is None


def test_a_record_carries_its_formats_number() -> None:
    """A later version reads by it what this one wrote."""
    assert RECORD.as_json()["format"] == FORMAT


def test_a_field_of_a_later_version_is_left_out() -> None:
    """In the record and in its evidence."""
    stored = RECORD.as_json()
    stored |= {"colour": "green", "evidence": {**stored["evidence"], "weather": ["fair"]}}
    assert load(stored) == RECORD


def test_a_field_that_an_earlier_version_did_not_write_has_its_default() -> None:
    """In the record and in its evidence."""
    stored = RECORD.as_json()
    for name in ("conversation_id", "job_id", "deadline"):
        del stored[name]
    stored["evidence"] = {}
    assert load(stored) == Record(0, "a-fingerprint", 512, SubmissionEvidence())


FIRST: dict[str, Any] = {
    "generation": 0,
    "fingerprint": "a-fingerprint",
    "size": 512,
    "intent": EVIDENCE.as_json(),
    "conversation_id": "3",
    "job_id": "a-job",
    "deadline": 1769866200.0,
}
"""As it was written before formats had numbers."""


@pytest.mark.parametrize(
    ("stored", "told"),
    [({**RECORD.as_json(), "format": 2}, "in format 2"), (FIRST, "in format 0"), ({"version": 2}, "in format 0")],
    ids=["newer", "without a number", "of something else"],
)
def test_another_format_is_refused_with_one_sentence(stored: object, told: str) -> None:
    """It may tell of a job that is paid for; the sentence says what to do."""
    sentence = (
        f"^The ledger cannot be read, so nothing is submitted: symbl_submission is {told} and this version reads "
        "format 1; install the version that wrote it, or delete symbl_submission there to submit anew$"
    )
    with pytest.raises(SymblError, match=sentence):
        load(stored)


@pytest.mark.parametrize("stored", ["a text", ["a list"], {"format": 1}, {"format": 1, "evidence": None}], ids=str)
def test_what_is_no_record_is_not_overlooked(stored: object) -> None:
    """Nobody can tell what it means."""
    with pytest.raises(SymblError, match=r"^The ledger cannot be read, so nothing is submitted: "):
        load(stored)


@pytest.mark.parametrize(
    ("fingerprint", "size", "is_found"),
    [
        ("a-fingerprint", 512, True),
        ("a-fingerprint", None, True),
        ("a-fingerprint", 513, False),
        ("another", 512, False),
    ],
)
def test_a_record_is_found_by_fingerprint_and_size(
    fingerprint: str,
    size: int | None,
    is_found: bool,  # noqa: FBT001 - a case of the test
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A file that has gone since is taken for the same; of anything else the log names the job that goes on."""
    assert state_of(RECORD.as_json()).load(fingerprint, size) == (RECORD if is_found else None)
    told = "An earlier try submitted something else, which goes on by itself: job a-job of conversation 3"
    assert (told in caplog.text) is not is_found


def test_a_record_of_another_generation_is_told_and_not_gone_on_with(caplog: pytest.LogCaptureFixture) -> None:
    """Who wants a second submission gets it."""
    caplog.set_level("INFO")
    store = JsonStore()
    SubmissionState(store, generation=0).save(RECORD)
    assert SubmissionState(store, generation=1).load("a-fingerprint", size=512) is None
    assert "before, it had made job a-job of conversation 3" in caplog.text


def test_a_record_of_another_generation_is_gone_on_with_where_it_is_told_how_not_to(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log says so; what is about something else is not gone on with all the same."""
    caplog.set_level("INFO")
    store = JsonStore()
    SubmissionState(store, generation=0).save(RECORD)
    state = SubmissionState(store, generation=1, how_to_submit_anew="empty the ledger")
    assert state.load("another", size=512) is None
    assert state.load("a-fingerprint", size=512) == RECORD
    assert "goes on with job a-job of conversation 3; empty the ledger" in caplog.text


def test_a_store_that_is_broken_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """Reading and writing raise; what cannot be taken back is a warning, since there is an error of its own to tell."""
    state = SubmissionState(JsonStore(is_broken=True), generation=0, store_name="The ledger")
    with pytest.raises(
        SymblError, match=r"^The ledger cannot be read, so nothing is submitted: the API server is away"
    ):
        state.load("a-fingerprint", size=512)
    with pytest.raises(SymblError, match=r"^The ledger cannot be written: the API server is away"):
        state.save(RECORD)
    state.clear()
    assert "The ledger cannot be written" in caplog.text
