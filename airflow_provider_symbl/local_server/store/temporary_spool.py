"""The temporary spool: the files of a server that keeps its state in memory, and what a killed one has left of them.

Not ``tempfile.TemporaryDirectory``, of which a kill leaves everything: here the next server finds what nobody uses.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

NEW = "symbl-local-new-"
IN_USE = "symbl-local-spool-"


class TemporarySpool:
    """A folder in the system's one for temporary files, from entering the context to leaving it.

    It is locked as long as the process lives, however that ends, and what others of ours left without a lock is
    deleted on entering. It gets the name by which it is found only once it is locked.

    :raises OSError: on entering, if it cannot be made.
    """

    def __enter__(self) -> Self:
        parent = Path(tempfile.gettempdir())
        for left in _left_behind(parent):
            shutil.rmtree(left, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=NEW, dir=parent))
        lock = _locked(made)
        self.path = made.rename(parent / made.name.replace(NEW, IN_USE, 1))
        # Also at the end of an interpreter whose server was never left.
        self._end = weakref.finalize(self, _end, self.path, lock)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()


def _end(path: Path, lock: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)


def _left_behind(parent: Path) -> Iterator[Path]:
    for path in parent.glob(f"{IN_USE}*"):
        with contextlib.suppress(OSError):  # in use, or just deleted by another server that starts
            # Others may make folders there too, and links that lead elsewhere.
            if path.lstat().st_uid == os.getuid() and not path.is_symlink():
                os.close(_locked(path))
                yield path


def _locked(path: Path) -> int:
    """Lock a folder, which the operating system unlocks when the process dies.

    :return: what the lock holds on to until it is closed.
    """
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        raise
    return opened
