"""SymblHook: an Airflow connection as a client of Symbl's API."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import itertools
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.models import Records
from airflow_provider_symbl.exceptions import SymblError
from airflow_provider_symbl.hooks.connection import settings_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_symbl.client.settings import ClientSettings
    from airflow_provider_symbl.hooks.connection import ConnectionSettings
    from airflow_provider_symbl.hooks.link_templates import LinkTemplates

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

TEST_TIMEOUT = 10.0


def _of_client(
    method: Callable[Concatenate[SymblClient, Arguments], Result],
) -> Callable[Concatenate[SymblHook, Arguments], Result]:
    """Make a client's method one of the hook."""

    def call(hook: SymblHook, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return method(hook.get_conn(), *args, **kwargs)

    functools.update_wrapper(call, method)
    return call


def _listed(
    method: Callable[Concatenate[SymblClient, Arguments], Iterator[Result]],
) -> Callable[Concatenate[SymblHook, Arguments], list[Result]]:
    """Make a client's method that yields one of the hook that returns a list: no generator can leave a task."""

    def call(hook: SymblHook, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> list[Result]:
        return Records(method(hook.get_conn(), *args, **kwargs))

    functools.update_wrapper(call, method)
    return call


class SymblHook(BaseHook):
    """Symbl's API with the account of an Airflow connection; the methods are those of :class:`SymblClient`.

    :param symbl_conn_id: the connection: login is the App ID, password the App Secret, host the base URL.
    """

    conn_name_attr = "symbl_conn_id"
    default_conn_name = "symbl_default"
    conn_type = "symbl"
    hook_name = "Symbl"

    def __init__(self, symbl_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.symbl_conn_id = symbl_conn_id

    @functools.cached_property
    def _connection(self) -> ConnectionSettings:
        connection = self.get_connection(self.symbl_conn_id)
        return settings_from(connection, connection.extra_dejson)

    @property
    def settings(self) -> ClientSettings:
        """The connection as a client's settings.

        :raises SymblConfigurationError: names the connection and its field.
        """
        return self._connection.client

    @property
    def links(self) -> LinkTemplates:
        """Where the links on tasks lead.

        :raises SymblConfigurationError: names the connection and its field.
        """
        return self._connection.links

    async def aget_settings(self) -> ClientSettings:
        """Return the connection as a client's settings, without blocking the event loop.

        :raises SymblConfigurationError: names the connection and its field.
        """
        # Imported here since only the triggerer needs it.
        from airflow.providers.common.compat.connection import (  # noqa: PLC0415 - only needed once the task runs
            get_async_connection,
            get_async_extra_dejson,
        )

        try:
            connection = await get_async_connection(self.symbl_conn_id, hook=self)
        except AirflowNotFoundException:
            # The supervisor of ``dag.test`` answers synchronous requests only, so that a connection of Airflow's
            # database seems to be missing. Where it is missing indeed, this says so again.
            connection = await asyncio.to_thread(self.get_connection, self.symbl_conn_id)
        return settings_from(connection, await get_async_extra_dejson(connection)).client

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what holds the App Secret and open connections; a copy reads its connection anew."""
        return {name: value for name, value in vars(self).items() if name not in {"_connection", "_client", "_log"}}

    @functools.cached_property
    def _client(self) -> SymblClient:
        return SymblClient(self.settings)

    def get_conn(self) -> SymblClient:
        """Return the client of the connection; it is the same at each call.

        :raises SymblConfigurationError: names the connection and its field.
        """
        return self._client

    def test_connection(self) -> tuple[bool, str]:
        """Make a token and one cheap read; tell whether both worked, and what went wrong."""
        try:
            settings = self.settings
            short = dataclasses.replace(
                settings,
                max_retries=0,
                timeout=min(settings.timeout, TEST_TIMEOUT),
                connect_timeout=min(settings.connect_timeout, TEST_TIMEOUT),
            )
            with SymblClient(short) as client:
                list(itertools.islice(client.list_conversations(page_size=1), 1))
        except SymblError as error:
            return False, str(error)
        return True, f"{settings.host} accepts the App ID and answers"

    submit = _of_client(SymblClient.submit)
    submit_text = _of_client(SymblClient.submit_text)
    submit_audio_file = _of_client(SymblClient.submit_audio_file)
    submit_audio_url = _of_client(SymblClient.submit_audio_url)
    submit_video_file = _of_client(SymblClient.submit_video_file)
    submit_video_url = _of_client(SymblClient.submit_video_url)
    get_job = _of_client(SymblClient.get_job)
    get_insights_status = _of_client(SymblClient.get_insights_status)
    get_call_score_status = _of_client(SymblClient.get_call_score_status)
    wait_for_job = _of_client(SymblClient.wait_for_job)
    get_conversation = _of_client(SymblClient.get_conversation)
    list_conversations = _listed(SymblClient.list_conversations)
    get_messages = _of_client(SymblClient.get_messages)
    get_summary = _of_client(SymblClient.get_summary)
    get_members = _of_client(SymblClient.get_members)
    get_transcript = _of_client(SymblClient.get_transcript)
    get_topics = _of_client(SymblClient.get_topics)
    get_questions = _of_client(SymblClient.get_questions)
    get_action_items = _of_client(SymblClient.get_action_items)
    get_follow_ups = _of_client(SymblClient.get_follow_ups)
    get_insights = _of_client(SymblClient.get_insights)
    get_entities = _of_client(SymblClient.get_entities)
    get_trackers = _of_client(SymblClient.get_trackers)
    get_analytics = _of_client(SymblClient.get_analytics)
    update_member = _of_client(SymblClient.update_member)
    update_speaker_events = _of_client(SymblClient.update_speaker_events)
    update_conversation_metadata = _of_client(SymblClient.update_conversation_metadata)
    request = _of_client(SymblClient.request)
    delete_conversation = _of_client(SymblClient.delete_conversation)
