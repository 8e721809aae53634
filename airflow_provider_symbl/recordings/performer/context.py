"""What carries out actions, and what all of it needs: answers and ends, written down once."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from airflow_provider_symbl.exceptions import (
    SymblStorageError,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.recordings.discovery import RecordingSource
    from airflow_provider_symbl.recordings.facts import Answer, Done, Inspection, RecordingFile, Unfit
    from airflow_provider_symbl.recordings.landing import Landing
    from airflow_provider_symbl.recordings.ledger.ledger import Ledger
    from airflow_provider_symbl.recordings.night_settings import NightSettings

log = logging.getLogger(__name__)

MESSAGE_LENGTH = 500


@dataclass(frozen=True)
class ActionContext:
    """What carries out the actions of a night.

    :param settings: of the night.
    :param ledger: open.
    :param source: of the recordings.
    :param inspect: looks into a file; None where it is gone.
    :param sender: a client that sends a submission once, and tells a full account at once.
    :param reader: a client that reads, and tries again by itself.
    :param landing: writes the results.
    :param clock: seconds since the epoch, by Symbl's clock where it is known.
    :param send: whether a file is sent, or a link to it.
    :param name: what stands in front of the token in a conversation's name; empty for the recording's path.
    """

    settings: NightSettings
    ledger: Ledger
    source: RecordingSource
    inspect: Callable[[RecordingFile], Inspection | Unfit | None]
    sender: SymblClient
    reader: SymblClient
    landing: Landing
    clock: Callable[[], float] = time.time
    send: Literal["file", "url"] = "file"
    name: str = ""

    def note_answer(self, key: str, number: int, answer: Answer) -> bool:
        """Write an answer down; ids that cannot be written are not lost: a later look finds them by their token."""
        try:
            return self.ledger.answer(key, number, answer)
        except SymblStorageError as error:
            log.warning("%s: the answer to a submission could not be written down, trying once more: %s", key, error)
            return self.ledger.answer(key, number, answer)

    def standing_answer(self, key: str, number: int) -> Answer | None:
        """Return the answer that stands of an attempt, None where none does."""
        return next((one.answer for one in self.ledger.attempts_of(key) if one.number == number), None)

    def finished(self, key: str, number: int, done: Done) -> Done:
        """Write an end down, and return the one that stands."""
        if self.ledger.finish(key, number, done):
            return done
        standing = next((one.done for one in self.ledger.attempts_of(key) if one.number == number), None)
        return standing or done


def cut_message(message: str) -> str:
    """Return what the ledger keeps of an error's text.

    :param message: the text.
    """
    return printable(message[:MESSAGE_LENGTH])
