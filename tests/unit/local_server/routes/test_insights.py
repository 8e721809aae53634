"""Reads of insights: which calls there are, what they ask for, and when they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local

SAID = (
    "I will send the weekly report to Bob by Friday. What does the new phone cost?",
    "The weekly report is great. Let's discuss the phone next week.",
)
EMPTY: dict[str, Any] = {
    "topics": {"topics": []},
    "questions": {"questions": []},
    "action-items": {"actionItems": []},
    "follow-ups": {"followUps": []},
    "insights": {"insights": []},
    "entities": {"entities": []},
    "trackers": [],
    "trackers-detected": [],
    "abstract-topics": {"abstractTopics": []},
    "comprehensive/action-items": {"actionItems": []},
    "summary": {"summary": []},
}
"""What is answered where nothing is found."""
OTHERS = ("analytics", "lm-insights", "lm-insights/status", "callscore/status")


def status(local: Local, ids: dict[str, str], what: str, **query: Any) -> tuple[int, Any]:
    """Read something that may be refused, and give status and answer."""
    answer = local.send("GET", f"/v1/conversations/{ids['conversationId']}/{what}", params=query)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("what", [*EMPTY, *OTHERS])
def test_nothing_is_found_in_an_unknown_conversation(local: Local, what: str) -> None:
    """The answer is the contract's own."""
    said = {"message": "The conversationId is either invalid or does not exist."}
    assert status(local, {"conversationId": "1234567890123456"}, what) == (404, said)


@pytest.mark.parametrize("what", EMPTY)
def test_nothing_is_found_where_nothing_is(at_once: Local, what: str) -> None:
    """An empty list, and no error."""
    assert status(at_once, at_once.text("Mm."), what) == (200, EMPTY[what])


@pytest.mark.parametrize("what", sorted(EMPTY.keys() - {"summary"}))
def test_nothing_is_found_before_the_job_is_completed(local: Local, what: str) -> None:
    """Reads are of what clients may see."""
    local.progress(by="polls", polls=2)
    ids = local.text(*SAID, detectEntities=True, trackers=[{"name": "Phone", "vocabulary": ["phone"]}])
    assert status(local, ids, what) == (200, EMPTY[what])


@pytest.mark.parametrize(
    ("what", "key"),
    [
        ("questions", "questions"),
        ("action-items", "actionItems"),
        ("follow-ups", "followUps"),
        ("insights", "insights"),
        ("topics", "topics"),
        ("entities", "entities"),
        ("comprehensive/action-items", "actionItems"),
        ("summary", "summary"),
    ],
)
def test_insights_of_each_kind_are_under_their_own_path(at_once: Local, what: str, key: str) -> None:
    """Each of the contract's reads gives something of a conversation that has everything."""
    ids = at_once.text(*SAID, detectEntities=True)
    assert at_once.of(ids, what)[key]


def test_a_second_read_finds_the_same(at_once: Local) -> None:
    """By the same ids: insights are computed anew each time."""
    ids = at_once.text(*SAID, detectEntities=True)
    for what in EMPTY:
        assert at_once.of(ids, what) == at_once.of(ids, what)


def test_topics_have_sentiment_or_parents_where_asked(at_once: Local) -> None:
    """The two exclude each other; a refresh finds the same."""
    ids = at_once.text(*SAID)
    plain = at_once.of(ids, "topics")["topics"]
    assert all("sentiment" not in topic for topic in plain)
    felt = at_once.of(ids, "topics", sentiment="true")["topics"]
    assert all(topic["sentiment"]["suggested"] in {"negative", "neutral", "positive"} for topic in felt)
    assert at_once.of(ids, "topics", refresh="true")["topics"] == plain
    assert at_once.of(ids, "topics", parentRefs="true", sentiment="false")["topics"]
    said = {"message": '"parentRefs" is not allowed together with "sentiment"'}
    assert status(at_once, ids, "topics", parentRefs="true", sentiment="true") == (400, said)


@pytest.mark.parametrize("name", ["customTopicVocabulary", "customVocabulary"])
def test_topics_may_be_given(at_once: Local, name: str) -> None:
    """Under both names that the parameter has had."""
    ids = at_once.text(*SAID)
    insights = at_once.of(ids, "topics", **{name: '["next week"]'})["topics"]
    assert "next week" in {topic["text"] for topic in insights}


def test_topics_may_be_given_under_both_names_at_once(at_once: Local) -> None:
    """Neither hides the other."""
    ids = at_once.text(*SAID)
    query = {"customTopicVocabulary": '["next week"]', "customVocabulary": '["is great"]'}
    assert {topic["text"] for topic in at_once.of(ids, "topics", **query)["topics"]} >= {"next week", "is great"}


