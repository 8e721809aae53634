"""The ten submit and append calls: what they bring is read, checked and handed to the jobs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from airflow_provider_symbl.local_server.authentication import media_type, require_json
from airflow_provider_symbl.local_server.bodies import received
from airflow_provider_symbl.local_server.faults import fate
from airflow_provider_symbl.local_server.orders import Sent, media_order, terms, text_order
from airflow_provider_symbl.local_server.parameters import read_file, read_text, read_url
from airflow_provider_symbl.local_server.responses import JsonResponse, RefusalError, UnknownConversationError
from airflow_provider_symbl.local_server.rules import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.faults import Fate
    from airflow_provider_symbl.local_server.jobs import Jobs
    from airflow_provider_symbl.local_server.orders import Order
    from airflow_provider_symbl.local_server.records import Conversation
    from airflow_provider_symbl.local_server.speech import Recogniser
    from airflow_provider_symbl.local_server.store import Store

SNIFFED = 12
UNTYPED = ("", "application/octet-stream")
"""What leaves the format to the server: no type, as documented, and what the vendor's own clients send."""


class Submissions:
    """Endpoints of the ten calls.

    :param store: where the conversation to append to is looked up.
    :param jobs: takes the work.
    :param recogniser: its model decides which languages can be asked for.
    """

    def __init__(self, store: Store, jobs: Jobs, recogniser: Recogniser) -> None:
        self._store = store
        self._jobs = jobs
        self._recogniser = recogniser

    async def text(self, request: Request) -> Response:
        """Take a text.

        :raises RefusalError: it is not as it should be.
        """
        target = self._target(request)
        require_json(request)
        given = await _parsed(request, read_text)
        self._jobs.ensure_room()
        sent = _sent(request, "text")
        return await self._accepted(target, given, text_order(given), sent, fate(request))

    async def audio_file(self, request: Request) -> Response:
        """Take an audio recording.

        :raises RefusalError: it, or one of its parameters, is not as it should be.
        """
        return await self._file(request, _check_audio_type, is_video=False)

    async def video_file(self, request: Request) -> Response:
        """Take a video.

        :raises RefusalError: it, or one of its parameters, is not as it should be.
        """
        return await self._file(request, _check_video_type, is_video=True)

    async def audio_url(self, request: Request) -> Response:
        """Take the address of an audio recording.

        :raises RefusalError: one of the parameters is not as it should be.
        """
        return await self._url(request, is_video=False)

    async def video_url(self, request: Request) -> Response:
        """Take the address of a video.

        :raises RefusalError: one of the parameters is not as it should be.
        """
        return await self._url(request, is_video=True)

    async def _file(self, request: Request, check: Callable[[Request], None], *, is_video: bool) -> Response:
        target, body = self._target(request), received(request)
        given = read_file(request.url.query)
        self._check_speech(given)
        if not body.size:
            raise RefusalError(400, "The request body must be the recording's bytes, but is empty")
        check(request)
        self._jobs.ensure_room()
        file = body.save()
        sent = Sent("video" if is_video else "audio", request.url.query, file=file)
        order = media_order(given, file, is_video=is_video)
        return await self._accepted(target, given, order, sent, fate(request))

    async def _url(self, request: Request, *, is_video: bool) -> Response:
        target = self._target(request)
        require_json(request)
        given = await _parsed(request, read_url)
        self._check_speech(given)
        self._jobs.ensure_room()
        sent = _sent(request, "video/url" if is_video else "audio/url")
        order = media_order(given, given["url"], is_video=is_video)
        return await self._accepted(target, given, order, sent, fate(request))

    async def _accepted(
        self, target: Conversation | None, given: Mapping[str, Any], order: Order, sent: Sent, wanted: Fate
    ) -> Response:
        job = self._jobs.accept(target, order, sent, terms(given), wanted)
        await self._jobs.settle(job, order)
        return JsonResponse({"conversationId": job.conversation_id, "jobId": job.id}, 201)

    def _target(self, request: Request) -> Conversation | None:
        if "conversation_id" not in request.path_params:
            return None
        conversation = self._store.conversation(request.path_params["conversation_id"])
        if conversation is None:
            raise UnknownConversationError
        return conversation

    def _check_speech(self, given: Mapping[str, Any]) -> None:
        language = given.get("languageCode", "en-US")
        if self._recogniser.is_english_only and not language.startswith("en-"):
            model = self._recogniser.name
            raise refusal("languageCode", f'is "{language}", and the speech model {model} knows English only')
        if given.get("enableSpeakerDiarization") and given["diarizationSpeakerCount"] > 1:
            count = given["diarizationSpeakerCount"]
            problem = f"is {count}, and symbl-local cannot tell voices on one channel apart; 1 is allowed"
            raise refusal("diarizationSpeakerCount", problem)


async def _parsed(request: Request, read: Callable[[str, bytes], dict[str, Any]]) -> dict[str, Any]:
    body = received(request)
    work = partial(read, request.url.query, body.content())
    return await to_thread.run_sync(work) if body.is_large else work()


def _sent(request: Request, call: str) -> Sent:
    return Sent(call, request.url.query, *received(request).keep())


def _is_wav(head: bytes) -> bool:
    return head[:4] in {b"RIFF", b"RF64", b"BW64"} and head[8:12] == b"WAVE"


def _is_mpeg(head: bytes) -> bool:
    return head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")


AUDIO_TYPES: Mapping[str, Callable[[bytes], bool]] = {
    "audio/wav": _is_wav,
    "audio/wave": _is_wav,
    "audio/mpeg": _is_mpeg,
    "audio/mp3": _is_mpeg,
}


def _check_audio_type(request: Request) -> None:
    given = media_type(request)
    if given in UNTYPED:
        return
    if given not in AUDIO_TYPES:
        allowed = ", ".join(AUDIO_TYPES)
        raise refusal("Content-Type", f"must be one of [{allowed}] or left out, but is {given}")
    if not AUDIO_TYPES[given](received(request).head(SNIFFED)):
        raise refusal("Content-Type", f"is {given}, but the data does not begin as such data does")


def _check_video_type(request: Request) -> None:
    given = media_type(request)
    if given != "video/mp4":
        raise refusal("Content-Type", f"must be video/mp4, but is {given or 'missing'}")
