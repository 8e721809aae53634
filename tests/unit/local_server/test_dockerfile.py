"""The Dockerfile: what it runs is what the command takes, and its health check tells a server from none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_symbl.local_server import __main__ as command
from airflow_provider_symbl.local_server.server import LocalServer

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def _command(pattern: str) -> list[str]:
    found = re.search(rf"^{pattern}CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    arguments: list[str] = json.loads(found[1])
    return arguments


def test_its_command_is_one_that_the_server_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """Up to ``--help``, which ends it before it serves."""
    name, *arguments = _command("")
    assert name == "symbl-local"
    with pytest.raises(SystemExit, match="0"):
        command.main([*arguments, "--help"])
    assert "--data-dir" in capsys.readouterr().out


def test_what_it_copies_is_there() -> None:
    """And is what the build context is left with."""
    copied = {name for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    assert all((ROOT / name).exists() for name in copied)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == copied


@pytest.mark.process
def test_its_health_check_tells_a_server_from_none() -> None:
    """By its exit code."""
    _, *arguments = _command("HEALTHCHECK .*")
    with LocalServer() as server:
        check = [sys.executable, *(part.replace("8765", server.url.rpartition(":")[2]) for part in arguments)]
        assert subprocess.run(check, check=False).returncode == 0
    assert subprocess.run(check, check=False, capture_output=True).returncode == 1
