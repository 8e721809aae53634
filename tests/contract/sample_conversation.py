"""A short conversation in writing that holds something of everything that Symbl finds."""

from __future__ import annotations

from typing import Any

ANN = {"name": "Ann", "userId": "ann@example.com"}
BEN = {"name": "Ben", "userId": "ben@example.com"}
PARCEL = {"customType": "parcel", "text": "parcel 4711"}
DELAY = {"name": "Delay", "vocabulary": ["late", "delayed"]}
FEATURES = {"featureList": ["insights", "callScore"]}
METADATA = {"salesStage": "discovery", "prospectName": "Ben"}
TURNS = (
    (ANN, "Good morning, thank you for calling Northwind. What can I do for you today?"),
    (BEN, "Hello, I am calling about parcel 4711. It is late, and I am very disappointed."),
    (ANN, "I am sorry to hear that. The parcel is still waiting in the warehouse."),
    (BEN, "When will it arrive?"),
    (ANN, "I will send you the tracking report by tomorrow, and we need to check the warehouse."),
    (BEN, "Great, thank you. Let us schedule a follow-up call on Monday."),
    (ANN, "I will call you back on Monday morning. Have a wonderful day!"),
)


def conversation_body(name: str = "A late parcel") -> dict[str, Any]:
    """Return the body that submits it, with everything asked for.

    :param name: what the conversation is called.
    """
    return {
        "name": name,
        "messages": [_message(index, *said) for index, said in enumerate(TURNS)],
        "detectEntities": True,
        "detectPhrases": True,
        "entities": [PARCEL],
        "trackers": [DELAY],
        "features": FEATURES,
        "metadata": METADATA,
        "conversationType": "sales",
    }


def text_body(content: str, name: str) -> dict[str, Any]:
    """Return the body of a text with one message.

    :param content: what is said.
    :param name: what the conversation is called.
    """
    return {"name": name, "messages": [{"payload": {"content": content, "contentType": "text/plain"}, "from": ANN}]}


def _message(index: int, speaker: dict[str, str], content: str) -> dict[str, Any]:
    times = {
        "startTime": f"2026-03-02T09:00:{index * 8:02}.000Z",
        "endTime": f"2026-03-02T09:00:{index * 8 + 7:02}.000Z",
    }
    return {"payload": {"content": content, "contentType": "text/plain"}, "from": speaker, "duration": times}
