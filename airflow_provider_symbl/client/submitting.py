"""The ten submits and appends as methods, whose signatures editors and type checkers read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar, Unpack

from airflow_provider_symbl.client import calls
from airflow_provider_symbl.client.endpoints import AUDIO_FILE, AUDIO_URL, TEXT, VIDEO_FILE, VIDEO_URL, Placement
from airflow_provider_symbl.client.uploads import StoredPath, Upload

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.client.calls import Call
    from airflow_provider_symbl.client.endpoints import Source
    from airflow_provider_symbl.client.models import Submission
    from airflow_provider_symbl.client.parameters import MediaParameters, TextParameters
    from airflow_provider_symbl.client.validators import Json

Result = TypeVar("Result")


class SubmittingClient(ABC):
    """What a client can submit, and append where it is given a conversation."""

    def submit(
        self,
        source: Source,
        content: object,
        *,
        conversation_id: str | None = None,
        extra_parameters: Mapping[str, Json] | str | None = None,
        **parameters: Unpack[MediaParameters],
    ) -> Submission:
        """Submit a conversation from any source, or append to one.

        :param source: one of :mod:`~airflow_provider_symbl.client.endpoints`; it says what the content is and which
            parameters there are.
        :param content: messages, a file or a URL, as the method of that source takes it; for a file also an
            :class:`~airflow_provider_symbl.client.uploads.Upload`.
        :param conversation_id: the conversation to append to; None makes a new one.
        :param extra_parameters: values by Symbl's names, for what has no keyword here, or their JSON text.
        :param parameters: Symbl's parameters by their snake_case names.
        :raises SymblConfigurationError: a wrong value; nothing was sent.
        :raises SymblUnknownSubmissionError: it left and no usable response came; it is not sent again.
        """
        is_file = source.placement is Placement.QUERY and not isinstance(content, Upload)
        body = Upload(content) if is_file else content
        return self._perform(calls.submit(source, body, conversation_id, parameters, extra_parameters))

    def submit_text(
        self,
        messages: Sequence[Mapping[str, Json]],
        *,
        conversation_id: str | None = None,
        extra_parameters: Mapping[str, Json] | str | None = None,
        **parameters: Unpack[TextParameters],
    ) -> Submission:
        """Submit a written conversation, or append to one; the rest as :meth:`submit`.

        :param messages: ``{"payload": {"content": …}, "from": {"name", "userId"}, "duration": {"startTime",
            "endTime"}}`` each; only the payload must be there.
        """
        return self.submit(
            TEXT, messages, conversation_id=conversation_id, extra_parameters=extra_parameters, **parameters
        )

    def submit_audio_file(
        self,
        file: str | os.PathLike[str] | StoredPath,
        *,
        conversation_id: str | None = None,
        extra_parameters: Mapping[str, Json] | str | None = None,
        **parameters: Unpack[MediaParameters],
    ) -> Submission:
        """Submit an audio file, streamed in constant memory, or append it; the rest as :meth:`submit`.

        :param file: a path, or an object that behaves like one.
        """
        return self.submit(
            AUDIO_FILE, file, conversation_id=conversation_id, extra_parameters=extra_parameters, **parameters
        )

    def submit_audio_url(
        self,
        url: str,
        *,
        conversation_id: str | None = None,
        extra_parameters: Mapping[str, Json] | str | None = None,
        **parameters: Unpack[MediaParameters],
    ) -> Submission:
        """Submit audio that Symbl fetches itself, or append it; the rest as :meth:`submit`.

        :param url: a direct link that Symbl can reach.
        """
        return self.submit(
            AUDIO_URL, url, conversation_id=conversation_id, extra_parameters=extra_parameters, **parameters
        )

    def submit_video_file(
        self,
        file: str | os.PathLike[str] | StoredPath,
        *,
        conversation_id: str | None = None,
        extra_parameters: Mapping[str, Json] | str | None = None,
        **parameters: Unpack[MediaParameters],
    ) -> Submission:
        """Submit an mp4 file, streamed in constant memory, or append it; the rest as :meth:`submit`.

        :param file: a path, or an object that behaves like one.
        """
        return self.submit(
            VIDEO_FILE, file, conversation_id=conversation_id, extra_parameters=extra_parameters, **parameters
        )

    def submit_video_url(
        self,
        url: str,
        *,
        conversation_id: str | None = None,
        extra_parameters: Mapping[str, Json] | str | None = None,
        **parameters: Unpack[MediaParameters],
    ) -> Submission:
        """Submit an mp4 that Symbl fetches itself, or append it; the rest as :meth:`submit`.

        :param url: a direct link that Symbl can reach.
        """
        return self.submit(
            VIDEO_URL, url, conversation_id=conversation_id, extra_parameters=extra_parameters, **parameters
        )

    @abstractmethod
    def _perform(self, call: Call[Result]) -> Result:
        """Send a call, and return its result."""
