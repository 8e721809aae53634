"""Symbl's parameters of a submission: their names, types, bounds and encodings, checked before anything is sent.

The TypedDicts are the table: type and validator of a parameter stand beside its name, and Symbl's name for it is the
camelCase of that. They follow Symbl's Async API reference ("Query Params" and "Request Body" of the ten pages).
Where it contradicts itself, the narrower reading is sent: a confidence threshold is at least 0.5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, TypedDict, get_args, get_type_hints

from airflow_provider_symbl.client.endpoints import TEXT, Source
from airflow_provider_symbl.client.validators import (
    CHANNEL_METADATA,
    ENTITIES,
    FEATURES,
    MESSAGES,
    METADATA,
    TRACKERS,
    Json,
    Validator,
    boolean,
    choice,
    did_you_mean,
    integer,
    invalid_value,
    is_empty,
    list_of,
    mend_of_text,
    number,
    parsed,
    text,
    web_address,
)

LANGUAGE_CODES = (
    "en-US", "en-GB", "en-AU", "en-IE", "en-IN", "en-ZA", "ru-RU", "fr-CA", "fr-FR", "de-DE",
    "it-IT", "nl-NL", "ja-JP", "es-US", "es-ES", "ar-SA", "hi-IN", "pt-BR", "pt-PT", "fa-IR",
)  # fmt: skip


class TextParameters(TypedDict, total=False):
    """The parameters that every submission and append takes, under their Python names."""

    name: Annotated[str | None, text]
    confidence_threshold: Annotated[float | None, number(0.5, 1.0)]
    detect_phrases: Annotated[bool | None, boolean]
    detect_entities: Annotated[bool | None, boolean]
    entities: Annotated[Sequence[Mapping[str, str]] | None, ENTITIES]
    trackers: Annotated[Sequence[Mapping[str, Json]] | None, TRACKERS]
    enable_all_trackers: Annotated[bool | None, boolean]
    enable_summary: Annotated[bool | None, boolean]
    webhook_url: Annotated[str | None, web_address]
    features: Annotated[Mapping[str, Json] | None, FEATURES]
    metadata: Annotated[Mapping[str, str] | None, METADATA]
    conversation_type: Annotated[str | None, choice("sales", "general")]


class MediaParameters(TextParameters, total=False):
    """The parameters of audio and video: those of text and the ones about speech."""

    custom_vocabulary: Annotated[Sequence[str] | None, list_of(text)]
    language_code: Annotated[str | None, choice(*LANGUAGE_CODES)]
    mode: Annotated[str | None, choice("default", "phone")]
    enable_separate_recognition_per_channel: Annotated[bool | None, boolean]
    channel_metadata: Annotated[Sequence[Mapping[str, Json]] | None, CHANNEL_METADATA]
    enable_speaker_diarization: Annotated[bool | None, boolean]
    diarization_speaker_count: Annotated[int | None, integer(1)]


def _validators_of(table: type[TextParameters]) -> Mapping[str, Validator]:
    hints = get_type_hints(table, include_extras=True)
    return {name: get_args(hint)[1] for name, hint in hints.items()}


TEXT_PARAMETERS = _validators_of(TextParameters)
"""The validator of each parameter of text, by Python name."""
MEDIA_PARAMETERS = _validators_of(MediaParameters)
"""The validator of each parameter of audio and video, by Python name."""

CONTENT_VALIDATORS: Mapping[str, Validator] = {"messages": MESSAGES, "url": web_address}


def check_content(source: Source, given: object) -> Json:
    """Return the messages or the URL of a submission as it is sent.

    :param source: how the conversation is handed over; text or a URL.
    :param given: the list of messages or the URL.
    :raises SymblConfigurationError: it is empty, or has not the shape that Symbl takes.
    """
    return CONTENT_VALIDATORS[source.content](source.content, given)


def check_each(source: Source, given: Mapping[str, object]) -> dict[str, Json]:
    """Return what is sent for each given parameter, by Symbl's names; what is None or empty is left out.

    :param source: how the conversation is handed over; it decides which parameters there are.
    :param given: values by Python name. Text that holds a number, a boolean or JSON is taken as such, since a
        rendered template is always text.
    :raises SymblConfigurationError: a name that the source has not, or a value that Symbl does not take.
    """
    known = _parameters_of(source)
    values = {}
    for name, value in given.items():
        if name not in known:
            allowed = f"for {source.name}: {', '.join(known)}"
            invalid_value("parameter", name, f"{allowed}{did_you_mean(name, [*known])}")
        if not is_empty(value):
            values[_wire_name(name)] = known[name](name, value)
    return {wire_name: value for wire_name, value in values.items() if not is_empty(value)}


def check_extra(source: Source, given: object) -> dict[str, Json]:
    """Return the extra parameters, which are sent as they are under the names that they have.

    :param source: how the conversation is handed over.
    :param given: values by Symbl's names, or their JSON text, for what Symbl has and this package does not know.
    :raises SymblConfigurationError: not a mapping of names to values, or a name that has its own keyword.
    """
    extra = parsed(given)
    if is_empty(extra):
        return {}
    if not isinstance(extra, Mapping) or not all(isinstance(name, str) for name in extra):
        allowed = "a mapping of Symbl's parameter names to JSON values, or its JSON text"
        mend = mend_of_text(extra)
        invalid_value("extra_parameters", type(extra) if mend else extra, f"{allowed}{mend}")
    keywords = {_wire_name(name): name for name in _parameters_of(source)}
    for name in extra:
        if name == source.content:
            invalid_value("extra_parameters", name, f"names other than {name!r}, which is an argument of its own")
        if name in keywords:
            invalid_value("extra_parameters", name, f"names without a keyword of their own; give {keywords[name]}=…")
        _check_json(f"extra_parameters.{name}", extra[name])
    return {name: value for name, value in extra.items() if not is_empty(value)}


def check_together(values: Mapping[str, Json]) -> None:
    """Check the parameters that have a meaning only beside another one.

    :param values: what will be sent, by Symbl's names.
    :raises SymblConfigurationError: one of a pair stands alone, and Symbl would ignore or misread it.
    """
    sent = {name: values.get(_wire_name(name)) for name in MEDIA_PARAMETERS}
    count, channels = sent["diarization_speaker_count"], sent["channel_metadata"]
    diarization = sent["enable_speaker_diarization"] is True
    if diarization and count is None:
        invalid_value("diarization_speaker_count", None, "a number of speakers, with enable_speaker_diarization=True")
    if count is not None and not diarization:
        invalid_value("diarization_speaker_count", count, "to be given with enable_speaker_diarization=True only")
    if channels is not None and sent["enable_separate_recognition_per_channel"] is not True:
        allowed = "to be given with enable_separate_recognition_per_channel=True only"
        invalid_value("channel_metadata", channels, allowed)


def validate(source: Source, given: Mapping[str, object], extra: object = None) -> dict[str, Json]:
    """Return all parameters of one submission as they are sent, by Symbl's names.

    :param source: how the conversation is handed over.
    :param given: values by Python name.
    :param extra: further values by Symbl's names.
    :raises SymblConfigurationError: names the parameter, what was given and what is allowed.
    """
    values = check_each(source, given)
    check_together(values)
    return values | check_extra(source, extra)


def query_pairs(values: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Return parameters as they stand in a query string, not yet percent-encoded.

    Booleans are lower-case, lists and objects one JSON text each: the one form that Symbl reads for a list of one
    item too.

    :param values: by Symbl's names.
    """
    return [(name, _query_text(value)) for name, value in values.items()]


def _parameters_of(source: Source) -> Mapping[str, Validator]:
    return TEXT_PARAMETERS if source is TEXT else MEDIA_PARAMETERS


def _wire_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _check_json(where: str, given: object) -> None:
    try:
        json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError):
        invalid_value(where, given, "a JSON value")


def _query_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
