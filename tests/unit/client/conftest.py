"""What the client's tests share: a scripted server, settings that lead to it, and a record of pauses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client import retries, tokens
from airflow_provider_symbl.client.async_client import AsyncSymblClient
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.settings import ClientSettings
from tests.support.certificates import Certificate
from tests.support.scripted_server import ScriptedServer
from tests.unit.client.client_fixtures import APP_SECRET, Pauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.client.models import Job
    from tests.unit.client.client_fixtures import GetJob, MakeSettings

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies and authorities of the machine, and tokens of other tests, out."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(tokens, "_caches", {})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Run a scripted server."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """Record pauses between attempts instead of making them."""
    record = Pauses()
    real = retries.backoff

    def recorded_backoff(attempt: int, retry_after: float | None = None) -> float:
        record.wanted.append(real(attempt, retry_after))
        record.retry_after.append(retry_after)
        if record.then is not None:
            record.then()
        return 0.0

    monkeypatch.setattr(retries, "backoff", recorded_backoff)
    return record


@pytest.fixture
def settings_for() -> MakeSettings:
    """Make settings that lead to a server."""

    def make(server: ScriptedServer, **fields: Any) -> ClientSettings:
        return ClientSettings(**{"app_id": "app-id", "app_secret": APP_SECRET, "host": server.url, **fields})

    return make


@pytest.fixture
def client(server: ScriptedServer, settings_for: MakeSettings) -> Iterator[SymblClient]:
    """Open a client of the scripted server."""
    with SymblClient(settings_for(server)) as opened:
        yield opened


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate that no machine trusts."""
    return Certificate.made_in(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(params=["requests", "aiohttp"])
def get_job(request: pytest.FixtureRequest) -> GetJob:
    """Read a job over each of the two transports."""
    return _get_job_over_requests if request.param == "requests" else _get_job_over_aiohttp


def _get_job_over_requests(settings: ClientSettings, job_id: str) -> Job:
    with SymblClient(settings) as client:
        return client.get_job(job_id)


def _get_job_over_aiohttp(settings: ClientSettings, job_id: str) -> Job:
    async def ask() -> Job:
        client = AsyncSymblClient(settings)
        try:
            return await client.get_job(job_id)
        finally:
            await client.close()

    return asyncio.run(ask())
