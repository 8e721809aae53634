"""The asynchronous client: the same surface as the other one, shared by all who use it, and never in the loop's way."""

from __future__ import annotations

import asyncio
import inspect
import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import async_client as async_client_module
from airflow_provider_symbl.client import retries
from airflow_provider_symbl.client.async_client import AsyncSymblClient, shared_client
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.models import Job, Message, SummarySentence
from airflow_provider_symbl.exceptions import SymblNotFoundError, SymblTransportError
from tests.support.scripted_server import TOKEN_PATH, Answer, ScriptedServer
from tests.unit.client.client_fixtures import JOB, JOB_PATH, MakeSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.support.certificates import Certificate

SHARED_METHODS = [name for name in vars(AsyncSymblClient) if not name.startswith("_")]


@pytest.fixture
async def async_client(server: ScriptedServer, settings_for: MakeSettings) -> AsyncIterator[AsyncSymblClient]:
    """Open an asynchronous client of the scripted server."""
    client = AsyncSymblClient(settings_for(server))
    yield client
    await client.close()


async def until(is_so: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in the server's threads
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("name", SHARED_METHODS)
def test_both_clients_agree(name: str) -> None:
    """Name, arguments and results are the same; only the waiting differs."""
    method = getattr(AsyncSymblClient, name)
    assert inspect.signature(method) == inspect.signature(getattr(SymblClient, name))
    assert inspect.iscoroutinefunction(method)


def test_what_a_trigger_needs_is_there() -> None:
    """The job, what features add to it, and what tells the end without a job."""
    job = {"get_job", "get_insights_status", "get_call_score_status"}
    assert job | {"get_summary", "get_messages", "close"} == set(SHARED_METHODS)


async def test_each_read_asks_its_own_path(server: ScriptedServer, async_client: AsyncSymblClient) -> None:
    """And returns the type that the other client returns."""
    server.answer("/v1/job/j-1", Answer(content={"id": "j-1", "status": "failed", "message": "why"}))
    server.answer("/v1/conversations/c-1/lm-insights/status", Answer(content={"jobId": "j-1", "status": "scheduled"}))
    server.answer("/v1/conversations/c-1/callscore/status", Answer(content={"status": "completed"}))
    said = {"id": "1", "text": "Hello."}
    server.answer("/v1/conversations/c-1/messages", Answer(content={"messages": [said]}))
    server.answer("/v1/conversations/c-1/summary", Answer(content={"summary": [said]}))
    assert await async_client.get_job("j-1") == Job("j-1", "failed", "why")
    assert await async_client.get_insights_status("c-1") == Job("j-1", "scheduled")
    assert await async_client.get_call_score_status("c-1") == Job("", "completed")
    assert await async_client.get_messages("c-1") == [Message("1", "Hello.")]
    assert await async_client.get_summary("c-1") == [SummarySentence("1", "Hello.")]


async def test_users_with_equal_settings_share_one_client(server: ScriptedServer, settings_for: MakeSettings) -> None:
    """One session, one token and one limit for all triggers of a connection."""
    server.answer(JOB_PATH, Answer(content=JOB))
    async with shared_client(settings_for(server)) as one, shared_client(settings_for(server)) as same:
        assert one is same
        await one.get_job("job-1")
        await same.get_job("job-1")
    assert server.connections == 1
    assert len(server.received(TOKEN_PATH)) == 1


@pytest.mark.parametrize("other", [{"app_id": "another"}, {"timeout": 5.0}, {"proxies": {"https": "http://p:1"}}])
async def test_other_settings_have_a_client_of_their_own(
    server: ScriptedServer,
    settings_for: MakeSettings,
    other: dict[str, object],
) -> None:
    """A changed connection takes effect for the next trigger."""
    async with shared_client(settings_for(server)) as one, shared_client(settings_for(server, **other)) as two:
        assert one is not two


def test_each_loop_has_a_client_of_its_own(server: ScriptedServer, settings_for: MakeSettings) -> None:
    """A session belongs to the loop that it was made in."""
    server.answer(JOB_PATH, Answer(content=JOB))
    found: list[Job] = []

    async def ask() -> None:
        async with shared_client(settings_for(server)) as client:
            found.append(await client.get_job("job-1"))

    threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [job.status for job in found] == ["completed"] * 4
    assert server.connections == 4


async def test_the_last_user_closes_the_client(server: ScriptedServer, settings_for: MakeSettings) -> None:
    """Not the first one that leaves, be it by an error; the next user gets a new one."""
    server.answer(JOB_PATH, Answer(content=JOB))
    async with shared_client(settings_for(server)) as client:
        with pytest.raises(SymblNotFoundError):
            async with shared_client(settings_for(server)) as same:
                await same.get_job("nobody")
        await client.get_job("job-1")
    with pytest.raises(RuntimeError, match="Session is closed"):
        await client.get_job("job-1")
    async with shared_client(settings_for(server)) as another:
        assert another is not client
        await another.get_job("job-1")


async def test_a_user_who_is_cancelled_leaves_the_client_to_the_others(
    server: ScriptedServer,
    settings_for: MakeSettings,
) -> None:
    """A trigger that is moved or killed in the middle of a request takes nothing with it."""
    hold = threading.Event()
    server.answer("/v1/job/held", Answer(content=JOB, answer_when=hold))
    server.answer(JOB_PATH, Answer(content=JOB))

    async def ask() -> None:
        async with shared_client(settings_for(server)) as client:
            await client.get_job("held")

    async with shared_client(settings_for(server)) as client:
        task = asyncio.create_task(ask())
        await until(lambda: bool(server.received("/v1/job/held")))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        hold.set()
        assert (await client.get_job("job-1")).status == "completed"


async def test_a_client_that_was_never_used_can_be_closed(settings_for: MakeSettings, server: ScriptedServer) -> None:
    """And closed twice."""
    client = AsyncSymblClient(settings_for(server))
    await client.close()
    await client.close()
    assert server.connections == 0


async def test_requests_are_spread_in_time(
    server: ScriptedServer,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand triggers that wake together do not strike together."""
    monkeypatch.setattr(async_client_module, "REQUESTS_PER_SECOND", 50.0)
    server.answer(JOB_PATH, Answer(content=JOB))
    client = AsyncSymblClient(settings_for(server))
    began = time.monotonic()
    await asyncio.gather(*(client.get_job("job-1") for _ in range(10)))
    await client.close()
    # Eleven requests, the token's among them, have ten gaps, of which quiet time saves up two.
    assert time.monotonic() - began >= 8 / 50 - 0.01


async def test_places_that_nobody_took_are_saved_up_for_a_few_alone(
    server: ScriptedServer,
    settings_for: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a quiet time requests that happen to meet need not wait, and many are spread."""
    monkeypatch.setattr(async_client_module, "REQUESTS_PER_SECOND", 20.0)
    server.answer(JOB_PATH, Answer(content=JOB))
    client = AsyncSymblClient(settings_for(server))
    await client.get_job("job-1")
    await asyncio.sleep(0.5)
    began = time.monotonic()
    await asyncio.gather(*(client.get_job("job-1") for _ in range(6)))
    await client.close()
    assert time.monotonic() - began >= 3 / 20 - 0.01


async def test_the_loop_runs_on_while_an_answer_is_awaited(
    server: ScriptedServer,
    async_client: AsyncSymblClient,
) -> None:
    """The answer comes only when the loop has been at work in between."""
    hold = threading.Event()
    server.answer(TOKEN_PATH, Answer(content={"accessToken": "t", "expiresIn": 9}, answer_when=hold))
    server.answer(JOB_PATH, Answer(content=JOB))
    task = asyncio.create_task(async_client.get_job("job-1"))
    await until(lambda: bool(server.received(TOKEN_PATH)))
    assert not task.done()
    hold.set()
    assert (await task).status == "completed"


async def test_the_loop_runs_on_during_a_pause(
    server: ScriptedServer,
    async_client: AsyncSymblClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server gets well only when the loop has been at work in between."""
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.2)
    server.answer(JOB_PATH, Answer(503))
    task = asyncio.create_task(async_client.get_job("job-1"))
    await until(lambda: bool(server.received(JOB_PATH)))
    server.answer(JOB_PATH, Answer(content=JOB))
    assert (await task).status == "completed"
    assert len(server.received(JOB_PATH)) == 2


async def test_authorities_are_read_outside_the_loop(
    settings_for: MakeSettings,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes tens of milliseconds, in which a thousand triggers would stand still; and it is done once."""
    readers: list[int] = []
    real = ssl.create_default_context

    def create_default_context(*, cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
        readers.append(threading.get_ident())
        return real(cafile=cafile, capath=capath)

    monkeypatch.setattr(ssl, "create_default_context", create_default_context)
    with ScriptedServer(tls=certificate.server_context()) as server:
        server.answer(JOB_PATH, Answer(content=JOB))
        client = AsyncSymblClient(settings_for(server, verify=certificate.path))
        await asyncio.gather(*(client.get_job("job-1") for _ in range(5)))
        await client.close()
    assert len(readers) == 1
    assert readers != [threading.get_ident()]


async def test_a_proxy_of_a_kind_that_aiohttp_has_not_is_an_error_of_this_package(
    server: ScriptedServer,
    settings_for: MakeSettings,
) -> None:
    """A SOCKS proxy serves the other client only."""
    client = AsyncSymblClient(settings_for(server, proxies={"http": "socks5://127.0.0.1:1"}, max_retries=0))
    with pytest.raises(SymblTransportError, match="no answer"):
        await client.get_job("job-1")
    await client.close()
    assert server.connections == 0
