"""Where recordings lie and results go: local paths and object storage, behind Airflow's connections."""

from __future__ import annotations

import contextlib
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client.uploads import StoredPath, location, reading_failed
from airflow_provider_symbl.client.validators import did_you_mean, invalid_value, web_address, without_query
from airflow_provider_symbl.results.writer import LocalFolder, StoredFolder, cannot_write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.results.writer import Folder

LOCAL = frozenset({"file", "local"})
WEB = ("http", "https")
NO_LINKS = frozenset({"ftp", "ftps", "sftp", "ssh", "smb", "data", "hdfs"})
"""File systems that never make links to their files."""
LINKS = "http, https, or object storage that can make links to its objects"


def is_web_link(place: object) -> bool:
    """Tell whether a place is what Symbl can fetch as it is.

    :param place: a link, a URI or a path.
    """
    return _scheme_of(place) in WEB


def public_uri(place: object) -> str:
    """Return a place as everybody may see it: a URI without query, fragment, user and password.

    :param place: a link, a URI, a local path, or the path object of either.
    """
    address = location(place).strip()
    scheme, separator, rest = address.partition("://")
    if not separator:
        return Path(address).absolute().as_uri()
    # The name of a stored object may hold a "#".
    path = re.split("[?#]" if scheme.lower() in WEB else "[?]", rest, maxsplit=1)[0]
    host, slash, path = path.partition("/")
    return f"{scheme.lower()}://{host.rpartition('@')[2]}{slash}{path}"


def check_link(given: object, file_goes_to: str) -> None:
    """Check what can be told of a link without asking anybody.

    :param given: the argument ``url``.
    :param file_goes_to: what takes files, for errors.
    :raises SymblConfigurationError: it is no link, or a URI of storage that makes none.
    """
    if not isinstance(given, (str, StoredPath)) and not hasattr(given, "__fspath__"):
        invalid_value("url", given, LINKS)
    scheme, shown = _scheme_of(given), without_query(location(given))
    if scheme in WEB:
        web_address("url", location(given))
    elif len(scheme) <= 1 or scheme in {"file", "local"}:
        invalid_value("url", shown, f"{LINKS}; for a file use {file_goes_to}")
    elif scheme in NO_LINKS or did_you_mean(scheme, WEB):
        invalid_value("url", shown, f"{LINKS}{did_you_mean(scheme, WEB)}")


def _scheme_of(place: object) -> str:
    """Return what stands before ``://`` in lower case, empty where nothing does."""
    scheme, separator, _ = location(place).strip().partition(":")
    return scheme.lower() if separator and "/" not in scheme else ""


def path_of(place: object, argument: str) -> Any:  # noqa: ANN401 - a path of one of two libraries
    """Return a path that can be opened.

    :param place: a local path, an object-storage URI (``s3://conn_id@bucket/key``), or the path object of either.
    :param argument: the operator's argument that holds it, for errors.
    :raises SymblConfigurationError: no file system is known for the URI.
    :raises SymblStorageError: its file system cannot be reached at present.
    """
    if isinstance(place, StoredPath):
        return place
    place = location(place)
    if "://" not in place:
        return Path(place)
    # Imported here: it loads fsspec, which no DAG file needs.
    from airflow.providers.common.compat.sdk import ObjectStoragePath  # noqa: PLC0415 - only needed once the task runs

    try:
        path = ObjectStoragePath(place)
        # The file system is looked up only here: a path of one that is not installed can be made.
        _ = path.fs
    except (ValueError, ImportError) as problem:
        allowed = f"a local path, or a URI of a file system that Airflow knows ({problem})"
        return invalid_value(argument, without_query(place), allowed)
    except Exception as problem:  # noqa: BLE001 - each file system raises errors of its own
        reading_failed(argument, place, problem, "a URI whose connection is defined")
    return path


def protocol_of(path: Any) -> str:  # noqa: ANN401 - a path of one of two libraries
    """Return the protocol of a path, empty for a path of this machine that is no URI.

    Its class does not tell: with universal-pathlib 0.2, which Airflow 3.0 has, object storage has a pathlib.Path too.

    :param path: as :func:`path_of` gives it.
    """
    return str(getattr(path, "protocol", ""))


def size_of(path: Any) -> int | None:  # noqa: ANN401 - a path of one of two libraries
    """Return the bytes of a file, None where nobody can tell.

    :param path: as :func:`path_of` gives it.
    """
    try:
        return int(path.stat().st_size)
    except Exception:  # noqa: BLE001 - each object store raises errors of its own; the upload tells what is wrong
        return None


def presigned(uri: object, seconds: int) -> str:
    """Return a link to an object that needs no credentials.

    :param uri: object-storage URI, or its path object.
    :param seconds: how long the link is valid.
    :raises SymblConfigurationError: the file system makes no links.
    :raises SymblStorageError: it makes none at present.
    """
    from airflow.providers.common.compat.sdk import mask_secret  # noqa: PLC0415 - only needed once the task runs

    path = path_of(uri, "url")
    try:
        with _without_debug_logs():
            link = str(path.fs.sign(path.path, expiration=seconds))
    except (AttributeError, NotImplementedError):
        return invalid_value("url", without_query(location(uri)), LINKS)
    except Exception as problem:  # noqa: BLE001 - each file system raises errors of its own
        reading_failed("url", uri, problem, LINKS)
    # Symbl may repeat a link that it does not take, and Airflow logs every error.
    mask_secret(link)
    return link


@contextlib.contextmanager
def _without_debug_logs() -> Iterator[None]:
    """Log nothing at DEBUG for a moment, in any thread: botocore tells there what it signs, and the signature."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.DEBUG))
    try:
        yield
    finally:
        logging.disable(before)


def open_folder(results: object, name: str) -> Folder:
    """Return the folder of one conversation below the results, once something could be written there.

    :param results: a local path, an object-storage URI (``s3://conn_id@bucket/key``), or the path object of either.
    :param name: the folder's own name, one that every file system takes.
    :raises SymblConfigurationError: no file system is known for the URI.
    :raises SymblStorageError: it cannot be written to.
    """
    folder = folder_at(path_of(results, "results"), name)
    try:
        folder.check()
    except Exception as problem:  # noqa: BLE001 - each file system raises errors of its own
        raise cannot_write(folder.uri(""), problem) from None
    return folder


def folder_at(path: Any, name: str) -> Folder:  # noqa: ANN401 - a path of one of two libraries
    """Return a folder below another one; nothing is looked at.

    :param path: as :func:`path_of` gives it.
    :param name: of the folder below it, with forward slashes; empty for the folder itself.
    """
    if is_local(path):
        return LocalFolder(local_path(path) / name)
    below = f"/{name}" if name else ""
    return StoredFolder(path.fs, f"{path.path.rstrip('/')}{below}", f"{location(path).rstrip('/')}{below}")


def is_local(path: Any) -> bool:  # noqa: ANN401 - a path of one of two libraries
    """Tell whether a path is one of this machine.

    :param path: as :func:`path_of` gives it.
    """
    return protocol_of(path) in {"", *LOCAL}


def local_path(path: Any) -> Path:  # noqa: ANN401 - a path of one of two libraries
    """Return a path of this machine as pathlib's.

    :param path: one that is local.
    """
    return Path(getattr(path, "path", path)).expanduser()
