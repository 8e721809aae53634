"""Reconciliation: finding what a submission made whose response was lost, by evidence that was kept beforehand.

It stands in for an idempotency key, which Symbl does not know. A submit is found by its conversation's name; an append
by what it added.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

import pendulum

from airflow_provider_symbl.client.polling import PASSING_ERRORS
from airflow_provider_symbl.client.retries import time_limit

if TYPE_CHECKING:
    from airflow_provider_symbl.client.client import SymblClient
    from airflow_provider_symbl.client.validators import Json, JsonObject

log = logging.getLogger(__name__)

SEARCH_TIMEOUT = 60.0
"""Seconds to go on looking: whether Symbl shows a conversation before its job is over is not on record."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
LONGEST_LOOK = 30.0
"""Seconds that one look may take."""
CLOCK_SKEW = 600.0
"""Seconds by which what Symbl calls a conversation's start may come before its submission, by Symbl's own clock."""


@dataclass(frozen=True, slots=True)
class SubmissionEvidence:
    """What was so just before a submission left.

    :param name: the name that a submit's conversation will have.
    :param since: seconds since the epoch; the submit's conversation does not start before.
    :param known: conversations that had this name already.
    :param conversation_id: the conversation that an append goes to; None for a submit.
    :param messages: how many messages that conversation held.
    """

    name: str = field(default="", repr=False)
    since: float = 0.0
    known: tuple[str, ...] = ()
    conversation_id: str | None = None
    messages: int = 0

    @classmethod
    def to_submit(cls, client: SymblClient, name: str, *, is_unique: bool, starts: float | None = None) -> Self:
        """Take the evidence for a submit.

        :param client: reads what is there, unless the name is unique.
        :param name: the name that is sent.
        :param is_unique: whether no other conversation can have that name.
        :param starts: seconds since the epoch at which the conversation itself says that it began.
        """
        now = client.symbl_time()
        since = min(now - CLOCK_SKEW, now if starts is None else starts)
        evidence = cls(name, since)
        return evidence if is_unique else cls(name, since, tuple(evidence.candidates(client)))

    @classmethod
    def to_append(cls, client: SymblClient, conversation_id: str) -> Self:
        """Take the evidence for an append.

        :param client: reads what the conversation holds.
        :param conversation_id: what is appended to.
        :raises SymblNotFoundError: there is no such conversation.
        """
        return cls(conversation_id=conversation_id, messages=len(client.get_messages(conversation_id)))

    @classmethod
    def from_json(cls, kept: JsonObject) -> Self:
        """Read what :meth:`as_json` gave."""
        return cls(**{**kept, "known": tuple(kept["known"])})

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON, free of any secret and of what was said."""
        return {**asdict(self), "known": list(self.known)}

    def candidates(self, client: SymblClient) -> list[str]:
        """Return the conversations that the submission may have made.

        :param client: of the same account.
        """
        if self.conversation_id is not None:
            held = len(client.get_messages(self.conversation_id))
            return [self.conversation_id] if held > self.messages else []
        found = client.list_conversations(start_time=pendulum.from_timestamp(self.since))
        return [one.id for one in found if one.name == self.name and one.id not in self.known]

    def find(self, client: SymblClient) -> str | None:
        """Return the one conversation that the submission made; None where that cannot be told.

        It looks for a minute: what was taken may not be shown at once.

        :param client: of the same account.
        :raises SymblError: nobody could look; which does not mean that there is nothing.
        """
        deadline = time.monotonic() + SEARCH_TIMEOUT
        pause = FIRST_PAUSE
        while True:
            is_last = time.monotonic() >= deadline
            found = self._look(client, is_last=is_last)
            if found or is_last:
                break
            time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
            pause = min(2 * pause, LONGEST_PAUSE)
        if len(found) > 1:
            log.warning("%d conversations have the name that was sent: which one it is cannot be told", len(found))
        return found[0] if len(found) == 1 else None

    def _look(self, client: SymblClient, *, is_last: bool) -> list[str]:
        try:
            with time_limit(LONGEST_LOOK):
                return self.candidates(client)
        except PASSING_ERRORS as error:
            if is_last:
                raise
            log.warning("Looking for a lost submission failed, looking again: %s", error)
            return []
