"""Strangers' clients that no registry has: each of their requests, as they form it, and what comes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.sample_conversation import DELAY, conversation_body
from tests.support.compatibility.strangers import REQUESTS

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from tests.contract.raw_client import RawClient
    from tests.support.compatibility.request import Request
    from tests.support.web_server import ClipServer

NOTHING = object()


@pytest.fixture
def places(raw_client: RawClient, web: ClipServer) -> dict[str, str]:
    """Submit a conversation that holds something of everything, keep a tracker, and return what leads there."""
    ids = raw_client.send("POST", "/v1/process/text", json=conversation_body()).json()
    members = raw_client.read(f"/v1/conversations/{ids['conversationId']}/members")["members"]
    tracker = raw_client.send("POST", "/v1/manage/tracker", json=DELAY).json()["tracker"]
    server = raw_client.server
    account = {"app_id": server.app_id, "app_secret": server.app_secret, "url": server.url, "web": web.url}
    found = {"id": ids["conversationId"], "job": ids["jobId"], "member": members[0]["id"], "tracker": tracker["id"]}
    return account | found


def put_in(value: Any, places: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Put what is known in the place of names in braces."""
    text = json.dumps(value)
    for name, known in places.items():
        text = text.replace(f"{{{name}}}", known)
    return json.loads(text)


def sent(request: Request, raw_client: RawClient, places: dict[str, str], clips: Path) -> requests.Response:
    """Send a request as its client does."""
    method, path = put_in(request.send, places).split(" ")
    headers = {} if request.content_type is None else {"Content-Type": request.content_type}
    body = request.body
    if isinstance(body, str):
        data = (clips / body).read_bytes()
    else:
        data = json.dumps(put_in(body, places)).encode() if body is not None else b""
    return raw_client.send(method, path, data=data, headers=headers)


def at(answer: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """Give what an answer has at a path, or :data:`NOTHING`."""
    for step in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(step)] if len(answer) > int(step) else NOTHING
        else:
            answer = answer.get(step, NOTHING) if isinstance(answer, dict) else NOTHING
    return answer


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: f"{one.client}, {one.call}")
def test_a_strangers_request_is_answered_so(
    request_: Request, raw_client: RawClient, places: dict[str, str], clips: Path
) -> None:
    """By its status; with the keys that the client reads; and with a note in the journal where it is odd."""
    answer = sent(request_, raw_client, places, clips)
    entry = raw_client.server.journal()[-1]
    works = "works, noted" if entry["odd"] else "works"
    outcome = works if answer.ok else f"refused: {answer.status_code}"
    assert (outcome, entry["status"]) == (request_.outcome, answer.status_code), (answer.text, entry["odd"])
    for path in request_.needs:
        assert at(answer.json(), path) is not NOTHING, (path, answer.text)
    for path in request_.lacks:
        assert at(answer.json(), path) is NOTHING, path
    if answer.status_code == 201 and "jobId" in answer.json():
        assert raw_client.read(f"/v1/job/{answer.json()['jobId']}")["status"] == "completed"


def test_no_two_requests_go_by_one_name() -> None:
    """The table has a row for each."""
    names = [(one.client, one.call) for one in REQUESTS]
    assert len(set(names)) == len(names)
