"""The row of each listed path: one total function from its facts to its one outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from airflow_provider_symbl.recordings.core.standing import LOST, standing_of
from airflow_provider_symbl.recordings.night_settings import FOREIGN_GRACE, SEND_GRACE
from airflow_provider_symbl.recordings.outcomes import REASONS, Held, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_symbl.recordings.core.tracks import Track
    from airflow_provider_symbl.recordings.facts import Attempt, Closed, Done, Night, RecordingFile, Unfit
    from airflow_provider_symbl.recordings.night_settings import NightSettings


def row_of_unfit(file: RecordingFile, unfit: Unfit) -> Row:
    """Return the row of a file that is not sent.

    :param file: as it was listed.
    :param unfit: why not.
    """
    outcome = next(outcome for outcome, reasons in REASONS.items() if unfit.reason in reasons)
    return Row(file.path, outcome, unfit.reason, unfit.message, size=file.size)


def why_quarantined(reason: str, message: str) -> str:
    """Return what the row of a recording tells that failed in an earlier night.

    :param reason: of its failure.
    :param message: the same in a sentence; may be empty.
    """
    return f"{reason}: {message}" if message else reason


def row_of_closed(file: RecordingFile, closed: Closed) -> Row:
    """Return the row of what an earlier try of this night has closed.

    :param file: as it was listed.
    :param closed: the fact.
    """
    is_own_name = file.path == closed.paths[0]
    if not is_own_name and closed.is_landed:
        return Row(file.path, "skipped", "same content", closed.paths[0], closed.key, file.size)
    return Row(
        file.path,
        "landed" if closed.is_landed else "failed",
        "landed" if closed.is_landed else closed.reason,
        closed.message,
        key=closed.key,
        size=file.size,
        duration=closed.duration,
        minutes=closed.minutes,
        attempts=closed.attempts,
        conversation_id=closed.conversation_id,
        job_id=closed.job_id,
        submitted=closed.submitted,
        completed=closed.completed,
        landed=closed.at if closed.is_landed else None,
        folder=closed.folder or None,
        forms=closed.forms,
        notes=(closed.note,) if closed.note else (),
    )


def row_of(
    track: Track,
    attempts: Sequence[Attempt],
    closed: Closed | None,
    *,
    settings: NightSettings,
    now: float,
    stopped: Held | None,
) -> Row:
    """Return the row of a content by the facts of the ledger as they are read at the end.

    :param track: what this pass knows besides.
    :param attempts: its open attempts.
    :param closed: what is closed of it.
    :param settings: of the night.
    :param now: the moment.
    :param stopped: why nothing more was sent, None where something might have been.
    """
    file = track.file
    if file is None:
        message = f"no listed file has the content {track.key}"
        raise ValueError(message)
    options = track.options
    # What redrive asks for is open until it was sent, which a dry run never does.
    is_redriven = settings.is_dry_run and track.is_redriven
    standing = standing_of(attempts, closed, options, settings.max_attempts, is_redriven=is_redriven)
    last = standing.attempt
    if last is None and closed is not None and standing.state in {"landed", "failed"}:
        row = _row_of_closed_content(file, closed, settings, is_old=track.is_landed_before)
        is_changed = closed.is_landed and bool(options) and closed.options != options
        return replace(row, notes=(*row.notes, "landed with other options")) if is_changed else row
    facts = _facts(track, file, attempts, settings.night)
    done = last.done if last is not None else None
    match standing.state:
        case "landed" if done is not None and done.is_landed and done.night == settings.night:
            held = Held("landed", "landed")
            facts = replace(facts, landed=done.at, folder=done.folder or None, forms=tuple(sorted(done.files)))
        case "landed":
            held = _landed_elsewhere(track, done, settings)
        case "failed" if done is not None and done.night != settings.night:
            held = Held("quarantined", "quarantined", why_quarantined(done.reason, done.message))
            facts = replace(facts, since=done.at)
        case "failed" if done is not None:
            held = Held("failed", done.reason, done.message)
        case "failed":
            held = Held("failed", "never ended", LOST)
        case "refused":
            held = Held("failed", "refused", last.answer.message if last is not None and last.answer else "")
        case "send" | "unanswered" | "running":
            held = _waiting(track, last, settings, now, stopped)
        case _:
            assert_never(standing.state)
    # What a dry run would pay for counts as paid in its report.
    minutes = track.minutes if held.reason == "dry run" else facts.minutes
    return replace(facts, outcome=held.outcome, reason=held.reason, message=held.message, minutes=minutes)


def _landed_elsewhere(track: Track, done: Done | None, settings: NightSettings) -> Held:
    """Return how a content stands that had landed, and whose last end is no landing of this night."""
    if done is not None and not done.is_landed and done.night == settings.night:
        # What redrive asked for has failed; what had landed before stands all the same.
        return Held("failed", done.reason, done.message)
    reason = "landed before" if track.is_landed_before else "landed by another"
    return Held("skipped", reason, " ".join(done.night) if done is not None and done.is_landed else "")


def _waiting(track: Track, last: Attempt | None, settings: NightSettings, now: float, stopped: Held | None) -> Held:
    """Return why a content is not over: what this pass knows of it, else what its facts tell."""
    if track.held is not None:
        return track.held
    is_open = last is not None and last.done is None
    claim, answer = (last.claim, last.answer) if last is not None and is_open else (None, None)
    if is_open and answer is None:
        if claim is not None and claim.night != settings.night and now < claim.ends + SEND_GRACE:
            return Held("waiting", "elsewhere", " ".join(claim.night))
        return Held("waiting", "unknown")
    if answer is not None and answer.conversation_id is not None:
        is_theirs = answer.night != settings.night and now < answer.at + FOREIGN_GRACE
        return Held("waiting", "elsewhere", " ".join(answer.night)) if is_theirs else Held("waiting", "running")
    return stopped or Held("waiting", "elsewhere", "another task had claimed it, and has given it back since")


def _row_of_closed_content(file: RecordingFile, closed: Closed, settings: NightSettings, *, is_old: bool) -> Row:
    if closed.night == settings.night:
        return row_of_closed(file, closed)
    if closed.is_landed:
        is_own_name = file.path in closed.paths
        reason = "landed before" if is_old and is_own_name else "same content" if is_old else "landed by another"
        message = closed.paths[0] if reason == "same content" else " ".join(closed.night)
        return Row(file.path, "skipped", reason, message, closed.key, file.size, attempts=closed.attempts)
    return Row(
        file.path, "quarantined", "quarantined", why_quarantined(closed.reason, closed.message), closed.key, file.size,
        attempts=closed.attempts, since=closed.at,
    )  # fmt: skip


def _facts(track: Track, file: RecordingFile, attempts: Sequence[Attempt], night: Night) -> Row:
    """Return a row without outcome: what is known of a content, and what this night pays for it."""
    last = attempts[-1] if attempts else None
    claim, answer = (last.claim, last.answer) if last is not None else (None, None)
    found = track.inspection
    return Row(
        file.path,
        "waiting",
        "running",
        key=track.key,
        size=file.size,
        duration=claim.duration if claim is not None else found.duration if found is not None else None,
        minutes=sum(one.minutes_paid_by(night) for one in attempts),
        attempts=last.number if last is not None else track.closed.attempts if track.closed is not None else 0,
        conversation_id=answer.conversation_id if answer is not None else None,
        job_id=answer.job_id if answer is not None else None,
        submitted=claim.at if claim is not None else None,
        completed=last.done.completed if last is not None and last.done is not None else track.completed,
        notes=(
            *(found.warnings if found is not None else ()),
            *(one.done.note for one in attempts if one.done is not None and one.done.note),
        ),
    )
