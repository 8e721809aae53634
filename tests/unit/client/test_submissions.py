"""The ten submits and appends: what each sends, and that none is ever sent twice by mistake."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.models import Submission, Token
from airflow_provider_symbl.client.tokens import cache_for
from airflow_provider_symbl.exceptions import (
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblConfigurationError,
    SymblNotFoundError,
    SymblTransportError,
    SymblUnknownSubmissionError,
)
from tests.support.scripted_server import TOKEN, TOKEN_PATH, Answer, Cut, Received, ScriptedServer
from tests.unit.client.client_fixtures import JOB, JOB_PATH, SUBMISSION, MakeSettings, Pauses
from tests.unit.client.ten_calls import BYTES, MESSAGES, TEN_CALLS, URL, SubmitCall, each_call, few_calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_symbl.client.settings import ClientSettings
    from tests.support.certificates import Certificate

MADE = Answer(201, SUBMISSION)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Make a file to be sent."""
    path = tmp_path / "call.mp4"
    path.write_bytes(BYTES)
    return path


def with_token(settings: ClientSettings) -> ClientSettings:
    """Put a token into the cache, so that the submission is the first thing to be sent."""
    cache_for(settings.account).keep(Token(TOKEN, 86400.0))
    return settings


def sent_body(request: Received) -> object:
    """Return the JSON or the bytes of a request."""
    return request.json if request.headers.get("content-type") == "application/json" else request.body


@each_call
def test_each_of_the_ten_calls_is_sent(
    client: SymblClient, server: ScriptedServer, recording: Path, call: SubmitCall
) -> None:
    """Method, path and body are the contract's, and both ids come back as text."""
    server.answer(call.path, MADE)
    assert call.send(client, recording) == Submission(SUBMISSION["conversationId"], SUBMISSION["jobId"])
    (request,) = server.received(call.path)
    assert (request.method, request.target) == (call.method, call.path)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    bodies = {"text": {"messages": MESSAGES}, "url": {"url": URL}}
    kind = "url" if "/url" in call.path else call.path.split("/")[3]
    assert sent_body(request) == bodies.get(kind, BYTES)


@pytest.mark.parametrize("cut", Cut)
@each_call
def test_a_cut_submission_is_unknown_and_was_sent_once(
    *,
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    pauses: Pauses,
    call: SubmitCall,
    cut: Cut,
) -> None:
    """An HTTP library that repeats a PUT by itself would append twice."""
    server.answer(call.path, Answer(201, SUBMISSION, cut=cut), MADE)
    with pytest.raises(SymblUnknownSubmissionError) as caught:
        call.send(client, recording)
    assert str(caught.value).startswith(f"{call.method} {call.path} no answer: ")
    assert str(caught.value).endswith("; the job may or may not exist")
    assert [request.method for request in server.received(call.path)] == [call.method]
    assert pauses.wanted == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@few_calls
def test_a_server_error_leaves_a_submission_unknown(
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    call: SubmitCall,
    status: int,
) -> None:
    """Nobody knows what the server did before it failed."""
    server.answer(call.path, Answer(status, {"message": "sorry"}, {"Retry-After": "1"}), MADE)
    with pytest.raises(SymblUnknownSubmissionError, match=f"{call.path} answered {status}: sorry; the job may or may"):
        call.send(client, recording)
    assert len(server.received(call.path)) == 1


@each_call
def test_too_many_jobs_are_waited_for(
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    pauses: Pauses,
    call: SubmitCall,
) -> None:
    """429 creates no job, so the same submission follows after the pause that Symbl asks for."""
    server.answer(call.path, Answer(429, headers={"Retry-After": "9"}), Answer(429), MADE)
    assert call.send(client, recording).job_id == SUBMISSION["jobId"]
    first, *others = server.received(call.path)
    assert [(request.target, request.sha256) for request in others] == [(first.target, first.sha256)] * 2
    assert pauses.retry_after == [9.0, None]


@few_calls
def test_a_limit_that_stays_is_raised(
    server: ScriptedServer,
    settings_for: MakeSettings,
    recording: Path,
    pauses: Pauses,
    call: SubmitCall,
) -> None:
    """Nothing was created, and the caller may wait on without holding a worker."""
    server.answer(call.path, Answer(429, {"statusCode": 429, "message": "limit of `5` concurrent jobs"}))
    with (
        SymblClient(settings_for(server, max_retries=2)) as client,
        pytest.raises(SymblConcurrencyLimitError, match="answered 429: limit of `5` concurrent jobs") as caught,
    ):
        call.send(client, recording)
    assert caught.value.retry_after is None
    assert len(server.received(call.path)) == 3
    assert len(pauses.wanted) == 2


