"""Where results are written to: a folder on this machine or in object storage, behind Airflow's connections."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_symbl.client.uploads import location
from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.operators.storage import path_of
from airflow_provider_symbl.results.forms import PARQUET
from airflow_provider_symbl.results.writer import LocalFolder, StoredFolder, cannot_write

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow_provider_symbl.results.writer import Folder

LOCAL = frozenset({"file", "local"})


def open_folder(results: object, name: str) -> Folder:
    """Return the folder of one conversation below the results, once something could be written there.

    :param results: a local path, an object-storage URI (``s3://conn_id@bucket/key``), or the path object of either.
    :param name: the folder's own name, one that every file system takes.
    :raises SymblConfigurationError: no file system is known for the URI.
    :raises SymblStorageError: it cannot be written to.
    """
    path = path_of(results, "results")
    protocol = getattr(path, "protocol", "")
    folder: Folder
    if isinstance(path, Path) or protocol in LOCAL:
        folder = LocalFolder(Path(path if isinstance(path, Path) else path.path).expanduser() / name)
    else:
        folder = StoredFolder(path.fs, f"{path.path.rstrip('/')}/{name}", f"{location(path).rstrip('/')}/{name}")
    try:
        folder.check()
    except Exception as problem:  # noqa: BLE001 - each file system raises errors of its own
        raise cannot_write(folder.uri(""), problem) from None
    return folder


def check_extras(formats: Collection[str]) -> None:
    """Check that the libraries of some forms are installed.

    :param formats: names of forms.
    :raises SymblConfigurationError: names the library, and the command that installs it.
    """
    if PARQUET in formats and importlib.util.find_spec("pyarrow") is None:
        raise SymblConfigurationError(
            "formats: got parquet, and pyarrow is not installed: pip install 'airflow-provider-symbl[parquet]'"
        )
