"""Query strings and JSON bodies: decoded, with nested values put together, and nothing checked but their form.

Our own: lists and objects travel as JSON text, in brackets or repeated, by rules of the vendor's that no library has.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

from airflow_provider_symbl.local_server.api.leniency import EMPTY_WORDS, is_empty, tolerate
from airflow_provider_symbl.local_server.api.responses import ApiError
from airflow_provider_symbl.local_server.api.validation import ROOT, Json, kind, validation_error

JSON_IN_QUERY = {
    *("entities", "trackers", "customVocabulary", "channelMetadata", "features", "metadata"),
    "customTopicVocabulary",
}
BRACKETED = re.compile(r"([A-Za-z]+)((?:\[\w*\]){1,4})")
"""What some clients make of a nested value instead: ``features[featureList][0]`` (2.4)."""
NEXT = "[]"
"""What others write for the next item of a list."""


def read_query(query: str) -> dict[str, object]:
    """Decode a query string: lists and objects are one JSON text each, vocabulary may be repeated instead.

    :param query: the raw query string.
    :raises ApiError: it is not UTF-8, a name is repeated, or holds text that is not JSON where JSON belongs.
    """
    pairs, nested = _unfolded(_pairs(query))
    by_name: dict[str, list[str]] = {}
    for name, value in pairs:
        by_name.setdefault(name, []).append(value)
    values = {name: _one(name, given) for name, given in by_name.items()}
    for name in nested.keys() & values.keys():
        raise validation_error(name, "must be given once, but is given as a whole and in parts")
    return {**values, **nested}


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise ApiError(400, "The query string must be UTF-8, percent-encoded, but is not UTF-8") from None


def _one(name: str, given: list[str]) -> object:
    if len(given) > 1 and name == "customVocabulary":
        return given
    if len(given) > 1:
        tolerate(
            validation_error(name, f"must be given once, but is given {len(given)} times"), "the last one is taken"
        )
    # One SDK gives a name and then an empty one.
    return _decoded(name, next((value for value in reversed(given) if not is_empty(value)), given[-1]))


def _decoded(name: str, value: str) -> object:
    if name not in JSON_IN_QUERY or not value:
        return value
    try:
        return json.loads(value, parse_constant=_no_constant, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError):
        error = validation_error(name, "must be one JSON text in the query string, but is not JSON")
    if value not in EMPTY_WORDS:
        raise error
    tolerate(error, "taken as not given")
    return None


def _unfolded(pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], dict[str, object]]:
    """Part the plain pairs from the bracketed, and put what the latter stand for together."""
    plain: list[tuple[str, str]] = []
    nested: dict[str, dict[str, Any]] = {}
    for name, value in pairs:
        match = BRACKETED.fullmatch(name)
        if match and match[1] in JSON_IN_QUERY:
            if NEXT in name:
                tolerate(validation_error(name, "is not allowed"), "taken for the next of a list")
            _insert(nested.setdefault(match[1], {}), re.findall(r"\[(\w*)\]", match[2]), value, name)
        else:
            plain.append((name, value))
    return plain, {name: _listed(value) for name, value in nested.items()}


def _insert(holder: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    *outer, last = keys
    for key in outer:
        holder = holder.setdefault(key or str(len(holder)), {})
        if not isinstance(holder, dict):
            raise validation_error(name, "must not lead into another parameter's value")
    place = last or str(len(holder))
    if place in holder:
        raise validation_error(name, "must be given once, but is given twice or more")
    holder[place] = value


def _listed(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: (len(key), key))
    if keys == [str(index) for index in range(len(keys))]:
        return [_listed(value[key]) for key in keys]
    return {key: _listed(entry) for key, entry in value.items()}


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
        value: Json = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError):
        raise ApiError(400, f"The request body must be JSON, but its {len(body)} bytes are not") from None
    return value


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        error = validation_error(twice, "must be given once, but is given twice or more in one object")
        tolerate(error, "the last one is taken")
    return given


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
