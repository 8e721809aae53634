"""One submission over all tries, whatever the store: written down, sent, looked for, and gone on with."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_symbl.client import reconciliation
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.reconciliation import SubmissionEvidence
from airflow_provider_symbl.durable.submission_state import KEY, SubmissionState
from airflow_provider_symbl.durable.submit_once import SubmissionRequest, SubmitOnce
from airflow_provider_symbl.exceptions import (
    SymblBadRequestError,
    SymblError,
    SymblUnknownSubmissionError,
    SymblUnrepeatableSubmissionError,
)
from tests.support.state_store import JsonStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.client.models import Submission
    from airflow_provider_symbl.durable.submission_state import Record
    from tests.support.symbl_local import SymblLocal

MESSAGES = [{"payload": {"content": "Good morning."}}]
MORE = [{"payload": {"content": "One more thing."}}]
NAME = "Stand-up (5f3a91c2)"


class KilledError(BaseException):
    """Stands for the end of the process: nothing in it runs on."""


@pytest.fixture(autouse=True)
def _short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a lost submission once."""
    monkeypatch.setattr(reconciliation, "SEARCH_TIMEOUT", 0.0)


@pytest.fixture
def client(symbl_local: SymblLocal) -> Iterator[SymblClient]:
    """Return a client that sends each call once."""
    with SymblClient(dataclasses.replace(symbl_local.settings, max_retries=0)) as client:
        yield client


def request_of(client: SymblClient, **changes: Any) -> SubmissionRequest[Any]:
    """Return a request to submit one message.

    :param client: sends it.
    :param changes: to the request.
    """

    def send(evidence: SubmissionEvidence, opened: Any) -> Submission:  # noqa: ANN401 - JSON
        return client.submit_text(opened, name=evidence.name)

    request = SubmissionRequest(
        fingerprint="a-fingerprint",
        size=None,
        open=lambda: MORE,
        take_evidence=lambda _: SubmissionEvidence.to_submit(client, NAME, is_unique=True),
        send=send,
        job_timeout=900,
        may_repeat=True,
    )
    return dataclasses.replace(request, **changes)


def submit(client: SymblClient, store: JsonStore, **changes: Any) -> Record:
    """Run a try of the request."""
    submit_once = SubmitOnce(SubmissionState(store, generation=0), client)
    return submit_once.submit_or_resume(request_of(client, **changes))


def killed_after_sending(client: SymblClient) -> JsonStore:
    """Return what a try leaves behind that was killed before its ids were stored."""
    store = JsonStore()

    def send(evidence: SubmissionEvidence, opened: Any) -> Submission:  # noqa: ANN401 - JSON
        client.submit_text(opened, name=evidence.name)
        raise KilledError

    with pytest.raises(KilledError):
        submit(client, store, send=send)
    return store


def fault(server: SymblLocal, **rule: Any) -> None:
    """Have the next submission go wrong."""
    rule = {"call": "* /v1/process/*", **rule}
    requests.post(f"{server.url}/__local__/faults", json=rule, timeout=10).raise_for_status()


def test_one_job_is_made_by_all_tries(symbl_local: SymblLocal, client: SymblClient) -> None:
    """Submitting is idempotent: a later try returns what the first one wrote down."""
    store = JsonStore()
    records = [submit(client, store) for _ in range(3)]
    assert records[0] == records[1] == records[2]
    assert store.get(KEY) == records[0].as_json()
    assert len(symbl_local.submissions()) == 1


def test_an_intent_that_cannot_be_written_is_not_followed(symbl_local: SymblLocal, client: SymblClient) -> None:
    """What could not be found again is not sent."""
    with pytest.raises(SymblError, match="cannot be written"):
        submit(client, JsonStore(writes_left=0))
    assert symbl_local.submissions() == []


