"""The vCon of a conversation is read by the library of that name, in an environment of its own, and says the same."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from airflow_provider_symbl.client.models import Conversation
from airflow_provider_symbl.results.document import assemble
from airflow_provider_symbl.results.vcon import INSIGHTS, MEDIA_TYPES, to_vcon
from tests.support.conversations import documents
from tests.support.rooms import ROOT
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.client.validators import JsonObject
    from airflow_provider_symbl.results.document import Document

PYTHON = ROOT / ".vcon" / "bin" / "python"
SCRIPT = Path(__file__).with_name("vcon_library.py")


@dataclass(frozen=True)
class Library:
    """The library in its process, which reads one vCon after the other."""

    asked: IO[str]
    answered: IO[str]

    def read(self, text: str) -> dict[str, Any]:
        """Return what it sees in a vCon."""
        self.asked.write(json.dumps(text) + "\n")
        self.asked.flush()
        seen: dict[str, Any] = json.loads(self.answered.readline())
        return seen


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    """Start the library once."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing: make vcon", pytrace=False)
    command = [str(PYTHON), "-I", "-W", "ignore", str(SCRIPT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Library(process.stdin, process.stdout)


@pytest.mark.process
@settings(max_examples=SIZES.generated_documents, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents())
def test_the_library_reads_what_the_document_says(library: Library, document: Document) -> None:
    """It finds nothing wrong with it, and knows a place for each of its properties."""
    text = to_vcon(document)
    seen = library.read(text)
    assert (seen["problems"], seen["is_valid"]) == ([], True)
    check_dialog(document, seen)
    bodies = {one["type"]: one["body"] for one in seen["analysis"]}
    check_transcript(document, bodies.get("transcript", []), seen["parties"])
    reads = ("summary", *INSIGHTS)
    said = {read: document[read] for read in reads if document[read]}  # type: ignore[literal-required]  # its keys
    assert {read: bodies[read] for read in reads if read in bodies} == said
    made = json.loads(text)
    for part in ("subject", "created_at", "parties", "dialog", "analysis"):
        assert seen[part] == made[part]


@pytest.mark.process
@pytest.mark.parametrize("ending", sorted(MEDIA_TYPES.keys() - {".flac"}))  # the library knows none of it
def test_the_library_knows_the_type_of_a_recording(library: Library, ending: str) -> None:
    """Without one it calls the vCon invalid; a recording that lies nowhere in particular has no URL, and so no hash."""
    document = assemble(Conversation("4815162342"), {}, {"path": f"calls/A.B{ending.upper()}", "sha256": "ab" * 32})
    seen = library.read(to_vcon(document))
    assert (seen["problems"], seen["is_valid"]) == ([], True)
    (recording,) = seen["dialog"]
    assert (recording["mediatype"], recording["filename"]) == (MEDIA_TYPES[ending], f"A.B{ending.upper()}")
    assert recording.keys() & {"url", "content_hash"} == set()


def check_dialog(document: Document, seen: dict[str, Any]) -> None:
    """The recording with its hash; without one each message."""
    said = [message["text"] for message in document["messages"] or []]
    if document["recording"]:
        (recording,) = seen["dialog"]
        assert (recording["type"], recording["url"]) == ("recording", "s3://b/a%20b.wav")
        assert (recording["filename"], recording["duration"]) == ("a b.wav", 3.5)
    else:
        assert [(one["type"], one["body"]) for one in seen["dialog"]] == [("text", text) for text in said]


def check_transcript(document: Document, transcript: list[JsonObject], parties: list[JsonObject]) -> None:
    """Each text by the party that spoke, or by nobody."""
    shown = [({} if line["party"] is None else parties[line["party"]], line["text"]) for line in transcript]
    members = {member["id"]: member for member in document["members"] or []}
    said = [(message.get("speaker") or {}, message["text"]) for message in document["messages"] or []]
    assert shown == [(party_of(members.get(speaker.get("id", ""), speaker)), text) for speaker, text in said]


def party_of(person: JsonObject) -> JsonObject:
    """Return somebody as a vCon knows people: by name and address, by the id where there is neither."""
    party = {"name": person.get("name"), "mailto": person.get("email")}
    known = {key: value for key, value in party.items() if value}
    return known or ({"name": person["id"]} if person.get("id") else {})
