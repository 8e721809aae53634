"""What an operator submits: messages, a file or a link, as its task was given them and as they can be sent."""

from __future__ import annotations

import datetime
import json
import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pendulum

from airflow_provider_symbl.client.endpoints import TEXT
from airflow_provider_symbl.client.parameters import check_content
from airflow_provider_symbl.client.uploads import StoredPath, Upload, location, reading_failed
from airflow_provider_symbl.client.validators import Json, invalid_value, is_empty, without_query
from airflow_provider_symbl.operators.storage import is_web_link, path_of, presigned, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, repr=False)  # what was said is in no log
class Content(ABC):
    """A conversation as a task was given it.

    :param given: messages, a path or a link; templates in it are rendered.
    """

    given: Any

    @property
    def place(self) -> Any:  # noqa: ANN401 - a path, a URI, or the path object of either
        """Where the recording lies; None where the task was given the conversation itself."""
        return self.given

    @property
    @abstractmethod
    def name(self) -> str:
        """The recording's own file name; empty where it has none."""

    @abstractmethod
    def open(self) -> Any:  # noqa: ANN401 - JSON, or a path of one of two libraries
        """Return the conversation as the client takes it, checked before any request.

        :raises SymblConfigurationError: names the argument, what was given and what is allowed.
        """

    def size(self) -> int | None:
        """Return the bytes of the conversation's file, None where it has none or nobody can tell."""
        return None

    def starts(self, opened: Any) -> float | None:  # noqa: ANN401, ARG002 - as open gives it; only text says
        """Return when the conversation says that it began, in seconds since the epoch; None where it does not say.

        :param opened: as :meth:`open` gives it.
        """
        return None


class TextContent(Content):
    """Messages, or the path of a JSON file that holds them."""

    @property
    def place(self) -> Any:  # noqa: ANN401 - a path, a URI, or the path object of either
        """The path of the messages' file, where they have one."""
        return self.given if is_path(self.given) else None

    @property
    def name(self) -> str:
        """The name of the messages' file, where they have one."""
        return _last_part(self.given) if is_path(self.given) else ""

    def open(self) -> Json:
        """Return the messages, read from their file where they have one."""
        return check_content(TEXT, _read(self.given) if is_path(self.given) else self.given)

    def size(self) -> int | None:
        """Return the bytes of the messages' file, None where they have none or nobody can tell."""
        return size_of(path_of(self.given, "messages")) if is_path(self.given) else None

    def starts(self, opened: Sequence[Mapping[str, Json]]) -> float | None:
        """Return when the first message was said: Symbl may take that for the conversation's start.

        :param opened: as :meth:`open` gives it.
        """
        durations = [message.get("duration", {}) for message in opened]
        starts = [duration["startTime"] for duration in durations if "startTime" in duration]
        # A time without a zone is taken for UTC.
        moments = [pendulum.instance(datetime.datetime.fromisoformat(start)) for start in starts]
        return min(moments).timestamp() if moments else None


class FileContent(Content):
    """A file, by its local path or its object-storage URI."""

    @property
    def name(self) -> str:
        """The file's own name."""
        return _last_part(self.given)

    def open(self) -> Any:  # noqa: ANN401 - a path of one of two libraries
        """Return the path of the file, which can be sent."""
        path = path_of(self.given, "file")
        Upload(path)
        return path

    def size(self) -> int | None:
        """Return the bytes of the file, None where nobody can tell."""
        return size_of(path_of(self.given, "file"))


@dataclass(frozen=True, repr=False)
class UrlContent(Content):
    """What Symbl fetches itself: a link, or an object-storage URI for which a link is made.

    :param given: the link or URI.
    :param valid_seconds: how long a link that is made here is valid.
    """

    given: Any
    valid_seconds: int

    @property
    def name(self) -> str:
        """The name at the end of the link's path."""
        return _last_part(self.given)

    def open(self) -> str:
        """Return a link that Symbl can fetch."""
        if is_web_link(self.given):
            return location(self.given)
        return presigned(self.given, self.valid_seconds)


def is_path(value: object) -> bool:
    """Tell a path from messages, which a template may render as text, JSON or not.

    :param value: the argument ``messages``.
    """
    if isinstance(value, str):
        return bool(value.strip()) and not value.lstrip().startswith(("[", "{", "(")) and "\n" not in value.strip()
    return isinstance(value, (os.PathLike, StoredPath))


def _last_part(place: object) -> str:
    """Return the file's own name of a path, URI or link, without what may be secret."""
    if is_empty(place):
        return ""
    address = str(without_query(location(place))).removesuffix("?…")
    return re.sub(r"^[\w.+-]+://[^/]*", "", address).rstrip("/").rpartition("/")[2]


def _read(place: object) -> Json:
    path = path_of(place, "messages")
    try:
        with path.open("rb") as stream:
            content = stream.read()
    except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
        reading_failed("messages", place, problem, "the path of a readable JSON file")
    try:
        return json.loads(content)
    except ValueError:
        allowed = "the path of a file that holds a JSON list of messages"
    return invalid_value("messages", without_query(location(place)), allowed)
