"""Which arguments of an operator are known when the DAG is parsed, and which only once the task runs."""

from __future__ import annotations

from collections.abc import Mapping


def is_templated(value: object) -> bool:
    """Tell whether a value is known only once the task runs: it holds a template or another task's result.

    :param value: an operator's argument, as a DAG file gives it.
    """
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    if isinstance(value, Mapping):
        return any(map(is_templated, (*value.keys(), *value.values())))
    if isinstance(value, (list, tuple)):
        return any(map(is_templated, value))
    # Airflow's own mark of what is resolved at run time: XComArg, mapped arguments.
    return hasattr(value, "iter_references")
