"""A plain client of symbl-local, which sends what it is told and hides nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.server import LocalServer

TIMEOUT = 60.0
"""Seconds after which what a test waits for is taken never to come."""


class Local:
    """A client that sends what it is told and hides nothing."""

    def __init__(self, server: LocalServer) -> None:
        self.url = server.url
        self.credentials = {"type": "application", "appId": server.app_id, "appSecret": server.app_secret}
        self.session = requests.Session()
        self.authorise()

    def authorise(self) -> None:
        """Get a token and use it from now on."""
        token = self.send("POST", "/oauth2/token:generate", json=self.credentials).json()["accessToken"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and give the response, whatever it is."""
        return self.session.request(method, self.url + path, timeout=TIMEOUT, **options)

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        response = self.send("GET", path, params=query)
        assert response.status_code == 200, response.text
        return json.loads(response.text, parse_float=_as_symbl_writes if path.startswith("/v1/") else None)

    def submit(self, path: str, method: str = "POST", **options: Any) -> dict[str, str]:
        """Submit something that must be taken, and give its ids."""
        response = self.send(method, f"/v1/process/{path}", **options)
        assert response.status_code == 201, response.text
        ids: dict[str, str] = response.json()
        return ids

    def text(self, *contents: str, **more: Any) -> dict[str, str]:
        """Submit a text of some messages that nobody in particular said."""
        return self.submit("text", json={"messages": [message(content) for content in contents], **more})

    def append(self, conversation_id: str, *contents: str, **more: Any) -> dict[str, str]:
        """Append a text."""
        body = {"messages": [message(content) for content in contents], **more}
        return self.submit(f"text/{conversation_id}", "PUT", json=body)

    def job(self, ids: dict[str, str]) -> dict[str, str]:
        """Read a submission's job."""
        job: dict[str, str] = self.get(f"/v1/job/{ids['jobId']}")
        return job

    def of(self, ids: dict[str, str], what: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Read something of a submission's conversation."""
        return self.get(f"/v1/conversations/{ids['conversationId']}/{what}", **query)

    def messages(self, ids: dict[str, str], **query: Any) -> list[dict[str, Any]]:
        """Read the messages of a submission's conversation."""
        messages: list[dict[str, Any]] = self.of(ids, "messages", **query)["messages"]
        return messages

    def texts(self, ids: dict[str, str]) -> list[str]:
        """Read what was said."""
        return [message["text"] for message in self.messages(ids)]

    def progress(self, **setting: Any) -> None:
        """Set the progress of the jobs to come."""
        response = self.send("PUT", "/__local__/progress", json=setting)
        assert response.status_code == 200, response.text

    def journal(self) -> list[dict[str, Any]]:
        """Read what arrived."""
        requests: list[dict[str, Any]] = self.get("/__local__/journal")["requests"]
        return requests


def _as_symbl_writes(number: str) -> float:
    """Read a number of an answer; in Symbl's, whole ones have no ``.0``, and typed clients fail on one."""
    assert not number.endswith(".0"), number
    return float(number)


def message(content: str, name: str | None = None, user_id: str | None = None, **times: str) -> dict[str, Any]:
    """Make a message of a text submission."""
    person = {key: value for key, value in {"name": name, "userId": user_id}.items() if value}
    parts = {"payload": {"content": content}, "from": person, "duration": times}
    return {key: value for key, value in parts.items() if value}
