"""What each form of a document holds, found by trying; ``python -m tests.support.form_table`` writes it to the docs.

A document is made by the schema in which each value is another one, a canary. What of them can be read in a form has a
place there.
"""

from __future__ import annotations

import base64
import copy
import functools
import io
import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import pyarrow.parquet as pq

from airflow_provider_symbl.results.document import Document
from airflow_provider_symbl.results.forms import FORMS, PARQUET, TEXT_FORMS, render
from airflow_provider_symbl.results.transcripts import clock
from tests.support.rooms import ROOT
from tests.support.schema import schema

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

Keys = tuple[str, ...]
"""The keys that lead to a value, without the numbers of items."""
Places = dict[Keys, tuple[str, ...]]
"""Of each value of the document what is said of each form."""

DOCS = ROOT / "docs" / "results.md"
PARTS = ("<!-- parts: python -m tests.support.form_table -->\n", "<!-- end of parts -->")
PLACES = ("<!-- places: python -m tests.support.form_table -->\n", "<!-- end of places -->")
HAS, STANDS_IN, HAS_NOT = "yes", "(yes)", "\u2013"
ALWAYS = {("version",), ("conversation",), ("conversation", "id")}
"""What every document tells."""
SHA256 = "ab" * 30
OFFSET, DURATION = ("messages", "time_offset"), ("messages", "duration")


def canaries() -> Document:
    """Return a document in which everything is told, and no value twice."""
    return cast("Document", _made(schema(), schema()["$defs"], (), itertools.count(1000)))


def texts(document: Document) -> dict[str, str]:
    """Return each form as text; the tables as JSON of their rows."""
    files = render(document, FORMS)
    read = {name: files[form.file].decode() for name, form in TEXT_FORMS.items()}
    tables = [pq.read_table(io.BytesIO(file)).to_pylist() for name, file in files.items() if name.endswith(PARQUET)]
    return read | {PARQUET: json.dumps(tables, ensure_ascii=False, default=_iso)}


