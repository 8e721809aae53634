"""What makes fuzzed calls go deep: ids that lead somewhere, and credentials, URLs and recordings that are right."""

from __future__ import annotations

import itertools
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from schemathesis import GenerationMode

from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.api.validation import web_address
from tests.support.audio import Sound
from tests.support.local_client import Local, message

if TYPE_CHECKING:
    from schemathesis import Case

NUMBERS = itertools.count()
NOWHERE = "127.0.0.1:9"
"""A host to which the server sends nothing: it is private."""
RECORDING = Sound().tone(0.1).wav()
SAID = (
    message("Ann, could you send the report to Bob by Friday, please?", "Bob", "bob@example.com"),
    message("I will send you the report on March 3. What does the new app cost?", "Ann", "ann@example.com"),
    message("It costs 300 dollars. I love the report! Let's talk about the report again tomorrow.", "Bob"),
)
WANTED: dict[str, Any] = {
    "detectPhrases": True,
    "detectEntities": True,
    "entities": [{"customType": "product", "text": "app"}],
    "trackers": [{"name": "Price", "vocabulary": ["cost", "dollars"]}],
    "features": {"featureList": ["insights", "callScore"]},
}


@dataclass
class Known:
    """A server with something in it, and ids that lead there.

    :param ids: by the names that paths use.
    """

    local: Local
    ids: dict[str, str] = field(default_factory=dict)

    def fill(self) -> None:
        """Submit a text in which everything is found, and a recording; keep a tracker."""
        self.local.progress(by="at_once")
        conversation = self.local.submit("text", json={"messages": list(SAID), **WANTED})
        heard = self.local.submit(f"audio/{conversation['conversationId']}", "PUT", data=RECORDING)
        self.ids = {
            "conversation_id": conversation["conversationId"],
            "job_id": heard["jobId"],
            "member_id": self.local.of(conversation, "members")["members"][0]["id"],
            "tracker_id": self._tracker("Weather"),
        }

    def lead(self, case: Case[Any]) -> None:
        """Have three of four calls lead to what there is; what is to be deleted is made first.

        :param case: changed in place.
        """
        given = repr((case.path_parameters, case.query, case.body))
        if zlib.crc32(given.encode(errors="surrogatepass")) % 4:
            there = {**self.ids, **(self._fresh(case) if case.method == "DELETE" else {})}
            case.path_parameters = {name: there.get(name, value) for name, value in case.path_parameters.items()}
            self._complete(case)

    def _complete(self, case: Case[Any]) -> None:
        """Put into a body that is right as a schema sees it what must be right beyond that."""
        is_right = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
        if is_right and isinstance(case.body, dict):
            right = {**self.local.credentials, "id": case.path_parameters.get("member_id")}
            if "refreshToken" in case.body:
                answer = self.local.send("POST", "/oauth2/token:generate", json=self.local.credentials)
                right["refreshToken"] = answer.json()["refershToken"]
            case.body = {name: right.get(name) or value for name, value in case.body.items()}
            case.query = {name: value for name, value in (case.query or {}).items() if name not in case.body}

    def _fresh(self, case: Case[Any]) -> dict[str, str]:
        if "tracker_id" in case.path_parameters:
            return {"tracker_id": self._tracker(f"Fresh {next(NUMBERS)}")}
        if "fault_id" in case.path_parameters:
            rule = {"call": "GET /nowhere", "status": 500}
            return {"fault_id": self.local.send("POST", "/__local__/faults", json=rule).json()["id"]}
        return {"conversation_id": self.local.text("Hello.")["conversationId"]}

    def _tracker(self, name: str) -> str:
        answer = self.local.send("POST", "/v1/manage/tracker", json={"name": name, "vocabulary": ["rain"]})
        kept: str = answer.json()["tracker"]["id"]
        return kept


def keep_in(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Have every address that the server would accept lead nowhere.

    :param value: a query or a body.
    """
    if isinstance(value, dict):
        return {name: keep_in(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [keep_in(entry) for entry in value]
    try:
        return urlsplit(web_address("url", value))._replace(netloc=NOWHERE).geturl()
    except ApiError:
        return value
