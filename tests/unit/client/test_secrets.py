"""Tokens, secrets and passwords are in no message, no log line and no traceback, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblError
from tests.support.scripted_server import TOKEN, TOKEN_PATH, Answer, Cut, ScriptedServer
from tests.unit.client.client_fixtures import APP_SECRET, JOB_PATH, GetJob, MakeSettings, Pauses

if TYPE_CHECKING:
    from collections.abc import Callable

PROXY_PASSWORD = "hidden-from-everybody"
SAID = "what-somebody-said"

# Answers that would give something away if they were repeated as they are.
TELLTALE: dict[str, Answer] = {
    "message": Answer(400, {"message": f"bad token {TOKEN} of {APP_SECRET}"}),
    "text": Answer(404, f"<p>{TOKEN}</p><p>{APP_SECRET}</p>".encode()),
    "long message": Answer(400, {"message": "x" * 490 + TOKEN}),
    "other long message": Answer(403, {"message": "x" * 480 + APP_SECRET}),
    "refused token": Answer(401, {"message": f"unknown: {TOKEN}"}),
    "server error": Answer(500, {"message": f"stack trace with {TOKEN}"}),
    "limit": Answer(429, {"message": f"{TOKEN} has too many"}),
    "not JSON": Answer(200, f"{TOKEN} {APP_SECRET} {SAID}".encode()),
    "not Symbl's JSON": Answer(200, {TOKEN: APP_SECRET, "text": SAID}),
    "redirect": Answer(302, b"", {"Location": f"http://elsewhere/{TOKEN}"}),
    "cut": Answer(cut=Cut.AFTER_BODY),
    "cut answer": Answer(200, f"{TOKEN} {SAID}".encode(), cut=Cut.WITHIN_ANSWER),
}


def told(error: BaseException, log: pytest.LogCaptureFixture) -> str:
    """Return everything that anybody can read of an error: its repr, its whole traceback and the log."""
    return "\n".join([repr(error), *traceback.format_exception(error), log.text])


def assert_silent(text: str) -> None:
    """Check that a text gives nothing away, nor the beginning of it."""
    for secret in (TOKEN, APP_SECRET, PROXY_PASSWORD, SAID):
        assert secret[:6] not in text


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize("answer", TELLTALE.values(), ids=TELLTALE)
def test_a_read_that_fails_tells_no_secret(
    *,
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
) -> None:
    """Not even where the server repeats it."""
    server.answer(JOB_PATH, answer)
    with pytest.raises(SymblError) as caught:
        get_job(settings_for(server, max_retries=1), "job-1")
    assert_silent(told(caught.value, caplog))
    assert len(pauses.wanted) <= 1


@pytest.mark.parametrize("answer", TELLTALE.values(), ids=TELLTALE)
def test_a_token_call_that_fails_tells_no_secret(
    *,
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
) -> None:
    """It is the one call that carries the App Secret; what is no token yet is not known to be one."""
    harmless = Answer(answer.status, answer.body.replace(TOKEN.encode(), b"-"), answer.headers, answer.cut)
    server.answer(TOKEN_PATH, harmless)
    with pytest.raises(SymblError) as caught:
        get_job(settings_for(server, max_retries=1), "job-1")
    assert_silent(told(caught.value, caplog))
    assert len(pauses.wanted) <= 1


@pytest.mark.parametrize("answer", TELLTALE.values(), ids=TELLTALE)
def test_a_submission_that_fails_tells_neither_secret_nor_text(
    server: ScriptedServer,
    settings_for: MakeSettings,
    pauses: Pauses,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
) -> None:
    """The body of the request stays out of its error."""
    server.answer("/v1/process/text", answer)
    with SymblClient(settings_for(server, max_retries=1)) as client, pytest.raises(SymblError) as caught:
        client.submit_text([{"payload": {"content": SAID}}])
    assert_silent(told(caught.value, caplog))
    assert len(pauses.wanted) <= 1


@pytest.mark.parametrize(
    "proxy_for",
    [
        lambda server: {"http": f"http://ann:{PROXY_PASSWORD}@{server.url.removeprefix('http://')}"},
        lambda _: {"http": f"http://ann:{PROXY_PASSWORD}@127.0.0.1:1"},
        lambda _: {"http": f"ann:{PROXY_PASSWORD}@127.0.0.1:1"},
        lambda _: {"http": f"https://ann:{PROXY_PASSWORD}@127.0.0.1:1"},
        lambda _: {"http": f"socks5://ann:{PROXY_PASSWORD}@127.0.0.1:1"},
        lambda _: {"http": f"http://ann:{PROXY_PASSWORD}@127.0.0.1:999999"},
        lambda _: {"http": f"ftp://ann:{PROXY_PASSWORD}@127.0.0.1"},
        lambda _: {"http": f"http://ann:{PROXY_PASSWORD}@[::1"},
        lambda _: {"http": f"http://ann:{PROXY_PASSWORD}@"},
    ],
    ids=["refuses", "is away", "no scheme", "TLS", "SOCKS", "bad port", "bad scheme", "bad address", "no host"],
)
def test_a_proxy_that_fails_tells_no_password(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    caplog: pytest.LogCaptureFixture,
    proxy_for: Callable[[ScriptedServer], dict[str, str]],
) -> None:
    """It stands in the proxy's URL, which the HTTP libraries like to repeat."""
    url = "http://symbl.example"
    server.answer(url + TOKEN_PATH, Answer(407, {"message": "who are you?"}))
    fields = {"host": url, "allow_insecure_http": True, "proxies": proxy_for(server), "max_retries": 0}
    with pytest.raises(SymblError) as caught:
        get_job(settings_for(server, **fields), "job-1")
    assert_silent(told(caught.value, caplog))


@pytest.mark.parametrize("proxy", ["127.0.0.1:999999", "[::1", "127.0.0.1:1"])
def test_a_proxy_of_the_environment_tells_no_password(
    *,
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
) -> None:
    """It is not checked before it is used."""
    monkeypatch.setenv("http_proxy", f"http://ann:{PROXY_PASSWORD}@{proxy}")
    settings = settings_for(server, host="http://symbl.example", allow_insecure_http=True, max_retries=0)
    with pytest.raises(SymblError) as caught:
        get_job(settings, "job-1")
    assert_silent(told(caught.value, caplog))


def test_a_tunnel_that_fails_tells_no_password(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The proxy's own refusal is told without its URL."""
    server.answer("symbl.example:443", Answer(407))
    proxy = f"http://ann:{PROXY_PASSWORD}@{server.url.removeprefix('http://')}"
    settings = settings_for(server, host="https://symbl.example", proxies={"https": proxy}, max_retries=0)
    with pytest.raises(SymblError) as caught:
        get_job(settings, "job-1")
    assert_silent(told(caught.value, caplog))
