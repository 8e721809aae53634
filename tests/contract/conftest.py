"""What the vendor clients' tests share: short recordings on the web, and the table of what works with which client."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from airflow_provider_symbl.local_server.server import LocalServer
from tests.contract.raw_client import RawClient
from tests.support.audio import RECORDINGS, cut_clips
from tests.support.compatibility.page import RUNS, runs
from tests.support.symbl_local import SymblLocal
from tests.support.web_server import ClipServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.register_assert_rewrite("tests.contract.generated_calls")

OUTCOME = "outcome of a vendor client's call"


@pytest.fixture(scope="session")
def running_symbl_local() -> Iterator[SymblLocal]:
    """Run a symbl-local as it comes, not a strict one: strangers are to work with it."""
    with LocalServer(allow_private_urls=True) as server:
        yield SymblLocal(server.url, server.app_id, server.app_secret)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the first two seconds of each example recording."""
    folder = tmp_path_factory.mktemp("clips")
    cut_clips(RECORDINGS.rglob("*.*"), folder)
    return folder


@pytest.fixture
def web(clips: Path) -> Iterator[ClipServer]:
    """Serve the clips, and take webhooks, over http."""
    with ClipServer(clips) as server:
        yield server


@pytest.fixture
def raw_client(symbl_local: SymblLocal) -> Iterator[RawClient]:
    """Return a plain client; each job is over when its submission is answered."""
    symbl_local.progress(by="at_once")
    raw_client = RawClient(symbl_local)
    with raw_client.session:
        yield raw_client


@pytest.fixture
def audio(clips: Path) -> bytes:
    """Return a short recording."""
    return (clips / "late-parcel.wav").read_bytes()


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Return what puts a call, the client that sent it and what came of it into the table at the end of the run."""

    def noted(call: str, client: str, outcome: str) -> None:
        row = {"client": client, "call": call, "outcome": outcome}
        assert row in runs(), f"{row} is not in {RUNS.name}, from which docs/calls.md is made"
        record_property(OUTCOME, [call, client, outcome])

    return noted


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, from the tests that passed; with xdist they ran in other processes."""
    outcomes = {
        (call, client): outcome
        for report in terminalreporter.getreports("passed")
        for call, client, outcome in _outcomes(report)
    }
    if outcomes:
        terminalreporter.section("vendor clients on symbl-local")
        for row in _table(outcomes):
            terminalreporter.write_line(f"| {' | '.join(row)} |")


def _outcomes(report: pytest.TestReport) -> list[list[str]]:
    return [cast("list[str]", value) for name, value in report.user_properties if name == OUTCOME]


def _table(outcomes: dict[tuple[str, str], str]) -> list[list[str]]:
    clients = sorted({client for _, client in outcomes})
    calls = sorted({call for call, _ in outcomes}, key=_order)
    rows = [[call, *(outcomes.get((call, client), "-") for client in clients)] for call in calls]
    return [["call", *clients], ["---" for _ in ("call", *clients)], *rows]


def _order(call: str) -> tuple[bool, str]:
    """Put calls before spellings, and those of one path together."""
    verb, _, path = call.partition(" ")
    return (False, f"{path} {verb}") if path.startswith("/") else (True, call)
