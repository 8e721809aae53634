"""Endpoints as data: method, path, what sending again would do; and the five sources that a conversation comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

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
