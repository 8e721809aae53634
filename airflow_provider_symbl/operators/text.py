"""Operators for written conversations."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow_provider_symbl.client.endpoints import TEXT
from airflow_provider_symbl.client.parameters import check_content
from airflow_provider_symbl.client.validators import JsonValue, invalid_value
from airflow_provider_symbl.operators.storage import path_of, size_of
from airflow_provider_symbl.operators.submission import SymblSubmissionOperator, is_templated

Messages = Sequence[Mapping[str, JsonValue]] | str | os.PathLike[str]


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
        # The constructor sets what the DAG file gives; Airflow sets it again once it is rendered.
        is_rendered = hasattr(self, "_messages") and not _is_path(value)
        self._messages = _RedactedMessages(value) if is_rendered else value

    @property
    def content_name(self) -> str:
        """The name of the messages' file, where they have one."""
        return str(self.messages).rpartition("/")[2] if _is_path(self.messages) else ""

    def check_arguments(self) -> None:
        """Check, when the DAG is parsed, what the DAG file spells out."""
        super().check_arguments()
        if not _is_path(self.messages) and not is_templated(self.messages):
            check_content(TEXT, self.messages)

    def given_content(self) -> Any:  # noqa: ANN401 - JSON, a path or a link
        """Return the messages, or their path, as the task was given them."""
        return self.messages.messages if isinstance(self.messages, _RedactedMessages) else self.messages

    def content_size(self) -> int | None:
        """Return the bytes of the messages' file, None where they have none or nobody can tell."""
        given = self.given_content()
        return size_of(path_of(given, "messages")) if _is_path(given) else None

    def content_starts(self, content: Any) -> float | None:  # noqa: ANN401 - as open_content gives it
        """Return when the first message was said: Symbl may take that for the conversation's start.

        :param content: as :meth:`open_content` gives it.
        """
        return _first_moment(content)

    def open_content(self) -> Any:  # noqa: ANN401 - JSON, whose form is checked
        """Return the messages, read from their file where they have one."""
        given = self.given_content()
        return check_content(TEXT, _read(given) if _is_path(given) else given)


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


def _is_path(value: object) -> bool:
    """Tell a path from messages, which a template may render as JSON text."""
    if isinstance(value, str):
        return not value.lstrip().startswith("[")
    return isinstance(value, os.PathLike)


def _first_moment(messages: Sequence[Mapping[str, Any]]) -> float | None:
    starts = [
        datetime.datetime.fromisoformat(message["duration"]["startTime"])
        for message in messages
        if "startTime" in message.get("duration", {})
    ]
    return min((_with_zone(start).timestamp() for start in starts), default=None)


def _with_zone(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _read(place: str | os.PathLike[str]) -> Any:  # noqa: ANN401 - JSON, which the client checks
    path = path_of(place, "messages")
    try:
        with path.open("rb") as stream:
            return json.loads(stream.read())
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        invalid_value("messages", str(place), f"the path of a readable JSON file ({reason})")
    except ValueError:
        invalid_value("messages", str(place), "the path of a file that holds a JSON list of messages")
