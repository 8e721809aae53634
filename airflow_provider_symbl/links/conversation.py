"""Links from a task in Airflow's UI to its conversation and to the results of it.

A task writes the URL into XCom as soon as it knows it, where Airflow's UI looks for it: so the link is there while the
task runs or is deferred. Airflow asks the link itself only when a process of the task ends.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.providers.common.compat.sdk import BaseOperator, Context
    from airflow.sdk.types import TaskInstanceKey

    from airflow_provider_symbl.hooks.symbl import SymblHook

log = logging.getLogger(__name__)

PUBLISHED = "_published_links"
"""The attribute of a task that holds what its own process has published, by XCom key."""
NOT_STORED = "The task goes on without its link %r, which could not be made: %s"
NOT_READ = "The task's link %r could not be read: %s"


class HasHook(Protocol):
    """An operator with a connection."""

    @property
    def hook(self) -> SymblHook:
        """The hook of its connection."""


class PublishedLink(BaseOperatorLink):
    """A link whose URL the task has written into XCom."""

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return what the task has published, empty where that is nothing.

        Airflow writes it over what was published, at the end of each process of the task: the one that comes back from
        the triggerer has published nothing itself, and reads what the one before has.
        """
        published: dict[str, str] = vars(operator).get(PUBLISHED, {})
        if self.xcom_key in published:
            return published[self.xcom_key]
        try:
            return str(XCom.get_value(ti_key=ti_key, key=self.xcom_key) or "")
        except Exception as problem:  # noqa: BLE001 - Airflow 3.0 would skip the task's callbacks for any error here
            log.warning(NOT_READ, self.name, problem)
            return ""


class SymblConversationLink(PublishedLink):
    """Leads to the conversation: by the connection's ``conversation_url``, else to the page of symbl-local."""

    name = "Conversation"


class SymblResultsLink(PublishedLink):
    """Leads to the results of the conversation, by the connection's ``results_url``."""

    name = "Results"


def publish_conversation_link(operator: HasHook, context: Context, conversation_id: str) -> None:
    """Let the task show its link "Conversation" from now on; where there is no such URL, none.

    :param operator: the task, with ``SymblConversationLink()`` among its ``operator_extra_links``.
    :param context: Airflow's.
    :param conversation_id: the conversation.
    """
    publish(SymblConversationLink(), operator, context, lambda: operator.hook.links.conversation(conversation_id))


def publish_results_link(operator: HasHook, context: Context, conversation_id: str, path: str) -> None:
    """Let the task show its link "Results" from now on; where there is no such URL, none.

    :param operator: the task, with ``SymblResultsLink()`` among its ``operator_extra_links``.
    :param context: Airflow's.
    :param conversation_id: the conversation.
    :param path: of the conversation's folder, below the folder of all results.
    """
    publish(SymblResultsLink(), operator, context, lambda: operator.hook.links.results(conversation_id, path))


def publish(link: PublishedLink, operator: HasHook, context: Context, url_of: Callable[[], str | None]) -> None:
    """Let the task show a link from now on; where there is no such URL, none.

    :param link: among the task's ``operator_extra_links``.
    :param operator: the task.
    :param context: Airflow's.
    :param url_of: gives the URL.
    """
    try:
        url = url_of()
        vars(operator).setdefault(PUBLISHED, {})[link.xcom_key] = url or ""
        if url is not None:
            context["ti"].xcom_push(key=link.xcom_key, value=url)
    except Exception as problem:  # noqa: BLE001 - a convenience never fails a task
        log.warning(NOT_STORED, link.name, problem)
