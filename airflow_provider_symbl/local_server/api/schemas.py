"""What the API answers, as JSON Schema: for the server's OpenAPI document, which its tests hold every answer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    Schema: TypeAlias = Mapping[str, object]


def record(needed: Mapping[str, object], optional: Mapping[str, object] | None = None) -> Schema:
    """Describe an object that has no other keys than these.

    :param needed: the schemas of the keys that are always there.
    :param optional: those of the keys that may be missing.
    """
    properties = {**needed, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def array(item: object) -> Schema:
    """Describe a list.

    :param item: the schema of each of its items.
    """
    return {"type": "array", "items": item}


def ref(name: str) -> Schema:
    """Point to one of :data:`COMPONENTS`."""
    return {"$ref": f"#/components/schemas/{name}"}


ANY: Schema = {}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
OFFSET: Schema = {"type": "integer", "minimum": -1}
"""In a text; -1 for what is there in other words."""
SECONDS: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
PERCENT: Schema = {"type": "number", "minimum": 0, "maximum": 100}
MOMENT: Schema = {"type": "string", "format": "date-time"}
SYMBL_ID: Schema = {"type": "string", "pattern": "^[0-9]{16}$"}
UUID: Schema = {"type": "string", "format": "uuid"}
STATUS: Schema = {"enum": ["scheduled", "in_progress", "completed", "failed"]}
DATE: Schema = {"type": "string", "format": "date"}
POLARITY: Schema = {"type": "number", "minimum": -1, "maximum": 1}
FEELING: Schema = {"enum": ["negative", "neutral", "positive"]}

PERSON = record({}, {"id": UUID, "name": TEXT, "userId": TEXT, "email": TEXT})
SENTIMENT = record({"polarity": record({"score": POLARITY}), "suggested": FEELING})
TIMES: Mapping[str, object] = {"startTime": MOMENT, "endTime": MOMENT}
PHRASE = record({"type": {"const": "action_phrase"}, "text": TEXT})
MEMBER = record({"id": UUID, "name": TEXT}, {"email": TEXT})
WORD = record(
    {"word": TEXT, **TIMES, "timeOffset": {"type": "number"}, "duration": SECONDS},
    {"score": SHARE, "speakerTag": COUNT},
)
MESSAGE = record(
    {
        "id": SYMBL_ID,
        "text": TEXT,
        "from": PERSON,
        **TIMES,
        "timeOffset": {"type": "number"},
        "duration": SECONDS,
        "conversationId": SYMBL_ID,
        "phrases": array(ref("Phrase")),
    },
    {"sentiment": SENTIMENT, "words": array(ref("Word"))},
)
CONVERSATION = record(
    {
        "id": SYMBL_ID,
        "type": {"const": "meeting"},
        "name": TEXT,
        **TIMES,
        "members": array(ref("Member")),
        "metadata": {"type": "object", "additionalProperties": TEXT},
    }
)
JOB = record({"id": UUID, "status": STATUS}, {"message": TEXT})
SUBMISSION = record({"conversationId": SYMBL_ID, "jobId": UUID})
CONVERSATIONS = record({"conversations": array(ref("Conversation"))})
METADATA = record({"id": SYMBL_ID, "metadata": {"type": "object", "additionalProperties": TEXT}})
MESSAGE_ANSWER = record({"message": TEXT})
MESSAGES = record({"messages": array(ref("Message"))})
MEMBERS = record({"members": array(ref("Member"))})
TRANSCRIPT = record(
    {
        "transcript": {
            "oneOf": [
                record({"payload": TEXT, "contentType": {"const": "text/markdown"}}),
                record({"payload": record({"content": TEXT, "contentType": {"const": "text/srt"}})}),
            ]
        }
    }
)
TOKEN = record({"accessToken": TEXT, "expiresIn": COUNT, "refershToken": TEXT})
EXPERIENCE = record({"name": TEXT, "url": {"type": "string", "format": "uri"}})
EXPERIENCE_URL = record({"url": {"type": "string", "format": "uri"}})
ADD_ON_STATUS = record({"jobId": UUID, "status": STATUS})

SPEAKER = record({}, {"id": UUID, "name": TEXT, "userId": TEXT})
ASSIGNEE = record({}, {"id": UUID, "name": TEXT, "email": TEXT})
MESSAGE_REF = record({"id": SYMBL_ID})
PLACE: Mapping[str, object] = {"id": SYMBL_ID, "text": TEXT, "offset": OFFSET}
INSIGHT_TYPE: Schema = {"enum": ["action_item", "follow_up", "question"]}
ENTITY_TYPE: Schema = {
    "enum": [
        *("person", "organization", "location", "date", "datetime", "daterange", "currency", "duration", "number"),
        "custom",
    ]
}
ENTITY_DETAIL: Mapping[str, object] = {"customType": TEXT, "start": DATE, "end": DATE}
NAMED = record({"assignee": FLAG, "name": TEXT}, {"id": UUID, "userId": TEXT})
"""The value of a person in an action item or a follow-up."""


def _finding(kind: str, more: Mapping[str, object], optional: Mapping[str, object] | None = None) -> Schema:
    common = {"id": SYMBL_ID, "text": TEXT, "type": {"const": kind}, "score": SHARE, "messageIds": array(SYMBL_ID)}
    return record({**common, **more}, optional)


UNDERTAKING: Mapping[str, object] = {
    "from": SPEAKER,
    "entities": array(
        record(
            {"type": ENTITY_TYPE, "text": TEXT, "offset": COUNT},
            {**ENTITY_DETAIL, "value": {"anyOf": [TEXT, NAMED]}},
        )
    ),
    "phrases": array(ref("Phrase")),
    "definitive": FLAG,
    "assignee": ASSIGNEE,
}
"""What action items and follow-ups have beside a question's keys."""
DUE: Mapping[str, object] = {"dueBy": MOMENT}
TOPIC = _finding(
    "topic", {"parentRefs": array(record({"type": {"const": "topic"}, "text": TEXT}))}, {"sentiment": SENTIMENT}
)
QUESTION = _finding("question", {"from": SPEAKER})
ACTION_ITEM = _finding("action_item", UNDERTAKING, DUE)
FOLLOW_UP = _finding("follow_up", UNDERTAKING, DUE)
COMPREHENSIVE_ACTION_ITEM = record(
    {
        "id": SYMBL_ID,
        "text": TEXT,
        "type": {"const": "action_item"},
        "score": SHARE,
        "messageRefs": array(MESSAGE_REF),
        **UNDERTAKING,
    },
    DUE,
)
ENTITY = record(
    {
        "id": SYMBL_ID,
        "type": ENTITY_TYPE,
        "text": TEXT,
        "messageRefs": array(record(PLACE)),
        "category": {"enum": ["Custom", "Managed"]},
        "matches": array(record({"detectedValue": TEXT, "messageRefs": array(record({**PLACE, **TIMES}))})),
    },
    {**ENTITY_DETAIL, "value": TEXT, "subType": TEXT},
)
SIMILAR_PLACE: Mapping[str, object] = {**PLACE, "offset": {"type": "integer", "minimum": -1}}
"""A place, or -1 for a similar wording."""
TRACKER_MATCH = record(
    {
        "type": {"const": "vocabulary"},
        "value": TEXT,
        "messageRefs": array(record(SIMILAR_PLACE)),
        "insightRefs": array(record({**SIMILAR_PLACE, "type": INSIGHT_TYPE})),
    }
)
METRIC = record(
    {
        "type": {"enum": ["total_silence", "total_talk_time", "total_overlap"]},
        "percent": PERCENT,
        "seconds": SECONDS,
    }
)
TIME_SHARE = record({"percentage": PERCENT, "seconds": SECONDS})
TALKING = record(
    {
        "name": TEXT,
        "pace": record({"wpm": COUNT}),
        "talkTime": TIME_SHARE,
        "listenTime": TIME_SHARE,
        "overlap": record({}),
    },
    {"id": UUID, "userId": TEXT},
)
POINTS = record({"paragraphs": array(TEXT), "bulletPoints": array(TEXT)})
OVERVIEW = record(
    {
        "attendees": array(SPEAKER),
        "meetingName": TEXT,
        "startTime": MOMENT,
        "callSummary": record({"executiveSummary": TEXT, "longSummary": POINTS, "smallSummary": POINTS}),
        "callNextSteps": record({"nextSteps": array(record({"step": TEXT}))}),
        "callQuestionAndAnswers": record(
            {"questionsAndAnswers": array(record({"question": TEXT, "answer": TEXT, "questionBy": TEXT}))}
        ),
        "callSentiment": record(
            {
                "chunks": array(
                    record({**TIMES, "polarityScore": POLARITY, "sentiment": FEELING, "summary": TEXT}),
                )
            }
        ),
    }
)

