"""The docs say of each form what it holds, as trying shows; real answers are where the docs say."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from airflow_provider_symbl.results.document import READS, Document
from airflow_provider_symbl.results.forms import FORMS, PARQUET, TEXT_FORMS
from airflow_provider_symbl.results.subtitles import srt_text
from airflow_provider_symbl.results.tables import COLUMNS
from airflow_provider_symbl.results.timeline import one_line
from airflow_provider_symbl.results.transcripts import escaped
from tests.support.form_table import (
    DOCS,
    HAS,
    HAS_NOT,
    PARTS,
    PLACES,
    canaries,
    parts_table,
    places,
    places_table,
    texts,
    values,
)
from tests.support.schema import schema
from tests.unit.results.test_recorded import MESSAGES, recorded_document

if TYPE_CHECKING:
    from pathlib import Path

TEXT = DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize(("marks", "table"), [(PARTS, parts_table), (PLACES, places_table)])
def test_the_tables_are_current(marks: tuple[str, str], table: object) -> None:
    """``python -m tests.support.form_table`` makes them."""
    assert callable(table)
    assert f"{marks[0]}{table()}{marks[1]}" in TEXT


def test_the_canaries_are_a_document_in_which_nothing_is_told_twice() -> None:
    """Else one value would be taken for another."""
    document = canaries()
    Draft202012Validator(schema()).validate(document)
    told = [value for _, value in values(document) if not isinstance(value, bool)]
    assert None not in told
    assert len(set(told)) == len(told) > 150


def test_the_json_holds_everything_and_every_form_what_was_said() -> None:
    """A form that held nothing, or all, would show that nothing was tried."""
    found = places()
    assert {cells[FORMS.index("json")] for cells in found.values()} == {HAS}
    assert set(found["messages", "text"]) == {HAS}
    assert {found[keys][FORMS.index("jsonl")] for keys in found if keys[0] in READS[1:]} == {HAS_NOT}


@pytest.mark.parametrize("file", MESSAGES, ids=lambda file: file.parent.name)
def test_recorded_answers_are_where_the_table_says(file: Path) -> None:
    """Each text of theirs, as the form writes it."""
    document = recorded_document(file)
    made = texts(document) | {"vtt": html.unescape(texts(document)["vtt"])}
    found, checked = places(), 0
    for keys, value in values(document):
        of_form = dict(zip(FORMS, found.get(keys, ()), strict=False))
        for form in [form for form, cell in of_form.items() if cell == HAS and isinstance(value, str) and value]:
            assert re.search(r"_time$|^due_by$", keys[-1]) or as_written(form, value) in made[form], (form, keys)
            checked += 1
    assert checked > 300


def as_written(form: str, text: str) -> str:
    """Return a text after the normalisation of a form."""
    if form in {"json", "jsonl", "vcon", PARQUET}:
        return json.dumps(text, ensure_ascii=False)
    return {"md": escaped, "srt": srt_text}.get(form, str)(one_line(text))


def test_the_docs_name_each_form_with_its_files() -> None:
    """And each part of the document."""
    files = {name: [form.file] for name, form in TEXT_FORMS.items()}
    files[PARQUET] = [f"{table}.parquet" for table in COLUMNS]
    rows = {row.split("`")[1]: row for row in TEXT.splitlines() if re.match(r"\| `\w+` \| `\w+\.\w+`", row)}
    assert rows.keys() == files.keys()
    assert all(f"`{file}`" in rows[form] for form, names in files.items() for file in names)
    assert all(f"| `{part}` |" in TEXT for part in Document.__annotations__)
