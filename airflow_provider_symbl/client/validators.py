"""The validators of Symbl's parameters: each names the place, what was given and what is allowed."""

from __future__ import annotations

import datetime
import json
import math
import numbers
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn
from urllib.parse import urlsplit

from airflow_provider_symbl.exceptions import SymblConfigurationError

# JSON nests without end, which mypy follows only at the price of a cast at every look inside.
Json = Any
JsonObject = Mapping[str, Json]

Validator = Callable[[str, object], Json]
"""Takes the value's place (such as ``trackers[0].name``) and the value; returns what is sent, or raises."""

SHOWN_LENGTH = 60
NO_IDS = frozenset({".", "..", "None", "null"})
"""What is never an id: paths that are resolved before they are sent, and what is left of a value that was not there."""


def invalid_value(where: str, given: object, allowed: str) -> NoReturn:
    """Raise the one error for a bad value.

    :param where: the value's place.
    :param given: the value, or its type alone where it may hold a conversation's text; lists and objects are shown
        by their type too.
    :param allowed: what may stand there.
    :raises SymblConfigurationError: always.
    """
    message = f"{where}: got {_shown(given)}; allowed: {allowed}"
    raise SymblConfigurationError(message)


def is_empty(value: object) -> bool:
    """Tell whether a value says nothing; such are never sent: Symbl refuses nulls and empty texts."""
    return value is None or (isinstance(value, (str, list, tuple, dict)) and not value)


def as_text(given: object) -> object:
    """Return a number or a date as text, anything else as it is.

    Airflow's ``render_template_as_native_obj`` makes numbers of digits and leaves dates as they are.
    """
    is_number = not isinstance(given, bool) and isinstance(given, (int, float, numbers.Real)) and math.isfinite(given)
    return str(given) if is_number or isinstance(given, datetime.date) else given


def text(where: str, given: object) -> str:
    """Check a text that is not blank; a number stands for its digits."""
    value = as_text(given)
    if not isinstance(value, str) or not value.strip() or not is_unicode(value):
        invalid_value(where, given, "text that is not blank")
    return value


def path_id(where: str, given: object) -> str:
    """Check an id that is a part of a call's path, and return it as text; whole numbers stand for their digits."""
    is_whole = not isinstance(given, bool) and isinstance(given, (int, numbers.Integral))
    value = str(given) if is_whole else given
    if isinstance(value, Mapping) or hasattr(value, where) or mend_of_text(value):
        invalid_value(where, type(given), f'an id, as text; of a task\'s result that holds it .output["{where}"]')
    if not isinstance(value, str) or not is_unicode(value) or not value.strip() or value.strip() in NO_IDS:
        invalid_value(where, given, "an id, as text")
    return value


def short_text(longest: int) -> Validator:
    """Make the validator of a text that is not blank and not long."""

    def validate(where: str, given: object) -> str:
        if not isinstance(given, str) or not given.strip() or len(given) > longest or not is_unicode(given):
            invalid_value(where, given, f"text of at most {longest} characters that is not blank")
        return given

    return validate


