"""What the tests of connections and hook name: the secret of their account, and the type of their fixture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_symbl.hooks.symbl import SymblHook

SECRET = "the-app-secret-of-this-test"

HookOf = Callable[..., "SymblHook"]
