"""What a client asks for, typed: the parameters of a submission once they are known to be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from airflow_provider_symbl.local_server.parameters import read_file, read_text, read_url
from airflow_provider_symbl.local_server.records import CustomEntity, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from airflow_provider_symbl.local_server.records import Tracker


@dataclass(frozen=True)
class Speaker:
    """A person as a client names one.

    :param key: what tells the person from others of the same name.
    """

    name: str | None = None
    key: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is anything to know the person by."""
        return bool(self.name or self.key)


@dataclass(frozen=True)
class Utterance:
    """A message of a text submission; times that are not given are computed."""

    text: str
    speaker: Speaker
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class TextOrder:
    """The content of a text submission.

    :param start: when the conversation began, if the client says so.
    """

    utterances: tuple[Utterance, ...]
    wanted: Wanted
    start: datetime | None = None


@dataclass(frozen=True)
class MediaOrder:
    """A recording to be recognised.

    :param source: a file that the job owns, or a URL to fetch one from.
    :param is_video: whether only an MP4 will do.
    :param vocabulary: words to listen for.
    :param by_channel: whether each channel is a speaker of its own.
    :param voices: how many people are to be told apart by their voices; None for not at all.
    :param speakers: who is on which channel; channels count from 1.
    :param wanted: what is to be found in it.
    """

    source: Path | str
    is_video: bool
    vocabulary: tuple[str, ...]
    language: str
    by_channel: bool
    voices: int | None
    speakers: Mapping[int, Speaker]
    wanted: Wanted


Order: TypeAlias = TextOrder | MediaOrder


@dataclass(frozen=True)
class Sent:
    """A submission as it came, from which its order can be read again after a restart.

    :param call: ``text``, ``audio``, ``audio/url``, ``video`` or ``video/url``.
    :param query: the raw query string.
    :param content: a JSON body that is not in a file.
    :param file: a recording, or a long JSON body.
    :param trackers: what it asks to track, the account's own trackers as they were then.
    """

    call: str
    query: str
    content: bytes = b""
    file: Path | None = None
    trackers: tuple[Tracker, ...] = ()

    def order(self) -> Order:
        """Read the order.

        :raises OSError: the file cannot be read.
        """
        if self.call == "text":
            return text_order(read_text(self.query, self._body()), self.trackers)
        given = read_url(self.query, self._body()) if self.call.endswith("/url") else read_file(self.query)
        source = given.get("url", cast("Path", self.file))  # what is sent without a URL is sent as a file
        return media_order(given, source, self.trackers, is_video=self.call.startswith("video"))

    def discard(self) -> None:
        """Delete the file, if there is one."""
        if self.file:
            self.file.unlink(missing_ok=True)

    def _body(self) -> bytes:
        return self.file.read_bytes() if self.file else self.content


@dataclass(frozen=True)
class Terms:
    """What a submission says about its conversation and job rather than about its content.

    :param metadata: what is added to the conversation's.
    """

    name: str | None
    webhook_url: str | None
    features: tuple[str, ...]
    metadata: Mapping[str, str]


def terms(given: Mapping[str, Any]) -> Terms:
    """Read what all calls share.

    :param given: checked parameters.
    """
    features = given.get("features", {}).get("featureList", ())
    return Terms(given.get("name"), given.get("webhookUrl"), tuple(features), given.get("metadata", {}))


def text_order(given: Mapping[str, Any], trackers: tuple[Tracker, ...]) -> TextOrder:
    """Read the content of a text submission.

    :param given: checked parameters.
    :param trackers: what is to be tracked.
    """
    utterances = tuple(_utterance(message) for message in given["messages"])
    return TextOrder(utterances, _wanted(given, trackers), given.get("startTime"))


def media_order(
    given: Mapping[str, Any], source: Path | str, trackers: tuple[Tracker, ...], *, is_video: bool
) -> MediaOrder:
    """Read how a recording is to be recognised. Of two ways to tell speakers apart, diarization wins.

    :param given: checked parameters.
    :param source: the recording.
    :param trackers: what is to be tracked.
    :param is_video: whether it was submitted as a video.
    """
    voices = given["diarizationSpeakerCount"] if given.get("enableSpeakerDiarization") else None
    wanted = _wanted(given, trackers)
    return MediaOrder(
        source=source,
        is_video=is_video,
        vocabulary=tuple(given.get("customVocabulary", ())),
        language=wanted.language,
        by_channel=given.get("enableSeparateRecognitionPerChannel", False) and voices is None,
        voices=voices,
        speakers={entry["channel"]: _on_channel(entry["speaker"]) for entry in given.get("channelMetadata", ())},
        wanted=wanted,
    )


def _wanted(given: Mapping[str, Any], trackers: tuple[Tracker, ...]) -> Wanted:
    entities = given.get("entities", ())
    return Wanted(
        threshold=given.get("confidenceThreshold", Wanted.threshold),
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
