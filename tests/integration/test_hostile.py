"""Hostile and broken requests: each is refused or ends in a failed job, for a reason; the server stays as it is."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.middleware.connections import MAX_CONNECTIONS
from airflow_provider_symbl.local_server.server import LocalServer
from demo.processes import PROC, wait_until
from tests.integration.hostile_http import not_http
from tests.integration.hostile_recordings import recordings, silence
from tests.integration.hostile_requests import CONVERSATION, HELLO, JOB, TOKEN, as_json, attacks, request
from tests.support.audio import RECORDINGS
from tests.support.sizes import MIB, SIZES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.integration.hostile_requests import Attack

TIMEOUT = 120.0
MARGIN = 64 * MIB
"""By how much the server may have grown in the end: mostly by the bodies that the journal keeps, up to a bound."""
UVICORNS = (
    "WARNING Invalid HTTP request received.",
    "WARNING Unsupported upgrade request.",
    "WARNING No supported WebSocket library detected.",
)
"""How the lines begin that may be logged."""
FILM = RECORDINGS / "meetings" / "launch-planning.mp4"


@dataclass
class Answer:
    """What came back; a status of 0 stands for a connection that was closed without a word."""

    status: int
    body: bytes
    content_type: str = ""

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """The body, parsed."""
        return json.loads(self.body)


@dataclass
class Server:
    """symbl-local as a process of its own, and a web server beside it that nobody may ask."""

    pid: int
    port: int
    account: dict[str, str]
    trap: int
    trapped: list[str] = field(default_factory=list)
    stand_ins: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Get a token, a conversation and a job, and let it load what it needs for recordings."""
        answer = self.send(request("POST", "/oauth2/token:generate", as_json(self.account)))
        self.stand_ins = {TOKEN: answer.json["accessToken"]}
        made = self.send(request("POST", "/v1/process/text", as_json(HELLO))).json
        self.stand_ins |= {CONVERSATION: made["conversationId"], JOB: made["jobId"]}
        heard = self.send(request("POST", "/v1/process/audio", silence(), [("Content-Type", "audio/wav")])).json
        assert self.end_of(heard["jobId"])["status"] == "completed"

    def send(self, data: bytes, more: Iterable[bytes] = ()) -> Answer:
        """Send some bytes, and give the answer."""
        for name, value in self.stand_ins.items():
            data = data.replace(name.encode(), value.encode())
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may answer before all is sent
                connection.sendall(data)
                for block in more:
                    connection.sendall(block)
            return _answer(connection)

    def end_of(self, job_id: str) -> dict[str, Any]:
        """Wait for the end of a job."""

        def over() -> dict[str, Any] | None:
            job: dict[str, Any] = self.send(request("GET", f"/v1/job/{job_id}")).json
            return job if job["status"] in {"completed", "failed"} else None

        return wait_until(over, seconds=TIMEOUT, what="a job to end", every=0.02)

    def is_well(self) -> bool:
        """Tell whether it answers, and still knows what it knew."""
        health = self.send(request("GET", "/__local__/health"))
        read = self.send(request("GET", f"/v1/conversations/{CONVERSATION}/messages"))
        return health.status == 200 and [message["text"] for message in read.json["messages"]] == ["Hello."]

    def memory(self, field: str = "VmRSS") -> int:
        """Tell the bytes that it and its workers hold.

        :param field: ``VmRSS`` for now, ``VmHWM`` for the most since :meth:`forget_peak`.
        """
        found = [re.search(rf"{field}:\s+(\d+) kB", (PROC / str(pid) / "status").read_text()) for pid in self._tree()]
        return sum(int(one[1]) * 1024 for one in found if one)

    def forget_peak(self) -> None:
        """Let the most that it ever held be what it holds now."""
        for pid in self._tree():
            (PROC / str(pid) / "clear_refs").write_text("5")

    def _tree(self) -> list[int]:
        children = (PROC / str(self.pid) / "task").glob("*/children")
        return [self.pid, *(int(pid) for path in children for pid in path.read_text().split())]


