"""A running symbl-local, as this project's own tests use it."""

from __future__ import annotations

from typing import Any

from airflow_provider_symbl.client.settings import ClientSettings
from airflow_provider_symbl.local_server import pytest_plugin


class SymblLocal(pytest_plugin.SymblLocal):
    """A running symbl-local, as this project's own tests use it."""

    @property
    def settings(self) -> ClientSettings:
        """Settings of a client that reaches it."""
        return ClientSettings(self.app_id, self.app_secret, self.url)

    @property
    def connection(self) -> dict[str, str]:
        """Airflow's connection that leads to it."""
        return {"conn_type": "symbl", "login": self.app_id, "password": self.app_secret, "host": self.url}

    def journal(self, path: str = "") -> list[dict[str, Any]]:
        """Return what :meth:`requests` does."""
        return self.requests(path)
