"""The recognition processes as the machine sees them, and recordings that keep them busy."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
import wave
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
from tests.support import scripted_worker
from tests.support.audio import RECORDINGS
from tests.support.local_client import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterable

CALL = RECORDINGS / "calls" / "late-parcel.wav"
MODULES = (RecogniserPool.worker_module, scripted_worker.MODULE)


def workers(parent: int | None = None) -> list[int]:
    """List the ids of the recognition processes that a process has started.

    :param parent: its id; this process's unless given.
    """
    wanted = str(parent or os.getpid())
    found = (line.split(maxsplit=2) for line in _ps("-eo", "pid=,ppid=,args="))
    return [int(pid) for pid, owner, command in found if owner == wanted and command.endswith(MODULES)]


def are_gone(pids: Iterable[int]) -> bool:
    """Wait until processes do not run any more; one that nobody has asked about since counts as gone."""
    deadline = time.monotonic() + TIMEOUT
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
    return True


def kill(pid: int) -> None:
    """Kill a process, as a machine that is short of memory does."""
    os.kill(pid, signal.SIGKILL)


def long_call(times: int = 4) -> bytes:
    """Give a telephone call that goes on and on.

    :param times: how often the 21 seconds of the example are said.
    """
    buffer = io.BytesIO()
    with wave.open(str(CALL)) as call, wave.open(buffer, "wb") as file:
        file.setparams(call.getparams())
        file.writeframes(call.readframes(call.getnframes()) * times)
    return buffer.getvalue()


def _runs(pid: int) -> bool:
    states = _ps("-o", "stat=", "-p", str(pid))
    return bool(states) and not states[0].startswith("Z")


def _ps(*arguments: str) -> list[str]:
    found = subprocess.run(["/bin/ps", "-ww", *arguments], capture_output=True, text=True, check=False)
    return found.stdout.splitlines()
