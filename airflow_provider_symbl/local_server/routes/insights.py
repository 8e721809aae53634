"""Reading what was found in a conversation: topics, questions, action items and the rest, computed when asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.operations import Operation, query_of
from airflow_provider_symbl.local_server.api.paths import CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.validation import Validator, boolean, list_of, text, validation_error
from airflow_provider_symbl.local_server.intelligence import api
from airflow_provider_symbl.local_server.routes.conversations import get_conversation_or_404

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.api.operations import Endpoint, Schema
    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer
    from airflow_provider_symbl.local_server.intelligence.conversation import ConversationView
    from airflow_provider_symbl.local_server.jobs.job_queue import JobQueue
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Job

TOPICS_QUERY = {
    "sentiment": boolean,
    "parentRefs": boolean,
    "refresh": boolean,
    "customTopicVocabulary": list_of(text),
    "customVocabulary": list_of(text),
}
SIMPLE: Mapping[str, tuple[Callable[[ConversationView], object], str, Schema]] = {
    "questions": (api.questions, "List the questions asked", schemas.QUESTIONS),
    "action-items": (api.action_items, "List what somebody is to do", schemas.ACTION_ITEMS),
    "follow-ups": (api.follow_ups, "List what is to be taken up again", schemas.FOLLOW_UPS),
    "insights": (api.insights, "List questions, action items and follow-ups together", schemas.INSIGHTS),
    "entities": (api.entities, "List the entities named", schemas.ENTITIES),
    "trackers": (api.trackers, "List where trackers were met", schemas.TRACKED),
    "trackers-detected": (api.trackers, "List where trackers were met", schemas.TRACKED),
    "analytics": (api.analytics, "Measure who talked how much", schemas.ANALYTICS),
    "abstract-topics": (api.abstract_topics, "List topics in the form of Symbl's labs", schemas.ABSTRACT_TOPICS),
    "comprehensive/action-items": (
        api.comprehensive_action_items,
        "List action items in the form of Symbl's labs",
        schemas.COMPREHENSIVE_ACTION_ITEMS,
    ),
}
"""Path below a conversation; how it is found; in words; its form."""
ADD_ONS = {"lm-insights": ("insights", "insights"), "callscore": ("callScore", "a call score")}
"""Path; the feature in Symbl's words; in English."""


class Findings:
    """Endpoints for what was found.

    :param store: knows the conversations.
    :param jobs: counts reads of a status.
    :param talks: hands conversations to the rooms that search them.
    """

    def __init__(self, store: Store, jobs: JobQueue, talks: ConversationAnalyzer) -> None:
        self._store = store
        self._jobs = jobs
        self._talks = talks

    def operations(self) -> list[Operation]:
        """List the calls."""
        return [
            self._read("topics", self.topics, "List what was talked about", schemas.TOPICS, TOPICS_QUERY),
            self._read("summary", self.summary, "Summarise", schemas.SUMMARY, {"refresh": boolean}),
            self._read("lm-insights", self.lm_insights, "Show the add-on's insights", schemas.LM_INSIGHTS),
            *(
                self._read(f"{path}/status", self._status(path), "Show how far the add-on is", schemas.ADD_ON_STATUS)
                for path in ADD_ONS
            ),
            *(
                self._read(path, self._simply(find), summary, schema)
                for path, (find, summary, schema) in SIMPLE.items()
            ),
        ]

    async def topics(self, request: Request) -> Response:
        """Show topics.

        :raises ApiError: there is no such conversation, or two parameters exclude each other.
        """
        talk, given = self._talk(request), query_of(request)
        if given.get("sentiment") and given.get("parentRefs"):
            raise validation_error("parentRefs", 'is not allowed together with "sentiment"')
        vocabulary = [*given.get("customTopicVocabulary", ()), *given.get("customVocabulary", ())]
        wanted = {"sentiment": given.get("sentiment", False), "parent_refs": given.get("parentRefs", False)}
        work = partial(api.topics, talk, vocabulary=vocabulary, **wanted)
        return JsonResponse(await self._talks.search(work))

    async def summary(self, request: Request) -> Response:
        """Show a summary.

        :raises ApiError: there is no such conversation, or a job of it is not over: then Symbl answers 404 (4.9).
        """
        talk = self._talk(request)
        self._ensure_over(talk.conversation_id, "summary")
        return JsonResponse(await self._talks.search(partial(api.summary, talk)))

    async def lm_insights(self, request: Request) -> Response:
        """Show the add-on's insights, as far as rules can tell them.

        :raises ApiError: there is no such conversation, no job of it asked for them, or one is not over.
        """
        talk = self._talk(request)
        self._asked(talk.conversation_id, "lm-insights")
        self._ensure_over(talk.conversation_id, "insights")
        return JsonResponse(await self._talks.search(partial(api.lm_insights, talk)))

    def _read(
        self, path: str, endpoint: Endpoint, summary: str, schema: Schema, query: Mapping[str, Validator] | None = None
    ) -> Operation:
        return Operation(
            "GET", f"{CONVERSATION_PATH}/{path}", endpoint, summary, schema, query=query or {}, refuses=(404,)
        )

    def _simply(self, find: Callable[[ConversationView], object]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return JsonResponse(await self._talks.search(partial(find, self._talk(request))))

        return endpoint

    def _status(self, path: str) -> Endpoint:
        async def status(request: Request) -> Response:
            job = self._asked(get_conversation_or_404(self._store, request).id, path)
            state = self._jobs.view.read_feature(job, ADD_ONS[path][0])
            return JsonResponse({"jobId": job.id, "status": state.value})

        return status

    def _asked(self, conversation_id: str, path: str) -> Job:
        feature, what = ADD_ONS[path]
        asked = [job for job in self._store.jobs_of(conversation_id) if feature in job.features]
        if not asked:
            raise ApiError(404, f"No job of this conversation asked for {what}")
        return asked[-1]

    def _ensure_over(self, conversation_id: str, what: str) -> None:
        if not all(job.shown.is_terminal for job in self._store.jobs_of(conversation_id)):
            raise ApiError(404, f"There is no {what} while a job of the conversation is not over.")

    def _talk(self, request: Request) -> ConversationView:
        return self._talks.of(get_conversation_or_404(self._store, request))
