"""The recordings of a night: what was asked for, listed from where it lies."""

from __future__ import annotations

import datetime
import logging
import os
from typing import IO, TYPE_CHECKING, Any

from airflow_provider_symbl.client.uploads import StoredPath, location, reading_failed
from airflow_provider_symbl.client.validators import invalid_value, parsed
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError
from airflow_provider_symbl.recordings.facts import RecordingFile
from airflow_provider_symbl.recordings.files.file_systems import MIB, Status
from airflow_provider_symbl.recordings.files.globs import Glob, is_glob, split_glob
from airflow_provider_symbl.recordings.files.listed import Listed
from airflow_provider_symbl.recordings.files.places import Places, escaped
from airflow_provider_symbl.recordings.files.walk import Walk, sidecar_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from airflow_provider_symbl.recordings.files.places import Place
    from airflow_provider_symbl.recordings.files.walk import Found

ALLOWED = "a folder, a glob, or a list of paths: local ones, or URIs of object storage"
SIDECAR_SIZE = MIB
MOST_WARNINGS = 100
NOTHING = Status(0, "", None)
"""What is told of a name that leads to no file."""

logger = logging.getLogger(__name__)


class RecordingSource:
    """The recordings of a night: a glob, a folder with all that is below it, or a list of paths or URIs.

    A glob (``*``, ``?``, ``[…]``, ``**`` for any folders) begins in its fixed part. What exists under a name that
    looks like a glob is that file or folder. Everything is listed but sidecars, ledgers and what hidden folders hold.
    A symbolic link is what it leads to, and each folder is listed once.

    :param recordings: text, a path object, or a list of them (or its JSON text).
    :param open_path: makes of a path or a URI what behaves as :class:`pathlib.Path`, or as fsspec's path objects with
        ``fs``, ``path`` and ``protocol``.
    :param since: only files that were changed at that time or later, in seconds since the epoch or as a datetime (UTC
        where it names no zone); a file whose time is not known is listed. None lists all.
    :param ours: paths or URIs of the results and the ledger.
    :param make_link: makes a link to a stored file that is valid for some seconds.
    """

    def __init__(
        self,
        recordings: object,
        open_path: Callable[[object], Any],
        *,
        since: datetime.datetime | float | None = None,
        ours: Collection[str] = (),
        make_link: Callable[[Any, int], str] | None = None,
    ) -> None:
        if isinstance(since, datetime.datetime):
            since = (since if since.tzinfo else since.replace(tzinfo=datetime.UTC)).timestamp()
        self._given = recordings
        self._places = Places(open_path)
        self._since = since
        self._ours = ours
        self._make_link = make_link
        self._listing: Walk | Listed | None = None
        self.warnings: list[str] = []
        """Which folders could not be listed, one sentence each; the first ones, where there are many."""

    def check(self) -> None:
        """Check what can be told before anything is listed. Empty folders and globs that match nothing are fine.

        An object store does not tell a missing folder from an empty one: that is a warning in the log.

        :raises SymblConfigurationError: a folder that is missing or may not be read; results inside recordings, or
            recordings inside results.
        :raises SymblStorageError: the storage stumbles.
        """
        listing = self._opened()
        for place in self._ours:
            listing.check_apart(self._places.open("results", place))
        listing.check()

    def pages(self) -> Iterator[list[RecordingFile]]:
        """List all recordings, folder by folder, each sorted by name, at most some hundred at a time.

        A listed name that is no file any more has size 0 and no version.

        :raises SymblConfigurationError: as :meth:`check`.
        :raises SymblStorageError: the storage stumbles while it is listed. A folder that may not be read, or is gone
            meanwhile, is a warning.
        """
        for page in self._opened().pages(self._warn):
            files = [file for file in map(_recording, page) if self._is_recent(file)]
            if files:
                yield files

    def look(self, file: RecordingFile) -> RecordingFile | None:
        """Look at a file again.

        :param file: as it was listed.
        :return: as it is now; None where it is gone.
        :raises SymblStorageError: the storage stumbles, or the file may not be looked at.
        """
        place = self._place_of(file)
        try:
            status = place.files.status(place.key)
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            reason = getattr(problem, "strerror", None) or type(problem).__name__
            message = f"{file.path} cannot be looked at ({reason})"
            raise SymblStorageError(message) from None
        if status is None:
            return None
        size, version, modified = status
        return RecordingFile(file.path, file.uri, size, version, modified, place.files.is_settled, file.sidecar)

    def stored_path(self, file: RecordingFile) -> Any:  # noqa: ANN401 - a path of one of two kinds
        """Return a file as :class:`~airflow_provider_symbl.client.uploads.Upload` takes it.

        :param file: as it was listed.
        """
        place = self._place_of(file)
        return place.files.stored(place.key)

    def open(self, file: RecordingFile, block_size: int = 4 * MIB) -> IO[bytes]:
        """Open a file for reading; raises what its storage raises.

        :param file: as it was listed.
        :param block_size: about how many bytes a request asks for, where it is remote.
        """
        place = self._place_of(file)
        return place.files.open(place.key, block_size)

    def link(self, file: RecordingFile, seconds: int) -> str:
        """Return a link to a file that needs no credentials.

        :param file: as it was listed.
        :param seconds: how long it is valid.
        :raises SymblConfigurationError: its storage makes no links.
        :raises SymblStorageError: it makes none at present.
        """
        if self._make_link is None:
            invalid_value("send", "url", "file, where no links can be made")
        return self._make_link(self.stored_path(file), seconds)

    def read_sidecar(self, file: RecordingFile) -> bytes:
        """Return what is in the sidecar of a file, cut one byte behind what is allowed; raises what its storage raises.

        :param file: a file with a sidecar.
        :raises FileNotFoundError: it is gone, or the file has none.
        """
        if file.sidecar is None:
            raise FileNotFoundError(file.path)
        place = self._place_of(file)
        of_path, of_key = sidecar_names(file.path), sidecar_names(place.key)
        with place.files.open(of_key[of_path.index(file.sidecar)], MIB) as stream:
            return stream.read(SIDECAR_SIZE + 1)

    def checksum(self, file: RecordingFile) -> tuple[str, str] | None:
        """Return algorithm and hexadecimal digest of a whole object, where its store keeps one that is strong.

        :param file: as it was listed.
        """
        place = self._place_of(file)
        return place.files.checksum(place.key)

    def _warn(self, sentence: str) -> None:
        logger.warning("%s", sentence)
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(sentence)

    def _place_of(self, file: RecordingFile) -> Place:
        self._opened()
        return self._places.find(file.uri)

    def _is_recent(self, file: RecordingFile) -> bool:
        return self._since is None or file.modified is None or file.modified >= self._since

    def _opened(self) -> Walk | Listed:
        if self._listing is None:
            self._listing = self._open()
        return self._listing

    def _open(self) -> Walk | Listed:
        given = self._given
        if isinstance(given, str) and given.lstrip().startswith("["):
            given = parsed(given)
        if isinstance(given, (list, tuple, set, frozenset)):
            return Listed([self._places.open(f"recordings[{place}]", one) for place, one in enumerate(given)])
        if not isinstance(given, (str, os.PathLike, StoredPath)) or not location(given).strip():
            invalid_value("recordings", given, ALLOWED)
        place = self._places.open("recordings", given)
        try:
            is_file = place.files.status(place.key) is not None
            if not is_file and is_glob(location(given)) and not place.files.is_folder(place.key):
                fixed, pattern = split_glob(location(given))
                return Walk(self._places.open("recordings", fixed), Glob(pattern))
        except SymblConfigurationError:
            raise
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            reading_failed("recordings", place.shown, problem, ALLOWED)
        return Listed([place]) if is_file else Walk(place, None)


def _recording(found: Found) -> RecordingFile:
    size, version, modified = found.status or NOTHING
    return RecordingFile(
        path=escaped(found.path),
        uri=found.place.uri,
        size=size,
        version=version,
        modified=modified,
        is_settled=found.place.files.is_settled,
        sidecar=None if found.sidecar is None else escaped(found.sidecar),
    )
