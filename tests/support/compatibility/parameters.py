"""What each parameter of a submission does in symbl-local; ``tests/contract/test_parameters.py`` proves each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api.parameters import FILE, TEXT, URL

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKS, NO_EFFECT, DIFFERS = "works", "no effect", "differs"
CALLS: Mapping[str, Mapping[str, object]] = {"text": TEXT, "file": FILE, "link": URL}
"""The parameters of each kind of call."""
PARAMETERS: Mapping[str, tuple[str, str]] = {
    "messages": (WORKS, "what was said, as it is"),
    "url": (WORKS, "public addresses, unless `--allow-private-urls`; redirects are not followed, as by Symbl"),
    "name": (WORKS, "an append's name renames the conversation"),
    "confidenceThreshold": (WORKS, "0 to 1; insights and topics below it are left out"),
    "detectPhrases": (WORKS, "phrases in messages and tasks"),
    "detectEntities": (WORKS, "without it there are none"),
    "entities": (WORKS, "found word for word"),
    "trackers": (WORKS, "with their vocabulary, or by the id of one that is kept"),
    "enableAllTrackers": (WORKS, "those that are kept"),
    "enableSummary": (NO_EFFECT, "there is always a summary, as by Symbl"),
    "webhookUrl": (WORKS, "told of each status"),
    "features": (WORKS, "insights; a call score has a status, and no score"),
    "metadata": (WORKS, "kept with the conversation"),
    "conversationType": (NO_EFFECT, "taken"),
    "startTime": (WORKS, "when the text began"),
    "timezoneOffset": (WORKS, "the zone in which times are meant"),
    "customVocabulary": (WORKS, "words that the recognition expects"),
    "languageCode": (DIFFERS, "other languages than English need another `--model`, and are refused without: 400"),
    "mode": (NO_EFFECT, "8 kHz are understood anyway"),
    "enableSeparateRecognitionPerChannel": (WORKS, "a speaker for each channel"),
    "channelMetadata": (WORKS, "who is on which channel"),
    "enableSpeakerDiarization": (WORKS, "speakers by name and tag"),
    "diarizationSpeakerCount": (WORKS, "needed with the former"),
}
"""By name: what comes of it, and what is to be known."""
