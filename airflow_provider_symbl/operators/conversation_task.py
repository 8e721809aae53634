"""What operators of a conversation that stands share: its id, and the account."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from airflow_provider_symbl.client.validators import as_text, is_empty, path_id, text
from airflow_provider_symbl.hooks.arguments import CheckedArguments, check_given, is_templated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.validators import Validator
    from airflow_provider_symbl.hooks.symbl import SymblHook


class ConversationOperator(CheckedArguments):
    """Checks both, and reaches the conversation; these are the subclass's."""

    symbl_conn_id: str
    conversation_id: str

    @functools.cached_property
    def hook(self) -> SymblHook:
        """The hook of the connection."""
        # Imported here: DAG files import this module and none of them needs an HTTP library.
        from airflow_provider_symbl.hooks.symbl import SymblHook  # noqa: PLC0415 - only needed once the task runs

        return SymblHook(self.symbl_conn_id)

    @property
    def _client(self) -> SymblClient:
        return self.hook.get_conn()

    def _take_text(self) -> None:
        """Take numbers for text where templates, rendered as native objects, made numbers of ids."""
        for name in ("symbl_conn_id", "conversation_id"):
            setattr(self, name, as_text(getattr(self, name)))

    def _check(self, *, is_rendered: bool) -> None:
        """Check all arguments, those aside that are templates still."""
        for name in ("symbl_conn_id", "conversation_id"):
            check_given(name, getattr(self, name), is_rendered=is_rendered)
        self.check_literals({name: getattr(self, name) for name in self._checks()})

    @classmethod
    def _checks(cls) -> dict[str, Validator]:
        return {"symbl_conn_id": text, "conversation_id": path_id}

    @classmethod
    def check_literals(cls, given: Mapping[str, object]) -> None:
        """Check each of some arguments that is no template; see :class:`CheckedArguments`."""
        checks = cls._checks()
        for name in checks.keys() & given.keys():
            if not is_templated(given[name]) and not is_empty(given[name]):
                checks[name](name, given[name])