def is_unicode(given: str) -> bool:
    """Tell whether UTF-8 can hold a text; half a surrogate pair, which a cut JSON text leaves behind, it cannot."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def boolean(where: str, given: object) -> bool:
    """Check a boolean, which a rendered template spells as text."""
    value = {"true": True, "false": False}.get(given.lower()) if isinstance(given, str) else given
    if not isinstance(value, bool):
        invalid_value(where, given, "True or False")
    return value


def number(lowest: float, highest: float) -> Validator:
    """Make the validator of a number within bounds, both included."""

    def validate(where: str, given: object) -> float:
        value = parsed(given)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            invalid_value(where, given, f"a number from {lowest} to {highest}")
        return value

    return validate


def integer(lowest: int) -> Validator:
    """Make the validator of a whole number of at least ``lowest``."""

    def validate(where: str, given: object) -> int:
        value = parsed(given)
        if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
            invalid_value(where, given, f"a whole number from {lowest} up")
        return value

    return validate


def choice(*allowed: str) -> Validator:
    """Make the validator of a text that is one of a few."""

    def validate(where: str, given: object) -> str:
        if not isinstance(given, str) or given not in allowed:
            invalid_value(where, given, ", ".join(allowed))
        return given

    return validate


def web_address(where: str, given: object) -> str:
    """Check an absolute http or https URL."""
    allowed = "an absolute http or https URL"
    if isinstance(given, str):
        try:
            parts = urlsplit(given)
        except ValueError:
            parts = urlsplit("")
        has_blank = any(map(str.isspace, given))
        if parts.scheme in {"http", "https"} and parts.hostname and is_unicode(given) and not has_blank:
            return given
        allowed += ", in which a space is written %20" if has_blank else ""
    return invalid_value(where, without_query(given), allowed)


def without_query(given: object) -> object:
    """Return an address as errors may show it: without query, fragment and credentials, which may be secret.

    :param given: an address, or a text that ends with one; what is no text is returned as it is.
    """
    if not isinstance(given, str):
        return given
    shown = re.sub(r"(//[^?#]*)[?#].+", r"\1?…", given, flags=re.DOTALL)
    shown = re.sub(r"(https?:)//[^/@\s]*@", r"\1//…@", shown, flags=re.IGNORECASE)
    return re.sub(r"//[^/@\s]*:[^/@\s]*@", "//…@", shown)


def did_you_mean(given: str, known: Sequence[str]) -> str:
    """Return the clause that names what was probably meant, empty where nothing is near.

    :param given: the name that nobody knows.
    :param known: the names that there are.
    """
    near = get_close_matches(given, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def timestamp(where: str, given: object) -> str:
    """Check an ISO-8601 date and time."""
    given = given.isoformat() if isinstance(given, datetime.datetime) else given
    if isinstance(given, str) and "T" in given:
        try:
            datetime.datetime.fromisoformat(given)
        except ValueError:
            pass
        else:
            return given
    return invalid_value(where, given, "an ISO-8601 time such as 2026-01-31T09:30:00.000Z")


def identifier(where: str, given: object) -> str | int:
    """Check an id, which Symbl gives as text or as a whole number."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    return text(where, given)


def list_of(validate_item: Validator, *, unique: str = "") -> Validator:
    """Make the validator of a list that is not empty.

    :param validate_item: the validator of each item.
    :param unique: where items may not repeat, what in them may not: ``"item"`` or the name of a key.
    """

    def validate(where: str, given: object) -> list[Json]:
        items = parsed(given)
        if not isinstance(items, Sequence) or isinstance(items, str) or not items:
            invalid_value(where, type(items), f"a list of at least one item, or its JSON text{mend_of_text(items)}")
        values = [validate_item(f"{where}[{index}]", item) for index, item in enumerate(items)]
        if unique:
            _check_unique(where, values, unique)
        return values

    return validate


def object_of(
    required: Mapping[str, Validator],
    optional: Mapping[str, Validator] | None = None,
    *,
    others: Validator | None = None,
) -> Validator:
    """Make the validator of an object.

    :param required: the validators of the keys that must be there.
    :param optional: the validators of the keys that may be there; left out where they hold nothing.
    :param others: the validator of every other key; None allows no other.
    """
    known = {**required, **(optional or {})}

    def validate(where: str, given: object) -> dict[str, Json]:
        items = parsed(given)
        if not isinstance(items, Mapping):
            keys = ", ".join(known) or "text keys"
            invalid_value(where, type(items), f"an object with {keys}, or its JSON text{mend_of_text(items)}")
        values = {}
        for key in [*items, *(key for key in required if key not in items)]:
            validator = known.get(key, others)
            if validator is None:
                invalid_value(where, key, f"the keys {', '.join(known)}{did_you_mean(str(key), [*known])}")
            if key in required or not is_empty(items[key]):
                values[key] = validator(f"{where}.{key}", items.get(key))
        return {key: value for key, value in values.items() if key in required or not is_empty(value)}

    return validate


