"""The command ``symbl-local``: a server in the foreground until it is told to end; its flags are the settings."""

from __future__ import annotations

import argparse
import errno
import importlib.metadata
import json
import logging
import os
import re
import shlex
import signal
import sys
import threading
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.middleware.repeat_filter import RepeatFilter
from airflow_provider_symbl.local_server.settings import ServerSettings, from_environment, is_loopback, variable
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, StoppedError
from airflow_provider_symbl.local_server.store.data_dir import DataDirError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.local_server.server import LocalServer

LOGGER = logging.getLogger("symbl-local")
DISTRIBUTION = "airflow-provider-symbl"
MISSING = (
    f"symbl-local{{for_what}} needs the extra '{{extra}}', of which {{names}} is missing: "
    f"pip install '{DISTRIBUTION}[{{extra}}]'"
)
NEEDS: Mapping[str, str] = {"model": "speech", "speaker_model": "diarization"}
"""Options that need an extra more than the server itself does."""
SECRET_FILE = "app_secret_file"  # noqa: S105 - the option's name
CANNOT_SERVE, CALLED_WRONGLY = 1, 2
FROM_ELSEWHERE = (
    "From other machines the host is http://<this machine's name>:{port}, and the extra needs "
    '"allow_insecure_http": true: over plain http the App Secret can be read on the way.'
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM.

    :param arguments: the command line; the process's own unless given.
    :return: the exit code: 0 when told to end, 1 when it cannot serve, 2 when something is missing that it was asked
        for.
    """
    options = _options(_parser(), arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(RepeatFilter())
    told_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_end.set())
    try:
        return _serve(options, told_to_end)
    except OSError as error:
        return _refused(CANNOT_SERVE, _cannot_listen(options, error))
    except DataDirError as error:
        return _refused(CANNOT_SERVE, str(error))
    except ModuleNotFoundError as error:
        return _refused(CALLED_WRONGLY, MISSING.format(for_what="", extra="local", names=error.name))


def _serve(options: argparse.Namespace, told_to_end: threading.Event) -> int:
    problem = _problem(options)
    if problem:
        return _refused(CALLED_WRONGLY, problem)
    warming = _WarmUp(told_to_end, is_needed=options.model is not None)
    with _server(options) as server:
        _announce(server, options.host)
        threading.Thread(target=warming.run, args=(server,), daemon=True).start()
        told_to_end.wait()
    return _refused(CALLED_WRONGLY, f"--model {options.model}: {warming.failure}") if warming.failure else 0


def _server(options: argparse.Namespace) -> LocalServer:
    from airflow_provider_symbl.local_server.server import LocalServer  # noqa: PLC0415 - may be missing

    return LocalServer(**vars(options))


def _problem(options: argparse.Namespace) -> str | None:
    """Tell what is missing that was asked for; nothing of the server need be there to find that out."""
    needed = {"local": "", **{extra: f" --{_flag(name)}" for name, extra in NEEDS.items() if getattr(options, name)}}
    for extra, for_what in needed.items():
        names = [name for name in _required(extra) if not _is_installed(name)]
        if names:
            return MISSING.format(for_what=for_what, extra=extra, names=", ".join(names))
    if options.speaker_model and not Path(options.speaker_model).is_file():
        return f"--speaker-model: got {options.speaker_model!r}; allowed: an ONNX file that is there"
    return None


def _required(extra: str) -> list[str]:
    """List the distributions of an extra, as the installed package's own metadata has them."""
    try:
        lines = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:  # a checkout on the path; what is missing is met when it is used
        return []
    mark = re.compile(rf"""extra\s*==\s*['"]{extra}['"]""")
    names = (re.match(r"[\w.-]+", line) for line in lines if mark.search(line))
    return [name[0] for name in names if name and name[0] != DISTRIBUTION]


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _cannot_listen(options: argparse.Namespace, error: OSError) -> str:
    way_out = "; choose another with --port, or 0 for any free one" if error.errno == errno.EADDRINUSE else ""
    return f"symbl-local cannot listen on {options.host}:{options.port}: {error}{way_out}"


def _refused(code: int, reason: str) -> int:
    print(reason, file=sys.stderr)
    return code


def _announce(server: LocalServer, host: str) -> None:
    print(f"symbl-local serves Symbl's Async API at {server.url}")
    print(f"App ID:     {server.app_id}")
    print(f"App Secret: {server.app_secret}")
    print("The Airflow connection, to be kept in Airflow's database or in the environment, as you like:")
    for way in _connections(server):
        print(f"    {way}")
    if not is_loopback(host) and is_loopback(server.url):
        print(FROM_ELSEWHERE.format(port=server.url.rpartition(":")[2]))
    print("Stop it with Ctrl+C.", flush=True)


def _connections(server: LocalServer) -> tuple[str, str]:
    """Give the command that adds the connection, and the line that exports it; both are taken as they are."""
    # The provider sends an App Secret over plain http to another machine only where it is told to.
    extra = {} if is_loopback(server.url) else {"allow_insecure_http": True}
    fields = {"conn_type": "symbl", "host": server.url, "login": server.app_id, "password": server.app_secret}
    add = [
        *("airflow", "connections", "add", "symbl_default", "--conn-type", "symbl"),
        *("--conn-host", server.url, "--conn-login", server.app_id, "--conn-password", server.app_secret),
        *(("--conn-extra", json.dumps(extra)) if extra else ()),
    ]
    variable = json.dumps({**fields, "extra": extra} if extra else fields)
    return shlex.join(add), f"export AIRFLOW_CONN_SYMBL_DEFAULT={shlex.quote(variable)}"


class _WarmUp:
    """Loading what the first recording would else wait for.

    :param told_to_end: is set where it fails and must not.
    :param is_needed: whether the server is of no use without the model, which somebody chose.
    """

    def __init__(self, told_to_end: threading.Event, *, is_needed: bool) -> None:
        self._told_to_end = told_to_end
        self._is_needed = is_needed
        self.failure: str | None = None

    def run(self, server: LocalServer) -> None:
        """Load it."""
        try:
            server.warm_up()
        except StoppedError:
            pass  # told to end in the middle of it
        except JobFailureError as error:
            if self._is_needed:
                self.failure = str(error)
                self._told_to_end.set()
            else:
                LOGGER.warning("Recordings will fail, text will not: %s", error)


def _flag(name: str) -> str:
    return name.replace("_", "-")


def _parser() -> argparse.ArgumentParser:
    more = "Each option may be an environment variable too, such as SYMBL_LOCAL_PORT for --port; the flag decides."
    parser = argparse.ArgumentParser("symbl-local", description="Symbl's Async API on this machine.", epilog=more)
    parser.add_argument("--version", action="version", version=f"symbl-local {_version()}")
    for option in fields(ServerSettings):
        if option.metadata:
            parser.add_argument(f"--{_flag(option.name)}", **{"default": option.default, **option.metadata})
    parser.add_argument(
        f"--{_flag(SECRET_FILE)}",
        metavar="FILE",
        help="file that holds the App Secret, which no list of processes shows",
    )
    return parser


def _options(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        found = from_environment(os.environ)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    parser.set_defaults(**found, **{SECRET_FILE: os.environ.get(variable(SECRET_FILE)) or None})
    options = parser.parse_args(arguments)
    file = vars(options).pop(SECRET_FILE)
    if file and not options.app_secret:
        options.app_secret = _secret_in(file, parser)
    return options


def _secret_in(file: str, parser: argparse.ArgumentParser) -> str:
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        secret = ""
    if not secret:
        parser.error(f"--{_flag(SECRET_FILE)}: got {file!r}; allowed: a file that holds the App Secret")
    return secret


def _version() -> str:
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    sys.exit(main())
