"""The check of an operator's arguments that are no templates, one by one: when the DAG is parsed, mapped or not."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client.parameters import check_each, check_extra
from airflow_provider_symbl.client.polling import as_seconds, check_seconds
from airflow_provider_symbl.client.validators import choice, path_id, text
from airflow_provider_symbl.hooks.arguments import is_templated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator


def check_literals(operator: type[SymblSubmissionOperator], given: Mapping[str, object]) -> None:
    """Check each of some arguments that is no template.

    :param operator: the class that takes them.
    :param given: arguments by name, Airflow's among them.
    :raises SymblConfigurationError: names the argument, what was given and what is allowed.
    """
    literal = {name: value for name, value in given.items() if not is_templated(value)}
    check_each(operator.source, {name: value for name, value in literal.items() if name in operator.parameter_names})
    checks: dict[str, Callable[[Any], object]] = {
        "symbl_conn_id": functools.partial(text, "symbl_conn_id"),
        "conversation_id": functools.partial(path_id, "conversation_id"),
        operator.source.content: operator.check_content,
        "extra_parameters": functools.partial(check_extra, operator.source),
        "on_unknown_submission": functools.partial(choice("resubmit", "fail"), "on_unknown_submission"),
        "job_timeout": lambda seconds: check_seconds("job_timeout", as_seconds(seconds)),
    }
    for name in checks.keys() & literal.keys():
        checks[name](literal[name])
