"""The document of a conversation: all that was read of it, as JSON of one shape, which has a version.

All forms are made from it alone, so their texts are equal. Its objects are those of
:mod:`airflow_provider_symbl.client.models`, under the same names; ``conversation.schema.json`` beside this module
describes all of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, cast

from airflow_provider_symbl.client.models import Conversation, Model

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import Json, JsonObject

VERSION = 1
READS = (
    *("messages", "members", "topics", "questions", "action_items", "follow_ups"),
    *("entities", "trackers", "analytics", "summary"),
)
"""What can be read of a conversation beside its own data; each is a key of the document."""
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a pair, which a cut JSON text leaves behind and UTF-8 cannot hold."""


class RecordingFacts(TypedDict, total=False):
    """What is known of the recording; what nobody knows is None in the document.

    :param path: where it lies: a path or a URI, without a query.
    :param size: bytes.
    :param sha256: of all its bytes, in hexadecimal.
    :param duration: seconds.
    :param dag_id: of the task that submitted it.
    :param task_id: of the same.
    :param run_id: of the same.
    """

    path: str | None
    size: int | None
    sha256: str | None
    duration: float | None
    dag_id: str | None
    task_id: str | None
    run_id: str | None


class Document(TypedDict):
    """A conversation as it is stored; None stands for what was not read, an empty list for what is not there.

    :param version: of this shape.
    :param conversation: its own data.
    :param recording: what is known of the recording, None where nothing is.
    :param members: who takes part.
    :param messages: what was said, in Symbl's order.
    :param topics: what was talked about.
    :param questions: the questions.
    :param action_items: the action items.
    :param follow_ups: the follow-ups.
    :param entities: who and what was named.
    :param trackers: the trackers that were found.
    :param analytics: how long people spoke.
    :param summary: the summary, sentence by sentence; None also where Symbl has made none.
    :param redacted: how often each kind was redacted; None where nothing was asked to be.
    :param raw: Symbl's own answers by read, where they were asked for.
    """

    version: int
    conversation: JsonObject
    recording: RecordingFacts | None
    members: list[JsonObject] | None
    messages: list[JsonObject] | None
    topics: list[JsonObject] | None
    questions: list[JsonObject] | None
    action_items: list[JsonObject] | None
    follow_ups: list[JsonObject] | None
    entities: list[JsonObject] | None
    trackers: list[JsonObject] | None
    analytics: JsonObject | None
    summary: list[JsonObject] | None
    redacted: dict[str, int] | None
    raw: dict[str, Json] | None


def assemble(
    conversation: Conversation,
    reads: Mapping[str, Any],
    recording: RecordingFacts | None = None,
    *,
    keep_raw: bool = False,
) -> Document:
    """Put the document of a conversation together.

    :param conversation: its own data.
    :param reads: what was read, by the names in :data:`READS`: models of the client.
    :param recording: what the caller knows of the recording.
    :param keep_raw: keep Symbl's own answers, too.
    """
    own = {name: value for name, value in plain(conversation).items() if name != "members"}
    read = {name: plain(reads[name]) if name in reads else None for name in READS}
    if read["members"] is None:
        read["members"] = plain(conversation.members)
    given = recording or {}
    facts = {name: plain(given.get(name)) for name in RecordingFacts.__annotations__} if given else None
    raw = {name: answer for name, value in {"conversation": conversation, **reads}.items() if (answer := _raw(value))}
    document: Any = {
        "version": VERSION,
        "conversation": own,
        "recording": facts,
        **read,
        "redacted": None,
        "raw": plain(raw) if keep_raw else None,
    }
    return cast("Document", document)  # READS are its keys


def plain(value: Any) -> Json:  # noqa: ANN401 - whatever a model holds
    """Return a value as JSON that any reader takes: models without their raw answers, no half characters, no NaN.

    :param value: a model, or what one holds.
    """
    if isinstance(value, str):
        return value if value.isascii() else LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, Model):
        return {name: plain(item) for name, item in value.items() if name != "raw"}
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _raw(value: Any) -> Json:  # noqa: ANN401 - a model or a list of them
    if isinstance(value, list):
        return [item.raw for item in value]
    return getattr(value, "raw", None)
