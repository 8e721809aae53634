"""What the tests of connections and hook share: hooks of connections that a test makes up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.hooks.symbl import SymblHook
from tests.unit.hooks.hook_fixtures import SECRET

if TYPE_CHECKING:
    from tests.unit.hooks.hook_fixtures import HookOf


@pytest.fixture
def hook_of(monkeypatch: pytest.MonkeyPatch) -> HookOf:
    """Return what makes a hook of a connection with the given fields."""

    def make(**fields: object) -> SymblHook:
        complete = {"conn_type": "symbl", "login": "an-app-id", "password": SECRET, **fields}
        monkeypatch.setenv("AIRFLOW_CONN_MINE", json.dumps(complete))
        return SymblHook("mine")

    return make