QUESTIONS = record({"questions": array(ref("Question"))})
ACTION_ITEMS = record({"actionItems": array(ref("ActionItem"))})
FOLLOW_UPS = record({"followUps": array(ref("FollowUp"))})
INSIGHTS = record({"insights": array({"anyOf": [ref("ActionItem"), ref("FollowUp"), ref("Question")]})})
TOPICS = record({"topics": array(ref("Topic"))})
ABSTRACT_TOPICS = record({"abstractTopics": array(_finding("abstract_topic", {}))})
COMPREHENSIVE_ACTION_ITEMS = record({"actionItems": array(COMPREHENSIVE_ACTION_ITEM)})
ENTITIES = record({"entities": array(ref("Entity"))})
TRACKED = array(record({"id": SYMBL_ID, "name": TEXT, "matches": array(TRACKER_MATCH)}))
ANALYTICS = record({"metrics": array(METRIC), "members": array(TALKING)})
SUMMARY = record({"summary": array(record({"id": SYMBL_ID, "text": TEXT, "messageRefs": array(MESSAGE_REF), **TIMES}))})
LM_INSIGHTS: Schema = {**array(OVERVIEW), "maxItems": 1}

TRACKER = record({"id": SYMBL_ID, "name": TEXT, "vocabulary": array(TEXT)})
TRACKER_ANSWER = record({"tracker": ref("Tracker")})
TRACKERS_ANSWER = record({"trackers": array(ref("Tracker"))})
TRACKER_DELETED = record({"id": SYMBL_ID, "type": {"const": "tracker"}, "deleted": {"const": True}})

