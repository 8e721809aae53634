"""The check of an operator's arguments that are no templates, one by one: when the DAG is parsed, mapped or not."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client.parameters import check_each, check_extra
from airflow_provider_symbl.client.polling import as_seconds, check_seconds
from airflow_provider_symbl.client.validators import choice, path_id, text
from airflow_provider_symbl.hooks.arguments import is_templated
from airflow_provider_symbl.operators.task_state import ON_CLEAR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from airflow_provider_symbl.client.endpoints import Source

NO_TEMPLATES = ("on_unknown_submission", "on_clear")
"""Arguments that Airflow does not render."""


def check_literals(
    source: Source,
    parameter_names: Collection[str],
    check_content: Callable[[object], None],
    given: Mapping[str, object],
) -> None:
    """Check each of some arguments that is no template.

    :param source: how the conversation is handed over.
    :param parameter_names: which arguments are Symbl's parameters.
    :param check_content: checks the messages, the path or the link.
    :param given: arguments by name, Airflow's among them.
    :raises SymblConfigurationError: names the argument, what was given and what is allowed.
    """
    literal = {name: value for name, value in given.items() if name in NO_TEMPLATES or not is_templated(value)}
    check_each(source, {name: value for name, value in literal.items() if name in parameter_names})
    checks: dict[str, Callable[[Any], object]] = {
        "symbl_conn_id": functools.partial(text, "symbl_conn_id"),
        "conversation_id": functools.partial(path_id, "conversation_id"),
        source.content: check_content,
        "extra_parameters": functools.partial(check_extra, source),
        "on_unknown_submission": functools.partial(choice("resubmit", "fail"), "on_unknown_submission"),
        "on_clear": functools.partial(choice(*ON_CLEAR), "on_clear"),
        "job_timeout": lambda seconds: check_seconds("job_timeout", as_seconds(seconds)),
    }
    for name in checks.keys() & literal.keys():
        checks[name](literal[name])
