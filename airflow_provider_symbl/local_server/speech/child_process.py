"""A child process that is asked one thing at a time, in lines of JSON, and that never outlives this process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from airflow_provider_symbl.local_server.speech.transcription import StoppedError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

TICK = 0.1
"""Seconds between two looks at whether anybody still waits."""
BLOCK = 64 * 1024
END_TIMEOUT = 5.0
"""Seconds for an ordinary end."""


class ProcessEndedError(Exception):
    """The process is gone in the middle of its work; the message says how it ended."""


class ProcessSilentError(Exception):
    """The process has not said anything for too long; the message says how long."""


class ChildProcess:
    """A module that runs as a process of its own, reads requests from its input and writes responses to its output.

    A module finds what this process would find, whatever the working folder is. Its input ends with this process,
    which is how it knows; it is in a process group of its own, since Ctrl+C is for this one to deal with.

    :param module: what to run.
    """

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of this package
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)},
            bufsize=0,
            process_group=0,
        )
        self._input = cast("IO[bytes]", self._process.stdin)
        self._output = cast("IO[bytes]", self._process.stdout)
        self._rest = b""

    def send(self, request: dict[str, Any]) -> None:
        """Ask for something; one that is gone says so by its response.

        :param request: anything that JSON can hold.
        """
        with contextlib.suppress(BrokenPipeError):
            self._input.write(json.dumps(request).encode() + b"\n")

    def responses(self, timeout: float, stopped: threading.Event) -> Iterator[dict[str, Any]]:
        """Give the responses as they come; whoever reads them knows which is the last.

        :param timeout: seconds until the next one.
        :param stopped: ends the wait.
        :raises ProcessEndedError: the process is gone.
        :raises ProcessSilentError: there was no response in time.
        :raises StoppedError: ``stopped`` was set.
        """
        while True:
            lines = self._lines(timeout, stopped)
            yield from (json.loads(line) for line in lines)

    def close_stdin(self) -> None:
        """Tell the process to end as soon as it has nothing to do."""
        self._input.close()

    def end(self) -> None:
        """Wait for the process's own end, but not for long."""
        self.close_stdin()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_TIMEOUT)
        self.kill()

    def kill(self) -> int:
        """End the process at once, whatever it does.

        :return: its exit code, negative for a signal.
        """
        self._process.kill()
        with self._process as gone:
            return gone.wait()

    def _lines(self, timeout: float, stopped: threading.Event) -> list[bytes]:
        self._await_output(timeout, stopped)
        block = os.read(self._output.fileno(), BLOCK)
        if not block:
            raise ProcessEndedError(_described(self.kill()))
        *lines, self._rest = (self._rest + block).split(b"\n")
        return lines

    def _await_output(self, timeout: float, stopped: threading.Event) -> None:
        deadline = time.monotonic() + timeout
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        has_said_something = False
        while not has_said_something:
            has_said_something = bool(poll.poll(TICK * 1000))
            if stopped.is_set():
                raise StoppedError
            if not has_said_something and time.monotonic() > deadline:
                raise ProcessSilentError(f"{timeout / 60:g} minutes")


def _described(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
