"""Each form is read by strangers' parsers, and says what the document says."""

from __future__ import annotations

import html
import io
import json
import math
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
import pysrt
import pysubs2
import pytest
import srt
import webvtt
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from airflow_provider_symbl.results.forms import FORMS, render
from airflow_provider_symbl.results.subtitles import srt_text
from airflow_provider_symbl.results.timeline import cues, lines
from tests.support.conversations import documents
from tests.support.schema import schema
from tests.support.sizes import SIZES
from tests.support.vcon_schema import VCON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_symbl.results.document import Document

COMMONMARK = MarkdownIt("commonmark")
SHARES = 4
"""Tests that generate conversations, so that processes can share them."""
OF_EACH = math.ceil(1.1 * SIZES.generated_documents / SHARES)
"""A tenth more than its share, since Hypothesis makes one in twenty twice."""
OF_DOCUMENT, OF_VCON = Draft202012Validator(schema()), Draft202012Validator(VCON)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return one DuckDB for all conversations: each start of it takes longer than what it is asked here."""
    with duckdb.connect() as database:
        yield database


def check_json(document: Document, files: dict[str, bytes]) -> None:
    """The document itself, and a message on each line."""
    made = json.loads(files["conversation.json"])
    assert made == document
    OF_DOCUMENT.validate(made)
    rows = [json.loads(line) for line in files["messages.jsonl"].decode().split("\n")[:-1]]
    assert [row["text"] for row in rows] == [message["text"] for message in document["messages"] or []]


def check_txt(document: Document, files: dict[str, bytes]) -> None:
    """A line for each message that says something: time, speaker, text."""
    shown = files["transcript.txt"].decode().split("\n")[:-1]
    said = list(lines(document))
    assert len(shown) == len(said)
    for text, line in zip(shown, said, strict=True):
        assert text.endswith(f"{line.speaker}: {line.text}" if line.speaker else line.text)


def check_markdown(document: Document, files: dict[str, bytes]) -> None:
    """A paragraph for each message, whatever its text means in Markdown elsewhere."""
    tokens = COMMONMARK.parse(files["transcript.md"].decode())
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    assert kinds <= {"heading", "paragraph", "inline", "bullet_list", "list_item"}
    inlines = [token for token in tokens if token.type == "inline"]
    start = next(number for number, token in enumerate(inlines) if token.content == "Transcript") + 1
    shown = []
    for token in inlines[start:]:
        parts = [(child.type, child.content) for child in token.children or []]
        end = [kind for kind, _ in parts].index("strong_close")
        assert {kind for kind, _ in parts[end + 1 :]} <= {"text", "text_special"}
        shown.append("".join(content for _, content in parts[end + 1 :]).removeprefix(" "))
    assert shown == [line.text for line in lines(document)]


def check_srt(document: Document, files: dict[str, bytes]) -> None:
    """In the order of the times, a name where the speaker changes, look-alikes for what players take for markup."""
    text = files["transcript.srt"].decode()
    expected, before = [], None
    for cue in cues(document):
        name = f"{cue.speaker}: " if cue.speaker and cue.speaker != before else ""
        before = cue.speaker
        expected.append((cue.start, cue.end, srt_text(name + cue.text)))
    read = [(_milliseconds(cue.start), _milliseconds(cue.end), cue.content) for cue in srt.parse(text)]
    assert read == expected
    assert [(cue.start.ordinal, cue.end.ordinal, cue.text) for cue in pysrt.from_string(text)] == expected
    if expected:
        events = pysubs2.SSAFile.from_string(text, format_="srt").events
        assert [(event.start, event.end, event.plaintext) for event in events] == expected


def check_vtt(document: Document, files: dict[str, bytes]) -> None:
    """Each cue names its speaker."""
    text = files["transcript.vtt"].decode()
    expected = cues(document)
    read = webvtt.from_buffer(io.StringIO(text)).captions
    assert [html.unescape(_without_voice(cue.raw_text)) for cue in read] == [cue.text for cue in expected]
    assert [round(cue.start_in_seconds * 1000) // 1000 for cue in read] == [cue.start // 1000 for cue in expected]
    voices = re.findall(r"^<v ([^>]*)>", text, flags=re.MULTILINE)
    assert [html.unescape(voice) for voice in voices] == [cue.speaker for cue in expected if cue.speaker]


def check_tables(
    document: Document, files: dict[str, bytes], folder: Path, database: duckdb.DuckDBPyConnection
) -> None:
    """Rows as the document has them, typed."""
    said = document["messages"] or []
    table = pq.read_table(io.BytesIO(files["messages.parquet"]))
    assert table.column("text").to_pylist() == [message["text"] for message in said]
    (folder / "messages.parquet").write_bytes(files["messages.parquet"])
    asked = database.execute("SELECT text FROM read_parquet($1) ORDER BY position", [f"{folder}/messages.parquet"])
    assert [text for (text,) in asked.fetchall()] == [message["text"] for message in said]
    insights = pq.read_table(io.BytesIO(files["insights.parquet"])).to_pylist()
    assert {row["kind"] for row in insights} == {"topic", "action_item"}


def check_vcon(document: Document, files: dict[str, bytes]) -> None:
    """The transcript is in it, each text by the party that spoke."""
    made = json.loads(files["vcon.json"])
    OF_VCON.validate(made)
    said = [message["text"] for message in document["messages"] or []]
    transcripts: list[Any] = [one["body"] for one in made["analysis"] if one["type"] == "transcript"]
    assert [line["text"] for body in transcripts for line in body] == said
    for body in transcripts:
        assert all(line["party"] is None or line["party"] < len(made["parties"]) for line in body)
    if not (document["recording"] or {}).get("path"):
        assert [dialog["body"] for dialog in made["dialog"]] == said


@pytest.mark.parametrize("share", range(SHARES))
@settings(max_examples=OF_EACH, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents())
def test_every_form_says_what_the_document_says(
    share: int,  # noqa: ARG001 - Hypothesis generates by it, and keeps by it what failed
    document: Document,
    tmp_path: Path,
    database: duckdb.DuckDBPyConnection,
) -> None:
    """In the order in which the forms are listed."""
    files = render(document, FORMS)
    assert files == render(document, FORMS)
    check_json(document, files)
    check_txt(document, files)
    check_markdown(document, files)
    check_srt(document, files)
    check_vtt(document, files)
    check_vcon(document, files)
    check_tables(document, files, tmp_path, database)


def _milliseconds(time: Any) -> int:  # noqa: ANN401 - a timedelta of a library without types
    seconds: float = time.total_seconds()
    return round(seconds * 1000)


def _without_voice(text: str) -> str:
    return re.sub(r"^<v [^>]*>", "", text)
