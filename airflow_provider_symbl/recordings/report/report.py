"""The report of a night: a row for each listed path, their figures, a page, and the proof that nothing is missing.

Three files stand in the night's folder of the ledger, and are written over by a later try of the same night:

- ``recordings.jsonl``: on each line a :class:`~airflow_provider_symbl.recordings.outcomes.Row`, in the listing's order;
  what holds nothing is left out of it;
- ``report.json``: what :meth:`NightReport.as_json` tells, as ``report.schema.json`` describes it;
- ``report.html``: the same for people, with the first 1,000 rows of each reason.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from array import array
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from airflow_provider_symbl.exceptions import SymblBalanceError, printable
from airflow_provider_symbl.recordings.outcomes import REASONS
from airflow_provider_symbl.recordings.report.figures import FOUND, OTHER_OPTIONS, PAID_TWICE, REPLACED, Figures
from airflow_provider_symbl.recordings.report.page import wording
from airflow_provider_symbl.recordings.report.page.rendering import ShownRows, render
from airflow_provider_symbl.results.writer import read_back, write_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_symbl.client.validators import Json, JsonObject
    from airflow_provider_symbl.recordings.facts import Night
    from airflow_provider_symbl.recordings.outcomes import OutcomeName, Row
    from airflow_provider_symbl.recordings.report.figures import JobsPoint, Slow
    from airflow_provider_symbl.results.writer import Folder

VERSION = 1
RECORDINGS, REPORT, PAGE = "recordings.jsonl", "report.json", "report.html"
UNPRINTED = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What JSON may hold as it is, and what breaks lines, turns the reading round or is no UTF-8."""
SHOWN_DUPLICATES = 3


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """What a report tells of the night as a whole; none of it is a secret.

    :param night: whose.
    :param ledger: its id.
    :param account: the host.
    :param started: when its first try began, in seconds since the epoch.
    :param ended: when its books were closed, the same.
    :param recordings: what was searched, as a person wrote it.
    :param results: URI or local path of the folder of all results.
    :param cap: the most jobs at once.
    :param price_per_minute: in whatever currency; None where nobody has said.
    :param settings: arguments that are worth telling.
    :param warnings: sentences that a person must see.
    :param is_dry_run: whether nothing was sent.
    :param next_steps: sentences on what a person should do now.
    :param carried: jobs that ran when it started.
    """

    night: Night
    ledger: str
    account: str
    started: float
    ended: float
    recordings: str
    results: str
    cap: int
    price_per_minute: float | None = None
    settings: Mapping[str, Json] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    is_dry_run: bool = False
    next_steps: tuple[str, ...] = ()
    carried: int = 0


@dataclass(frozen=True, slots=True)
class NightReport:
    """A report as it was written.

    :param header: what it tells of the night as a whole.
    :param uri: of its page.
    :param balance: found, landed, failed, waiting, quarantined and skipped; the first is the sum of the others.
    :param reasons: how many rows have each reason, by outcome; reasons that no row has are left out.
    :param minutes: that this night pays for.
    :param price: of them, None where nobody has said what a minute costs.
    :param paid_twice: rows whose content was paid for twice.
    :param superseded: rows whose file was replaced while it was sent: what was sent is paid for.
    :param landed_with_other_options: rows whose results were made with other options than the night's.
    :param median_seconds: from a submission until its results stood, of what landed; None where nothing did.
    :param percentile_95_seconds: the same, of the slowest but 5 %.
    :param slowest: the 20 that took longest, the slowest first.
    :param most_jobs: at once.
    :param jobs_over_time: at most 240 points: seconds since the start, and the most jobs at once until the next point.
    """

    header: ReportHeader
    uri: str
    balance: Mapping[str, int]
    reasons: Mapping[OutcomeName, Mapping[str, int]]
    minutes: float
    price: float | None
    paid_twice: int
    superseded: int
    landed_with_other_options: int
    median_seconds: float | None
    percentile_95_seconds: float | None
    slowest: tuple[Slow, ...]
    most_jobs: int
    jobs_over_time: tuple[JobsPoint, ...]

    def as_json(self) -> dict[str, Json]:
        """Return it as ``report.json`` holds it."""
        told = {name: getattr(self, name) for name in self.__slots__ if name not in {"header", "uri"}}
        header = {name: getattr(self.header, name) for name in self.header.__slots__}
        night = self.header.night._asdict()
        slowest = [one._asdict() for one in self.slowest]
        return {"version": VERSION, **header, **told, "night": night, "slowest": slowest}


def write_report(folder: Folder, header: ReportHeader, rows: Iterable[Row]) -> NightReport:
    """Write the three files of a report, and return what it tells.

    The rows pass through a temporary file on this machine, so that they need not be in memory; the whole of
    ``recordings.jsonl`` is there for the moment in which it is written, 0.2 to 0.5 KB a row.

    :param folder: of the night, in the ledger.
    :param header: what is told of the night as a whole.
    :param rows: one for each listed path, in the listing's order.
    :raises SymblStorageError: names the file that could not be written.
    """
    figures, shown = Figures(header.started, header.ended), ShownRows()
    with tempfile.TemporaryFile() as spool:
        for row in rows:
            spool.write(_line(_told(row)))
            figures.add(row)
            shown.add(row)
        spool.seek(0)
        write_files(folder, {RECORDINGS: spool.read()})
    report = _report(folder.uri(PAGE), header, figures)
    told = _line(report.as_json())
    page = render(json.loads(told), shown, report.uri)
    write_files(folder, {REPORT: told, PAGE: page})
    return report


