"""What a server sends is text and a clock: its control characters are escaped, and its Date is Symbl's time."""

from __future__ import annotations

import time
import types
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import tokens
from airflow_provider_symbl.client.reconciliation import CLOCK_SKEW, SubmissionEvidence
from airflow_provider_symbl.client.retries import retry_after_seconds
from airflow_provider_symbl.exceptions import SymblApiError, SymblError, SymblJobError, SymblJobFailedError, printable
from tests.support.scripted_server import Answer, ScriptedServer
from tests.unit.client.client_fixtures import JOB_PATH, GetJob, MakeSettings

if TYPE_CHECKING:
    from airflow_provider_symbl.client.client import SymblClient

FORGED = "no\x1b[2J\r\n2026-01-01 INFO all is well\u2028\u202e\x9b1m\x00"


@pytest.mark.parametrize("answer", [Answer(400, {"message": FORGED}), Answer(503, FORGED.encode())], ids=str)
def test_control_characters_of_an_answer_are_escaped(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
) -> None:
    """No line of a log is forged, and no terminal obeys."""
    server.answer(JOB_PATH, answer)
    with pytest.raises(SymblApiError) as caught:
        get_job(settings_for(server, max_retries=0), "job-1")
    for text in (str(caught.value), caught.value.message, *(record.getMessage() for record in caplog.records)):
        assert text.isprintable()
    assert r"no\x1b[2J\r\n2026-01-01 INFO all is well\u2028\u202e\x9b1m\x00" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {"id": "job-1", "status": "failed", "message": FORGED},
        {"id": "job-1", "status": FORGED},
        {"message": f"Job not found {FORGED}"},
    ],
    ids=["reason", "status", "message"],
)
def test_what_a_job_says_is_escaped(
    server: ScriptedServer,
    client: SymblClient,
    caplog: pytest.LogCaptureFixture,
    content: dict[str, str],
) -> None:
    """Reasons and statuses are the server's words too."""
    server.answer(JOB_PATH, Answer(content=content))
    with pytest.raises(SymblError) as caught:
        client.wait_for_job("job-1", deadline=time.time() + 0.3, poll_interval=0.05)
    assert str(caught.value).isprintable()
    assert all(record.getMessage().isprintable() for record in caplog.records)


def test_ids_are_escaped_in_errors() -> None:
    """They come from the server as well."""
    error: SymblJobError = SymblJobFailedError("it failed", FORGED, FORGED)
    assert str(error).isprintable()
    assert printable("Straße, 你好, 👋") == "Straße, 你好, 👋"


@pytest.mark.parametrize("ahead", [3600.0, -86400.0])
def test_symbls_clock_is_that_of_what_is_asked_of_symbl(
    server: ScriptedServer,
    client: SymblClient,
    monkeypatch: pytest.MonkeyPatch,
    ahead: float,
) -> None:
    """A start in Symbl's future is refused, and one in a wrong past finds too much or nothing."""
    wrong = types.SimpleNamespace(time=lambda: time.time() + ahead, monotonic=time.monotonic)
    monkeypatch.setattr(tokens, "time", wrong)
    server.answer("/v1/conversations", Answer(content={"conversations": []}))
    evidence = SubmissionEvidence.to_submit(client, "a name", is_unique=False)
    assert evidence.since == pytest.approx(time.time() - CLOCK_SKEW, abs=5)
    assert abs(client.symbl_time() - time.time()) <= 5
    assert len(server.received("/oauth2/token:generate")) == 1


def test_a_date_to_wait_for_is_read_by_the_clock_that_named_it() -> None:
    """Whatever this machine takes for now."""
    date, later = "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:30 GMT"
    assert retry_after_seconds(later, date) == 30.0
    assert retry_after_seconds(later, "yesterday") == 0.0
