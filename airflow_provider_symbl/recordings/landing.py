"""Lands one conversation of a night: reads it, makes its forms, and writes them into the folder of its recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.exceptions import SymblNotFoundError, SymblStorageError
from airflow_provider_symbl.results.document import READS, RecordingFacts
from airflow_provider_symbl.results.file_names import file_name
from airflow_provider_symbl.results.forms import check_libraries, render
from airflow_provider_symbl.results.reading import document_in, read_document, stored_document
from airflow_provider_symbl.results.redaction import redact, redact_text
from airflow_provider_symbl.results.writer import check_written, write_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.recordings.facts import Claim
    from airflow_provider_symbl.results.document import Document
    from airflow_provider_symbl.results.writer import Folder


class LandedFiles(NamedTuple):
    """What stands of a conversation.

    :param folder: its folder's name below the results.
    :param files: URI, size and SHA-256 by file name.
    """

    folder: str
    files: dict[str, dict[str, str | int]]


@dataclass(frozen=True)
class Landing:
    """What is read of each conversation, and how it is written.

    :param open_folder: gives the folder of a name below the results; parts of the name are separated by slashes.
    :param fetch: the reads, of :data:`~airflow_provider_symbl.results.document.READS`.
    :param formats: the forms; json among them, from which the others can be made again.
    :param redact: kinds of what is replaced before anything is written.
    :param redact_region: the country of telephone numbers that do not name it.
    :param is_read_back: whether files are read back once they are written, as something is deleted afterwards.
    """

    open_folder: Callable[[str], Folder]
    fetch: tuple[str, ...] = READS
    formats: tuple[str, ...] = ("json", "txt")
    redact: tuple[str, ...] = ()
    redact_region: str | None = None
    is_read_back: bool = False

    def check(self) -> None:
        """Check, before anything is sent, that all libraries are there.

        :raises SymblConfigurationError: names the library, and the command that installs it.
        """
        check_libraries(self.formats)
        redact_text("", self.redact, self.redact_region)

    def land(self, client: SymblClient, conversation_id: str, path: str, claim: Claim | None) -> LandedFiles:
        """Read a conversation and write its files; a second time gives the same bytes.

        :param client: reads.
        :param conversation_id: its job is over.
        :param path: of the recording, as it was listed.
        :param claim: under which it was sent; None where that is not known.
        :raises SymblNotFoundError: there is no such conversation, and its results do not stand either.
        :raises SymblStorageError: a file can be neither written nor read.
        """
        sha256 = claim.sha256 if claim is not None else None
        name, stored = self._place(path, conversation_id, sha256)
        try:
            document = self._redacted(read_document(client, conversation_id, self.fetch, _facts(path, claim)))
        except SymblNotFoundError:
            # An earlier try may have landed and deleted it, and not have got to write that down.
            if stored is None:
                raise
            document = stored
        return self._write(name, document)

    def rerender(self, conversation_id: str, name: str) -> LandedFiles:
        """Write the forms again, from the document that stands; nothing is asked of Symbl.

        :param conversation_id: that it is of.
        :param name: of the folder in which it landed.
        :raises SymblStorageError: there is no such document, or a file cannot be written.
        """
        folder = self.open_folder(name)
        document = stored_document(folder, conversation_id)
        if document is None:
            raise SymblStorageError(f"results: {folder.uri('')} holds no document of conversation {conversation_id}")
        return self._write(name, self._redacted(document))

    def _place(self, path: str, conversation_id: str, sha256: str | None) -> tuple[str, Document | None]:
        """Return the folder of a recording, and the document of its conversation where that stands there already.

        It is named by the recording's path. Where another recording had that path before, its results stay, and this
        one's folder is named by its content too.
        """
        # A path may hold what is to be redacted, such as the number that called.
        whole = "/".join(file_name(redact_text(part, self.redact, self.redact_region)[0]) for part in path.split("/"))
        for name in (whole, f"{whole}-{(sha256 or conversation_id)[:12]}"):
            stored = document_in(self.open_folder(name))
            if stored is None:
                return name, None
            if stored["conversation"].get("id") == conversation_id:
                return name, stored
            if sha256 is not None and (stored["recording"] or {}).get("sha256") == sha256:
                return name, None
        return name, None

    def _redacted(self, document: Document) -> Document:
        return redact(document, self.redact, self.redact_region) if self.redact else document

    def _write(self, name: str, document: Document) -> LandedFiles:
        folder = self.open_folder(name)
        written = write_files(folder, render(document, self.formats))
        if self.is_read_back:
            check_written(folder, written)
        return LandedFiles(name, {file: facts.as_dict() for file, facts in written.items()})


def _facts(path: str, claim: Claim | None) -> RecordingFacts:
    if claim is None:
        return RecordingFacts(path=path)
    return RecordingFacts(
        path=path,
        size=claim.size,
        sha256=claim.sha256,
        duration=claim.duration,
        dag_id=claim.night.dag_id,
        task_id=claim.night.task_id,
        run_id=claim.night.run_id,
    )
