"""Recorded answers of the service: the same call here has the same keys, types and spelling of numbers, or a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.sample_conversation import DELAY, conversation_body
from tests.support.compatibility.recorded_differences import DIFFERENCES
from tests.support.compatibility.shapes import RECORDED, differences, known_keys, parsed, shape
from tests.support.local_client import message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.contract.raw_client import RawClient

    Answered = Callable[["Asked"], str]

STEVE = ("Steve", "Steve@example.com")
BOTH = "verbose=true&sentiment=true"
FILES = sorted(RECORDED.glob("*/*.json"))


class Asked:
    """Who asks, and of what."""

    def __init__(self, client: RawClient, audio: bytes) -> None:
        self.client = client
        self._audio = audio

    def text(self, *messages: dict[str, Any], **more: Any) -> str:
        """Submit messages with everything asked for, and give the conversation's path."""
        body = {"messages": list(messages), "detectEntities": True, "detectPhrases": True, **more}
        return f"/v1/conversations/{self.client.take('POST', 'text', json=body)}"

    def sample(self) -> str:
        """Submit the sample conversation, which holds something of everything."""
        return f"/v1/conversations/{self.client.take('POST', 'text', json=conversation_body())}"

    def recording(self) -> str:
        """Submit a recording whose speakers are told apart."""
        query = "enableSpeakerDiarization=true&diarizationSpeakerCount=1"
        return f"/v1/conversations/{self.client.take('POST', f'audio?{query}', data=self._audio)}"

    def unheard(self) -> str:
        """Submit a recording of whose speaker nothing is known."""
        return f"/v1/conversations/{self.client.take('POST', 'audio', data=self._audio)}"

    def get(self, path: str) -> str:
        """Read."""
        answer = self.client.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def change(self, method: str, path: str, body: object = None) -> str:
        """Change something."""
        answer = self.client.send(method, path, json=body)
        assert answer.ok, answer.text
        return answer.text


@pytest.fixture
def asked(raw_client: RawClient, audio: bytes) -> Asked:
    """Return who asks."""
    return Asked(raw_client, audio)


def said(text: str) -> dict[str, Any]:
    """Return a message of Steve's, who said it in the week in which the recorded one was said."""
    return message(text, *STEVE, startTime="2021-06-02T10:00:00Z", endTime="2021-06-02T10:00:05Z")


def recorded_messages(asked: Asked) -> str:
    """Submit the recorded sentences at their times."""
    given = json.loads((RECORDED / "messages_sentiment" / "3.json").read_text(encoding="utf-8"))["messages"]
    times = ({name: one[name] for name in ("startTime", "endTime")} for one in given)
    return asked.text(*(message(one["text"], **when) for one, when in zip(given, times, strict=True)))


def tracked(asked: Asked) -> str:
    """Submit the sentences in which the recorded tracker was met."""
    given = json.loads((RECORDED / "trackers" / "1.json").read_text(encoding="utf-8"))
    texts = [ref["text"] for match in given[0]["matches"] for ref in match["messageRefs"]]
    trackers = [{"name": "text_tracker", "vocabulary": ["platform"]}]
    return asked.text(*(said(text) for text in texts), trackers=trackers)


def speakers(asked: Asked) -> str:
    """Tell who spoke when."""
    event = {"type": "started_speaking", "user": {"name": "Ann"}, "offset": {"seconds": 0, "nanos": 0}}
    return asked.change("PUT", f"{asked.sample()}/speakers", {"speakerEvents": [event]})


def member(asked: Asked) -> str:
    """Rename a member."""
    one = asked.sample()
    first = json.loads(asked.get(f"{one}/members"))["members"][0]["id"]
    return asked.change("PUT", f"{one}/members/{first}", {"id": first, "name": "Anne"})


def job(asked: Asked) -> str:
    """Submit something, and look at its job."""
    ids = json.loads(asked.change("POST", "/v1/process/text", conversation_body()))
    return asked.get(f"/v1/job/{ids['jobId']}")


def transcript(asked: Asked, kind: str) -> str:
    """Have a transcript written."""
    return asked.change("POST", f"{asked.sample()}/transcript", {"contentType": kind, "showSpeakerSeparation": True})


