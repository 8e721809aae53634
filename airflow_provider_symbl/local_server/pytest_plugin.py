"""Fixtures for pytest: symbl-local, running and empty, and an Airflow connection that leads to it.

A project's top ``conftest.py`` asks for them, and each test names those that it needs:

    pytest_plugins = ["airflow_provider_symbl.local_server.pytest_plugin"]

======================= =============================================================================================
``symbl_local_server``  for the whole session: one server, in a thread of the process that runs the tests
``symbl_local``         for one test: that server, with nothing in it
``symbl_connection``    for one test: the same, with ``symbl_default`` leading to it; its value is that id
======================= =============================================================================================

The first two are a :class:`SymblLocal`. The server is strict: what a client sends that Symbl's reference does not have
is refused, though Symbl itself takes much of it. A project that wants it taken overrides ``symbl_local_options``, whose
value is the keywords of ``LocalServer``. With pytest-xdist each of its processes has a server of its own. Recordings
may lie on this machine, and webhooks lead to it.

PYTEST_DONT_REWRITE: nothing is asserted here, and a conftest may import the class before pytest has seen the module.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTION_ID = "symbl_default"
RESPONSE_TIMEOUT = 60.0
UNAUTHORISED = 401


@dataclass(frozen=True)
class SymblLocal:
    """A running symbl-local, as tests use it.

    :param url: where it listens.
    :param app_id: the App ID that it accepts.
    :param app_secret: the App Secret that it accepts.
    """

    url: str
    app_id: str
    app_secret: str

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """Return the requests that it received, oldest first; the body is parsed where it is JSON.

        :param path: only those to this path; all of them unless given.
        """
        found: list[dict[str, Any]] = self._ask("GET", "journal")["requests"]
        return [request for request in found if path in ("", request["path"])]

    def submissions(self) -> list[dict[str, Any]]:
        """Return the submits and appends that it received.

        One that was refused for its token is left out: a client that kept a token from an earlier test sends it again.
        """
        sent = [request for request in self.requests() if request["path"].startswith("/v1/process/")]
        return [request for request in sent if request["status"] != UNAUTHORISED]

    def progress(self, **setting: str | float) -> None:
        """Say how the jobs from now on get on, such as ``by="at_once"`` or ``by="polls", polls=3``.

        :raises ValueError: there is no such setting.
        """
        self._ask("PUT", "progress", setting)

    def fault(self, **rule: object) -> None:
        """Make calls go wrong, such as ``call="GET /v1/job/*", status=503, times=3``; ``faults.py`` says what can be.

        :raises ValueError: there is no such rule.
        """
        self._ask("POST", "faults", rule)

    def expire_tokens(self) -> None:
        """Let it refuse every token that it has handed out."""
        self._ask("POST", "tokens/expire")

    def reset(self) -> None:
        """Make it forget everything: conversations, jobs, requests, tokens, faults and the progress setting."""
        self._ask("POST", "reset")

    def _ask(self, method: str, route: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/__local__/{route}", data, {"Content-Type": "application/json"}, method=method)  # noqa: S310 - our own server
        try:
            # Not through the proxy that the environment may name: the server is in this process.
            with build_opener(ProxyHandler({})).open(request, timeout=RESPONSE_TIMEOUT) as response:
                shown: dict[str, Any] = json.load(response)
                return shown
        except HTTPError as error:
            with error:
                raise ValueError(json.load(error)["message"]) from None


@pytest.fixture(scope="session")
def symbl_local_options() -> dict[str, Any]:
    """Return the keywords of the server; a project may override this."""
    return {"allow_private_urls": True, "strict": True}


@pytest.fixture(scope="session")
def symbl_local_server(symbl_local_options: dict[str, Any]) -> Iterator[SymblLocal]:
    """Run one symbl-local for all tests.

    :raises ModuleNotFoundError: the extra ``local`` is not installed.
    """
    from airflow_provider_symbl.local_server.server import LocalServer  # noqa: PLC0415 - not while tests are collected

    with LocalServer(**symbl_local_options) as server:
        yield SymblLocal(server.url, server.app_id, server.app_secret)


@pytest.fixture
def symbl_local(symbl_local_server: SymblLocal) -> SymblLocal:
    """Return the running symbl-local, empty."""
    symbl_local_server.reset()
    return symbl_local_server


@pytest.fixture
def symbl_connection(symbl_local: SymblLocal, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let ``symbl_default`` lead to symbl-local, and return that id."""
    fields = {
        "conn_type": "symbl",
        "host": symbl_local.url,
        "login": symbl_local.app_id,
        "password": symbl_local.app_secret,
    }
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION_ID.upper()}", json.dumps(fields))
    return CONNECTION_ID
