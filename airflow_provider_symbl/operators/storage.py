"""Where recordings lie: local paths and object storage, behind Airflow's connections."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client.validators import invalid_value

if TYPE_CHECKING:
    import os


def path_of(place: str | os.PathLike[str], argument: str) -> Any:  # noqa: ANN401 - a path of one of two libraries
    """Return a path that can be opened.

    :param place: a local path, or an object-storage URI (``s3://conn_id@bucket/key``).
    :param argument: the operator's argument that holds it, for errors.
    :raises SymblConfigurationError: no file system is known for the URI.
    """
    if not isinstance(place, str) or "://" not in place:
        return Path(place) if isinstance(place, str) else place
    # Imported here: it loads fsspec, which no DAG file needs.
    from airflow.providers.common.compat.sdk import ObjectStoragePath  # noqa: PLC0415 - only needed once the task runs

    try:
        path = ObjectStoragePath(place)
        # The file system is looked up only here: a path of one that is not installed can be made.
        _ = path.fs
    except (ValueError, ImportError) as problem:
        invalid_value(argument, place, f"a local path, or a URI of a file system that Airflow knows ({problem})")
    return path


def size_of(path: Any) -> int | None:  # noqa: ANN401 - a path of one of two libraries
    """Return the bytes of a file, None where nobody can tell.

    :param path: as :func:`path_of` gives it.
    """
    try:
        return int(path.stat().st_size)
    except Exception:  # noqa: BLE001 - each object store raises errors of its own; the upload tells what is wrong
        return None


def presigned(uri: str, seconds: int) -> str:
    """Return a link to an object that needs no credentials.

    :param uri: object-storage URI.
    :param seconds: how long the link is valid.
    :raises SymblConfigurationError: the file system makes no links.
    """
    from airflow.providers.common.compat.sdk import mask_secret  # noqa: PLC0415 - only needed once the task runs

    path = path_of(uri, "url")
    try:
        link = str(path.fs.sign(path.path, expiration=seconds))
    except (AttributeError, NotImplementedError):
        invalid_value("url", uri, "http, https, or object storage that can make links to its objects")
    # Symbl may repeat a link that it does not take, and Airflow logs every error.
    mask_secret(link)
    return link
