"""The least that a night needs of Symbl, in a process of its own: ``python -m tests.benchmarks.night_server``.

Jobs take a fixed time. It tells at ``/stats`` how many ran at once at most and what was asked, and at ``/trace`` when
each job was submitted, ended, was first seen completed, and was read.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from aiohttp import web

JOB_SECONDS = float(sys.argv[1])
CAP = int(sys.argv[2])

jobs: dict[str, float] = {}
"""When each ends, by the monotonic clock."""
seen: dict[str, float] = {}
"""When a poll first told that it is completed."""
landed: dict[str, float] = {}
"""When its messages were last read."""
asked: Counter[str] = Counter()
most = 0
first = 0.0
"""When the first submission came, in seconds since the epoch."""


def running() -> int:
    """Return how many jobs run now."""
    now = time.monotonic()
    return sum(now < end for end in jobs.values())


async def token(_: web.Request) -> web.Response:
    """Hand out a token."""
    return web.json_response({"accessToken": "t", "expiresIn": 86400})


async def submit(request: web.Request) -> web.Response:
    """Take a file, or a link to one, unless the account is full."""
    global most, first  # noqa: PLW0603 - one server, one number of each
    asked["submit"] += 1
    first = first or time.time()
    await request.read()
    if running() >= CAP:
        asked["full"] += 1
        return web.json_response({"message": "too many jobs"}, status=429)
    number = str(len(jobs))
    jobs[number] = time.monotonic() + JOB_SECONDS
    most = max(most, running())
    return web.json_response({"conversationId": number, "jobId": number}, status=201)


async def job(request: web.Request) -> web.Response:
    """Tell how a job is."""
    asked["poll"] += 1
    number = request.match_info["id"]
    now = time.monotonic()
    status = "in_progress" if now < jobs[number] else "completed"
    if status == "completed":
        seen.setdefault(number, now)
    return web.json_response({"id": number, "status": status})


async def conversation(request: web.Request) -> web.Response:
    """Return a conversation."""
    asked["read"] += 1
    number = request.match_info["id"]
    return web.json_response({"id": number, "name": number, "type": "meeting", "members": []})


async def messages(request: web.Request) -> web.Response:
    """Return what was said."""
    asked["read"] += 1
    landed[request.match_info["id"]] = time.monotonic()
    said = {"id": "1", "text": "Shall we meet?", "from": {"name": "Anna"}, "startTime": "2026-01-01T00:00:00.000Z"}
    return web.json_response({"messages": [said]})


async def stats(_: web.Request) -> web.Response:
    """Tell what was asked so far."""
    return web.json_response({"most": most, "first": first, **asked})


async def trace(_: web.Request) -> web.Response:
    """Tell of each job when it was submitted, ended, was seen and was read, in seconds since the first submission."""
    begin = min(jobs.values(), default=0.0) - JOB_SECONDS
    rows = [(end - JOB_SECONDS, end, seen.get(number, 0.0), landed.get(number, 0.0)) for number, end in jobs.items()]
    return web.json_response([[moment - begin for moment in row] for row in rows])


def main() -> None:
    """Serve until killed."""
    app = web.Application(client_max_size=1 << 30)
    app.add_routes(
        [
            web.post("/oauth2/token:generate", token),
            web.post("/v1/process/audio", submit),
            web.post("/v1/process/audio/url", submit),
            web.get("/v1/job/{id}", job),
            web.get("/v1/conversations/{id}", conversation),
            web.get("/v1/conversations/{id}/messages", messages),
            web.get("/stats", stats),
            web.get("/trace", trace),
        ]
    )
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[3]), access_log=None, print=None)


if __name__ == "__main__":
    main()
