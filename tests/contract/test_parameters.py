"""The parameters of submissions: each has the effect that the table of the documentation says it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.sample_conversation import DELAY, PARCEL, conversation_body, text_body
from tests.support.audio import Sound
from tests.support.compatibility.parameters import CALLS, PARAMETERS
from tests.support.local_client import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.raw_client import RawClient
    from tests.support.web_server import ClipServer

SAID = "I will send you the report about parcel 4711 by tomorrow. Is it late?"
STEREO = Sound(channels=2).silence(0.2).wav()


class Asked:
    """Who submits, and reads what came of it."""

    def __init__(self, client: RawClient, web: ClipServer, audio: bytes) -> None:
        self.client = client
        self.web = web
        self.audio = audio

    def text(self, **more: Any) -> str:
        """Submit a text, and give the conversation's path."""
        body = {"messages": [message(SAID, "Ann", startTime="2026-03-02T23:30:00Z")], **more}
        return f"/v1/conversations/{self.client.take('POST', 'text', json=body)}"

    def link(self, **more: Any) -> str:
        """Submit the link of a recording."""
        body = {"url": f"{self.web.url}/late-parcel.wav", **more}
        return f"/v1/conversations/{self.client.take('POST', 'audio/url', json=body)}"

    def file(self, query: str, data: bytes | None = None) -> str:
        """Submit a recording."""
        return f"/v1/conversations/{self.client.take('POST', f'audio?{query}', data=data or self.audio)}"

    def read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read."""
        return self.client.read(path)

    def names(self, one: str) -> list[str]:
        """Read the members' names."""
        return [member["name"] for member in self.read(f"{one}/members")["members"]]


def _renamed(asked: Asked) -> bool:
    one = asked.text(name="First")
    asked.client.take("PUT", f"text/{one.rpartition('/')[2]}", json=text_body("More.", "Second"))
    return bool(asked.read(one)["name"] == "Second")


def _tracked(asked: Asked, **wanted: Any) -> bool:
    kept = asked.client.send("POST", "/v1/manage/tracker", json=DELAY).json()["tracker"]
    given = wanted or {"trackers": [{"id": kept["id"]}]}
    found = asked.read(f"{asked.text(**given)}/trackers-detected")
    return [tracker["name"] for tracker in found] == ["Delay"] and not asked.read(f"{asked.text()}/trackers-detected")


def _told(asked: Asked) -> bool:
    asked.text(webhookUrl=f"{asked.web.url}/hook")
    return [asked.web.next_post()["status"] for _ in range(3)] == ["scheduled", "in_progress", "completed"]


def _due(asked: Asked, minutes: int) -> str:
    items = asked.read(f"{asked.text(timezoneOffset=minutes)}/action-items")["actionItems"]
    return str(items[0]["dueBy"])[:10]


def _count(asked: Asked, what: str, key: str, **more: Any) -> int:
    return len(asked.read(f"{asked.text(**more)}/{what}")[key])


def _summaries(asked: Asked) -> bool:
    asked_for, not_asked = ({**conversation_body(), **more} for more in ({"enableSummary": True}, {}))
    paths = [f"/v1/conversations/{asked.client.take('POST', 'text', json=body)}" for body in (asked_for, not_asked)]
    texts = [[item["text"] for item in asked.read(f"{path}/summary")["summary"]] for path in paths]
    return bool(texts[0]) and texts[0] == texts[1]


def _other_language(asked: Asked) -> bool:
    french = asked.client.refuse("POST", "audio?languageCode=fr-FR", data=asked.audio)
    return '"languageCode"' in french and bool(asked.file("languageCode=en-GB"))


def _channels(asked: Asked, metadata: str = "") -> list[str]:
    return asked.names(asked.file(f"enableSeparateRecognitionPerChannel=true{metadata}", STEREO))


def _begun(asked: Asked) -> bool:
    body = {**text_body("Hi.", "x"), "startTime": "2026-01-02"}
    one = asked.read(f"/v1/conversations/{asked.client.take('POST', 'text', json=body)}")
    return str(one["startTime"]).startswith("2026-01-02")


PROSPECT = {"prospectName": "Ben"}
ANN_ON_FIRST = "&channelMetadata=%5B%7B%22channel%22:1,%22speaker%22:%7B%22name%22:%22Ann%22%7D%7D%5D"
FEATURES = {"featureList": ["insights", "callScore"]}
PROOFS: dict[str, Callable[[Asked], bool]] = {
    "messages": lambda asked: asked.read(f"{asked.text()}/messages")["messages"][0]["text"] == SAID,
    "url": lambda asked: bool(asked.read(f"{asked.link()}/messages")["messages"]),
    "name": _renamed,
    "confidenceThreshold": lambda asked: (
        _count(asked, "action-items", "actionItems", confidenceThreshold=1)
        < _count(asked, "action-items", "actionItems", confidenceThreshold=0)
    ),
    "detectPhrases": lambda asked: (
        [bool(asked.read(f"{asked.text(detectPhrases=on)}/messages")["messages"][0]["phrases"]) for on in (True, False)]
        == [True, False]
    ),
    "detectEntities": lambda asked: (
        _count(asked, "entities", "entities", detectEntities=True) > _count(asked, "entities", "entities") == 0
    ),
    "entities": lambda asked: (
        "parcel"
        in {
            one.get("customType")
            for one in asked.read(f"{asked.text(detectEntities=True, entities=[PARCEL])}/entities")["entities"]
        }
    ),
    "trackers": _tracked,
    "enableAllTrackers": lambda asked: _tracked(asked, enableAllTrackers=True),
    "enableSummary": _summaries,
    "webhookUrl": _told,
    "features": lambda asked: len(asked.read(f"{asked.text(features=FEATURES)}/lm-insights")) == 1,
    "metadata": lambda asked: asked.read(asked.text(metadata=PROSPECT))["metadata"] == PROSPECT,
    "conversationType": lambda asked: bool(asked.text(conversationType="sales")),
    "startTime": _begun,
    "timezoneOffset": lambda asked: _due(asked, 0) != _due(asked, -600),
    "customVocabulary": lambda asked: bool(asked.link(customVocabulary=["Northwind"])),
    "languageCode": _other_language,
    "mode": lambda asked: bool(asked.file("mode=phone") and asked.file("mode=default")),
    "enableSeparateRecognitionPerChannel": lambda asked: _channels(asked) == ["Speaker 1", "Speaker 2"],
    "channelMetadata": lambda asked: _channels(asked, ANN_ON_FIRST) == ["Ann", "Speaker 2"],
    "enableSpeakerDiarization": lambda asked: (
        asked.names(asked.file("enableSpeakerDiarization=true&diarizationSpeakerCount=1")) == ["Speaker 1"]
    ),
    "diarizationSpeakerCount": lambda asked: (
        '"diarizationSpeakerCount" is required'
        in asked.client.refuse("POST", "audio?enableSpeakerDiarization=true", data=asked.audio)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROOFS)
def test_a_parameter_does_what_the_table_says(name: str, raw_client: RawClient, web: ClipServer, audio: bytes) -> None:
    """By what can be read afterwards."""
    assert PROOFS[name](Asked(raw_client, web, audio))


def test_the_table_has_each_parameter() -> None:
    """That any call takes."""
    assert {name for names in CALLS.values() for name in names} == PARAMETERS.keys() == PROOFS.keys()