@pytest.mark.parametrize(
    ("what", "query", "said"),
    [
        ("topics", {"sentiment": "yes"}, '"sentiment" must be a boolean, but is "yes"'),
        ("topics", {"customTopicVocabulary": "x"}, '"customTopicVocabulary" must be one JSON text in the query string'),
        ("questions", {"verbose": "true"}, '"verbose" is not allowed'),
        ("summary", {"refresh": ""}, '"refresh" must be a boolean, but is ""'),
        ("messages", {"exclude": "[]"}, '"exclude" is not allowed'),
    ],
)
def test_a_bad_query_is_refused(at_once: Local, what: str, query: dict[str, str], said: str) -> None:
    """The answer names the parameter, what was given and what is allowed."""
    code, answer = status(at_once, at_once.text(*SAID), what, **query)
    assert code == 400
    assert answer["message"].startswith(said)


def test_there_is_no_summary_until_the_job_is_over(local: Local) -> None:
    """As with Symbl; an append takes it away until it is over too."""
    local.progress(by="polls", polls=1)
    said = (404, {"message": "There is no summary while a job of the conversation is not over."})
    ids = local.text(*SAID)
    assert status(local, ids, "summary") == said
    local.job(ids)
    assert local.of(ids, "summary", refresh="false")["summary"]
    later = local.append(ids["conversationId"], *SAID)
    assert status(local, ids, "summary") == said
    local.job(later)
    assert local.of(ids, "summary", refresh="true")["summary"]


def test_the_add_on_is_only_there_where_it_was_asked_for(at_once: Local) -> None:
    """By any of the conversation's jobs."""
    ids = at_once.text(*SAID)
    said = (404, {"message": "No job of this conversation asked for insights"})
    assert status(at_once, ids, "lm-insights") == said
    assert status(at_once, ids, "lm-insights/status") == said
    asked = at_once.append(ids["conversationId"], *SAID, features={"featureList": ["insights"]})
    at_once.append(ids["conversationId"], *SAID)
    (overview,) = at_once.of(ids, "lm-insights")
    assert overview["callSummary"]["executiveSummary"]
    assert at_once.of(ids, "lm-insights/status") == {"jobId": asked["jobId"], "status": "completed"}
    said = (404, {"message": "No job of this conversation asked for a call score"})
    assert status(at_once, ids, "callscore/status") == said


def test_an_add_on_begins_when_its_job_is_completed(local: Local) -> None:
    """Its status is read in turn, as the vendor's own sample does."""
    local.progress(by="polls", polls=2)
    ids = local.text(*SAID, features={"featureList": ["insights"]})
    said = (404, {"message": "There is no insights while a job of the conversation is not over."})
    assert local.of(ids, "lm-insights/status")["status"] == "scheduled"
    assert status(local, ids, "lm-insights") == said
    assert [local.job(ids)["status"] for _ in range(2)] == ["scheduled", "completed"]
    assert [local.of(ids, "lm-insights/status")["status"] for _ in range(2)] == ["scheduled", "completed"]
    assert len(local.of(ids, "lm-insights")) == 1


def test_an_add_on_fails_with_its_job(local: Local) -> None:
    """There is nothing to wait for then."""
    local.progress(by="at_once")
    local.send("POST", "/__local__/faults", json={"call": "POST /v1/process/text", "job": "failed"})
    ids = local.text(*SAID, features={"featureList": ["insights"]})
    assert local.of(ids, "lm-insights/status") == {"jobId": ids["jobId"], "status": "failed"}
    assert status(local, ids, "lm-insights") == (200, [])


def test_analytics_know_of_a_speaker_whom_nobody_knows(at_once: Local) -> None:
    """One member by Symbl's own name, without an id; whole numbers are written so, and the pace is one."""
    moments = {"startTime": "2026-03-01T11:00:00Z", "endTime": "2026-03-01T11:01:00Z"}
    ids = at_once.submit("text", json={"messages": [message("one two three four", **moments)]})
    answer = at_once.send("GET", f"/v1/conversations/{ids['conversationId']}/analytics")
    [member] = answer.json()["members"]
    assert member == {
        "name": "unknown_speaker",
        "pace": {"wpm": 4},
        "talkTime": {"percentage": 100, "seconds": 60},
        "listenTime": {"percentage": 0, "seconds": 0},
        "overlap": {},
    }
    assert ".0" not in answer.text


def test_a_tracker_refers_to_the_first_place_in_each_message(at_once: Local) -> None:
    """However often its phrase is said there."""
    trackers = [{"name": "Price", "vocabulary": ["price"]}]
    ids = at_once.text("The price, the price.", "Nothing.", "A price, a price.", trackers=trackers)
    [tracker] = at_once.of(ids, "trackers-detected")
    assert [ref["offset"] for ref in tracker["matches"][0]["messageRefs"]] == [4, 2]
    assert len(tracker["id"]) == 16
