"""The page of a night's report, opened from disk: its numbers are those of ``report.json``, its links lead on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import ViewportSize, expect

from airflow_provider_symbl.recordings.outcomes import REASONS
from airflow_provider_symbl.recordings.report.report import check_balance, write_report
from airflow_provider_symbl.results.writer import LocalFolder
from tests.support.night_rows import HOSTILE, header, night
from tests.ui import pixels
from tests.ui.conftest import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from tests.ui.conftest import Scheme

LOOKS = Path(__file__).with_name("looks.js").read_text()
SIZES = (0, 9, 1000, 100_000)
GROUNDS = {"light": 200, "dark": 60}
BIGGEST_PAGE = 2_000_000
FIGURES = "() => [...document.querySelectorAll('[data-figure]')].map((one) => [one.dataset.figure, one.textContent])"
HREFS = "() => [...document.querySelectorAll('a')].map((one) => [one.getAttribute('href'), one.href])"
UNITS = {"s": 1, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Report:
    """A report on disk, with the results that it leads to.

    :param folder: of the night.
    :param results: the files that the page should lead to.
    """

    folder: Path
    results: frozenset[Path]

    @property
    def told(self) -> dict[str, Any]:
        """What ``report.json`` holds."""
        told: dict[str, Any] = json.loads((self.folder / "report.json").read_bytes())
        return told


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Report]:
    """Return what gives the report of a night of so many recordings, written once."""
    made: dict[int, Report] = {}

    def report(size: int) -> Report:
        if size not in made:
            made[size] = _written(tmp_path_factory.mktemp(f"night of {size} #"), size)
        return made[size]

    return report


@pytest.fixture
def open_report(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return what opens a report; it asks for nothing but itself, and the browser has nothing to complain about."""
    problems: list[str] = []
    requested: list[str] = []
    addresses: set[str] = set()
    opened: list[Page] = []

    def open_one(report: Report, *, width: int = 1440, scheme: Scheme = "light", script: bool = True) -> Page:
        size = ViewportSize(width=width, height=900)
        context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=script, offline=True)
        page = context.new_page()
        opened.append(page)
        addresses.add(address := (report.folder / "report.html").as_uri())
        page.on("console", lambda said: problems.append(said.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(address, timeout=TIMEOUT)
        return page

    yield open_one
    for page in opened:
        page.context.close()
    assert problems == []
    assert set(requested) == addresses


@pytest.mark.parametrize("size", SIZES)
def test_every_number_is_that_of_the_report(
    size: int, reports: Callable[[int], Report], open_report: Callable[..., Page]
) -> None:
    """The balance, each reason, minutes, price and times, whether they are in view or folded away."""
    report = reports(size)
    found, told = open_report(report).evaluate(FIGURES), report.told
    for path, text in found:
        value = _value(told, path)
        # A span of more than a minute is told in two units.
        tolerance = 0.01 if "seconds" in path and value >= 60 else 1e-9  # fmt: skip
        assert _number(text) == pytest.approx(value, rel=tolerance), path
    shown = {path for path, _ in found}
    expected = {f"balance.{name}" for name in ("found", *REASONS)} | {"minutes", "price", "most_jobs", "cap"}
    expected |= {
        f"reasons.{outcome}.{reason}"
        for outcome, reasons in told["reasons"].items()
        for reason in reasons
        if outcome != "landed"
    }
    expected |= {f"slowest.{place}.seconds" for place in range(len(told["slowest"]))}
    expected |= {"median_seconds", "percentile_95_seconds"} | {key for key in ("paid_twice", "superseded") if told[key]}
    assert shown == (expected if size else set())


@pytest.mark.parametrize("size", SIZES[1:])
def test_the_balance_is_a_sum(size: int, reports: Callable[[int], Report], open_report: Callable[..., Page]) -> None:
    """As it is read: found = landed + failed + waiting + quarantined + skipped."""
    text = open_report(reports(size)).locator(".balance").inner_text()
    found, _, rest = text.partition("=")
    assert [re.sub(r"[\d,\s]", "", part) for part in rest.split("+")] == list(REASONS)
    assert _number(found.split()[0]) == sum(_number(part.split()[0]) for part in rest.split("+")) == size


@pytest.mark.parametrize("size", SIZES)
def test_every_link_leads_to_a_file(
    size: int, reports: Callable[[int], Report], open_report: Callable[..., Page]
) -> None:
    """Beside the page, or relative among the results; each form of each recording that is shown, whatever its name."""
    report = reports(size)
    page = open_report(report)
    links = page.evaluate(HREFS)
    anchors = {href for href, _ in links if href.startswith("#")}
    assert all(page.locator(anchor).count() == 1 for anchor in anchors)
    files = {address for href, address in links if not href.startswith("#")}
    assert not [href for href, _ in links if href.startswith(("/", "file:"))]
    missing = [address for address in files if not Path(unquote(address.removeprefix("file://"))).is_file()]
    assert missing == []
    assert len(files) == 2 + len(report.results)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("size", SIZES)
def test_all_text_is_readable(
    size: int,
    *,
    width: int,
    scheme: Scheme,
    reports: Callable[[int], Report],
    open_report: Callable[..., Page],
    tmp_path: Path,
) -> None:
    """It lies within the window, is not cut off, and has a contrast of 4.5 or more; so does what is folded."""
    page = open_report(reports(size), width=width, scheme=scheme)
    assert page.evaluate(LOOKS) == []
    picture = tmp_path / "page.png"
    page.screenshot(path=picture)
    corner = pixels.read(picture)[-4:, :4].astype(int)
    assert (corner > GROUNDS["light"]).all() if scheme == "light" else (corner < GROUNDS["dark"]).all()
    if size <= 1000:
        page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate(LOOKS) == []


@pytest.mark.parametrize("width", [375, 1440])
def test_a_page_of_many_is_small_and_opens(
    width: int, reports: Callable[[int], Report], open_report: Callable[..., Page]
) -> None:
    """100,000 recordings: at most 1,000 rows of each reason."""
    report = reports(100_000)
    assert (report.folder / "report.html").stat().st_size < BIGGEST_PAGE
    page = open_report(report, width=width)
    assert page.locator("#landed tbody tr").count() == 1000
    expect(page.locator("#landed .more")).to_have_text("and 89,000 more in recordings.jsonl")
    page.locator("a", has_text="skipped").click()
    expect(page.locator("#skipped h2")).to_be_in_viewport()


def test_names_stay_text(reports: Callable[[int], Report], open_report: Callable[..., Page]) -> None:
    """Letter by letter; what turns the reading round is spelled out; nothing runs."""
    page = open_report(reports(9))
    shown = page.locator(".recording").all_inner_texts()
    assert {path for path in HOSTILE if path.isprintable()} < set(shown)
    assert any(r"\u202e" in name for name in shown)
    assert any(r"\udcff" in name for name in shown)
    assert page.locator("main img, main script, main svg:not([role=img])").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_policy_stands_behind_the_escaping(
    reports: Callable[[int], Report], open_report: Callable[..., Page]
) -> None:
    """A script that got in all the same would not run, and nothing could be sent anywhere."""
    page = open_report(reports(9))
    policy = page.locator("meta[http-equiv]").get_attribute("content") or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.locator("form").is_visible()  # the page's own script has run


def test_it_reads_without_script(reports: Callable[[int], Report], open_report: Callable[..., Page]) -> None:
    """All is there but the filter; what is folded is unfolded by the browser."""
    page = open_report(reports(1000), script=False)
    assert page.locator("form").is_hidden()
    folded = page.locator("#skipped details").first
    expect(folded.locator("tbody tr").first).to_be_hidden()
    folded.locator("summary").click()
    expect(folded.locator("tbody tr").first).to_be_visible()


def test_names_are_filtered(reports: Callable[[int], Report], open_report: Callable[..., Page]) -> None:
    """By a part of them, whatever their capitals; where something is found is unfolded."""
    page = open_report(reports(1000))
    rows = page.locator("tbody tr, .noted li")
    count = rows.count()
    before = page.locator("details[open]").count()
    page.get_by_label("Show names with").fill("AGENT-13/000013")
    visible = page.locator("tbody tr:visible")
    expect(visible).to_have_count(1)
    expect(visible).to_contain_text("the audio holds no speech")
    expect(page.get_by_role("status")).to_have_text(f"1 of {count} rows")
    page.get_by_label("Show names with").fill("")
    expect(page.get_by_role("status")).to_have_text("")
    assert page.locator("details[open]").count() == before


def test_it_is_used_by_keyboard(reports: Callable[[int], Report], open_report: Callable[..., Page]) -> None:
    """The balance leads to its parts, then come the filter and the parts that fold."""
    page = open_report(reports(1000))
    for outcome in REASONS:
        page.keyboard.press("Tab")
        expect(page.locator(f".balance a.of-{outcome}")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Show names with")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#failed summary").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#failed details").first).not_to_have_attribute("open", "")


def test_the_jobs_are_drawn_under_the_cap(reports: Callable[[int], Report], open_report: Callable[..., Page]) -> None:
    """The drawing has a name, and its steps are as high as the report says."""
    report = reports(1000)
    page = open_report(report)
    most, cap = report.told["most_jobs"], report.told["cap"]
    drawing = page.get_by_role("img", name=f"Jobs over time: at most {most} at once; the cap is {cap}.")
    expect(drawing).to_be_visible()
    heights = [float(one) for one in re.findall(r"V([\d.]+)", drawing.locator("path.jobs").get_attribute("d") or "")]
    assert min(heights) == pytest.approx(100 * (1 - most / cap), abs=0.1)


def test_it_prints_in_black_on_white(reports: Callable[[int], Report], open_report: Callable[..., Page]) -> None:
    """In the dark too, without what paper cannot do."""
    page = open_report(reports(9), scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("form").is_hidden()
    assert page.evaluate(LOOKS) == []


def _written(root: Path, size: int) -> Report:
    """Write a report, and the results that it leads to where they are shown."""
    folder = LocalFolder(root / "_symbl" / "nights" / "one")
    rows = list(night(size))
    told = header(
        size, results=str(root), warnings=("The clock of the storage is ahead.",), next_steps=("Look at it.",)
    )
    write_report(folder, told, rows)
    check_balance(folder, size)
    landed = [row for row in rows if row.outcome == "landed"]
    results = {root / str(row.folder) / form for row in landed[:1000] for form in row.forms}
    # Those that are named for another reason lead to what is read best.
    results |= {root / str(row.folder) / "transcript.md" for row in landed if row.notes}
    for file in results:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return Report(root / "_symbl" / "nights" / "one", frozenset(results))


def _value(told: Any, path: str) -> float:  # noqa: ANN401 - JSON
    """Return the number that stands at a path in ``report.json``."""
    return float(reduce(lambda part, step: part[int(step) if step.isdigit() else step], path.split("."), told))


def _number(text: str) -> float:
    """Read a number, or a span of time in its units, as the page shows it."""
    parts = re.findall(r"([\d,.]+)\s*(h|min|s)?\b", text)
    return sum(float(digits.replace(",", "")) * UNITS.get(unit, 1) for digits, unit in parts)
