"""Triggerers of a running Airflow that are ended by force, and others that take their place."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]  # its types would be one more library

from demo.processes import ProcessGroup, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self

SECONDS = 900.0
"""Far more than the end of a process takes, so that a busy machine fails nothing."""


class Triggerers:
    """Triggerers that this process has started, itself or through Airflow; those of its own end with the block.

    :param env: the environment of Airflow's processes.
    :param folder: takes their logs.
    """

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._env = env
        self._folder = folder
        self._own = contextlib.ExitStack()
        self._replaced = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()

    def replace(self) -> int:
        """End the triggerer by force, start another, and return how many processes the first one had."""
        own = [one for one in psutil.Process().children(recursive=True) if _is_triggerer(one)]
        ended = {process for one in own for process in (one, *_children(one))}
        for process in ended:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
                process.kill()
        wait_until(lambda: not any(map(_runs, ended)) or None, seconds=SECONDS, what="the triggerer's end")
        self._replaced += 1
        command = [sys.executable, "-m", "airflow", "triggerer"]
        log = self._folder / f"triggerer-{self._replaced}.log"
        self._own.enter_context(ProcessGroup("triggerer", command, env=self._env, log=log))
        return len(ended)


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
        return list(process.children(recursive=True))
    return []


def _is_triggerer(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return "triggerer" in process.cmdline()
    return False


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)  # Airflow's standalone takes no notice of its end
    return False
