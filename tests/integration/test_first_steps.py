"""The README's first steps, command by command as it prints them, in a home that has nothing in it yet.

Only `pip install` is left out: the tests' own interpreter has the package. And symbl-local takes a free port, since the
README's own may be in use.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from demo.processes import ProcessGroup, free_port
from tests.support.rooms import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## First steps") : README.index("## Connect")]
SERVE, CONNECT, PREPARE, RUN = re.findall(r"```bash\n(.*?)```", SECTION, flags=re.DOTALL)
((PLACE, DAG_FILE),) = re.findall(r"```python\n# (~/\S+)\n(.*?)```", SECTION, flags=re.DOTALL)
README_PORT = "8765"
PATIENCE = 400.0
"""Far more seconds than it takes, so that a busy machine fails nothing."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return all variables of a newcomer's terminal."""
    commands = [str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
    return {"HOME": str(tmp_path), "PATH": os.pathsep.join(commands), "NO_PROXY": "127.0.0.1,localhost"}


@pytest.fixture
def port() -> str:
    """Return the port that stands for the README's."""
    return str(free_port())


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str], port: str) -> Iterator[ProcessGroup]:
    """Run symbl-local in the newcomer's first terminal."""
    command = [*SERVE.split(), "--port", port]
    with ProcessGroup("symbl-local", command, env=environment, log=tmp_path / "symbl-local.log") as group:
        group.wait_until(lambda: "Stop it with" in group.log.read_text() or None, seconds=PATIENCE, what="its URL")
        yield group


def in_terminal(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Type commands into the newcomer's second terminal, up to the first one that fails."""
    return subprocess.run(
        ["/bin/bash", "-euc", script],
        check=False,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )


def test_symbl_local_prints_the_connection_that_the_readme_adds(terminal: ProcessGroup, port: str) -> None:
    """What the newcomer reads on the screen is what the README has typed."""
    (printed,) = re.findall(r"^Airflow connection: (.*)$", terminal.log.read_text(), flags=re.MULTILINE)
    assert printed.replace(port, README_PORT) in CONNECT.splitlines()


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("kept_in", ["database", "environment"])
def test_a_newcomer_reads_the_transcript_of_a_recording(
    environment: dict[str, str], port: str, tmp_path: Path, kept_in: str
) -> None:
    """From an empty home to the words of the recording, through the triggerer, with the connection in either place."""
    connect = CONNECT.replace(README_PORT, port)
    if kept_in == "environment":
        connect = re.sub(r"airflow connections add .*", "", connect)
        environment["AIRFLOW_CONN_SYMBL_DEFAULT"] = shown_connection(port)
    saved = tmp_path / "saved.py"
    saved.write_text(DAG_FILE)
    save = f"cp {saved} {PLACE}"
    done = in_terminal(f"{connect}\n{PREPARE}\n{save}\n{RUN}", environment)
    assert done.returncode == 0, done.stdout
    said = messages_of(port)
    assert "My package was due on Monday" in " ".join(said)
    assert [text for text in said if text not in done.stdout] == []
    # Once through the triggerer, with nothing that a retry had to mend.
    assert done.stdout.count("Pausing task as DEFERRED") == 1
    assert "Traceback" not in done.stdout


def shown_connection(port: str) -> str:
    """Return the README's JSON of a connection, with the host and account of its first steps."""
    (shown,) = re.findall(r"AIRFLOW_CONN_SYMBL_DEFAULT='(.*?)'", README, flags=re.DOTALL)
    return str(shown).replace("https://api.symbl.ai", f"http://127.0.0.1:{port}")


def messages_of(port: str) -> list[str]:
    """Read what the one job of symbl-local heard, as its account."""
    host = f"http://127.0.0.1:{port}"
    with requests.Session() as session:
        session.trust_env = False
        (job,) = session.get(f"{host}/__local__/jobs", timeout=10).json()["jobs"]
        assert job["status"] == "completed"
        grant = {"type": "application", "appId": "my-app-id", "appSecret": "my-app-secret"}
        token = session.post(f"{host}/oauth2/token:generate", json=grant, timeout=10).json()["accessToken"]
        session.headers["Authorization"] = f"Bearer {token}"
        url = f"{host}/v1/conversations/{job['conversationId']}/messages"
        return [message["text"] for message in session.get(url, timeout=10).json()["messages"]]
