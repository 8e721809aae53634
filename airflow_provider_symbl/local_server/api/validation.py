"""Validators: what a value may be, and the JSON Schema of the same for the OpenAPI document.

Our own, and neither pydantic nor jsonschema: Symbl validates with Joi, and clients read Joi's sentences. Each names the
field by its path, what was given and what is allowed, and strings are converted as Joi does it (``"true"``, ``"0.5"``).
A validator is a check with its schema; larger ones are built of smaller ones. What the service takes all the same is
let pass with a note, unless reading is strict (:mod:`.leniency`); schemas say what is taken strictly.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.api.leniency import is_empty, tolerate
from airflow_provider_symbl.local_server.api.responses import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"
"""What JSON can hold, before it is validated."""

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
IN_AN_ADDRESS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
"""What RFC 3986 allows: all else has to be percent-encoded."""
LONGEST_NUMBER = 64
LARGEST_SAFE_NUMBER = 2**53

LONE_SURROGATE = "has half of a surrogate pair"

ROOT = "value"
"""Joi's name for the document itself; the paths of its fields begin with their own names."""


@dataclass(frozen=True)
class Validator:
    """A check of a value, and its schema.

    :param check: takes the field's path and the value; gives the value as it is to be used, or raises
        :class:`ApiError`.
    :param schema: the JSON Schema that allows what the check allows, as far as a schema can say it.
    :param placeholders: values that some clients send for none, where the check does not allow them.
    """

    check: Callable[[str, object], Any]
    schema: Mapping[str, object]
    placeholders: tuple[object, ...] = ()

    def __call__(self, label: str, value: object) -> Any:  # noqa: ANN401 - whatever the check makes of the value
        """Check a value.

        :param label: the field's path, such as ``messages[0].payload``.
        :raises ApiError: it is not allowed.
        """
        return self.check(label, value)


def validation_error(label: str, problem: str) -> ApiError:
    """Make the error of one field, with status 400.

    :param label: the field's path, such as ``messages[0].payload``.
    :param problem: what completes the sentence that begins with the field's path.
    """
    return ApiError(400, f'"{label}" {problem}')


def kind(value: object) -> str:
    """Name the JSON type of a value, for messages: the value itself may be what somebody said."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return "null" if value is None else names.get(type(value), "an object")


def _text(label: str, value: object) -> str:
    if not isinstance(value, str):
        raise validation_error(label, f"must be a string, but is {kind(value)}")
    if not value:
        raise validation_error(label, "is not allowed to be empty")
    if not is_unicode(value):
        raise validation_error(label, f"must be Unicode text, but {LONE_SURROGATE}")
    return value


def is_unicode(value: str) -> bool:
    """Tell whether UTF-8 can hold a text; a lone surrogate, which JSON can escape, it cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


text = Validator(_text, {"type": "string", "minLength": 1})
"""A string that is not empty. Whatever text the server keeps has come through here."""


def short_text(longest: int) -> Validator:
    """Allow a string that is neither empty nor long.

    :param longest: its greatest length, in characters.
    """

    def check(label: str, value: object) -> str:
        given: str = text(label, value)
        if len(given) > longest:
            raise validation_error(label, f"must be at most {longest} characters long, but has {len(given)}")
        return given

    return Validator(check, {**text.schema, "maxLength": longest})


BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
"""How other languages spell them, in any case."""


def _boolean(label: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    error = validation_error(label, f"must be a boolean, but is {shown(value)}")
    meant = BOOLEANS.get(str(value).lower()) if isinstance(value, str | int) else None
    if meant is None:
        raise error
    tolerate(error, f"taken as {str(meant).lower()}")
    return meant


boolean = Validator(_boolean, {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]})
"""A boolean, or the strings ``true`` and ``false``."""


def number(low: float, high: float = math.inf) -> Validator:
    """Allow a number, or a decimal string of one, within bounds.

    :param low: the least value allowed.
    :param high: the greatest value allowed.
    """

    def check(label: str, value: object) -> float:
        given = _number(label, value)
        if given < low:
            raise validation_error(label, f"must be greater than or equal to {low}, but is {shown(value)}")
        if given > high:
            raise validation_error(label, f"must be less than or equal to {high}, but is {shown(value)}")
        return given

    return Validator(check, _numeric("number", low, high))


def integer(low: int, high: float = math.inf) -> Validator:
    """Allow a whole number, or a decimal string of one, within bounds.

    :param low: the least value allowed.
    :param high: the greatest value allowed.
    """
    within = number(low, high)

    def check(label: str, value: object) -> int:
        given = float(within(label, value))
        if not given.is_integer():
            raise validation_error(label, f"must be an integer, but is {shown(value)}")
        return int(given)

    return Validator(check, _numeric("integer", low, high))