@each_call
def test_a_refused_token_is_renewed_and_the_whole_submission_sent_again(
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    call: SubmitCall,
) -> None:
    """A refused call creates nothing; the body starts from its beginning."""
    server.answer(TOKEN_PATH, *(Answer(content={"accessToken": name, "expiresIn": 86400}) for name in ("old", "new")))
    server.answer(call.path, Answer(401), MADE)
    call.send(client, recording)
    old, new = server.received(call.path)
    assert [old.headers["authorization"], new.headers["authorization"]] == ["Bearer old", "Bearer new"]
    assert (old.target, old.sha256) == (new.target, new.sha256)


@few_calls
def test_the_same_token_is_tried_once_more(
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    call: SubmitCall,
) -> None:
    """Symbl may hand out the same one again; what was refused for its token was not taken."""
    server.answer(call.path, Answer(401), Answer(401), MADE)
    with pytest.raises(SymblAuthenticationError):
        call.send(client, recording)
    assert len(server.received(call.path)) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, SymblBadRequestError), (403, SymblAuthenticationError), (404, SymblNotFoundError)],
)
@few_calls
def test_a_refusal_is_final(
    *,
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    call: SubmitCall,
    status: int,
    error: type[Exception],
) -> None:
    """Each under its own error, and sent once."""
    server.answer(call.path, Answer(status, {"message": '"url" is not allowed to be empty'}), MADE)
    with pytest.raises(error, match=f'^{call.method} {call.path} answered {status}: "url" is not allowed to be empty$'):
        call.send(client, recording)
    assert len(server.received(call.path)) == 1


@each_call
def test_a_refused_connection_is_tried_again(
    settings_for: MakeSettings,
    recording: Path,
    pauses: Pauses,
    call: SubmitCall,
) -> None:
    """Nothing can have been taken."""
    with ScriptedServer(is_listening=False) as server, SymblClient(with_token(settings_for(server))) as client:
        server.answer(call.path, MADE)
        pauses.then = server.listen
        assert call.send(client, recording).job_id == SUBMISSION["jobId"]
        assert [request.path for request in server.requests] == [call.path]
        assert len(pauses.wanted) == 1


@few_calls
def test_a_connection_that_stays_refused_is_not_unknown(
    settings_for: MakeSettings,
    recording: Path,
    pauses: Pauses,
    call: SubmitCall,
) -> None:
    """The caller may submit again without fear of a second job."""
    with ScriptedServer(is_listening=False) as server:
        settings = with_token(settings_for(server, max_retries=2))
        with SymblClient(settings) as client, pytest.raises(SymblTransportError) as caught:
            call.send(client, recording)
    assert str(caught.value) == f"{call.method} {call.path} no answer: Connection refused"
    assert not isinstance(caught.value, SymblUnknownSubmissionError)
    assert len(pauses.wanted) == 2


@few_calls
def test_a_cut_before_the_first_byte_is_tried_again(
    settings_for: MakeSettings,
    recording: Path,
    pauses: Pauses,
    certificate: Certificate,
    call: SubmitCall,
) -> None:
    """A connection that breaks while hands are shaken has carried no body."""
    with ScriptedServer(tls=certificate.server_context(), cut_connections=1) as server:
        server.answer(call.path, MADE)
        with SymblClient(with_token(settings_for(server, verify=certificate.path))) as client:
            assert call.send(client, recording).job_id == SUBMISSION["jobId"]
        assert [request.path for request in server.requests] == [call.path]
        assert server.connections == 2
    assert len(pauses.wanted) == 1


@few_calls
def test_an_untrusted_server_receives_nothing_and_is_not_asked_again(
    settings_for: MakeSettings,
    recording: Path,
    pauses: Pauses,
    certificate: Certificate,
    call: SubmitCall,
) -> None:
    """Nothing has left, so nothing is unknown."""
    with ScriptedServer(tls=certificate.server_context()) as server:
        server.answer(call.path, MADE)
        with SymblClient(with_token(settings_for(server))) as client, pytest.raises(SymblTransportError) as caught:
            call.send(client, recording)
        assert server.connections == 1
        assert server.requests == []
    assert not isinstance(caught.value, SymblUnknownSubmissionError)
    assert "certificate verify failed" in str(caught.value)
    assert pauses.wanted == []


@few_calls
def test_no_answer_within_the_timeout_is_unknown(
    server: ScriptedServer,
    settings_for: MakeSettings,
    recording: Path,
    call: SubmitCall,
) -> None:
    """The server has it all and may be at work."""
    server.answer(call.path, Answer(answer_when=threading.Event()), MADE)
    with (
        SymblClient(settings_for(server, timeout=0.1)) as client,
        pytest.raises(SymblUnknownSubmissionError, match="no answer: timed out"),
    ):
        call.send(client, recording)
    assert len(server.received(call.path)) == 1


