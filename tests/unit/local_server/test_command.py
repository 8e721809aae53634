"""The command's options: by flag, by environment variable and by file; what it prints, and what it finds missing."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shlex
import signal
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_symbl.client.settings import ClientSettings
from airflow_provider_symbl.local_server import __main__ as command
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.settings import ServerSettings, from_environment, variable
from airflow_provider_symbl.local_server.speech.transcription import JobFailureError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the process its own signal handlers back, and let no variable of the machine in."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for option in fields(ServerSettings):
        monkeypatch.delenv(variable(option.name), raising=False)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the options of each server that the command starts, none of which does anything."""
    options: list[dict[str, Any]] = []

    def start(given: Any) -> LocalServer:  # noqa: ANN401 - argparse's
        options.append(vars(given))
        raise OSError("not in this test")

    monkeypatch.setattr(command, "_server", start)
    return options


VALUES = {
    "host": ("::1", "::1"),
    "port": ("0", 0),
    "app_id": ("an-id", "an-id"),
    "app_secret": ("a-secret", "a-secret"),
    "data_dir": ("a-folder", "a-folder"),
    "max_concurrent_jobs": ("7", 7),
    "model": ("tiny", "tiny"),
    "workers": ("2", 2),
    "speaker_model": (__file__, __file__),
    "strict": ("true", True),
    "transcripts": (str(Path(__file__).parent), str(Path(__file__).parent)),
    "allow_private_urls": ("1", True),
    "max_recording_bytes": ("1000", 1000),
}


@pytest.mark.parametrize("name", [option.name for option in fields(ServerSettings) if option.metadata])
def test_every_option_is_an_environment_variable(
    name: str, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name; an empty one is none."""
    text, value = VALUES[name]
    monkeypatch.setenv(variable(name), "")
    assert command.main(["--port", "0"]) == 1
    monkeypatch.setenv(variable(name), text)
    assert command.main([]) == 1
    default, given = started
    assert default[name] != value or name == "port"
    assert given[name] == value


def test_a_flag_decides_over_a_variable(started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearer one."""
    monkeypatch.setenv("SYMBL_LOCAL_WORKERS", "2")
    command.main(["--workers", "3"])
    assert started[0]["workers"] == 3


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("PORT", "x", "SYMBL_LOCAL_PORT must be a whole number from 0 to 65535, but is 'x'"),
        ("STRICT", "perhaps", "SYMBL_LOCAL_STRICT must be true or false, but is 'perhaps'"),
    ],
)
def test_a_bad_variable_is_named(
    name: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a bad flag is."""
    monkeypatch.setenv(f"SYMBL_LOCAL_{name}", text)
    with pytest.raises(SystemExit, match="2"):
        command.main([])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", ["false", "0", "No", "OFF"])
def test_a_switch_may_be_off_by_a_variable(text: str) -> None:
    """In the words that are usual."""
    assert from_environment({"SYMBL_LOCAL_STRICT": text}) == {"strict": False}


@pytest.mark.parametrize("way", ["flag", "variable"])
def test_a_secret_may_be_in_a_file(
    way: str, tmp_path: Path, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no list of processes shows it; the line's end is not part of it."""
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    if way == "variable":
        monkeypatch.setenv("SYMBL_LOCAL_APP_SECRET_FILE", str(file))
    command.main(["--app-secret-file", str(file)] if way == "flag" else [])
    assert started[0]["app_secret"] == "from-a-file"
    assert "app_secret_file" not in started[0]


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
def test_a_file_without_a_secret_is_named(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody would know the secret that was made up in its place."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SystemExit, match="2"):
        command.main(["--app-secret-file", str(file)])
    assert f"--app-secret-file: got '{file}'; allowed: a file that holds the App Secret" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The installed package's."""
    with pytest.raises(SystemExit, match="0"):
        command.main(["--version"])
    assert capsys.readouterr().out == f"symbl-local {importlib.metadata.version('airflow-provider-symbl')}\n"


@pytest.mark.parametrize(
    ("gone", "arguments", "extra"),
    [
        ("yake", [], "local"),
        ("faster-whisper", ["--model", "tiny"], "speech"),
        ("anyio", ["--model", "tiny"], "local"),
    ],
)
def test_what_is_missing_is_said_with_its_extra(
    gone: str, arguments: list[str], extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is served, and not with the first request that needs it."""
    version = importlib.metadata.version

    def without(name: str) -> str:
        if name == gone:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without)
    assert command.main(["--port", "0", *arguments]) == 2
    asked = " --model" if extra == "speech" else ""
    assert capsys.readouterr().err == (
        f"symbl-local{asked} needs the extra '{extra}', of which {gone} is missing: "
        f"pip install 'airflow-provider-symbl[{extra}]'\n"
    )


def test_a_speaker_model_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is served."""
    assert command.main(["--port", "0", "--speaker-model", "/nowhere.onnx"]) == 2
    assert capsys.readouterr().err == "--speaker-model: got '/nowhere.onnx'; allowed: an ONNX file that is there\n"


def test_a_model_that_was_chosen_and_cannot_be_had_ends_the_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it, it would be of no use; the reason is the last thing that is said."""

    def missing(_: LocalServer) -> None:
        raise JobFailureError("no such model")

    monkeypatch.setattr(LocalServer, "warm_up", missing)
    assert command.main(["--port", "0", "--model", "large-v9"]) == 2
    assert capsys.readouterr().err == "--model large-v9: no such model\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "localhost"])  # noqa: S104 - what is tested is what is printed
def test_what_it_prints_leads_to_it(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From this machine, by the connection as it stands there; and how others come is said where they can."""
    with LocalServer(host=host) as server:
        command._announce(server, host)  # noqa: SLF001 - what is printed is what is tested
        printed = capsys.readouterr().out
        (line,) = re.findall(r"export (AIRFLOW_CONN.*)", printed)
        connection = json.loads(shlex.split(line)[0].partition("=")[2])
        settings = ClientSettings(connection["login"], connection["password"], connection["host"])
        assert requests.get(f"{settings.host}/__local__/health", timeout=10).status_code == 200
    assert ("From other machines the host is" in printed) == (host in {"0.0.0.0", "::"})  # noqa: S104 - the same


def test_a_connection_to_another_machine_says_that_it_is_not_encrypted() -> None:
    """Without that, the provider would refuse it."""
    server = LocalServer(app_id="an-id", app_secret="a-secret")
    server.url = "http://192.0.2.7:8765"
    add, export = command._connections(server)  # noqa: SLF001 - what is printed is what is tested
    assert shlex.split(add)[-2:] == ["--conn-extra", '{"allow_insecure_http": true}']
    connection = json.loads(shlex.split(export)[1].partition("=")[2])
    assert connection["extra"] == {"allow_insecure_http": True}
    ClientSettings("an-id", "a-secret", server.url, **connection["extra"])


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml", "*/*"])
def test_who_types_the_servers_address_gets_the_page(accept: str) -> None:
    """By a redirect, which any browser follows."""
    with LocalServer() as server:
        answer = requests.get(server.url, headers={"Accept": accept}, timeout=10)
        assert answer.url == f"{server.url}/__local__/"
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/html")
