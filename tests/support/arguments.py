"""The README's table of the operators' arguments, made from the code: ``python -m tests.support.arguments``."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from airflow_provider_symbl.operators import audio, text, video
from tests.support.rooms import ROOT

if TYPE_CHECKING:
    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator

README = ROOT / "README.md"
BEGIN, END = "<!-- arguments: python -m tests.support.arguments -->\n", "<!-- end of arguments -->"
HEAD = "| Argument | Of | Default | Meaning |\n|---|---|---|---|\n"

OPERATORS: list[type[SymblSubmissionOperator]] = [
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

DEFAULTS = {
    "deferrable": "Airflow's `[operators] default_deferrable`",
    "on_unknown_submission": "`resubmit`; appends: `fail`",
}
"""What a signature does not tell of a default."""

PARAM = re.compile(r"^:param (\w+): (.*?)(?=^:|\Z)", re.MULTILINE | re.DOTALL)


def table() -> str:
    """Return a row for each argument that any of the ten operators has beyond Airflow's own; the needed ones first."""
    names = sorted(_arguments(), key=lambda name: _default(name) != "needed")
    return HEAD + "".join(_row(name) for name in names)


def write() -> None:
    """Replace the table in the README by that of the code."""
    before, rest = README.read_text().split(BEGIN)
    _, after = rest.split(END)
    README.write_text(f"{before}{BEGIN}{table()}{END}{after}")


def _row(name: str) -> str:
    cells = (f"`{name}`", _group(name), _default(name), _meaning(name))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _own(operator: type[SymblSubmissionOperator]) -> list[type[Any]]:
    """Return the classes that make an operator, the most general one first."""
    return list(reversed(operator.__mro__[: operator.__mro__.index(BaseOperator)]))


def _arguments() -> dict[str, list[tuple[type[SymblSubmissionOperator], inspect.Parameter]]]:
    """Return each argument with the operators that have it."""
    found: dict[str, list[tuple[type[SymblSubmissionOperator], inspect.Parameter]]] = {}
    for operator in OPERATORS:
        for parent in _own(operator):
            if "__init__" in vars(parent):
                for parameter in inspect.signature(vars(parent)["__init__"]).parameters.values():
                    if parameter.kind is parameter.KEYWORD_ONLY:
                        found.setdefault(parameter.name, []).append((operator, parameter))
    return found


def _group(name: str) -> str:
    operators = {operator for operator, _ in _arguments()[name]}
    (group,) = [
        group
        for group, pattern in GROUPS.items()
        if operators == {operator for operator in OPERATORS if re.fullmatch(pattern, operator.__name__)}
    ]
    return group


def _default(name: str) -> str:
    if name in DEFAULTS:
        return DEFAULTS[name]
    default = _arguments()[name][0][1].default
    if default is inspect.Parameter.empty:
        return "needed"
    return "" if default is None else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _meaning(name: str) -> str:
    """Return what the docstring of the most general class says about an argument, as Markdown."""
    parents = [parent for operator, _ in _arguments()[name] for parent in _own(operator)]
    said = [dict(PARAM.findall(inspect.getdoc(parent) or "")).get(name) for parent in parents]
    text_of = " ".join(next(filter(None, said)).split())
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text_of).replace("``", "`")


if __name__ == "__main__":
    write()
    print(table(), end="")  # noqa: T201 - a command: what it prints is its result
