"""The error tree: drawn as it is, each error from a real answer, and each telling what it must."""

from __future__ import annotations

import inspect
import pickle
import re
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl import exceptions
from airflow_provider_symbl.exceptions import (
    SymblApiError,
    SymblAuthenticationError,
    SymblBadRequestError,
    SymblConcurrencyLimitError,
    SymblConfigurationError,
    SymblError,
    SymblJobError,
    SymblJobFailedError,
    SymblJobTimeoutError,
    SymblNotFoundError,
    SymblServerError,
    SymblTransportError,
    SymblUnknownJobStatusError,
    SymblUnknownSubmissionError,
)
from tests.support.scripted_server import Answer, ScriptedServer
from tests.unit.client.client_fixtures import JOB_PATH, GetJob, MakeSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.client import SymblClient

DRAWN = re.compile(r"^(?P<indent>[│├└─ ]*)(?P<name>Symbl\w*Error)\b")


def all_errors() -> dict[str, type[BaseException]]:
    """Return every error that the module defines."""
    return {
        name: found
        for name, found in vars(exceptions).items()
        if isinstance(found, type) and issubclass(found, BaseException) and found.__module__ == exceptions.__name__
    }


def drawn_parents() -> dict[str, str]:
    """Read the drawing: each error's parent, by the depth at which it stands."""
    branch: list[str] = []
    parents: dict[str, str] = {}
    for match in map(DRAWN.match, inspect.cleandoc(exceptions.__doc__ or "").splitlines()):
        if match is not None:
            depth = len(match["indent"]) // 4
            branch = [*branch[:depth], match["name"]]
            parents[match["name"]] = branch[depth - 1] if depth else "Exception"
    return parents


def test_the_drawing_is_the_tree() -> None:
    """Every class stands in it, below its own base."""
    assert drawn_parents() == {name: found.__bases__[0].__name__ for name, found in all_errors().items()}


def test_every_error_is_a_symbl_error() -> None:
    """A caller catches them all by one name."""
    assert [name for name, found in all_errors().items() if not issubclass(found, SymblError)] == []


def test_a_configuration_error_is_a_value_error() -> None:
    """Python's own word for a wrong argument."""
    assert issubclass(SymblConfigurationError, ValueError)
    assert not issubclass(SymblTransportError, SymblApiError)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, SymblBadRequestError),
        (401, SymblAuthenticationError),
        (402, SymblBadRequestError),
        (403, SymblAuthenticationError),
        (404, SymblNotFoundError),
        (405, SymblBadRequestError),
        (409, SymblBadRequestError),
        (413, SymblBadRequestError),
        (429, SymblConcurrencyLimitError),
        (500, SymblServerError),
        (502, SymblServerError),
        (599, SymblServerError),
    ],
)
def test_each_status_has_its_error(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    status: int,
    error: type[SymblApiError],
) -> None:
    """With status, message, method and path as attributes, and all of them in the text."""
    server.answer(JOB_PATH, Answer(status, {"message": "because", "statusCode": 999}))
    with pytest.raises(SymblApiError) as caught:
        get_job(settings_for(server, max_retries=0), "job-1")
    found = caught.value
    assert type(found) is error
    assert (found.status_code, found.message, found.method, found.path) == (status, "because", "GET", JOB_PATH)
    assert str(found) == f"GET {JOB_PATH} answered {status}: because"


@pytest.mark.parametrize("status", [301, 304, 399])
def test_a_status_that_symbl_never_gives_is_no_usable_answer(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    status: int,
) -> None:
    """Somebody else answers at this host."""
    content = b"" if status == 304 else {"message": "elsewhere"}
    server.answer(JOB_PATH, Answer(status, content))
    with pytest.raises(SymblTransportError, match=f"answered {status}, which Symbl never does: is the host right"):
        get_job(settings_for(server), "job-1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"message": "no"}, "no"),
        ({"message": ""}, "(no message)"),
        ({"message": {"text": "no"}}, '{"message": {"text": "no"}}'),
        ({"errors": ["no"]}, '{"errors": ["no"]}'),
        (["no"], '["no"]'),
        (b" <h1>Bad Gateway</h1>\n", "<h1>Bad Gateway</h1>"),
        (b"", "(no message)"),
        (b"\xff\xfe", "��"),
        (b"[" * 100_000, "[" * 500),
        ({"message": "x" * 501}, "x" * 500),
    ],
)
def test_the_message_is_symbls_words_or_the_body(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    content: object,
    message: str,
) -> None:
    """Whatever stands between may answer in its own form; it is held to a length that a log can bear."""
    server.answer(JOB_PATH, Answer(400, content))
    with pytest.raises(SymblBadRequestError) as caught:
        get_job(settings_for(server), "job-1")
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("GET", lambda client: client.get_conversation("c-1")),
        ("DELETE", lambda client: client.delete_conversation("c-1")),
        ("PUT", lambda client: client.submit_text([{"payload": {"content": "x"}}], conversation_id="c-1")),
    ],
)
def test_a_failure_names_its_call_without_the_query(
    client: SymblClient,
    method: str,
    call: Callable[[SymblClient], object],
) -> None:
    """Each with its method and path."""
    with pytest.raises(SymblNotFoundError, match=f"^{method} /v1/[a-z/]+/c-1 answered 404: nothing here$") as caught:
        call(client)
    assert (caught.value.method, "?" in caught.value.path) == (method, False)


@pytest.mark.parametrize("error", [SymblJobFailedError, SymblJobTimeoutError, SymblUnknownJobStatusError])
def test_a_job_error_tells_which_job_of_which_conversation(error: type[SymblJobError]) -> None:
    """An operator logs both, since they go on without it."""
    found = error("it failed", "job-1", "c-1")
    assert (found.reason, found.job_id, found.conversation_id) == ("it failed", "job-1", "c-1")
    assert str(found) == "Symbl job job-1 of conversation c-1: it failed"
    assert str(error("it failed", "job-1")) == "Symbl job job-1 of conversation not named: it failed"


@pytest.mark.parametrize(
    "error",
    [
        SymblNotFoundError(404, "nothing here", "GET", "/v1/job/j"),
        SymblConcurrencyLimitError(429, "too many", "POST", "/v1/process/text", 7.5),
        SymblJobFailedError("it failed", "job-1", "c-1"),
    ],
)
def test_an_error_survives_its_way_between_processes(error: SymblError) -> None:
    """With its text and all that it tells."""
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - made on the line itself
    assert (type(arrived), str(arrived), vars(arrived)) == (type(error), str(error), vars(error))


def test_an_unknown_submission_is_no_usable_answer() -> None:
    """Who only asks whether there was an answer need not know of submissions."""
    assert issubclass(SymblUnknownSubmissionError, SymblTransportError)
