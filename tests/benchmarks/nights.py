"""What a night takes: ``python -m tests.benchmarks.nights`` prints time, CPU and memory beside what binds it.

What binds it is the account: recordings / jobs at once x seconds of a job. The server is the least that a night needs,
in a process of its own. The memory is the growth from a thousand recordings to ten thousand.
"""

from __future__ import annotations

import contextlib
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client.settings import ClientSettings
from airflow_provider_symbl.recordings.discovery import RecordingSource
from airflow_provider_symbl.recordings.facts import Night
from airflow_provider_symbl.recordings.landing import Landing
from airflow_provider_symbl.recordings.ledger.ledger import Ledger
from airflow_provider_symbl.recordings.ledger.ledger_store import LocalLedgerStore
from airflow_provider_symbl.recordings.night_pass import NightParts, NightPass
from airflow_provider_symbl.recordings.night_settings import NightSettings
from airflow_provider_symbl.recordings.options import RecordingOptions
from airflow_provider_symbl.results.writer import LocalFolder
from demo.processes import LOOPBACK, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_symbl.recordings.report.report import NightReport

POLL_SECONDS = 1.0


def write_recordings(folder: Path, number: int, first: int = 0) -> None:
    """Write so many WAV files of a second each, none like another."""
    folder.mkdir(exist_ok=True)
    for place in range(first, first + number):
        with wave.open(str(folder / f"{place:05}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(struct.pack("<I", place + 1) + bytes(15_996))


@contextlib.contextmanager
def served(job_seconds: float, cap: int) -> Iterator[str]:
    """Run the server, and give its URL.

    :param job_seconds: of each job.
    :param cap: jobs at once.
    """
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.night_server", str(job_seconds), str(cap), str(port)]
    server = subprocess.Popen(command)
    try:
        url = f"http://{LOOPBACK}:{port}"
        wait_until(lambda: _answers(f"{url}/stats"), seconds=10.0, what=f"{url} to answer", every=0.05)
        yield url
    finally:
        server.kill()
        server.wait()


def run_night(number: int, cap: int, job_seconds: float) -> dict[str, Any]:
    """Run a night in this process, and return its figures."""
    with tempfile.TemporaryDirectory() as folder, served(job_seconds, cap) as url:
        root = Path(folder)
        write_recordings(root / "recordings", number)
        spent, began = _cpu(), time.monotonic()
        balance = dict(night_of(root, url, cap=cap)[1].balance)
        seconds, cpu = time.monotonic() - began, _cpu() - spent
        with urllib.request.urlopen(f"{url}/stats") as answer:  # noqa: S310 - http on this machine
            stats = json.load(answer)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"balance": balance, "seconds": seconds, "cpu": cpu, "memory": most, **stats}


def account_at(url: str) -> ClientSettings:
    """Return the account that the server serves, as it serves any."""
    return ClientSettings("app", "secret", url)


def night_of(root: Path, url: str, run_id: str = "run", **given: Any) -> tuple[NightPass, NightReport]:
    """Run a night over a folder of recordings.

    :param root: holds ``recordings``, and takes the results.
    :param url: of the server.
    :param run_id: tells nights apart.
    :param given: settings of the night, further to the benchmarks' own.
    """
    account = account_at(url)
    ledger = Ledger(LocalLedgerStore(root / "results" / "_symbl"), account.host, account.app_id)
    results = root / "results"
    source = RecordingSource(str(root / "recordings"), lambda place: Path(str(place)))
    ledger.open()
    settings = NightSettings(
        night=Night("bench", run_id, "night"),
        settle_seconds=0.0,
        max_poll_interval=60.0,
        is_first_night_meant=True,
        **{"poll_interval": POLL_SECONDS, **given},
    )
    night = NightPass(
        NightParts(
            settings=settings,
            account=account,
            ledger=ledger,
            source=source,
            options=RecordingOptions({}, {}),
            landing=Landing(lambda name: LocalFolder(results / name), ("messages",), ("json", "txt")),
            report_folder=lambda name: LocalFolder(results / "_symbl" / name),
        )
    )
    night.run()
    return night, night.close_books(started=time.time(), recordings="recordings", results="results", settings={})


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _answers(url: str) -> bool | None:
    try:
        urllib.request.urlopen(url).close()  # noqa: S310 - http on this machine
    except OSError:
        return None
    return True


def measure(number: int, cap: int, job_seconds: float) -> dict[str, Any]:
    """Run a night in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "tests.benchmarks.nights", str(number), str(cap), str(job_seconds)]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return told


def main() -> None:
    """Print the figures."""
    if len(sys.argv) > 1:
        given = sys.argv[1:]
        print(json.dumps(run_night(int(given[0]), int(given[1]), float(given[2]))))  # noqa: T201 - a command
        return
    print(f"poll interval {POLL_SECONDS:g} s; the synchronous client has no limit on requests")  # noqa: T201 - a command
    memory: dict[int, float] = {}
    for number, cap, job_seconds in ((500, 50, 10.0), (1000, 50, 1.0), (10_000, 50, 0.1)):
        told = measure(number, cap, job_seconds)
        limit = number / cap * job_seconds
        memory[number] = told["memory"]
        print(  # noqa: T201 - a command
            f"{number:6} recordings, {cap} jobs of {job_seconds:g} s at once: {told['seconds']:6.1f} s,"
            f" {told['seconds'] / limit:.2f} x the limit; {1000 * told['cpu'] / number:.1f} ms CPU each,"
            f" {told['poll'] / number:.1f} polls each, {told['most']} jobs at once at most;"
            f" landed {told['balance']['landed']}"
        )
    slope = (memory[10_000] - memory[1000]) / 9000
    print(f"memory: {slope:.1f} KB a recording, from 1,000 to 10,000")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
