"""The way to the server, over both transports: certificates, authorities and proxies."""

from __future__ import annotations

import base64
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import urllib3.exceptions

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblTransportError, SymblUnknownSubmissionError
from tests.support.scripted_server import TOKEN, TOKEN_PATH, Answer, ScriptedServer
from tests.unit.client.client_fixtures import JOB, JOB_PATH, SUBMISSION, GetJob, MakeSettings, Pauses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.certificates import Certificate

REMOTE = "http://symbl.example"
"""A host that no name service knows: only a proxy can be asked for it."""


@pytest.fixture
def secure_server(certificate: Certificate) -> Iterator[ScriptedServer]:
    """Run a server that speaks TLS."""
    with ScriptedServer(tls=certificate.server_context()) as running:
        running.answer(JOB_PATH, Answer(content=JOB))
        yield running


@pytest.fixture
def proxy(server: ScriptedServer) -> ScriptedServer:
    """Let the server be a proxy, which is asked by whole URLs."""
    server.answer(REMOTE + TOKEN_PATH, Answer(content={"accessToken": TOKEN, "expiresIn": 86400}))
    server.answer(REMOTE + JOB_PATH, Answer(content=JOB))
    return server


def to_a_remote_host(settings_for: MakeSettings, proxy: ScriptedServer, **fields: object) -> Any:  # noqa: ANN401 - settings
    """Make settings of a host that only a proxy reaches."""
    return settings_for(proxy, host=REMOTE, allow_insecure_http=True, max_retries=0, **fields)