def enum(*allowed: str) -> Validator:
    """Allow one of some words.

    :param allowed: the words, in the order in which they are named.
    """

    def check(label: str, value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise validation_error(label, f"must be one of [{', '.join(allowed)}], but is {shown(value)}")
        return value

    return Validator(check, {"enum": list(allowed)})


def _web_address(label: str, value: object) -> str:
    address: str = text(label, value)
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_web = False
    if not (is_web and IN_AN_ADDRESS.fullmatch(address)):
        raise validation_error(label, "must be a valid uri with a scheme matching the http|https pattern")
    return address


web_address = Validator(
    _web_address, {"type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]"}
)
"""An http or https address."""


def _date_time(label: str, value: object) -> datetime:
    try:
        return timestamps.parse(text(label, value))
    except (ValueError, OverflowError):
        raise validation_error(label, f"must be in ISO 8601 date format, but is {shown(value)}") from None


date_time = Validator(_date_time, {"type": "string", "format": "date-time"})
"""An ISO-8601 date, or date and time; gives an aware datetime in UTC."""


def list_of(item: Validator, *, at_least: int = 1) -> Validator:
    """Allow an array.

    :param item: the validator of each item.
    :param at_least: how many items there must be.
    """

    def check(label: str, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise validation_error(label, f"must be an array, but is {kind(value)}")
        _check_length(label, len(value))
        places = [(f"{label}[{index}]", entry) for index, entry in enumerate(value)]
        items = [item(place, entry) for place, entry in places if not _is_blank(place, entry)]
        _check_length(label, len(items))
        return items

    def _check_length(label: str, length: int) -> None:
        if length < at_least:
            raise validation_error(label, f"must contain at least {at_least} items, but has {length}")

    def _is_blank(place: str, entry: object) -> bool:
        # What holds nothing is an item with something missing; that nothing was given at all is no question of items.
        return not isinstance(entry, dict | list) and _stands_for_none(item, place, entry)

    return Validator(check, {"type": "array", "items": item.schema, "minItems": at_least})


def unique(array: Validator, key: Callable[[Any], object]) -> Validator:
    """Allow an array only if no two items agree.

    :param array: the array's own validator.
    :param key: what two items must not share.
    """

    def check(label: str, value: object) -> list[Any]:
        distinct: dict[object, Any] = {}
        for index, item in enumerate(array(label, value)):
            if key(item) in distinct:
                tolerate(validation_error(f"{label}[{index}]", "contains a duplicate value"), "left out")
            distinct.setdefault(key(item), item)
        return list(distinct.values())

    return Validator(check, {**array.schema, "uniqueItems": True})


def object_of(fields: Mapping[str, Validator], required: Iterable[str] = ()) -> Validator:
    """Allow an object that has no other keys than the given ones.

    :param fields: the validator of each key.
    :param required: the keys that must be there.
    """
    needed = frozenset(required)

    def check(label: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise validation_error(label, f"must be of type object, but is {kind(value)}")
        prefix = f"{label}." if label != ROOT else ""
        known = {name: given for name, given in value.items() if _is_known(prefix + name, is_known=name in fields)}
        for name in required:
            if name not in known:
                raise validation_error(prefix + name, "is required")
        return {
            name: fields[name](prefix + name, given)
            for name, given in known.items()
            if name in needed or not _stands_for_none(fields[name], prefix + name, given)
        }

    properties = {name: validator.schema for name, validator in fields.items()}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return Validator(check, {**schema, "required": list(required)})


def map_of(values: Validator) -> Validator:
    """Allow an object of any keys.

    :param values: the validator of each value.
    """

    def check(label: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise validation_error(label, f"must be of type object, but is {kind(value)}")
        for name in value:
            if not is_unicode(name):
                raise validation_error(label, f"must have keys that are Unicode text, but one {LONE_SURROGATE}")
        return {name: values(f"{label}.{name}", given) for name, given in value.items()}

    return Validator(check, {"type": "object", "additionalProperties": values.schema})


def _is_known(label: str, *, is_known: bool) -> bool:
    if not is_known:
        tolerate(validation_error(label, "is not allowed"), "left out")
    return is_known


def _stands_for_none(validator: Validator, label: str, value: object) -> bool:
    """Tell whether a value that is not allowed is only there because a client fills every field."""
    if not (is_empty(value) or value in validator.placeholders):
        return False
    try:
        validator(label, value)
    except ApiError as error:
        tolerate(error, "taken as not given")
        return True
    return False


def _numeric(kind_of_number: str, low: float, high: float) -> dict[str, object]:
    """Say what a number may be; of its decimal strings the plain ones, whose bounds a pattern can say but roughly."""
    bounds = {"minimum": low, "maximum": min(high, LARGEST_SAFE_NUMBER - 1)}
    sign, whole = "-?" if low < 0 else "", "[1-9][0-9]{0,14}" if low > 0 else "[0-9]{1,15}"
    fraction = r"(\.[0-9]{1,15})?" if kind_of_number == "number" else ""
    plain = rf"^(0{fraction}|1)$" if high == 1 else f"^{sign}{whole}{fraction}$"
    return {"anyOf": [{"type": kind_of_number, **bounds}, {"type": "string", "pattern": plain}]}


def _number(label: str, value: object) -> float:
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise validation_error(label, f"must be a number, but is {shown(value)}")
    if abs(value) >= LARGEST_SAFE_NUMBER:
        raise validation_error(label, "must be a safe number")
    return value


def shown(value: object) -> str:
    """Show a value in a message, unless it is long."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= LONGEST_NUMBER else "a longer string"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return kind(value)
