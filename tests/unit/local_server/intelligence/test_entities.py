"""Entities: times, numbers, people, and the client's own."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_symbl.local_server.intelligence import resources
from airflow_provider_symbl.local_server.store.records import CustomEntity
from tests.unit.local_server.intelligence.sample_views import identity, part, said, view_of_parts


def found_in(*texts: str, **wanted: Any) -> list[dict[str, Any]]:
    """Give the entities of what Ann Lee says."""
    found: Any = resources.entities(said(*texts, **{"entities": True, **wanted}))["entities"]
    return list(found)


@pytest.mark.parametrize(
    ("text", "kind", "said_as", "value"),
    [
        ("It is due on Monday.", "date", "Monday", "2026-03-09"),
        ("It was due on Monday.", "date", "Monday", "2026-03-02"),
        ("See you tomorrow morning.", "date", "tomorrow morning", "2026-03-05"),
        ("It broke last night.", "date", "last night", "2026-03-03"),
        ("Until March 3rd, 2027, please.", "date", "March 3rd, 2027", "2027-03-03"),
        ("On the 15th then.", "date", "the 15th", "2026-03-15"),
        ("Ready in two weeks.", "date", "in two weeks", "2026-03-18"),
        ("By 2026-05-01.", "date", "2026-05-01", "2026-05-01"),
        ("Tomorrow at 3 pm.", "datetime", "Tomorrow at 3 pm", "2026-03-05T15:00:00.000Z"),
        ("Come at noon.", "datetime", "noon", "2026-03-04T12:00:00.000Z"),
        ("Back in an hour.", "datetime", "in an hour", "2026-03-04T11:00:00.000Z"),
        ("Sometime next week.", "daterange", "next week", ("2026-03-09", "2026-03-16")),
        ("Over the weekend.", "daterange", "the weekend", ("2026-03-07", "2026-03-09")),
        ("It was last month.", "daterange", "last month", ("2026-02-01", "2026-03-01")),
        ("All of next year.", "daterange", "next year", ("2027-01-01", "2028-01-01")),
        ("A week of June.", "daterange", "June", ("2026-06-01", "2026-07-01")),
        ("Since February we know.", "daterange", "February", ("2027-02-01", "2027-03-01")),
        ("It was slow in December.", "daterange", "December", ("2025-12-01", "2026-01-01")),
        ("Ready by June 2028.", "daterange", "June 2028", ("2028-06-01", "2028-07-01")),
        ("It costs 1,200.50 euros.", "currency", "1,200.50 euros", "1,200.50 euros"),
        ("About 2.5 million of them.", "number", "2.5 million", "2.5 million"),
        ("Twenty-five thousand came.", "number", "Twenty-five thousand", "twenty-five thousand"),
        ("A hundred came.", "number", "A hundred", "a hundred"),
        ("We asked Bob about it.", "person", "Bob", "bob fox"),
        ("Sarah Miller called.", "person", "Sarah Miller", "sarah miller"),
        ("We moved to Rotterdam.", "location", "Rotterdam", "rotterdam"),
        ("i live in germany", "location", "germany", "germany"),
        ("I work at Acme Corp.", "organization", "Acme Corp", "acme corp"),
        ("It lasts two and a half hours.", "duration", "two and a half hours", "two and a half hours"),
    ],
)
def test_an_entity_has_its_meaning(text: str, kind: str, said_as: str, value: str | tuple[str, str]) -> None:
    """What was said is quoted in lower case, and its place is right; a range has its ends in place of a value."""
    (entity,) = found_in(text)
    meaning = entity["value"] if "value" in entity else (entity["start"], entity["end"])
    assert (entity["type"], entity["text"], meaning) == (kind, said_as.lower(), value)
    (ref,) = entity["messageRefs"]
    assert ref == {"id": identity(0), "text": text, "offset": text.index(said_as)}


@pytest.mark.parametrize(
    "text",
    [
        "You may go.",
        "They march on.",
        "One of us.",
        "Call 555-1234.",
        "Version 1.2.3.",
        "February 31st.",
        "So bob it.",
        "",
    ],
)
def test_other_words_are_no_entities(text: str) -> None:
    """Numbers with dashes or more dots are something else; the days of February end."""
    assert [entity for entity in found_in(text) if entity["type"] != "number" or text[0] in "CV"] == []


def test_a_range_has_its_ends() -> None:
    """The end is the day behind it, and there is no value beside them."""
    (entity,) = found_in("Next week.")
    assert (entity["start"], entity["end"]) == ("2026-03-09", "2026-03-16")
    assert "value" not in entity


def test_an_entity_can_be_read_by_clients_of_both_generations() -> None:
    """The same places under the keys of 2022 and of 2023, custom ones in their own category."""
    custom = CustomEntity("Product", "acme  rocket", "R-1")
    (entity,) = found_in("An Acme Rocket.", "Two\tACME\nrocketry, an acme rocket!", custom_entities=(custom,))[:1]
    assert (entity["type"], entity["customType"], entity["value"], entity["text"]) == (
        "custom",
        "Product",
        "R-1",
        "Acme Rocket",
    )
    assert (entity["category"], entity["subType"]) == ("Custom", "Product")
    ((match),) = entity["matches"]
    assert match["detectedValue"] == "Acme Rocket"
    keys = ("id", "text", "offset")
    assert [{key: ref[key] for key in keys} for ref in match["messageRefs"]] == entity["messageRefs"]
    assert [ref["offset"] for ref in entity["messageRefs"]] == [3, 22]


def test_a_custom_entity_may_be_without_letters() -> None:
    """It is found as it is."""
    (entity,) = found_in("So 🚀🚀 it goes.", custom_entities=(CustomEntity("Mood", "🚀🚀"),))
    assert (entity["value"], entity["messageRefs"][0]["offset"]) == ("🚀🚀", 3)


def test_entities_are_found_only_where_they_are_wanted() -> None:
    """Part by part."""
    wanting, other = part([("Ann Lee", "Five.")], entities=True), part([("Ann Lee", "Six.")], first=1)
    found: Any = resources.entities(view_of_parts(wanting, other))["entities"]
    assert [entity["value"] for entity in found] == ["five"]


def test_a_message_of_nothing_but_numbers_has_a_bounded_answer() -> None:
    """At most 200, each with no more than a thousand characters of the message."""
    found = found_in(" ".join(str(number) for number in range(20_000)))
    assert len(found) == 200
    assert all(len(entity["messageRefs"][0]["text"]) == 1000 for entity in found)
