"""Routes of experiences: links to a page on which a person reads a conversation; here, the server's own reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.operations import Operation, body_of
from airflow_provider_symbl.local_server.api.paths import CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import JsonResponse
from airflow_provider_symbl.local_server.api.validation import (
    boolean,
    enum,
    integer,
    object_of,
    text,
    validation_error,
    web_address,
)
from airflow_provider_symbl.local_server.routes.lookup import get_conversation_or_404
from airflow_provider_symbl.local_server.store.records import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.store.memory_store import Store

NEEDS: Mapping[str, str] = {"video-summary": "videoUrl", "audio-summary": "audioUrl"}
EXPERIENCE = object_of(
    {
        "name": enum("verbose-text-summary", *NEEDS),
        "videoUrl": web_address,
        "audioUrl": web_address,
        "logo": web_address,
        "favicon": web_address,
        "color": object_of({"background": text, "topicsFilter": text, "insightsFilter": text}),
        "font": object_of({"family": text}),
        "summaryURLExpiresIn": integer(0),
        "readOnly": boolean,
        "enableCustomDomain": boolean,
    },
    ("name",),
)


class ExperienceRoutes:
    """The endpoints that give links.

    :param store: knows the conversations.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> list[Operation]:
        """List the calls."""
        common: dict[str, Any] = {"refuses": (404,), "tag": "Experience"}
        insights = "/v1/conversations/experiences/insights"
        summary, url = "Give a link to a page with the conversation", schemas.EXPERIENCE_URL
        scored = {"includeCallScore": boolean}
        return [
            Operation(
                "POST",
                f"{CONVERSATION_PATH}/experiences",
                self.link,
                summary,
                schemas.EXPERIENCE,
                body=EXPERIENCE,
                **common,
            ),
            Operation(
                "GET", f"{insights}/details/{{conversation_id}}", self.details, summary, url, query=scored, **common
            ),
            Operation(
                "GET",
                f"{insights}/list",
                self.listing,
                "Give a link to a page with all",
                url,
                query=scored,
                tag="Experience",
            ),
        ]

    async def link(self, request: Request) -> Response:
        """Give a link to the conversation in the server's own reader, which has its own looks and never expires.

        :raises ApiError: there is no such conversation, or the recording's URL is missing or another one.
        """
        conversation, given = get_conversation_or_404(self._store, request), body_of(request)
        self._check(conversation.id, given)
        return JsonResponse({"name": given["name"], "url": _reader(request, f"/{conversation.id}")})

    async def details(self, request: Request) -> Response:
        """Give a link to the conversation in the server's own reader, which shows no call score.

        :raises ApiError: there is no such conversation.
        """
        return JsonResponse({"url": _reader(request, f"/{get_conversation_or_404(self._store, request).id}")})

    async def listing(self, request: Request) -> Response:
        """Give a link to the server's own list of conversations."""
        return JsonResponse({"url": _reader(request, "")})

    def _check(self, conversation_id: str, given: Mapping[str, Any]) -> None:
        needed = NEEDS.get(given["name"])
        if needed and needed not in given:
            raise validation_error(needed, f'is required when "name" is "{given["name"]}"')
        if needed == "audioUrl" and not self._was_submitted(conversation_id, given["audioUrl"]):
            raise validation_error(needed, "must be the URL that was submitted")

    def _was_submitted(self, conversation_id: str, url: str) -> bool:
        return digest(url) in {part.source for part in self._store.visible_parts(conversation_id)}


def _reader(request: Request, view: str) -> str:
    return f"{request.base_url}__local__/#conversations{view}"
