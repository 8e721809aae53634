"""The schema that is shipped is that of the code."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from tests.support.schema import FILE, schema, text


def test_the_shipped_schema_is_current() -> None:
    """``python -m tests.support.schema`` makes it."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_it_is_one_in_which_every_key_is_described() -> None:
    """By the docstrings of the client's models."""
    Draft202012Validator.check_schema(schema())
    parts = [schema(), *schema()["$defs"].values()]
    assert all(value["description"] for part in parts for value in part["properties"].values())