def _said(where: str, given: object) -> str:
    """Check what somebody said, which no error may repeat, not even a number alone."""
    value = as_text(given)
    if not isinstance(value, str) or not value.strip() or not is_unicode(value):
        invalid_value(where, type(given), "text that is not blank")
    return value


def _tracker(where: str, given: object) -> dict[str, Json]:
    is_saved = isinstance(given, Mapping) and "id" in given
    validate = _SAVED_TRACKER if is_saved else _INLINE_TRACKER
    checked: dict[str, Json] = validate(where, given)
    return checked


def _duration(where: str, given: object) -> dict[str, Json]:
    checked: dict[str, Json] = object_of({}, {"startTime": timestamp, "endTime": timestamp})(where, given)
    times = [datetime.datetime.fromisoformat(checked[key]) for key in ("startTime", "endTime") if key in checked]
    # Times with and without a zone cannot be compared; Symbl reads both.
    if len(times) == 2 and (times[0].tzinfo is None) == (times[1].tzinfo is None) and times[0] > times[1]:  # noqa: PLR2004 - both are given
        invalid_value(
            f"{where}.endTime",
            checked["endTime"],
            f"a time that is not before startTime {checked['startTime']}",
        )
    return checked


def parsed(given: object) -> Json:
    """Return what a text says in JSON, or the value itself: a rendered template is mostly text."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return given


def mend_of_text(given: object) -> str:
    """Return the clause that tells how a template hands on a list or an object, empty where none was meant.

    :param given: what should have been one; text that begins as one does, and is no JSON, is Python's own form.
    """
    is_meant = isinstance(given, str) and given.lstrip().startswith(("[", "{", "("))
    return "; of a template {{ … | tojson }}, of a task's result its .output" if is_meant else ""


def _check_unique(where: str, values: list[Json], unique: str) -> None:
    seen: list[Json] = []
    for index, value in enumerate(values):
        mark = value.get(unique) if isinstance(value, dict) else value
        if mark is not None and mark in seen:
            invalid_value(f"{where}[{index}]", mark, f"each {unique} once")
        seen.append(mark)


def _shown(given: object) -> str:
    if given is None or given is type(None):
        return "nothing"
    if isinstance(given, (str, int, float)):
        shown = repr(given)
        return shown if len(shown) <= SHOWN_LENGTH else f"{shown[:SHOWN_LENGTH]}…"
    kind = given if isinstance(given, type) else type(given)
    return f"a value of type {kind.__name__}"


_SAVED_TRACKER = object_of({"id": text})
_INLINE_TRACKER = object_of({"name": text, "vocabulary": list_of(text, unique="item")})

MESSAGES = list_of(
    object_of(
        {"payload": object_of({"content": _said}, {"contentType": choice("text/plain")})},
        {
            "from": object_of({}, {"id": identifier, "name": text, "userId": text}),
            "duration": _duration,
        },
    ),
)
ENTITIES = list_of(object_of({"customType": text, "text": text}, {"value": text}))
TRACKERS = list_of(_tracker, unique="name")
FEATURES = object_of(
    {"featureList": list_of(choice("insights", "callScore"), unique="item")},
    {"callScore": object_of({"scorecardId": identifier})},
)
METADATA = object_of({}, {"salesStage": text}, others=text)
CHANNEL_METADATA = list_of(
    object_of({"channel": integer(1), "speaker": object_of({}, {"name": text, "email": text})}),
    unique="channel",
)
SPEAKER_EVENTS = list_of(
    object_of(
        {
            "type": choice("started_speaking", "stopped_speaking"),
            "user": object_of({}, {"id": text, "name": text, "email": text}),
            # Symbl's own samples have nanos of more than a second.
            "offset": object_of({"seconds": integer(0)}, {"nanos": integer(0)}),
        },
    ),
)
CONVERSATION_METADATA = object_of({}, others=short_text(128))
