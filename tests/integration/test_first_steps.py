"""The README's first steps, command by command as it prints them, in a home that has nothing in it yet.

Only `pip install` is another: an environment that is empty gets the wheel, and what the lock pins of all that the wheel
asks for. And symbl-local takes a free port, since the README's own may be in use.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from demo.processes import ProcessGroup, free_port
from tests.support.rooms import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## First steps") : README.index("## Connect")]
SERVE, IN_DATABASE, IN_ENVIRONMENT, PREPARE, RUN = re.findall(r"```bash\n(.*?)```", SECTION, flags=re.DOTALL)
((PLACE, DAG_FILE),) = re.findall(r"```python\n# (~/\S+)\n(.*?)```", SECTION, flags=re.DOTALL)
README_PORT = "8765"
PATIENCE = 400.0
"""Far more seconds than it takes, so that a busy machine fails nothing."""


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the commands that installing the wheel, with ``[speech]``, brings."""
    folder = tmp_path_factory.mktemp("newcomer")
    uv = shutil.which("uv") or ROOT / ".uv" / "bin" / "uv"
    build: list[str | Path] = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", folder / "venv" / "bin" / "python"]
    lock = ROOT / ".ci" / "requirements.txt"
    subprocess.run([*install, "--constraints", lock, f"{wheel}[speech]"], check=True)
    return folder / "venv" / "bin"


@pytest.fixture
def environment(tmp_path: Path, commands: Path) -> dict[str, str]:
    """Return all variables of a newcomer's terminal."""
    path = os.pathsep.join([str(commands), "/usr/bin", "/bin"])
    return {"HOME": str(tmp_path), "PATH": path, "NO_PROXY": "127.0.0.1,localhost"}


@pytest.fixture
def port() -> str:
    """Return the port that stands for the README's."""
    return str(free_port())


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str], port: str) -> Iterator[ProcessGroup]:
    """Run symbl-local in the newcomer's first terminal."""
    command = ["/bin/bash", "-euc", f"{SERVE.strip()} --port {port}"]
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


def test_symbl_local_prints_the_connection_as_the_readme_does(terminal: ProcessGroup, port: str) -> None:
    """What the newcomer reads on the screen is what the README has typed, for both places."""
    printed = terminal.log.read_text().replace(port, README_PORT).splitlines()
    shown = [IN_DATABASE.splitlines()[-1], IN_ENVIRONMENT.strip()]
    assert [line for line in shown if f"    {line}" not in printed] == []


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("kept_in", ["database", "environment"])
def test_a_newcomer_reads_the_transcript_of_a_recording(
    environment: dict[str, str], port: str, tmp_path: Path, kept_in: str
) -> None:
    """From an empty home to the words of the recording, through the triggerer, with the connection in either place."""
    *prepare, add = IN_DATABASE.splitlines()
    connect = add if kept_in == "database" else IN_ENVIRONMENT
    saved = tmp_path / "saved.py"
    saved.write_text(DAG_FILE)
    save = f"cp {saved} {PLACE}"
    script = "\n".join([*prepare, connect.replace(README_PORT, port), PREPARE, save, RUN])
    done = in_terminal(script, environment)
    assert done.returncode == 0, done.stdout
    said = messages_of(port)
    assert "My package was due on Monday" in " ".join(said)
    assert [text for text in said if text not in done.stdout] == []
    # Once through the triggerer, with nothing that a retry had to mend.
    assert done.stdout.count("Pausing task as DEFERRED") == 1
    assert "Traceback" not in done.stdout


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
