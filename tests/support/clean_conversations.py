"""Conversations without secrets: sentences with prices, dates, counts and sites, made from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

    from airflow_provider_symbl.results.document import Document

SAID = dict(
    zip("0123456789", ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), strict=True)
)
FIRST = ("ann", "bob", "carla", "dmitri", "elif", "farid", "grace", "hiro", "ines", "jonas", "maria", "wei")


def clean_sentence(dice: random.Random) -> str:
    """Return a sentence with numbers in it that are nobody's, as people say them."""
    small, year, price = dice.randrange(2, 99), dice.randrange(1950, 2031), dice.randrange(100, 99999)
    item = dice.choice(["laptops", "tickets", "chairs", "licenses", "boxes", "seats", "phones", "cards"])
    month = dice.choice(["January", "March", "May", "June", "October", "November"])
    ordinal = dice.choice(["first", "second", "third", "fourth", "twenty first", "thirtieth"])
    tens = dice.choice(["twenty", "thirty", "forty", "fifty"])
    unit = dice.choice(["one", "two", "three", "five", "six", "nine"])
    said_year = dice.choice(["twenty twenty six", "nineteen eighty four", "two thousand and eight"])
    return dice.choice(
        [
            f"that comes to ${price:,}.{small:02} for {small} {item}",
            f"we shipped {price:,} {item} in {year} and {price * 7:,} in {year + 1}",
            f"the meeting is on {month} {small % 28 + 1}, {year}, at {small % 12 + 1}:{small % 60:02}",
            f"on {year}-{small % 12 + 1:02}-{small % 28 + 1:02} at {small % 24:02}:{small % 60:02}:{small % 59:02} it",
            f"the deadline is {small % 12 + 1}/{small % 28 + 1}/{year}, so {small} days are left",
            f"flight LH {price % 9000 + 100} leaves at {small % 24}:{small % 60:02} from gate B{small}",
            f"take flight {SAID['4']} {SAID['1']} {SAID['2']} to Boston, and row {tens} {unit}",
            "one two three testing, can you hear me",
            "testing one two one two, is this on",
            f"in {said_year} we had {small} people",
            f"between nineteen ninety {unit} and twenty {tens} {unit} it went up",
            "nobody bought at three dot com prices back then",
            "you can find it at example dot com",
            f"we looked at shop dot example dot com and the {unit} others",
            f"order number {price + 100000} is ready, that is {small} {item}",
            f"invoice {year}-{price:05} is over {price:,} euros, VAT {small % 20} percent",
            f"it was {tens} {unit} dollars, or {tens} {unit} fifty with tax",
            f"two hundred and {tens} {unit} people came, and then one hundred more",
            f"chapter {small}, pages {small * 3} to {small * 3 + 20}, and figure {small % 9}.{small % 7}",
            f"version {small % 9}.{small % 30}.{small} runs on 192.168.{small}.{small * 2 % 250}",
            f"the zip code is {price % 90000 + 10000} and the room is {small * 10}",
            f"the score was {small} to {small + 3}, then {small + 1} {small + 7} and {small + 9}",
            f"it grew from {small}.{small % 10} to {small + 5}.{small % 9} percent, about {price} units",
            f"please read the {ordinal} of the {unit} emails, then call me back",
            f"I'll be at the dot com conference at {unit} and at home by {small % 12 + 1}",
            f"count with me: one, two, three, four, five, and {unit} again",
            f"extension {price % 900 + 100} or ask for room {SAID['2']} oh {unit}",
            f"we need one or two of these, three at most, and {unit} of those for {ordinal} prize",
            f"the part is {dice.choice('ABC')}{price % 1000}-{small} and costs {small} dollars and {unit} cents",
            f"at {tens} {unit} degrees and {small} percent humidity we had {price * 11:,} visitors",
            f"he ran it in two hours {tens} {unit} minutes and {small} seconds in {year}",
            f"the twitter handle is @{dice.choice(FIRST)}{small} and the hashtag is #{year}",
            f"call me at {small % 12 + 1} or at {tens} past {unit}, not by email",
            "so what do you think about the new design, does it look right to you",
            "I think we should go ahead and talk to the others about it next week",
            f"Thanks {dice.choice(FIRST).title()}, that sounds good to me, let's do that",
        ]
    )  # fmt: skip


def clean_messages(count: int, dice: random.Random) -> list[dict[str, Any]]:
    """Return messages of two speakers without secrets."""
    return [a_message(place, clean_sentence(dice), dice.choice("AB")) for place in range(count)]


def a_message(place: int, text: str, speaker: str) -> dict[str, Any]:
    """Return a message as the document holds it."""
    return {
        "id": str(4503599627370496 + 4096 * place),
        "text": text,
        "speaker": {"id": f"speaker-{speaker}", "name": f"Speaker {speaker}", "email": ""},
        "start_time": "2026-11-25T09:30:00.000Z",
        "end_time": "2026-11-25T09:30:02.500Z",
        "time_offset": place * 3.0,
        "duration": 2.5,
        "sentiment": None,
        "words": [{"word": word, "time_offset": place * 3.0} for word in text.split()],
        "phrases": [],
    }


def a_document(messages: list[dict[str, Any]], **changes: Any) -> Document:
    """Return a document with the facts that every form needs."""
    made: Any = {
        "version": 1,
        "conversation": {
            "id": "4532110022319984",
            "name": "4532110022319984",
            "type": "meeting",
            "start_time": "2026-11-25T09:30:00.000Z",
            "end_time": "2026-11-25T10:30:00.000Z",
            "metadata": {},
        },
        "recording": None,
        "members": [],
        "messages": messages,
        **{read: [] for read in ("topics", "questions", "action_items", "follow_ups", "entities", "trackers")},
        "analytics": None,
        "summary": None,
        "redacted": None,
        "raw": None,
    }
    return made | changes  # type: ignore[no-any-return]  # a TypedDict, whose keys are these
