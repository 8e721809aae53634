"""Records as bytes and back: JSON in plain ASCII, packed where it is long."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow_provider_symbl.local_server.store.records import (
    AnalysisOptions,
    Conversation,
    CustomEntity,
    Job,
    Member,
    Message,
    Part,
    Progress,
    RawSubmission,
    Status,
    Token,
    Tracker,
    Word,
)


def encode(record: object) -> bytes:
    """Write a record.

    :param record: one of those that this room reads, or anything that JSON can hold.
    """
    return json.dumps(record, default=_plain, separators=(",", ":")).encode()


def pack(part: Part) -> bytes:
    """Write a part; four hours of speech take half a second."""
    return zlib.compress(encode(part), 1)


def conversation(data: bytes) -> Conversation:
    """Read a conversation."""
    fields = json.loads(data)
    return Conversation(**{**fields, "created": _moment(fields["created"])})


def job(data: bytes) -> Job:
    """Read a job."""
    fields = json.loads(data)
    read = {
        "submitted": _moment(fields["submitted"]),
        "progress": Progress(**fields["progress"]),
        "actual": Status(fields["actual"]),
        "shown": Status(fields["shown"]),
        "features": tuple(fields["features"]),
        "shown_over": fields["shown_over"] and _moment(fields["shown_over"]),
    }
    return Job(**{**fields, **read})


def sent(data: bytes, spool: Path) -> RawSubmission:
    """Read a submission.

    :param spool: the folder of its file.
    """
    fields = json.loads(data)
    read = {
        "body": base64.b64decode(fields["body"]),
        "file": _file(fields["file"], spool),
        "trackers": _trackers(fields["trackers"]),
    }
    return RawSubmission(**{**fields, **read})


def part(data: bytes, spool: Path) -> Part:
    """Read a packed part.

    :param spool: the folder of its recording.
    """
    fields = json.loads(zlib.decompress(data))
    read = {
        "analysis_options": _analysis_options(fields["analysis_options"]),
        "recording": _file(fields["recording"], spool),
        "messages": tuple(_message(entry) for entry in fields["messages"]),
        "members": tuple(Member(**entry) for entry in fields["members"]),
    }
    return Part(**{**_timed(fields), **read})


def tracker(data: bytes) -> Tracker:
    """Read a tracker."""
    return _tracker(json.loads(data))


def token(data: bytes) -> Token:
    """Read a token."""
    return Token(**json.loads(data))


def progress(data: bytes) -> Progress:
    """Read a progress setting."""
    return Progress(**json.loads(data))


def _file(name: str | None, spool: Path) -> Path | None:
    return spool / name if name else None


def _analysis_options(fields: dict[str, Any]) -> AnalysisOptions:
    entities = tuple(CustomEntity(**entry) for entry in fields["custom_entities"])
    return AnalysisOptions(**{**fields, "custom_entities": entities, "trackers": _trackers(fields["trackers"])})


def _trackers(entries: list[dict[str, Any]]) -> tuple[Tracker, ...]:
    return tuple(_tracker(entry) for entry in entries)


def _tracker(fields: dict[str, Any]) -> Tracker:
    return Tracker(**{**fields, "vocabulary": tuple(fields["vocabulary"])})


def _message(fields: dict[str, Any]) -> Message:
    words = tuple(Word(**_timed(word)) for word in fields["words"])
    return Message(**{**_timed(fields), "words": words})


def _timed(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "start": _moment(fields["start"]), "end": _moment(fields["end"])}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.name if isinstance(value, Path) else vars(value)
