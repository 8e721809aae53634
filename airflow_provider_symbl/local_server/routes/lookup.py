"""Lookup: the conversation that a path names, and the page of a list that a query asks for (pagination)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_symbl.local_server.api.responses import UnknownConversationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation

    Entry = TypeVar("Entry")


def get_conversation_or_404(store: Store, request: Request) -> Conversation:
    """Give the conversation that a request's path names.

    :raises UnknownConversationError: there is none.
    """
    conversation = store.conversation(request.path_params["conversation_id"])
    if conversation is None:
        raise UnknownConversationError
    return conversation


def paginate(entries: Sequence[Entry], query: Mapping[str, Any], default_limit: int) -> Sequence[Entry]:
    """Give one page of a list: pagination by ``limit`` and ``offset``, as Symbl has it, without cursors.

    :param entries: the whole list, in order.
    :param query: the checked query.
    :param default_limit: how many entries a page has where the query does not say.
    """
    return entries[slice(*bounds(query, default_limit))]


def bounds(query: Mapping[str, Any], default_limit: int) -> tuple[int, int]:
    """Give the numbers of a page's first entry, and of the one behind its last.

    :param query: the checked query.
    :param default_limit: how many entries a page has where the query does not say.
    """
    offset: int = query.get("offset", 0)
    limit: int = query.get("limit", default_limit)
    return min(offset, sys.maxsize), min(offset + limit, sys.maxsize)
