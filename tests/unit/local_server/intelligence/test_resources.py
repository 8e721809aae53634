"""Topics, trackers, analytics, summaries and overviews of whole conversations."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.intelligence import resources
from airflow_provider_symbl.local_server.intelligence.key_phrases import key_phrase_spans
from airflow_provider_symbl.local_server.store.records import AnalysisOptions, Message, Tracker
from tests.unit.local_server.intelligence.sample_views import START, identity, member, part, said, view, view_of_parts

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationView

CALL = (
    ("Agent", "Thank you for calling the billing team. What can I do for you today?"),
    ("Customer", "I looked at my bank statement, and you charged me twice for the same invoice."),
    ("Agent", "You are right, and I apologize. I will refund the second payment this afternoon."),
    ("Customer", "How long does it take before the money is back in my account?"),
    ("Agent", "Your bank needs three days. I will also ask our finance team why this happened."),
    ("Customer", "That sounds good. Thank you for your help."),
)


def topics(of: ConversationView, **asked: Any) -> list[dict[str, Any]]:
    """Give the topics of a conversation."""
    found: Any = resources.topics(of, **asked)["topics"]
    return list(found)


def test_topics_are_what_it_is_about_and_the_surest_comes_first() -> None:
    """Pleasantries, days and names of members are none."""
    found = topics(view(*CALL))
    texts = [topic["text"] for topic in found]
    assert {"billing team", "bank statement", "invoice"} <= set(texts)
    assert not {"today", "thank", "Agent", "three", "calling"} & set(texts)
    assert [topic["score"] for topic in found] == sorted((topic["score"] for topic in found), reverse=True)
    assert next(topic for topic in found if topic["text"] == "bank")["messageIds"] == [identity(1), identity(4)]


def test_topics_have_parents_and_sentiment_where_asked() -> None:
    """A parent is a longer topic with the same words."""
    bank = next(topic for topic in topics(view(*CALL), parent_refs=True, sentiment=True) if topic["text"] == "bank")
    assert bank["parentRefs"] == [{"type": "topic", "text": "bank statement"}]
    assert bank["sentiment"]["suggested"] == "neutral"
    assert all("sentiment" not in topic and not topic["parentRefs"] for topic in topics(view(*CALL)))


def test_the_clients_own_words_are_topics_where_they_occur() -> None:
    """They are the surest; those that nobody said are not shown."""
    found = topics(view(*CALL), vocabulary=["Finance Team", "mortgage", "  "])
    assert (found[0]["text"], found[0]["score"], found[0]["messageIds"]) == ("finance team", 1.0, [identity(4)])
    assert "mortgage" not in {topic["text"] for topic in found}


def test_topics_are_left_out_of_parts_that_ask_for_surer_ones() -> None:
    """The same words may be a topic in one part alone."""
    lax, strict = part(CALL, threshold=0.0), part(CALL, first=10, threshold=1.0)
    shown = {message_id for topic in topics(view_of_parts(lax, strict)) for message_id in topic["messageIds"]}
    assert shown <= {identity(number) for number in range(10)}
    assert topics(view_of_parts(strict)) == []


def test_abstract_topics_are_those_that_messages_share() -> None:
    """They have their own type, and no parents."""
    found: Any = resources.abstract_topics(view(*CALL))["abstractTopics"]
    assert {"bank"} <= {topic["text"] for topic in found}
    assert all(len(topic["messageIds"]) >= 2 and topic["type"] == "abstract_topic" for topic in found)
    assert all(set(topic) == {"id", "text", "type", "score", "messageIds"} for topic in found)


def test_a_tracker_tells_each_place_and_the_insights_there() -> None:
    """In whatever case, at word boundaries; one tracker of two parts is one."""
    tracker = Tracker(identity("t"), "Refunds", ("Refund", "second payment", "never said"))
    first = part([("Ann Lee", "Well. I will refund the SECOND  payment. Refunds!")], trackers=(tracker,))
    second = part([("Bob Fox", "No refund.")], first=1, trackers=(tracker,))
    (found,) = resources.trackers(view_of_parts(first, second, part([("Ann Lee", "Refund.")], first=2)))
    assert (found["id"], found["name"]) == (tracker.id, "Refunds")
    matches: Any = found["matches"]
    assert [match["value"] for match in matches] == ["Refund", "second payment"]
    assert [(ref["id"], ref["offset"]) for ref in matches[0]["messageRefs"]] == [
        (identity(0), 13),
        (identity(1), 3),
    ]
    (near,) = matches[0]["insightRefs"]
    assert (near["type"], near["text"], near["offset"]) == ("action_item", "I will refund the SECOND  payment.", 7)


def test_nothing_but_talking_is_measured_in_other_languages() -> None:
    """Insights are found in English alone (contract, section 2.8)."""
    tracker = Tracker(identity("t"), "Bank", ("bank",))
    spoken = view(*CALL, language="de", entities=True, phrases=True, trackers=(tracker,))
    for read in (
        resources.insights,
        resources.topics,
        resources.entities,
        resources.summary,
        resources.abstract_topics,
    ):
        assert list(read(spoken).values()) == [[]]
    assert resources.trackers(spoken) == []
    assert key_phrase_spans(spoken, only_insights=False) == {}
    assert resources.phrases(spoken.messages[2], AnalysisOptions(phrases=True, language="de")) == []
    measured: Any = resources.analytics(spoken)["members"]
    assert len(measured) == 2


def times(*spans: tuple[str | None, float, float]) -> ConversationView:
    """Make a conversation of messages of two words at given seconds."""
    messages = tuple(
        Message(
            identity(number),
            "two words",
            START + timedelta(seconds=start),
            START + timedelta(seconds=end),
            member_id=name and identity(name),
        )
        for number, (name, start, end) in enumerate(spans)
    )
    known = {found.id: found for name, _, _ in spans if (found := member(name))}
    whole = replace(part([]), messages=messages, members=tuple(known.values()), end=START + timedelta(seconds=20))
    return view_of_parts(whole)


def test_analytics_measure_talk_silence_and_overlap() -> None:
    """Time is counted once, however many talk; overlap takes two of them."""
    measured: Any = resources.analytics(times(("Ann", 0, 4), ("Ann", 3, 5), ("Bob", 4, 8), (None, 10, 12)))
    assert measured["metrics"] == [
        {"type": "total_silence", "percent": 50, "seconds": 10},
        {"type": "total_talk_time", "percent": 50, "seconds": 10},
        {"type": "total_overlap", "percent": 5, "seconds": 1},
    ]
    ann, bob, _ = measured["members"]
    assert (ann["name"], ann["pace"], ann["overlap"]) == ("Ann", {"wpm": 48}, {})
    assert ann["talkTime"] == {"percentage": 25, "seconds": 5}
    assert bob["listenTime"] == {"percentage": 30, "seconds": 6}


def test_who_is_not_known_is_one_member_without_an_id() -> None:
    """So the list is never empty where anything was said; whole numbers are written without a fraction."""
    measured: Any = resources.analytics(times((None, 0, 10), (None, 10, 20)))
    assert json.dumps(measured["members"]) == json.dumps(
        [
            {
                "name": "unknown_speaker",
                "pace": {"wpm": 12},
                "talkTime": {"percentage": 100, "seconds": 20},
                "listenTime": {"percentage": 0, "seconds": 0},
                "overlap": {},
            }
        ]
    )


def test_times_that_go_backwards_or_stand_still_break_nothing() -> None:
    """They count as no time."""
    measured: Any = resources.analytics(times(("Ann", 5, 3), ("Bob", 2, 2), ("Ann", 2, 2)))
    assert [metric["seconds"] for metric in measured["metrics"]] == [20, 0, 0]
    assert all(talking["pace"] == {"wpm": 0} for talking in measured["members"])


def test_a_summary_has_sentences_that_were_said_in_order() -> None:
    """What is to be done belongs into it; questions do not."""
    found: Any = resources.summary(view(*CALL))["summary"]
    texts = [sentence["text"] for sentence in found]
    assert "I will refund the second payment this afternoon." in texts
    assert not any(text.endswith("?") for text in texts)
    whole = " ".join(text for _, text in CALL)
    places = [whole.index(text) for text in texts]
    assert places == sorted(places)


def test_a_conversation_of_two_sentences_has_no_summary() -> None:
    """It is one."""
    assert resources.summary(view(("Ann", "The billing team has sent the invoice. I will pay it."))) == {"summary": []}


def test_an_overview_pairs_questions_with_what_another_said_next() -> None:
    """And lists what is to be done, who was there, and how it sounded."""
    (overview,) = resources.lm_insights(view(*CALL, ("Customer", "Are you there?")))
    pairs: Any = overview["callQuestionAndAnswers"]
    assert [(pair["questionBy"], pair["answer"]) for pair in pairs["questionsAndAnswers"]] == [
        ("Agent", CALL[1][1]),
        ("Customer", CALL[4][1]),
    ]
    steps: Any = overview["callNextSteps"]
    assert [step["step"] for step in steps["nextSteps"]] == [
        "I will refund the second payment this afternoon.",
        "I will also ask our finance team why this happened.",
    ]
    attendees: Any = overview["attendees"]
    assert [each["name"] for each in attendees] == ["Agent", "Customer"]
    moods: Any = overview["callSentiment"]
    assert moods["chunks"][5]["sentiment"] == "positive"


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("I am very happy, thank you!", "positive"),
        ("This is terrible and I hate it.", "negative"),
        ("The table is made of wood.", "neutral"),
        ("", "neutral"),
        ("I hate it. " * 500, "negative"),
    ],
)
def test_a_message_has_a_sentiment(text: str, suggested: str) -> None:
    """Also an empty one, and a long one."""
    found: Any = resources.message_sentiment(text)
    assert found["suggested"] == suggested
    assert -1 <= found["polarity"]["score"] <= 1


def test_key_phrases_are_marked_in_insights_or_everywhere() -> None:
    """Phrases of what is to be done, and topics; each text between the marks was said."""
    spoken = view(*CALL)
    every, few = (key_phrase_spans(spoken, only_insights=only) for only in (False, True))
    text = CALL[2][1]
    assert [text[start:end] for start, end in few[identity(2)]] == ["refund the second payment this afternoon"]
    assert identity(1) in every
    assert set(few) <= {identity(number) for number in (0, 2, 3, 4)}


def test_phrases_are_found_only_where_they_are_wanted() -> None:
    """As they were said."""
    message = said("Well, I will refund the payment, and then I will send the report.").messages[0]
    wanted = resources.phrases(message, AnalysisOptions(phrases=True))
    assert [phrase["text"] for phrase in wanted] == ["refund the payment", "send the report"]
    assert resources.phrases(message, AnalysisOptions()) == []


def test_an_empty_conversation_has_nothing() -> None:
    """Its measures are zero."""
    empty = view_of_parts()
    reading = (
        *(
            resources.topics,
            resources.questions,
            resources.action_items,
            resources.follow_ups,
            resources.insights,
            resources.entities,
        ),
        *(resources.abstract_topics, resources.comprehensive_action_items, resources.summary),
    )
    for read in reading:
        assert list(read(empty).values()) == [[]]
    assert (resources.trackers(empty), resources.lm_insights(empty)) == ([], [])
    measured: Any = resources.analytics(empty)
    assert [(member["name"], member["talkTime"]["seconds"]) for member in measured["members"]] == [
        ("unknown_speaker", 0)
    ]
    assert all(metric["percent"] == metric["seconds"] == 0 for metric in measured["metrics"])
