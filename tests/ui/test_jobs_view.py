"""Jobs, as people see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.local_client import Local
from tests.ui import pixels
from tests.ui.conftest import CALL, WAV, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Route

WATCH_SHIFTS = """() => {
  window.shifts = [];
  const moved = ({ sources }) => sources.map(({ node }) => node?.outerHTML ?? "text");
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().flatMap(moved)))
    .observe({ type: "layout-shift" });
}"""


NAMES: dict[str, tuple[str, str | None]] = {
    "nightly.calls submit scheduled__2026-11-24T02:00:00+00:00 calls/late parcel.wav (1a2b3c4d)": (
        "late parcel.wav",
        "nightly.calls · submit · scheduled__2026-11-24T02:00:00+00:00",
    ),
    "chats submit manual__2026-11-24T02:00:00+00:00_aB3 (1a2b3c4d)": (
        "submit",
        "chats · manual__2026-11-24T02:00:00+00:00_aB3",
    ),
    "s3://bucket/calls/late-parcel.wav (1a2b3c4d5e6f7a8b)": ("late-parcel.wav", "s3://bucket/calls"),
    "late-parcel.wav (1a2b3c4d)": ("late-parcel.wav", None),
    "Weekly call (with customers)": ("Weekly call (with customers)", None),
    "Price of 3.50 (discounted)": ("Price of 3.50 (discounted)", None),
    "Call 24/7 with a slash": ("Call 24/7 with a slash", None),
}
"""Names of conversations, with the file and the origin that are shown of them."""


def row(ids: dict[str, str]) -> str:
    """Give the selector of a job's row."""
    return f'tr[data-job="{ids["jobId"]}"]'


def test_a_job_goes_from_submitted_to_completed_before_ones_eyes(window: Window, local: Local) -> None:
    """The page is not loaded again, and nothing on it moves meanwhile."""
    local.progress(by="polls", polls=3)
    ids = local.text("Hello.", name="Weekly call")
    window.open("jobs")
    window.tab.evaluate(WATCH_SHIFTS)
    job, bar = window.find(row(ids)), window.find(f"{row(ids)} progress")
    expect(job).to_contain_text("Scheduled")
    expect(bar).to_be_hidden()
    assert [local.job(ids)["status"] for _ in range(2)] == ["scheduled", "in_progress"]
    expect(job).to_contain_text("In progress")
    expect(bar).to_be_visible()
    expect(window.find(".count")).to_have_text("1 job, 1 not over")
    assert local.job(ids)["status"] == "completed"
    expect(job).to_contain_text("Completed")
    expect(bar).to_be_hidden()
    expect(window.find(".count")).to_have_text("1 job")
    assert window.tab.evaluate("window.shifts") == []


