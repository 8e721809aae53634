"""Questions, action items and follow-ups: what is one, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_symbl.local_server.intelligence import resources
from tests.unit.local_server.intelligence.sample_views import identity, part, said, view, view_of_parts


def only(shape: dict[str, Any]) -> dict[str, Any]:
    """Give the one thing that was found."""
    ((found,),) = shape.values()
    assert isinstance(found, dict)
    return found


def kinds(text: str) -> list[object]:
    """Give the types of what Ann Lee's text is, at any score."""
    found: Any = resources.insights(said(text, threshold=0.0))["insights"]
    return [insight["type"] for insight in found]


@pytest.mark.parametrize(
    "text",
    [
        "I will send the report.",
        "I\N{RIGHT SINGLE QUOTATION MARK}ll fix the login page.",
        "I'm going to update the plan tonight.",
        "We need to test the release.",
        "We'll deploy it after lunch.",
        "Let's order two more licences.",
        "Please send me the invoice.",
        "You should check the logs.",
        "Bob will write the minutes.",
        "I suggest that we test the app.",
        "İ know, I will clean it.",
    ],
)
def test_what_somebody_is_to_do_is_an_action_item(text: str) -> None:
    """Promises, plans and requests, typographic apostrophes and odd capitals included."""
    assert kinds(text) == ["action_item"]


@pytest.mark.parametrize(
    "text",
    [
        "I'll call you back.",
        "I will let you know.",
        "Let's circle back on this.",
        "We should schedule a demo with the board.",
        "Please send me a message when it leaves.",
        "We will meet again next Wednesday.",
        "Talk to you tomorrow.",
        "John, follow up with them.",
        "I will share the notes and get back to you next week.",
    ],
)
def test_arranging_to_speak_again_is_a_follow_up(text: str) -> None:
    """And it is no action item besides."""
    assert kinds(text) == ["follow_up"]


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("Is it ready?", 1.0),
        ("Ready?", 0.8),
        ("When will I get it", 0.6),
        ('"Is it there?"', 0.8),
        ("What is the price", 0.6),
    ],
)
def test_a_question_is_told_by_its_end_and_its_beginning(text: str, score: float) -> None:
    """Both together are surest."""
    found = only(resources.questions(said(text)))
    assert (found["text"], found["type"], found["score"]) == (text, "question", score)
    assert found["from"] == {"id": identity("Ann Lee"), "name": "Ann Lee"}


@pytest.mark.parametrize(
    "text",
    [
        "I'll be honest with you.",
        "I will not send it.",
        "If I will need it, fine.",
        "Let's see.",
        "Let's get back to work.",
        "I met him again yesterday.",
        "Thanks for following up.",
        "We are behind schedule.",
        "What we need to know is simple.",
        "This is the second time.",
        "Do it now!",
        "He said I will fail.",
        "Yes, please.",
        "I would love to have it on my phone.",
        "???",
        "",
    ],
)
def test_other_sentences_are_none(text: str) -> None:
    """Neither what happened nor what is merely said of the future."""
    assert kinds(text) == []


def test_a_request_may_be_a_question_too() -> None:
    """It asks, and it asks for something."""
    assert kinds("Bob, can you write a report?") == ["question", "action_item"]


@pytest.mark.parametrize(
    ("text", "assignee", "definitive"),
    [
        ("I will send it.", "Ann Lee", True),
        ("Maybe I will send it.", "Ann Lee", False),
        ("I need to finish the plan.", "Ann Lee", False),
        ("We will ship it.", None, True),
        ("Bob, please send the invoice.", "Bob Fox", False),
        ("Bob could you send the invoice?", "Bob Fox", False),
        ("Please send the invoice, Bob.", "Bob Fox", False),
        ("Bob Fox should write it down.", "Bob Fox", False),
        ("Please send the invoice.", None, False),
    ],
)
def test_an_action_item_says_who_is_to_do_it(text: str, assignee: str | None, definitive: bool) -> None:  # noqa: FBT001 - a column of the table
    """Speakers promise for themselves; others are named, or nobody is."""
    found = only(resources.action_items(said(text)))
    assert found["assignee"].get("name") == assignee
    assert found["definitive"] is definitive


