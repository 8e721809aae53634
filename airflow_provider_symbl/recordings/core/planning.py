"""The first half of a night's core: what was listed, held against the ledger, and what is new of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.core.rows import row_of_closed, why_quarantined
from airflow_provider_symbl.recordings.core.standing import standing_of, wants_redrive, was_redriven
from airflow_provider_symbl.recordings.core.tracks import Track
from airflow_provider_symbl.recordings.facts import Closed, Inspection, Unfit
from airflow_provider_symbl.recordings.outcomes import Held, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from airflow_provider_symbl.recordings.facts import Attempt, RecordingFile
    from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex, Known
    from airflow_provider_symbl.recordings.night_settings import NightSettings

WITHOUT_INSPECTION = frozenset(("unanswered", "running", "refused"))
"""States in which nobody has to look into the file."""


class Planning:
    """Takes what was listed, and sorts it: what is over, what is to be looked into, and what is to be done.

    :param settings: what the night keeps to.
    :param options_of: gives the digests that the parameters for a file could have now; none where nobody can tell.
    :param on_known: takes the row of each file that is over since an earlier night.
    """

    def __init__(
        self,
        settings: NightSettings,
        options_of: Callable[[RecordingFile], Collection[str]],
        on_known: Callable[[Row], None],
    ) -> None:
        self._settings = settings
        self._options_of = options_of
        self._on_known = on_known
        self._index: ClosedIndex | None = None
        self._remembered: Mapping[bytes, tuple[Inspection | Unfit, float]] = {}
        self._open_versions: dict[str, str] = {}
        self._attempts: Mapping[str, Sequence[Attempt]] = {}
        self._ours: dict[str, Closed] = {}
        self._closed_by_us: list[Closed] = []
        self._unreadable: Mapping[str, str] = {}
        self._pending = 0
        self._is_listed = False
        self._fresh: dict[bytes, Inspection | Unfit] = {}
        self._files: dict[str, list[tuple[RecordingFile, Inspection | None, float]]] = {}
        self.unfit: list[tuple[RecordingFile, Unfit]] = []
        """What cannot be sent, and why."""
        self.aliases: list[tuple[RecordingFile, str, str]] = []
        """Further files of a content: the file, its key, and the path that stands for it."""
        self.gone: list[RecordingFile] = []
        """What was listed, and was not there any more when it was looked into."""
        self.extra: list[Closed] = []
        """Lines for what never has a claim: a new name of what is closed, a file that can never be sent."""
        self.usual_job_seconds: float | None = None
        """How long jobs took lately; None where none tells."""
        self.found = 0
        """How many files were listed."""

    def on_facts(self, event: events.FactsRead) -> list[actions.Action]:
        """Take what the ledger holds.

        :param event: the facts.
        """
        self._index, self._remembered, self._attempts = event.index, event.remembered, event.attempts
        self._unreadable = event.unreadable
        self.usual_job_seconds = event.index.usual_job_seconds()
        for key, attempts in event.attempts.items():
            for attempt in attempts:
                if attempt.claim is not None:
                    self._open_versions[attempt.claim.version] = key
        self._closed_by_us = [*event.index.ours.values()]
        self._ours = {version: closed for closed in event.index.ours.values() for version in closed.versions}
        return [actions.ListFiles()]

    def on_listed(self, event: events.Listed, now: float) -> list[actions.Action]:
        """Take a page of files.

        :param event: the page.
        :param now: the moment.
        """
        self.found += len(event.files)
        self._is_listed = event.is_last
        wanted: list[actions.Action] = []
        for file in event.files:
            if self._is_over(file):
                continue
            key = self._open_versions.get(file.digest.hex())
            if key is not None and self._state_of(key) in WITHOUT_INSPECTION:
                self._files.setdefault(key, []).append((file, None, now))
            elif file.digest in self._remembered:
                found, seen = self._remembered[file.digest]
                self._take(file, found, seen)
            else:
                self._pending += 1
                wanted.append(actions.Inspect(file))
        return wanted + self._when_all_is_seen()

    def on_inspected(self, event: events.Inspected, now: float) -> list[actions.Action]:
        """Take what is in a file.

        :param event: what was found.
        :param now: the moment.
        """
        self._pending -= 1
        if event.found is None:
            self.gone.append(event.file)
        else:
            if event.file.sidecar is None:
                # A sidecar may change, and the file's version does not tell.
                self._fresh[event.file.digest] = event.found
            self._take(event.file, event.found, now)
        return self._when_all_is_seen()

    def on_closed(self, event: events.ClosedFound) -> dict[str, Track]:
        """Take what is closed of the keys that were found, and return all that the night has to do with, by key.

        :param event: what is closed.
        """
        tracks = {key: self._track(key, files, event.closed.get(key)) for key, files in self._files.items()}
        for key, attempts in self._attempts.items():
            if key not in tracks:
                # Its file is not listed any more, and what was paid for is landed all the same.
                tracks[key] = Track(key, None, attempts=[*attempts], closed=event.closed.get(key))
        self._files.clear()
        return tracks

    def minutes_paid(self) -> float:
        """Return the minutes that this night has paid for in earlier tries."""
        night = self._settings.night
        closed = {one.key: one for one in self._closed_by_us}
        open_minutes = [
            one.claim.minutes
            for key, attempts in self._attempts.items()
            for one in attempts
            # A crash may have left behind what is closed already.
            if key not in closed or one.number > closed[key].attempts
            if one.claim is not None and one.claim.night == night and _is_paid(one)
        ]
        return sum(open_minutes) + sum(one.minutes for one in closed.values())

    def _take(self, file: RecordingFile, found: Inspection | Unfit, seen: float) -> None:
        if isinstance(found, Inspection):
            self._files.setdefault(found.key, []).append((file, found, seen))
            return
        self.unfit.append((file, found))
        if found.is_final and found.reason != "not a recording":
            version = file.digest.hex()
            self.extra.append(
                Closed(
                    key=f"file-{version}",
                    attempts=0,
                    used=0,
                    reason=found.reason,
                    message=found.message,
                    is_final=True,
                    options="",
                    night=self._settings.night,
                    at=seen,
                    versions=(version,),
                    paths=(file.path,),
                    size=file.size,
                )
            )

    def _when_all_is_seen(self) -> list[actions.Action]:
        if not self._is_listed or self._pending:
            return []
        # A pass over all that is closed is only worth it where some of them may be there.
        keys = frozenset(key for key in (*self._files, *self._attempts) if self._may_be_closed(key))
        fresh, self._fresh = self._fresh, {}
        return [actions.FindClosed(keys, fresh)]

    def _may_be_closed(self, key: str) -> bool:
        return self._index is None or self._index.may_hold(key)

    def _state_of(self, key: str) -> str:
        attempts = self._attempts[key]
        claims = [attempt.claim for attempt in attempts if attempt.claim is not None]
        return standing_of(attempts, None, claims[-1].options if claims else "", self._settings.max_attempts).state

    def _is_over(self, file: RecordingFile) -> bool:
        """Tell whether a version of a file is over since an earlier night or try, and give its row."""
        known = self._index.find(file.digest) if self._index is not None else None
        if known is None:
            return False
        digests = self._options_of(file)
        is_changed = bool(known.options and digests) and known.options not in digests
        if not known.landed and (not known.is_final or is_changed):
            return False
        wish = wants_redrive(
            self._settings.redrive,
            file.path,
            is_landed=known.landed,
            is_final=known.is_final,
            is_changed=is_changed,
        )
        if wish != "no":
            return False
        self._on_known(self._row(file, known, is_changed=is_changed))
        return True

    def _row(self, file: RecordingFile, known: Known, *, is_changed: bool) -> Row:
        closed = self._ours.get(file.digest.hex())
        if closed is not None:
            return row_of_closed(file, closed)
        notes = ("landed with other options",) if known.landed and is_changed else ()
        if known.landed:
            return Row(file.path, "skipped", "landed before", size=file.size, notes=notes)
        why = why_quarantined(known.reason, known.message)
        return Row(file.path, "quarantined", "quarantined", why, size=file.size, since=known.at)

    def _track(
        self, key: str, files: list[tuple[RecordingFile, Inspection | None, float]], closed: Closed | None
    ) -> Track:
        attempts = [*self._attempts.get(key, ())]
        claimed = {attempt.claim.path for attempt in attempts if attempt.claim is not None}
        files.sort(key=lambda one: (one[0].path not in claimed, one[0].path))
        file, inspection, seen = files[0]
        if inspection is None:
            inspection = next((other for _, other, _ in files if other is not None), None)
        self.aliases += [(other, key, file.path) for other, _, _ in files[1:]]
        track = Track(key, file, inspection, seen, attempts, closed)
        if key in self._unreadable:
            track.held = Held("waiting", "fact that cannot be read", self._unreadable[key])
        track.is_landed_before = any(one.is_landed for one in attempts)
        if closed is not None:
            track.is_landed_before |= closed.is_landed
            self._remember_names(files, closed)
        self._ask_redrive(track)
        return track

    def _remember_names(self, files: Sequence[tuple[RecordingFile, Inspection | None, float]], closed: Closed) -> None:
        """Have the versions of paths that are new for a closed content told there, so that none is read again."""
        for file, _, _ in files:
            version = file.digest.hex()
            if version not in closed.versions:
                self.extra.append(replace(closed, versions=(version,), paths=(file.path,)))

    def _ask_redrive(self, track: Track) -> None:
        closed, night = track.closed, self._settings.night
        if closed is None or was_redriven(track.attempts, closed, night):
            return
        wish = wants_redrive(
            self._settings.redrive,
            track.path,
            is_landed=closed.is_landed,
            is_final=closed.is_final,
            is_changed=bool(track.inspection) and closed.options != track.options,
        )
        track.is_redriven, track.is_rerendered = wish == "send", wish == "results"


def _is_paid(attempt: Attempt) -> bool:
    """Tell whether a submission is paid for, or may be."""
    return attempt.answer is None or attempt.answer.conversation_id is not None
