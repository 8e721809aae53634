"""What draft-ietf-vcon-vcon-core, version 0.4.0, requires and allows, as far as this package writes it."""

from __future__ import annotations

from typing import Any

DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$"}
NUMBER = {"type": "integer", "minimum": 0}
NUMBERS = {"type": "array", "items": NUMBER}
PARTY: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "mailto": {"type": "string"}},
    "minProperties": 1,
    "additionalProperties": False,
}
DIALOG: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": ["recording", "text", "transfer", "incomplete"]},
        "start": DATE,
        "duration": {"type": "number", "minimum": 0},
        "parties": {"anyOf": [NUMBER, NUMBERS]},
        "mediatype": {"type": "string"},
        "filename": {"type": "string"},
        "body": {"type": "string"},
        "encoding": {"enum": ["base64url", "json", "none"]},
        "url": {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:[!-~]+$"},
        "content_hash": {"type": "string", "pattern": r"^sha\d+-[A-Za-z0-9_-]+$"},
    },
    "required": ["type", "start", "parties"],
    "dependentRequired": {"body": ["encoding"], "content_hash": ["url"]},
    "additionalProperties": False,
}
ANALYSIS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "dialog": {"anyOf": [NUMBER, NUMBERS]},
        "vendor": {"type": "string"},
        "encoding": {"enum": ["base64url", "json", "none"]},
        "body": {},
    },
    "required": ["type", "vendor", "body", "encoding"],
    "additionalProperties": False,
}
VCON: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "vcon": {"const": "0.4.0"},
        "uuid": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        "created_at": DATE,
        "subject": {"type": "string"},
        "parties": {"type": "array", "items": PARTY},
        "dialog": {"type": "array", "items": DIALOG},
        "analysis": {"type": "array", "items": ANALYSIS},
        "attachments": {"type": "array", "maxItems": 0},
    },
    "required": ["vcon", "uuid", "created_at", "parties"],
    "additionalProperties": False,
}
