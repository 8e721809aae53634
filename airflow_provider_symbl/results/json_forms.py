"""A conversation for programs: the whole document as JSON, and its messages as JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import Json
    from airflow_provider_symbl.results.document import Document


def to_json(document: Document) -> str:
    """Return the whole document.

    :param document: any.
    """
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def to_jsonl(document: Document) -> str:
    """Return the messages, an object on each line: what the document has of it, and the conversation's id.

    :param document: with its messages.
    """
    own = {"conversation_id": document["conversation"]["id"]}
    return "".join(_line(own | dict(message)) for message in document["messages"] or [])


def _line(item: Json) -> str:
    return json.dumps(item, ensure_ascii=False, allow_nan=False) + "\n"
