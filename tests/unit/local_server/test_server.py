"""Starting and stopping, in a test and as a command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_symbl.local_server import __main__ as command
from airflow_provider_symbl.local_server import server as server_module
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.settings import ServerSettings
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError, StoppedError
from tests.support.audio import RECORDINGS
from tests.support.local_client import Local
from tests.support.symbl_command import PAUSE

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from tests.support.web_server import WebServer

MODULE = "airflow_provider_symbl.local_server"


@pytest.fixture
def _handlers() -> Iterator[None]:
    """Give the process its own signal handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_server_serves_from_entering_to_leaving() -> None:
    """Its address is known at once, and nobody answers there afterwards."""
    with LocalServer(app_id="an-id", app_secret="a-secret") as server:
        assert (server.app_id, server.app_secret) == ("an-id", "a-secret")
        assert requests.get(f"{server.url}/__local__/health", timeout=10).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/__local__/health", timeout=10)


def test_each_server_has_an_account_of_its_own() -> None:
    """Unless it is told which."""
    first, second = LocalServer(), LocalServer()
    assert first.app_id != second.app_id
    assert first.app_secret != second.app_secret


def test_a_server_listens_on_the_other_internet_protocol_too() -> None:
    """Its URL has the brackets that belong there."""
    with LocalServer(host="::1") as server:
        assert re.fullmatch(r"http://\[::1\]:\d+", server.url)
        assert requests.get(f"{server.url}/__local__/health", timeout=10).status_code == 200


@pytest.mark.process
def test_a_server_stops_while_a_submission_is_waiting(web_server: WebServer) -> None:
    """The answer that was held back comes at the end, and nothing is left running."""
    web_server.may_answer.clear()
    answers = []
    with LocalServer(allow_private_urls=True) as server:
        local = Local(server)
        local.progress(by="at_once")
        body = {"url": web_server.serve("/a.wav", b"noise")}
        waiting = threading.Thread(target=lambda: answers.append(local.submit("audio/url", json=body)))
        waiting.start()
        web_server.asked.get(timeout=10)
        web_server.may_answer.set()
    waiting.join(10)
    local.session.close()
    assert answers[0].keys() == {"conversationId", "jobId"}


def test_a_server_that_does_not_come_up_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is cleared away."""
    is_given_up = threading.Event()
    run, end = asyncio.run, LocalServer.__exit__

    def late(serving: Coroutine[Any, Any, None]) -> None:
        assert is_given_up.wait(10)
        run(serving)

    def give_up(server: LocalServer, *error: Any) -> None:
        is_given_up.set()
        end(server, *error)

    monkeypatch.setattr(asyncio, "run", late)
    monkeypatch.setattr(LocalServer, "__exit__", give_up)
    monkeypatch.setattr(server_module, "START_TIMEOUT", -1.0)
    with pytest.raises(RuntimeError, match="did not come up"), LocalServer():
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.process
def test_the_command_tells_how_to_reach_it_and_ends_when_told(number: signal.Signals) -> None:
    """Also in the middle of a recognition; the exit code is 0."""
    arguments = [sys.executable, "-m", MODULE, "--port", "0", "--app-id", "an id", "--app-secret", "a-secret"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process, contextlib.ExitStack() as stack:
        stack.callback(process.kill)  # where an assertion fails, too, or its end would be waited for
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(7)]
        url = lines[0].rpartition(" ")[2]
        add, (export, variable) = shlex.split(lines[4]), shlex.split(lines[5])
        assert add[:6] == ["airflow", "connections", "add", "symbl_default", "--conn-type", "symbl"]
        assert add[6:] == ["--conn-host", url, "--conn-login", "an id", "--conn-password", "a-secret"]
        name, _, fields = variable.partition("=")
        assert (export, name) == ("export", "AIRFLOW_CONN_SYMBL_DEFAULT")
        assert json.loads(fields) == {"conn_type": "symbl", "host": url, "login": "an id", "password": "a-secret"}
        _recognise_something(url)
        process.send_signal(number)
        assert process.wait(20) == 0


@pytest.mark.usefixtures("_handlers")
def test_the_command_serves_in_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a speech model it serves text, and says what does not work."""

    def missing(_: LocalServer) -> None:
        raise JobFailureError("no model")

    def warn(*said: object) -> None:
        warnings.append(str(said[0]) % said[1:])
        os.kill(os.getpid(), signal.SIGTERM)

    warnings: list[str] = []
    monkeypatch.setattr(LocalServer, "warm_up", missing)
    monkeypatch.setattr(command.LOGGER, "warning", warn)
    assert command.main(["--port", "0", "--workers", "2", "--max-concurrent-jobs", "3"]) == 0
    assert "serves Symbl's Async API at http://127.0.0.1:" in capsys.readouterr().out
    assert "Recordings will fail, text will not: no model" in warnings


