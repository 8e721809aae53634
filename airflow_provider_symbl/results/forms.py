"""The forms of a conversation's document: each a name, its files, and the function that makes them."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.results.subtitles import to_srt, to_vtt
from airflow_provider_symbl.results.tables import to_parquet
from airflow_provider_symbl.results.transcripts import to_markdown, to_txt
from airflow_provider_symbl.results.vcon import to_vcon

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from airflow_provider_symbl.client.validators import Json
    from airflow_provider_symbl.results.document import Document


class Form(NamedTuple):
    """One form.

    :param file: the name of its file.
    :param render: makes the file's text from the document.
    :param needs_messages: whether it says nothing without them.
    """

    file: str
    render: Callable[[Document], str]
    needs_messages: bool = True


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


TEXT_FORMS = {
    "json": Form("conversation.json", to_json, needs_messages=False),
    "jsonl": Form("messages.jsonl", to_jsonl),
    "txt": Form("transcript.txt", to_txt),
    "md": Form("transcript.md", to_markdown),
    "srt": Form("transcript.srt", to_srt),
    "vtt": Form("transcript.vtt", to_vtt),
    "vcon": Form("vcon.json", to_vcon),
}
PARQUET = "parquet"
FORMS = (*TEXT_FORMS, PARQUET)
"""All names that there are."""
NEED_MESSAGES = frozenset(name for name, form in TEXT_FORMS.items() if form.needs_messages)
"""Those that say nothing without messages."""


def render(document: Document, forms: Iterable[str]) -> dict[str, bytes]:
    """Return the files of some forms, by their names.

    :param document: what they are made from.
    :param forms: names in :data:`FORMS`.
    :raises ModuleNotFoundError: a form's library is not installed.
    """
    files: dict[str, bytes] = {}
    for name in dict.fromkeys(forms):
        if name == PARQUET:
            files |= {f"{table}.parquet": content for table, content in to_parquet([document]).items()}
        else:
            form = TEXT_FORMS[name]
            files[form.file] = form.render(document).encode()
    return files


def check_libraries(forms: Collection[str]) -> None:
    """Check that the libraries of some forms are installed.

    :param forms: names in :data:`FORMS`.
    :raises SymblConfigurationError: names the library, and the command that installs it.
    """
    if PARQUET in forms and importlib.util.find_spec("pyarrow") is None:
        raise SymblConfigurationError(
            "formats: got parquet, and pyarrow is not installed: pip install 'airflow-provider-symbl[parquet]'"
        )
