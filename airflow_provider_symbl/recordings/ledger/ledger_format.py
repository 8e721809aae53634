"""How facts stand in a ledger's files: JSON with the number of its format, closed ones as gzipped lines.

A field that is not known is left out, one that is missing has its default. Paths may be no UTF-8: what
cannot be encoded is escaped, and comes back as it was.
"""

from __future__ import annotations

import functools
import gzip
import io
import json
import zlib
from dataclasses import MISSING, fields, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_symbl.exceptions import SymblStorageError
from airflow_provider_symbl.recordings.facts import Answer, Claim, Closed, Done, Inspection, Night, Unfit
from airflow_provider_symbl.results.file_names import file_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_symbl.client.validators import Json

FORMAT = 1
"""The number of the format of all files: a new field with a default leaves it alone, any other change raises it."""
LONGEST_MESSAGE = 500
"""Characters of a message that are kept."""
MESSAGES = ("message", "note")
BATCH = 500
"""Lines that are read as one piece of JSON, which takes a third of the time."""
KEY_AT = len('{"key":"')
BUFFER = 1 << 20

Fact = TypeVar("Fact", Claim, Answer, Done)


FIELDS: Mapping[Any, dict[str, None]] = {
    kind: dict.fromkeys(field.name for field in fields(kind))
    for kind in (Claim, Answer, Done, Closed, Inspection, Unfit)
}
CLOSED_DEFAULTS = {field.name: field.default for field in fields(Closed) if field.default is not MISSING}


class HalfWrittenError(ValueError):
    """A file is no JSON: whoever wrote it was killed."""


def night_folder(night: Night) -> str:
    """Return the name of the folder of a night, in the ledger's folder ``nights``.

    :param night: whose.
    """
    return file_name("\0".join(night))


def fact_bytes(fact: Claim | Answer | Done | None, writer: str) -> bytes:
    """Return what the file of a fact holds.

    :param fact: None for a file whose name says it all.
    :param writer: who writes: no two writers make the same bytes.
    """
    return as_json({"format": FORMAT, "writer": writer, **(_plain(fact) if fact else {})})


def fact_of(kind: type[Fact], content: bytes, uri: str) -> Fact:
    """Read what :func:`fact_bytes` gave, now or in another version of this package.

    :param kind: of the fact.
    :param content: of its file.
    :param uri: of its file, for errors.
    :raises HalfWrittenError: it is not whole.
    :raises SymblStorageError: another format.
    """
    told = record_of(content, uri)
    with_types: dict[str, Any] = {"night": Night(*told["night"])} if "night" in told else {}
    if "features" in told:
        with_types["features"] = tuple(told["features"])
    try:
        return kind(**_known(kind, {**told, **with_types}))
    except TypeError as problem:
        raise cannot_be_read(uri, problem) from None


def record_of(content: bytes, uri: str) -> dict[str, Json]:
    """Read a JSON object with its format.

    :param content: of its file.
    :param uri: of its file, for errors.
    :raises HalfWrittenError: it is not whole.
    :raises SymblStorageError: another format.
    """
    try:
        told = json.loads(content)
    except ValueError:
        raise HalfWrittenError(uri) from None
    if not isinstance(told, dict):
        raise HalfWrittenError(uri)
    _check_format(told, uri)
    return told


def as_json(record: Mapping[str, Json]) -> bytes:
    """Return an object as one line of JSON in ASCII."""
    return json.dumps(record, separators=(",", ":")).encode()


def closed_line(closed: Closed) -> bytes:
    """Return a line of a closed segment; it begins with the key, and defaults are left out."""
    kept = _plain(closed)
    defaults = CLOSED_DEFAULTS
    return as_json({name: value for name, value in kept.items() if name not in defaults or value != defaults[name]})


def inspected_line(digest: bytes, found: Inspection | Unfit, seen: float) -> bytes:
    """Return a line that remembers what was found in a version of a file, and when."""
    return as_json({"digest": digest.hex(), "seen": seen, **_plain(found)})


def inspected_of(told: dict[str, Json]) -> tuple[bytes, tuple[Inspection | Unfit, float]]:
    """Read what :func:`inspected_line` gave."""
    digest, seen = bytes.fromhex(told["digest"]), float(told["seen"])
    if "reason" in told:
        return digest, (Unfit(**_known(Unfit, told)), seen)
    found = Inspection(**_known(Inspection, told))
    return digest, (replace(found, warnings=tuple(found.warnings)), seen)