@pytest.mark.process
def test_an_interpreter_that_ends_during_a_recognition_ends_as_any_other() -> None:
    """Even if the server was never left."""
    script = f"""
import sys, time
sys.path.insert(0, {str(RECORDINGS.parents[1])!r})
from tests.support.local_client import Local
from tests.support.scripted_worker import ScriptedPool, recording
from airflow_provider_symbl.local_server import app
from airflow_provider_symbl.local_server.server import LocalServer
app.RecogniserPool = ScriptedPool
server = LocalServer().__enter__()
local = Local(server)
local.submit("audio", data=recording("done 0.5", "hang"))
while not local.get("/__local__/jobs")["jobs"][0]["progress"]:
    time.sleep({PAUSE})
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=120)
    assert done.returncode == 0


@pytest.mark.usefixtures("_handlers")
@pytest.mark.process
def test_the_command_ends_while_it_loads_its_model(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It does not wait for that, and has nothing to complain of."""
    over = threading.Event()
    warm_up = LocalServer.warm_up

    def interrupted(server: LocalServer) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            with pytest.raises(StoppedError):
                warm_up(server)
        finally:
            over.set()
        raise StoppedError

    monkeypatch.setattr(LocalServer, "warm_up", interrupted)
    assert command.main(["--port", "0"]) == 0
    assert over.wait(10)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("_handlers")
def test_the_command_says_that_its_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert command.main(["--port", port]) == 1
    said = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert said.endswith("; choose another with --port, or 0 for any free one\n")


@pytest.mark.usefixtures("_handlers")
def test_the_command_says_which_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2."""
    monkeypatch.delitem(sys.modules, f"{MODULE}.server")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert command.main(["--port", "0"]) == 2
    assert "pip install 'airflow-provider-symbl[local]'" in capsys.readouterr().err


def test_every_flag_is_a_keyword_of_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    """And every keyword a flag, but for how long a token is good; a secret may be in a file besides."""
    with pytest.raises(SystemExit, match="0"):
        command.main(["--help"])
    flags = set(re.findall(r"^ +--([a-z-]+)", capsys.readouterr().out, flags=re.MULTILINE))
    keywords = {option.name.replace("_", "-") for option in fields(ServerSettings)}
    assert keywords - flags == {"token-lifetime"}
    assert flags - keywords == {"version", "app-secret-file"}


def test_a_keyword_that_is_none_is_named() -> None:
    """As with any other class."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'hots'"):
        LocalServer(hots="localhost")  # type: ignore[call-arg]  # that mypy objects is the other half of the test


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "65536"], "must be a whole number from 0 to 65535, but is '65536'"),
        (["--workers", "0"], "must be a whole number from 1 to 10000, but is '0'"),
        (["--max-concurrent-jobs", "many"], "must be a whole number from 1 to 10000, but is 'many'"),
    ],
)
def test_a_bad_argument_is_named(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The usual exit code of a command that was called wrongly is 2."""
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)
    assert said in capsys.readouterr().err


def _recognise_something(url: str) -> None:
    """Submit a recording, and wait until the recognition is under way."""
    grant = {"type": "application", "appId": "an id", "appSecret": "a-secret"}
    token = requests.post(f"{url}/oauth2/token:generate", json=grant, timeout=10).json()["accessToken"]
    headers = {"Authorization": f"Bearer {token}"}
    data = (RECORDINGS / "calls" / "late-parcel.wav").read_bytes()
    requests.post(f"{url}/v1/process/audio", data=data, headers=headers, timeout=10).raise_for_status()
    while requests.get(f"{url}/__local__/jobs", timeout=10).json()["jobs"][0]["status"] == "scheduled":
        pass
