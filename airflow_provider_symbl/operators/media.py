"""What all operators for audio and video share: Symbl's parameters of speech, and files or links as content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_symbl.client.parameters import MediaParameters
from airflow_provider_symbl.client.uploads import check_path
from airflow_provider_symbl.operators.content import FileContent, UrlContent
from airflow_provider_symbl.operators.storage import check_link
from airflow_provider_symbl.operators.submission import SymblSubmissionOperator

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.client.validators import Json


class SymblMediaOperator(SymblSubmissionOperator):
    """Submit or append audio or video; see :class:`SymblSubmissionOperator` for the other arguments.

    :param custom_vocabulary: words that the speech recognition should expect.
    :param language_code: BCP-47 code, such as en-US.
    :param mode: default, or phone for telephone audio of about 8 kHz.
    :param enable_separate_recognition_per_channel: a speaker for each channel.
    :param channel_metadata: who speaks on which channel: ``{"channel": 1, "speaker": {"name", "email"}}`` each.
    :param enable_speaker_diarization: tell the speakers of one channel apart.
    :param diarization_speaker_count: how many there are, needed with the former.
    """

    parameter_names: ClassVar[tuple[str, ...]] = tuple(MediaParameters.__annotations__)
    template_fields: Sequence[str] = ("symbl_conn_id", *parameter_names, "extra_parameters")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **SymblSubmissionOperator.template_fields_renderers,
        "custom_vocabulary": "json",
        "channel_metadata": "json",
    }

    # Spelled out for the reason that SymblSubmissionOperator gives.
    def __init__(
        self,
        *,
        custom_vocabulary: Sequence[str] | str | None = None,
        language_code: str | None = None,
        mode: str | None = None,
        enable_separate_recognition_per_channel: bool | str | None = None,
        channel_metadata: Sequence[Mapping[str, Json]] | str | None = None,
        enable_speaker_diarization: bool | str | None = None,
        diarization_speaker_count: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.custom_vocabulary = custom_vocabulary
        self.language_code = language_code
        self.mode = mode
        self.enable_separate_recognition_per_channel = enable_separate_recognition_per_channel
        self.channel_metadata = channel_metadata
        self.enable_speaker_diarization = enable_speaker_diarization
        self.diarization_speaker_count = diarization_speaker_count

    @classmethod
    def _sibling(cls) -> str:
        """Return the name of the operator for links where this one is for files, and the other way round."""
        kind, _, way = cls.source.name.partition("_")
        step, other = "Append" if cls.is_append else "Submit", "Url" if way == "file" else "File"
        return f"Symbl{step}{kind.title()}{other}Operator"


class SymblFileOperator(SymblMediaOperator):
    """Submit or append a file, streamed in constant memory; see :class:`SymblMediaOperator` for the other arguments.

    :param file: local path or object-storage URI (``s3://conn_id@bucket/key``).
    """

    file: str | os.PathLike[str]

    @classmethod
    def check_content(cls, given: object) -> None:
        """Refuse what is no path, and links."""
        check_path(given, cls._sibling())

    @property
    def content(self) -> FileContent:
        """The file."""
        return FileContent(self.file)


class SymblUrlOperator(SymblMediaOperator):
    """Submit or append what Symbl fetches itself; see :class:`SymblMediaOperator` for the other arguments.

    :param url: http or https link that Symbl can reach, or an object-storage URI (``s3://conn_id@bucket/key``), for
        which a link is made just before it is sent, valid for ``job_timeout``: no byte passes through the worker.
    """

    url: str | os.PathLike[str]

    @classmethod
    def check_content(cls, given: object) -> None:
        """Refuse what is no link, and paths."""
        check_link(given, cls._sibling())

    @property
    def content(self) -> UrlContent:
        """What the link leads to."""
        return UrlContent(self.url, valid_seconds=int(self.job_timeout))
