"""A plain client that sends what the vendor's samples send, byte for byte as a test writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

CLIENT = "samples"
JSON = {"Content-Type": "application/json"}


class RawClient:
    """Sends what it is told, with a token, and hides nothing.

    :param server: where to.
    """

    def __init__(self, server: SymblLocal) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        grant = {"type": "application", "appId": server.app_id, "appSecret": server.app_secret}
        self.token = self.send("POST", "/oauth2/token:generate", json=grant).json()["accessToken"]
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and give the answer, whatever it is; a path's query goes out as it is written."""
        return self.session.request(method, self.server.url + path, timeout=60, **options)

    def take(self, method: str, path: str, **options: Any) -> str:
        """Submit what must be taken and done, and give the conversation's id."""
        answer = self.send(method, f"/v1/process/{path}", **options)
        assert answer.status_code == 201, answer.text
        ids = answer.json()
        assert set(ids) == {"conversationId", "jobId"}, ids
        job = self.read(f"/v1/job/{ids['jobId']}")
        assert job == {"id": ids["jobId"], "status": "completed"}, job
        return str(ids["conversationId"])

    def refuse(self, method: str, path: str, **options: Any) -> str:
        """Submit what must be refused, and give the reason."""
        answer = self.send(method, f"/v1/process/{path}", **options)
        assert answer.status_code == 400, answer.text
        assert self.server.submissions()[-1]["status"] == 400
        return str(answer.json()["message"])

    def read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read what must be there, as Node's samples do: with a content type, though nothing is sent."""
        answer = self.send("GET", path, headers=JSON)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def name(self, conversation_id: str) -> str:
        """Give a conversation's name."""
        return str(self.read(f"/v1/conversations/{conversation_id}")["name"])
