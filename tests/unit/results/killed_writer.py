"""Writes files into a folder, and is killed at one of the calls that write; run as a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from airflow_provider_symbl.results.writer import LocalFolder, write_files


def main() -> None:
    """Take the folder, the files as JSON and the number of the call before which the process dies."""
    folder, files, fatal = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
    seen = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        # Python itself writes what it compiles in the same way, elsewhere.
        if event not in {"open", "os.rename"} or not str(arguments[0]).startswith(str(folder)):
            return
        if event == "os.rename" or "x" in str(arguments[1]):
            seen += 1
            if seen == fatal:
                os._exit(9)

    sys.addaudithook(watch)
    real = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal seen
        for moment in range(2):
            seen += 1
            if seen == fatal:
                os._exit(9)
            if not moment:
                real(descriptor)

    os.fsync = fsync  # type: ignore[assignment]  # descriptors are all that it is called with
    write_files(LocalFolder(folder), {name: content.encode() for name, content in files.items()})


if __name__ == "__main__":
    main()
