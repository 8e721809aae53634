"""How one content stands by its facts, and so what is due: one total function for the night's core and its report.

What has used up its attempts is quarantined (a dead letter queue): nothing but ``redrive`` sends it again.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from airflow_provider_symbl.recordings.files.globs import NameOrPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.recordings.facts import Attempt, Closed, Night

State = Literal["send", "unanswered", "running", "refused", "landed", "failed"]

LOST = "the answers to its submissions were lost"
REDRIVES = ("failed", "quarantined", "changed", "results")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a content stands.

    :param state: send: an attempt may be made. unanswered: a claim has no answer. running: a job is to be waited for,
        or its results are to be landed. refused: that is yet to be written down as failed. landed, failed: it is over.
    :param number: of the attempt that it is about; for ``send`` of the next one.
    :param attempt: the same, None where it is closed, or yet to be made.
    :param is_redrive: for ``send``: whether only ``redrive`` allows it.
    """

    state: State
    number: int
    attempt: Attempt | None = None
    is_redrive: bool = False


def standing_of(
    attempts: Sequence[Attempt], closed: Closed | None, options: str, max_attempts: int, *, is_redriven: bool = False
) -> Standing:
    """Return how a content stands.

    :param attempts: its open attempts by number.
    :param closed: what is closed of it.
    :param options: the digest of the parameters that it would be sent with now; a change restarts the count.
    :param max_attempts: how many attempts it has.
    :param is_redriven: whether one attempt more was asked for, and was not made yet.
    """
    highest = closed.attempts if closed is not None else 0
    live = [attempt for attempt in attempts if attempt.number > highest]
    last = live[-1] if live else None
    number = last.number if last is not None else highest
    if last is not None and last.done is None:
        state = _open_state(last)
        if state != "send":
            return Standing(state, number, last)
    is_landed = (closed is not None and closed.is_landed) or any(one.is_landed for one in live)
    if is_redriven:
        return Standing("send", number + 1, is_redrive=True)
    if is_landed:
        return Standing("landed", number, last)
    if last is None and closed is None:
        return Standing("send", 1)
    if not may_try_again(live, closed, options, max_attempts):
        return Standing("failed", number, last)
    return Standing("send", number + 1)


def may_try_again(attempts: Sequence[Attempt], closed: Closed | None, options: str, max_attempts: int) -> bool:
    """Tell whether what has failed may be sent once more, without anybody asking for it.

    :param attempts: the open attempts.
    :param closed: what is closed.
    :param options: the digest of the parameters now.
    :param max_attempts: how many attempts it has.
    """
    same = [one for one in attempts if one.claim is None or one.claim.options == options]
    is_closed_same = closed is not None and closed.options == options
    if closed is not None and is_closed_same and closed.is_final and not attempts:
        return False
    if any(one.done is not None and one.done.is_final for one in same):
        return False
    used = sum(one.counts_with(options) for one in attempts)
    if closed is not None and is_closed_same:
        used += closed.used
    return used < max_attempts


def _open_state(last: Attempt) -> State:
    """Return the state of an attempt that has not ended."""
    if last.answer is None:
        return "unanswered"
    if last.answer.conversation_id is not None:
        return "running"
    return "refused" if last.answer.not_made == "refused" else "send"


def wants_redrive(
    redrive: Sequence[str], path: str, *, is_landed: bool, is_final: bool, is_changed: bool
) -> Literal["no", "send", "results"]:
    """Return what ``redrive`` asks for a content that is over.

    :param redrive: the argument: kinds, or what stands for recordings as in ``overrides``.
    :param path: of the recording.
    :param is_landed: whether it landed; else it failed.
    :param is_final: of a failure: whether no attempt could ever pass.
    :param is_changed: whether it landed with other options.
    """
    is_named = any(name not in REDRIVES and _name_or_path(name).matches(path) for name in redrive)
    if is_landed:
        if is_named or ("changed" in redrive and is_changed):
            return "send"
        return "results" if "results" in redrive else "no"
    is_asked = is_named or "quarantined" in redrive or ("failed" in redrive and not is_final)
    return "send" if is_asked else "no"


# One name is held against each of a million paths.
_name_or_path = functools.lru_cache(NameOrPath)


def was_redriven(attempts: Sequence[Attempt], closed: Closed | None, night: Night) -> bool:
    """Tell whether this night has made its one attempt by ``redrive`` already.

    :param attempts: the open attempts.
    :param closed: what is closed.
    :param night: this one.
    """
    is_open = any(one.claim is not None and one.claim.redrive and one.claim.night == night for one in attempts)
    return is_open or (closed is not None and closed.is_redriven and closed.night == night)
