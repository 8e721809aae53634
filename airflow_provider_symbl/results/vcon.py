"""A conversation as a vCon, the IETF's container for conversations (draft-ietf-vcon-vcon-core, version 0.4.0).

A vCon is one JSON object, so nothing but this mapping is needed; the library of that name pins old libraries that
Airflow does not get along with.
"""

from __future__ import annotations

import base64
import json
import uuid
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow_provider_symbl.results.timeline import moment, seconds_between

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import JsonObject
    from airflow_provider_symbl.results.document import Document

VERSION = "0.4.0"
VENDOR = "Symbl.ai"
UNKNOWN_TIME = "1970-01-01T00:00:00+00:00"
"""A vCon must say when it was made, and its dialogs when they began; this stands where nobody knows it."""
KNOWN_BY = ("id", "email", "name")
"""By what a person is known again, the surest first."""
MEDIA_TYPES = {
    ".wav": "audio/x-wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/x-m4a",
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}
"""Of recordings, by the end of their names; Python's own table takes in that of the machine."""
INSIGHTS = ("topics", "questions", "action_items", "follow_ups", "entities", "trackers")


def to_vcon(document: Document) -> str:
    """Return the conversation as a vCon.

    Parties are the members, and speakers who are none. The dialog is the recording, by its URL and hash; without one
    each message is a dialog of its own. The analyses are the transcript, the summary and each kind of insight.

    :param document: with its messages.
    """
    conversation = document["conversation"]
    parties, numbers = _parties(document)
    is_recorded = bool((document["recording"] or {}).get("path"))
    dialog = [_recording(document, parties)] if is_recorded else _texts(document, numbers)
    made = {
        "vcon": VERSION,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://api.symbl.ai/v1/conversations/{conversation['id']}")),
        "created_at": _time(conversation.get("start_time")),
        "subject": conversation.get("name") or conversation["id"],
        "parties": parties,
        "dialog": dialog,
        "analysis": _analyses(document, len(dialog), numbers),
        "attachments": [],
    }
    return json.dumps(made, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _parties(document: Document) -> tuple[list[JsonObject], dict[str, int]]:
    """Return the parties, and their numbers by what a message may tell of its speaker."""
    parties: list[JsonObject] = []
    numbers: dict[str, int] = {}
    speakers = [message.get("speaker") for message in document["messages"] or []]
    for person in [*(document["members"] or []), *speakers]:
        told = person or {}
        if not any(map(told.get, KNOWN_BY)) or _number_of(told, numbers) is not None:
            continue
        shown = {"name": told.get("name"), "mailto": told.get("email")}
        parties.append({key: value for key, value in shown.items() if value} or {"name": told["id"]})
        for key in KNOWN_BY:
            if told.get(key):
                numbers.setdefault(f"{key} {told[key]}", len(parties) - 1)
    return parties, numbers


def _number_of(person: JsonObject | None, numbers: dict[str, int]) -> int | None:
    """Return the number of somebody's party, None of nobody's; the first that is told of a person decides."""
    told = person or {}
    return next((numbers.get(f"{key} {told[key]}") for key in KNOWN_BY if told.get(key)), None)


def _recording(document: Document, parties: list[JsonObject]) -> JsonObject:
    conversation, facts = document["conversation"], document["recording"] or {}
    path = facts.get("path") or ""
    name = path.rpartition("/")[2]
    duration = facts.get("duration")
    if duration is None:
        duration = seconds_between(conversation.get("start_time", ""), conversation.get("end_time", ""))
    url, digest = _url(path), facts.get("sha256")
    told = {
        "type": "recording",
        "start": _time(conversation.get("start_time")),
        "duration": duration,
        "parties": list(range(len(parties))),
        "mediatype": MEDIA_TYPES.get(PurePosixPath(name).suffix.lower()),
        "filename": name or None,
        "url": url,
        "content_hash": f"sha256-{_base64url(bytes.fromhex(digest))}" if digest and url else None,
    }
    return {key: value for key, value in told.items() if value is not None}


def _texts(document: Document, numbers: dict[str, int]) -> list[JsonObject]:
    began = document["conversation"].get("start_time")
    return [
        {
            "type": "text",
            "start": _time(message.get("start_time") or began),
            "duration": message.get("duration") or 0,
            "parties": [] if (party := _number_of(message.get("speaker"), numbers)) is None else [party],
            "mediatype": "text/plain",
            "body": message["text"],
            "encoding": "none",
        }
        for message in document["messages"] or []
    ]


def _analyses(document: Document, dialogs: int, numbers: dict[str, int]) -> list[JsonObject]:
    transcript = [
        {
            "party": _number_of(message.get("speaker"), numbers),
            "start": message.get("time_offset"),
            "duration": message.get("duration"),
            "text": message["text"],
        }
        for message in document["messages"] or []
    ]
    bodies = {
        "transcript": transcript,
        "summary": document["summary"],
        **{read: document[read] for read in INSIGHTS},  # type: ignore[literal-required]  # each is one of its keys
        "analytics": document["analytics"],
    }
    about = {"dialog": list(range(dialogs)), "vendor": VENDOR, "encoding": "json"}
    return [{"type": kind, **about, "body": body} for kind, body in bodies.items() if body]


def _time(given: object) -> str:
    read = moment(given)
    return UNKNOWN_TIME if read is None else read.isoformat()


def _url(path: str) -> str | None:
    """Return the URL of a recording; a path that is relative leads nowhere from elsewhere, so it has none."""
    if "://" in path:
        return quote(path, safe="/:@!$&'()*+,;=~%[]")
    return Path(path).as_uri() if path.startswith("/") else None


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