def pack(lines: Iterable[bytes], replaces: Iterable[str] = ()) -> bytes:
    """Return lines as a gzipped file, whose first line tells the format; the same lines give the same bytes.

    :param lines: of JSON.
    :param replaces: names of the files whose lines are all in this one.
    """
    header = as_json({"format": FORMAT, **({"replaces": list(replaces)} if replaces else {})})
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(header + b"\n")
        for line in lines:
            file.write(line + b"\n")
    return packed.getvalue()


def unpacked(content: bytes, uri: str) -> Iterator[list[bytes]]:
    """Give the lines of a gzipped file, many at once, but for the first one.

    :param content: what :func:`pack` gave.
    :param uri: of the file, for errors.
    :raises SymblStorageError: it is not whole, or of another format.
    """
    try:
        lines = _unpacked(content)
        _header(lines, uri)
        while batch := list(islice(lines, BATCH)):
            yield batch
    except (OSError, EOFError, ValueError, zlib.error) as problem:
        raise cannot_be_read(uri, problem) from None


def replaced_by(content: bytes, uri: str) -> frozenset[str]:
    """Return the names of the files whose lines are all in this one.

    :param content: what :func:`pack` gave.
    :param uri: of the file, for errors.
    :raises SymblStorageError: it is not whole, or of another format.
    """
    try:
        return frozenset(_header(_unpacked(content), uri).get("replaces", ()))
    except (OSError, EOFError, ValueError, zlib.error) as problem:
        raise cannot_be_read(uri, problem) from None


def _unpacked(content: bytes) -> io.BufferedReader:
    packed = gzip.GzipFile(fileobj=io.BytesIO(content))
    return io.BufferedReader(packed, BUFFER)


def _header(lines: io.BufferedReader, uri: str) -> dict[str, Json]:
    told: dict[str, Json] = json.loads(lines.readline())
    _check_format(told, uri)
    return told


def records(lines: list[bytes], uri: str) -> list[dict[str, Any]]:
    """Read lines of JSON.

    :param lines: some.
    :param uri: of the file, for errors.
    :raises SymblStorageError: one is not whole.
    """
    try:
        read: list[dict[str, Any]] = json.loads(b"[" + b",".join(lines) + b"]")
    except ValueError as problem:
        raise cannot_be_read(uri, problem) from None
    return read


def closed_of(told: dict[str, Any], uri: str) -> Closed:
    """Read what :func:`closed_line` gave.

    :param told: the JSON of the line, which is changed.
    :param uri: of the file, for errors.
    :raises SymblStorageError: something is missing in it.
    """
    try:
        told["night"] = _night(*told["night"])
        for name in ("versions", "paths"):
            told[name] = tuple(told[name])
        if "forms" in told:
            told["forms"] = _forms(*told["forms"])
        # A million lines are read: what is to be left out is looked for only where something is.
        return Closed(**(told if told.keys() <= FIELDS[Closed].keys() else _known(Closed, told)))
    except (KeyError, TypeError) as problem:
        raise cannot_be_read(uri, problem) from None


@functools.lru_cache
def _night(*names: str) -> Night:
    return Night(*names)


@functools.lru_cache
def _forms(*names: str) -> tuple[str, ...]:
    return names


def key_of(line: bytes) -> bytes | None:
    """Return the key at the beginning of a line without reading all of it; None where it begins with something else."""
    if not line.startswith(b'{"key":"'):
        return None
    return line[KEY_AT : line.find(b'"', KEY_AT)]


def cannot_be_read(uri: str, problem: Exception) -> SymblStorageError:
    """Return the error of a file that is not what it should be.

    :param uri: of the file.
    :param problem: why not.
    """
    return SymblStorageError(f"ledger: {uri} cannot be read ({str(problem) or type(problem).__name__})")


def _check_format(told: Mapping[str, Json], uri: str) -> None:
    written = told.get("format")
    if written != FORMAT:
        message = (
            f"ledger: {uri} is in format {written} and this version reads format {FORMAT}; "
            "install the version that wrote it"
        )
        raise SymblStorageError(message)


def _plain(fact: Claim | Answer | Done | Closed | Inspection | Unfit) -> dict[str, Json]:
    # `asdict` copies all that is inside too, which takes ten times as long.
    plain = {name: getattr(fact, name) for name in FIELDS[type(fact)]}
    for name in MESSAGES:
        if name in plain:
            plain[name] = plain[name][:LONGEST_MESSAGE]
    return plain


def _known(kind: type[object], told: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in told.items() if name in FIELDS[kind]}