def values(part: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:  # noqa: ANN401 - any JSON
    """Yield each value of a document that is neither list nor object, with its keys."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from values(value, (*keys, key))
    elif isinstance(part, list):
        for item in part:
            yield from values(item, keys)
    else:
        yield keys, part


@functools.cache
def places() -> Places:
    """Return what each form has a place for, by trying it."""
    whole = canaries()
    found = _held(whole)
    stand_in: dict[str, set[Keys]] = {form: set() for form in FORMS}
    for keys in _all_keys(whole):
        for form, held in _held(_without(whole, keys)).items():
            stand_in[form] |= held
    return {
        keys: tuple(HAS if keys in found[form] else STANDS_IN if keys in stand_in[form] else HAS_NOT for form in FORMS)
        for keys, _ in values(whole)
    }


def places_table() -> str:
    """Return a row for what is told alike in every form, by the parts of the document."""
    rows: dict[tuple[tuple[str, tuple[str, ...]], ...], list[str]] = {}
    of_all = places()
    for part in Document.__annotations__:
        of_part = {keys[1:]: cells for keys, cells in of_all.items() if keys[0] == part}
        rows.setdefault(tuple(_grouped(of_part)), []).append(f"`{part}`")
    head = f"| Part | What of it | {' | '.join(f'`{form}`' for form in FORMS)} |\n|---|---|{'---|' * len(FORMS)}\n"
    lines = (
        f"| {', '.join(parts) if number == 0 else ''} | {names} | {' | '.join(cells)} |\n"
        for groups, parts in rows.items()
        for number, (names, cells) in enumerate(groups)
    )
    return head + "".join(lines)


def parts_table() -> str:
    """Return the parts of the document, with their keys and what they are."""
    made, told = canaries(), schema()["properties"]
    rows = (f"| `{part}` | {told[part]['description']} | {_keys_of(value)} |\n" for part, value in made.items())
    return "| Part | What it is | Its keys |\n|---|---|---|\n" + "".join(rows)


def write() -> None:
    """Replace both tables in the docs by those of the code."""
    text = DOCS.read_text(encoding="utf-8")
    for (begin, end), table in ((PARTS, parts_table()), (PLACES, places_table())):
        before, rest = text.split(begin)
        text = before + begin + table + end + rest.split(end)[1]
    DOCS.write_text(text, encoding="utf-8")


def _made(told: dict[str, Any], defs: dict[str, Any], keys: Keys, numbers: Iterator[int]) -> Any:  # noqa: ANN401 - any JSON
    """Return an example of what a schema tells, with all that may be there."""
    if "$ref" in told:
        told = defs[told["$ref"].rpartition("/")[2]]
    if "anyOf" in told:
        return _made(told["anyOf"][0], defs, keys, numbers)
    if "const" in told:
        return told["const"]
    kind = told.get("type", "string")
    if kind == "array":
        return [_made(told["items"], defs, keys, numbers)]
    if kind == "object":
        inner = told.get("properties") or {"key": {"type": "integer" if keys == ("redacted",) else "string"}}
        return {key: _made(value, defs, (*keys, key), numbers) for key, value in inner.items()}
    return _canary(kind, keys[-1], next(numbers))


def _canary(kind: str, key: str, number: int) -> Any:  # noqa: ANN401 - any JSON
    if kind == "string":
        times = dict.fromkeys(
            ("start_time", "end_time", "due_by"), f"2026-01-02T{number // 60:02}:{number % 60:02}:07Z"
        )
        return {"sha256": f"{SHA256}{number}", "path": f"s3://calls/canary{number}.wav", **times}.get(
            key, f"canary{number}x"
        )
    return {"integer": 3_000_000 + number, "number": 20_000.5 + number, "boolean": True}[kind]


def _held(document: Document) -> dict[str, set[Keys]]:
    """Return the keys of the values that can be read in each form."""
    said = [(keys, list(_spellings(document, keys, value))) for keys, value in values(document) if value]
    return {
        form: {keys for keys, spellings in said if any(spelling in text for spelling in spellings)}
        for form, text in texts(document).items()
    }


def _spellings(document: Document, keys: Keys, value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield how a form may write a value."""
    if value is True or keys == ("version",):
        yield f'"{keys[-1]}": {json.dumps(value)}'
    elif keys[-1] in ("start_time", "end_time", "due_by"):
        yield value.removesuffix("Z")
    else:
        yield str(value)
    if keys[-1] == "path":
        yield value.rpartition("/")[2]
    if keys[-1] == "sha256":
        yield base64.urlsafe_b64encode(bytes.fromhex(value)).decode().rstrip("=")
    if keys in (OFFSET, DURATION):
        message = (document["messages"] or [])[0]
        yield clock(value if keys == OFFSET else value + (message["time_offset"] or 0))


def _all_keys(document: Document) -> list[Keys]:
    """Return the keys of all values, and of the objects and lists that hold them."""
    found = [keys[:length] for keys, _ in values(document) for length in range(1, len(keys) + 1)]
    return [keys for keys in dict.fromkeys(found) if keys not in ALWAYS]


def _without(document: Document, keys: Keys) -> Document:
    """Return a document in which something is not told, as Symbl leaves it out."""
    made = copy.deepcopy(document)
    holder: Any = made
    for key in keys[:-1]:
        holder = holder[key]
        holder = holder[0] if isinstance(holder, list) else holder
    given = holder[keys[-1]]
    holder[keys[-1]] = "" if isinstance(given, str) else [] if isinstance(given, list) and len(keys) > 1 else None
    return made


def _grouped(of_part: dict[Keys, tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of what is told alike, and what is said of each form."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for first in dict.fromkeys(keys[:1] for keys in of_part):
        below = {keys: cells for keys, cells in of_part.items() if keys[:1] == first}
        for name, cells in _named(first, below):
            groups.setdefault(cells, []).append(name)
    yield from ((", ".join(names), cells) for cells, names in groups.items())


def _named(first: Keys, below: dict[Keys, tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a key where it speaks for most of what is below it, and by its own keys what is told otherwise."""
    most, count = Counter(below.values()).most_common(1)[0]
    is_short = count == len(below) or count > max(2, len(below) / 2)
    if is_short:
        yield "" if first in ((), ("key",)) else f"`{first[0]}`", most
    yield from ((f"`{'.'.join(keys)}`", cells) for keys, cells in below.items() if not is_short or cells != most)


def _keys_of(part: Any) -> str:  # noqa: ANN401 - any JSON
    item = part[0] if isinstance(part, list) else part
    return ", ".join(f"`{key}`" for key in item) if isinstance(item, dict) and "key" not in item else ""


def _iso(value: datetime.datetime) -> str:
    return value.isoformat()


if __name__ == "__main__":
    write()
    print(places_table(), end="")  # noqa: T201 - a command: what it prints is its result
