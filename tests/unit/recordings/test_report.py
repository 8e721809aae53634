"""The report of a night: it balances or says what is missing, holds any name, and is the same when written again."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from jsonschema import Draft202012Validator

from airflow_provider_symbl.exceptions import SymblBalanceError, SymblError, SymblStorageError
from airflow_provider_symbl.recordings.outcomes import REASONS, Row
from airflow_provider_symbl.recordings.report import report
from airflow_provider_symbl.recordings.report.figures import MOST_POINTS, Figures
from airflow_provider_symbl.recordings.report.page.rendering import MOST_ROWS, Links
from airflow_provider_symbl.recordings.report.page.wording import ADVICE, verdict
from airflow_provider_symbl.recordings.report.report import check_balance, paragraph, write_report
from airflow_provider_symbl.results.writer import LocalFolder
from tests.support.night_rows import CAP, HOSTILE, STARTED, header, landed, night, other

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_symbl.recordings.report.report import NightReport

SCHEMA = json.loads(Path(report.__file__).with_name("report.schema.json").read_text(encoding="utf-8"))
FILES = ("recordings.jsonl", "report.html", "report.json")


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    """Return the folder of a night in a ledger that lies beside its results, as it is by default."""
    return LocalFolder(tmp_path / "results" / "_symbl" / "nights" / "one")


@pytest.fixture
def stored(folder: LocalFolder, tmp_path: Path) -> Callable[[Iterable[Row]], NightReport]:
    """Return what writes the report of some rows."""

    def write(rows: Iterable[Row], **changes: Any) -> NightReport:
        return write_report(folder, header(1000, **{"results": str(tmp_path / "results"), **changes}), rows)

    return write


def lines(folder: LocalFolder) -> list[dict[str, Any]]:
    """Read all rows back."""
    return [json.loads(line) for line in folder.read("recordings.jsonl").splitlines()]


def rewrite(folder: LocalFolder, rows: list[dict[str, Any]]) -> None:
    """Put other rows in the place of those that were written."""
    folder.write("recordings.jsonl", b"".join(json.dumps(row).encode() + b"\n" for row in rows))


def told(folder: LocalFolder) -> dict[str, Any]:
    """Read ``report.json`` back."""
    found: dict[str, Any] = json.loads(folder.read("report.json"))
    return found


@pytest.mark.parametrize("size", [0, 1, 9, 1000])
def test_a_night_balances(folder: LocalFolder, stored: Callable[..., NightReport], size: int) -> None:
    """The sum of the five is what was found, and the written rows say the same."""
    written = stored(night(size))
    check_balance(folder, size)
    found = told(folder)
    assert found["balance"]["found"] == size == sum(found["balance"][outcome] for outcome in REASONS)
    assert found["balance"] == written.balance
    assert found["reasons"] == {
        outcome: {
            reason: number
            for reason in reasons
            if (number := sum((row["outcome"], row["reason"]) == (outcome, reason) for row in lines(folder)))
        }
        for outcome, reasons in REASONS.items()
    }


@pytest.mark.parametrize("size", [0, 9, 1000])
def test_the_files_are_of_the_shape_that_is_shipped(
    folder: LocalFolder, stored: Callable[..., NightReport], size: int
) -> None:
    """``report.schema.json`` describes each key of both."""
    Draft202012Validator.check_schema(SCHEMA)
    stored(night(size))
    Draft202012Validator(SCHEMA).validate(told(folder))
    of_a_row = Draft202012Validator({**SCHEMA["$defs"]["recording"], "$defs": SCHEMA["$defs"]})
    for row in lines(folder):
        of_a_row.validate(row)


def test_the_shape_of_a_row_is_that_of_the_code() -> None:
    """It names each field, and no other."""
    assert list(SCHEMA["$defs"]["recording"]["properties"]) == list(Row.__slots__)
    assert SCHEMA["$defs"]["outcome"]["enum"] == list(REASONS)


def test_a_missing_recording_is_counted(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """A row that was never written, and one that was lost afterwards."""
    stored(night(9))
    with pytest.raises(SymblBalanceError, match=r"do not close: 10 recordings listed, 9 in recordings\.jsonl"):
        check_balance(folder, 10)
    rewrite(folder, lines(folder)[:-1])
    with pytest.raises(SymblBalanceError, match=r"9 recordings listed, 8 in"):
        check_balance(folder, 9)


def test_a_recording_that_stands_twice_is_named(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """Also where another one is missing, so that the numbers alone would close."""
    stored(night(20))
    rows = lines(folder)
    rewrite(folder, [*rows[:-1], rows[8]])
    with pytest.raises(
        SymblBalanceError, match=r"1 recording more than once in .*: calls/2026-09-21/agent-8/000008\.wav"
    ):
        check_balance(folder, 20)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("landed", "refused"),
        ("lost", "landed"),
        ("failed", "bad luck"),
        ("landed", ["landed"]),
        ("skipped", ""),
        (None, None),
        ({}, []),
    ],
)
def test_what_is_not_in_the_table_is_named(
    folder: LocalFolder, stored: Callable[..., NightReport], outcome: object, reason: object
) -> None:
    """An outcome, or a reason of another outcome, that nobody knows."""
    stored(night(20))
    rows = lines(folder)
    rows[10] |= {"outcome": outcome, "reason": reason}
    rewrite(folder, rows)
    with pytest.raises(SymblBalanceError, match=r"agent-10/000010\.wav"):
        check_balance(folder, 20)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"null", b'{"path": "a.wav"}', b"\xff"])
def test_a_damaged_line_is_named(folder: LocalFolder, stored: Callable[..., NightReport], line: bytes) -> None:
    """By its number."""
    stored(night(9))
    kept = folder.read("recordings.jsonl").splitlines()
    folder.write("recordings.jsonl", b"\n".join([*kept[:4], line, *kept[5:]]) + b"\n")
    with pytest.raises(SymblBalanceError, match=r"line 5 of recordings\.jsonl is no recording"):
        check_balance(folder, 9)


@pytest.mark.parametrize("name", ["found", *REASONS])
def test_a_number_that_is_not_that_of_the_rows_is_named(
    folder: LocalFolder, stored: Callable[..., NightReport], name: str
) -> None:
    """Each of the six in ``report.json``."""
    stored(night(100))
    found = told(folder)
    found["balance"][name] += 1
    folder.write("report.json", json.dumps(found).encode())
    with pytest.raises(SymblBalanceError, match=rf"report\.json tells \d+ {name}, and recordings\.jsonl holds \d+"):
        check_balance(folder, 100)
    folder.write("report.json", b"{}")
    with pytest.raises(SymblBalanceError, match="holds no balance"):
        check_balance(folder, 100)


def test_a_report_that_cannot_be_read_is_told(folder: LocalFolder) -> None:
    """It is the storage that stumbles."""
    with pytest.raises(SymblStorageError, match=r"recordings\.jsonl cannot be read back"):
        check_balance(folder, 0)


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """By the file."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SymblError, match=r"recordings\.jsonl cannot be written"):
        write_report(LocalFolder(tmp_path / "file"), header(), night(9))