DONE = record({"status": {"const": "ok"}})
HEALTH = record({"status": {"const": "ok"}, "version": TEXT, "model": TEXT, "workers": COUNT})
HEADERS: Schema = {"type": "object", "additionalProperties": TEXT}
JOURNAL = record(
    {
        "requests": array(
            record(
                {
                    "method": TEXT,
                    "path": TEXT,
                    "query_string": TEXT,
                    "query": array(array(TEXT)),
                    "headers": HEADERS,
                    "body": ANY,
                    "body_size": COUNT,
                    "body_sha256": {"type": ["string", "null"]},
                    "status": {"type": ["integer", "null"]},
                    "odd": array(TEXT),
                }
            )
        )
    }
)
JOBS = record(
    {
        "jobs": array(
            record(
                {
                    "jobId": UUID,
                    "conversationId": SYMBL_ID,
                    "name": {"type": ["string", "null"]},
                    "status": STATUS,
                    "message": {"type": ["string", "null"]},
                    "submitted": MOMENT,
                    "seconds": {"type": ["number", "null"]},
                    "progress": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                }
            )
        ),
        "total": COUNT,
        "running": COUNT,
    }
)
PROGRESS = record({"by": {"enum": ["work", "at_once", "polls", "time"]}}, {"polls": COUNT, "seconds": SECONDS})
FAULT = record(
    {"id": UUID, "call": TEXT, "after": COUNT, "times": {"type": ["integer", "null"]}, "at": TEXT}
    | {"met": COUNT, "left": {"type": ["integer", "null"]}, "holding": COUNT},
    {"containing": TEXT, "delay": SECONDS, "cut": FLAG, "status": COUNT, "headers": HEADERS, "body": ANY}
    | {"job": TEXT, "message": TEXT, "job_seconds": SECONDS},
)
FAULTS = record({"faults": array(FAULT)})

ERROR = record({"message": TEXT}, {"statusCode": COUNT})

COMPONENTS: Mapping[str, Schema] = {
    "ActionItem": ACTION_ITEM,
    "Conversation": CONVERSATION,
    "Entity": ENTITY,
    "Error": ERROR,
    "FollowUp": FOLLOW_UP,
    "Member": MEMBER,
    "Message": MESSAGE,
    "Phrase": PHRASE,
    "Question": QUESTION,
    "Topic": TOPIC,
    "Tracker": TRACKER,
    "Word": WORD,
}
