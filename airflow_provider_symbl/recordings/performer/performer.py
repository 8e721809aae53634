"""Carries out what the night's core asks for: each action with one or a few calls to ledger, storage and Symbl.

Nothing is decided here but what an answer means; and nothing is kept, so that any action may be cut off by a kill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.recordings.core import actions, events
from airflow_provider_symbl.recordings.facts import Unfit
from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex, find_keys
from airflow_provider_symbl.recordings.performer.following import Following
from airflow_provider_symbl.recordings.performer.sending import Submitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_symbl.recordings.core.events import Event
    from airflow_provider_symbl.recordings.facts import Inspection


class Performer(Submitting, Following):
    """Carries out actions; each method ends in one event, but for those that are named."""

    def perform(self, action: actions.Action) -> Iterator[Event]:
        """Carry out an action, and yield what comes of it.

        :param action: of the core.
        :raises SymblError: the night as a whole cannot go on.
        """
        carry_out: Mapping[type, Callable[[Any], Event]] = {
            actions.ReadFacts: self._read_facts,
            actions.Inspect: self._inspect,
            actions.FindClosed: self._find_closed,
            actions.MakeClaim: self._claim,
            actions.Relook: self._relook,
            actions.Withdraw: self._withdraw,
            actions.Release: self._release,
            actions.Reconcile: self._reconcile,
            actions.Poll: self._poll,
            actions.Land: self._land,
            actions.Finish: self._finish,
            actions.Delete: self._delete,
            actions.Rerender: self._rerender,
            actions.Compact: self._compact,
        }
        if isinstance(action, actions.ListFiles):
            yield from self._list()
        elif isinstance(action, actions.Send):
            yield from self._send(action)
        else:
            yield carry_out[type(action)](action)

    def _read_facts(self, _: actions.ReadFacts) -> Event:
        self.ledger.delete_leftovers()
        unreadable: dict[str, str] = {}
        # First what is open, then what is closed: a key that is closed in between stands in both.
        attempts = self.ledger.attempts(unreadable)
        index = ClosedIndex(self.settings.night)
        is_unused = not attempts and not unreadable
        for closed in self.ledger.closed():
            index.add(closed)
            is_unused = is_unused and not closed.attempts
        remembered = self.ledger.remembered(self.settings.night)
        is_paused = self.ledger.is_paused()
        return events.FactsRead(attempts, index, remembered, unreadable, is_paused=is_paused, is_unused=is_unused)

    def _list(self) -> Iterator[Event]:
        for page in self.source.pages():
            yield events.Listed(page, is_last=False)
        yield events.Listed((), is_last=True)

    def _inspect(self, action: actions.Inspect) -> Event:
        return events.Inspected(action.file, self.inspect(action.file))

    def _find_closed(self, action: actions.FindClosed) -> Event:
        lasting = {digest: found for digest, found in action.inspected.items() if _is_lasting(found)}
        self.ledger.remember(self.settings.night, lasting)
        return events.ClosedFound(find_keys(self.ledger, action.keys))


def _is_lasting(file_facts: Inspection | Unfit) -> bool:
    """Tell whether another try may rely on what was found, and a ledger may hold it: no secret, no passing trouble."""
    if isinstance(file_facts, Unfit):
        return file_facts.is_final
    return not {"webhook_url", "extra_parameters", "metadata"} & file_facts.parameters.keys()
