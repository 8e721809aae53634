"""Renders the page of a night's report, from the data of ``report.json`` and the rows that are shown."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from airflow_provider_symbl.recordings.report.figures import kinds_of_notes
from airflow_provider_symbl.recordings.report.page import wording

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import Json, JsonObject
    from airflow_provider_symbl.recordings.outcomes import OutcomeName, Row
    from airflow_provider_symbl.recordings.report.figures import JobsPoint

HERE = Path(__file__).parent
TEMPLATE = "report.html.jinja"
MOST_ROWS = 1000
"""Rows of each reason, and of each kind of note, that the page shows."""
MOST_OPEN = 20
"""Rows of a reason up to which they are open to see; more would bury the reasons that follow."""
MOST_READABLE = ("transcript.md", "transcript.txt", "transcript.vtt", "transcript.srt", "conversation.json")
"""Which file a recording's name leads to, the first of them that there is."""
CHART_WIDTH, CHART_HEIGHT = 1000, 100


@dataclass(slots=True)
class ShownRows:
    """Keeps the first :data:`MOST_ROWS` rows of each reason, and of each kind of note."""

    by_reason: dict[tuple[OutcomeName, str], list[Row]] = field(default_factory=lambda: defaultdict(list))
    by_note: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Row) -> None:
        """Keep a row, if there is room for it.

        :param row: of the report.
        """
        kept = [self.by_reason[row.outcome, row.reason], *(self.by_note[kind] for kind in kinds_of_notes(row))]
        for rows in kept:
            if len(rows) < MOST_ROWS:
                rows.append(row)


class Chart(NamedTuple):
    """The jobs over time as a drawing.

    :param path: of an SVG element, in a field of :data:`CHART_WIDTH` by :data:`CHART_HEIGHT`.
    :param top: how many jobs its upper edge stands for.
    :param cap_at: the height of the cap in it, from above.
    :param most: the most jobs at once.
    """

    path: str
    top: int
    cap_at: float
    most: int


class Links:
    """Leads from the page to the results.

    :param report: URI of the page.
    :param results: URI of the folder of all results, or a local path.
    """

    def __init__(self, report: str, results: str) -> None:
        self._results = results.rstrip("/")
        self._base = _relative(report, results)

    @property
    def is_relative(self) -> bool:
        """Whether both lie on one file system or in one bucket, so that a link leads from one to the other."""
        return self._base is not None

    def href(self, folder: str, name: str = "") -> str:
        """Return a link to a file of a recording, as it stands in a page.

        :param folder: of its results, below the folder of all results.
        :param name: of the file.
        """
        return quote(posixpath.join(self._base or ".", folder, name), errors="surrogatepass")

    def place(self, folder: str) -> str:
        """Return where a recording's results lie, for people to copy.

        :param folder: of its results, below the folder of all results.
        """
        return f"{self._results}/{folder}"

    @staticmethod
    def main_file(row: Row) -> str:
        """Return the file that is easiest to read, empty where nothing was written.

        :param row: of what landed.
        """
        return next((name for name in MOST_READABLE if name in row.forms), next(iter(row.forms), ""))


def render(told: JsonObject, shown: ShownRows, uri: str) -> bytes:
    """Return the page.

    :param told: what ``report.json`` holds.
    :param shown: the rows.
    :param uri: where the page will lie.
    """
    import jinja2  # noqa: PLC0415 - Airflow has it; a DAG file that is parsed needs it not

    # A line break that a template leaves behind is not worth a byte in a hundred thousand rows.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    words = ("shown", "count", "money", "seconds", "moment", "size")
    environment.filters |= {name: getattr(wording, name) for name in words} | {"setting": _setting}
    page = environment.get_template(TEMPLATE).render(
        told=told,
        shown=shown,
        links=Links(uri, told["results"]),
        chart=chart(told["jobs_over_time"], told["cap"]),
        verdict=wording.verdict(told),
        advice=wording.ADVICE,
        most_open=MOST_OPEN,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return page.encode("utf-8", "backslashreplace")


def chart(points: list[JobsPoint], cap: int) -> Chart | None:
    """Draw the jobs over time: a step for each point, up to the most jobs in its slice.

    :param points: of the report.
    :param cap: the most jobs that there may be.
    :return: None where there were none.
    """
    if not points:
        return None
    most = max(active for _, active in points)
    top = max(most, cap, 1)
    steps = []
    last = None
    for index, (_, active) in enumerate(points):
        if active != last:
            steps.append(f"H{index * CHART_WIDTH / len(points):.1f}V{CHART_HEIGHT * (1 - active / top):.1f}")
        last = active
    path = f"M0 {CHART_HEIGHT}{''.join(steps)}H{CHART_WIDTH}V{CHART_HEIGHT}Z"
    return Chart(path, top, CHART_HEIGHT * (1 - cap / top), most)


def _relative(report: str, results: str) -> str | None:
    """Return the way from the page's folder to the results, None where no link leads there."""
    here, there = _split(report), _split(results)
    return None if here[0] != there[0] else f"{posixpath.relpath(there[1], posixpath.dirname(here[1]))}/"


def _split(uri: str) -> tuple[str, str]:
    """Return the root of a URI, and the path below it, with nothing encoded."""
    if "://" not in uri:
        return "file://", str(Path(uri).expanduser().absolute())
    scheme, _, rest = uri.partition("://")
    if scheme == "file":
        return "file://", unquote(urlsplit(uri).path, errors="surrogateescape") or "/"
    bucket, _, key = rest.partition("/")
    return f"{scheme}://{bucket.rpartition('@')[2]}", f"/{key}"


def _setting(given: Json) -> str:
    return wording.shown(given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str))


def _hash(text: str) -> str:
    """Return by what a content security policy knows a style or a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
