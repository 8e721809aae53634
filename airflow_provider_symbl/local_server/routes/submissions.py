"""Routes of the ten submit and append calls: what they bring is read, checked and put into the job queue."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.bodies import received
from airflow_provider_symbl.local_server.api.leniency import tolerate
from airflow_provider_symbl.local_server.api.operations import Operation, media_type, require_json
from airflow_provider_symbl.local_server.api.parameters import (
    FILE,
    TEXT,
    TEXT_BODY,
    URL,
    URL_BODY,
    URL_QUERY,
    read_file,
    read_text,
    read_url,
)
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.validation import validation_error
from airflow_provider_symbl.local_server.jobs.mp4 import refusal_of_video
from airflow_provider_symbl.local_server.jobs.submission_content import job_options, media_content, text_content
from airflow_provider_symbl.local_server.middleware.faults import job_fault
from airflow_provider_symbl.local_server.routes.lookup import get_conversation_or_404
from airflow_provider_symbl.local_server.routes.serializers import serialize_job
from airflow_provider_symbl.local_server.routes.trackers import trackers_of
from airflow_provider_symbl.local_server.store.records import RawSubmission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.api.bodies import Body
    from airflow_provider_symbl.local_server.api.operations import Endpoint
    from airflow_provider_symbl.local_server.jobs.job_queue import JobQueue
    from airflow_provider_symbl.local_server.jobs.submission_content import Content
    from airflow_provider_symbl.local_server.speech.recogniser_pool import RecogniserPool
    from airflow_provider_symbl.local_server.store.memory_store import Store
    from airflow_provider_symbl.local_server.store.records import Conversation, JobFault, Tracker

SNIFFED = 12
UNTYPED = ("", "application/octet-stream")
"""What leaves the format to the server: no type, as documented, and what the vendor's own clients send."""
SUBMIT_PATH = "/v1/process/{path}"
APPEND_PATH = "/v1/process/{path}/{{conversation_id:not_url}}"


class SubmissionRoutes:
    """Endpoints of the ten calls, and of the jobs that they make.

    :param store: where the conversation to append to is looked up.
    :param jobs: takes the work.
    :param recogniser: its model decides which languages can be asked for.
    """

    def __init__(self, store: Store, jobs: JobQueue, recogniser: RecogniserPool) -> None:
        self._store = store
        self._jobs = jobs
        self._recogniser = recogniser

    def operations(self) -> list[Operation]:
        """List the calls."""
        text = {"query": {name: TEXT[name] for name in TEXT if name != "messages"}, "body": TEXT_BODY}
        url = {"query": {name: URL[name] for name in URL_QUERY}, "body": URL_BODY}
        calls: list[tuple[str, Endpoint, dict[str, Any]]] = [
            ("text", self.text, text),
            ("audio/url", self.audio_url, url),
            ("audio", self.audio_file, {"query": FILE, "media": (*AUDIO_TYPES, UNTYPED[1])}),
            ("video/url", self.video_url, url),
            ("video", self.video_file, {"query": FILE, "media": (VIDEO_TYPE,)}),
        ]
        common: dict[str, Any] = {"answer": schemas.SUBMISSION, "status": 201, "tag": "Async", "is_checked": False}
        job = Operation("GET", "/v1/job/{job_id}", self.job, "Show a job", schemas.JOB, refuses=(404,), tag="Job")
        return [
            job,
            *(
                operation
                for path, endpoint, accepted in calls
                for operation in (
                    Operation(
                        "POST", SUBMIT_PATH.format(path=path), endpoint, "Submit", **common, **accepted, refuses=(429,)
                    ),
                    Operation(
                        "PUT",
                        APPEND_PATH.format(path=path),
                        endpoint,
                        "Append",
                        **common,
                        **accepted,
                        refuses=(404, 429),
                    ),
                )
            ),
        ]

    async def job(self, request: Request) -> Response:
        """Show a job.

        :raises ApiError: there is no such job.
        """
        job_id = request.path_params["job_id"]
        job = self._store.job(job_id)
        if job is None:
            raise ApiError(404, f"Job with id {job_id} not found")
        return JsonResponse(serialize_job(self._jobs.view.read(job)))

    async def text(self, request: Request) -> Response:
        """Take a text.

        :raises ApiError: it is not as it should be.
        """
        target = self._target(request)
        require_json(request)
        given = await _parsed(request, read_text)
        trackers = trackers_of(given, self._store)
        self._jobs.ensure_room()
        submission = _raw_submission(request, "text", trackers)
        return await self._accepted(
            target, given, text_content(given, submission.trackers), submission, job_fault(request)
        )

    async def audio_file(self, request: Request) -> Response:
        """Take an audio recording.

        :raises ApiError: it, or one of its parameters, is not as it should be.
        """
        return await self._file(request, _check_audio_type, is_video=False)

    async def video_file(self, request: Request) -> Response:
        """Take a video.

        :raises ApiError: it, or one of its parameters, is not as it should be.
        """
        return await self._file(request, _check_video_type, is_video=True)

    async def audio_url(self, request: Request) -> Response:
        """Take the address of an audio recording.

        :raises ApiError: one of the parameters is not as it should be.
        """
        return await self._url(request, is_video=False)

    async def video_url(self, request: Request) -> Response:
        """Take the address of a video.

        :raises ApiError: one of the parameters is not as it should be.
        """
        return await self._url(request, is_video=True)

    async def _file(self, request: Request, check: Callable[[Request], None], *, is_video: bool) -> Response:
        target, body = self._target(request), received(request)
        given = read_file(request.url.query)
        self._check_speech(given)
        if not body.size:
            raise ApiError(400, "The request body must be the recording's bytes, but is empty")
        check(request)
        if not is_video:
            await to_thread.run_sync(_check_sound, body)
        trackers = trackers_of(given, self._store)
        self._jobs.ensure_room()
        file = body.save()
        submission = RawSubmission("video" if is_video else "audio", request.url.query, file=file, trackers=trackers)
        content = media_content(given, file, trackers, is_video=is_video)
        return await self._accepted(target, given, content, submission, job_fault(request))

    async def _url(self, request: Request, *, is_video: bool) -> Response:
        target = self._target(request)
        require_json(request)
        given = await _parsed(request, read_url)
        self._check_speech(given)
        trackers = trackers_of(given, self._store)
        self._jobs.ensure_room()
        submission = _raw_submission(request, "video/url" if is_video else "audio/url", trackers)
        content = media_content(given, given["url"], submission.trackers, is_video=is_video)
        return await self._accepted(target, given, content, submission, job_fault(request))

    async def _accepted(
        self,
        target: Conversation | None,
        given: Mapping[str, Any],
        content: Content,
        submission: RawSubmission,
        fault: JobFault,
    ) -> Response:
        job = self._jobs.accept(target, content, submission, job_options(given), fault)
        await self._jobs.settle(job, content)
        return JsonResponse({"conversationId": job.conversation_id, "jobId": job.id}, 201)

    def _target(self, request: Request) -> Conversation | None:
        if "conversation_id" not in request.path_params:
            return None
        return get_conversation_or_404(self._store, request)

    def _check_speech(self, given: Mapping[str, Any]) -> None:
        language = given.get("languageCode", "en-US")
        if self._recogniser.is_english_only and not language.startswith("en-"):
            model = self._recogniser.name
            raise validation_error("languageCode", f'is "{language}", and the speech model {model} knows English only')


