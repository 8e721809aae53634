"""Endpoints as data: method, path, what sending again would do; and the five sources that a conversation comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote, unquote, urlsplit

from airflow_provider_symbl.client.validators import choice, invalid_value, is_unicode

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SUBMISSIONS = "/v1/process/"
IN_PATHS = "/%:@!$&'()*+,;=~"
"""What a path may hold besides letters, digits and ``-._``; a percent sign, since a path may be encoded already."""

MIB = 1 << 20
LONG_ANSWER = 64 * MIB
"""What a conversation's messages or transcript may be at most; a whole day's talk is a tenth of it."""
SHORT_ANSWER = MIB // 4
"""The same for all else, of which hundreds may be under way in one triggerer: ids, a status, a token."""


class Effect(Enum):
    """What a call does to Symbl's state, and so whether it may be sent again."""

    READ = "read"
    """Changes nothing, so it is idempotent: sending it again is harmless."""
    CHANGE = "change"
    """Changes something that already exists; sent again, it may answer for what the first one did."""
    SUBMISSION = "submission"
    """Makes a job, which is paid for. Not idempotent: sent again, it makes another job or appends again."""


class Placement(Enum):
    """Where the parameters of a submission travel."""

    QUERY = "query"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call.

    :param method: HTTP method.
    :param path: path below the host; ``{id}`` stands for the one id that it takes.
    :param effect: what sending it again would do.
    """

    method: str
    path: str
    effect: Effect

    @property
    def most_bytes(self) -> int:
        """How long an answer may be, packed and unpacked."""
        is_long = self.path.startswith("/v1/conversations") and not self.path.endswith("/status")
        return LONG_ANSWER if is_long else SHORT_ANSWER

    def path_for(self, identifier: str = "") -> str:
        """Return the path with its id in place, percent-encoded.

        :param identifier: a conversation or job id; ignored by paths that take none.
        """
        return self.path.replace("{id}", quote(identifier, safe=""))


@dataclass(frozen=True, slots=True)
class Source:
    """One way of handing a conversation to Symbl: the same content, submitted or appended.

    :param name: text, audio_file, audio_url, video_file or video_url.
    :param content: the parameter that holds the content: messages, file or url.
    :param placement: where its parameters travel.
    :param submit: the POST that makes a conversation.
    :param append: the PUT that appends to one.
    """

    name: str
    content: str
    placement: Placement
    submit: Endpoint
    append: Endpoint


def _source(name: str, content: str, placement: Placement, path: str) -> Source:
    submit = Endpoint("POST", path, Effect.SUBMISSION)
    append = Endpoint("PUT", f"{path}/{{id}}", Effect.SUBMISSION)
    return Source(name, content, placement, submit, append)


TEXT = _source("text", "messages", Placement.BODY, "/v1/process/text")
AUDIO_FILE = _source("audio_file", "file", Placement.QUERY, "/v1/process/audio")
AUDIO_URL = _source("audio_url", "url", Placement.BODY, "/v1/process/audio/url")
VIDEO_FILE = _source("video_file", "file", Placement.QUERY, "/v1/process/video")
VIDEO_URL = _source("video_url", "url", Placement.BODY, "/v1/process/video/url")


def endpoint_of(method: object, path: object) -> Endpoint:
    """Return the endpoint of any call.

    :param method: HTTP method.
    :param path: the path below the host.
    :raises SymblConfigurationError: no such method, or the path leads elsewhere than its text says.
    """
    verb = choice(*METHODS)("method", method.upper() if isinstance(method, str) else method)
    whole = _checked_path(path)
    if verb == "GET":
        return Endpoint(verb, whole, Effect.READ)
    return Endpoint(verb, whole, Effect.SUBMISSION if whole.startswith(SUBMISSIONS) else Effect.CHANGE)


def _checked_path(given: object) -> str:
    if not isinstance(given, str) or not given.strip() or not is_unicode(given):
        invalid_value("path", given, "a path below the host, such as /v1/manage/trackers")
    if "?" in given or "#" in given:
        # What follows is not shown: a query may hold anything.
        invalid_value("path", given[: min(map(given.find, set("?#") & set(given)))] + "?…", "no query: use params")
    if (host := _host_named_in(given)) is not None:
        invalid_value("path", host, "a path below the host of the connection, without a host")
    parts = unquote(given).replace("\\", "/").split("/")
    if {".", ".."} & set(parts) or any(not character.isprintable() for character in unquote(given)):
        invalid_value("path", given, "a path without . and .. and control characters")
    return quote(f"/{given.removeprefix('/')}", safe=IN_PATHS)


def _host_named_in(path: str) -> str | None:
    """Return the beginning of a path that is a URL, without the password that it may hold; None of a path."""
    try:
        parts = urlsplit(path.replace("\\", "/"))
    except ValueError:
        return "//…"
    if not parts.scheme and not path.replace("\\", "/").startswith("//"):
        return None
    return f"{parts.scheme}{':' if parts.scheme else ''}//{parts.hostname or ''}…"
