"""The pytest plugin, as the tests of somebody else's DAGs use it: in a pytest of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from airflow_provider_symbl.local_server import pytest_plugin

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFTEST = 'pytest_plugins = ["airflow_provider_symbl.local_server.pytest_plugin"]\n'
PYTEST_TIMEOUT = 300.0

TWO_TESTS = """
import os, pytest, urllib.error, urllib.request

@pytest.mark.parametrize("number", [1, 2])
def test_it(symbl_local, symbl_connection, number):
    assert symbl_local.requests() == []
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(symbl_local.url + f"/v1/job/{number}")
    refused.value.close()
    assert [request["path"] for request in symbl_local.requests()] == [f"/v1/job/{number}"]
    print(os.environ["PYTEST_XDIST_WORKER"], symbl_local.url)
"""


@pytest.fixture
def user(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs a test module as a project of its own, which has nothing but the plugin."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "test_it.py").write_text(module)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, "test_it.py"]
        # Coverage would follow into all of Airflow.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))}
        env = {**inherited, "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path)}
        return subprocess.run(
            command, check=False, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PYTEST_TIMEOUT
        )

    return run


@pytest.mark.usefixtures("airflow_database")
def test_the_example_in_the_readme_passes(user: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A DAG runs in the user's own test and reaches the server through the connection."""
    (example,) = re.findall(r"```python\n(# test_\w+\.py\n.*?)```", README, flags=re.DOTALL)
    assert CONFTEST.strip() in README
    done = user(example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 1 passed" in done.stdout


def test_each_process_of_xdist_has_a_server_of_its_own(
    user: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """Each test finds it empty."""
    done = user(TWO_TESTS, "-n", "2", "--dist", "each", "-rA")
    assert done.returncode == 0, done.stdout + done.stderr
    servers = dict(re.findall(r"^(gw\d) (http://\S+)$", done.stdout, flags=re.MULTILINE))
    assert servers.keys() == {"gw0", "gw1"}
    assert servers["gw0"] != servers["gw1"]


def test_collecting_tests_imports_neither_airflow_nor_the_server() -> None:
    """What a test does not use costs it nothing."""
    heavy = ["airflow", "starlette", "uvicorn", "requests", "av", "faster_whisper"]
    code = f"import sys, {pytest_plugin.__name__}; print([name for name in {heavy} if name in sys.modules])"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], check=True, env=inherited, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_connection_leads_to_the_server(symbl_local: pytest_plugin.SymblLocal, symbl_connection: str) -> None:
    """It is Airflow's variable for the id that the fixture gives."""
    fields = json.loads(os.environ[f"AIRFLOW_CONN_{symbl_connection.upper()}"])
    assert fields == {
        "conn_type": "symbl",
        "host": symbl_local.url,
        "login": symbl_local.app_id,
        "password": symbl_local.app_secret,
    }


def test_settings_are_those_of_the_server(symbl_local: pytest_plugin.SymblLocal) -> None:
    """Progress, faults and expired tokens show in its answers, and a reset ends them."""
    token = _token(symbl_local)
    symbl_local.progress(by="polls", polls=2)
    symbl_local.fault(call="GET /v1/job/*", status=503)
    assert _read(symbl_local, "/__local__/progress").json() == {"by": "polls", "polls": 2}
    assert _read(symbl_local, "/v1/job/1", token).status_code == 503
    assert _read(symbl_local, "/v1/job/1", token).status_code == 404
    symbl_local.expire_tokens()
    assert _read(symbl_local, "/v1/job/1", token).status_code == 401
    symbl_local.reset()
    assert symbl_local.requests() == []
    assert _read(symbl_local, "/__local__/progress").json() == {"by": "work"}


def test_a_wrong_setting_says_what_is_wrong(symbl_local: pytest_plugin.SymblLocal) -> None:
    """In the server's own words."""
    with pytest.raises(ValueError, match=r'"by" must be one of \[work, at_once, polls, time\], but is "magic"'):
        symbl_local.progress(by="magic")


def test_a_submission_refused_for_an_old_token_does_not_count(symbl_local: pytest_plugin.SymblLocal) -> None:
    """Clients that keep a token over two tests send it again with a new one."""
    body = {"messages": [{"payload": {"content": "Hello."}}]}
    answers = []
    for token in ("old", _token(symbl_local)):
        headers = {"Authorization": f"Bearer {token}"}
        answers.append(requests.post(f"{symbl_local.url}/v1/process/text", json=body, headers=headers, timeout=60))
    assert [answer.status_code for answer in answers] == [401, 201]
    assert [call["body"] for call in symbl_local.submissions()] == [body]
    assert len(symbl_local.requests("/v1/process/text")) == 2


def _token(server: pytest_plugin.SymblLocal) -> str:
    grant = {"type": "application", "appId": server.app_id, "appSecret": server.app_secret}
    answer = requests.post(f"{server.url}/oauth2/token:generate", json=grant, timeout=60)
    return str(answer.json()["accessToken"])


def _read(server: pytest_plugin.SymblLocal, path: str, token: str = "") -> requests.Response:
    return requests.get(server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=60)
