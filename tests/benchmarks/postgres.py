"""A throw-away PostgreSQL, of Debian's package ``postgresql``.

SQLite takes one writer at a time, so that a comparison of many tasks at once would be one of locks.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from demo.processes import LOOPBACK, DemoError, ProcessGroup, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"
START_SECONDS = 60.0


@contextlib.contextmanager
def postgres(log: Path) -> Iterator[str]:
    """Run a cluster in a folder of its own, and give the URL of its one database.

    :param log: takes its output.
    :raises DemoError: it is not installed, or does not start.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        # It refuses to run as root.
        as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        if as_user:
            shutil.chown(folder, USER)
        data = f"{folder}/data"
        made = subprocess.run(
            [*as_user, _program("initdb"), "-D", data, "-U", USER, "--auth=trust"],
            check=False,
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise DemoError(f"initdb failed: {made.stderr}")
        options = ["-D", data, "-h", LOOPBACK, "-p", str(port), "-k", folder, "-c", "max_connections=200"]
        with ProcessGroup("PostgreSQL", [*as_user, _program("postgres"), *options], env=os.environ, log=log) as group:
            group.wait_until(
                lambda: True if "ready to accept connections" in log.read_text() else None,
                seconds=START_SECONDS,
                what="PostgreSQL to accept connections",
            )
            yield f"postgresql+psycopg2://{USER}@{LOOPBACK}:{port}/postgres"


def _program(name: str) -> str:
    """Return the path of a program that Debian keeps out of PATH."""
    if found := shutil.which(name):
        return found
    versions = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    if not versions:
        raise DemoError(f"there is no {name}: apt-get install postgresql")
    return str(versions[-1])
