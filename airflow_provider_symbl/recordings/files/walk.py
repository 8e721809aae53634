"""A walk through a folder and all that is below it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.client.uploads import reading_failed
from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.recordings.files.file_systems import joined
from airflow_provider_symbl.recordings.files.places import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_symbl.recordings.files.file_systems import FileSystem, Listing, Status
    from airflow_provider_symbl.recordings.files.globs import Glob
    from airflow_provider_symbl.recordings.files.places import Place

SIDECAR = ".symbl.json"
LEDGER = "_symbl"
"""The folder of a ledger: what is in one is never a recording."""
PAGE = 1000
FOLDER = "a folder that exists and may be listed"

logger = logging.getLogger(__name__)


class Found(NamedTuple):
    """A file as it was listed.

    :param path: below the folder in which the listing began.
    :param place: where it lies.
    :param status: None where it is gone by now, or cannot be looked at.
    :param sidecar: the path of its sidecar.
    """

    path: str
    place: Place
    status: Status | None
    sidecar: str | None


class Walk:
    """A folder, or what a glob finds in it.

    It is listed folder by folder, each sorted by name, real folders before links to folders, each folder once.
    A folder below that may not be read, or is gone meanwhile, is a warning. Hidden folders and ledgers are not
    entered, nor links to results that :meth:`check_apart` was told of.

    :param root: the folder in which it begins.
    :param glob: which files are wanted; None for all.
    """

    def __init__(self, root: Place, glob: Glob | None) -> None:
        self._root = root
        self._glob = glob
        self._apart: list[Place] = []

    def check(self) -> None:
        """Check that there is such a folder, and that it may be listed.

        :raises SymblConfigurationError: it is missing, or may not be read.
        :raises SymblStorageError: the storage stumbles.
        """
        root, files = self._root, self._root.files
        try:
            if not files.is_folder(root.key):
                self._check_missing()
            elif not files.store:
                files.listing(root.key)
        except SymblConfigurationError:
            raise
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            reading_failed("recordings", root.shown, problem, FOLDER)

    def check_apart(self, results: Place) -> None:
        """Check that results are not listed as recordings, which would be paid for.

        :param results: a folder of results, or the ledger.
        :raises SymblConfigurationError: it lies inside the recordings, where the glob may find it, or they inside it.
        """
        self._apart.append(results)
        root = self._root
        is_found = results.is_inside(root) and (self._glob is None or self._glob.leads_into(results.below(root)))
        if is_found or root.is_inside(results):
            why = f"holds results, in {results.shown}" if is_found else f"lies in the results, in {results.shown}"
            root.refuse(why, "a folder apart from results and ledger, of which neither is in the other")

    def pages(self, warn: Callable[[str], None]) -> Iterator[list[Found]]:
        """List all files but sidecars, some hundred at a time.

        :param warn: takes a sentence about each folder that could not be listed.
        :raises SymblConfigurationError: the first folder is missing or may not be read.
        :raises SymblStorageError: the storage stumbles.
        """
        folders, linked, seen = [""], list[str](), set[object]()
        while folders or linked:
            folder = folders.pop() if folders else linked.pop(0)
            listing = self._listing(folder, seen, warn)
            if listing is not None:
                yield from found_pages(listing, folder, self._place_of(folder), self._is_wanted)
                folders.extend(reversed(self._entered(folder, listing.folders)))
                linked.extend(self._entered(folder, listing.linked))

    def _check_missing(self) -> None:
        root = self._root
        bucket = root.key.strip("/").partition("/")[0]
        if root.files.has_folders or not root.files.is_folder(bucket):
            root.refuse("does not exist", FOLDER)
        logger.warning("Nothing lies below %s; if that is not what is meant, look at its spelling.", root.shown)

    def _place_of(self, folder: str) -> Place:
        return self._root._replace(key=joined(self._root.key, folder)) if folder else self._root

    def _listing(self, folder: str, seen: set[object], warn: Callable[[str], None]) -> Listing | None:
        place = self._place_of(folder)
        try:
            identity = place.files.identity(place.key)
            if identity in seen:
                return None
            seen.add(identity)
            if folder and any(place.is_inside(results) for results in self._apart):
                warn(f"{escaped(folder)} leads to results: nothing in it was looked at.")
                return None
            return place.files.listing(place.key)
        except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
            if not folder and isinstance(problem, FileNotFoundError) and not place.files.has_folders:
                return None  # an object store has no empty folders
            if not folder or not _is_passed_over(place.files, problem):
                reading_failed("recordings", place.shown, problem, FOLDER)
            warn(f"{escaped(folder)} could not be listed ({type(problem).__name__}): nothing in it was looked at.")
        return None

    def _is_wanted(self, path: str) -> bool:
        return self._glob is None or self._glob.matches(path)

    def _entered(self, folder: str, names: list[str]) -> list[str]:
        shown = [joined(folder, name) for name in names if not name.startswith(".") and name != LEDGER]
        return [path for path in shown if self._glob is None or self._glob.leads_into(path)]


def found_pages(listing: Listing, folder: str, place: Place, is_wanted: Callable[[str], bool]) -> Iterator[list[Found]]:
    """Return the wanted files of one folder, some hundred at a time, each looked at only then.

    :param listing: of the folder.
    :param folder: its path, as it stands before the names of its files.
    :param place: where it lies.
    :param is_wanted: tells by a path whether the file is wanted.
    """
    sidecars = {name for name in listing.files if name.endswith(SIDECAR)}
    names = [name for name in listing.files if name not in sidecars and is_wanted(joined(folder, name))]
    for start in range(0, len(names), PAGE):
        yield [_found(listing, folder, place, name, sidecars) for name in names[start : start + PAGE]]


def sidecar_names(name: str) -> tuple[str, str]:
    """Return which names the sidecar of a file may have: that of the file, or that without its ending, and more.

    :param name: the file's name, path or key.
    """
    folder, slash, last = name.rpartition("/")
    stem = last.rpartition(".")[0] or last
    return f"{name}{SIDECAR}", f"{folder}{slash}{stem}{SIDECAR}"


def _found(listing: Listing, folder: str, place: Place, name: str, sidecars: set[str]) -> Found:
    try:
        status = listing.status(name)
    except (OSError, ValueError):  # what is wrong with it is told when it is read
        status = None
    sidecar = next((joined(folder, each) for each in sidecar_names(name) if each in sidecars), None)
    return Found(joined(folder, name), place._replace(key=joined(place.key, name)), status, sidecar)


def _is_passed_over(files: FileSystem, problem: Exception) -> bool:
    """Tell whether a folder alone is to blame; an expired token concerns all folders, and object stores stumble."""
    if not files.store:
        return isinstance(problem, OSError)
    return isinstance(problem, (PermissionError, FileNotFoundError)) and "expired" not in str(problem).lower()
