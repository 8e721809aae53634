"""Real answers of the service in every form: none is refused, and what a form has a place for is in it."""

from __future__ import annotations

import html
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from airflow_provider_symbl.client.models import Conversation
from airflow_provider_symbl.client.responses import Response, parse_response
from airflow_provider_symbl.results.document import Document, assemble
from airflow_provider_symbl.results.forms import FORMS, render
from airflow_provider_symbl.results.subtitles import srt_text
from airflow_provider_symbl.results.timeline import one_line
from airflow_provider_symbl.results.transcripts import escaped
from tests.support.schema import schema
from tests.support.vcon_schema import VCON
from tests.unit.client.test_recorded import READS, RECORDED

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = {file.parent.name: file for file in RECORDED if not file.parent.name.startswith("messages")}
MESSAGES = [file for file in RECORDED if file.parent.name.startswith("messages")]


def read(file: Path) -> Any:  # noqa: ANN401 - any model
    """Read a recorded answer as the client does."""
    return parse_response(READS[file.parent.name].call(), Response(200, file.read_bytes()), ())


def recorded_document(messages: Path) -> Document:
    """Return the document of recorded messages, with all else that was recorded."""
    found = {name: read(file) for name, file in OTHERS.items() if name in Document.__annotations__}
    conversation = Conversation.from_json({"id": "4815162342"})
    return assemble(conversation, {"messages": read(messages), **found}, keep_raw=True)


@pytest.fixture(params=MESSAGES, ids=lambda file: file.parent.name)
def document(request: pytest.FixtureRequest) -> Document:
    """Return each document of recorded answers."""
    return recorded_document(request.param)


def test_every_form_holds_what_was_said(document: Document) -> None:
    """And the JSON all of the answers besides."""
    files = render(document, FORMS)
    Draft202012Validator(schema()).validate(document)
    Draft202012Validator(VCON).validate(json.loads(files["vcon.json"]))
    assert json.loads(files["conversation.json"])["raw"]["messages"] == [one["raw"] for one in raw_of(document)]
    said = [message["text"] for message in document["messages"] or []]
    assert said
    for text in map(one_line, said):
        assert text in files["transcript.txt"].decode()
        assert escaped(text) in files["transcript.md"].decode()
        assert srt_text(text) in files["transcript.srt"].decode()
        assert text in html.unescape(files["transcript.vtt"].decode())
    assert pq.read_table(io.BytesIO(files["messages.parquet"])).column("text").to_pylist() == said


def test_the_tables_hold_each_insight(document: Document) -> None:
    """With its kind, and the messages that it was found in."""
    rows = pq.read_table(io.BytesIO(render(document, ["parquet"])["insights.parquet"])).to_pylist()
    kinds = {kind: len(document[name] or []) for kind, name in KINDS.items()}  # type: ignore[literal-required]  # its keys
    assert {kind: sum(row["kind"] == kind for row in rows) for kind in kinds} == kinds
    assert all(row["message_ids"] for row in rows if row["kind"] in {"action_item", "tracker"})


KINDS = {
    "topic": "topics",
    "question": "questions",
    "action_item": "action_items",
    "follow_up": "follow_ups",
    "tracker": "trackers",
}


def raw_of(document: Document) -> list[dict[str, Any]]:
    """Return the messages as they were sent."""
    return [{"raw": message} for message in (document["raw"] or {})["messages"]]
