"""Conversations as three tables, conversations, messages and insights, in Parquet; needs the extra ``parquet``."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.results.timeline import moment, seconds_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from airflow_provider_symbl.client.validators import Json, JsonObject
    from airflow_provider_symbl.results.document import Document, RecordingFacts

Row = dict[str, Any]

COLUMNS = {
    "conversations": {
        **dict.fromkeys(("conversation_id", "name", "type"), "text"),
        **dict.fromkeys(("start_time", "end_time"), "time"),
        "duration": "number",
        "summary": "text",
        "metadata": "text",
        "messages": "count",
        "recording_path": "text",
        "recording_size": "count",
        "recording_sha256": "text",
        "recording_duration": "number",
        **dict.fromkeys(("dag_id", "task_id", "run_id"), "text"),
    },
    "messages": {
        **dict.fromkeys(("conversation_id", "message_id"), "text"),
        "position": "count",
        **dict.fromkeys(("text", "speaker_id", "speaker_name", "speaker_email"), "text"),
        **dict.fromkeys(("start_time", "end_time"), "time"),
        **dict.fromkeys(("time_offset", "duration", "sentiment_score"), "number"),
        "sentiment": "text",
    },
    "insights": {
        **dict.fromkeys(("conversation_id", "insight_id", "kind", "type", "text"), "text"),
        "score": "number",
        "message_ids": "texts",
        **dict.fromkeys(("speaker_name", "assignee_name", "assignee_email"), "text"),
        "due_by": "time",
        "value": "text",
    },
}
"""The columns of each table. A text that nobody knows is null; ``metadata`` and an entity's ``value`` are JSON."""
KINDS = {
    "topic": "topics",
    "question": "questions",
    "action_item": "action_items",
    "follow_up": "follow_ups",
    "entity": "entities",
    "tracker": "trackers",
}
"""What the table of insights holds, and where the document has it."""


def to_parquet(documents: Iterable[Document]) -> dict[str, bytes]:
    """Return the three tables of some conversations as Parquet files, by table.

    Times are UTC in microseconds. The bytes are the same for the same documents and the same version of pyarrow.

    :param documents: in the order of the rows.
    :raises ModuleNotFoundError: the extra ``parquet`` is not installed.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra
    import pyarrow.parquet as pq  # noqa: PLC0415 - the same

    known = list(documents)
    rows: dict[str, Callable[[Document], Iterator[Row]]] = {
        "conversations": _conversation_rows,
        "messages": _message_rows,
        "insights": _insight_rows,
    }
    files = {}
    for table, columns in COLUMNS.items():
        schema = pa.schema([(name, _type(pa, kind)) for name, kind in columns.items()])
        made = [row for document in known for row in rows[table](document)]
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(made, schema=schema), buffer, compression="zstd")
        files[table] = buffer.getvalue()
    return files


def _type(pa: Any, kind: str) -> pa.DataType:  # noqa: ANN401 - the module, which may not be installed
    types = {
        "text": pa.string,
        "number": pa.float64,
        "count": pa.int64,
        "time": lambda: pa.timestamp("us", tz="UTC"),
        "texts": lambda: pa.list_(pa.string()),
    }
    return types[kind]()


def _conversation_rows(document: Document) -> Iterator[Row]:
    conversation = document["conversation"]
    facts: RecordingFacts = document["recording"] or {}
    summary = None if document["summary"] is None else " ".join(item["text"] for item in document["summary"])
    yield {
        "conversation_id": conversation["id"],
        "name": conversation.get("name") or None,
        "type": conversation.get("type") or None,
        "start_time": moment(conversation.get("start_time")),
        "end_time": moment(conversation.get("end_time")),
        "duration": seconds_between(conversation.get("start_time", ""), conversation.get("end_time", "")),
        "summary": summary,
        "metadata": _json(conversation.get("metadata")),
        "messages": None if document["messages"] is None else len(document["messages"]),
        "recording_path": facts.get("path"),
        "recording_size": facts.get("size"),
        "recording_sha256": facts.get("sha256"),
        "recording_duration": _float(facts.get("duration")),
        "dag_id": facts.get("dag_id"),
        "task_id": facts.get("task_id"),
        "run_id": facts.get("run_id"),
    }


def _message_rows(document: Document) -> Iterator[Row]:
    for position, message in enumerate(document["messages"] or []):
        speaker, sentiment = message.get("speaker") or {}, message.get("sentiment") or {}
        yield {
            "conversation_id": document["conversation"]["id"],
            "message_id": message["id"],
            "position": position,
            "text": message["text"],
            "speaker_id": speaker.get("id") or None,
            "speaker_name": speaker.get("name") or None,
            "speaker_email": speaker.get("email") or None,
            "start_time": moment(message.get("start_time")),
            "end_time": moment(message.get("end_time")),
            "time_offset": _float(message.get("time_offset")),
            "duration": _float(message.get("duration")),
            "sentiment_score": _float(sentiment.get("score")),
            "sentiment": sentiment.get("suggested") or None,
        }


def _insight_rows(document: Document) -> Iterator[Row]:
    for kind, read in KINDS.items():
        found: list[JsonObject] = document[read] or []  # type: ignore[literal-required]  # each is one of its keys
        for item in found:
            speaker, assignee = item.get("speaker") or {}, item.get("assignee") or {}
            yield {
                "conversation_id": document["conversation"]["id"],
                "insight_id": item.get("id") or None,
                "kind": kind,
                "type": item.get("type") or None,
                "text": item.get("text") or item.get("name") or None,
                "score": _float(item.get("score")),
                "message_ids": list(_message_ids(item)),
                "speaker_name": speaker.get("name") or None,
                "assignee_name": assignee.get("name") or None,
                "assignee_email": assignee.get("email") or None,
                "due_by": moment(item.get("due_by")),
                "value": _json(item.get("value")),
            }


def _message_ids(item: JsonObject) -> Iterator[str]:
    """Yield the messages in which something was found, whichever way Symbl tells them, each once."""
    places = [item, *(item.get("matches") or [])]
    told = [
        *(item.get("message_ids") or []),
        *(ref["id"] for place in places for ref in place.get("message_refs") or []),
    ]
    yield from dict.fromkeys(told)


def _float(given: float | None) -> float | None:
    return None if given is None else float(given)


def _json(given: Json) -> str | None:
    """Return JSON as text, null where it says nothing."""
    return (
        None if given in (None, "", {}, []) else json.dumps(given, ensure_ascii=False, allow_nan=False, sort_keys=True)
    )
