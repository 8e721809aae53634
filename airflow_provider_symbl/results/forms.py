"""The forms of a conversation's document: each a name, its files, and the function that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.results.json_forms import to_json, to_jsonl
from airflow_provider_symbl.results.subtitles import to_srt, to_vtt
from airflow_provider_symbl.results.tables import to_parquet
from airflow_provider_symbl.results.transcripts import to_markdown, to_txt
from airflow_provider_symbl.results.vcon import to_vcon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
