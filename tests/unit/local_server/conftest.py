"""What the server's tests share: a running server, a plain client for it, and another web server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.local_client import TIMEOUT, Local
from tests.support.web_server import running_web_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.web_server import WebServer


@pytest.fixture(scope="package")
def server() -> Iterator[LocalServer]:
    """Run one server for all of these tests, which refuses whatever the reference does not have."""
    with LocalServer(allow_private_urls=True, strict=True) as running:
        yield running


@pytest.fixture
def local(server: LocalServer) -> Iterator[Local]:
    """Return a client of the server, which has forgotten everything."""
    requests.post(f"{server.url}/__local__/reset", timeout=TIMEOUT).raise_for_status()
    client = Local(server)
    yield client
    client.session.close()


@pytest.fixture
def at_once(local: Local) -> Local:
    """Return a client whose submissions are done when they are answered."""
    local.progress(by="at_once")
    return local


@pytest.fixture(scope="package")
def lenient_server() -> Iterator[LocalServer]:
    """Run one server as it comes."""
    with LocalServer(allow_private_urls=True) as running:
        yield running


@pytest.fixture
def lenient(lenient_server: LocalServer) -> Iterator[Local]:
    """Return a client of that server, which has forgotten everything and ends jobs at once."""
    requests.post(f"{lenient_server.url}/__local__/reset", timeout=TIMEOUT).raise_for_status()
    client = Local(lenient_server)
    client.progress(by="at_once")
    yield client
    client.session.close()


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    """Run a web server that is not ours."""
    with running_web_server() as known:
        yield known
