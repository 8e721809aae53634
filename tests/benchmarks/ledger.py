"""What a large ledger costs a night: ``python -m tests.benchmarks.ledger`` prints seconds and memory.

The first figures are of a whole plan with recordings that are new, the others of one that has to read twice. Each
runs in a process of its own, over a ledger in a local folder, and counts its own memory.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_symbl.recordings.facts import Closed, Night
from airflow_provider_symbl.recordings.ledger.closed_index import ClosedIndex, find_keys
from airflow_provider_symbl.recordings.ledger.ledger import Ledger
from airflow_provider_symbl.recordings.ledger.ledger_store import LocalLedgerStore
from tests.benchmarks.nights import account_at, night_of, served, write_recordings

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER = "results/_symbl"
ENTRIES = 1_000_000
NIGHTS = 60
NEW = 100
FAILED_EVERY = 100
NIGHT = Night("nightly", "tonight", "process")
STEP = 86_400.0
"""Seconds from a night to the next."""


def account(url: str) -> tuple[str, str]:
    """Return host and App ID of the account that the benchmarks' nights have."""
    settings = account_at(url)
    return settings.host, settings.app_id


def entries(night: int, number: int) -> Iterator[Closed]:
    """Give what one night closes, as unlike each other as real ones are."""
    for index in range(number):
        digest = hashlib.sha256(f"{night}/{index}".encode()).hexdigest()
        begun = 1_750_000_000.0 + night * STEP + index * 1.7
        is_failed = index % FAILED_EVERY == 0
        yield Closed(
            key=digest[:32],
            attempts=1,
            used=1,
            reason="job failed" if is_failed else "",
            message="",
            is_final=is_failed,
            options="3f1c0a9b5d7e2846",
            night=Night("nightly", f"scheduled__{night}", "process"),
            at=begun + 70,
            versions=(digest[32:],),
            paths=(f"calls/{night:03d}/agent-{index % 50:02d}/call-{index:06d}.wav",),
            conversation_id=str(int(digest[:13], 16)),
            job_id=f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}",
            size=100_000 + index * 97,
            duration=60 + index / 7,
            minutes=1.5,
            submitted=begun,
            completed=begun + 60,
            forms=("conversation.json", "transcript.txt"),
        )


def fill(root: Path, total: int, nights: int, url: str) -> None:
    """Make a ledger with closed entries, of the account that the benchmarks' server has."""
    ledger = Ledger(LocalLedgerStore(root / LEDGER), *account(url))
    ledger.open()
    for night in range(nights):
        ledger.compact({}, [*entries(night, total // nights)])


def plan(root: Path, url: str) -> dict[str, float]:
    """Plan a night that finds some recordings it has not seen, and send nothing."""
    store = LocalLedgerStore(root / LEDGER)
    begun = time.perf_counter()
    figures = {"segments": float(len(store.list("closed/"))), "listing s": time.perf_counter() - begun}
    begun, worked, before = time.perf_counter(), time.process_time(), memory()
    report = night_of(root, url, cap=50, is_dry_run=True)[1]
    figures |= {"plan s": time.perf_counter() - begun, "plan CPU s": time.process_time() - worked}
    figures |= {"found": float(report.balance["found"]), "to be sent": float(report.balance["waiting"])}
    return figures | {"before MB": before, "peak MB": memory()}


def read_again(root: Path, url: str) -> dict[str, float]:
    """Read what is closed as a night does that finds contents which are closed already."""
    ledger = Ledger(LocalLedgerStore(root / LEDGER), *account(url))
    ledger.open()
    begun = time.perf_counter()
    index = ClosedIndex(NIGHT)
    for closed in ledger.closed():
        index.add(closed)
    figures = {"entries": float(len(index)), "index alone s": time.perf_counter() - begun}
    begun = time.perf_counter()
    keys = {closed.key for closed in entries(0, NEW)}
    assert all(map(index.may_hold, keys))
    found = float(len(find_keys(ledger, keys)))
    return figures | {"found again": found, "second pass s": time.perf_counter() - begun, "with it, peak MB": memory()}


def memory() -> float:
    """Return the most that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure(what: str, root: Path, url: str) -> dict[str, float]:
    """Run one of the two in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.ledger", what, str(root), url]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    figures: dict[str, float] = json.loads(told)
    return figures


def main() -> None:
    """Make the ledger and print what a night costs; with a folder, be that night."""
    if len(sys.argv) > 1:
        what, root, url = sys.argv[1:]
        print(json.dumps(STEPS[what](Path(root), url)))  # noqa: T201 - the parent reads it
        return
    with tempfile.TemporaryDirectory() as folder, served(1.0, 50) as url:
        begun = time.perf_counter()
        fill(Path(folder), ENTRIES, NIGHTS, url)
        write_recordings(Path(folder) / "recordings", NEW)
        print(f"A ledger of {ENTRIES:,} closed entries, made in {time.perf_counter() - begun:.0f} s")  # noqa: T201 - the figures
        for what in STEPS:
            for name, value in measure(what, Path(folder), url).items():
                print(f"{name:20} {value:12,.2f}")  # noqa: T201 - the figures that are asked for


STEPS = {"plan": plan, "read_again": read_again}


if __name__ == "__main__":
    main()