def _answer(connection: socket.socket) -> Answer:
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        return Answer(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
    except (http.client.HTTPException, ConnectionError):
        return Answer(0, b"")
    finally:
        answer.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the command for all tests here, as a user would; strict, so that each refusal is for its own reason."""
    folder = tmp_path_factory.mktemp("hostile")
    command = [sys.executable, "-m", "airflow_provider_symbl.local_server", "--port", "0", "--data-dir", str(folder)]
    command.append("--strict")
    with _trap() as (port, trapped), (folder / "log").open("w") as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
            assert process.stdout
            said = [process.stdout.readline() for _ in range(5)]
            account = {"type": "application", "appId": said[1].split()[-1], "appSecret": said[2].split()[-1]}
            running = Server(process.pid, int(said[0].rpartition(":")[2]), account, port, trapped)
            running.prepare()
            yield running
            process.kill()
        lines = (folder / "log").read_text().splitlines()
        assert {line for line in lines if not line.startswith(UVICORNS)} == set()
        assert len(lines) < 100, "what comes again and again is logged once a minute"


@contextlib.contextmanager
def _trap() -> Iterator[tuple[int, list[str]]]:
    """Run a web server that notes whoever asks."""
    asked: list[str] = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            asked.append(str(self.rfile.readline()))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trap) as trap:
        thread = threading.Thread(target=trap.serve_forever)
        thread.start()
        yield trap.server_port, asked
        trap.shutdown()
        thread.join()


def _problem(server: Server, attack: Attack) -> str | None:
    """Send a request, and tell what is wrong with the answer."""
    answer = server.send(attack.data)
    if answer.status not in attack.statuses:
        return f"{attack.name}: {answer.status} {answer.body[:200]!r}"
    says_why = answer.content_type == "application/json" and bool(answer.json.get("message"))
    return f"{attack.name}: no reason: {answer.body[:200]!r}" if attack.is_http and not says_why else None


ATTACKS = [*attacks(), *not_http()]


def test_each_request_has_a_name_of_its_own() -> None:
    """None is left out because it looks like another."""
    assert [name for name, count in Counter(attack.name for attack in ATTACKS).items() if count > 1] == []


@pytest.mark.parametrize("kind", sorted({attack.name.partition(":")[0] for attack in ATTACKS}))
def test_a_hostile_request_is_refused_for_a_reason(server: Server, kind: str) -> None:
    """With a 4xx and a message in JSON, and whoever comes next is served."""
    found = [_problem(server, attack) for attack in ATTACKS if attack.name.partition(":")[0] == kind]
    problems = [problem for problem in found if problem]
    assert not problems, "\n".join(problems)
    assert server.is_well()


def test_what_a_lenient_server_takes_does_not_make_it_fail(tmp_path: Path) -> None:
    """What is odd about a hostile request may be taken; the server has no defect of its own, and goes on."""
    with LocalServer(data_dir=tmp_path) as running:
        account = {"type": "application", "appId": running.app_id, "appSecret": running.app_secret}
        server = Server(os.getpid(), int(running.url.rpartition(":")[2]), account, 1)
        server.prepare()
        answers = [(attack, server.send(attack.data)) for attack in ATTACKS]
        own_faults = [attack.name for attack, answer in answers if answer.status not in {*range(100, 500), 501, 0}]
        silences = [attack.name for attack, answer in answers if not answer.status and 0 not in attack.statuses]
        assert (own_faults, silences) == ([], [])
        assert server.is_well()


def test_every_call_refuses_the_unknown_and_nonsense(server: Server) -> None:
    """Whatever the server's own document lists: without a token, for ids that nobody has, and with what is no JSON."""
    paths = server.send(request("GET", "/__local__/openapi.json")).json["paths"]
    calls = [(method.upper(), path, call) for path, calls in paths.items() for method, call in calls.items()]
    problems = []
    for method, path, call in calls:
        target, body = re.sub(r"\{\w+\}", "no-such-id", path), b"[" if "requestBody" in call else None
        unknown = request(method, target, body, [("Authorization", "Bearer no-such-token")])
        nonsense = request(method, f"{target}?no-such-name=1&no-such-name=2", body)
        wanted = (
            [(unknown, {401}), (nonsense, {400, 404, 501})] if call["security"] else [(nonsense, {400})][: bool(body)]
        )
        for data, statuses in wanted:
            answer = server.send(data)
            if answer.status not in statuses or not answer.json["message"]:
                problems.append(f"{method} {path}: {answer}")
    assert not problems, "\n".join(problems)
    assert len(calls) > 50
    assert server.is_well()


def test_what_is_no_recording_ends_in_a_failed_job(server: Server) -> None:
    """It says why; nobody is asked for anything on this machine or in its network."""
    problems = []
    for recording in recordings(FILM.read_bytes(), server.trap):
        answer = server.send(recording.data)
        job = server.end_of(answer.json["jobId"]) if answer.status == 201 else {"status": "none"}
        is_refused = answer.status == 400 and bool(answer.json["message"])
        is_explained = job["status"] == "completed" or not job.get("message", "symbl-local failed").startswith(
            "symbl-local failed"
        )
        if not is_refused and not (job["status"] in recording.ends and is_explained):
            problems.append(f"{recording.name}: {answer.status} {job}")
    assert not problems, "\n".join(problems)
    assert server.trapped == []
    assert server.is_well()


def test_memory_is_flat(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """All requests, and some long ones, leave the server no larger; not even on the way is it much more."""
    for attack in ATTACKS:
        server.send(attack.data)
    before = server.memory()
    server.forget_peak()
    figures = []
    for name, (data, blocks, statuses) in _long_requests().items():
        answer = server.send(data, blocks)
        assert answer.status in statuses, (name, answer)
        if answer.status == 201:
            assert server.end_of(answer.json["jobId"])["status"] == "failed"
        figures.append(f"{name}: {answer.status}, at most {server.memory('VmHWM') / MIB:.0f} MiB so far")
    for attack in ATTACKS:
        server.send(attack.data)
    after, peak = server.memory(), server.memory("VmHWM")
    with capsys.disabled():
        print(f"\n{len(ATTACKS)} requests twice, {len(figures)} long ones between:", *figures, sep="\n    ")  # noqa: T201 - the figures that are asked for
        print(f"    memory: {before / MIB:.0f} MiB before, {peak / MIB:.0f} at most, {after / MIB:.0f} after")  # noqa: T201 - likewise
    assert server.is_well()
    assert after - before <= MARGIN
    assert peak - before <= MARGIN


def test_queries_without_a_token_are_kept_within_bounds(server: Server) -> None:
    """However many parts they have; whoever reads the journal keeps nobody waiting, and takes no more memory."""
    before = server.memory()
    server.forget_peak()
    long = request("GET", "/v1/conversations?" + "a&" * 30_000, headers=[("Authorization", "Bearer none")])
    for _ in range(SIZES.hostile_queries):
        assert server.send(long).status == 401
    with ThreadPoolExecutor() as threads:
        journal = threads.submit(server.send, request("GET", "/__local__/journal"))
        served = 0
        while not journal.done():
            assert server.send(request("GET", "/__local__/health")).status == 200
            served += 1
        kept = [len(entry["query"]) for entry in journal.result().json["requests"]]
    assert kept[-1] == 30_000
    assert served > 3
    assert server.memory("VmHWM") - before <= MARGIN
    assert server.is_well()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nX: ",
        request("POST", "/v1/process/text", b"", [("Content-Length", "1000000")]) + b"x" * 10_000,
    ],
    ids=["heads", "bodies"],
)
def test_connections_that_are_half_open_keep_nobody_out(server: Server, data: bytes) -> None:
    """Though there are more than there may be: the one goes that has waited longest without a token."""
    data = data.replace(TOKEN.encode(), b"none")
    with contextlib.ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS + 100):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), TIMEOUT))
            connection.sendall(data)
        assert server.is_well()
    assert server.is_well()


