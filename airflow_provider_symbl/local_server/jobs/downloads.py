"""Downloads: fetching the recording that a URL submission points to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import aiohttp
from anyio import to_thread

from airflow_provider_symbl.local_server.api.bodies import BLOCK, new_file
from airflow_provider_symbl.local_server.security.outbound import PrivateAddressError, guarded_request
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_symbl.local_server.settings import ServerSettings

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=60.0)
MAX_SECONDS = 3600.0
OK = 200
REDIRECTIONS = (301, 302, 303, 307, 308)
PROBLEMS: tuple[tuple[type[aiohttp.ClientError], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "its name is not known"),
    (aiohttp.ClientSSLError, "its certificate is not trusted"),
    (aiohttp.ServerTimeoutError, "it sent nothing for too long"),
    (aiohttp.ClientConnectorError, "nobody takes the connection"),
    (aiohttp.ClientConnectionError, "the connection broke off"),
    (aiohttp.ClientPayloadError, "it broke off"),
    (aiohttp.InvalidURL, "the URL has no host that could be asked"),
)
"""What went wrong, in words, by the first kind of error that fits."""
OTHER_PROBLEM = "what it sent is no answer of HTTP"


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

    @classmethod
    def from_settings(cls, settings: ServerSettings) -> Self:
        """Make the limits that a server's settings ask for."""
        return cls(settings.allow_private_urls, settings.max_recording_bytes)


async def download(url: str, spool: Path, limits: Limits) -> Path:
    """Fetch a recording to a file that belongs to the caller; nothing is left of one that cannot be fetched.

    :param url: a direct http or https link; redirects are not followed, as with Symbl.
    :param spool: the folder for the file.
    :param limits: what it may do.
    :raises JobFailureError: it could not be fetched. Only the host is named: the rest of a URL may be a signature.
    """
    try:
        path = new_file(spool)
    except OSError as error:
        raise _not_kept(url, error) from None
    try:
        await _fetch(url, path, limits)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


async def _fetch(url: str, path: Path, limits: Limits) -> None:
    try:
        await _transfer(url, path, limits)
    except PrivateAddressError as error:
        raise JobFailureError(str(error)) from None
    except aiohttp.ClientError as error:
        problem = next((text for kind, text in PROBLEMS if isinstance(error, kind)), OTHER_PROBLEM)
        raise JobFailureError(f"The download from {_host(url)} failed: {problem}") from None
    except TimeoutError:
        seconds = f"{limits.max_seconds:g} seconds"
        raise JobFailureError(f"The download from {_host(url)} took longer than {seconds}") from None
    except OSError as error:
        raise _not_kept(url, error) from None


async def _transfer(url: str, path: Path, limits: Limits) -> None:
    async with guarded_request(
        "GET",
        url,
        allow_private=limits.allow_private,
        seconds=limits.max_seconds,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
        read_bufsize=BLOCK,
    ) as response:
        _check_head(response, url)
        _check_size(response.content_length or 0, limits.max_bytes, url)
        size = await _save(response, path, url, limits.max_bytes)
    if not size:
        raise JobFailureError(f"The download from {_host(url)} is empty")


async def _save(response: aiohttp.ClientResponse, path: Path, url: str, max_bytes: int) -> int:
    size = 0
    # Opened here, not in a thread: who is cancelled meanwhile would leave the thread's file open.
    with path.open("wb") as file:
        async for block in response.content.iter_chunked(BLOCK):
            size += len(block)
            _check_size(size, max_bytes, url)
            await to_thread.run_sync(file.write, block)
    return size


def _check_head(response: aiohttp.ClientResponse, url: str) -> None:
    if response.status in REDIRECTIONS and "Location" in response.headers:
        raise JobFailureError(f"{_host(url)} redirects, and only a direct link to the recording will do")
    if response.status != OK:
        raise JobFailureError(f"{_host(url)} answered {response.status} instead of the recording")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise JobFailureError(f"{_host(url)} sends the recording compressed, which was not asked for")


def _check_size(size: int, max_bytes: int, url: str) -> None:
    if size > max_bytes:
        raise JobFailureError(f"The download from {_host(url)} is longer than the {max_bytes} bytes that are allowed")


def _not_kept(url: str, error: OSError) -> JobFailureError:
    reason = error.strerror or type(error).__name__
    return JobFailureError(f"The download from {_host(url)} cannot be kept on symbl-local's disk: {reason}")


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the host"
