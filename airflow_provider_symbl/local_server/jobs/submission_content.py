"""Submission content: what a client asks for, typed, once the parameters are known to be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from airflow_provider_symbl.local_server.api.parameters import read_file, read_text, read_url
from airflow_provider_symbl.local_server.store.records import AnalysisOptions, CustomEntity, RawSubmission, Speaker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from airflow_provider_symbl.local_server.store.records import Tracker


@dataclass(frozen=True)
class Utterance:
    """A message of a text submission; times that are not given are computed."""

    text: str
    speaker: Speaker
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class TextContent:
    """The content of a text submission.

    :param start: when the conversation began, if the client says so.
    """

    utterances: tuple[Utterance, ...]
    analysis: AnalysisOptions
    start: datetime | None = None


@dataclass(frozen=True)
class MediaContent:
    """A recording to be recognised.

    :param source: a file that the job owns, or a URL to fetch one from.
    :param is_video: whether only an MP4 will do.
    :param vocabulary: words to expect.
    :param by_channel: whether each channel is a speaker of its own.
    :param speaker_count: how many people speaker diarization tells apart; None for no diarization.
    :param speakers: who is on which channel; channels count from 1.
    :param analysis: what is to be found in it.
    """

    source: Path | str
    is_video: bool
    vocabulary: tuple[str, ...]
    language: str
    by_channel: bool
    speaker_count: int | None
    speakers: Mapping[int, Speaker]
    analysis: AnalysisOptions


Content: TypeAlias = TextContent | MediaContent


@dataclass(frozen=True)
class JobOptions:
    """What a submission says about its conversation and job rather than about its content.

    :param metadata: what is added to the conversation's.
    """

    name: str | None
    webhook_url: str | None
    features: tuple[str, ...]
    metadata: Mapping[str, str]


def job_options(given: Mapping[str, Any]) -> JobOptions:
    """Read what all calls share.

    :param given: checked parameters.
    """
    features = given.get("features", {}).get("featureList", ())
    return JobOptions(given.get("name"), given.get("webhookUrl"), tuple(features), given.get("metadata", {}))


def text_content(given: Mapping[str, Any], trackers: tuple[Tracker, ...]) -> TextContent:
    """Read the content of a text submission.

    :param given: checked parameters.
    :param trackers: what is to be tracked.
    """
    utterances = tuple(_utterance(message) for message in given["messages"])
    return TextContent(utterances, _analysis_options(given, trackers), given.get("startTime"))


def media_content(
    given: Mapping[str, Any], source: Path | str, trackers: tuple[Tracker, ...], *, is_video: bool
) -> MediaContent:
    """Read how a recording is to be recognised. Of two ways to tell speakers apart, diarization wins.

    :param given: checked parameters.
    :param source: the recording.
    :param trackers: what is to be tracked.
    :param is_video: whether it was submitted as a video.
    """
    speaker_count = given["diarizationSpeakerCount"] if given.get("enableSpeakerDiarization") else None
    analysis = _analysis_options(given, trackers)
    return MediaContent(
        source=source,
        is_video=is_video,
        vocabulary=tuple(given.get("customVocabulary", ())),
        language=analysis.language,
        by_channel=given.get("enableSeparateRecognitionPerChannel", False) and speaker_count is None,
        speaker_count=speaker_count,
        speakers={entry["channel"]: _on_channel(entry["speaker"]) for entry in given.get("channelMetadata", ())},
        analysis=analysis,
    )


def _analysis_options(given: Mapping[str, Any], trackers: tuple[Tracker, ...]) -> AnalysisOptions:
    entities = given.get("entities", ())
    return AnalysisOptions(
        threshold=given.get("confidenceThreshold", AnalysisOptions.threshold),
        phrases=given.get("detectPhrases", False),
        entities=given.get("detectEntities", False),
        custom_entities=tuple(CustomEntity(one["customType"], one["text"], one.get("value")) for one in entities),
        trackers=trackers,
        language=given.get("languageCode", "en-US").partition("-")[0],
        minutes_off_utc=given.get("timezoneOffset", 0),
    )


def _utterance(message: Mapping[str, Any]) -> Utterance:
    person, times = message.get("from", {}), message.get("duration", {})
    return Utterance(
        text=message["payload"]["content"],
        speaker=Speaker(person.get("name"), person.get("userId") or person.get("id")),
        start=times.get("startTime"),
        end=times.get("endTime"),
    )


def _on_channel(speaker: Mapping[str, str]) -> Speaker:
    return Speaker(speaker.get("name"), speaker.get("email"))


def content_of(submission: RawSubmission) -> Content:
    """Read the content of a submission as it came.

    :raises OSError: its file cannot be read.
    :raises ApiError: it is none that this server takes.
    """
    if submission.call == "text":
        return text_content(read_text(submission.query, submission.read_body()), submission.trackers)
    is_url = submission.call.endswith("/url")
    given = read_url(submission.query, submission.read_body()) if is_url else read_file(submission.query)
    source = given.get("url", cast("Path", submission.file))  # what is sent without a URL is sent as a file
    return media_content(given, source, submission.trackers, is_video=submission.call.startswith("video"))
