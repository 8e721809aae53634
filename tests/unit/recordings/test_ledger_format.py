"""Every record comes back from its file as it was, whatever its texts hold; only messages are cut."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from airflow_provider_symbl.recordings.facts import Answer, Claim, Closed, Done, Inspection, Night, Unfit
from airflow_provider_symbl.recordings.ledger import ledger_format
from tests.support.ledger_facts import ANSWER, CLOSED, NIGHT
from tests.support.sizes import SIZES

# A path can hold any bytes; Python gives those that are no UTF-8 as lone surrogates.
PATHS = st.one_of(st.text(), st.binary().map(os.fsdecode))
NUMBERS = st.one_of(st.integers(0, 2**53), st.floats(allow_nan=False, allow_infinity=False))
DIGESTS = st.binary(min_size=16, max_size=16)
NIGHTS = st.builds(Night, PATHS, PATHS, PATHS)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=5,
)
MESSAGES = st.text(max_size=ledger_format.LONGEST_MESSAGE)
TUPLES = st.lists(PATHS, max_size=3).map(tuple)
HEX = DIGESTS.map(bytes.hex)


def built(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build records with any texts."""
    usual = {"night": NIGHTS, "at": NUMBERS}
    return st.builds(kind, **{name: usual[name] for name in usual if name in kind.__annotations__} | fields)


MAYBE_TEXT, MAYBE_NUMBER = st.one_of(st.none(), PATHS), st.one_of(st.none(), NUMBERS)
FACTS = st.one_of(
    built(Claim, path=PATHS, version=HEX, duration=MAYBE_NUMBER, minutes=NUMBERS, ends=NUMBERS, sha256=MAYBE_TEXT),
    built(Answer, conversation_id=MAYBE_TEXT, job_id=MAYBE_TEXT, message=MESSAGES),
    built(
        Done,
        reason=st.text(),
        message=MESSAGES,
        note=MESSAGES,
        completed=MAYBE_NUMBER,
        files=st.dictionaries(PATHS, st.dictionaries(st.text(), st.one_of(st.text(), st.integers()), max_size=2)),
    ),
)
CLOSED_ENTRIES = built(
    Closed,
    key=HEX,
    message=MESSAGES,
    note=MESSAGES,
    minutes=NUMBERS,
    duration=MAYBE_NUMBER,
    submitted=MAYBE_NUMBER,
    completed=MAYBE_NUMBER,
    versions=st.lists(HEX, max_size=3).map(tuple),
    paths=TUPLES,
    forms=TUPLES,
)
KINDS = st.sampled_from(["audio", "video", "text"])
INSPECTED = st.one_of(
    st.builds(
        Inspection,
        kind=KINDS,
        key=HEX,
        sha256=MAYBE_TEXT,
        duration=MAYBE_NUMBER,
        channels=st.integers(0, 8),
        options=st.text(),
        parameters=st.dictionaries(st.text(), JSON, max_size=3),
        warnings=TUPLES,
    ),
    st.builds(Unfit, reason=st.text(), message=MESSAGES, is_final=st.booleans()),
)
many = settings(max_examples=SIZES.generated_documents, suppress_health_check=[HealthCheck.too_slow])


@many
@given(fact=FACTS, writer=st.text())
def test_a_fact_comes_back(fact: Any, writer: str) -> None:  # noqa: ANN401 - one of three
    """Written by anybody, in ASCII."""
    content = ledger_format.fact_bytes(fact, writer)
    assert content.isascii()
    assert ledger_format.fact_of(type(fact), content, "uri") == fact


@many
@given(entries=st.lists(CLOSED_ENTRIES, max_size=3))
def test_closed_entries_come_back(entries: list[Closed]) -> None:
    """As lines of a segment, whose keys are found without reading all of a line."""
    lines = [ledger_format.closed_line(entry) for entry in entries]
    assert [ledger_format.key_of(line) for line in lines] == [entry.key.encode() for entry in entries]
    (*batches,) = ledger_format.unpacked(ledger_format.pack(lines), "uri")
    told = [record for batch in batches for record in ledger_format.records(batch, "uri")]
    assert [ledger_format.closed_of(record, "uri") for record in told] == entries


@many
@given(digest=DIGESTS, found=INSPECTED)
def test_what_was_inspected_comes_back(digest: bytes, found: Inspection | Unfit) -> None:
    """With the digest of the file's version, and when it was seen."""
    line = ledger_format.inspected_line(digest, found, 12.5)
    assert ledger_format.inspected_of(json.loads(line)) == (digest, (found, 12.5))


@given(first=NIGHTS, second=NIGHTS)
def test_nights_have_folders_of_their_own(first: Night, second: Night) -> None:
    """Whose names every file system takes."""
    assert "/" not in ledger_format.night_folder(first)
    assert (ledger_format.night_folder(first) == ledger_format.night_folder(second)) == (first == second)


def test_messages_are_cut() -> None:
    """Nothing long gets in by them."""
    content = ledger_format.fact_bytes(replace(ANSWER, message="m" * 501), "writer")
    assert ledger_format.fact_of(Answer, content, "uri").message == "m" * 500
    line = ledger_format.closed_line(replace(CLOSED, message="m" * 501, note="n" * 501))
    told = ledger_format.closed_of(json.loads(line), "uri")
    assert (len(told.message), len(told.note)) == (500, 500)


def test_two_writers_never_make_the_same_bytes() -> None:
    """Else both would take a file for their own."""
    assert ledger_format.fact_bytes(ANSWER, "one") != ledger_format.fact_bytes(ANSWER, "other")


def test_the_same_lines_make_the_same_bytes() -> None:
    """Whenever they are packed; defaults take no room."""
    line = ledger_format.closed_line(CLOSED)
    assert ledger_format.pack([line]) == ledger_format.pack([line])
    assert b"null" not in line
    assert NIGHT.run_id.encode() in line