@pytest.mark.parametrize(
    ("text", "minutes", "due"),
    [
        ("I will send it by Friday.", 0, "2026-03-06T23:59:00.000Z"),
        ("I will send it by Friday.", -300, "2026-03-07T04:59:00.000Z"),
        ("I will send it tomorrow at 3 pm.", 60, "2026-03-05T14:00:00.000Z"),
        ("I will send it next week.", 0, "2026-03-15T23:59:00.000Z"),
        ("I will fix what broke yesterday.", 0, None),
        ("I will send it.", 0, None),
    ],
)
def test_an_action_item_is_due_when_it_says_so(text: str, minutes: int, due: str | None) -> None:
    """A day lasts until its last minute, where the speaker is."""
    found = only(resources.action_items(said(text, minutes_off_utc=minutes)))
    assert found.get("dueBy") == due


def test_an_action_item_has_the_phrases_and_entities_that_were_asked_for() -> None:
    """Both lie in its text; without being asked for, there are none."""
    text = "Thanks. I will also send Bob the two reports on Friday, and wait."
    found = only(resources.action_items(said(text, phrases=True, entities=True)))
    assert found["text"] == "I will also send Bob the two reports on Friday, and wait."
    assert found["phrases"] == [{"type": "action_phrase", "text": "send Bob the two reports on Friday"}]
    bob = found["entities"][0]["value"]
    assert (bob["assignee"], bob["name"]) == (False, "Bob Fox")
    assert [(entity["type"], entity["text"], entity["value"]) for entity in found["entities"]] == [
        ("person", "Bob", {"assignee": False, "id": identity("Bob Fox"), "name": "Bob Fox"}),
        ("number", "two", "two"),
        ("date", "friday", "2026-03-06"),
    ]
    lowered = found["text"].lower()
    assert all(lowered.startswith(entity["text"].lower(), entity["offset"]) for entity in found["entities"])
    plain = only(resources.action_items(said(text)))
    assert (plain["phrases"], plain["entities"]) == ([], [])


def test_only_what_is_sure_enough_is_found() -> None:
    """Each part has its own threshold."""
    sure, unsure = "I will send the file.", "Maybe we should send the file."
    strict = part([("Ann Lee", sure), ("Ann Lee", unsure)], threshold=0.8)
    lax = part([("Bob Fox", unsure)], first=2, threshold=0.5)
    found: Any = resources.action_items(view_of_parts(strict, lax))["actionItems"]
    assert [(item["text"], item["messageIds"]) for item in found] == [(sure, [identity(0)]), (unsure, [identity(2)])]


def test_an_id_is_the_same_at_each_read_and_no_two_are_alike() -> None:
    """The same words in another message are another finding; twice in one message, they are one."""
    spoken = said("I will send it. I will send it.", "I will send it.")
    first: Any = resources.insights(spoken)["insights"]
    again: Any = resources.insights(replace(spoken))["insights"]
    assert [insight["id"] for insight in first] == [insight["id"] for insight in again]
    assert len({insight["id"] for insight in first}) == len(first) == 2


def test_comprehensive_action_items_refer_to_messages() -> None:
    """Apart from that, they are the action items."""
    spoken = said("I will send it.")
    item = only(resources.action_items(spoken))
    ids = item.pop("messageIds")
    assert only(resources.comprehensive_action_items(spoken)) == {**item, "messageRefs": [{"id": ids[0]}]}


def test_a_first_name_that_two_people_have_is_no_member() -> None:
    """The name is told, and nobody's id; one that is a word besides is a member where it is spoken to."""
    spoken = view(
        ("Ann Lee", "Ann, please send the file."), ("Ann Fox", "Will, please send the file."), ("Will Ray", "Hm.")
    )
    found: Any = resources.action_items(spoken)["actionItems"]
    assert [item["assignee"] for item in found] == [{"name": "Ann"}, {"id": identity("Will Ray"), "name": "Will Ray"}]


def test_who_is_named_need_not_take_part() -> None:
    """Then there is a name alone; the entity says that it is the assignee's."""
    found = only(resources.action_items(said("Vikram, you need to upload the slides to Bob.", entities=True)))
    assert found["assignee"] == {"name": "Vikram"}
    assert [(entity["text"], entity["value"]) for entity in found["entities"]] == [
        ("Vikram", {"assignee": True, "name": "Vikram"}),
        ("Bob", {"assignee": False, "id": identity("Bob Fox"), "name": "Bob Fox"}),
    ]


def test_a_long_run_of_words_is_cut() -> None:
    """Recognised speech may have no full stop; a megabyte of it is no single sentence."""
    found: Any = resources.action_items(said("i will send it " * 60))["actionItems"]
    assert all(len(item["text"].split()) <= 60 for item in found)
