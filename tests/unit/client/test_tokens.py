"""Tokens: one per account, renewed early, asked for by one caller at a time."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.client import tokens
from airflow_provider_symbl.client.async_client import AsyncSymblClient
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.client.models import Token
from airflow_provider_symbl.client.tokens import TokenCache, cache_for
from airflow_provider_symbl.exceptions import SymblAuthenticationError
from tests.support.scripted_server import TOKEN_PATH, Answer
from tests.unit.client.client_fixtures import JOB, JOB_PATH, GetJob, MakeSettings

if TYPE_CHECKING:
    from airflow_provider_symbl.client.settings import ClientSettings
    from tests.support.scripted_server import ScriptedServer

CALLERS = 20


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Return its time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let tokens age by a clock of the test's own."""
    own = Clock()
    monkeypatch.setattr(tokens, "time", own)
    return own


def a_token(name: str, expires_in: float = 86400) -> Answer:
    """Make the answer of a token call."""
    return Answer(content={"accessToken": name, "expiresIn": expires_in, "new": "key"})


def bearers(server: ScriptedServer) -> list[str]:
    """Return the tokens that reads of the job carried."""
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.received(JOB_PATH)]


def test_one_token_serves_all_clients_of_an_account(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """Over both transports, and whatever else their settings say."""
    server.answer(JOB_PATH, Answer(content=JOB))
    get_job(settings_for(server), "job-1")
    get_job(settings_for(server, timeout=5.0, host=server.url + "/"), "job-1")
    with SymblClient(settings_for(server)) as client:
        client.get_job("job-1")
    assert len(server.received(TOKEN_PATH)) == 1


@pytest.mark.parametrize("other", [{"app_id": "another"}, {"app_secret": "another"}])
def test_another_account_has_its_own_token(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    other: dict[str, str],
) -> None:
    """A corrected secret does not live on the wrong one's token."""
    server.answer(TOKEN_PATH, a_token("one"), a_token("two"))
    server.answer(JOB_PATH, Answer(content=JOB))
    get_job(settings_for(server), "job-1")
    get_job(settings_for(server, **other), "job-1")
    assert bearers(server) == ["one", "two"]


@pytest.mark.parametrize(
    ("expires_in", "kept_for"),
    [(86400, 86100), (700, 400), (600, 300), (100, 50), (1, 0.5)],
)
def test_a_token_is_renewed_early(
    *,
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    clock: Clock,
    expires_in: float,
    kept_for: float,
) -> None:
    """Five minutes before its end, or at its half where it has little left."""
    server.answer(TOKEN_PATH, a_token("one", expires_in), a_token("two"))
    server.answer(JOB_PATH, Answer(content=JOB))
    get_job(settings_for(server), "job-1")
    clock.now += kept_for - 0.01
    get_job(settings_for(server), "job-1")
    clock.now += 0.01
    get_job(settings_for(server), "job-1")
    assert bearers(server) == ["one", "one", "two"]


@pytest.mark.parametrize("expires_in", [0, -5])
def test_a_token_that_is_over_is_used_once(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    expires_in: float,
) -> None:
    """Symbl may hand out its last second; the next call asks again."""
    server.answer(TOKEN_PATH, a_token("one", expires_in), a_token("two", expires_in))
    server.answer(JOB_PATH, Answer(content=JOB))
    get_job(settings_for(server), "job-1")
    get_job(settings_for(server), "job-1")
    assert bearers(server) == ["one", "two"]


def test_many_threads_ask_for_one_token(server: ScriptedServer, settings_for: MakeSettings) -> None:
    """They wait for the one that asks."""
    may_answer = threading.Event()
    answer = a_token("one")
    server.answer(TOKEN_PATH, Answer(content=answer.content, answer_when=may_answer))
    server.answer(JOB_PATH, Answer(content=JOB))
    started = threading.Barrier(CALLERS + 1)

    def read() -> None:
        with SymblClient(settings_for(server)) as client:
            started.wait()
            client.get_job("job-1")

    threads = [threading.Thread(target=read) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    started.wait()
    may_answer.set()
    for thread in threads:
        thread.join()
    assert len(server.received(TOKEN_PATH)) == 1
    assert bearers(server) == ["one"] * CALLERS


async def test_many_coroutines_ask_for_one_token(server: ScriptedServer, settings_for: MakeSettings) -> None:
    """A triggerer starts with all of its triggers at once."""
    server.answer(JOB_PATH, Answer(content=JOB))
    client = AsyncSymblClient(settings_for(server))
    await asyncio.gather(*(client.get_job("job-1") for _ in range(CALLERS)))
    await client.close()
    assert len(server.received(TOKEN_PATH)) == 1
    assert len(server.received(JOB_PATH)) == CALLERS


async def test_many_coroutines_renew_a_refused_token_once(server: ScriptedServer, settings_for: MakeSettings) -> None:
    """Each finds the old token refused, and all but the first find the new one in its place."""
    settings: ClientSettings = settings_for(server)
    cache_for(settings.account).keep(Token("old", 86400.0))
    server.answer(TOKEN_PATH, a_token("new"), a_token("too many"))
    server.refused_tokens.add("old")
    server.answer(JOB_PATH, Answer(content=JOB))
    client = AsyncSymblClient(settings)
    await asyncio.gather(*(client.get_job("job-1") for _ in range(CALLERS)))
    await client.close()
    assert len(server.received(TOKEN_PATH)) == 1
    assert bearers(server).count("new") == CALLERS


def test_a_failed_token_call_leaves_nothing_behind(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
) -> None:
    """The next call asks again: one failed refresh must not end refreshing for good."""
    server.answer(TOKEN_PATH, Answer(401), a_token("one"))
    server.answer(JOB_PATH, Answer(content=JOB))
    with pytest.raises(SymblAuthenticationError):
        get_job(settings_for(server), "job-1")
    assert get_job(settings_for(server), "job-1").status == "completed"


def test_only_the_refused_token_is_forgotten() -> None:
    """Another caller may have put a new one in its place."""
    cache = TokenCache()
    cache.reject("never seen")
    cache.keep(Token("new", 86400.0))
    cache.reject("old")
    assert cache.current() == "new"
    cache.reject("new")
    assert cache.current() is None


def test_a_token_may_be_refused_while_another_thread_looks_at_it(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a look at its age and a look at its text lies room for another thread."""
    cache = TokenCache()
    cache.keep(Token("old", 86400.0))

    def while_it_is_looked_at() -> float:
        cache.reject("old")
        return clock.now

    monkeypatch.setattr(clock, "monotonic", while_it_is_looked_at)
    assert cache.current() == "old"
    assert cache.current() is None


def test_a_token_is_not_shown() -> None:
    """Models are logged by their repr."""
    assert "hidden" not in repr(Token("hidden", 5.0))
