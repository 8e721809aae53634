"""RSQL: the ``filter`` of the list of conversations, as far as the contract has it (4.14).

Our own parser: the contract has a small part of RSQL (comparisons joined by ``and``), and its errors are a validator's.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from airflow_provider_symbl.local_server.api.validation import Validator, date_time, text, validation_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    Value: TypeAlias = "str | datetime"

LABEL = "filter"
CLAUSE = re.compile(
    r"\s*([A-Za-z][\w.-]*?)\s*(==|!=|=gt=|=ge=|=lt=|=le=|>=|<=|>|<)\s*('[^']*'|\"[^\"]*\"|[^'\"\s;,()]+)\s*"
)
BETWEEN = re.compile(r";|and\b")
MOMENTS = ("conversation.startTime", "conversation.endTime")
TEXTS = ("conversation.id", "conversation.name")
METADATA = "conversation.metadata."
MOST_FIELDS = 2
ORDERED: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "=gt=": operator.gt,
    ">": operator.gt,
    "=ge=": operator.ge,
    ">=": operator.ge,
    "=lt=": operator.lt,
    "<": operator.lt,
    "=le=": operator.le,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Clause:
    """One comparison.

    :param field: such as ``conversation.name``.
    """

    field: str
    operator: str
    value: Value

    def holds(self, fields: Mapping[str, Value | None]) -> bool:
        """Tell whether a conversation meets it; a text may hold ``*`` for anything, a missing one equals nothing.

        :param fields: the conversation's, by the names that clauses use.
        """
        found = fields.get(self.field)
        if found is None:
            return self.operator == "!="
        if isinstance(found, str) and isinstance(self.value, str) and self.operator in {"==", "!="}:
            return fnmatchcase(found, re.sub(r"([\[?])", r"[\1]", self.value)) is (self.operator == "==")
        return ORDERED[self.operator](found, self.value)


def _parse(label: str, value: object) -> tuple[Clause, ...]:
    given, position, clauses = str(text(label, value)), 0, []
    while match := CLAUSE.match(given, position):
        clauses.append(_clause(*match.groups()))
        position = match.end()
        if position == len(given):
            return _bounded(clauses)
        between = BETWEEN.match(given, position)
        position = between.end() if between else len(given)
    raise validation_error(label, "must be comparisons such as conversation.name=='x', joined by ; or and")


def _clause(field: str, comparison: str, value: str) -> Clause:
    bare = value[1:-1] if value[0] in "'\"" else value
    if field in MOMENTS:
        return Clause(field, comparison, date_time(f"{LABEL}: {field}", bare))
    if field in TEXTS or field.startswith(METADATA):
        return Clause(field, comparison, bare)
    allowed = ", ".join([*MOMENTS, *TEXTS, f"{METADATA}*"])
    raise validation_error(LABEL, f"compares {field}; allowed are {allowed}")


def _bounded(clauses: list[Clause]) -> tuple[Clause, ...]:
    fields = {clause.field for clause in clauses}
    if len(fields) > MOST_FIELDS:
        raise validation_error(LABEL, f"must compare at most {MOST_FIELDS} distinct fields, but compares {len(fields)}")
    return tuple(clauses)


FILTER = Validator(_parse, text.schema)
"""The validator of a filter; gives comparisons that all have to hold. There is no ``or``, as with Symbl."""
