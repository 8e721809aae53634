"""Places: paths, URIs and path objects as a file system and a key in it, and how they are told in reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from airflow_provider_symbl.client.uploads import StoredPath, location
from airflow_provider_symbl.client.validators import invalid_value, without_query
from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.recordings.files.file_systems import LOCAL, LocalFiles, StoredFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.recordings.files.file_systems import FileSystem

WEB = ("http:", "https:")
PLACE = "a local path, or a URI of object storage"


class Place(NamedTuple):
    """A file or a folder.

    :param files: the file system that it lies in.
    :param key: its whole path there.
    """

    files: FileSystem
    key: str

    @property
    def uri(self) -> str:
        """Its local path, or its URI as it was given, without a password."""
        return f"{self.files.prefix}{self.key}"

    @property
    def shown(self) -> str:
        """How messages name it."""
        return str(without_query(self.uri))

    def refuse(self, why: str, allowed: str) -> NoReturn:
        """Raise what is wrong with it as a place of recordings.

        :param why: what it is or does.
        :param allowed: what may stand there.
        :raises SymblConfigurationError: always; the place is told whole.
        """
        message = f"recordings: {self.shown} {why}; allowed: {allowed}"
        raise SymblConfigurationError(message)

    def is_inside(self, folder: Place) -> bool:
        """Tell whether it is a folder, or lies in it; whose credentials they are opened with makes no difference.

        :param folder: the other place.
        """
        if self.files.store != folder.files.store:
            return False
        outer = _real(folder).strip("/")
        return not outer or f"{_real(self).strip('/')}/".startswith(f"{outer}/")

    def below(self, folder: Place) -> str:
        """Return its path below a folder that it lies in, empty for the folder itself.

        :param folder: the other place.
        """
        return _real(self).strip("/")[len(_real(folder).strip("/")) :].strip("/")


class Places:
    """Opens places, and finds them again by their URI.

    :param open_path: makes a path object of a path or a URI.
    """

    def __init__(self, open_path: Callable[[object], Any]) -> None:
        self._open_path = open_path
        self._file_systems: dict[str, FileSystem] = {"": LocalFiles()}

    def open(self, argument: str, given: object) -> Place:
        """Return the place of a path, a URI, or the path object of either.

        :param argument: where it was given, for errors.
        :param given: the path.
        :raises SymblConfigurationError: it is no path, or a web link.
        """
        if not isinstance(given, (str, os.PathLike, StoredPath)) or not location(given).strip():
            invalid_value(argument, given, PLACE)
        if location(given).strip().lower().startswith(WEB):
            invalid_value(argument, without_query(location(given)), PLACE)
        path = self._open_path(given)
        protocol = _protocol_of(path)
        if protocol in LOCAL:
            local = path if isinstance(path, os.PathLike) else getattr(path, "path", str(path))
            return Place(self._file_systems[""], os.path.abspath(Path(local).expanduser()))  # noqa: PTH100 - links stay
        key = str(path.path)
        key = key.rstrip("/") or key
        prefix = _without_password(_prefix_of(location(path), key, protocol))
        if prefix not in self._file_systems:
            self._file_systems[prefix] = StoredFiles(path.fs, protocol, prefix)
        return Place(self._file_systems[prefix], key)

    def find(self, uri: str) -> Place:
        """Return the place of a URI that was told by a place of here.

        :param uri: the URI, or a local path.
        """
        prefix = max((one for one in self._file_systems if uri.startswith(one)), key=len)
        return Place(self._file_systems[prefix], uri[len(prefix) :])


def escaped(path: str) -> str:
    r"""Return a path as reports can hold it: bytes that are no UTF-8 as ``\xff``, and a backslash as two.

    :param path: as Python reads it from a file system.
    """
    if "\\" not in path and path.isprintable():
        return path
    doubled = path.replace("\\", "\\\\")
    try:
        return doubled.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return doubled.encode("utf-8", "backslashreplace").decode()


def _protocol_of(path: Any) -> str:  # noqa: ANN401 - a path of one of two libraries
    protocol = getattr(path, "protocol", "")
    return str(protocol if isinstance(protocol, str) else protocol[0])


def _prefix_of(text: str, key: str, protocol: str) -> str:
    text = text.rstrip("/") if not key.endswith("/") else text
    return text[: -len(key)] if text.endswith(key) and "://" in text[: -len(key)] else f"{protocol}://"


def _without_password(prefix: str) -> str:
    scheme, _, host = prefix.partition("://")
    user, at, rest = host.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{rest}"


def _real(place: Place) -> str:
    return os.path.realpath(place.key) if not place.files.store else place.key