def _long_requests() -> dict[str, tuple[bytes, Iterable[bytes], set[int]]]:
    """Give long requests, and heads without end: the first of each, what follows, and what may be answered.

    Zero stands for a connection that is closed: the rest of the body, or of the head, would be of no use.
    """
    count = SIZES.long_request_bytes // MIB
    zeros = [bytes(MIB)] * count
    chunks = [b"100000\r\n" + bytes(MIB) + b"\r\n"] * count
    untyped, length = ("Content-Type", ""), ("Content-Length", str(SIZES.long_request_bytes))
    chunked = ("Transfer-Encoding", "chunked")
    audio = request("POST", "/v1/process/audio", b"", [untyped, length])
    return {
        "zeros as audio": (audio, zeros, {201}),
        "zeros as audio in chunks": (
            request("POST", "/v1/process/audio", headers=[untyped, chunked]),
            [*chunks, b"0\r\n\r\n"],
            {201},
        ),
        "zeros as JSON": (request("POST", "/v1/process/text", b"", [length]), zeros, {413, 0}),
        "zeros as JSON in chunks": (
            request("POST", "/v1/process/text", headers=[("Content-Type", "application/json"), chunked]),
            [*chunks, b"0\r\n\r\n"],
            {413, 0},
        ),
        "brackets as JSON": (request("POST", "/v1/process/text", b"", [length]), [b"[" * MIB] * count, {413, 0}),
        "a header": (request("GET", "/v1/job/1")[:-2] + b"X: ", [b"y" * MIB] * 64, {431, 0}),
        "a path": (b"GET /v1/job/", [b"y" * MIB] * 64, {431, 0}),
    }
