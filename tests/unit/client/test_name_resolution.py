"""Names without an address, over both transports: what is told, and what is asked again."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblJobTimeoutError, SymblTransportError, SymblUnknownSubmissionError
from tests.support.name_service import NameService
from tests.support.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from tests.unit.client.client_fixtures import GetJob, MakeSettings, Pauses


def test_a_host_whose_name_does_not_exist_is_told_at_once(
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No pause makes a name exist; the message names it."""
    names = NameService()
    names.install(monkeypatch)
    with ScriptedServer(is_listening=False) as away, pytest.raises(SymblTransportError) as caught:
        get_job(settings_for(away, host="https://symbl.invalid"), "job-1")
    assert str(caught.value).endswith(
        "no answer: the name symbl.invalid does not resolve (Name or service not known); "
        "is it the connection's right host?"
    )
    assert names.asked == ["symbl.invalid"]
    assert pauses.wanted == []


def test_symbls_own_host_that_is_gone_is_told_with_what_there_is_instead(
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever left the host empty learns of it here."""
    NameService().install(monkeypatch)
    monkeypatch.setattr("airflow_provider_symbl.client.settings.DEFAULT_HOST", "https://symbl.invalid")
    with ScriptedServer(is_listening=False) as away, pytest.raises(SymblTransportError, match="symbl-local") as caught:
        get_job(settings_for(away, host="https://symbl.invalid"), "job-1")
    assert "the name symbl.invalid does not resolve" in str(caught.value)


def test_a_name_service_that_does_not_answer_is_asked_again(
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is away for a moment, as servers are."""
    names = NameService(error=socket.EAI_AGAIN)
    names.install(monkeypatch)
    with ScriptedServer(is_listening=False) as away, pytest.raises(SymblTransportError, match=r"symbl\.invalid"):
        get_job(settings_for(away, host="https://symbl.invalid", max_retries=2), "job-1")
    assert len(names.asked) == 3
    assert len(pauses.wanted) == 2


@pytest.mark.parametrize("host", ["http://symbl.example", "https://symbl.example"])
def test_a_proxy_whose_name_does_not_exist_is_told_without_its_password(
    *,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
) -> None:
    """The host's own name is not what is wrong."""
    NameService().install(monkeypatch)
    proxies = {host.partition(":")[0]: "http://ann:hidden@proxy.invalid:3128"}
    settings = {"host": host, "proxies": proxies, "allow_insecure_http": True}
    with ScriptedServer(is_listening=False) as away, pytest.raises(SymblTransportError) as caught:
        get_job(settings_for(away, **settings), "job-1")
    assert "the name of the proxy does not resolve" in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert pauses.wanted == []


def test_a_wait_outlasts_a_name_that_does_not_resolve(
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The job was submitted there, so that the name existed: a failed poll is no failed job."""
    names = NameService()
    names.install(monkeypatch)
    with ScriptedServer(is_listening=False) as away, pytest.raises(SymblJobTimeoutError):
        SymblClient(settings_for(away, host="https://symbl.invalid")).wait_for_job(
            "job-1", deadline=time.time() + 0.5, poll_interval=0.01
        )
    assert len(names.asked) > 1


def test_a_submission_to_a_name_that_does_not_exist_is_not_unknown(
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing has left, so that the task's next try may send it."""
    NameService().install(monkeypatch)
    with ScriptedServer(is_listening=False) as away, pytest.raises(SymblTransportError) as caught:
        SymblClient(settings_for(away, host="https://symbl.invalid")).submit_text([{"payload": {"content": "Hello."}}])
    assert not isinstance(caught.value, SymblUnknownSubmissionError)
