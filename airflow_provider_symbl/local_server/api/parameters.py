"""The parameters of the ten submit and append calls: the validator of each, and where it may stand, query or body."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.api.leniency import is_empty, remark, tolerate
from airflow_provider_symbl.local_server.api.query_strings import parse_object, read_query
from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.api.validation import (
    ROOT,
    Validator,
    boolean,
    date_time,
    enum,
    integer,
    list_of,
    number,
    object_of,
    shown,
    text,
    unique,
    validation_error,
    web_address,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LANGUAGES = (
    *("en-US", "en-GB", "en-AU", "en-IE", "en-IN", "en-ZA", "ru-RU", "fr-CA", "fr-FR", "de-DE"),
    *("it-IT", "nl-NL", "ja-JP", "es-US", "es-ES", "ar-SA", "hi-IN", "pt-BR", "pt-PT", "fa-IR"),
)
SALES_STAGES = ("qualification", "discovery", "demo", "negotiation", "general")
MINUTES_OF_A_DAY = 24 * 60


def open_enum(*known: str) -> Validator:
    """Allow one of some words, and leniently any other text, or a list of one.

    :param known: the words, in the order in which they are named.
    """
    strict = enum(*known)

    def check(label: str, value: object) -> str:
        try:
            return str(strict(label, value))
        except ApiError as error:
            only = value[0] if isinstance(value, list) and len(value) == 1 else value
            given: str = text(label, only)
            tolerate(error, "taken as it is")
            return given

    return Validator(check, strict.schema)


def usual(*words: str) -> Validator:
    """Allow any text, with a note where it is none of some words.

    :param words: the usual ones.
    """

    def check(label: str, value: object) -> str:
        given: str = text(label, value)
        if given not in words:
            remark(f'"{label}" is usually one of [{", ".join(words)}], but is {shown(given)}: taken as it is')
        return given

    return Validator(check, text.schema)


MESSAGE = object_of(
    {
        "payload": object_of({"content": text, "contentType": open_enum("text/plain")}, ("content",)),
        "from": object_of({"name": text, "userId": text, "id": text}),
        "duration": object_of({"startTime": date_time, "endTime": date_time}),
    },
    ("payload",),
)
ENTITY = object_of({"customType": text, "text": text, "value": text}, ("customType", "text"))


def _email(label: str, value: object) -> str:
    given: str = text(label, value)
    if "@" not in given:
        raise validation_error(label, "must be an e-mail address, but has no @")
    return given


EMAIL = Validator(_email, {**text.schema, "pattern": "@"})
"""An e-mail address, as far as an ``@`` can tell: by that, members are shown to have one."""


CHANNEL = object_of(
    {"channel": integer(1), "speaker": object_of({"name": text, "email": EMAIL})}, ("channel", "speaker")
)


WHOLE_NUMBER = integer(0)


def _scorecard(label: str, value: object) -> str:
    return str((text if isinstance(value, str) else WHOLE_NUMBER)(label, value))


SCORECARD = Validator(_scorecard, {"anyOf": [text.schema, WHOLE_NUMBER.schema]})
"""A scorecard's id: a string, or a whole number, as the vendor's pages show no value."""


NEW_TRACKER = object_of({"name": text, "vocabulary": unique(list_of(text), str)}, ("name", "vocabulary"))
SAVED_TRACKER = object_of({"id": text}, ("id",))


def _tracker(label: str, value: object) -> dict[str, Any]:
    # A client whose trackers always have both keys leaves one of them empty.
    is_saved = isinstance(value, dict) and not is_empty(value.get("id"))
    given: dict[str, Any] = (SAVED_TRACKER if is_saved else NEW_TRACKER)(label, value)
    return given


TRACKER = Validator(_tracker, {"anyOf": [NEW_TRACKER.schema, SAVED_TRACKER.schema]})
"""A saved tracker's id alone, or a name with its vocabulary."""


def _tracker_key(tracker: Mapping[str, Any]) -> object:
    return tuple((key, tracker[key]) for key in ("id", "name") if key in tracker)


METADATA_FIELDS = {"salesStage": usual(*SALES_STAGES), "prospectName": text}
KNOWN_METADATA = object_of(METADATA_FIELDS)


def _metadata(label: str, value: object) -> dict[str, Any]:
    own = {} if not isinstance(value, dict) else {name: value[name] for name in value.keys() - METADATA_FIELDS.keys()}
    for name in own:
        tolerate(validation_error(f"{label}.{name}", "is not allowed"), "kept where it is text")
    kept = {name: text(f"{label}.{name}", given) for name, given in own.items() if isinstance(given, str) and given}
    known = value if not isinstance(value, dict) else {name: value[name] for name in value if name not in own}
    return {**KNOWN_METADATA(label, known), **kept}


