"""symbl-local is killed at random moments: all that it accepted is done once, and nothing of it is left running."""

from __future__ import annotations

import contextlib
import http.server
import random
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from demo.processes import wait_until
from tests.crash.killed_server import TIMEOUT, Client, Conversation, Server, Submission, clip
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SEED = 20_261_123
JOBS = SIZES.server_crash_jobs
KILLS = SIZES.server_crash_kills
SHARE = 12
"""How many of them are submitted at most between two kills."""
DRIP_SECONDS = 0.1
"""How long a download lasts at least, so that some are under way at a kill."""


class _Recordings(http.server.BaseHTTPRequestHandler):
    may_end: threading.Event

    def do_GET(self) -> None:
        """Serve a clip in two halves, with a pause between them."""
        body = clip(int(self.path[1:]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # whoever asked was killed
            self.wfile.write(body[:1000])
            self.may_end.wait(DRIP_SECONDS)
            self.wfile.write(body[1000:])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def recordings() -> Iterator[str]:
    """Serve the clips, slowly."""
    _Recordings.may_end = threading.Event()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Recordings) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Return a server that is not started yet."""
    server = Server(tmp_path)
    yield server
    server.process.kill()
    server.process.wait()
    server.session.close()


def test_what_was_accepted_is_done_once_whenever_the_server_is_killed(
    server: Server, recordings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed while it is up and while it comes up, it completes each, and adds its content once and in order."""
    client = Client(server, recordings, random.Random(SEED))  # noqa: S311 - a test's dice
    kills = [_run_and_kill(client, number) for number in range(KILLS)]
    server.start()
    server.wait()
    while client.accepted < JOBS:
        assert client.submit()
    jobs = wait_until(lambda: _ended_jobs(server), seconds=TIMEOUT, what="all jobs to end")
    _check_jobs(client, jobs)
    conversations = server.get("/v1/conversations", limit="1000")["conversations"]
    for conversation in client.conversations:
        _check(server, conversation, [found["id"] for found in conversations if found["name"] == conversation.name])
    _check_files(client)
    assert len(server.processes()) > 1, "recognition runs in processes of its own"
    server.process.terminate()
    assert server.process.wait() == 0
    server.wait_until_nothing_runs()
    with capsys.disabled():
        _report(client, kills, jobs)


def _run_and_kill(client: Client, number: int) -> str:
    """Start the server, submit its share, kill it meanwhile, and tell how it stood then."""
    server, rng = client.server, client.rng
    moment = rng.uniform(*[(0.0, 0.1), (0.5, 4.0), (0.0, 1.0)][number % 3])
    is_up = number % 3 < 2  # else it is killed as it comes up, while it takes up the work of before
    server.start()
    if is_up:
        server.wait()
    killer = threading.Timer(moment, server.process.kill)
    killer.start()
    for _ in range(SHARE if is_up else 0):
        if not client.submit():
            break
    killer.join()
    server.kill()
    return f"{moment:.2f} s after it {'answered' if is_up else 'was started'}: {dict(server.job_statuses())}"


def _ended_jobs(server: Server) -> list[dict[str, Any]] | None:
    jobs: list[dict[str, Any]] = server.get("/__local__/jobs")["jobs"]
    return jobs if all(job["status"] in {"completed", "failed"} for job in jobs) else None


def _check(server: Server, conversation: Conversation, ids: Sequence[str]) -> None:
    """Find each submission's messages once and in order; one that was not answered may be missing, as a whole."""
    assert ids == [conversation.id] if conversation.id else len(ids) <= 1
    for conversation_id in ids:
        found = [message["text"] for message in server.get(f"/v1/conversations/{conversation_id}/messages")["messages"]]
        assert _fits(found, conversation.sent), (found, conversation.sent)


def _fits(found: Sequence[str], sent: Sequence[Submission]) -> bool:
    if not sent:
        return not found
    content, rest = sent[0].content, sent[1:]
    is_there = list(found[: len(content)]) == content and _fits(found[len(content) :], rest)
    return is_there or (sent[0].ids is None and _fits(found, rest))


def _check_jobs(client: Client, jobs: Sequence[dict[str, Any]]) -> None:
    """Find each accepted job completed, and of the others at most one each."""
    assert Counter(job["message"] or job["status"] for job in jobs) == {"completed": len(jobs)}
    counts = Counter(job["jobId"] for job in jobs)
    assert max(counts.values()) == 1
    accepted = [sent.ids["jobId"] for sent in client.sent if sent.ids]
    assert set(accepted) <= counts.keys()
    assert len(accepted) <= len(jobs) <= len(client.sent)


def _check_files(client: Client) -> None:
    """Find each recording once, and none that nobody asks for."""
    media = [sent.ids is not None for sent in client.sent if sent.kind != "text"]
    kept = list((client.server.folder / "data" / "symbl-local.spool").iterdir())
    assert sum(media) <= len(kept) <= len(media)


def _report(client: Client, kills: Sequence[str], jobs: Sequence[dict[str, Any]]) -> None:
    kinds = Counter(
        f"{sent.kind}{' appended' if place else ''}"
        for conversation in client.conversations
        for place, sent in enumerate(conversation.sent)
    )
    figures = [
        f"seed {SEED}, {len(kills)} kills:",
        *(f"    {kill}" for kill in kills),
        f"{client.accepted} jobs accepted, {len(client.sent) - client.accepted} not answered, {len(jobs)} made",
        f"sent: {dict(kinds)}",
        f"ended: {dict(Counter(job['status'] for job in jobs))}",
    ]
    print("", *figures, sep="\n")  # noqa: T201 - the figures that are asked for