async def _parsed(request: Request, read: Callable[[str, bytes], dict[str, Any]]) -> dict[str, Any]:
    body = received(request)
    parse = partial(read, request.url.query, body.content())
    return await to_thread.run_sync(parse) if body.is_large else parse()


def _raw_submission(request: Request, call: str, trackers: tuple[Tracker, ...]) -> RawSubmission:
    return RawSubmission(call, request.url.query, *received(request).keep(), trackers)


def _is_wav(head: bytes) -> bool:
    return head[:4] in {b"RIFF", b"RF64", b"BW64"} and head[8:12] == b"WAVE"


def _is_mpeg(head: bytes) -> bool:
    return head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")


BYTES_DECIDE = "the bytes decide what it is"
FORMS = ("multipart/form-data",)
"""In which a recording would be one of several parts, and the body not the recording."""
VIDEO_TYPE = "video/mp4"
AUDIO_TYPES: Mapping[str, Callable[[bytes], bool]] = {
    "audio/wav": _is_wav,
    "audio/wave": _is_wav,
    "audio/mpeg": _is_mpeg,
    "audio/mp3": _is_mpeg,
}


def _check_audio_type(request: Request) -> None:
    given = media_type(request)
    _check_no_form(given)
    if given in UNTYPED:
        return
    if given not in AUDIO_TYPES:
        allowed = ", ".join(AUDIO_TYPES)
        error = validation_error("Content-Type", f"must be one of [{allowed}] or left out, but is {given}")
        tolerate(error, BYTES_DECIDE)
    elif not AUDIO_TYPES[given](received(request).head(SNIFFED)):
        error = validation_error("Content-Type", f"is {given}, but the data does not begin as such data does")
        tolerate(error, BYTES_DECIDE)


def _check_video_type(request: Request) -> None:
    given = media_type(request)
    _check_no_form(given)
    if given != VIDEO_TYPE:
        error = validation_error("Content-Type", f"must be {VIDEO_TYPE}, but is {given or 'missing'}")
        tolerate(error, BYTES_DECIDE)


def _check_sound(body: Body) -> None:
    with body.open() as file:
        refusal = refusal_of_video(file)
    if refusal:
        raise ApiError(400, refusal)


def _check_no_form(given: str) -> None:
    if given in FORMS:
        allowed = ", ".join([*AUDIO_TYPES, VIDEO_TYPE])
        problem = f"must be one of [{allowed}]: the body is the recording, but is {given}"
        raise validation_error("Content-Type", problem)
