"""Operators for audio, as files and as URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_symbl.client.endpoints import AUDIO_FILE, AUDIO_URL
from airflow_provider_symbl.operators.media import SymblFileOperator, SymblUrlOperator

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence


class SymblSubmitAudioFileOperator(SymblFileOperator):
    """Submit an audio file, streamed in constant memory.

    See :class:`SymblMediaOperator` and :class:`SymblSubmissionOperator` for the other arguments.

    :param file: local path or object-storage URI (``s3://conn_id@bucket/key``).
    """

    source = AUDIO_FILE
    template_fields: Sequence[str] = (*SymblFileOperator.template_fields, "file")

    def __init__(self, *, file: str | os.PathLike[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.check_arguments()


class SymblAppendAudioFileOperator(SymblFileOperator):
    """Append an audio file to a conversation, streamed in constant memory.

    See :class:`SymblMediaOperator` and :class:`SymblSubmissionOperator` for the other arguments.

    :param conversation_id: the conversation.
    :param file: local path or object-storage URI (``s3://conn_id@bucket/key``).
    """

    source = AUDIO_FILE
    is_append: ClassVar[bool] = True
    template_fields: Sequence[str] = (*SymblFileOperator.template_fields, "conversation_id", "file")

    def __init__(self, *, conversation_id: str, file: str | os.PathLike[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conversation_id = conversation_id
        self.file = file
        self.check_arguments()


class SymblSubmitAudioUrlOperator(SymblUrlOperator):
    """Submit audio that Symbl fetches itself.

    See :class:`SymblUrlOperator` and :class:`SymblSubmissionOperator` for the other arguments.

    :param url: http or https link that Symbl can reach, or an object-storage URI, for which a link is made.
    """

    source = AUDIO_URL
    template_fields: Sequence[str] = (*SymblUrlOperator.template_fields, "url")

    def __init__(self, *, url: str | os.PathLike[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.url = url
        self.check_arguments()


class SymblAppendAudioUrlOperator(SymblUrlOperator):
    """Append audio that Symbl fetches itself to a conversation.

    See :class:`SymblUrlOperator` and :class:`SymblSubmissionOperator` for the other arguments.

    :param conversation_id: the conversation.
    :param url: http or https link that Symbl can reach, or an object-storage URI, for which a link is made.
    """

    source = AUDIO_URL
    is_append: ClassVar[bool] = True
    template_fields: Sequence[str] = (*SymblUrlOperator.template_fields, "conversation_id", "url")

    def __init__(self, *, conversation_id: str, url: str | os.PathLike[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conversation_id = conversation_id
        self.url = url
        self.check_arguments()
