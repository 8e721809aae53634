"""Where planted texts turn up in a folder: in any file, and in any value of any SQLite database, WAL included."""

from __future__ import annotations

import contextlib
import gzip
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SQLITE = b"SQLite format 3\x00"
GZIP = b"\x1f\x8b"


def found_in(folders: Iterable[Path], canaries: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return where which canary was found: a file, or a database's table.

    :param folders: folders, or files.
    :param canaries: the texts, by a name for each; looked for as they are and as they stand in a URL.
    """
    spelled = {
        name: {form.encode() for form in (text, quote(text), quote(text, safe=""))} for name, text in canaries.items()
    }
    return sorted(
        {
            (place, name)
            for place, content in _contents(folders)
            for name, forms in spelled.items()
            if any(form in content for form in forms)
        }
    )


def _contents(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for file in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            yield str(file), str(file).encode()
            # What runs meanwhile may remove a file again, such as a journal.
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                content = file.read_bytes()
                yield str(file), gzip.decompress(content) if content.startswith(GZIP) else content
                if content.startswith(SQLITE):
                    yield from _tables(file)


def _tables(file: Path) -> Iterator[tuple[str, bytes]]:
    """Give the rows of each table: in the file, a long value is cut over its pages."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        database.text_factory = bytes
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{table.decode()}"'):  # noqa: S608 - the database's own name
                yield f"{file}:{table.decode()}", b"\n".join(map(_as_bytes, row))


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
