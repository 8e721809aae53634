"""A list of files that somebody else made, each looked at where it lies."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from airflow_provider_symbl.recordings.files.file_systems import Listing, joined
from airflow_provider_symbl.recordings.files.globs import is_glob
from airflow_provider_symbl.recordings.files.walk import found_pages, sidecar_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_symbl.recordings.files.file_systems import FileSystem, Status
    from airflow_provider_symbl.recordings.files.places import Place
    from airflow_provider_symbl.recordings.files.walk import Found

FEW = 20
"""So many files of one folder are looked at one by one; of more the folder is listed."""


class Listed:
    """Files by their places.

    Their paths are told below the folder that they have in common. What lies in different stores begins with the
    store's name there, and what still has the name of another is told by its whole URI.

    :param places: of the files, in any order; what stands there twice is one.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = list({place.uri: place for place in places}.values())

    def check(self) -> None:
        """Check that each is a path of one file, as far as that is told without asking a store.

        :raises SymblConfigurationError: one is a folder, or a glob.
        """
        for place in self._places:
            is_local = not place.files.store
            if is_local and place.files.is_folder(place.key):
                place.refuse("is a folder", "in a list, files only; a folder stands by itself")
            if is_glob(place.key) and place.files.status(place.key) is None:
                place.refuse("is a glob", "in a list, files only; a glob stands by itself")

    def check_apart(self, results: Place) -> None:
        """Check that no result is among them, which would be paid for.

        :param results: a folder of results, or the ledger.
        :raises SymblConfigurationError: one lies in it.
        """
        for place in self._places:
            if place.is_inside(results):
                place.refuse(f"lies in the results, in {results.shown}", "what is apart from results and ledger")

    def pages(self, _warn: Callable[[str], None]) -> Iterator[list[Found]]:
        """Look at all files, folder by folder, some hundred at a time; one that is gone is found without a status."""
        groups: dict[tuple[str, str], list[Place]] = defaultdict(list)
        for place in self._places:
            groups[place.files.prefix, _folder_of(place.key)].append(place)
        shown = self._shown()
        for (_, folder), places in sorted(groups.items(), key=lambda group: group[0]):
            files, wanted = places[0].files, {place.key for place in places}
            listing = _listing(files, folder, places)
            for page in found_pages(listing, folder, places[0]._replace(key=folder), wanted.__contains__):
                yield [_renamed(found, shown[found.place.uri]) for found in page]

    def _shown(self) -> dict[str, str]:
        """Return the path of each URI."""
        stores = {place.files.store for place in self._places}
        whole = {
            place.uri: f"{place.files.store if len(stores) > 1 else ''}/{place.key.strip('/')}"
            for place in self._places
        }
        common = os.path.commonpath([_folder_of(path) for path in whole.values()]) if whole else ""
        paths = {uri: path[len(common) :].lstrip("/") for uri, path in whole.items()}
        times = Counter(paths.values())
        return {place.uri: paths[place.uri] if times[paths[place.uri]] == 1 else place.shown for place in self._places}


def _folder_of(key: str) -> str:
    return key.rpartition("/")[0] or ("/" if key.startswith("/") else "")


def _renamed(found: Found, path: str) -> Found:
    """Give a file the path under which it is told, and its sidecar the one beside it."""
    if found.sidecar is None:
        return found._replace(path=path)
    of_key = sidecar_names(found.path)
    return found._replace(path=path, sidecar=sidecar_names(path)[of_key.index(found.sidecar)])


def _listing(files: FileSystem, folder: str, places: Sequence[Place]) -> Listing:
    names = [place.key.rpartition("/")[2] for place in places]
    if len(places) > FEW:
        try:
            listing = files.listing(folder)
        except Exception:  # noqa: BLE001 - each object store raises errors of its own; one by one they may be reachable
            listing = Listing()
        if listing.files:
            return Listing(sorted({*listing.files, *names}), status=listing.status)
    beside = [each for name in names for each in sidecar_names(name)]
    told = {name: _status(files, joined(folder, name)) for name in (*names, *beside)}
    there = {name for name in beside if told[name] is not None}
    return Listing(sorted({*names, *there}), status=told.get)


def _status(files: FileSystem, key: str) -> Status | None:
    try:
        return files.status(key)
    except Exception:  # noqa: BLE001 - each object store raises errors of its own; reading tells what is wrong
        return None
