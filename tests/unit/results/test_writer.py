"""Files are whole or not there, whenever the process that writes them is killed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.exceptions import SymblStorageError
from airflow_provider_symbl.results.writer import LocalFolder, StoredFolder, check_written, write_files
from tests.support.object_storage import Memory
from tests.unit.results import killed_writer

if TYPE_CHECKING:
    from pathlib import Path

FIRST = {"a.json": "old a" * 1000, "b.txt": "old b"}
SECOND = {"a.json": "new a" * 500, "b.txt": "new b", "c.srt": "new c"}
MOMENTS_PER_FILE = 4
"""Before the draft is made, before and after it is on the disk, and before it takes the file's name."""


def visible(folder: Path) -> dict[str, str]:
    """Return what a reader of the folder sees: names with a dot in front are hidden."""
    return {file.name: file.read_text() for file in folder.iterdir() if not file.name.startswith(".")}


@pytest.mark.process
def test_a_kill_at_any_moment_leaves_no_half_file(tmp_path: Path) -> None:
    """Each visible file is the old one or the new one; the next try ends with the new ones."""
    moments = 0
    while True:
        folder = tmp_path / str(moments)
        write_files(LocalFolder(folder), {name: text.encode() for name, text in FIRST.items()})
        moments += 1
        command = [sys.executable, killed_writer.__file__, str(folder), json.dumps(SECOND), str(moments)]
        code = subprocess.run(command, check=False, timeout=60).returncode
        for name, text in visible(folder).items():
            assert text in {FIRST.get(name), SECOND[name]}
        if code == 0:
            break
        assert code == 9
        write_files(LocalFolder(folder), {name: text.encode() for name, text in SECOND.items()})
        assert visible(folder) == SECOND
    assert moments == MOMENTS_PER_FILE * len(SECOND) + 1


def test_what_a_killed_process_left_behind_is_removed_later(tmp_path: Path) -> None:
    """Not what another process may be writing just now."""
    old, new = tmp_path / ".0123.part", tmp_path / ".4567.part"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    LocalFolder(tmp_path).check()
    assert [*tmp_path.iterdir()] == [new]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """And no draft of it stays."""
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(SymblStorageError, match=r"results: file://.*/a.txt cannot be written"):
        write_files(LocalFolder(tmp_path), {"a.txt": b"text"})
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_files_are_readable_as_the_umask_says(tmp_path: Path) -> None:
    """Other users' programs read results."""
    before = os.umask(0o027)
    try:
        write_files(LocalFolder(tmp_path), {"a.txt": b"text"})
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("problem", [PermissionError("no"), OSError("gone"), RuntimeError("storage")])
def test_storage_that_stumbles_is_told(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    """Each object store has errors of its own; a retry may help."""
    storage = Memory()

    def refuse(*_: object, **__: object) -> Any:  # noqa: ANN401 - as of fsspec
        raise problem

    folder = StoredFolder(storage, "/results", "memory://results")
    written = write_files(folder, {"a.txt": b"text"})
    assert written["a.txt"].as_dict() == {
        "uri": "memory://results/a.txt",
        "size": 4,
        "sha256": hashlib.sha256(b"text").hexdigest(),
    }
    monkeypatch.setattr(storage, "pipe_file", refuse)
    with pytest.raises(SymblStorageError, match=r"results: memory://results/a\.txt cannot be written"):
        write_files(folder, {"a.txt": b"more"})
    monkeypatch.setattr(storage, "cat_file", refuse)
    with pytest.raises(SymblStorageError, match=r"memory://results/a\.txt cannot be read back"):
        check_written(folder, written)