def test_a_trusted_certificate_is_accepted(
    secure_server: ScriptedServer,
    certificate: Certificate,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """``verify`` may name the authorities."""
    assert get_job(settings_for(secure_server, verify=certificate.path), "job-1").status == "completed"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environment_may_name_the_authorities(
    *,
    secure_server: ScriptedServer,
    certificate: Certificate,
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    """Both transports obey what requests obeys."""
    monkeypatch.setenv(variable, certificate.path)
    assert get_job(settings_for(secure_server), "job-1").status == "completed"


def test_verification_may_be_switched_off(
    secure_server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """For a server behind a certificate that nobody signed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        assert get_job(settings_for(secure_server, verify=False), "job-1").status == "completed"


@pytest.mark.parametrize("authorities", ["default", "empty folder"])
def test_an_untrusted_certificate_is_final(
    *,
    secure_server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    tmp_path: Path,
    authorities: str,
) -> None:
    """Nothing is sent, and another try would end the same way."""
    verify = True if authorities == "default" else str(tmp_path)
    with pytest.raises(SymblTransportError, match="certificate verify failed"):
        get_job(settings_for(secure_server, verify=verify), "job-1")
    assert secure_server.requests == []
    assert secure_server.connections == 1
    assert pauses.wanted == []


def test_a_certificate_of_another_name_is_final(
    secure_server: ScriptedServer,
    certificate: Certificate,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
) -> None:
    """The certificate holds the address 127.0.0.1 and no name."""
    host = secure_server.url.replace("127.0.0.1", "localhost")
    with pytest.raises(SymblTransportError, match=r"no answer: .*ertificate"):
        get_job(settings_for(secure_server, host=host, verify=certificate.path), "job-1")
    assert secure_server.requests == []
    assert pauses.wanted == []


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_authorities_that_cannot_be_read_are_an_error_of_this_package(
    *,
    secure_server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    pauses: Pauses,
    tmp_path: Path,
    content: bytes,
) -> None:
    """An empty file, and one that holds something else."""
    path = tmp_path / "authorities.pem"
    path.write_bytes(content)
    with pytest.raises(SymblTransportError, match=r"^POST /oauth2/token:generate no answer: "):
        get_job(settings_for(secure_server, verify=str(path), max_retries=1), "job-1")
    assert secure_server.requests == []
    assert len(pauses.wanted) <= 1


def test_plain_http_where_tls_is_spoken_is_no_answer(
    secure_server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """And the other way round: a wrong scheme is a common mistake."""
    host = secure_server.url.replace("https", "http")
    with pytest.raises(SymblTransportError, match="no answer"):
        get_job(settings_for(secure_server, host=host, max_retries=0), "job-1")


def test_tls_where_plain_http_is_spoken_is_no_answer(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """The server reads the greeting as a request that it does not understand."""
    host = server.url.replace("http", "https")
    with pytest.raises(SymblTransportError, match="no answer"):
        get_job(settings_for(server, host=host, max_retries=0), "job-1")
    assert server.requests == []


@pytest.mark.parametrize("key", ["http", "http://symbl.example", "all", "all://symbl.example"])
def test_the_connections_proxy_is_asked(
    proxy: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    key: str,
) -> None:
    """By scheme, by host, or for all, as requests reads them."""
    settings = to_a_remote_host(settings_for, proxy, proxies={key: proxy.url})
    assert get_job(settings, "job-1").status == "completed"
    assert [request.path for request in proxy.requests] == [REMOTE + TOKEN_PATH, REMOTE + JOB_PATH]


def test_a_proxy_is_given_its_password(proxy: ScriptedServer, get_job: GetJob, settings_for: MakeSettings) -> None:
    """It stands in the proxy's URL, percent-encoded."""
    url = proxy.url.replace("http://", "http://ann:p%40ss%3A1@")
    assert get_job(to_a_remote_host(settings_for, proxy, proxies={"http": url}), "job-1").status == "completed"
    credentials = base64.b64encode(b"ann:p@ss:1").decode()
    assert {request.headers["proxy-authorization"] for request in proxy.requests} == {f"Basic {credentials}"}


@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
def test_the_environments_proxy_is_asked(
    proxy: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    """A company's machines are set up that way."""
    monkeypatch.setenv(variable, proxy.url)
    assert get_job(to_a_remote_host(settings_for, proxy), "job-1").status == "completed"


@pytest.mark.parametrize("no_proxy", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_no_proxy_is_obeyed(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    no_proxy: str,
) -> None:
    """Hosts and networks that the environment takes out are reached directly."""
    server.answer(JOB_PATH, Answer(content=JOB))
    with ScriptedServer() as never_asked:
        monkeypatch.setenv("http_proxy", never_asked.url)
        monkeypatch.setenv("no_proxy", no_proxy)
        assert get_job(settings_for(server), "job-1").status == "completed"
        assert never_asked.connections == 0


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("variable", ["http_proxy", "ALL_PROXY"])
def test_loopback_is_never_asked_through_the_environments_proxy(
    *,
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    name: str,
) -> None:
    """The proxy would read the App Secret, and find another machine."""
    server.answer(JOB_PATH, Answer(content=JOB))
    with ScriptedServer() as never_asked:
        monkeypatch.setenv(variable, never_asked.url)
        host = server.url.replace("127.0.0.1", name)
        assert get_job(settings_for(server, host=host), "job-1").status == "completed"
        assert never_asked.connections == 0


def test_the_ipv6_loopback_is_never_asked_through_the_environments_proxy(
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody listens there, which is told; the proxy would answer."""
    with ScriptedServer() as never_asked:
        monkeypatch.setenv("http_proxy", never_asked.url)
        with pytest.raises(SymblTransportError, match="no answer"):
            get_job(settings_for(never_asked, host="http://[::1]:9", max_retries=0), "job-1")
        assert never_asked.connections == 0


def test_the_connections_own_proxy_is_asked_for_loopback(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A person wrote it for this host; what the environment says is no matter."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    host = "http://127.0.0.1:9"
    server.answer(host + TOKEN_PATH, Answer(content={"accessToken": TOKEN, "expiresIn": 86400}))
    server.answer(host + JOB_PATH, Answer(content=JOB))
    settings = settings_for(server, host=host, proxies={"http": server.url})
    assert get_job(settings, "job-1").status == "completed"


def test_the_connections_proxy_goes_before_the_environments(
    proxy: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a person filled in is meant, also where the environment says otherwise."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "symbl.example")
    settings = to_a_remote_host(settings_for, proxy, proxies={"http": proxy.url})
    assert get_job(settings, "job-1").status == "completed"


def test_a_proxy_that_is_away_has_taken_nothing(settings_for: MakeSettings, pauses: Pauses) -> None:
    """A submission through it is tried again, and is not unknown."""
    with ScriptedServer(is_listening=False) as away:
        settings = settings_for(away, host=REMOTE, allow_insecure_http=True, proxies={"http": away.url}, max_retries=1)
        with SymblClient(settings) as client, pytest.raises(SymblTransportError) as caught:
            client.submit_text([{"payload": {"content": "Hello."}}])
    assert not isinstance(caught.value, SymblUnknownSubmissionError)
    assert len(pauses.wanted) == 1


@pytest.mark.parametrize("status", [403, 407])
def test_a_tunnel_that_the_proxy_refuses_is_no_answer(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    status: int,
) -> None:
    """Before TLS, the proxy is asked for a tunnel."""
    server.answer("symbl.example:443", Answer(status))
    settings = settings_for(server, host="https://symbl.example", proxies={"https": server.url}, max_retries=0)
    with pytest.raises(SymblTransportError, match=rf"^POST /oauth2/token:generate no answer: .*{status}"):
        get_job(settings, "job-1")
    assert [request.method for request in server.requests] == ["CONNECT"]


def test_a_receiver_behind_a_proxy_may_be_slow_too(
    server: ScriptedServer,
    settings_for: MakeSettings,
    tmp_path: Path,
) -> None:
    """The connect timeout is the connection's, also to a proxy."""
    path = tmp_path / "long.wav"
    path.write_bytes(bytes(1 << 24))
    slow = threading.Event()
    server.answer(REMOTE + TOKEN_PATH, Answer(content={"accessToken": TOKEN, "expiresIn": 86400}))
    server.answer(f"{REMOTE}/v1/process/audio", Answer(201, SUBMISSION, read_when=slow))
    timer = threading.Timer(0.4, slow.set)
    timer.start()
    settings = to_a_remote_host(settings_for, server, proxies={"http": server.url}, connect_timeout=0.1)
    with SymblClient(settings) as client:
        client.submit_audio_file(path)
    timer.join()
    assert len(server.received(f"{REMOTE}/v1/process/audio")[0].body) == 1 << 24
