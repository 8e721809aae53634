"""Routes of conversations as such: one, a list (pagination, sorting, filters), their metadata; and deleting them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.api import schemas, timestamps
from airflow_provider_symbl.local_server.api.operations import Operation, body_of, query_of
from airflow_provider_symbl.local_server.api.paths import CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import JsonResponse
from airflow_provider_symbl.local_server.api.rsql import FILTER, METADATA, Clause
from airflow_provider_symbl.local_server.api.validation import (
    date_time,
    enum,
    integer,
    map_of,
    object_of,
    short_text,
    validation_error,
)
from airflow_provider_symbl.local_server.routes.lookup import bounds, get_conversation_or_404
from airflow_provider_symbl.local_server.routes.serializers import serialize_conversation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.store.conversation_index import ListedConversation
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation

LONGEST_METADATA = 128
METADATA_BODY = object_of({"metadata": map_of(short_text(LONGEST_METADATA))}, ("metadata",))
SORTS = {"conversation.startTime": "start", "conversation.endTime": "end", "conversation.name": "name"}
"""What lists are sorted by, as queries name it and as the index does."""
LIST_QUERY = {
    "limit": integer(0, 65536),
    "offset": integer(0),
    "order": enum("asc", "desc"),
    "sort": enum(*SORTS),
    "startTime": date_time,
    "endTime": date_time,
    "filter": FILTER,
}
DEFAULT_LIMIT = 20
DEFAULT_WINDOW = timedelta(days=7)


class ConversationRoutes:
    """Endpoints for conversations as such.

    :param store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> list[Operation]:
        """List the calls."""
        one, many = schemas.CONVERSATION, schemas.CONVERSATIONS
        not_found = (404,)
        return [
            Operation("GET", "/v1/conversations", self.listing, "List conversations", many, query=LIST_QUERY),
            Operation("GET", CONVERSATION_PATH, self.conversation, "Show a conversation", one, refuses=not_found),
            Operation(
                "PUT",
                CONVERSATION_PATH,
                self.set_metadata,
                "Replace its metadata",
                schemas.METADATA,
                body=METADATA_BODY,
                refuses=not_found,
            ),
            Operation(
                "DELETE",
                CONVERSATION_PATH,
                self.delete,
                "Delete a conversation",
                schemas.MESSAGE_ANSWER,
                refuses=not_found,
            ),
        ]

    async def conversation(self, request: Request) -> Response:
        """Show a conversation.

        :raises ApiError: there is no such conversation.
        """
        return JsonResponse(self._serialized(get_conversation_or_404(self._store, request)))

    async def listing(self, request: Request) -> Response:
        """List conversations, those whose jobs are not done included.

        :raises ApiError: the window is not one.
        """
        given = query_of(request)
        start, end = _window(given)
        sort = SORTS[given.get("sort", "conversation.startTime")]
        entries = self._store.listed.between(start, end, sort, is_descending=given.get("order") == "desc")
        for clause in given.get("filter", ()):
            entries = filter(partial(_holds, clause), entries)
        page = islice(entries, *bounds(given, DEFAULT_LIMIT))
        return JsonResponse({"conversations": [self._serialized(entry.conversation) for entry in page]})

    async def set_metadata(self, request: Request) -> Response:
        """Replace a conversation's metadata by what is given.

        :raises ApiError: there is no such conversation.
        """
        changed = replace(get_conversation_or_404(self._store, request), metadata=body_of(request)["metadata"])
        self._store.put_conversation(changed)
        return JsonResponse({"id": changed.id, "metadata": dict(changed.metadata)})

    async def delete(self, request: Request) -> Response:
        """Delete a conversation; its running jobs fail.

        :raises ApiError: there is no such conversation.
        """
        self._store.remove_conversation(get_conversation_or_404(self._store, request).id)
        return JsonResponse({"message": "successfully deleted the conversation"})

    def _serialized(self, conversation: Conversation) -> dict[str, Any]:
        parts = self._store.visible_parts(conversation.id)
        return serialize_conversation(conversation, parts, self._store.members(conversation.id))


def _holds(clause: Clause, entry: ListedConversation) -> bool:
    return clause.holds({clause.field: _field(entry, clause.field)})


def _field(entry: ListedConversation, name: str) -> str | datetime | None:
    """Give a field by which lists are filtered, by the name that queries use."""
    if name in SORTS:
        found: str | datetime = getattr(entry, SORTS[name])
        return found
    return (
        entry.conversation.id if name == "conversation.id" else entry.conversation.metadata.get(name[len(METADATA) :])
    )


def _window(given: Mapping[str, Any]) -> tuple[datetime, datetime]:
    now = timestamps.now()
    end = given.get("endTime", now)
    start = given.get("startTime", end - DEFAULT_WINDOW)
    for label, moment in (("startTime", start), ("endTime", end)):
        if moment > timestamps.now():
            raise validation_error(label, f"must be earlier than now, but is {timestamps.iso(moment)}")
    if start >= end:
        raise validation_error("startTime", f'must be earlier than "endTime" ({timestamps.iso(end)})')
    return start, end
