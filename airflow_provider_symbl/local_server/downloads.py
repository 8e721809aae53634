"""Fetching the recording that a URL submission points to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from airflow_provider_symbl.local_server.bodies import BLOCK, new_file
from airflow_provider_symbl.local_server.speech import JobFailureError, StoppedError

if TYPE_CHECKING:
    import threading
    from pathlib import Path

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0


def download(url: str, spool: Path, stopped: threading.Event) -> Path:
    """Fetch a recording to a file that belongs to the caller.

    :param url: a direct http or https link; redirects are not followed, as with Symbl.
    :param spool: the folder for the file.
    :param stopped: ends the work early.
    :raises JobFailureError: it could not be fetched. Only the host is named: the rest of a URL may be a signature.
    :raises StoppedError: ``stopped`` was set.
    """
    path = new_file(spool)
    try:
        _fetch(url, path, stopped)
    except requests.RequestException as error:
        path.unlink()
        raise JobFailureError(f"The download from {_host(url)} failed: {type(error).__name__}") from error
    except (JobFailureError, StoppedError):
        path.unlink()
        raise
    return path


def _fetch(url: str, path: Path, stopped: threading.Event) -> None:
    timeouts = (CONNECT_TIMEOUT, READ_TIMEOUT)
    with requests.get(url, stream=True, allow_redirects=False, timeout=timeouts) as answer:
        _check_status(answer, url)
        with path.open("wb") as file:
            for block in answer.iter_content(BLOCK):
                if stopped.is_set():
                    raise StoppedError
                file.write(block)
    if not path.stat().st_size:
        raise JobFailureError(f"The download from {_host(url)} is empty")


def _check_status(answer: requests.Response, url: str) -> None:
    if answer.is_redirect:
        raise JobFailureError(f"{_host(url)} redirects, and only a direct link to the recording will do")
    if answer.status_code != requests.codes.ok:
        raise JobFailureError(f"{_host(url)} answered {answer.status_code} instead of the recording")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the host"
