"""Clients that were used, copied and pickled: each copy has the settings, and connections of its own."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.client.async_client import AsyncSymblClient
from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblConcurrencyLimitError
from tests.support.scripted_server import TOKEN, Answer, ScriptedServer
from tests.unit.client.client_fixtures import JOB, JOB_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.unit.client.client_fixtures import MakeSettings

COPIES: Mapping[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),  # noqa: S301 - what was pickled a moment ago
}
ways = pytest.mark.parametrize("way", COPIES)


@ways
def test_a_used_client_can_be_copied(server: ScriptedServer, settings_for: MakeSettings, way: str) -> None:
    """And goes on when the other one is closed."""
    server.answer(JOB_PATH, Answer(content=JOB))
    with SymblClient(settings_for(server)) as client:
        client.get_job("job-1")
        copied = COPIES[way](client)
    with copied:
        assert copied.get_job("job-1").status == "completed"


@ways
def test_a_copied_client_does_as_the_first_one_was_told(
    server: ScriptedServer, settings_for: MakeSettings, way: str
) -> None:
    """One that leaves a full account to its caller still does."""
    server.answer("/v1/process/text", Answer(429))
    client = SymblClient(settings_for(server), retry_concurrency_limit=False)
    with COPIES[way](client) as copied, pytest.raises(SymblConcurrencyLimitError):
        copied.submit_text([{"payload": {"content": "Hello."}}])
    assert len(server.received("/v1/process/text")) == 1
    client.close()


@ways
async def test_a_used_asynchronous_client_can_be_copied(
    server: ScriptedServer, settings_for: MakeSettings, way: str
) -> None:
    """While its own connections are open."""
    server.answer(JOB_PATH, Answer(content=JOB))
    client = AsyncSymblClient(settings_for(server))
    await client.get_job("job-1")
    copied = COPIES[way](client)
    await client.close()
    assert (await copied.get_job("job-1")).status == "completed"
    await copied.close()


def test_a_pickled_client_holds_no_token(server: ScriptedServer, settings_for: MakeSettings) -> None:
    """Its settings make it get one."""
    server.answer(JOB_PATH, Answer(content=JOB))
    with SymblClient(settings_for(server)) as client:
        client.get_job("job-1")
        assert TOKEN.encode() not in pickle.dumps(client)
