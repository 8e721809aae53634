"""The README's tables of the operators' and the sensor's arguments: ``python -m tests.support.arguments``."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.operators import audio, text, video
from airflow_provider_symbl.operators.conversation import SymblDeleteConversationOperator, SymblGetConversationOperator
from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator
from airflow_provider_symbl.sensors.job import SymblJobSensor
from tests.support.rooms import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.sdk import BaseOperator

README = ROOT / "README.md"
NEEDED = "needed"
HEAD = "| Argument | Of | Default | Meaning |\n|---|---|---|---|\n"
NIGHT_HEAD = "| Argument | Default | Meaning |\n|---|---|---|\n"

OPERATORS: list[type[BaseOperator]] = [
    value
    for module in (text, audio, video)
    for name, value in vars(module).items()
    if re.fullmatch(r"Symbl(Submit|Append)(Text|(Audio|Video)(File|Url))Operator", name)
]

GROUPS = {
    "all": r".*",
    "text": r".*Text.*",
    "files": r".*File.*",
    "links": r".*Url.*",
    "audio, video": r".*(Audio|Video).*",
    "appends": r".*Append.*",
}
"""Operators that share an argument, by their names."""

OTHERS: dict[str, list[type[BaseOperator]]] = {
    "get": [SymblGetConversationOperator],
    "delete": [SymblDeleteConversationOperator],
    "sensor": [SymblJobSensor],
}
"""What is no submission: each says for itself what an argument means."""

DEFAULTS = {
    "deferrable": "Airflow's `[operators] default_deferrable`",
    "on_unknown_submission": "`resubmit`; appends: `fail`",
    "fetch": "all",
}
"""What a signature does not tell of a default."""

PARAM = re.compile(r"^:param (\w+): (.*?)(?=^:|\Z)", re.MULTILINE | re.DOTALL)


def submission_table() -> str:
    """Return a row for each argument that any of the ten operators has beyond Airflow's own; the needed ones first."""
    return _table(
        (name, _group(name), _default(OPERATORS, name), _meaning(OPERATORS, name)) for name in _arguments(OPERATORS)
    )


def other_table() -> str:
    """Return the same of the other operators and the sensor; what is the same for several of them has one row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for group, operators in OTHERS.items():
        for name in _arguments(operators):
            rows.setdefault((name, _default(operators, name), _meaning(operators, name)), []).append(group)
    return _table((name, ", ".join(groups), default, meaning) for (name, default, meaning), groups in rows.items())


def night_table() -> str:
    """Return the same of the operator of a night, without a column that says whose they are."""
    night: list[type[BaseOperator]] = [SymblProcessRecordingsOperator]
    rows = [(f"`{name}`", _default(night, name), _meaning(night, name)) for name in _arguments(night)]
    return NIGHT_HEAD + "".join(_line(row) for row in sorted(rows, key=lambda row: row[1] != NEEDED))


TABLES = {"arguments": submission_table, "further arguments": other_table, "arguments of a night": night_table}


def between_marks(title: str) -> str:
    """Return a table with the marks around it, as the README has it."""
    begin, end = _marks(title)
    return f"{begin}{TABLES[title]()}{end}"


def write() -> None:
    """Replace the tables in the README by those of the code."""
    for title in TABLES:
        begin, end = _marks(title)
        before, rest = README.read_text().split(begin)
        _, after = rest.split(end)
        README.write_text(f"{before}{between_marks(title)}{after}")


def _marks(title: str) -> tuple[str, str]:
    return f"<!-- {title}: python -m tests.support.arguments -->\n", f"<!-- end of {title} -->"


def _table(rows: Iterable[tuple[str, str, str, str]]) -> str:
    return HEAD + "".join(_row(*row) for row in sorted(rows, key=lambda row: row[2] != NEEDED))


def _row(name: str, group: str, default: str, meaning: str) -> str:
    return _line((f"`{name}`", group, default, meaning))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _own(operator: type[BaseOperator]) -> list[type[Any]]:
    """Return the classes of this package that make an operator, the most general one first."""
    return [parent for parent in reversed(operator.__mro__) if parent.__module__.startswith("airflow_provider_symbl.")]


def _arguments(
    operators: Iterable[type[BaseOperator]],
) -> dict[str, list[tuple[type[BaseOperator], inspect.Parameter]]]:
    """Return each argument with the operators that have it."""
    found: dict[str, list[tuple[type[BaseOperator], inspect.Parameter]]] = {}
    for operator in operators:
        for parent in _own(operator):
            if "__init__" in vars(parent):
                for parameter in inspect.signature(vars(parent)["__init__"]).parameters.values():
                    if parameter.kind is parameter.KEYWORD_ONLY:
                        found.setdefault(parameter.name, []).append((operator, parameter))
    return found


def _group(name: str) -> str:
    operators = {operator for operator, _ in _arguments(OPERATORS)[name]}
    (group,) = [
        group
        for group, pattern in GROUPS.items()
        if operators == {operator for operator in OPERATORS if re.fullmatch(pattern, operator.__name__)}
    ]
    return group


def _default(operators: Iterable[type[BaseOperator]], name: str) -> str:
    if name in DEFAULTS:
        return DEFAULTS[name]
    default = _arguments(operators)[name][0][1].default
    if default is inspect.Parameter.empty:
        return NEEDED
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return "" if default is None else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _meaning(operators: Iterable[type[BaseOperator]], name: str) -> str:
    """Return what the docstring of the most general class says about an argument, as Markdown."""
    parents = [parent for operator, _ in _arguments(operators)[name] for parent in _own(operator)]
    said = [dict(PARAM.findall(inspect.getdoc(parent) or "")).get(name) for parent in parents]
    text_of = " ".join(next(filter(None, said)).split())
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text_of).replace("``", "`")


if __name__ == "__main__":
    write()
    print(*(table() for table in TABLES.values()), sep="\n", end="")  # noqa: T201 - a command: what it prints is its result