def test_a_recording_is_seen_to_be_heard(window: Window, local: Local) -> None:
    """Submitted while one looks on, it appears by itself and ends with the seconds that it took."""
    window.open("jobs")
    ids = local.submit("audio", data=CALL.read_bytes(), headers=WAV, params={"name": "Late parcel"})
    job = window.find(row(ids))
    expect(job).to_contain_text("Late parcel")
    expect(job).to_contain_text("Completed")
    seconds = local.get("/__local__/jobs")["jobs"][0]["seconds"]
    expect(job.locator('[data-label="Time taken"]')).to_have_text(f"{seconds:.1f} s")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_bar_is_filled_as_far_as_the_job_has_come(
    scheme: str, local: Local, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    """Seen on a picture: at 0.4, two fifths of it have the accent's colour, and the rest that of the track."""
    local.progress(by="polls", polls=9)
    ids = local.text("Hello.")
    for _ in range(2):
        local.job(ids)
    window = open_window(local.url, scheme=scheme)
    window.tab.route("**/__local__/jobs/failed-first?*", _at_two_fifths)
    window.open("jobs")
    bar = window.find(f"{row(ids)} progress")
    expect(bar).to_have_js_property("value", 0.4)
    expect(window.find(f"{row(ids)} .share")).to_have_text("40 %")
    bar.screenshot(path=tmp_path / "bar.png", animations="disabled")
    window.picture(tmp_path, "jobs")
    seen = pixels.read(tmp_path / "bar.png")
    middle = seen[seen.shape[0] // 2 : seen.shape[0] // 2 + 1]
    assert pixels.share(middle, _variable(window, "--accent")) == pytest.approx(0.4, abs=0.05)
    assert pixels.share(middle, _variable(window, "--track")) == pytest.approx(0.6, abs=0.05)


def test_a_failed_job_says_why(window: Window, at_once: Local) -> None:
    """The reason is that of the job."""
    ids = at_once.submit("audio", data=b"RIFF\xff\x00\x00\x00WAVE" + bytes(range(256)), headers=WAV)
    window.open("jobs")
    expect(window.find(row(ids))).to_contain_text("Failed")
    expect(window.find(f"{row(ids)} .reason")).to_have_text(at_once.job(ids)["message"])


def test_the_newest_jobs_are_shown_first(window: Window, at_once: Local) -> None:
    """Fifty at a time."""
    for number in range(52):
        at_once.text("Hello.", name=f"Call {number}")
    window.open("jobs")
    expect(window.find("tbody tr")).to_have_count(50)
    expect(window.find("tbody tr .what").first).to_have_text("Call 51")
    expect(window.find("tbody tr .what").last).to_have_text("Call 2")
    expect(window.find(".count")).to_have_text("52 jobs")
    window.press("Show more")
    expect(window.find("tbody tr")).to_have_count(52)
    expect(window.find("tbody tr .what").last).to_have_text("Call 0")


def test_failed_jobs_are_shown_before_all_others(window: Window, at_once: Local) -> None:
    """However many jobs are newer; the ten newest of them, and the others on demand."""
    rule = {"call": "POST /v1/process/text", "job": "failed", "message": "Out of luck", "times": 12}
    at_once.send("POST", "/__local__/faults", json=rule)
    for number in range(14):
        at_once.text("Hello.", name=f"Call {number}")
    window.open("jobs")
    failed = window.tab.get_by_role("table", name="Failed jobs").locator("tbody tr")
    expect(failed.locator(".what")).to_have_text([f"Call {number}" for number in range(11, 1, -1)])
    expect(failed.locator(".reason").first).to_have_text("Out of luck")
    others = window.tab.get_by_role("table", name="Other jobs").locator("tbody tr")
    expect(others.locator(".what")).to_have_text(["Call 13", "Call 12"])
    expect(window.find("tbody tr .what").first).to_have_text("Call 11")
    expect(window.find(".count")).to_have_text("14 jobs, 12 failed")
    window.press("Show more")
    expect(failed).to_have_count(12)


def test_the_files_name_comes_first(window: Window, at_once: Local) -> None:
    """And beneath it the DAG, task and run, or the folder, that the operators write into the name of a conversation."""
    ids = {name: at_once.text("Hello.", name=name) for name in NAMES}
    window.open("jobs")
    for name, (file, origin) in NAMES.items():
        job = window.find(row(ids[name]))
        expect(job.locator(".what a")).to_have_text(file)
        expect(job.locator(".from")).to_have_text([origin] if origin else [])
        expect(job.locator(".ids")).to_have_text(f"job {ids[name]['jobId']}")
    name, (file, origin) = next(iter(NAMES.items()))
    window.find(f"{row(ids[name])} .what a").click()
    expect(window.find("h1")).to_have_text(file)
    expect(window.find(".reader .from")).to_have_text(str(origin))
    window.open("conversations")
    expect(window.find("tbody tr").last.locator("a").first).to_have_text(file)
    expect(window.find("tbody tr").last.locator(".from")).to_have_text(str(origin))


def test_a_job_leads_to_what_it_found(window: Window, at_once: Local) -> None:
    """Unless its conversation is deleted: then it is called by its id, and leads nowhere."""
    kept, gone = at_once.text("Hello.", name="Kept"), at_once.text("Bye.", name="Gone")
    at_once.send("DELETE", f"/v1/conversations/{gone['conversationId']}")
    window.open("jobs")
    expect(window.find(f"{row(gone)} .what")).to_have_text(f"{gone['conversationId']} (deleted)")
    expect(window.find(f"{row(gone)} a")).to_have_count(0)
    window.find(f"{row(kept)} a").click()
    expect(window.find("h1")).to_have_text("Kept")


def test_where_there_are_no_jobs_the_page_says_how_to_submit_one(window: Window, at_once: Local) -> None:
    """With this server's address; it makes way for the first job."""
    window.open("jobs")
    empty = window.find(".empty")
    expect(empty).to_contain_text(f"a connection of the type Symbl with the host {at_once.url}")
    expect(empty.locator("pre")).to_contain_text(f"curl {at_once.url}/v1/process/text")
    at_once.text("Hello.", name="First")
    expect(window.find("tbody tr")).to_contain_text("First")
    expect(empty).to_be_hidden()


def test_the_page_survives_its_server(open_window: Callable[..., Window]) -> None:
    """It says that there is no answer, and goes on with the next server at the address by itself."""
    with LocalServer() as first:
        port = int(first.url.rpartition(":")[2])
        window = open_window(first.url)
        window.open("jobs")
    expect(window.find("#health")).to_have_text("The server does not answer. Trying again …")
    with LocalServer(port=port) as second:
        client = Local(second)
        client.text("Hello.", name="After the break")
        client.session.close()
        expect(window.find("tbody tr")).to_contain_text("After the break")
        expect(window.find("#health")).to_contain_text("ok · version")
        window.tab.context.close()
    window.forgive("ERR_")


def _at_two_fifths(route: Route) -> None:
    """Hand on the server's own answer, but with the progress that the picture is to show."""
    try:
        answer = route.fetch()
    except Error:
        # The page is closed meanwhile, and nobody waits for it any more.
        return
    shown = answer.json()
    jobs = [{**job, "progress": 0.4} for job in shown["others"]]
    route.fulfill(response=answer, body=json.dumps({**shown, "others": jobs}))


def _variable(window: Window, name: str) -> tuple[int, int, int]:
    script = """(name) => {
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.color = `var(${name})`;
      const found = getComputedStyle(probe).color;
      probe.remove();
      return found;
    }"""
    return pixels.colour(window.tab.evaluate(script, name))
