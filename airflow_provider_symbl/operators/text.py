"""Operators for written conversations."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow_provider_symbl.client.endpoints import TEXT
from airflow_provider_symbl.client.parameters import check_content
from airflow_provider_symbl.client.validators import Json
from airflow_provider_symbl.operators.content import TextContent, is_path
from airflow_provider_symbl.operators.submission import SymblSubmissionOperator

Messages = Sequence[Mapping[str, Json]] | str | os.PathLike[str]


class _RedactedMessages:
    """Holds rendered messages: Airflow stores the text of rendered fields, which a conversation must not be in."""

    def __init__(self, messages: object) -> None:
        self.messages = messages

    def __str__(self) -> str:
        return "messages, not shown"


class _TextOperator(SymblSubmissionOperator):
    """What submitting and appending text share: the messages, and where they come from."""

    source = TEXT

    @property
    def messages(self) -> Any:  # noqa: ANN401 - messages, a path, a template or another task's result
        """The messages as they were given; once rendered they are not shown."""
        return self._messages

    @messages.setter
    def messages(self, value: object) -> None:
        # The constructor sets what the DAG file gives; Airflow sets it again once it is rendered, a copy's once more.
        is_rendered = hasattr(self, "_messages") and not is_path(value) and not isinstance(value, _RedactedMessages)
        self._messages = _RedactedMessages(value) if is_rendered else value

    @property
    def content(self) -> TextContent:
        """The messages, or their path."""
        return TextContent(self.messages.messages if isinstance(self.messages, _RedactedMessages) else self.messages)

    @classmethod
    def check_content(cls, given: object) -> None:
        """Check messages; their file is looked at once the task runs."""
        if not is_path(given):
            check_content(TEXT, given)


class SymblSubmitTextOperator(_TextOperator):
    """Submit a written conversation; see :class:`SymblSubmissionOperator` for the other arguments.

    :param messages: ``{"payload": {"content": …}, "from": {"name", "userId"}, "duration": {"startTime", "endTime"}}``
        each, or the path or URI of a JSON file that holds the list. Prefer a path: what a DAG file spells out,
        Airflow stores and shows.
    """

    template_fields: Sequence[str] = (*SymblSubmissionOperator.template_fields, "messages")

    def __init__(self, *, messages: Messages, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.messages = messages
        self.check_arguments()


class SymblAppendTextOperator(_TextOperator):
    """Append to a conversation in writing; see :class:`SymblSubmissionOperator` for the other arguments.

    :param conversation_id: the conversation.
    :param messages: as of :class:`SymblSubmitTextOperator`.
    """

    is_append: ClassVar[bool] = True
    template_fields: Sequence[str] = (*SymblSubmissionOperator.template_fields, "conversation_id", "messages")

    def __init__(self, *, conversation_id: str, messages: Messages, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conversation_id = conversation_id
        self.messages = messages
        self.check_arguments()
