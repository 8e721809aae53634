"""What a dry run expects, beside what then happens: ``python -m tests.benchmarks.plans`` prints it, in three minutes.

Each row is a first night, by which the ledger knows how long jobs take; then the plan of a second one, and that night.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from pathlib import Path

from tests.benchmarks.nights import night_of, served, write_recordings

ROWS = (
    # recordings of the first night and of the second, jobs at once, seconds of a job, the poll interval
    (20, 95, 10, 2.0, 0.5),
    (20, 45, 20, 6.0, 1.0),
    (5, 11, 10, 12.0, 5.0),
    (30, 300, 50, 4.0, 1.0),
    (30, 95, 50, 28.0, 5.0),
)


def main() -> None:
    """Print expected and real seconds, from the first submission to the last read."""
    for first, second, cap, job_seconds, poll_interval in ROWS:
        with tempfile.TemporaryDirectory() as folder, served(job_seconds, cap) as url:
            root = Path(folder)
            write_recordings(root / "recordings", first)
            night_of(root, url, "first", cap=cap, poll_interval=poll_interval)
            write_recordings(root / "recordings", second, first)
            plan, planned = night_of(root, url, "second", cap=cap, poll_interval=poll_interval, is_dry_run=True)
            expected = plan.expected_seconds or 0.0
            _, done = night_of(root, url, "second", cap=cap, poll_interval=poll_interval)
            with urllib.request.urlopen(f"{url}/trace") as answer:  # noqa: S310 - http on this machine
                jobs = json.load(answer)[first:]
            real = max(read for *_, read in jobs) - min(submitted for submitted, *_ in jobs)
            print(  # noqa: T201 - a command
                f"{second:4} recordings, {cap} jobs of {job_seconds:g} s at once, polls {poll_interval:g} s apart:"
                f" expected {expected:.1f} s, took {real:.1f} s, {expected / real - 1:+.0%};"
                f" minutes {planned.minutes:.2f} and {done.minutes:.2f}"
            )


if __name__ == "__main__":
    main()
