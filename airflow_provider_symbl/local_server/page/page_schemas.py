"""Schemas of what the page reads beside the control routes, for the OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.schemas import (
    COUNT,
    MOMENT,
    SECONDS,
    STATUS,
    SYMBL_ID,
    TEXT,
    TIMES,
    UUID,
    array,
    record,
    ref,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.local_server.api.operations import Schema

OPTIONAL_TEXT = {"type": ["string", "null"]}
FRACTION = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
PASSAGE: Mapping[str, object] = {"timeOffset": {"type": "number"}, "duration": SECONDS}

ENTRY: Mapping[str, object] = {
    "id": SYMBL_ID,
    "name": TEXT,
    **TIMES,
    "messageCount": COUNT,
    "members": array(ref("Member")),
}
EXCERPT = record({"messageId": SYMBL_ID, "before": TEXT, "match": TEXT, "after": TEXT})
LISTED = record(
    {"conversations": array(record({**ENTRY, "said": {"anyOf": [EXCERPT, {"type": "null"}]}})), "total": COUNT}
)

SPOKEN = record(
    {
        "id": SYMBL_ID,
        "jobId": UUID,
        "text": TEXT,
        "from": OPTIONAL_TEXT,
        **PASSAGE,
        "words": array(record({"word": TEXT, **PASSAGE})),
    }
)
JOB = record({"jobId": UUID, "status": STATUS, "message": OPTIONAL_TEXT, "progress": FRACTION})
RECORDING = record(
    {"jobId": UUID, "url": TEXT, "startOffset": {"type": "number"}, "seconds": SECONDS, "mediaType": TEXT}
)
READ = record({**ENTRY, "messages": array(SPOKEN), "jobs": array(JOB), "recordings": array(RECORDING)})

JOB_ENTRY = record(
    {
        "jobId": UUID,
        "conversationId": SYMBL_ID,
        "name": OPTIONAL_TEXT,
        "status": STATUS,
        "message": OPTIONAL_TEXT,
        "submitted": MOMENT,
        "seconds": {"type": ["number", "null"]},
        "progress": FRACTION,
    }
)
JOBS = record(
    {"failed": array(JOB_ENTRY), "others": array(JOB_ENTRY), "failedTotal": COUNT, "total": COUNT, "running": COUNT}
)

OPINION = {"anyOf": [schemas.SENTIMENT, {"type": "null"}]}
FEELINGS: Schema = {
    "type": "object",
    "properties": {
        "trackers": schemas.TRACKED,
        "sentiment": OPINION,
        "sentimentOf": {"type": "object", "additionalProperties": schemas.SENTIMENT},
    },
    "required": ["trackers", "sentiment", "sentimentOf"],
}
API_ANSWERS = (
    *(schemas.SUMMARY, schemas.TOPICS, schemas.ACTION_ITEMS, schemas.QUESTIONS, schemas.FOLLOW_UPS),
    *(schemas.ENTITIES, schemas.ANALYTICS),
)
FOUND: Schema = {"allOf": [*({**answer, "additionalProperties": True} for answer in API_ANSWERS), FEELINGS]}

TOKEN = record({"accessToken": TEXT})