TRACKER = "/v1/manage/tracker"
ITEM = "Steve needs to complete the analysis by next Monday."
ARRANGED = "Steve needs to follow up about this next Monday. I will talk to Steve again next Monday."
SAME: dict[str, Answered] = {
    "action_items": lambda asked: asked.get(f"{asked.text(said(ITEM))}/action-items"),
    "analytics": lambda asked: asked.get(f"{asked.text(said('Hello.'))}/analytics"),
    "delete": lambda asked: asked.change("DELETE", asked.sample()),
    "follow_ups": lambda asked: asked.get(f"{asked.text(said(ARRANGED))}/follow-ups"),
    "messages_sentiment": lambda asked: asked.get(f"{recorded_messages(asked)}/messages?sentiment=true"),
    "messages_sentiment_verbose": lambda asked: asked.get(f"{asked.recording()}/messages?{BOTH}"),
    "questions": lambda asked: asked.get(f"{asked.text(said('Will you be reviewint the analysis?'))}/questions"),
    "speaker_events_update": speakers,
    "topics": lambda asked: asked.get(f"{asked.text(said('The video is long. The video is good.'))}/topics"),
    "trackers": lambda asked: asked.get(f"{tracked(asked)}/trackers-detected"),
}
"""How to ask here for what was recorded whole."""
OTHERS: dict[str, Answered] = {
    "abstract_topics": lambda asked: asked.get(f"{asked.sample()}/abstract-topics"),
    "comprehensive_action_items": lambda asked: asked.get(f"{asked.text(said(ITEM))}/comprehensive/action-items"),
    "conversation": lambda asked: asked.get(asked.sample()),
    "conversations": lambda asked: asked.sample() and asked.get("/v1/conversations?startTime=2020-01-01"),
    "entities": lambda asked: asked.get(f"{asked.sample()}/entities"),
    "insights": lambda asked: asked.get(f"{asked.sample()}/insights"),
    "job": job,
    "manage_trackers": lambda asked: asked.change("POST", TRACKER, DELAY) and asked.get(f"{TRACKER}s"),
    "member_update": member,
    "members": lambda asked: asked.get(f"{asked.sample()}/members"),
    "messages": lambda asked: asked.get(f"{asked.sample()}/messages"),
    "messages_verbose": lambda asked: asked.get(f"{asked.sample()}/messages?verbose=true"),
    "metadata_update": lambda asked: asked.change("PUT", asked.sample(), {"metadata": {"key": "v", "agentId": "7"}}),
    "submission": lambda asked: asked.change("POST", "/v1/process/text", conversation_body()),
    "summary": lambda asked: asked.get(f"{asked.sample()}/summary"),
    "transcript_markdown": lambda asked: transcript(asked, "text/markdown"),
    "transcript_srt": lambda asked: transcript(asked, "text/srt"),
}
"""How to ask for what was recorded elsewhere, of which only the keys are kept."""
UNASKED = {"formatted_transcript": "an old form of the transcript, by another path"}
CALLS = {**SAME, **OTHERS}


def explained(read: str, found: dict[str, str]) -> dict[str, str]:
    """Leave out the differences that have a reason."""
    reasons = {key for name, key in DIFFERENCES if name == read}
    return {path: how for path, how in found.items() if path not in reasons}


def differences_from(file: Path, asked: Asked) -> dict[str, str]:
    """Tell how the answer to the same call differs from a recorded one."""
    read = file.parent.name
    recorded, ours = shape(json.loads(file.read_text(encoding="utf-8"))), shape(parsed(SAME[read](asked)))
    # What this one answer has not, or has of one type alone, may be otherwise in others.
    known = {path: key for path, key in known_keys()[read].items() if path in recorded or path in ours}
    assert known.keys() >= recorded.keys()
    return differences(ours, known, is_tolerant=False)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_an_answer_is_like_the_recorded_one(file: Path, asked: Asked) -> None:
    """Key by key, for the same call of the same things; what was whole is whole, and what differs has a reason."""
    assert explained(file.parent.name, differences_from(file, asked)) == {}


@pytest.mark.parametrize("read", CALLS)
def test_an_answer_has_the_keys_that_recorded_ones_have(read: str, asked: Asked) -> None:
    """Those that each of them had, none that none had, and the same types."""
    assert explained(read, differences(shape(parsed(CALLS[read](asked))), known_keys()[read])) == {}


def test_each_recorded_read_is_asked_here() -> None:
    """And each file."""
    assert known_keys().keys() == {*CALLS, *UNASKED}
    assert {file.parent.name for file in FILES} == SAME.keys()


def test_each_difference_is_one(asked: Asked) -> None:
    """A reason for what is alike would be wrong."""
    for read in sorted({read for read, _ in DIFFERENCES}):
        found = differences(shape(parsed(CALLS[read](asked))), known_keys()[read])
        found |= {
            key: how for file in RECORDED.glob(f"{read}/*.json") for key, how in differences_from(file, asked).items()
        }
        assert {key for name, key in DIFFERENCES if name == read} <= found.keys(), (read, found)


@pytest.mark.parametrize(
    ("ours", "recorded", "how"),
    [
        ({"a": 1}, {"a": 1.5}, {}),
        ({"a": 1.5}, {"a": 1}, {"$.a": "is float, and was int"}),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "x", "c": 1}]}, {"$.a[].c": "is missing"}),
        ({"a": []}, {"a": [{"b": "x"}]}, {}),
        ({"a": {"b": {"c": 1}}}, {"a": {}}, {"$.a.b": "is not in the recorded answer"}),
        ({"a": "1"}, {"a": 1}, {"$.a": "is string, and was int"}),
    ],
)
def test_differences_are_found(ours: object, recorded: object, how: dict[str, str]) -> None:
    """By key, type and the spelling of numbers."""
    assert differences(shape(ours), shape(recorded)) == how