@pytest.mark.parametrize("is_first", [True, False], ids=["new connection", "connection kept open"])
def test_a_receiver_may_be_slower_than_a_connection(
    server: ScriptedServer,
    settings_for: MakeSettings,
    tmp_path: Path,
    is_first: bool,  # noqa: FBT001 - a case of the test
) -> None:
    """One send may take as long as one read; more than the network's buffers hold waits for the server to read."""
    path = tmp_path / "long.wav"
    path.write_bytes(bytes(1 << 24))
    slow = threading.Event()
    server.answer("/v1/process/audio", Answer(201, SUBMISSION, read_when=slow))
    timer = threading.Timer(0.4, slow.set)
    timer.start()
    settings = settings_for(server, connect_timeout=0.1)
    with SymblClient(with_token(settings) if is_first else settings) as client:
        client.submit_audio_file(path)
    timer.join()
    assert len(server.received("/v1/process/audio")[0].body) == 1 << 24


@few_calls
def test_a_redirect_is_no_submission(
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    call: SubmitCall,
) -> None:
    """It is not followed: a redirected POST would become a GET, and the token would travel elsewhere."""
    server.answer(call.path, Answer(307, headers={"Location": server.url + "/v1/elsewhere"}))
    with pytest.raises(SymblTransportError, match="answered 307, which Symbl never does") as caught:
        call.send(client, recording)
    assert not isinstance(caught.value, SymblUnknownSubmissionError)
    assert [request.path for request in server.requests] == [TOKEN_PATH, call.path]


@pytest.mark.parametrize(
    "content",
    [
        b"created",
        {},
        {"conversationId": "1"},
        {"jobId": "1"},
        {"conversationId": None, "jobId": "1"},
        {"conversationId": "", "jobId": "1"},
        {"conversationId": "1", "jobId": True},
        {"conversationId": ["1"], "jobId": "1"},
        [],
        "1",
    ],
)
@few_calls
def test_a_success_without_both_ids_is_unknown(
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    call: SubmitCall,
    content: object,
) -> None:
    """A job was made, and nobody knows which."""
    server.answer(call.path, Answer(201, content), MADE)
    with pytest.raises(
        SymblUnknownSubmissionError, match=f"^{call.method} {call.path} answered 201 with something else"
    ):
        call.send(client, recording)
    assert len(server.received(call.path)) == 1


@pytest.mark.parametrize(
    ("content", "conversation_id"),
    [
        ({"conversationId": 5815170693595136123, "jobId": "j"}, "5815170693595136123"),
        ({"conversationId": "007", "jobId": "j", "new": {"key": 1}}, "007"),
    ],
)
def test_ids_stay_text(client: SymblClient, server: ScriptedServer, content: object, conversation_id: str) -> None:
    """Sixteen digits can exceed what other languages' numbers hold; new keys are ignored."""
    server.answer("/v1/process/text", Answer(201, content))
    submission = client.submit_text(MESSAGES)
    assert submission.as_dict() == {"conversation_id": conversation_id, "job_id": "j"}


@pytest.mark.parametrize("conversation_id", ["", " ", ".", "..", "\ud83d", True, ["c-1"]])
@few_calls
def test_a_bad_conversation_id_is_refused(
    client: SymblClient,
    server: ScriptedServer,
    recording: Path,
    call: SubmitCall,
    conversation_id: Any,  # noqa: ANN401 - wrong on purpose
) -> None:
    """An empty id must not turn an append into a submit, nor a dot lead to another call."""
    sends: dict[str, Callable[[], object]] = {
        TEN_CALLS[0].path: lambda: client.submit_text(MESSAGES, conversation_id=conversation_id),
        TEN_CALLS[3].path: lambda: client.submit_audio_file(recording, conversation_id=conversation_id),
        TEN_CALLS[5].path: lambda: client.submit_audio_url(URL, conversation_id=conversation_id),
    }
    with pytest.raises(SymblConfigurationError, match=r"^conversation_id: got .*; allowed: an id, as text$"):
        sends[call.path]()
    assert server.connections == 0


def test_a_client_serves_many_threads(client: SymblClient, server: ScriptedServer) -> None:
    """A night submits from several threads; each gets its own answer."""
    numbers = range(16)
    for number in numbers:
        server.answer(f"/v1/process/text/{number}", Answer(201, {"conversationId": str(number), "jobId": f"j{number}"}))
    found: dict[int, str] = {}

    def append(number: int) -> None:
        found[number] = client.submit_text(MESSAGES, conversation_id=str(number)).job_id

    threads = [threading.Thread(target=append, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"j{number}" for number in numbers}


def test_a_submission_takes_no_connection_that_was_idle(
    server: ScriptedServer, settings_for: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may be about to close it, and then nobody knows whether the submission was taken; reads may."""
    server.answer("/v1/process/text", *[Answer(201, SUBMISSION)] * 3)
    server.answer(JOB_PATH, Answer(content=JOB), Answer(content=JOB))
    with SymblClient(settings_for(server)) as client:
        client.submit_text(MESSAGES)
        client.submit_text(MESSAGES)
        assert server.connections == 1
        monkeypatch.setattr("airflow_provider_symbl.client.transport.MOST_IDLE", -1.0)
        client.get_job("job-1")
        client.get_job("job-1")
        assert server.connections == 1
        client.submit_text(MESSAGES)
        assert server.connections == 2
