"""Reads a conversation into its document: from Symbl, or from where an earlier try has landed it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.exceptions import SymblBadRequestError, SymblNotFoundError, SymblServerError
from airflow_provider_symbl.results.document import VERSION, assemble
from airflow_provider_symbl.results.forms import TEXT_FORMS
from airflow_provider_symbl.results.writer import read_if_there

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.results.document import Document, RecordingFacts
    from airflow_provider_symbl.results.writer import Folder

log = logging.getLogger(__name__)

WHOLE: dict[str, dict[str, bool]] = {
    "messages": {"verbose": True, "sentiment": True},
    "topics": {"sentiment": True},  # Symbl gives either these or the topics above it
}
"""What has to be asked for to get all that a read can give."""
NO_SUMMARY = (SymblNotFoundError, SymblBadRequestError, SymblServerError)
"""How Symbl answers where no summary was asked for, or it has none of such conversations."""


def read_document(
    client: SymblClient,
    conversation_id: str,
    fetch: Collection[str],
    recording: RecordingFacts | None = None,
    *,
    keep_raw: bool = False,
) -> Document:
    """Read a conversation, and put its document together; an empty answer is said aloud.

    :param client: of the account.
    :param conversation_id: the conversation, whose job is over.
    :param fetch: the reads, of :data:`~airflow_provider_symbl.results.document.READS`.
    :param recording: what the caller knows of the recording.
    :param keep_raw: keep Symbl's own answers.
    :raises SymblNotFoundError: there is no such conversation.
    """
    conversation = client.get_conversation(conversation_id)
    reads = {}
    for name in fetch:
        try:
            reads[name] = _read(client, name, conversation_id)
        except NO_SUMMARY as error:
            if name != "summary":
                raise
            log.info("Symbl conversation %s has no summary: %s", conversation_id, error)
    document = assemble(conversation, reads, recording, keep_raw=keep_raw)
    _tell_what_is_empty(conversation_id, reads)
    return document


def document_in(folder: Folder) -> Document | None:
    """Return the document that was landed in a folder before, of whatever conversation; None where there is none.

    :param folder: where it would be.
    :raises SymblStorageError: what is there cannot be read.
    """
    content = read_if_there(folder, TEXT_FORMS["json"].file)
    try:
        document: Document | None = json.loads(content or b"null")
    except ValueError:
        return None
    is_ours = isinstance(document, dict) and document.get("version") == VERSION
    return document if is_ours else None


def stored_document(folder: Folder, conversation_id: str) -> Document | None:
    """Return the document of a conversation that was landed before, None where there is none of it.

    :param folder: where it would be.
    :param conversation_id: the conversation.
    :raises SymblStorageError: what is there cannot be read.
    """
    document = document_in(folder)
    return document if document is not None and document["conversation"]["id"] == conversation_id else None


def _read(client: SymblClient, name: str, conversation_id: str) -> Any:  # noqa: ANN401 - each read has its own model
    return getattr(client, f"get_{name}")(conversation_id, **WHOLE.get(name, {}))


def _tell_what_is_empty(conversation_id: str, reads: dict[str, Any]) -> None:
    if "messages" in reads and not reads["messages"]:
        log.warning("Symbl conversation %s holds no messages: nothing was said, or nothing was heard", conversation_id)
    elif empty := [name for name, found in reads.items() if found == []]:
        log.info("Symbl conversation %s: Symbl found no %s", conversation_id, ", ".join(empty))
