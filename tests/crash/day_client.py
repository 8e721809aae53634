"""The clients of a day: they submit, wait, read and delete, whatever the server does meanwhile."""

from __future__ import annotations

import hashlib
import json
import queue
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from demo.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.killed_server import Server

TIMEOUT = 120.0
READS = ("messages", "members", "analytics", "questions", "action-items", "follow-ups")
MEDIA_SHARE = 0.3
SERVER_ERROR = 500
KNOWN = {f"recording {number}".encode(): f"This is recording number {number}." for number in range(5)}
"""Recordings that the server is told the contents of, so that none has to be heard."""


def write_transcripts(folder: Path) -> None:
    """Write what is heard in the recordings."""
    folder.mkdir()
    for recording, text in KNOWN.items():
        (folder / f"{hashlib.sha256(recording).hexdigest()}.json").write_text(json.dumps([{"text": text}]))


@dataclass
class Day:
    """What all clients share.

    :param server: is killed and started again meanwhile.
    :param jobs: the numbers of the jobs that are still to be done.
    :param sent: what was said, by the name of the conversation, of every submission that left.
    :param accepted: the ids of the jobs that were answered.
    :param landed: how many were read and deleted.
    :param answers: how many answers came, by status; ``lost`` are those that did not.
    """

    server: Server
    jobs: queue.SimpleQueue[int] = field(default_factory=queue.SimpleQueue)
    sent: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    landed: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class DayClient(threading.Thread):
    """One client, with its own connection.

    :param day: where its jobs come from.
    :param seed: of its dice.
    """

    def __init__(self, day: Day, seed: int) -> None:
        super().__init__(name=f"client {seed}", daemon=True)
        self._day = day
        self._rng = random.Random(seed)  # noqa: S311 - a test's dice
        self._session = requests.Session()
        self._session.trust_env = False

    def run(self) -> None:
        """Take up one job after the other."""
        while True:
            try:
                number = self._day.jobs.get_nowait()
            except queue.Empty:
                break
            try:
                self._land(number)
            except Exception as error:  # noqa: BLE001 - the test tells of it, not this thread
                self._day.problems.append(f"job {number}: {type(error).__name__}: {error}")
        self._session.close()

    def _land(self, number: int) -> None:
        """Submit until it is answered, wait for its end, read what was said, and delete it."""
        ids = None
        tries = 0
        while ids is None:
            tries += 1
            ids = self._submit(f"job {number}, try {tries}")
        path = f"/v1/conversations/{ids['conversationId']}"
        wait_until(lambda: self._is_over(ids["jobId"]), seconds=TIMEOUT, what="a job to end", every=0.02)
        texts = [message["text"] for message in self._get(f"{path}/messages")["messages"]]
        assert texts == [self._day.sent[f"job {number}, try {tries}"]]
        for read in self._rng.sample(READS, 4):
            self._get(f"{path}/{read}")
        self._get("/v1/conversations?limit=5")
        assert self._send("DELETE", path).status_code in {200, 404}, "404 where the answer to the first was lost"
        assert self._send("GET", path).status_code == 404
        with self._day.lock:
            self._day.landed += 1

    def _submit(self, name: str) -> dict[str, str] | None:
        """Submit something, and give its ids; None if nobody knows whether it was taken."""
        recording = self._rng.choice(list(KNOWN)) if self._rng.random() < MEDIA_SHARE else None
        text = KNOWN[recording] if recording else f"This is {name}."
        self._day.sent[name] = text
        if recording:
            answer = self._try("POST", "/v1/process/audio", data=recording, params={"name": name})
        else:
            body = {"name": name, "messages": [{"payload": {"content": text}}]}
            answer = self._try("POST", "/v1/process/text", json=body)
        if answer is None or answer.status_code >= SERVER_ERROR:
            return None
        assert answer.status_code == 201, answer.text
        ids: dict[str, str] = answer.json()
        self._day.accepted.add(ids["jobId"])
        return ids

    def _is_over(self, job_id: str) -> bool | None:
        job = self._get(f"/v1/job/{job_id}")
        assert job["status"] != "failed", job
        return True if job["status"] == "completed" else None

    def _get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        answer = self._send("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    def _send(self, method: str, path: str) -> requests.Response:
        """Send a call that may be repeated until it is answered."""

        def answered() -> requests.Response | None:
            answer = self._try(method, path)
            return answer if answer is not None and answer.status_code < SERVER_ERROR else None

        return wait_until(answered, seconds=TIMEOUT, what=f"an answer to {method} {path}", every=0.02)

    def _try(self, method: str, path: str, **options: Any) -> requests.Response | None:
        headers = {"Authorization": str(self._day.server.session.headers["Authorization"])}
        try:
            answer = self._session.request(
                method, self._day.server.url + path, headers=headers, timeout=TIMEOUT, **options
            )
        except requests.RequestException:
            answer = None
        with self._day.lock:
            self._day.answers["lost" if answer is None else str(answer.status_code)] += 1
        return answer
