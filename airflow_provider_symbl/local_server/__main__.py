"""The command ``symbl-local``: a server in the foreground until it is told to end; its flags are the settings."""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import signal
import sys
import threading
from dataclasses import fields
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.middleware.repeat_filter import RepeatFilter
from airflow_provider_symbl.local_server.settings import ServerSettings
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, StoppedError
from airflow_provider_symbl.local_server.store.data_dir import DataDirError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.local_server.server import LocalServer

LOGGER = logging.getLogger("symbl-local")
MISSING = "symbl-local needs the extra 'local', of which {name} is missing: pip install 'airflow-provider-symbl[local]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM.

    :param arguments: the command line; the process's own unless given.
    :return: the exit code: 0 when told to end, 1 when it cannot serve.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(RepeatFilter())
    told_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_end.set())
    try:
        _serve(options, told_to_end)
    except OSError as error:
        print(f"symbl-local cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    except DataDirError as error:
        print(error, file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(MISSING.format(name=error.name), file=sys.stderr)
        return 1
    return 0


def _serve(options: argparse.Namespace, told_to_end: threading.Event) -> None:
    with _server(options) as server:
        _announce(server)
        threading.Thread(target=_warm_up, args=(server,), daemon=True).start()
        told_to_end.wait()


def _server(options: argparse.Namespace) -> LocalServer:
    from airflow_provider_symbl.local_server.server import LocalServer  # noqa: PLC0415 - may be missing

    return LocalServer(**vars(options))


def _announce(server: LocalServer) -> None:
    fields = {"conn_type": "symbl", "host": server.url, "login": server.app_id, "password": server.app_secret}
    add = [
        *("airflow", "connections", "add", "symbl_default", "--conn-type", "symbl"),
        *("--conn-host", server.url, "--conn-login", server.app_id, "--conn-password", server.app_secret),
    ]
    print(f"symbl-local serves Symbl's Async API at {server.url}")
    print(f"App ID:     {server.app_id}")
    print(f"App Secret: {server.app_secret}")
    print("The Airflow connection, to be kept in Airflow's database or in the environment, as you like:")
    print(f"    {shlex.join(add)}")
    print(f"    export AIRFLOW_CONN_SYMBL_DEFAULT={shlex.quote(json.dumps(fields))}")
    print("Stop it with Ctrl+C.", flush=True)


def _warm_up(server: LocalServer) -> None:
    try:
        server.warm_up()
    except StoppedError:
        pass  # told to end in the middle of it
    except JobFailureError as error:
        LOGGER.warning("Recordings will fail, text will not: %s", error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("symbl-local", description="Symbl's Async API on this machine.")
    for option in fields(ServerSettings):
        if option.metadata:
            flag = f"--{option.name.replace('_', '-')}"
            parser.add_argument(flag, **{"default": option.default, **option.metadata})
    return parser


if __name__ == "__main__":
    sys.exit(main())
