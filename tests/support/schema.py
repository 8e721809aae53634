"""``conversation.schema.json``, made from the code: ``python -m tests.support.schema`` writes it anew."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import types
import typing
from pathlib import Path
from typing import Any

from airflow_provider_symbl.client import models
from airflow_provider_symbl.client.models import Model
from airflow_provider_symbl.results import document
from airflow_provider_symbl.results.document import READS, VERSION, Document, RecordingFacts

FILE = Path(document.__file__).with_name("conversation.schema.json")
ITEMS: dict[str, type[Model]] = {
    "members": models.Member,
    "messages": models.Message,
    "topics": models.Topic,
    "questions": models.Insight,
    "action_items": models.Insight,
    "follow_ups": models.Insight,
    "entities": models.Entity,
    "trackers": models.Tracker,
    "summary": models.SummarySentence,
}
LEFT_OUT = {"raw", "members"}
"""What the conversation's own part leaves to other parts of the document."""
SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    told = _params(Document)
    parts: dict[str, Any] = {
        "version": {"const": VERSION},
        "conversation": _object_of(models.Conversation, LEFT_OUT),
        "recording": _or_null(_facts()),
        **{read: _or_null({"type": "array", "items": _reference(ITEMS[read])}) for read in READS if read in ITEMS},
        "analytics": _or_null(_reference(models.Analytics)),
        "redacted": _or_null({"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}),
        "raw": _or_null({"type": "object"}),
    }
    properties = {name: {"description": told[name], **parts[name]} for name in Document.__annotations__}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A conversation as airflow-provider-symbl stores it",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": {
            model.__name__: _object_of(model, {"raw"}) for model in sorted(_used(), key=lambda one: one.__name__)
        },
    }


def text() -> str:
    """Return it as it is shipped."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _facts() -> dict[str, Any]:
    told = _params(RecordingFacts)
    hints = typing.get_type_hints(RecordingFacts)
    properties = {name: {"description": told[name], **_of(hint)} for name, hint in hints.items()}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _object_of(model: type[Model], left_out: set[str]) -> dict[str, Any]:
    told = _params(model)
    hints = typing.get_type_hints(model, vars(sys.modules[model.__module__]), {})
    names = [field.name for field in dataclasses.fields(model) if field.name not in left_out]  # type: ignore[arg-type]  # each is a dataclass
    properties = {name: {"description": told[name], **_of(hints[name])} for name in names}
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def _of(hint: Any) -> dict[str, Any]:  # noqa: ANN401 - a type, of which there is no type
    if hint in SIMPLE:
        return dict(SIMPLE[hint])
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        return {"anyOf": [_of(one) for one in arguments]}
    if origin is list:
        return {"type": "array", "items": _of(arguments[0])}
    if origin is dict:
        return {"type": "object"}
    return _reference(hint)


def _reference(model: type[Model]) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{model.__name__}"}


def _or_null(part: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [part, {"type": "null"}]}


def _used() -> set[type[Model]]:
    """Return the models that the document's parts are made of, and those in these."""
    found: set[type[Model]] = set()
    waiting: list[Any] = [*ITEMS.values(), models.Analytics]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, Model):
            if one not in found:
                found.add(one)
                waiting.extend(typing.get_type_hints(one, vars(sys.modules[one.__module__]), {}).values())
        else:
            waiting.extend(typing.get_args(one))
    return found


def _params(documented: type) -> dict[str, str]:
    """Return what a docstring says of each parameter."""
    found = re.findall(r":param (\w+): (.*?)(?=\n\s*:|\Z)", documented.__doc__ or "", flags=re.DOTALL)
    return {name: " ".join(said.split()) for name, said in found}


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