def test_ids_that_cannot_be_written_are_told_and_gone_on_with(
    symbl_local: SymblLocal,
    client: SymblClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The job is there, so this try goes on with it."""
    made = submit(client, JsonStore(writes_left=1))
    assert made.job_id
    assert len(symbl_local.submissions()) == 1
    assert f"Symbl made job {made.job_id} of conversation {made.conversation_id}, which could not be" in caplog.text


def test_a_refusal_is_told_though_the_store_is_broken(symbl_local: SymblLocal, client: SymblClient) -> None:
    """Of two errors the user reads the one about the submission."""
    fault(symbl_local, status=400, body={"message": "no"})
    with pytest.raises(SymblBadRequestError, match="answered 400: no"):
        submit(client, JsonStore(writes_left=1))


def test_an_error_before_anything_was_sent_leaves_nothing_to_look_for(
    symbl_local: SymblLocal,
    client: SymblClient,
) -> None:
    """The next try submits at once."""
    store = JsonStore()
    fault(symbl_local, status=429, body={"message": "limit"})
    with pytest.raises(SymblError, match="limit"):
        submit(client, store)
    assert store.kept == {}


def test_what_must_not_be_repeated_says_so_in_the_same_try(symbl_local: SymblLocal, client: SymblClient) -> None:
    """The error names what is unknown, and keeps its cause."""
    fault(symbl_local, at="before_job", cut=True)
    with pytest.raises(SymblUnrepeatableSubmissionError, match="whether Symbl took it is unknown") as caught:
        submit(client, JsonStore(), may_repeat=False)
    assert isinstance(caught.value.__cause__, SymblUnknownSubmissionError)


def test_what_must_not_be_repeated_says_so_in_a_later_try(symbl_local: SymblLocal, client: SymblClient) -> None:
    """Nothing is found, and nothing is sent again."""
    store = killed_after_sending(client)
    symbl_local.reset()
    with pytest.raises(SymblUnrepeatableSubmissionError, match="an earlier try submitted this and was stopped"):
        submit(client, store, may_repeat=False)
    assert symbl_local.submissions() == []


def test_two_conversations_of_one_name_cannot_be_told_apart(
    symbl_local: SymblLocal,
    client: SymblClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither is adopted: the wrong one would be somebody else's."""

    def send(evidence: SubmissionEvidence, opened: Any) -> Submission:  # noqa: ANN401 - JSON
        client.submit_text(MESSAGES, name=evidence.name)
        fault(symbl_local, at="after_job", cut=True)
        return client.submit_text(opened, name=evidence.name)

    with pytest.raises(SymblUnknownSubmissionError):
        submit(client, JsonStore(), send=send)
    assert "2 conversations have the name that was sent: which one it is cannot be told" in caplog.text
    assert NAME not in caplog.text


def test_a_submission_is_looked_for_until_the_search_times_out(
    symbl_local: SymblLocal,
    client: SymblClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was taken may be shown only later."""
    monkeypatch.setattr(reconciliation, "SEARCH_TIMEOUT", 600.0)
    monkeypatch.setattr(reconciliation, "FIRST_PAUSE", 0.01)
    fault(symbl_local, at="after_job", cut=True)
    fault(symbl_local, call="GET /v1/conversations", status=200, body={"conversations": []}, times=2)
    fault(symbl_local, call="GET /v1/conversations", status=418, body={"message": "short and stout"}, after=9)
    assert submit(client, JsonStore()).conversation_id
    assert len(symbl_local.requests("/v1/conversations")) == 3


def test_nobody_could_look_does_not_mean_that_there_is_nothing(symbl_local: SymblLocal, client: SymblClient) -> None:
    """While Symbl is down nothing is submitted a second time, whatever was asked for."""
    store = killed_after_sending(client)
    fault(symbl_local, call="GET /v1/conversations", status=503, times=1)
    with pytest.raises(SymblError, match="answered 503"):
        submit(client, store)
    assert submit(client, store).conversation_id
    assert len(symbl_local.submissions()) == 1


def test_a_job_that_failed_is_submitted_anew(symbl_local: SymblLocal, client: SymblClient) -> None:
    """By the next try."""
    symbl_local.progress(by="at_once")
    fault(symbl_local, job="failed", message="unreadable")
    store = JsonStore()
    submit_again = functools.partial(submit, client, store)
    assert submit_again().job_id != submit_again().job_id
    assert len(symbl_local.submissions()) == 2


def test_another_generation_waits_anew(symbl_local: SymblLocal, client: SymblClient) -> None:
    """It takes the record over with a deadline of its own, which its later tries keep."""
    store = JsonStore()
    first = SubmitOnce(SubmissionState(store, generation=0), client).submit_or_resume(request_of(client, job_timeout=1))
    later = SubmissionState(store, generation=1, how_to_submit_anew="empty the ledger")
    second, third = (SubmitOnce(later, client).submit_or_resume(request_of(client, job_timeout=900)) for _ in range(2))
    assert (second.job_id, second.generation) == (first.job_id, 1)
    assert third == second
    assert second.deadline > first.deadline + 800
    assert len(symbl_local.submissions()) == 1


def test_a_later_try_tells_the_job_that_it_found(symbl_local: SymblLocal, client: SymblClient) -> None:
    """Who waits need not read it again; the try that made it has not read it."""
    symbl_local.progress(by="at_once")
    store = JsonStore()
    first, second = (SubmitOnce(SubmissionState(store, generation=0), client) for _ in range(2))
    made = first.submit_or_resume(request_of(client))
    second.submit_or_resume(request_of(client))
    assert first.job is None
    assert second.job is not None
    assert (second.job.id, second.job.status) == (made.job_id, "completed")
