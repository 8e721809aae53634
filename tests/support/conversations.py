"""Conversations as Symbl answers them, of any kind: what people say, how it is timed and who is known to speak."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from airflow_provider_symbl.client.models import Conversation, Insight, Member, Message, SummarySentence, Topic
from airflow_provider_symbl.results.document import Document, assemble

PIECES = st.sampled_from(
    [
        *("Good morning.", "👩‍👩‍👧‍👦 🇩🇪", "שלום עולם", "مرحبا", "é" * 3, "e\u0301\u0323", "\u202eabc\u202c", "日本語"),
        *(
            "-->",
            "00:00:01,000 --> 00:00:02,000",
            "<i>x</i>",
            "<v Ann>",
            "{\\an8}",
            "C:\\new\\Nodes",
            "&amp; &lt;",
            "a < b > c",
        ),
        *(
            "*x* _y_ `z` [a](b) ![c](d) ~~e~~ |f|",
            "# title",
            "- item",
            "1. one",
            "> quote",
            "---",
            "===",
            "42",
            "http://x.example",
        ),
        *(
            "\n\n",
            "\r\n",
            "\t",
            "\u2028",
            "\x00",
            "\x1b[31m",
            "\ufeff",
            "\x85",
            "\ud83d",
            "NOTE",
            "WEBVTT",
            "  two  ",
            "\xa0",
        ),
    ]
)
TEXTS = st.one_of(
    st.lists(st.one_of(PIECES, st.text(max_size=20)), min_size=1, max_size=5).map(" ".join),
    st.sampled_from(["", " ", "\n", "\x00"]),
    st.integers(0, 3).map(lambda number: f"{number} word " * 3000),
)
NAMES = st.one_of(
    st.sampled_from(["", "Ann", "Bob: the <second>", "a & b", "Ann\nLee", "{x}", "**", "العربية"]), st.text(max_size=12)
)
TIMES = st.one_of(st.none(), st.floats(0, 36_000), st.sampled_from([0, 5, 5.0005, 36_000]))
BEGAN = "2026-01-31T09:30:00.000Z"


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw the document of a conversation."""
    people = [
        {"id": str(number), "name": draw(NAMES), "email": f"p{number}@example.com" if number % 3 else ""}
        for number in range(draw(st.sampled_from([0, 1, 2, 3, 40])))
    ]
    speakers = st.sampled_from(
        [{}, None, *({"id": one["id"]} for one in people), *people, {"name": "Guest"}, {"email": "g@x.org"}]
    )
    said: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 8))):
        offset = draw(TIMES)
        given = {"timeOffset": offset, "duration": draw(TIMES) if offset is not None else None}
        message = {"id": str(number), "text": draw(TEXTS), "from": draw(speakers)}
        said.append(message | {key: value for key, value in given.items() if value is not None})
    conversation = Conversation.from_json(
        {"id": "4815162342", "name": draw(NAMES), "startTime": draw(st.sampled_from([BEGAN, "", None]))}
    )
    found = [{"id": "1", "text": draw(TEXTS), "assignee": draw(speakers), "messageIds": ["0"]}]
    reads = {
        "messages": [Message.from_json(message) for message in said],
        "members": [Member.from_json(person) for person in people],
        "summary": [SummarySentence.from_json({"id": "1", "text": draw(TEXTS)})],
        "topics": [Topic.from_json({"id": "1", "text": draw(TEXTS)})],
        "action_items": [Insight.from_json(item) for item in found],
    }
    recording = draw(st.sampled_from([None, {"path": "s3://b/a b.wav", "sha256": "ab" * 32, "duration": 3.5}]))
    return assemble(conversation, reads, recording, keep_raw=draw(st.booleans()))  # type: ignore[arg-type]  # as callers give it
