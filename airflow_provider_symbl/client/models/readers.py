"""The readers of a response's values: each takes what Symbl sent, None where it sent nothing, and returns what is kept.

They are tolerant of what is missing and strict about the kind of what is there. Their one error names the key and the
kinds, never the value, which may be what somebody said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import Json

Value = TypeVar("Value")
Reader = Callable[["Json"], Value]

KINDS = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}


class UnreadableValueError(ValueError):
    """A value of a response is of another kind than Symbl's.

    :param got: the kind of what is there.
    :param allowed: the kinds that could be read.
    :param place: the keys that lead to it, such as ``messages[3].text``.
    """

    def __init__(self, got: str, allowed: str, place: str = "") -> None:
        super().__init__(f"{place or 'the whole'}: got {got}; allowed: {allowed}")
        self._kinds = (got, allowed)
        self._place = place

    def below(self, key: str) -> Self:
        """Return the same error, with the place as it is seen from one level up.

        :param key: the key, or ``[index]``, that leads to where the error was raised.
        """
        is_joined = not self._place or self._place.startswith("[")
        return type(self)(*self._kinds, key + self._place if is_joined else f"{key}.{self._place}")


def anything(given: Json) -> Json:
    """Keep a value as it is: Symbl gives text, objects and nothing under one key."""
    return given


def text(given: Json) -> str:
    """Read text; empty where there is none. Ids and names may be whole numbers."""
    if given is None:
        return ""
    if isinstance(given, str):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return _refuse(given, "text")


def required_text(given: Json) -> str:
    """Read text without which the object says nothing."""
    return _refuse(given, "text") if given is None else text(given)


def identifier(given: Json) -> str:
    """Read an id without which nothing can be asked for."""
    return required_text(given) or _refuse(given, "an id")


def number(given: Json) -> float | None:
    """Read a number, whole or not; None where there is none."""
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if given is None or (is_number and (isinstance(given, int) or math.isfinite(given))):
        value: float | None = given
        return value
    return _refuse(given, "a number")


def boolean(given: Json) -> bool | None:
    """Read a boolean; None where there is none."""
    return given if given is None or isinstance(given, bool) else _refuse(given, "a boolean")


def json_object(given: Json) -> dict[str, Json]:
    """Read an object; empty where there is none."""
    if given is None:
        return {}
    return dict(given) if isinstance(given, Mapping) else _refuse(given, "an object")


def required_object(given: Json) -> dict[str, Json]:
    """Read an object that must be there."""
    return _refuse(given, "an object") if given is None else json_object(given)


def list_of(reader: Reader[Value]) -> Reader[list[Value]]:
    """Make the reader of a list; it is empty where there is none.

    :param reader: reads each item.
    """
    required = required_list_of(reader)
    return lambda given: [] if given is None else required(given)


def required_list_of(reader: Reader[Value]) -> Reader[list[Value]]:
    """Make the reader of a list that must be there.

    :param reader: reads each item.
    """

    def read(given: Json) -> list[Value]:
        if not isinstance(given, list):
            _refuse(given, "a list")
        return [at(f"[{index}]", item, reader) for index, item in enumerate(given)]

    return read


def optional(reader: Reader[Value]) -> Reader[Value | None]:
    """Make the reader of an object that may be missing, or there and empty as Symbl leaves unknown speakers.

    :param reader: reads an object that says something.
    """
    return lambda given: reader(given) if json_object(given) else None


def phrase(given: Json) -> str:
    """Read a key phrase: an object with its text, or the text alone."""
    return key(given, "text", required_text) if isinstance(given, Mapping) else required_text(given)


def key(given: Json, name: str, reader: Reader[Value]) -> Value:
    """Read the value under a key of an object.

    :param given: the object.
    :param name: the key.
    :param reader: reads the value.
    :raises UnreadableValueError: names the key.
    """
    return at(name, required_object(given).get(name), reader)


def at(place: str, given: Json, reader: Reader[Value]) -> Value:
    """Read a value whose place is known.

    :param place: its key, or ``[index]``.
    :param given: the value.
    :param reader: reads it.
    :raises UnreadableValueError: names the place.
    """
    try:
        return reader(given)
    except UnreadableValueError as error:
        raise error.below(place) from None


def _refuse(given: Json, allowed: str) -> NoReturn:
    if given is None:
        raise UnreadableValueError("nothing", allowed)
    raise UnreadableValueError("empty text" if given == "" else KINDS.get(type(given), "another kind"), allowed)