def check_balance(folder: Folder, listed: int) -> None:
    """Read a report back, and check that each listed path stands in it once, with an outcome and a reason of the table.

    :param folder: of the night, in the ledger.
    :param listed: how many paths were listed.
    :raises SymblBalanceError: names the recording, or how many there are too few or too many.
    :raises SymblStorageError: a file of the report cannot be read.
    """
    content = read_back(folder, RECORDINGS)
    counted: Counter[str] = Counter()
    hashes = array("q")  # a million paths as such would take twenty times the memory
    for row in _rows(content):
        counted[row["outcome"]] += 1
        hashes.append(hash(str(row["path"])))
    _check_each_once(content, {one for one, next_one in pairwise(sorted(hashes)) if one == next_one})
    if counted.total() != listed:
        told = f"{wording.counted(listed, 'recording')} listed, {counted.total():,} in {RECORDINGS}"
        raise SymblBalanceError(f"the books of the night do not close: {told}")
    _check_numbers(folder, {FOUND: listed, **{name: counted[name] for name in REASONS}})


def paragraph(report: NightReport) -> str:
    """Return a report as one paragraph of plain text, for any notifier; no recording is named in it.

    :param report: as it was written.
    """
    told = report.as_json()
    sentences = [f"{report.header.night.dag_id}: {wording.verdict(told)}"]
    for outcome in ("failed", "waiting", "skipped"):
        reasons = [f"{number:,} {reason}" for reason, number in report.reasons[outcome].items()]
        if reasons:
            sentences.append(f"{outcome.capitalize()}: {', '.join(reasons)}.")
    if report.paid_twice or report.superseded:
        sentences.append(f"Paid for twice: {report.paid_twice:,}; replaced while sent: {report.superseded:,}.")
    if report.minutes:
        price = "" if report.price is None else f" for {wording.money(report.price)}"
        verb = "would be paid" if report.header.is_dry_run else "paid"
        sentences.append(f"{wording.count(report.minutes)} minutes {verb}{price}.")
    return " ".join(wording.shown(one) for one in [*sentences, *report.header.warnings, f"Report: {report.uri}"])


def _report(uri: str, header: ReportHeader, figures: Figures) -> NightReport:
    price = header.price_per_minute
    points = tuple(figures.jobs_over_time())
    return NightReport(
        header=header,
        uri=uri,
        balance=figures.balance,
        reasons={
            outcome: {reason: counted[reason] for reason in REASONS[outcome] if counted[reason]}
            for outcome, counted in figures.reasons.items()
        },
        minutes=round(figures.minutes, 2),
        price=None if price is None else round(figures.minutes * price, 2),
        paid_twice=figures.notes[PAID_TWICE],
        superseded=figures.notes[REPLACED],
        landed_with_other_options=figures.notes[OTHER_OPTIONS],
        median_seconds=figures.percentile(0.5),
        percentile_95_seconds=figures.percentile(0.95),
        slowest=tuple(figures.slowest),
        most_jobs=max((active for _, active in points), default=0),
        jobs_over_time=points,
    )


def _told(row: Row) -> dict[str, Json]:
    """Return what a row tells; what holds nothing is left out, which halves the file."""
    return {name: value for name in row.__slots__ if (value := getattr(row, name)) not in (None, "", 0, ())}


def _line(told: JsonObject) -> bytes:
    """Return JSON on one line, in UTF-8 that every reader takes."""
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (UNPRINTED.sub(_escaped, text) + "\n").encode()


def _escaped(found: re.Match[str]) -> str:
    r"""Return JSON's escape of a character; of half a surrogate pair, which is no UTF-8, the text ``\udcff``."""
    escape = f"\\u{ord(found[0]):04x}"
    return f"\\{escape}" if "\ud800" <= found[0] <= "\udfff" else escape


def _rows(content: bytes) -> Iterator[JsonObject]:
    """Yield what each line holds, once it is a recording with an outcome and a reason of the table."""
    allowed = [(outcome, reason) for outcome, reasons in REASONS.items() for reason in reasons]
    for number, line in enumerate(io.BytesIO(content), start=1):
        try:
            row = json.loads(line)
            path, held = str(row["path"]), (row["outcome"], row["reason"])
        except (ValueError, LookupError, TypeError):
            raise SymblBalanceError(f"line {number:,} of {RECORDINGS} is no recording") from None
        if held not in allowed:
            raise SymblBalanceError(printable(f"{path}: {held[0]}({held[1]}) is no outcome of a night"))
        yield row


def _check_each_once(content: bytes, suspected: set[int]) -> None:
    """Name the paths that stand in the report more than once.

    :param suspected: hashes that more than one row has.
    """
    if not suspected:
        return
    seen = Counter(path for row in _rows(content) if hash(path := str(row["path"])) in suspected)
    twice = [path for path, number in seen.items() if number > 1]
    if twice:
        names = ", ".join(twice[:SHOWN_DUPLICATES])
        told = f"{wording.counted(len(twice), 'recording')} more than once in {RECORDINGS}: {names}"
        raise SymblBalanceError(printable(f"the books of the night do not close: {told}"))


def _check_numbers(folder: Folder, counted: Mapping[str, int]) -> None:
    try:
        told = json.loads(read_back(folder, REPORT))["balance"]
    except (ValueError, KeyError, TypeError):
        raise SymblBalanceError(f"{REPORT} holds no balance") from None
    for name, number in counted.items():
        if told.get(name) != number:
            raise SymblBalanceError(f"{REPORT} tells {told.get(name)} {name}, and {RECORDINGS} holds {number:,}")
