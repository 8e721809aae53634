"""Whatever people say, what is found refers to it, and reading it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_symbl.local_server.intelligence import resources
from airflow_provider_symbl.local_server.intelligence.key_phrases import key_phrase_spans
from airflow_provider_symbl.local_server.intelligence.language.cues import lowered
from airflow_provider_symbl.local_server.store.records import CustomEntity, Tracker
from tests.support.sizes import SIZES
from tests.unit.local_server.intelligence.sample_views import identity, view

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView

WORDS = st.sampled_from(
    [
        *(
            "I will",
            "send",
            "the parcel",
            "tomorrow",
            "at 3 pm",
            "we need to",
            "call you back",
            "please",
            "Ann",
            "Bob Fox,",
        ),
        *(
            "can you",
            "next week",
            "is it",
            "?",
            ".",
            "!",
            "1,200",
            "in two days",
            "June 2027",
            "the 31st",
            "don\u2019t",
            "İ",
        ),
        *(
            "\ud800",
            "😀",
            "\u202e\u0634\u0643\u0631\u0627",
            "\n",
            "\t",
            "<b>",
            "\x00",
            "999 years ago",
            "9/9/1999",
            "in 999 years",
        ),
    ]
)
TEXTS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=12).map(" ".join),
    st.text(st.characters(exclude_categories=()), min_size=1, max_size=60),
)
TURNS = st.lists(st.tuples(st.sampled_from(["Ann Lee", "Bob Fox", "Will", None]), TEXTS), max_size=6)
WANTED: dict[str, Any] = {
    "entities": True,
    "phrases": True,
    "trackers": (Tracker(identity("t"), "Parcels", ("parcel", "the parcel", "you.")),),
    "custom_entities": (CustomEntity("Thing", "parcel"), CustomEntity("Face", "😀")),
}


def everything(spoken: ConversationView) -> dict[str, Any]:
    """Read all there is."""
    return {
        **resources.topics(spoken, sentiment=True, parent_refs=True, vocabulary=["the parcel", "😀"]),
        **resources.insights(spoken),
        **resources.action_items(spoken),
        **resources.entities(spoken),
        **resources.analytics(spoken),
        **resources.summary(spoken),
        "trackers": resources.trackers(spoken),
        "overview": resources.lm_insights(spoken),
        "spans": dict(key_phrase_spans(spoken, only_insights=False)),
        "sentiments": [resources.message_sentiment(message.text) for message in spoken.messages],
    }


@settings(max_examples=SIZES.generated_texts, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TURNS, st.floats(0, 1), st.integers(-1440, 1440))
def test_everything_found_refers_to_what_was_said(
    turns: list[tuple[str | None, str]], threshold: float, off: int
) -> None:
    """Texts are in their messages, offsets point at them, and all of it is JSON, and the same once more."""
    spoken = view(*turns, threshold=threshold, minutes_off_utc=off, **WANTED)
    texts = {message.id: message.text for message in spoken.messages}
    found = everything(spoken)
    assert json.dumps(found, allow_nan=False) == json.dumps(everything(spoken), allow_nan=False)
    for insight in found["insights"]:
        assert insight["score"] >= threshold
        assert all(insight["text"] in texts[message_id] for message_id in insight["messageIds"])
        assert all(phrase["text"] in insight["text"] for phrase in insight.get("phrases", ()))
        for entity in insight.get("entities", ()):
            place = slice(entity["offset"], entity["offset"] + len(entity["text"]))
            assert lowered(insight["text"][place]) == lowered(entity["text"])
    for topic in found["topics"]:
        assert threshold <= topic["score"] <= 1
        assert topic["messageIds"]
        assert set(topic["messageIds"]) <= set(texts)
    for entity in found["entities"]:
        for ref in entity["messageRefs"]:
            said = texts[ref["id"]][ref["offset"] :][: len(entity["text"])]
            assert lowered(said) == lowered(entity["text"])
    for sentence in found["summary"]:
        assert sentence["text"] in texts[sentence["messageRefs"][0]["id"]]


@settings(max_examples=SIZES.generated_texts, deadline=None)
@given(TURNS)
def test_marks_and_places_are_in_order_and_shares_are_shares(turns: list[tuple[str | None, str]]) -> None:
    """Marks do not overlap; percents lie between 0 and 100."""
    spoken = view(*turns, **WANTED)
    texts = {message.id: message.text for message in spoken.messages}
    for message_id, spans in key_phrase_spans(spoken, only_insights=False).items():
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(edges)
        assert all(start < end <= len(texts[message_id]) for start, end in spans)
    for match in (match for tracker in resources.trackers(spoken) for match in _matches(tracker)):
        for ref in match["messageRefs"]:
            said = " ".join(texts[ref["id"]][ref["offset"] :].split()).lower()
            assert ref["offset"] == -1 or said.startswith(match["value"])
    measured: Any = resources.analytics(spoken)
    assert all(0 <= metric["percent"] <= 100 for metric in measured["metrics"])
    assert all(0 <= talking["talkTime"]["percentage"] <= 100 for talking in measured["members"])
    assert all(0 <= talking["listenTime"]["percentage"] <= 100 for talking in measured["members"])


def _matches(tracker: dict[str, Any]) -> list[dict[str, Any]]:
    return list(tracker["matches"])


@pytest.mark.parametrize(
    ("piece", "share"),
    [
        *((piece, 1) for piece in ("a ", "I will ", "???")),
        *((piece, 5) for piece in ("could you ", "1 ", "\t", "😀", "tomorrow at 3 pm ", "will meet ", "please also ")),
    ],
)
def test_a_long_run_of_the_same_is_read_to_its_end(piece: str, share: int) -> None:
    """No pattern goes back and forth in it, and the answer is no larger than it needs to be."""
    text = piece * (SIZES.long_text_characters // share // len(piece))
    spoken = view(("Ann Lee", text), entities=True, phrases=True)
    assert (
        len(json.dumps([resources.insights(spoken), resources.entities(spoken), resources.summary(spoken)])) < 2_000_000
    )
