"""From a task in Airflow's UI by its links, in a real browser: to the conversation, to results, to a night's report.

And what the same tasks tell to OpenLineage.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Page, expect, sync_playwright

from demo.box import RECORDINGS
from demo.local_airflow import LocalAirflow
from demo.processes import DemoError, wait_until
from demo.recordings_server import serve_folder
from demo.symbl_server import SymblServer

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 300.0
"""Far more than anything here takes, so that a busy machine fails nothing."""

DAGS = Path(__file__).parent / "dags"
CHAT = RECORDINGS / "chats" / "expired-password.json"

FAILED = frozenset({"failed", "up_for_retry", "upstream_failed"})

HOLD = {"call": "GET /v1/job/*", "delay": 3600, "times": None}
"""Has symbl-local answer no look at a job until the rule is cleared."""


@dataclass(frozen=True)
class Browsing:
    """A browser that is logged in to Airflow, and a run whose tasks it looks at.

    :param results: the folder of all results.
    :param lineage: the file that takes OpenLineage's events.
    """

    tab: Page
    airflow: LocalAirflow
    symbl: SymblServer
    run_id: str
    results: Path
    lineage: Path

    def state(self, task_id: str) -> str | None:
        """Return the state of a task."""
        tasks = self.airflow.task_instances("shown", self.run_id)
        return next(task.state for task in tasks if task.task_id == task_id)

    def wait_for(self, task_id: str, state: str, link: str = "Conversation") -> None:
        """Wait until a task has a state, and shows a link; a task that fails is not waited for."""

        def is_reached() -> bool | None:
            links = self.airflow.call("GET", f"{self._instance(task_id)}/links")["extra_links"]
            found = self.state(task_id)
            if found in FAILED:
                raise DemoError(found)
            return (found == state and bool(links[link])) or None

        try:
            wait_until(is_reached, seconds=SECONDS, what=f"{task_id} to be {state}, with its link {link}")
        except DemoError as problem:
            pytest.fail(f"{task_id}: {problem}\n{self.airflow.describe_run('shown', self.run_id)}")

    def follow(self, task_id: str, link: str) -> Page:
        """Go to a task's page, click a link there, and return the window that it opens."""
        run = quote(self.run_id, safe="")
        self.tab.goto(f"{self.airflow.url}/dags/shown/runs/{run}/tasks/{task_id}/details")
        with self.tab.expect_popup() as opened:
            self.tab.get_by_role("link", name=link, exact=True).click()
        return opened.value

    def conversation_of(self, task_id: str) -> str:
        """Return the conversation that a task has made or landed, as its log tells it."""
        told = re.search(r"Symbl (?:made job \S+ of )?conversation (\d+)", self._log(task_id))
        assert told, self._log(task_id)
        return told[1]

    def _log(self, task_id: str) -> str:
        return self.airflow.task_log("shown", self.run_id, task_id)

    def _instance(self, task_id: str) -> str:
        return f"/api/v2/dags/shown/dagRuns/{quote(self.run_id, safe='')}/taskInstances/{task_id}"


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """Open the machine's own Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.context.set_default_timeout(SECONDS * 1000)
        yield page
        browser.close()


@pytest.fixture(scope="module")
def browsing(tab: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsing]:
    """Run Airflow and symbl-local, which tells of no job until a test says so; and log in."""
    folder = tmp_path_factory.mktemp("links")
    results = folder / "results"
    results.mkdir()
    with SymblServer(folder / "symbl-local.log") as symbl, serve_folder(results) as url:
        _control(symbl, "PUT", "progress", {"by": "polls", "polls": 1})
        _control(symbl, "POST", "faults", HOLD)
        connection = {**symbl.connection, "extra": {"results_url": f"{url}/calls/{{path}}/?of={{conversation_id}}"}}
        # A report is of no one conversation.
        night = {**symbl.connection, "extra": {"results_url": f"{url}/night/{{path}}"}}
        lineage = folder / "lineage.json"
        env = {
            "SYMBL_RESULTS": str(results / "calls"),
            "SYMBL_CHAT": str(CHAT),
            "SYMBL_NIGHT_RESULTS": str(results / "night"),
            "AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(connection),
            "AIRFLOW_CONN_SYMBL_NIGHT": json.dumps(night),
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
                {"type": "file", "log_file_path": str(lineage), "append": True}
            ),
        }
        with LocalAirflow(folder / "airflow", DAGS, env) as airflow:
            airflow.wait_for_dag("shown", SECONDS)
            run_id = airflow.trigger("shown")
            airflow.unpause("shown")
            _log_in(tab, airflow)
            yield Browsing(tab, airflow, symbl, run_id, results / "calls", lineage)


@pytest.fixture(scope="module")
def released(browsing: Browsing) -> Browsing:
    """Have symbl-local tell of its jobs from now on."""
    _control(browsing.symbl, "DELETE", "faults")
    return browsing


@pytest.mark.parametrize(("task_id", "state"), [("in_worker", "running"), ("in_triggerer", "deferred")])
def test_a_task_that_waits_leads_to_its_conversation(browsing: Browsing, task_id: str, state: str) -> None:
    """From the submission on; its page says that the job is not over."""
    browsing.wait_for(task_id, state)
    page = browsing.follow(task_id, "Conversation")
    expect(page.locator("main")).to_contain_text("Job 1 of 1 is not over")
    assert page.url == f"{browsing.symbl.url}/__local__/#conversations/{browsing.conversation_of(task_id)}"
    page.close()
    assert browsing.state(task_id) == state


@pytest.mark.parametrize("task_id", ["in_worker", "in_triggerer"])
def test_a_finished_task_leads_to_what_was_said(released: Browsing, task_id: str) -> None:
    """The same link as before, whichever process of the task was the last."""
    released.wait_for(task_id, "success")
    page = released.follow(task_id, "Conversation")
    expect(page.locator("main")).to_contain_text("Shall we meet on Friday?")
    assert page.url == f"{released.symbl.url}/__local__/#conversations/{released.conversation_of(task_id)}"
    page.close()


def test_results_open_from_the_task_that_wrote_them(released: Browsing) -> None:
    """Where the connection says that they are shown."""
    released.wait_for("landed", "success")
    page = released.follow("landed", "Results")
    expect(page.locator("body")).to_contain_text("transcript.txt")
    assert page.url.endswith(f"/calls/late%20parcel/?of={released.conversation_of('submitted')}")
    page.close()


def test_a_night_leads_to_its_report_and_that_to_what_was_said(released: Browsing) -> None:
    """As far as the folder of results is served."""
    released.wait_for("night", "success", "Report")
    page = released.follow("night", "Report")
    expect(page.locator("body")).to_contain_text("The one recording landed.")
    assert page.url.endswith("/report.html")
    page.get_by_role("link", name="expired-password.json").first.click()
    expect(page.locator("body")).to_contain_text("I cannot sign in to my account")
    page.close()


@pytest.mark.parametrize("task_id", ["in_worker", "in_triggerer", "submitted", "landed"])
def test_open_lineage_is_told_of_the_conversation(released: Browsing, task_id: str) -> None:
    """By Airflow's listener, in a process of its own: the recording becomes a conversation, and that becomes files."""
    pytest.importorskip("airflow.providers.openlineage", reason="OpenLineage's provider is not installed")
    released.wait_for(task_id, "success")

    def completion() -> dict[str, Any] | None:
        told = released.lineage.read_text().splitlines() if released.lineage.exists() else []
        ended = [event for event in map(json.loads, told) if event["eventType"] == "COMPLETE"]
        return next((event for event in ended if event["job"]["name"] == f"shown.{task_id}"), None)

    event = wait_until(completion, seconds=SECONDS, what=f"the lineage of {task_id}")
    conversation = released.symbl.url.replace("http://", "symbl://"), released.conversation_of(task_id)
    files = [("file", str(released.results / "late parcel" / name)) for name in ("conversation.json", "transcript.txt")]
    expected = {"submitted": ([("file", str(CHAT))], [conversation]), "landed": ([conversation], files)}
    assert (_names(event["inputs"]), _names(event["outputs"])) == expected.get(task_id, ([], [conversation]))
    assert not any(text in released.lineage.read_text() for text in ("on Friday", released.symbl.app_secret))


def _names(datasets: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(dataset["namespace"], dataset["name"]) for dataset in datasets]


def _log_in(tab: Page, airflow: LocalAirflow) -> None:
    tab.goto(airflow.url)
    tab.fill("input[name=username]", airflow.username)
    tab.fill("input[name=password]", airflow.password)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("link", name="Dags").first).to_be_visible(timeout=SECONDS * 1000)


def _control(symbl: SymblServer, method: str, route: str, body: object = None) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.request(method, f"{symbl.url}/__local__/{route}", json=body, timeout=10).raise_for_status()
