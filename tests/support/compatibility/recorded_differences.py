"""Where symbl-local's answers differ from recorded ones, key by key, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EMPTY_LISTS = "the lists that were recorded are empty; these are the keys of such items elsewhere"
NEWER = "the newer answers have it, and the vendor's newer programs read it; both generations are given at once"
LATER = "recorded of conversations before September 2022, since when it is there"
DIFFERENCES: Mapping[tuple[str, str], str] = {
    ("action_items", "$.actionItems[].dueBy"): "recorded of follow-ups, and in the vendor's own model of action items",
    (
        "action_items",
        "$.actionItems[].entities[].end",
    ): 'what follows "by" is a day here, and was a range',
    ("action_items", "$.actionItems[].entities[].value"): "a date has its text, which was recorded of follow-ups",
    ("comprehensive_action_items", "$.actionItems[].dueBy"): "as of action items",
    ("comprehensive_action_items", "$.actionItems[].entities[].offset"): EMPTY_LISTS,
    ("comprehensive_action_items", "$.actionItems[].entities[].text"): EMPTY_LISTS,
    ("comprehensive_action_items", "$.actionItems[].entities[].type"): EMPTY_LISTS,
    ("comprehensive_action_items", "$.actionItems[].entities[].value"): EMPTY_LISTS,
    ("comprehensive_action_items", "$.actionItems[].phrases[].text"): EMPTY_LISTS,
    ("comprehensive_action_items", "$.actionItems[].phrases[].type"): EMPTY_LISTS,
    ("conversations", "$.conversations[].members[].id"): "a member is shown as in a single conversation, which has it",
    ("entities", "$.entities[].category"): NEWER,
    ("entities", "$.entities[].id"): NEWER,
    ("entities", "$.entities[].matches"): NEWER,
    ("entities", "$.entities[].subType"): NEWER,
    ("follow_ups", "$.followUps[].phrases[].text"): EMPTY_LISTS,
    ("follow_ups", "$.followUps[].phrases[].type"): EMPTY_LISTS,
    ("messages", "$.messages[].duration"): LATER,
    ("messages", "$.messages[].phrases[].text"): EMPTY_LISTS,
    ("messages", "$.messages[].phrases[].type"): EMPTY_LISTS,
    ("messages", "$.messages[].timeOffset"): LATER,
    ("messages_verbose", "$.messages[].duration"): LATER,
    ("messages_verbose", "$.messages[].from.id"): "recorded of all other messages whose speaker is known",
    ("messages_verbose", "$.messages[].timeOffset"): LATER,
    (
        "messages_verbose",
        "$.messages[].words",
    ): "a page of the vendor's leaves them out; answers have them",
    ("summary", "$.summary[].endTime"): "the vendor's Go SDK reads it",
    ("summary", "$.summary[].startTime"): "the vendor's Go SDK reads it",
}
"""By read and key."""
