"""Fetching the recording that a URL submission points to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from airflow_provider_symbl.local_server.api.bodies import BLOCK, new_file
from airflow_provider_symbl.local_server.security.outbound import GuardedSession, PrivateAddressError
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, StoppedError

if TYPE_CHECKING:
    import threading
    from pathlib import Path

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
MAX_SECONDS = 3600.0


@dataclass(frozen=True)
class Limits:
    """What a download may do.

    :param allow_private: whether it may come from this machine, or from a private network.
    :param max_bytes: how long the recording may be.
    :param max_seconds: how long all of it may take.
    """

    allow_private: bool
    max_bytes: int
    max_seconds: float = MAX_SECONDS


def download(url: str, spool: Path, stopped: threading.Event, limits: Limits) -> Path:
    """Fetch a recording to a file that belongs to the caller.

    :param url: a direct http or https link; redirects are not followed, as with Symbl.
    :param spool: the folder for the file.
    :param stopped: ends the work early.
    :param limits: what it may do.
    :raises JobFailureError: it could not be fetched. Only the host is named: the rest of a URL may be a signature.
    :raises StoppedError: ``stopped`` was set.
    """
    path = new_file(spool)
    try:
        _fetch(url, path, stopped, limits)
    except BaseException:
        path.unlink()
        raise
    return path


def _fetch(url: str, path: Path, stopped: threading.Event, limits: Limits) -> None:
    problem = None
    with GuardedSession(
        url, allow_private=limits.allow_private, seconds=limits.max_seconds, stopped=stopped
    ) as session:
        try:
            _transfer(session, url, path, limits.max_bytes)
        except PrivateAddressError as error:
            problem = str(error)
        except (requests.RequestException, HTTPError) as error:
            problem = f"The download from {_host(url)} failed: {type(error).__name__}"
        if stopped.is_set():
            raise StoppedError
        if session.is_cut:
            problem = f"The download from {_host(url)} took longer than {limits.max_seconds:g} seconds"
    if problem:
        raise JobFailureError(problem)


def _transfer(session: GuardedSession, url: str, path: Path, max_bytes: int) -> None:
    timeouts = (CONNECT_TIMEOUT, READ_TIMEOUT)
    plain = {"Accept-Encoding": "identity"}
    with session.get(url, stream=True, allow_redirects=False, timeout=timeouts, headers=plain) as answer:
        _check_head(answer, url)
        _check_size(answer.raw.length_remaining or 0, max_bytes, url)
        size = _save(answer, path, url, max_bytes)
    if not size and not session.is_cut:
        raise JobFailureError(f"The download from {_host(url)} is empty")


def _save(answer: requests.Response, path: Path, url: str, max_bytes: int) -> int:
    size = 0
    with path.open("wb") as file:
        while block := answer.raw.read(BLOCK, decode_content=False):
            size += len(block)
            _check_size(size, max_bytes, url)
            file.write(block)
    return size


def _check_head(answer: requests.Response, url: str) -> None:
    if answer.is_redirect:
        raise JobFailureError(f"{_host(url)} redirects, and only a direct link to the recording will do")
    if answer.status_code != requests.codes.ok:
        raise JobFailureError(f"{_host(url)} answered {answer.status_code} instead of the recording")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise JobFailureError(f"{_host(url)} sends the recording compressed, which was not asked for")


def _check_size(size: int, max_bytes: int, url: str) -> None:
    if size > max_bytes:
        raise JobFailureError(f"The download from {_host(url)} is longer than the {max_bytes} bytes that are allowed")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the host"
