"""A request of a stranger's client, restated as that client forms it, and what comes of it here.

``{...}`` in a path, query or body stands for what the test knows: ids of a conversation that holds something of
everything, the account, and where recordings lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GO = "Go SDK"
NODE = "Node samples"
PIPEDREAM = "Pipedream"
EDEN = "Eden AI"
SNOWFLAKE = "Snowflake sample"
SAMPLES = "other samples"

WORKS, NOTED = "works", "works, noted"
"""Noted: the request is odd, and the journal says in what."""
CONVERSATION = "/v1/conversations/{id}"
TEXT, AUDIO, VIDEO = "/v1/process/text", "/v1/process/audio", "/v1/process/video"
EXPERIENCES = f"{CONVERSATION}/experiences"
TRACKERS = "/v1/manage/trackers"
NO_SCORE = "no callScore and no callObjections: they take judgement"


@dataclass(frozen=True)
class Request:
    """One request.

    :param client: whose it is.
    :param call: what that client calls it.
    :param send: method and path, query included.
    :param outcome: what comes of it: works, works and is noted, or is refused with a status.
    :param body: JSON, or the name of an example recording.
    :param content_type: as the client sets it; None for none.
    :param needs: keys that the client reads of the answer, outermost first, such as ``messages.0.words``.
    :param lacks: such keys that the client reads and the answer does not have.
    :param remark: what else is to be known.
    """

    client: str
    call: str
    send: str
    outcome: str = WORKS
    body: Any = None
    content_type: str | None = "application/json"
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    remark: str = ""


def reads(client: str, query: str, **paths: str) -> list[Request]:
    """List plain reads below a conversation.

    :param query: goes with each.
    :param paths: the first key of the answer, by path.
    """
    outcome = NOTED if query else WORKS
    return [
        Request(client, f"GET {path}", f"GET {CONVERSATION}/{path}{query}", outcome, needs=(key,))
        for path, key in paths.items()
    ]


GRANT = {"type": "application", "appId": "{app_id}", "appSecret": "{app_secret}"}
SAID = [{"payload": {"content": "Shall we meet on Friday?"}, "from": {"id": "1", "name": "Ann"}, "duration": {}}]
NO_FEATURES: dict[str, Any] = {"features": {}, "metadata": {}}
EMPTY_MEMBER: dict[str, Any] = {"pace": {}, "talkTime": {}, "listenTime": {}, "overlap": {}}
ANN: dict[str, Any] = {"id": "ann@example.com", "name": "Ann", "email": "ann@example.com"}
TRACKER = {"name": "Price", "categories": ["Sales"], "languages": ["en-US"], "vocabulary": ["costs"], "description": ""}
LISTS = {
    "questions": "questions",
    "follow-ups": "followUps",
    "entities": "entities",
    "action-items": "actionItems",
    "analytics": "members.0.pace.wpm",
}
