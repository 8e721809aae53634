"""The requests of Pipedream's actions, as far as they are known in public."""

from __future__ import annotations

from typing import Any

from tests.support.compatibility.request import (
    ANN,
    AUDIO,
    CONVERSATION,
    EXPERIENCES,
    LISTS,
    NOTED,
    PIPEDREAM,
    VIDEO,
    WORKS,
    Request,
    reads,
)

OF_URL = {
    "name": "A call",
    "customVocabulary": ["parcel"],
    "confidenceThreshold": "0.6",
    "detectPhrases": True,
    "detectEntities": True,
    "languageCode": "en-US",
    "mode": "default",
    "enableSeparateRecognitionPerChannel": False,
    "enableAllTrackers": "true",
    "enableSpeakerDiarization": True,
    "diarizationSpeakerCount": "1",
    "channelMetadata": [{"channel": 1, "speaker": {"name": "Ann", "email": "ann@example.com"}}],
}
LOOKS: dict[str, Any] = {"color": {}, "font": {}, "readOnly": True}
LATER = {"seconds": 0, "nanos": 5_000_000_000}
"""As the vendor's own page has it."""
PIPEDREAM_REQUESTS = [
    Request(
        PIPEDREAM,
        "post-audio-url",
        f"POST {AUDIO}/url",
        WORKS,
        {"url": "{web}/late-parcel.wav", **OF_URL},
        needs=("jobId",),
    ),
    Request(
        PIPEDREAM,
        "post-video-url",
        f"POST {VIDEO}/url",
        WORKS,
        {"url": "{web}/launch-planning.mp4", **OF_URL},
        needs=("conversationId", "jobId"),
    ),
    Request(PIPEDREAM, "get-job-status", "GET /v1/job/{job}", needs=("status",)),
    Request(
        PIPEDREAM,
        "get-speech-to-text",
        f"GET {CONVERSATION}/messages?verbose=false&sentiment=false",
        needs=("messages.0.text",),
    ),
    Request(PIPEDREAM, "get-topics", f"GET {CONVERSATION}/topics?sentiment=false&parentRefs=false", needs=("topics",)),
    Request(
        PIPEDREAM,
        "get-topics, both",
        f"GET {CONVERSATION}/topics?sentiment=true&parentRefs=true",
        NOTED,
        needs=("topics.0.sentiment", "topics.0.parentRefs"),
    ),
    Request(PIPEDREAM, "get-summary", f"GET {CONVERSATION}/summary?refresh=false", needs=("summary",)),
    *reads(PIPEDREAM, "", **LISTS, members="members"),
    *reads(PIPEDREAM, "", **{"trackers-detected": "0.matches"}),
    Request(PIPEDREAM, "get-conversation", f"GET {CONVERSATION}", needs=("id",)),
    Request(
        PIPEDREAM,
        "get-conversations",
        "GET /v1/conversations?limit=20&offset=0&order=asc&sort=conversation.startTime",
        needs=("conversations",),
    ),
    Request(
        PIPEDREAM,
        "list-conversation-id-options",
        "GET /v1/conversations?limit=100&offset=0&order=desc",
        needs=("conversations",),
    ),
    Request(PIPEDREAM, "put-conversation", f"PUT {CONVERSATION}", WORKS, {"metadata": {"agentId": "7"}}, needs=("id",)),
    Request(
        PIPEDREAM,
        "put-member",
        f"PUT {CONVERSATION}/members/{{member}}",
        WORKS,
        {"id": "{member}", "name": "Anne", "email": "anne@example.com"},
        needs=("message",),
    ),
    Request(
        PIPEDREAM,
        "put-speaker-events",
        f"PUT {CONVERSATION}/speakers",
        WORKS,
        {"speakerEvents": [{"type": "started_speaking", "user": ANN, "offset": LATER}]},
        needs=("message",),
    ),
    Request(
        PIPEDREAM,
        "post-formatted-transcript",
        f"POST {CONVERSATION}/transcript",
        WORKS,
        {"contentType": "text/markdown", "createParagraphs": True, "phrases": {}, "showSpeakerSeparation": True},
        needs=("transcript.contentType", "transcript.payload"),
    ),
    Request(
        PIPEDREAM,
        "post-video-summary-ui",
        f"POST {EXPERIENCES}",
        WORKS,
        {"name": "video-summary", "videoUrl": "https://example.com/a.mp4", "enableCustomDomain": True, **LOOKS},
        needs=("url",),
    ),
    Request(
        PIPEDREAM,
        "post-trackers-analytics-ui",
        f"POST {EXPERIENCES}",
        "refused: 400",
        {"name": "audio-summary", "audioUrl": "https://example.com/a.mp3", **LOOKS},
        remark="works where the URL is the one that was submitted, as Symbl asks",
    ),
    Request(PIPEDREAM, "delete-conversation", f"DELETE {CONVERSATION}", needs=("message",)),
]
