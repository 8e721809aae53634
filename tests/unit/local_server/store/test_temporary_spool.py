"""The temporary spool: a server that was killed leaves nothing for good, and one that runs loses nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.store.temporary_spool import IN_USE, TemporarySpool

if TYPE_CHECKING:
    from pathlib import Path

HOLD_A_RECORDING = """
import sys
from airflow_provider_symbl.local_server.store.temporary_spool import TemporarySpool
spool = TemporarySpool().__enter__()
(spool.path / "a-recording").write_bytes(b"said in confidence")
print(spool.path, flush=True)
if sys.argv[1:] == ["wait"]:
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for temporary files, for one test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_spool_is_gone_with_its_server(temporary: Path) -> None:
    """With all that is in it; nobody else may read it meanwhile."""
    with TemporarySpool() as spool:
        (spool.path / "a-recording").write_bytes(b"")
        assert spool.path.stat().st_mode & 0o777 == 0o700
    assert list(temporary.iterdir()) == []


@pytest.mark.process
def test_the_next_server_deletes_what_a_killed_one_has_left(temporary: Path) -> None:
    """And not before it is dead."""
    command = [sys.executable, "-c", HOLD_A_RECORDING, "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        with TemporarySpool():
            assert len(list(temporary.glob("*/a-recording"))) == 1
        process.kill()
    assert len(list(temporary.glob("*/a-recording"))) == 1
    with TemporarySpool() as spool:
        assert list(temporary.iterdir()) == [spool.path]


@pytest.mark.process
def test_an_interpreter_that_ends_without_leaving_its_server_leaves_nothing(temporary: Path) -> None:
    """As in a notebook."""
    subprocess.run([sys.executable, "-c", HOLD_A_RECORDING], check=True, capture_output=True)
    assert list(temporary.iterdir()) == []


def test_servers_that_start_one_after_the_other_keep_their_spools(temporary: Path) -> None:
    """Each is locked before it can be found."""
    with TemporarySpool() as first, TemporarySpool() as second:
        assert sorted(temporary.iterdir()) == sorted([first.path, second.path])


def test_a_link_of_that_name_leads_nowhere(temporary: Path) -> None:
    """Whoever may make files there cannot have others deleted."""
    (temporary / "kept").mkdir()
    (temporary / "kept" / "file").write_bytes(b"")
    (temporary / f"{IN_USE}link").symlink_to(temporary / "kept", target_is_directory=True)
    (temporary / f"{IN_USE}file").write_bytes(b"")
    with TemporarySpool():
        assert (temporary / "kept" / "file").exists()
    assert (temporary / f"{IN_USE}file").exists()