METADATA = Validator(_metadata, KNOWN_METADATA.schema)
"""What is known of the conversation; the service takes sales stages in any spelling, and ones that it does not list."""


COMMON: Mapping[str, Validator] = {
    "name": text,
    "confidenceThreshold": number(0, 1),
    "detectPhrases": boolean,
    "detectEntities": boolean,
    "entities": list_of(ENTITY),
    "trackers": unique(list_of(TRACKER), _tracker_key),
    "enableAllTrackers": boolean,
    "enableSummary": boolean,
    "webhookUrl": web_address,
    "features": object_of(
        {
            "featureList": unique(list_of(open_enum("insights", "callScore")), str),
            "callScore": object_of({"scorecardId": SCORECARD}),
        },
        ("featureList",),
    ),
    "metadata": METADATA,
    "conversationType": open_enum("sales", "general"),
}
MINUTES_OFF_UTC = integer(-MINUTES_OF_A_DAY, MINUTES_OF_A_DAY)
TEXT: Mapping[str, Validator] = {
    **COMMON,
    "messages": list_of(MESSAGE),
    "startTime": date_time,
    "timezoneOffset": MINUTES_OFF_UTC,
}
SPEAKER_COUNT = replace(integer(1), placeholders=(0, "0", "0.0"))
FILE: Mapping[str, Validator] = {
    **COMMON,
    "customVocabulary": list_of(text),
    "languageCode": enum(*LANGUAGES),
    "mode": enum("default", "phone"),
    "enableSeparateRecognitionPerChannel": boolean,
    "channelMetadata": unique(list_of(CHANNEL), itemgetter("channel")),
    "enableSpeakerDiarization": boolean,
    "diarizationSpeakerCount": SPEAKER_COUNT,
}
URL: Mapping[str, Validator] = {**FILE, "url": web_address, "timezoneOffset": MINUTES_OFF_UTC}

URL_QUERY = {"webhookUrl", "enableSpeakerDiarization", "diarizationSpeakerCount"}
"""Names that the vendor's own pages put in the query of a URL call, against its tables."""


TEXT_BODY = object_of(TEXT, ("messages",))
URL_BODY = object_of(URL, ("url",))


def read_text(query: str, body: bytes) -> dict[str, Any]:
    """Read the parameters of a text call: JSON body, and query for all but the messages.

    :param query: the raw query string.
    :param body: the raw body.
    :raises ApiError: one of them is not allowed, or the messages are missing.
    """
    in_query = _admit(read_query(query), TEXT.keys() - {"messages"}, TEXT.keys() - {"messages"})
    given = TEXT_BODY(ROOT, _merge(parse_object(body), in_query, TEXT))
    return _checked(given)


def read_file(query: str) -> dict[str, Any]:
    """Read the parameters of a file call: all in the query.

    :param query: the raw query string.
    :raises ApiError: one of them is not allowed.
    """
    return _checked(object_of(FILE)(ROOT, read_query(query)))


def read_url(query: str, body: bytes) -> dict[str, Any]:
    """Read the parameters of a URL call: JSON body, and a tolerated few in the query.

    :param query: the raw query string.
    :param body: the raw body.
    :raises ApiError: one of them is not allowed, or the URL is missing.
    """
    in_query = _admit(read_query(query), URL_QUERY, URL.keys())
    given = URL_BODY(ROOT, _merge(parse_object(body), in_query, URL))
    return _checked(given)


def _admit(query: dict[str, object], allowed: Collection[str], known: Collection[str]) -> dict[str, object]:
    for name in query.keys() - allowed:
        taken = "taken all the same" if name in known else "left out"
        tolerate(validation_error(name, "is not allowed in the query string"), taken)
    return {name: value for name, value in query.items() if name in known}


def _merge(body: dict[str, Any], query: dict[str, object], validators: Mapping[str, Validator]) -> dict[str, Any]:
    for name in [name for name in body if name in query]:
        if not _agree(validators[name], name, body[name], query[name]):
            error = validation_error(name, "is given in the body and in the query string with different values")
            tolerate(error, "the body's is taken, unless it is empty")
    return {**query, **{name: value for name, value in body.items() if not (name in query and is_empty(value))}}


def _agree(validator: Validator, name: str, one: object, other: object) -> bool:
    checked = object_of({name: validator})
    return bool(checked(ROOT, {name: one}) == checked(ROOT, {name: other}))


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("enableSpeakerDiarization") and "diarizationSpeakerCount" not in given:
        raise validation_error("diarizationSpeakerCount", 'is required when "enableSpeakerDiarization" is true')
    for index, message in enumerate(given.get("messages", [])):
        times = message.get("duration", {})
        if len(times) > 1 and times["endTime"] < times["startTime"]:
            label = f"messages[{index}].duration"
            raise validation_error(f"{label}.endTime", f'must be greater than or equal to "{label}.startTime"')
    return given
