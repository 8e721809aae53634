"""The parameters of the ten submit and append calls: the validator of each, and where it may stand, query or body."""

from __future__ import annotations

import json
import re
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.api.validation import (
    ROOT,
    Json,
    Validator,
    boolean,
    date_time,
    enum,
    integer,
    kind,
    list_of,
    number,
    object_of,
    text,
    unique,
    validation_error,
    web_address,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

LANGUAGES = (
    *("en-US", "en-GB", "en-AU", "en-IE", "en-IN", "en-ZA", "ru-RU", "fr-CA", "fr-FR", "de-DE"),
    *("it-IT", "nl-NL", "ja-JP", "es-US", "es-ES", "ar-SA", "hi-IN", "pt-BR", "pt-PT", "fa-IR"),
)
SALES_STAGES = ("qualification", "discovery", "demo", "negotiation", "general")
MINUTES_OF_A_DAY = 24 * 60

MESSAGE = object_of(
    {
        "payload": object_of({"content": text, "contentType": enum("text/plain")}, ("content",)),
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
    is_saved = isinstance(value, dict) and "id" in value
    given: dict[str, Any] = (SAVED_TRACKER if is_saved else NEW_TRACKER)(label, value)
    return given


TRACKER = Validator(_tracker, {"anyOf": [NEW_TRACKER.schema, SAVED_TRACKER.schema]})
"""A saved tracker's id alone, or a name with its vocabulary."""


def _tracker_key(tracker: Mapping[str, Any]) -> object:
    return tuple((key, tracker[key]) for key in ("id", "name") if key in tracker)


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
            "featureList": unique(list_of(enum("insights", "callScore")), str),
            "callScore": object_of({"scorecardId": SCORECARD}),
        },
        ("featureList",),
    ),
    "metadata": object_of({"salesStage": enum(*SALES_STAGES), "prospectName": text}),
    "conversationType": enum("sales", "general"),
}
MINUTES_OFF_UTC = integer(-MINUTES_OF_A_DAY, MINUTES_OF_A_DAY)
TEXT: Mapping[str, Validator] = {
    **COMMON,
    "messages": list_of(MESSAGE),
    "startTime": date_time,
    "timezoneOffset": MINUTES_OFF_UTC,
}
FILE: Mapping[str, Validator] = {
    **COMMON,
    "customVocabulary": list_of(text),
    "languageCode": enum(*LANGUAGES),
    "mode": enum("default", "phone"),
    "enableSeparateRecognitionPerChannel": boolean,
    "channelMetadata": unique(list_of(CHANNEL), itemgetter("channel")),
    "enableSpeakerDiarization": boolean,
    "diarizationSpeakerCount": integer(1),
}
URL: Mapping[str, Validator] = {**FILE, "url": web_address, "timezoneOffset": MINUTES_OFF_UTC}

JSON_IN_QUERY = {
    *("entities", "trackers", "customVocabulary", "channelMetadata", "features", "metadata"),
    "customTopicVocabulary",
}
BRACKETED = re.compile(r"([A-Za-z]+)((?:\[\w+\]){1,4})")
"""What some clients make of a nested value instead: ``features[featureList][0]`` (2.4)."""
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
    in_query = _admit(read_query(query), TEXT.keys() - {"messages"})
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
    in_query = _admit(read_query(query), URL_QUERY)
    given = URL_BODY(ROOT, _merge(parse_object(body), in_query, URL))
    return _checked(given)


def read_query(query: str) -> dict[str, object]:
    """Decode a query string: lists and objects are one JSON text each, vocabulary may be repeated instead.

    :param query: the raw query string.
    :raises ApiError: it is not UTF-8, a name is repeated, or holds text that is not JSON where JSON belongs.
    """
    pairs, nested = _unfolded(_pairs(query))
    counts = Counter(name for name, _ in pairs)
    for name, count in counts.items():
        if count > 1 and name != "customVocabulary":
            raise validation_error(name, f"must be given once, but is given {count} times")
    words = [value for name, value in pairs if name == "customVocabulary"]
    values: dict[str, object] = {name: _decoded(name, value) for name, value in pairs if counts[name] == 1}
    values |= {"customVocabulary": words} if len(words) > 1 else {}
    for name in _shared(nested, values):
        raise validation_error(name, "must be given once, but is given as a whole and in parts")
    return {**values, **nested}


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise ApiError(400, "The query string must be UTF-8, percent-encoded, but is not UTF-8") from None


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON body.

    :param body: the raw body.
    :raises ApiError: it is not JSON, or not an object.
    """
    value = parse_json(body)
    if not isinstance(value, dict):
        raise validation_error(ROOT, f"must be of type object, but is {kind(value)}")
    return value


def parse_json(body: bytes) -> Json:
    """Parse a JSON body.

    :param body: the raw body.
    :raises ApiError: it is not JSON, or one of its objects has a key twice.
    """
    try:
        value: Json = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise ApiError(400, f"The request body must be JSON, but its {len(body)} bytes are not") from None
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise validation_error(twice, "must be given once, but is given twice or more in one object")
    return given


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _decoded(name: str, value: str) -> object:
    if name not in JSON_IN_QUERY or not value:
        return value
    try:
        return json.loads(value, parse_constant=_no_constant, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise validation_error(name, "must be one JSON text in the query string, but is not JSON") from None


def _unfolded(pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], dict[str, object]]:
    """Part the plain pairs from the bracketed, and put what the latter stand for together."""
    plain: list[tuple[str, str]] = []
    nested: dict[str, dict[str, Any]] = {}
    for name, value in pairs:
        match = BRACKETED.fullmatch(name)
        if match and match[1] in JSON_IN_QUERY:
            _insert(nested.setdefault(match[1], {}), re.findall(r"\w+", match[2]), value, name)
        else:
            plain.append((name, value))
    return plain, {name: _listed(value) for name, value in nested.items()}


def _insert(holder: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    *outer, last = keys
    for key in outer:
        holder = holder.setdefault(key, {})
        if not isinstance(holder, dict):
            raise validation_error(name, "must not lead into another parameter's value")
    if last in holder:
        raise validation_error(name, "must be given once, but is given twice or more")
    holder[last] = value


def _listed(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: (len(key), key))
    if keys == [str(index) for index in range(len(keys))]:
        return [_listed(value[key]) for key in keys]
    return {key: _listed(entry) for key, entry in value.items()}


def _admit(query: dict[str, object], allowed: Collection[str]) -> dict[str, object]:
    for name in query:
        if name not in allowed:
            raise validation_error(name, "is not allowed in the query string")
    return query


def _merge(body: dict[str, Any], query: dict[str, object], validators: Mapping[str, Validator]) -> dict[str, Any]:
    for name in _shared(body, query):
        if validators[name](name, body[name]) != validators[name](name, query[name]):
            raise validation_error(name, "is given in the body and in the query string with different values")
    return {**query, **body}


def _shared(body: Iterable[str], query: Iterable[str]) -> list[str]:
    return [name for name in body if name in set(query)]


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("enableSpeakerDiarization") and "diarizationSpeakerCount" not in given:
        raise validation_error("diarizationSpeakerCount", 'is required when "enableSpeakerDiarization" is true')
    for index, message in enumerate(given.get("messages", [])):
        times = message.get("duration", {})
        if len(times) > 1 and times["endTime"] < times["startTime"]:
            label = f"messages[{index}].duration"
            raise validation_error(f"{label}.endTime", f'must be greater than or equal to "{label}.startTime"')
    return given