def test_it_is_the_same_when_it_is_written_again(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """Byte for byte, so that a retry changes nothing."""
    first = stored(night(1000))
    files = {name: folder.read(name) for name in FILES}
    assert stored(night(1000)) == first
    assert {name: folder.read(name) for name in FILES} == files


def test_any_name_comes_back(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """Whatever a file system holds, in UTF-8 that strict readers take; half a surrogate pair is spelled out."""
    stored(landed(number, path, message=path, notes=(path,)) for number, path in enumerate(HOSTILE))
    check_balance(folder, len(HOSTILE))
    expected = [path.encode("utf-8", "backslashreplace").decode() for path in HOSTILE]
    assert [row["path"] for row in lines(folder)] == expected
    query = f"select path from read_json('{folder.uri('recordings.jsonl').removeprefix('file://')}')"  # noqa: S608 - a test's own file
    assert [path for (path,) in duckdb.execute(query).fetchall()] == expected
    assert {one["path"] for one in told(folder)["slowest"]} == set(expected)


def test_no_name_becomes_markup(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """Nor does a message, a note, a setting, or what a page is told of its night."""
    markup = "<img src=x>'\"><script>"
    told = {"recordings": markup, "account": markup, "settings": {markup: markup}, "warnings": (markup,)}
    stored(
        [
            landed(0, markup, notes=(markup,), forms=(markup,), folder=markup),
            other("failed", "refused", 1, markup, message=markup, conversation_id=markup),
        ],
        **told,
    )
    page = folder.read("report.html").decode()
    assert "<img" not in page
    assert page.count("<script") == 1


def test_the_rows_are_not_held(folder: LocalFolder) -> None:
    """Those that the page shows are; all others are gone once they are written."""

    def held() -> int:
        gc.collect()
        return sum(type(one) is Row for one in gc.get_objects())

    counts = [held()]

    def many() -> Iterator[Row]:
        for number in range(5 * MOST_ROWS):
            yield other("skipped", "landed before", number, f"{number}.wav")
        counts.append(held())

    write_report(folder, header(), many())
    assert counts[1] - counts[0] <= MOST_ROWS + 1


@pytest.mark.parametrize("name", FILES)
def test_nothing_turns_the_reading_round(folder: LocalFolder, stored: Callable[..., NightReport], name: str) -> None:
    """Nor moves a cursor, in any of the files; a line of JSON is one to every reader."""
    stored(landed(number, path) for number, path in enumerate(HOSTILE))
    text = folder.read(name).decode()
    assert not {char for char in text if not char.isprintable()} - {"\n"}
    if name != "report.html":
        assert len(text.splitlines()) == text.count("\n")


def test_figures_are_counted(stored: Callable[..., NightReport]) -> None:
    """Minutes, price, times to land, and the jobs at once, of rows that can be reckoned by hand."""
    rows = [
        landed(
            number, f"{number}.wav", submitted=STARTED, completed=STARTED + 10 * number, landed=STARTED + 10 * number
        )
        for number in range(1, 101)
    ]
    written = stored(
        [*rows, other("failed", "job failed", 0, "f.wav", submitted=STARTED + 1, completed=STARTED + 2, minutes=0.5)],
        ended=STARTED + 2400,
        price_per_minute=2.0,
    )
    minutes = sum(row.minutes for row in rows) + 0.5
    assert written.minutes == pytest.approx(minutes, abs=0.005)
    assert written.price == pytest.approx(minutes * 2, abs=0.005)
    assert (written.median_seconds, written.percentile_95_seconds) == (500.0, 950.0)
    assert [one.seconds for one in written.slowest] == [1000.0 - 10 * place for place in range(20)]
    assert written.slowest[0].path == "100.wav"
    assert written.most_jobs == 101
    jobs = dict(written.jobs_over_time)
    assert len(jobs) == MOST_POINTS
    assert (jobs[0.0], jobs[500.0], jobs[990.0], jobs[1010.0], jobs[2390.0]) == (101, 51, 2, 0, 0)


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([(0, 10), (10, 20), (20, 30)], 1),
        ([(0, 10), (9.99, 20)], 2),
        ([(0, 0.001), (0.002, 0.003)], 1),
        ([(-50, 10), (-70, 20)], 2),
        ([(-50, -10)], 0),
        ([(50, 40)], 0),
        ([(99, 200), (100, 300)], 2),
    ],
)
def test_the_most_jobs_at_once_are_exact(spans: list[tuple[float, float]], most: int) -> None:
    """However short they are: one that begins as another ends is not beside it, and what was before does not count."""
    figures = Figures(STARTED, STARTED + 100)
    for number, (begin, end) in enumerate(spans):
        figures.add(landed(number, f"{number}", submitted=STARTED + begin, completed=STARTED + end))
    assert max((active for _, active in figures.jobs_over_time()), default=0) == most


def test_jobs_of_others_and_of_earlier_nights_are_not_counted() -> None:
    """They are not under this night's cap; what still runs is, until the end."""
    figures = Figures(STARTED, STARTED + 100)
    figures.add(other("waiting", "elsewhere", 0, "a", submitted=STARTED))
    figures.add(other("skipped", "landed before", 1, "b", submitted=STARTED + 1, completed=STARTED + 90))
    assert figures.jobs_over_time() == []
    figures.add(other("waiting", "running", 2, "c", submitted=STARTED + 50))
    assert [active for _, active in figures.jobs_over_time()] == [0] * 120 + [1] * 120


def test_jobs_stay_under_the_cap(stored: Callable[..., NightReport]) -> None:
    """The rows of these tests keep to it, and so do the figures."""
    assert 0 < stored(night(1000)).most_jobs <= CAP


def test_what_was_paid_twice_is_counted_apart(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """And what was replaced, or landed with other options; each is named in the page."""
    rows = [
        landed(0, "a.wav", notes=("paid twice: its answer came late (conversation 7)",)),
        other("failed", "replaced", 1, "b.wav", notes=("replaced while it was sent: conversation 8 was paid for",)),
        other("skipped", "landed before", 2, "c.wav", notes=("landed with other options",)),
        landed(3, "d.wav", notes=("both channels are the same",)),
    ]
    written = stored(rows)
    assert (written.paid_twice, written.superseded, written.landed_with_other_options) == (1, 1, 1)
    page = folder.read("report.html").decode()
    assert "conversation 7" in page
    assert "conversation 8" in page
    assert "both channels are the same" in page
    assert "Paid for twice: 1; replaced while sent: 1." in paragraph(written)


def test_a_paragraph_tells_the_night(stored: Callable[..., NightReport]) -> None:
    """What landed, what did not and why, what it costs and where to look; on one line, without a recording's name."""
    rows = [
        *(landed(number, f"{number}.wav", minutes=2.25) for number in range(5)),
        *(other("failed", "job failed", number, f"<!channel>{number}.wav") for number in range(5, 7)),
        other("failed", "empty", 7, "7.wav"),
        other("waiting", "running", 8, "8.wav"),
        other("skipped", "landed before", 9, "9.wav"),
    ]
    written = stored(rows, price_per_minute=0.04, warnings=("The ledger is new.",))
    assert paragraph(written) == (
        "nightly_calls: 5 of 9 recordings landed; 3 failed and 1 waits. 1 more was skipped. "
        "Failed: 2 job failed, 1 empty. Waiting: 1 running. Skipped: 1 landed before. "
        f"12.25 minutes paid for 0.49. The ledger is new. Report: {written.uri}"
    )


def test_an_empty_night_is_a_sentence(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """In the paragraph and in the page."""
    sentence = "No recordings were found in s3://calls/2026-09-21/**/*.wav: there was nothing to do."
    assert paragraph(stored([])).startswith(f"nightly_calls: {sentence} Report: file:///")
    assert f"<h1>{sentence}</h1>" in folder.read("report.html").decode()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"landed": 1}, "The one recording landed."),
        ({"landed": 1200}, "All 1,200 recordings landed."),
        ({"landed": 2, "skipped": 1}, "All 2 recordings landed. 1 more was skipped."),
        ({"skipped": 3}, "Nothing was new among 3 recordings: nothing was sent, and nothing is open."),
        ({"failed": 1}, "0 of 1 recording landed; 1 failed."),
        ({"landed": 1, "waiting": 2, "quarantined": 1}, "1 of 4 recordings landed; 2 wait and 1 is quarantined."),
        (
            {"landed": 1, "failed": 2, "waiting": 1, "quarantined": 2},
            "1 of 6 recordings landed; 2 failed, 1 waits and 2 are quarantined.",
        ),
    ],
)
def test_the_verdict_is_one_sentence(rows: dict[str, int], said: str) -> None:
    """Of one and of many."""
    balance = {"found": sum(rows.values())} | {str(outcome): rows.get(outcome, 0) for outcome in REASONS}
    assert verdict({"balance": balance, "is_dry_run": False}) == said


