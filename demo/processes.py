"""Processes that a demonstration starts: each with a log of its own, and ended together with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 15.0
TAIL_LINES = 40
PROC = Path("/proc")  # only Linux has it


class DemoError(Exception):
    """Something that was started here did not do what it should; the message is written for a person."""


def wait_until(condition: Callable[[], T | None], *, seconds: float, what: str, every: float = 0.25) -> T:
    """Ask again and again until there is an answer.

    :param condition: gives ``None`` as long as there is none.
    :param seconds: how long to go on asking.
    :param what: what is waited for, as the end of a sentence.
    :param every: seconds between two questions.
    :raises DemoError: no answer in time.
    """
    deadline = time.monotonic() + seconds
    while (answer := condition()) is None:
        if time.monotonic() > deadline:
            message = f"waited {seconds:.0f} s in vain for {what}"
            raise DemoError(message)
        time.sleep(every)
    return answer


def free_port(first: int = 0) -> int:
    """Return a loopback port that nothing listens on.

    :param first: the port to try first, then those after it; 0 leaves the choice to the system.
    :raises DemoError: a hundred ports in a row are taken.
    """
    for port in range(first, first + 100) if first else (0,):
        with contextlib.suppress(OSError), socket.create_server((LOOPBACK, port)) as server:
            return int(server.getsockname()[1])
    message = f"no free port among {first} to {first + 99} on {LOOPBACK}"
    raise DemoError(message)


class ProcessGroup:
    """A command and everything that it starts, as one thing that is started and ended.

    It leads a session of its own, so that Ctrl-C reaches only the demonstration, which then ends it in order.

    :param name: what messages call it.
    :param command: the program and its arguments.
    :param env: its whole environment.
    :param log: the file that takes its output; an older one is written over.
    """

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the command; its output goes to the log from the first line on."""
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until(self, condition: Callable[[], T | None], *, seconds: float, what: str) -> T:
        """Wait for something that this command is to bring about; see the function of the same name.

        :raises DemoError: it ended, or there was no answer in time; the message holds the end of its log.
        """

        def answer() -> T | None:
            self._check()
            return condition()

        try:
            return wait_until(answer, seconds=seconds, what=what)
        except DemoError as problem:
            message = f"{problem}; {self._tail()}"
            raise DemoError(message) from None

    def _check(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            message = f"{self.name} ended with exit code {self._process.returncode}"
            raise DemoError(message)

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"the end of {self.log}:", *(f"    {line}" for line in lines)])

    def stop(self) -> None:
        """End every process of the group: asked first, forced after a time of grace; safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            self._signal(process, signal.SIGTERM)
            deadline = time.monotonic() + GRACE_SECONDS
            while _is_alive(process) and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            self._signal(process, signal.SIGKILL)
            process.wait()

    def kill(self) -> None:
        """End every process of the group by force and at once, as a crash does."""
        process, self._process = self._process, None
        if process is not None:
            self._signal(process, signal.SIGKILL)
            process.wait()

    def _signal(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def _is_alive(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # reaps the leader
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return not PROC.is_dir() or any(map(_is_running_member(process.pid), PROC.glob("[0-9]*/stat")))


def _is_running_member(group: int) -> Callable[[Path], bool]:
    """Tell members that run from those that only wait for the system to take notice, which can last in a container."""

    def test(stat: Path) -> bool:
        with contextlib.suppress(OSError):  # it ended meanwhile
            state, _, its_group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            return int(its_group) == group and state != "Z"
        return False

    return test
