"""Shapes: which keys an answer has, of which JSON types, how numbers are spelt, and which keys are always there."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.rooms import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDED = ROOT / "tests" / "recorded"
CLIENTS_OWN = ".metadata"
"""What lies there has the keys that a client gave it."""
KINDS = {dict: "object", list: "array", str: "string", bool: "bool", int: "int", float: "float", type(None): "null"}


@dataclass
class Key:
    """A key of an answer, in all places where it may be.

    :param types: JSON's, and for numbers as they were spelt: int or float.
    :param is_always: whether no object that could have it goes without.
    """

    types: set[str] = field(default_factory=set)
    is_always: bool = True


def parsed(text: str) -> Any:  # noqa: ANN401 - JSON
    """Parse an answer; a whole number that is spelt with ``.0`` is wrong by itself."""
    return json.loads(text, parse_float=_spelt)


def _spelt(number: str) -> float:
    assert not number.endswith(".0"), number
    return float(number)


def shape(answer: object) -> dict[str, Key]:
    """Give the keys of an answer, by their paths: ``$.messages[].text``."""
    keys: dict[str, Key] = {}
    _walk("$", answer, keys)
    return keys


def _walk(path: str, value: object, keys: dict[str, Key]) -> None:
    if isinstance(value, list):
        objects = [entry for entry in value if isinstance(entry, dict)]
        for entry in objects:
            _walk(f"{path}[]", entry, keys)
        _mark_missing(f"{path}[]", objects, keys)
        if len(objects) < len(value):
            keys.setdefault(f"{path}[]", Key()).types.update(KINDS[type(one)] for one in value if one not in objects)
    elif isinstance(value, dict) and not path.endswith(CLIENTS_OWN):
        for name, entry in value.items():
            keys.setdefault(f"{path}.{name}", Key()).types.add(KINDS[type(entry)])
            _walk(f"{path}.{name}", entry, keys)


def _mark_missing(path: str, objects: list[dict[str, Any]], keys: dict[str, Key]) -> None:
    for name in {name for one in objects for name in one}:
        if not all(name in one for one in objects):
            keys[f"{path}.{name}"].is_always = False


def known_keys() -> Mapping[str, Mapping[str, Key]]:
    """Give the keys that all recorded answers had, by read: those of which only the keys may be kept, too."""
    known: dict[str, dict[str, Key]] = {}
    with (RECORDED / "keys.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if f"{CLIENTS_OWN}." not in row["key"]:
                key = Key(set(row["types"].split("/")), row["present"] == "always")
                known.setdefault(row["read"], {})[row["key"]] = key
    return known


def differences(ours: Mapping[str, Key], recorded: Mapping[str, Key], *, is_tolerant: bool = True) -> dict[str, str]:
    """Tell how an answer differs from what was recorded, by key; of what differs whole, not of each part.

    :param is_tolerant: let a key be missing that recorded objects were without, too.
    """
    found = {path: _difference(path, ours, recorded, is_tolerant=is_tolerant) for path in {*ours, *recorded}}
    told = {path: how for path, how in sorted(found.items()) if how}
    return {path: how for path, how in told.items() if not _is_within(path, told)}


def _difference(path: str, ours: Mapping[str, Key], recorded: Mapping[str, Key], *, is_tolerant: bool) -> str | None:
    if path not in recorded:
        return "is not in the recorded answer"
    if path not in ours:
        is_missing = (recorded[path].is_always or not is_tolerant) and _could_be(path, ours)
        return "is missing" if is_missing else None
    if ours[path].types <= _spellings(recorded[path].types):
        return None
    return f"is {'/'.join(sorted(ours[path].types))}, and was {'/'.join(sorted(recorded[path].types))}"


def _could_be(path: str, ours: Mapping[str, Key]) -> bool:
    """Tell whether there is an object that could have a key; an empty list may be empty for good."""
    parent = path.rpartition(".")[0]
    if path.endswith("[]"):
        return False
    if parent.endswith("[]"):
        return any(one.startswith(f"{parent}.") for one in ours)
    return parent == "$" or "object" in ours.get(parent, Key()).types


def _is_within(path: str, told: Mapping[str, str]) -> bool:
    return any(path.startswith((f"{one}.", f"{one}[")) for one in told)


def _spellings(recorded: set[str]) -> set[str]:
    """Let a number that was a fraction be whole too: that is how a whole one is spelt."""
    return recorded | ({"int"} if "float" in recorded else set())