def test_a_dry_run_is_said_to_be_one(stored: Callable[..., NightReport]) -> None:
    """Nothing was paid, nothing was sent."""
    written = stored([other("waiting", "dry run", 0, "a.wav", minutes=3.0)], is_dry_run=True)
    assert "A dry run: nothing was sent. 1 recording found, 1 to be sent." in paragraph(written)
    assert "3 minutes would be paid for 0.08." in paragraph(written)


def test_there_is_advice_for_each_reason() -> None:
    """And for none that there is not."""
    assert set(ADVICE) == {reason for reasons in REASONS.values() for reason in reasons} - {"landed"}


def test_the_page_shows_so_many_rows_of_a_reason(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """And says how many more there are; all of them stand in ``recordings.jsonl``."""
    rows = [other("failed", "empty", number, f"empty-{number}.wav") for number in range(MOST_ROWS + 7)]
    stored([*rows, *(landed(number, f"landed-{number}.wav") for number in range(MOST_ROWS))])
    page = folder.read("report.html").decode()
    assert page.count("<tr><td>") == 2 * MOST_ROWS + 20  # the slowest
    assert f"empty-{MOST_ROWS - 1}.wav" in page
    assert f"empty-{MOST_ROWS}.wav" not in page
    assert 'and 7 more in <a href="recordings.jsonl">' in page
    assert page.count("more in <a") == 1
    assert len(lines(folder)) == 2 * MOST_ROWS + 7


@pytest.mark.parametrize(
    ("page", "results", "link"),
    [
        ("file:///data/results/_symbl/nights/n/report.html", "/data/results", "../../../a/b.wav/t.md"),
        (
            "file:///data/my%20results/_symbl/nights/n/report.html",
            "file:///data/my%20results/",
            "../../../a/b.wav/t.md",
        ),
        ("file:///ledger/nights/n/report.html", "/data/results", "../../../data/results/a/b.wav/t.md"),
        ("file:///x/nights/n/report.html", "/x/100%/q?", "../../100%25/q%3F/a/b.wav/t.md"),
        ("s3://b/results/_symbl/nights/n/report.html", "s3://b/results", "../../../a/b.wav/t.md"),
        ("s3://conn@b/l/nights/n/report.html", "s3://other@b/r/", "../../../r/a/b.wav/t.md"),
        ("s3://b/l/nights/n/report.html", "s3://c/r", None),
        ("file:///l/nights/n/report.html", "s3://c/r", None),
        ("gs://b/l/nights/n/report.html", "s3://b/l", None),
    ],
)
def test_links_are_relative_where_one_leads_there(page: str, results: str, link: str | None) -> None:
    """From the night's folder to the results, on one file system or in one bucket; else the place is told."""
    links = Links(page, results)
    assert links.is_relative == (link is not None)
    if link is not None:
        assert links.href("a/b.wav", "t.md") == link
    assert links.place("a/b.wav") == f"{results.rstrip('/')}/a/b.wav"


def test_where_no_link_leads_the_place_is_told(folder: LocalFolder, stored: Callable[..., NightReport]) -> None:
    """As text, once a recording."""
    stored([landed(7, "a.wav")], results="s3://elsewhere/results")
    page = folder.read("report.html").decode()
    assert "s3://elsewhere/results/calls/0007/000007.wav" in page
    assert page.count("<a ") == 3  # the sum, and the two other files
