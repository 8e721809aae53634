"""Routes of insights: topics, questions, action items, summaries and the rest, computed when they are read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.leniency import tolerate
from airflow_provider_symbl.local_server.api.operations import Operation, query_of
from airflow_provider_symbl.local_server.api.paths import CONVERSATION_PATH
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.validation import Validator, boolean, list_of, text, validation_error
from airflow_provider_symbl.local_server.intelligence import resources
from airflow_provider_symbl.local_server.routes.lookup import get_conversation_or_404

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.api.operations import Endpoint, Schema
    from airflow_provider_symbl.local_server.intelligence.analysis import ConversationAnalyzer, ConversationView
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
RESOURCES: Mapping[str, tuple[Callable[[ConversationView], object], str, Schema]] = {
    "questions": (resources.questions, "List the questions asked", schemas.QUESTIONS),
    "action-items": (resources.action_items, "List what somebody is to do", schemas.ACTION_ITEMS),
    "follow-ups": (resources.follow_ups, "List what is to be taken up again", schemas.FOLLOW_UPS),
    "insights": (resources.insights, "List questions, action items and follow-ups together", schemas.INSIGHTS),
    "entities": (resources.entities, "List the entities named", schemas.ENTITIES),
    "trackers": (resources.trackers, "List where trackers were met", schemas.TRACKED),
    "trackers-detected": (resources.trackers, "List where trackers were met", schemas.TRACKED),
    "analytics": (resources.analytics, "Measure who talked how much", schemas.ANALYTICS),
    "abstract-topics": (resources.abstract_topics, "List topics in the form of Symbl's labs", schemas.ABSTRACT_TOPICS),
    "comprehensive/action-items": (
        resources.comprehensive_action_items,
        "List action items in the form of Symbl's labs",
        schemas.COMPREHENSIVE_ACTION_ITEMS,
    ),
}
"""Path below a conversation; what gives the answer; the summary and the schema of the call."""
ADD_ONS = {"lm-insights": ("insights", "insights"), "callscore": ("callScore", "a call score")}
"""Path; the feature in Symbl's words; in English."""


class InsightRoutes:
    """Endpoints that read insights.

    :param store: knows the conversations.
    :param jobs: counts reads of a status.
    :param analyzer: gives views of conversations, and analyses them off the event loop.
    """

    def __init__(self, store: Store, jobs: JobQueue, analyzer: ConversationAnalyzer) -> None:
        self._store = store
        self._jobs = jobs
        self._analyzer = analyzer

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
                self._read(path, self._endpoint(resource), summary, schema)
                for path, (resource, summary, schema) in RESOURCES.items()
            ),
        ]

    async def topics(self, request: Request) -> Response:
        """Show topics.

        :raises ApiError: there is no such conversation; strictly, if two parameters exclude each other.
        """
        view, given = self._view(request), query_of(request)
        if given.get("sentiment") and given.get("parentRefs"):
            tolerate(validation_error("parentRefs", 'is not allowed together with "sentiment"'), "both are given")
        vocabulary = [*given.get("customTopicVocabulary", ()), *given.get("customVocabulary", ())]
        options = {"sentiment": given.get("sentiment", False), "parent_refs": given.get("parentRefs", False)}
        topics = partial(resources.topics, view, vocabulary=vocabulary, **options)
        return JsonResponse(await self._analyzer.run(topics))

    async def summary(self, request: Request) -> Response:
        """Show a summary.

        :raises ApiError: there is no such conversation, or a job of it is not over: then Symbl answers 404 (4.9).
        """
        view = self._view(request)
        self._ensure_over(view.conversation_id, "summary")
        return JsonResponse(await self._analyzer.run(partial(resources.summary, view)))

    async def lm_insights(self, request: Request) -> Response:
        """Show the add-on's insights, as far as rules can tell them.

        :raises ApiError: there is no such conversation, no job of it asked for them, or one is not over.
        """
        view = self._view(request)
        self._job_that_asked(view.conversation_id, "lm-insights")
        self._ensure_over(view.conversation_id, "insights")
        return JsonResponse(await self._analyzer.run(partial(resources.lm_insights, view)))

    def _read(
        self, path: str, endpoint: Endpoint, summary: str, schema: Schema, query: Mapping[str, Validator] | None = None
    ) -> Operation:
        return Operation(
            "GET", f"{CONVERSATION_PATH}/{path}", endpoint, summary, schema, query=query or {}, refuses=(404,)
        )

    def _endpoint(self, resource: Callable[[ConversationView], object]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return JsonResponse(await self._analyzer.run(partial(resource, self._view(request))))

        return endpoint

    def _status(self, path: str) -> Endpoint:
        async def status(request: Request) -> Response:
            job = self._job_that_asked(get_conversation_or_404(self._store, request).id, path)
            state = self._jobs.view.read_feature(job, ADD_ONS[path][0])
            return JsonResponse({"jobId": job.id, "status": state.value})

        return status

    def _job_that_asked(self, conversation_id: str, path: str) -> Job:
        feature, what = ADD_ONS[path]
        jobs = [job for job in self._store.jobs_of(conversation_id) if feature in job.features]
        if not jobs:
            raise ApiError(404, f"No job of this conversation asked for {what}")
        return jobs[-1]

    def _ensure_over(self, conversation_id: str, what: str) -> None:
        if not all(job.shown.is_terminal for job in self._store.jobs_of(conversation_id)):
            raise ApiError(404, f"There is no {what} while a job of the conversation is not over.")

    def _view(self, request: Request) -> ConversationView:
        return self._analyzer.view(get_conversation_or_404(self._store, request))
