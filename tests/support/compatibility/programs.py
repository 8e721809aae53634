"""The requests of the vendor's sample programs, and of Eden AI's provider, as they form them."""

from __future__ import annotations

from typing import Any

from tests.support.compatibility.request import (
    AUDIO,
    CONVERSATION,
    EDEN,
    EXPERIENCES,
    GRANT,
    LISTS,
    NO_SCORE,
    NODE,
    NOTED,
    SAID,
    SAMPLES,
    SNOWFLAKE,
    TEXT,
    TRACKERS,
    VIDEO,
    WORKS,
    Request,
    reads,
)

BOTH = "?parentRefs=true&sentiment=true"
NODE_REQUESTS = [
    Request(
        NODE,
        "post-file",
        f"POST {AUDIO}?name=call.wav&languageCode=en-US",
        NOTED,
        "late-parcel.wav",
        content_type="audio/mpeg",
        needs=("conversationId", "jobId"),
        remark="declares mp3 whatever it sends",
    ),
    Request(
        NODE,
        "post-url",
        f"POST {VIDEO}/url",
        WORKS,
        {"name": "my-conversation", "url": "{web}/launch-planning.mp4"},
        needs=("conversationId", "jobId"),
    ),
    Request(NODE, "job", "GET /v1/job/{job}", needs=("status",)),
    *reads(NODE, BOTH, **LISTS, messages="messages", summary="summary", topics="topics"),
    *reads(NODE, BOTH, **{"trackers-detected": "0.matches"}),
    Request(
        NODE,
        "create tracker",
        "POST /v1/manage/tracker",
        WORKS,
        {"name": "x", "vocabulary": ["y"]},
        needs=("tracker.id",),
    ),
    Request(NODE, "delete tracker", "DELETE /v1/manage/tracker/{tracker}", needs=("deleted", "id")),
    Request(NODE, "list trackers", f"GET {TRACKERS}", needs=("trackers",)),
    Request(
        NODE,
        "summary UI",
        f"POST {EXPERIENCES}",
        WORKS,
        {"name": "video-summary", "videoUrl": "https://example.com/a.mp4", "summaryURLExpiresIn": 0},
        needs=("url",),
    ),
]
EDEN_REQUESTS = [
    Request(EDEN, "log in", "POST /oauth2/token:generate", WORKS, GRANT, needs=("accessToken",)),
    Request(
        EDEN,
        "launch a job",
        f"POST {AUDIO}?enableSpeakerDiarization=true&diarizationSpeakerCount=1&languageCode=en-US"
        "&customVocabulary=parcel&customVocabulary=parcel",
        WORKS,
        "late-parcel.wav",
        content_type=None,
        needs=("jobId", "conversationId"),
    ),
    Request(EDEN, "look at a job", "GET /v1/job/{job}", needs=("status",)),
    Request(
        EDEN,
        "look at a job that is none",
        "GET /v1/job/00000000-0000-0000-0000-000000000000",
        "refused: 404",
        needs=("message",),
        remark="by the words that it looks for",
    ),
    Request(
        EDEN,
        "read the result",
        f"GET {CONVERSATION}/messages?sentiment=true&verbose=true",
        needs=("messages.0.words.0.word", "messages.0.words.0.timeOffset", "messages.0.words.0.duration"),
    ),
]
SCORED: dict[str, Any] = {
    "detectEntities": True,
    "features": {"featureList": ["callScore", "insights"], "callScore": {"scorecardId": "1"}},
    "conversationType": "sales",
    "metadata": {"prospectName": None, "salesStage": "Discovery"},
}
SNOWFLAKE_REQUESTS = [
    Request(
        SNOWFLAKE,
        "submit_transcript",
        f"POST {TEXT}",
        NOTED,
        {"name": "Sales Meeting", "startTime": None, "messages": SAID, **SCORED},
        needs=("conversationId", "jobId"),
    ),
    Request(
        SNOWFLAKE,
        "submit_audio_file",
        f"POST {AUDIO}/url",
        NOTED,
        {
            "name": "Sales Meeting",
            "url": "{web}/late-parcel.wav",
            "enableSeparateRecognitionPerChannel": True,
            "channelMetadata": [{"channel": 1, "speaker": {"name": "Ann"}}],
            **SCORED,
        },
        needs=("conversationId", "jobId"),
    ),
    Request(SNOWFLAKE, "check_job_status", "GET /v1/job/{job}", needs=("status",)),
    Request(SNOWFLAKE, "check_call_score_status", f"GET {CONVERSATION}/callscore/status", needs=("status",)),
    Request(SNOWFLAKE, "check_insights_status", f"GET {CONVERSATION}/lm-insights/status", needs=("status",)),
    Request(
        SNOWFLAKE, "get_transcript", f"GET {CONVERSATION}/messages?sentiment=true", needs=("messages.0.sentiment",)
    ),
    Request(
        SNOWFLAKE,
        "get_conversation_analysis: insights",
        f"GET {CONVERSATION}/lm-insights",
        needs=(
            *("0.meetingName", "0.startTime", "0.callSummary.executiveSummary"),
            "0.callSummary.longSummary.bulletPoints",
            *("0.callNextSteps.nextSteps", "0.callQuestionAndAnswers.questionsAndAnswers", "0.callSentiment.chunks"),
        ),
        lacks=("0.callScore", "0.callObjections"),
        remark=NO_SCORE,
    ),
    Request(SNOWFLAKE, "get_conversation_analysis: topics", f"GET {CONVERSATION}/topics", needs=("topics",)),
    Request(
        SNOWFLAKE,
        "get_conversation_analysis: entities",
        f"GET {CONVERSATION}/entities",
        needs=("entities.0.matches.0.detectedValue", "entities.0.matches.0.messageRefs.0.text"),
    ),
    Request(
        SNOWFLAKE,
        "get_conversation_analysis: analytics",
        f"GET {CONVERSATION}/analytics",
        needs=("members.0.pace.wpm", "members.0.talkTime.seconds", "members.0.overlap"),
    ),
    Request(SNOWFLAKE, "get_conversation_analysis: trackers", f"GET {CONVERSATION}/trackers", needs=("0.matches",)),
    Request(
        SNOWFLAKE,
        "get_experience_url",
        "GET /v1/conversations/experiences/insights/details/{id}?includeCallScore=true",
        needs=("url",),
    ),
    Request(SNOWFLAKE, "list score cards", "GET /v1/manage/callscore/scorecards", "refused: 404"),
    Request(SNOWFLAKE, "create a score card", "POST /v1/manage/callscore/scorecards", "refused: 404", {"name": "x"}),
]
SAMPLE_REQUESTS = [
    Request(
        SAMPLES,
        "a browser's video upload",
        f"POST {VIDEO}?customVocabulary=&detectPhrases=true&detectEntities=true",
        NOTED,
        "launch-planning.mp4",
        content_type="video/mp4",
        needs=("conversationId", "jobId"),
    ),
    Request(
        SAMPLES,
        "Python's booleans",
        f"GET {CONVERSATION}/messages?verbose=True&sentiment=True",
        NOTED,
        needs=("messages.0.words", "messages.0.sentiment"),
    ),
    Request(SAMPLES, "JavaScript's undefined", f"GET {CONVERSATION}/messages?undefined", NOTED, needs=("messages",)),
    Request(
        SAMPLES,
        "an object for a query",
        f"GET {CONVERSATION}/messages?%7B%22verbose%22:%20true%7D",
        NOTED,
        needs=("messages",),
    ),
    Request(
        SAMPLES,
        "Node's brackets",
        f"POST {AUDIO}?enableSeparateRecognitionPerChannel=true&channelMetadata[0][channel]=1"
        "&channelMetadata[0][speaker][name]=Ann",
        WORKS,
        "late-parcel.wav",
        content_type="audio/wav",
        needs=("conversationId",),
    ),
    Request(
        SAMPLES,
        "enableSummary in the query of a link",
        f"POST {AUDIO}/url?enableSummary=true",
        NOTED,
        {"url": "{web}/late-parcel.wav"},
        needs=("conversationId",),
    ),
    Request(
        SAMPLES,
        "a video at the call for audio",
        f"POST {AUDIO}?name=call",
        "refused: 400",
        "launch-planning.mp4",
        content_type=None,
        needs=("message",),
        remark="as by Symbl, in its words",
    ),
]
